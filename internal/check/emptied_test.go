package check

import (
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// TestEmptiedPlace finds the settings of a browser again from which the only certificate was taken out: without one they are no place, and nothing could be put back.
func TestEmptiedPlace(t *testing.T) {
	home := t.TempDir()
	file := home + "/.config/chromium/Default/Preferences"
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"certificates":{"ca_certificates":[]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &machine.Machine{GOOS: "linux", People: []machine.Person{{Name: "a", Home: home, UID: os.Getuid(), Self: true}}, Env: func(string) string { return "" }}
	c := &Checker{Machine: m, Stores: store.All}
	if _, err := c.remover(t.Context(), nil, evidence.Place{Kind: evidence.Chromium, Path: file}); err != nil {
		t.Errorf("not found again: %v", err)
	}
	if _, err := c.remover(t.Context(), nil, evidence.Place{Kind: evidence.Chromium, Path: home + "/gone/Preferences"}); err == nil {
		t.Error("found what is not there")
	}
}
