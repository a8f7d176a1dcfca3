package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestJavaLedAstray has an administrator's process change a keystore in a folder where others could have put links: to the file, to its folder, and to a folder
// further up. What the links lead to must stay as it is.
func TestJavaLedAstray(t *testing.T) {
	planted := newAuthority(t, "Information Security Certification Authority", 7).Certificate
	for name, link := range map[string]func(home, far string) error{
		"file": func(home, far string) error {
			return os.Symlink(far+"/lib/security/cacerts", home+"/.jdks/x/lib/security/cacerts")
		},
		"folder": func(home, far string) error { return os.Symlink(far+"/lib/security", home+"/.jdks/x/lib/security") },
		"above":  func(home, far string) error { return os.Symlink(far, home+"/.jdks/x") },
		"relative": func(home, far string) error {
			to, err := filepath.Rel(home+"/.jdks/x/lib", far+"/lib/security")
			return errors.Join(err, os.Symlink(to, home+"/.jdks/x/lib/security"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, home := testHome(t)
			m.Admin = true
			if err := os.Chmod(home, 0o777); err != nil { // anybody may put something there
				t.Fatal(err)
			}
			far := t.TempDir()
			write(t, far+"/lib/security/cacerts", string(makeJKS(t, "changeit", aliased{"bad", planted})))
			parent := map[string]string{"file": "/.jdks/x/lib/security", "folder": "/.jdks/x/lib", "above": "/.jdks", "relative": "/.jdks/x/lib"}[name]
			if err := os.MkdirAll(home+parent, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := link(home, far); err != nil {
				t.Fatal(err)
			}
			s, ctx := javaAt(t, m, home+"/.jdks/x/lib/security/cacerts"), context.Background()
			entry := find1(t, mustList(t, s), planted.Print) // it is told of all the same
			if _, err := s.Save(ctx, entry); Code(err) != evidence.NeedsUser {
				t.Errorf("saved by an administrator: %v", err)
			}
			m.Admin = false
			saved, err := s.Save(ctx, entry)
			if err != nil {
				t.Fatal(err)
			}
			m.Admin = true
			for verb, do := range map[string]func(context.Context, Saved) error{"remove": s.Remove, "restore": s.Restore} {
				if err := do(ctx, saved); Code(err) != evidence.NeedsUser {
					t.Errorf("%s by an administrator: %v", verb, err)
				}
			}
			find1(t, mustList(t, s), planted.Print)
			m.Admin = false // the person's own process follows the person's own links
			if err := s.Remove(ctx, saved); err != nil {
				t.Fatal(err)
			}
			if got := mustList(t, s); len(got) != 0 {
				t.Errorf("%d left", len(got))
			}
		})
	}
}

// TestOpenWay follows the links that a distribution put, and ends in a circle.
func TestOpenWay(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir+"/a/b/file")
	root, name, err := openWay(dir + "/a/./b//file")
	if err != nil || name != "file" {
		t.Fatalf("%q, %v", name, err)
	}
	if _, err := root.Stat(name); err != nil {
		t.Error(err)
	}
	root.Close()
	for name, want := range map[string]func(error) bool{
		dir + "/a/none/file": absent,
		dir + "/a/b/none":    absent,
		"/":                  func(err error) bool { return err != nil },
	} {
		if root, _, err := openWay(name); !want(err) {
			t.Errorf("%s: %v", name, err)
			if root != nil {
				root.Close()
			}
		}
	}
	needRoot(t, "links are followed in folders that belong to this account alone from the top, which only root has")
	own, err := os.MkdirTemp("/var/lib", "qulyp-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(own)
	touch(t, own+"/real/lib/cacerts")
	for link, target := range map[string]string{"/one": own + "/real/lib", "/real/two": "../one/cacerts", "/real/lib/three": "../two", "/x": own + "/y", "/y": "x"} {
		if err := os.Symlink(target, own+link); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.Stat(own + "/real/lib/cacerts")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{own + "/one/cacerts", own + "/real/two", own + "/one/three"} {
		root, name, err := openWay(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got, err := root.Lstat(name); err != nil || !os.SameFile(got, want) {
			t.Errorf("%s: another file, %v", file, err)
		}
		root.Close()
	}
	if _, _, err := openWay(own + "/x/file"); !errors.Is(err, machine.ErrLinkLoop) {
		t.Errorf("a circle: %v", err)
	}
	// the same links where another may write are not followed
	if err := os.Chmod(own, 0o775); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openWay(own + "/one/cacerts"); Code(err) != evidence.NeedsUser {
		t.Errorf("a link that another could have put: %v", err)
	}
}
