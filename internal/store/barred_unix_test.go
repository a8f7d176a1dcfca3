//go:build unix

package store

import (
	"context"
	"os"
	"slices"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestBarred looks at a disk on which some folders may not be entered: each that may hide something is told of once, and no other.
func TestBarred(t *testing.T) {
	if !withoutRights(t) {
		return
	}
	root := t.TempDir()
	m := &machine.Machine{Root: root, GOOS: "linux", Env: func(string) string { return "" }, People: []machine.Person{
		{Name: "aigul", Home: "/home/aigul", Self: true}, {Name: "marat", Home: "/home/marat", Self: true},
	}}
	open := "/usr/lib/jvm/java-17/lib/security/cacerts"
	touch(t, root+open)
	touch(t, root+"/etc/os-release")
	shut := map[string]evidence.Kind{
		"/home/marat":                         evidence.NSS, // as a whole
		"/opt/jdk-21":                         evidence.Java,
		"/usr/lib/jvm/java-8/lib":             evidence.Java,
		"/home/aigul/.sdkman/candidates/java": evidence.Java,
		"/home/aigul/.java/deployment":        evidence.Java,
		"/home/aigul/NCALayer/inside":         evidence.Java,
		"/opt/firefox":                        evidence.Policy,
		"/opt/agent":                          "", // of some other program
		"/home/aigul/.config/google-chrome":   evidence.Chromium,
	}
	for dir := range shut {
		if err := os.MkdirAll(root+dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for dir := range shut {
		if err := os.Chmod(root+dir, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(root+dir, 0o700)
	}
	got := map[evidence.Kind][]string{}
	for _, s := range All(m) {
		_, err := s.List(context.Background())
		switch place := s.Place(); {
		case err == nil && place.Kind == evidence.Java && place.Path != open:
			t.Errorf("found %s", place.Path)
		case err != nil && Code(err) != evidence.NoPermission:
			t.Errorf("%s: %v", place.Path, err)
		case err != nil:
			got[place.Kind] = append(got[place.Kind], place.Path)
		}
	}
	for kind, want := range map[evidence.Kind][]string{
		evidence.NSS: {"/home/marat"},
		evidence.Java: {"/home/aigul/.java/deployment/security", "/home/aigul/.sdkman/candidates/java", "/home/aigul/NCALayer/inside", "/opt/jdk-21",
			"/usr/lib/jvm/java-8"},
		evidence.Policy:      {"/opt/firefox/distribution/policies.json"},
		evidence.Chromium:    {"/home/aigul/.config/google-chrome"},
		evidence.Environment: nil,
	} {
		slices.Sort(got[kind])
		if !slices.Equal(got[kind], want) {
			t.Errorf("%s: said of %q, want %q", kind, got[kind], want)
		}
		delete(got, kind)
	}
	if len(got) > 0 {
		t.Errorf("said of %v", got)
	}
}
