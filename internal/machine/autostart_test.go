package machine

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAutostart(t *testing.T) {
	home := t.TempDir()
	m := &Machine{GOOS: "linux", People: []Person{{Name: "a", Home: home, Self: true}}, Env: func(string) string { return "" }}
	a := Autostart{
		Name: map[string]string{"en": "Qulyp", "kk": "Құлып"}, Comment: map[string]string{"en": "Looks for changes", "ru": "Следит за изменениями"},
		Command: []string{`/opt/my apps/$x "y" 100%\q`, "watch", "--lang=kk"},
	}
	if m.HasAutostart() {
		t.Error("there before it was made")
	}
	if was, err := m.DropAutostart(); was || err != nil {
		t.Errorf("taking away nothing: %v, %v", was, err)
	}
	name, err := m.SetAutostart(a)
	if err != nil || name != filepath.Join(home, ".config/autostart/qulyp-watch.desktop") || !m.HasAutostart() {
		t.Fatalf("%s, %v", name, err)
	}
	if _, err := m.SetAutostart(a); err != nil {
		t.Errorf("made afresh: %v", err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Name[kk]=Құлып\n", "Comment[ru]=Следит за изменениями\n", `Exec="/opt/my apps/\\$x \\"y\\" 100%%\\\\q" watch --lang=kk` + "\n"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in\n%s", want, data)
		}
	}
	if tool, err := exec.LookPath("desktop-file-validate"); err == nil {
		if out, err := exec.Command(tool, name).CombinedOutput(); err != nil {
			t.Errorf("desktop-file-validate: %s", out)
		}
	}
	if was, err := m.DropAutostart(); !was || err != nil || m.HasAutostart() {
		t.Errorf("taken away: %v, %v", was, err)
	}

	// somebody else's file of that name is left alone
	if err := os.WriteFile(name, []byte("[Desktop Entry]\nName=Other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.SetAutostart(a); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	if was, err := m.DropAutostart(); was || err != nil {
		t.Errorf("took away another file: %v, %v", was, err)
	}

	for _, other := range []*Machine{{GOOS: "windows", People: m.People}, {GOOS: "darwin", People: m.People}, {GOOS: "linux", Root: home, People: m.People}, {GOOS: "linux"}} {
		if _, err := other.SetAutostart(a); !errors.Is(err, ErrNoAutostart) {
			t.Errorf("%s: %v", other.GOOS, err)
		}
	}
	m.Env = func(name string) string { return map[string]string{"XDG_CONFIG_HOME": home + "/settings"}[name] }
	if name, err := m.SetAutostart(a); err != nil || name != filepath.Join(home, "settings/autostart/qulyp-watch.desktop") {
		t.Errorf("%s, %v", name, err)
	}
}

func TestNotifyAsAdmin(t *testing.T) {
	if err := Notify("title", "text"); isAdmin() && !errors.Is(err, ErrNoShowing) {
		t.Errorf("as administrator: %v", err)
	}
}
