//go:build unix

package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLockLeadsOut is a lock that somebody else has made a link to a file that is not there: it must not be made.
func TestLockLeadsOut(t *testing.T) {
	folder, victim := t.TempDir(), filepath.Join(t.TempDir(), "nologin")
	if err := os.Symlink(victim, filepath.Join(folder, "lock")); err != nil {
		t.Fatal(err)
	}
	if unlock, err := Lock(folder); err == nil {
		unlock()
		t.Error("locked through a link")
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("made what the link led to")
	}
}
