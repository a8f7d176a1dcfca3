//go:build unix

package store

import (
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestUnguided holds that an administrator's process notices a link at every depth of a path, in a folder of another account, and that what is owned by the
// administrator may be a link.
func TestUnguided(t *testing.T) {
	needRoot(t, "only an administrator has more rights than the owner of a link")
	m := &machine.Machine{GOOS: "linux", Admin: true}
	for _, owner := range []int{0, 1000} {
		top := t.TempDir()
		real := top
		for _, name := range []string{"one", "two", "three", "four"} {
			real += "/" + name
			if err := os.Mkdir(real, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(real, filepath.Dir(real)+"/link-"+name); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(filepath.Dir(real), owner, owner); err != nil {
				t.Fatal(err)
			}
		}
		write(t, real+"/file", "x")
		if err := os.Symlink("file", real+"/link"); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(real, owner, owner); err != nil {
			t.Fatal(err)
		}
		if err := unguided(m, evidence.Own, real, real+"/file"); err != nil {
			t.Errorf("owner %d: no link, but %v", owner, err)
		}
		want := evidence.NeedsUser
		if owner == 0 {
			want = ""
		}
		for _, dir := range []string{"/link-one/two/three/four", "/one/link-two/three/four", "/one/two/link-three/four", "/one/two/three/link-four"} {
			if err := unguided(m, evidence.Own, top+dir, top+dir+"/file"); codeOr(err) != want {
				t.Errorf("owner %d: %s: %v", owner, dir, err)
			}
		}
		if err := unguided(m, evidence.Own, real, real+"/link"); codeOr(err) != want {
			t.Errorf("owner %d: a file that is a link: %v", owner, err)
		}
		if err := unguided(m, evidence.OtherUser, real); Code(err) != evidence.NeedsUser {
			t.Errorf("owner %d: of another account: %v", owner, err)
		}
	}
}

func codeOr(err error) evidence.Code {
	if err == nil {
		return ""
	}
	return Code(err)
}
