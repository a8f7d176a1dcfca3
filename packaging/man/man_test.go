package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qulyp/internal/words"
)

// TestWrite: each verb that the help shows has a page in its language, the hidden ones have none, and the same bytes come out again.
func TestWrite(t *testing.T) {
	dirs := [2]string{t.TempDir(), t.TempDir()}
	for _, dir := range dirs {
		if err := write(dir, words.Russian); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"qulyp.1", "qulyp-check.1", "qulyp-remove.1", "qulyp-restore.1", "qulyp-list-show.1"} {
		page, err := os.ReadFile(filepath.Join(dirs[0], name))
		if err != nil {
			t.Error(err)
			continue
		}
		again, _ := os.ReadFile(filepath.Join(dirs[1], name))
		if !bytes.Equal(page, again) {
			t.Errorf("%s differs the second time", name)
		}
		if !strings.ContainsAny(string(page), "абвгд") {
			t.Errorf("%s is not in Russian:\n%s", name, page)
		}
	}
	page, err := os.ReadFile(filepath.Join(dirs[0], "qulyp-remove.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\n\\fB--root\\fP \\fIDIR\\fP\n", "\n\\fB--all\\fP\n", "\\fB--yes\\fP\n", "\n\\fB--sha256\\fP \\fIHEX\\fP\n", "\\fB--help\\fP\n"} {
		if !strings.Contains(string(page), line) {
			t.Errorf("qulyp-remove.1 lacks %q", line)
		}
	}
	if hidden, _ := filepath.Glob(filepath.Join(dirs[0], "*elevated*")); len(hidden) > 0 {
		t.Errorf("pages of what is not for people: %v", hidden)
	}
	if write(t.TempDir(), "de") == nil {
		t.Error("pages in a language that there is not")
	}
}
