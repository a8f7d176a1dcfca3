package store

import (
	"context"
	"path/filepath"
	"testing"

	"qulyp/internal/cert"
)

// TestOrphanResolved is the removal of a trust record without any SHA-256 after the list of authorities has filled it in, as every plan does: what is there must
// not be called gone.
func TestOrphanResolved(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	execNSS(t, dir, "DELETE FROM nssPublic WHERE a0 = x'00000001'")
	entries := mustList(t, nssAt(m, dir))
	if len(entries) != 1 || !entries[0].Orphan || !entries[0].Cert.Print.IsZero() {
		t.Fatalf("not one trust record without SHA-256: %+v", entries)
	}
	entry := entries[0]
	entry.Cert.Print = root.Print // catalog.List.Resolve
	saved, err := nssAt(m, dir).Save(context.Background(), entry)
	if err != nil {
		t.Fatalf("there, and not found again: %v", err)
	}
	if err := nssAt(m, dir).Remove(context.Background(), throughJSON(t, saved)); err != nil {
		t.Fatal(err)
	}
	if left := mustList(t, nssAt(m, dir)); len(left) != 0 {
		t.Errorf("still listed: %+v", left)
	}
	entry.Cert.Print = cert.Of([]byte("another"))
	entry.Cert.SHA1 = [20]byte{1}
	if sameEntry(entries[0], entry) {
		t.Error("taken for another record")
	}
}
