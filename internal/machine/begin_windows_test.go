package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWindowsFolders starts with variables of the folders of the person left out: they are named, and those that are set stay.
func TestWindowsFolders(t *testing.T) {
	for _, missing := range [][]string{{"APPDATA"}, {"APPDATA", "LOCALAPPDATA"}, {"USERPROFILE", "APPDATA", "LOCALAPPDATA"}} {
		set := `C:\somewhere else`
		for _, name := range []string{"USERPROFILE", "APPDATA", "LOCALAPPDATA"} {
			t.Setenv(name, set)
		}
		for _, name := range missing {
			os.Unsetenv(name)
		}
		nameFolders()
		for _, name := range []string{"USERPROFILE", "APPDATA", "LOCALAPPDATA"} {
			got, left := os.Getenv(name), true
			for _, one := range missing {
				left = left && one != name
			}
			if left != (got == set) || !filepath.IsAbs(got) {
				t.Errorf("without %q: %s is %q", missing, name, got)
			}
		}
		if !filepath.IsAbs(Local().State) {
			t.Errorf("without %q: receipts would lie in %q", missing, Local().State)
		}
	}
}
