//go:build linux

package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDiskCase looks at disks of Windows whose names are spelled otherwise than Windows 10 spells them, and at one of Linux, where that makes another name.
func TestDiskCase(t *testing.T) {
	for _, test := range []struct{ spelled, asked, system, home string }{
		{"WINDOWS/system32/config/software", "/Windows/System32/config/SOFTWARE", "windows", "/Users/dana"},
		{"windows/System32/config/SOFTWARE", "/Windows/System32/config/SOFTWARE", "windows", "/Users/dana"},
		{"etc/SSL/x", "/etc/ssl/x", "linux", ""},
	} {
		root := t.TempDir()
		for _, name := range []string{test.spelled, "users/dana/ntuser.dat"} {
			file := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m, err := Disk(root)
		if err != nil {
			t.Fatal(err)
		}
		if m.GOOS != test.system {
			t.Errorf("%s: taken for %s", test.spelled, m.GOOS)
		}
		text, _ := m.Read(test.asked, 10)
		if found := m.Exists(test.asked); found != (test.system == "windows") || found && string(text) != "x" {
			t.Errorf("%s: %s is there %t, and says %q", test.spelled, test.asked, found, text)
		}
		if test.home == "" {
			continue
		}
		if len(m.People) != 1 || m.People[0].Home != test.home || !m.Exists(m.People[0].Home+"/NTUSER.DAT") {
			t.Errorf("%s: homes %+v", test.spelled, m.People)
		}
	}
}
