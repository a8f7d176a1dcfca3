package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestStateFolder starts without the variables that most starts have: the receipts lie where they lie with them.
func TestStateFolder(t *testing.T) {
	home := t.TempDir()
	local, xdg := filepath.Join(home, "AppData", "Local"), filepath.Join(home, "state")
	for _, test := range []struct {
		goos string
		set  map[string]string
		want string
	}{
		{"windows", map[string]string{"LOCALAPPDATA": local}, filepath.Join(local, "Qulyp")},
		{"windows", nil, filepath.Join(local, "Qulyp")},
		{"windows", map[string]string{"LOCALAPPDATA": "not a whole path"}, filepath.Join(local, "Qulyp")},
		{"linux", map[string]string{"XDG_STATE_HOME": xdg}, filepath.Join(xdg, "qulyp")},
		{"linux", nil, filepath.Join(home, ".local", "state", "qulyp")},
		{"darwin", nil, filepath.Join(home, "Library", "Application Support", "Qulyp")},
	} {
		if got := stateFolder(test.goos, func(name string) string { return test.set[name] }, home); got != test.want {
			t.Errorf("%s with %v: %s, want %s", test.goos, test.set, got, test.want)
		}
	}
}

// TestStateWithoutHome has no variable that tells of the home: receipts never lie in the folder where somebody happened to be.
func TestStateWithoutHome(t *testing.T) {
	for _, name := range []string{"HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_STATE_HOME"} {
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
	if _, home, ok := ownAccount(); !ok || home == "" {
		t.Skip("this account has no home")
	}
	disk := t.TempDir()
	if err := os.WriteFile(filepath.Join(disk, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	other, err := Disk(disk)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*Machine{"this computer": Local(), "another disk": other} {
		if !filepath.IsAbs(m.State) {
			t.Errorf("%s on %s: receipts would lie in %q", name, runtime.GOOS, m.State)
		}
	}
}
