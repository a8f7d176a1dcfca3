package terminal

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// signing is a root with the name of one of the e-signature.
func signing() cert.Certificate {
	name := pkix.Name{CommonName: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)", Country: []string{"KZ"}}
	seed := sha256.Sum256([]byte("signing"))
	key := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(8), Subject: name, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 2, 0, 0, 0, 0, time.UTC),
	}
	return cert.Read(must(x509.CreateCertificate(nil, template, template, key.Public(), key)))
}

// limiting is a made-up place that can forbid its certificate for web sites.
type limiting struct{ madeUp }

func (s *limiting) SaveLimit(_ context.Context, entry evidence.Entry) (store.Saved, error) {
	return store.Saved{Place: s.place, Print: entry.Cert.Print, Title: entry.Cert.Title(), Verb: store.VerbLimit, Data: json.RawMessage(`{}`)}, nil
}
func (s *limiting) Limit(context.Context, store.Saved) error {
	s.entry.Trust = evidence.Other
	return nil
}
func (s *limiting) Restore(context.Context, store.Saved) error {
	s.entry.Trust = evidence.Web
	return nil
}

func newLimiting(t *testing.T, needs evidence.Right) (*run, *limiting) {
	r, s := newRun(t), &limiting{}
	s.place = evidence.Place{Kind: evidence.System, Path: "/made-up/roots", Program: "Debian"}
	s.entry = evidence.Entry{Cert: signing(), Trust: evidence.Web, Needs: needs}
	r.stores = append(r.stores, s)
	return r, s
}

// TestLimitUndone holds that the undo of a ban promises no certificate that comes back, since none was removed, and neither does the deletion of its copy.
func TestLimitUndone(t *testing.T) {
	r, s := newLimiting(t, evidence.Own)
	holds(t, r.do(Clear, "remove", "--sha256", s.entry.Cert.Print.String(), "--only-web", "--yes"), "checked again")
	if s.entry.Trust != evidence.Other {
		t.Fatalf("was not limited: %s", s.entry.Trust)
	}
	r.ask, r.typed = true, "n\n"
	for _, test := range []struct{ option, says, hides string }{
		{"--last", "will work for web sites again", "will come back"},
		{"--all", "will work for web sites again", "will come back"},
		{"--last --delete", "the ban cannot be lifted from here", "the certificate cannot be put back"},
	} {
		out := r.do(Danger, append([]string{"restore"}, strings.Fields(test.option)...)...)
		holds(t, out, test.says, "(ban for web sites)")
		if strings.Contains(strings.Join(strings.Fields(out), " "), test.hides) {
			t.Errorf("%s speaks of a removal:\n%s", test.option, out)
		}
	}
	r.typed = "y\n"
	r.do(Clear, "restore", "--last")
	if s.entry.Trust != evidence.Web {
		t.Errorf("was not undone: %s", s.entry.Trust)
	}
}

// TestRestoredAgain holds that what was put back and then removed anew is not said to be back when the old copy is used once more.
func TestRestoredAgain(t *testing.T) {
	r, s := newLimiting(t, evidence.Own)
	limit := func() (id string) {
		t.Helper()
		r.do(Clear, "remove", "--sha256", s.entry.Cert.Print.String(), "--only-web", "--yes")
		for _, receipt := range must(check.Receipts(r.machine.State)) {
			if !receipt.Undone() {
				id = receipt.ID
			}
		}
		return id
	}
	first := limit()
	r.do(Clear, "restore", first, "--yes")
	if out := r.do(Clear, "restore", "--list"); !strings.Contains(out, "Already put back") || strings.Contains(out, "To put it back") {
		t.Errorf("offers what was put back:\n%s", out)
	}
	second := limit()
	if out := r.do(Clear, "restore", first, "--yes"); !strings.Contains(out, "Already put back") || strings.Contains(out, "Everything is back") || s.entry.Trust != evidence.Other {
		t.Errorf("%s:\n%s", s.entry.Trust, out)
	}
	holds(t, r.do(Clear, "restore", "--list"), "restore "+second)
	r.do(Usage, "restore", first) // nobody sits at a terminal, and nobody said yes: refused as ever
}

// TestAdminPartTold holds that the administrator's part is named, place by place, to the person and to a helper; and not where no administrator agreed to it.
func TestAdminPartTold(t *testing.T) {
	r, s := newLimiting(t, evidence.Admin)
	r.machine.Elevate = func(context.Context, []byte) ([]byte, error) { return nil, machine.ErrRefused }
	r.do(Refused, "remove", "--sha256", s.entry.Cert.Print.String(), "--only-web", "--yes")
	if out := r.do(Clear, "restore", "--all", "--export", "-"); strings.Contains(out, "/made-up/roots") {
		t.Errorf("tells of what no administrator agreed to:\n%s", out)
	}

	r, s = newLimiting(t, evidence.Admin)
	r.machine.Elevate = func(_ context.Context, job []byte) ([]byte, error) {
		var sent check.Job
		if err := json.Unmarshal(job, &sent); err != nil {
			return nil, err
		}
		s.entry.Trust = evidence.Other
		return json.Marshal(check.Reply{Receipt: sent.Receipt})
	}
	r.do(Clear, "remove", "--sha256", s.entry.Cert.Print.String(), "--only-web", "--yes")
	r.ask, r.typed = true, "n\n"
	holds(t, r.do(Danger, "restore", "--last"), ": Debian (ban for web sites)", "will work for web sites again")
	var listed receiptsJSON
	if err := json.Unmarshal([]byte(r.do(Clear, "restore", "--list", "--json")), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed.Receipts) != 1 || len(listed.Receipts[0].Items) != 1 || !listed.Receipts[0].Items[0].Admin || listed.Receipts[0].Items[0].Place.Path != "/made-up/roots" {
		t.Errorf("%+v", listed)
	}
	var told exportJSON
	if err := json.Unmarshal([]byte(r.do(Clear, "restore", "--last", "--export", "-")), &told); err != nil {
		t.Fatal(err)
	}
	if len(told.Receipts) != 1 || len(told.Receipts[0].Items) != 1 {
		t.Fatalf("%+v", told)
	}
	item := told.Receipts[0].Items[0]
	if !item.Admin || item.Verb != store.VerbLimit || item.Path != "/made-up/roots" || item.SHA256 != s.entry.Cert.Print || item.Restored {
		t.Errorf("%+v", item)
	}
}
