package store

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// fixture is one trust store made for a test, with what is needed to hold it to the contract of [Remover].
type fixture struct {
	open    func() Remover   // makes the store afresh, so that nothing can be remembered between two looks
	plant   func()           // puts planted into the store, as the tools that people use would
	planted cert.Certificate // certificate that plant puts in
	trust   evidence.Trust   // the trust that plant gives it; empty: not looked at

	// twin, when it has bytes, is in the store before plant and must be there after every step: same subject and serial, other bytes.
	twin cert.Certificate

	// bytes, when not nil, is everything of the store that must be byte for byte the same after restoring as it was before removing: a dump
	// of rows, the content of files with mode and owner.
	bytes func() string
}

// contract holds one store to everything that [Remover] promises. Each look is through a fresh store.
func contract(t *testing.T, f fixture) {
	t.Helper()
	ctx := context.Background()
	look := func(when string) []evidence.Entry {
		t.Helper()
		all, err := f.open().List(ctx)
		if err != nil {
			t.Fatalf("%s: list: %v", when, err)
		}
		var found []evidence.Entry
		twin := len(f.twin.DER) == 0
		for _, entry := range all {
			if entry.Cert.DER != nil && entry.Cert.Print != cert.Of(entry.Cert.DER) {
				t.Errorf("%s: print %s is not that of the bytes listed with it", when, entry.Cert.Print)
			}
			twin = twin || entry.Cert.Print == f.twin.Print
			if entry.Cert.Print == f.planted.Print {
				found = append(found, entry)
			}
		}
		if !twin {
			t.Errorf("%s: another certificate with the same subject and serial has gone", when)
		}
		return found
	}
	finish := func(saved ...Saved) {
		t.Helper()
		if s, ok := f.open().(Finisher); ok {
			if err := s.Finish(ctx, saved); err != nil {
				t.Fatalf("finish: %v", err)
			}
		}
	}
	dump := func() string {
		if f.bytes == nil {
			return ""
		}
		return f.bytes()
	}

	if got := look("before planting"); len(got) != 0 {
		t.Fatalf("listed before it was planted: %+v", got)
	}
	f.plant()
	full := dump()
	before := look("planted")
	if len(before) == 0 {
		t.Fatal("planted, and not listed")
	}
	for _, entry := range before {
		if !bytes.Equal(entry.Cert.DER, f.planted.DER) {
			t.Error("listed with other bytes than were planted")
		}
		if f.trust != "" && entry.Trust != f.trust {
			t.Errorf("trust %q, want %q", entry.Trust, f.trust)
		}
	}
	if got := dump(); got != full {
		t.Error("looking changed the store")
	}

	var journal []Saved
	for _, entry := range before {
		saved, err := f.open().Save(ctx, entry)
		if err != nil {
			t.Fatalf("save: %v", err)
		}
		if saved.Print != f.planted.Print || saved.Place.Path != f.open().Place().Path || saved.Title == "" || saved.Verb != "" {
			t.Errorf("saved is labelled %s %q %q %q", saved.Print, saved.Place.Path, saved.Title, saved.Verb)
		}
		journal = append(journal, throughJSON(t, saved))
	}
	if got := dump(); got != full {
		t.Error("saving changed the store")
	}
	if got := look("saved"); len(got) != len(before) {
		t.Errorf("listed %d times after saving, %d before", len(got), len(before))
	}

	remove := func(when string) {
		t.Helper()
		for _, saved := range journal {
			if err := f.open().Remove(ctx, saved); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
		}
		finish(journal...)
		if got := look(when); len(got) != 0 {
			t.Fatalf("%s: still listed: %+v", when, got)
		}
	}
	restore := func(when string) {
		t.Helper()
		for i := len(journal) - 1; i >= 0; i-- {
			if err := f.open().Restore(ctx, journal[i]); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
		}
		finish(journal...)
		after := look(when)
		if len(after) != len(before) {
			t.Fatalf("%s: listed %d times, %d before", when, len(after), len(before))
		}
		for i := range after {
			if after[i].Trust != before[i].Trust || after[i].Orphan != before[i].Orphan || !bytes.Equal(after[i].Cert.DER, before[i].Cert.DER) {
				t.Errorf("%s: %+v, before %+v", when, after[i], before[i])
			}
		}
		if got := dump(); got != full {
			t.Errorf("%s: the store is not what it was:\n%s\nwas:\n%s", when, clip(got), clip(full))
		}
	}

	restore("restored although nothing was removed")
	remove("removed")
	bare := dump()
	remove("removed once more")
	if got := dump(); got != bare {
		t.Error("removing what is gone changed the store")
	}
	if _, err := f.open().Save(ctx, before[0]); !errors.Is(err, ErrGone) {
		t.Errorf("saving what is gone: %v, want ErrGone", err)
	}
	restore("restored")
	restore("restored once more")
	remove("removed after an undo")
	restore("restored again")
}

// throughJSON is saved as it comes back from the journal.
func throughJSON(t *testing.T, saved Saved) Saved {
	t.Helper()
	text, err := json.Marshal(saved)
	if err != nil {
		t.Fatalf("write saved: %v", err)
	}
	var back Saved
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("read saved: %v", err)
	}
	return back
}

func clip(text string) string {
	if len(text) > 4000 {
		return text[:4000] + "…"
	}
	return text
}

// authority is a root made for one test, with its key.
type authority struct {
	cert.Certificate
	key    *ecdsa.PrivateKey
	parsed *x509.Certificate
}

// newAuthority makes a root that looks like the interception roots of Kazakhstan. Two with the same serial number are twins: same subject and
// serial, other key.
func newAuthority(t testing.TB, name string, serial int64) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		Subject:               pkix.Name{Country: []string{"KZ"}, Organization: []string{"ISCA"}, CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{Certificate: cert.Read(der), key: key, parsed: parsed}
}

// needTool is the path of a program that a test cannot do without. Where everything must be proven (QULYP_NEED_ALL=1) its absence is a failure.
func needTool(t testing.TB, name string) string {
	t.Helper()
	at, err := exec.LookPath(name)
	if err == nil {
		return at
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode()&0o111 != 0 {
			return filepath.Join(dir, name)
		}
	}
	if os.Getenv("QULYP_NEED_ALL") == "1" {
		t.Fatalf("%s is not installed, and everything must be proven", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// needRoot ends a test that only root can make sense of, or make at all. Where everything must be proven (QULYP_NEED_ALL=1) that is a failure.
func needRoot(t testing.TB, why string) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("QULYP_NEED_ALL") == "1" {
		t.Fatalf("not root, and everything must be proven: %s", why)
	}
	t.Skip("needs root: " + why)
}

// needShared reads one of the real certificates, which are not part of the project and lie beside it.
func needShared(t testing.TB, name string) cert.Certificate {
	t.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", "certs", name)
	data, err := os.ReadFile(file)
	if err != nil {
		if os.Getenv("QULYP_NEED_SHARED") == "1" {
			t.Fatalf("the real certificate %s is not there: %v", name, err)
		}
		t.Skipf("the real certificate %s is not there", name)
	}
	for block := range cert.Blocks(data) {
		return block.Cert
	}
	t.Fatalf("%s holds no certificate", name)
	return cert.Certificate{}
}
