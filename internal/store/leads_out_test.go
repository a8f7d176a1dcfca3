package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestJournalLeadsOut is a disk of somebody else on which the place of SQLite's journal is a link that leads out of it.
func TestJournalLeadsOut(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4712)
	_, outside := testHome(t)
	disk := t.TempDir()
	m := &machine.Machine{GOOS: "linux", Root: disk, Env: func(string) string { return "" }}
	real := filepath.Join(disk, "profile")
	makeNSS(t, real)
	plantNSS(t, real, "Qaznet", "C,,", root.Certificate)
	s := nssAt(m, "/profile")
	saved := saveOne(t, s, root.Print)
	victim := filepath.Join(outside, "victim")
	if err := os.Symlink(victim, filepath.Join(real, "cert9.db-journal")); err != nil {
		noLink(t, err)
	}
	for _, content := range []string{"", "something", "\x00\x00\x00"} { // none, a journal to be played back, one to be written anew
		os.Remove(victim)
		if content != "" {
			if err := os.WriteFile(victim, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Remove(context.Background(), saved); err == nil {
			t.Errorf("with %q: removed, although the journal lies outside", content)
		}
		if now, err := os.ReadFile(victim); string(now) != content || content == "" && !os.IsNotExist(err) {
			t.Errorf("with %q: outside stands %q now (%v)", content, now, err)
		}
		if _, err := os.Lstat(filepath.Join(real, "cert9.db-journal")); err != nil {
			os.Symlink(victim, filepath.Join(real, "cert9.db-journal"))
		}
	}
}

// TestCopyLeadsOut is a database with a write-ahead log, which is read as a copy, on a disk on which the log is a link.
func TestCopyLeadsOut(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	link := filepath.Join(dir, "cert9.db-wal")
	if err := errors.Join(os.WriteFile(secret, []byte("secret"), 0o600), os.Symlink(secret, link)); err != nil {
		noLink(t, err)
	}
	if err := copyFile(link, filepath.Join(dir, "copy"), true); Code(err) != evidence.Damaged {
		t.Errorf("copied: %v", err)
	}
}

// noLink ends a test that cannot make a symbolic link. Windows gives that right to few accounts; elsewhere everybody has it.
func noLink(t *testing.T, err error) {
	t.Helper()
	if runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	t.Skip("this account may not make links: ", err)
}
