package machine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"
)

// windowed is a copy of the beginning of this program that says to be one of the desktop.
func windowed(t *testing.T, dir string) string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Clone(data[:4096])
	at := binary.LittleEndian.Uint32(data[0x3c:]) + 4 + 20 + 68
	binary.LittleEndian.PutUint16(data[at:], 2) // IMAGE_SUBSYSTEM_WINDOWS_GUI
	name := filepath.Join(dir, "Менің қалтам", "qulyp.exe")
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestWindowsAutostart works on the registry of the account that runs the tests, under a name that nothing else has, and takes away what it made.
func TestWindowsAutostart(t *testing.T) {
	m := &Machine{GOOS: "windows"}
	if m.HasAutostart() {
		t.Skip("this account has Qulyp started at log-in")
	}
	t.Cleanup(func() { m.DropAutostart() })
	program := windowed(t, folder(t))
	line := func() string {
		key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
		if err != nil {
			return ""
		}
		defer key.Close()
		text, _, err := key.GetStringValue(runName)
		if err != nil {
			return ""
		}
		return text
	}
	if was, err := m.DropAutostart(); was || err != nil {
		t.Errorf("taking away nothing: %v, %v", was, err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]string{nil, {self, "watch"}, {program, "watch", strings.Repeat("a", runLongest)}} {
		if _, err := m.SetAutostart(Autostart{Command: bad}); !errors.Is(err, ErrNoAutostart) || line() != "" {
			t.Errorf("%.40q: %v, %s", bad, err, line())
		}
	}
	if _, err := m.SetAutostart(Autostart{Command: []string{program + ".none", "watch"}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}

	a := Autostart{Command: []string{program, "watch", "--lang=kk"}}
	name, err := m.SetAutostart(a)
	if want := `"` + program + `" watch --lang=kk`; err != nil || !m.HasAutostart() || line() != want || !strings.HasPrefix(name, `HKCU\Software\`) {
		t.Fatalf("%s, %v, %s, want %s", name, err, line(), want)
	}
	// switched off in the task manager, and on again by asking
	key, _, err := registry.CreateKey(registry.CURRENT_USER, approvedKey, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	for first, want := range map[byte]bool{2: true, 3: false, 6: true, 7: false} {
		if err := key.SetBinaryValue(runName, []byte{first, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}); err != nil {
			t.Fatal(err)
		}
		if got := m.HasAutostart(); got != want {
			t.Errorf("state %d: %v", first, got)
		}
	}
	if _, err := m.SetAutostart(a); err != nil || !m.HasAutostart() {
		t.Errorf("made afresh: %v", err)
	}
	if was, err := m.DropAutostart(); !was || err != nil || m.HasAutostart() || line() != "" {
		t.Errorf("taken away: %v, %v, %s", was, err, line())
	}
	if _, _, err := key.GetBinaryValue(runName); !errors.Is(err, registry.ErrNotExist) {
		t.Errorf("what the task manager remembers: %v", err)
	}

	// what has that name and is not ours is left alone
	run, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	defer run.DeleteValue(runName)
	for _, other := range []string{`C:\other.exe watch`, program + " watch", `"` + program + `"`, ``} {
		if err := run.SetStringValue(runName, other); err != nil {
			t.Fatal(err)
		}
		if _, err := m.SetAutostart(a); !errors.Is(err, fs.ErrExist) || line() != other {
			t.Errorf("over %q: %v", other, err)
		}
		if was, err := m.DropAutostart(); was || err != nil || line() != other || m.HasAutostart() {
			t.Errorf("took %q away: %v, %v", other, was, err)
		}
	}
	if _, err := (&Machine{GOOS: "windows", Root: `D:\`}).SetAutostart(a); !errors.Is(err, ErrNoAutostart) {
		t.Errorf("on another disk: %v", err)
	}
}

// TestWindowsNotify: tests have an output, so no box may open and keep them waiting.
func TestWindowsNotify(t *testing.T) {
	if err := notify("title", "text"); !errors.Is(err, ErrNoShowing) {
		t.Error(err)
	}
}
