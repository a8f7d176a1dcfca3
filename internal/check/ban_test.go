package check

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// What must never be banned, and a ban that must never be written.

// publicRoot is a genuine public root.
func publicRoot(t testing.TB) *x509.Certificate {
	t.Helper()
	for root := range bundle.Roots() {
		if c, err := x509.ParseCertificate(root.Certificate); err == nil && c.Subject.CommonName == "ISRG Root X1" {
			return c
		}
	}
	t.Fatal("ISRG Root X1 is not in the bundle")
	return nil
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// craft makes a root that is called as an interception root: with that public key, and in the name of that issuer with its serial number, if given.
func craft(t testing.TB, public any, signer *ecdsa.PrivateKey, issuer *x509.Certificate) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(987654321), Subject: pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	parent := template
	if issuer != nil {
		template.SerialNumber = issuer.SerialNumber
		parent = &x509.Certificate{RawSubject: issuer.RawSubject, Subject: issuer.Subject}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// listedKey is the public key of the first listed authority of the class that has one.
func listedKey(t testing.TB, class catalog.Class) any {
	t.Helper()
	for _, a := range list(t).Authorities {
		if a.Class == class && a.PublicKey != nil {
			key, err := x509.ParsePKIXPublicKey(a.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
	}
	t.Fatalf("no key of %s", class)
	return nil
}

// stateList is a list with one interception root, whose key the test holds.
func stateList(t testing.TB, key *ecdsa.PrivateKey) *catalog.List {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	name := map[string]string{"kk": "a", "ru": "a", "en": "a"}
	text, _ := json.Marshal(map[string]any{"version": 1, "date": "2026-01-01", "rules": []any{}, "once_public": []any{}, "authorities": []any{map[string]any{
		"id": "kz-test", "class": "state-interception", "key": cert.Of(spki).String(), "public_key": base64.StdEncoding.EncodeToString(spki), "subject": "CN=state", "names": name, "source": "test",
	}}})
	l, err := catalog.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestNeverBanned makes files that call themselves an interception root and would ban somebody else by key, or by issuer and serial number.
func TestNeverBanned(t *testing.T) {
	root, own := publicRoot(t), newKey(t)
	crossed := func(public any) cert.Certificate {
		template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: root.Subject, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
		der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: "state"}}, public, own)
		if err != nil {
			t.Fatal(err)
		}
		return cert.Read(der)
	}
	real, state := list(t), stateList(t, own)
	for name, test := range map[string]struct {
		list *catalog.List
		c    cert.Certificate
		by   catalog.By
		want bool
	}{
		"a look-alike":                                      {real, cert.Read(lookalike(t)), catalog.ByRule, true},
		"key of a public root":                              {real, cert.Read(craft(t, root.PublicKey, own, nil)), catalog.ByRule, false},
		"serial number of a public root":                    {real, cert.Read(craft(t, &own.PublicKey, own, root)), catalog.ByRule, false},
		"listed key, serial number of a public root":        {real, cert.Read(craft(t, listedKey(t, catalog.StateInterception), own, root)), catalog.ByKey, false},
		"key of somebody unknown":                           {real, cert.Read(craft(t, &newKey(t).PublicKey, own, nil)), catalog.ByRule, false},
		"signed by the state":                               {state, crossed(&newKey(t).PublicKey), catalog.BySignature, true},
		"signed by the state, with the key of a public one": {state, crossed(root.PublicKey), catalog.BySignature, false},
		"signed by the state, with the key of the e-signature": {
			real, cert.Certificate{DER: []byte("x"), Key: signingKey(t), Serial: []byte{2, 1, 9}}, "", false,
		},
	} {
		match := test.list.Classify(test.c)
		if test.by == "" {
			match = catalog.Match{Class: catalog.StateInterception, By: catalog.BySignature}
		} else if !match.Class.Hostile() || match.By != test.by {
			t.Errorf("%s: made what is %s by %s", name, match.Class, match.By)
		}
		if got := Blockable(test.list, test.c, match); got != test.want {
			t.Errorf("%s: may be kept out: %v", name, got)
		}
	}
	for name, class := range map[string]catalog.Match{"no certificate": {Class: catalog.StateInterception, By: catalog.BySHA256}} {
		if Blockable(real, cert.Certificate{Key: cert.Of([]byte("a")), Serial: []byte{2, 1, 1}}, class) {
			t.Errorf("%s: may be kept out", name)
		}
	}
}

func signingKey(t testing.TB) cert.Print {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(listedKey(t, catalog.NationalSigning))
	if err != nil {
		t.Fatal(err)
	}
	return cert.Of(spki)
}

// TestNeverOffered plants such files: they are taken out, and not refused, by this process or by the administrator's.
func TestNeverOffered(t *testing.T) {
	root, own := publicRoot(t), newKey(t)
	for name, der := range map[string][]byte{
		"key of a public root":           craft(t, root.PublicKey, own, nil),
		"serial number of a public root": craft(t, &own.PublicKey, own, root),
		"key of the e-signature":         craft(t, listedKey(t, catalog.NationalSigning), own, nil),
	} {
		h := newHome(t, "system", "disallowed")
		h.stores[1].refuser = true
		for _, s := range h.stores {
			s.place.Owner, s.place.Kind = "", evidence.System
		}
		h.plant(t, 0, der)
		e, _ := h.Look(ctx, nil, nil)
		plan := h.Plan(ctx, e, Pick{Block: true})
		if len(plan.Offer)+len(plan.Holds) != 0 {
			t.Errorf("%s: would be refused", name)
		}
		h.stores[1].needs = evidence.Own
		job, _ := json.Marshal(Job{Verb: "remove", Prints: []cert.Print{cert.Of(der)}, Kinds: []evidence.Kind{evidence.System}, Refuse: []evidence.Kind{evidence.System}, Receipt: "1"})
		h.Serve(ctx, job) //nolint:errcheck // what it did is looked at
		if h.banned(1, der) {
			t.Errorf("%s: was refused", name)
		}
	}
}

// banned tells whether the store refuses the certificate.
func (h *home) banned(which int, der []byte) bool {
	_, err := os.Stat(filepath.Join(keepingStore{h.stores[which]}.beside(store.VerbDistrust), cert.Of(der).String()))
	return err == nil
}

// cut does the plan, or whatever else, and stops at the n-th step of that name.
func (h *home) cut(at string, n int, do func()) {
	defer func() { _ = recover(); h.Step = nil }()
	h.Step = func(name string) {
		if name == at {
			if n--; n == 0 {
				panic("cut short")
			}
		}
	}
	do()
}

func (h *home) receipt(t *testing.T) Receipt {
	t.Helper()
	receipts, err := Receipts(h.Machine.State)
	if err != nil || len(receipts) != 1 {
		t.Fatalf("%d receipts, %v", len(receipts), err)
	}
	return receipts[0]
}

// TestEditedReceipt adds to a receipt what was never planned: a ban of a public root, a limit of what is no e-signature, and a saved ban without a wish.
func TestEditedReceipt(t *testing.T) {
	root := publicRoot(t).Raw
	for name, lines := range map[string]func(place evidence.Place) []line{
		"refuse": func(place evidence.Place) []line {
			return []line{{Step: "wished", Wishes: []Wish{{place, Refused, root}}}}
		},
		"limit": func(place evidence.Place) []line {
			return []line{{Step: "wished", Wishes: []Wish{{place, Limited, root}}}}
		},
		"no verb": func(place evidence.Place) []line {
			return []line{{Step: "wished", Wishes: []Wish{{place, Removed, root}}}}
		},
		"saved": func(place evidence.Place) []line {
			data, _ := json.Marshal(root)
			return []line{{Step: "saved", Item: 1, Saved: &store.Saved{Place: place, Print: cert.Of(root), Verb: store.VerbDistrust, Data: data}}}
		},
		"saved and wished": func(place evidence.Place) []line {
			data, _ := json.Marshal(root)
			return []line{
				{Step: "wished", Wishes: []Wish{{place, Refused, root}}},
				{Step: "saved", Item: 1, Saved: &store.Saved{Place: place, Print: cert.Of(root), Verb: store.VerbDistrust, Data: data}},
			}
		},
	} {
		h := newHome(t, "firefox", "chromium")
		h.stores[1].refuser = true
		bad := lookalike(t)
		h.plant(t, 0, bad)
		h.plant(t, 1, harmless(t))
		e, _ := h.Look(ctx, nil, nil)
		plan := h.Plan(ctx, e, Pick{})
		h.cut("acting", 1, func() { h.Do(ctx, plan, nil) }) //nolint:errcheck // ends by the panic
		id := h.receipt(t).ID
		j, err := openJournal(h.Machine.State, id, h.now)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.add(lines(h.stores[1].place)...); err != nil {
			t.Fatal(err)
		}
		j.close()
		done, err := h.Resume(ctx, id, nil)
		if err != nil || !done.Good() || h.has(0, bad) {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
		if len(done.Holds) != 1 || done.Holds[0].Held || done.Holds[0].Why != evidence.CannotRemove {
			t.Errorf("%s: %+v", name, done.Holds)
		}
		if left, err := os.ReadDir(filepath.Dir(h.stores[1].place.Path)); err != nil || h.banned(1, root) || strings.Contains(fmt.Sprint(left), "chromium.") {
			t.Errorf("%s: obeyed: %v, %v", name, left, err)
		}
	}
}

// TestBanBesideCertificate holds that what is still there, or was put back, or came back, is not banned as well.
func TestBanBesideCertificate(t *testing.T) {
	bad := lookalike(t)
	begin := func() (*home, Plan) {
		h := newHome(t, "firefox", "chromium")
		h.stores[1].refuser = true
		h.plant(t, 0, bad)
		h.plant(t, 1, bad)
		e, _ := h.Look(ctx, nil, nil)
		plan := h.Plan(ctx, e, Pick{Block: true})
		if len(plan.Items) != 2 || len(plan.Holds) != 1 {
			t.Fatalf("%d items, %d holds", len(plan.Items), len(plan.Holds))
		}
		return h, plan
	}

	// cut after the ban was saved; meanwhile it came back, and cannot be removed
	h, plan := begin()
	h.cut("hold saved", 1, func() { h.Do(ctx, plan, nil) }) //nolint:errcheck // ends by the panic
	h.plant(t, 1, bad)
	h.stores[1].lies = true
	done, err := h.Resume(ctx, h.receipt(t).ID, nil)
	if err != nil || len(done.Holds) != 1 || done.Holds[0].Why != evidence.StillThere || done.Kept() || h.banned(1, bad) {
		t.Errorf("saved: %+v, %v, banned %v", done.Holds, err, h.banned(1, bad))
	}
	h.stores[1].lies = false
	if done, err := h.Resume(ctx, h.receipt(t).ID, nil); err != nil || !done.Good() || !done.Kept() || !h.banned(1, bad) {
		t.Errorf("saved, and could be removed then: %+v, %v", done, err)
	}

	// cut before the ban was saved, and so was the undo, which had put back the first of the two
	for name, cutAt := range map[string]string{"wished": "acting", "saved": "hold saved"} {
		h, plan := begin()
		n := 1
		if cutAt == "acting" {
			n = 2
		}
		h.cut(cutAt, n, func() { h.Do(ctx, plan, nil) })                 //nolint:errcheck // ends by the panic
		h.cut("proved", 1, func() { h.Undo(ctx, h.receipt(t).ID, nil) }) //nolint:errcheck // ends by the panic
		if r := h.receipt(t); !r.Items[0].Restored || r.Undone() {
			t.Fatalf("%s: the undo was not cut short: %+v", name, r.Ended)
		}
		done, err := h.Resume(ctx, h.receipt(t).ID, nil)
		if err != nil || len(done.Holds) != 0 || h.banned(1, bad) || !h.has(0, bad) {
			t.Errorf("%s, undo cut short: %+v, %v, banned %v", name, done.Holds, err, h.banned(1, bad))
		}
		if done, err := h.Undo(ctx, h.receipt(t).ID, nil); err != nil || !done.Good() || !h.has(0, bad) || !h.has(1, bad) || !h.receipt(t).Undone() {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}

	// it is managed there, and stays
	h, _ = begin()
	h.stores[1].managed = true
	e, _ := h.Look(ctx, nil, nil)
	if plan := h.Plan(ctx, e, Pick{Block: true}); len(plan.Left) != 1 || len(plan.Offer)+len(plan.Holds) != 0 {
		t.Errorf("left there, and would be banned: %d left, %d offered", len(plan.Left), len(plan.Offer))
	}

	// it came into the place between plan and ban
	h = newHome(t, "firefox", "chromium")
	h.stores[1].refuser = true
	h.plant(t, 0, bad)
	e, _ = h.Look(ctx, nil, nil)
	plan = h.Plan(ctx, e, Pick{Block: true})
	h.plant(t, 1, bad)
	done, err = h.Do(ctx, plan, nil)
	if err != nil || !done.Good() || len(done.Holds) != 1 || done.Holds[0].Why != evidence.StillThere || h.banned(1, bad) {
		t.Errorf("came meanwhile: %+v, %v", done.Holds, err)
	}
}

// TestUnreadProvesNoBan holds that a refusal counts as standing only where the whole place could be read.
func TestUnreadProvesNoBan(t *testing.T) {
	print := cert.Of([]byte("a"))
	entries := []evidence.Entry{{Cert: cert.Certificate{Print: print}, Trust: evidence.Distrusted}}
	unread := []evidence.Trouble{{Code: evidence.Damaged}}
	for _, verb := range []Verb{Refused, Limited} {
		read, half := Outcome{Print: print, Verb: verb}, Outcome{Print: print, Verb: verb}
		read.settleHold(entries, false, nil)
		half.settleHold(entries, false, unread)
		if !read.Held || read.Why != "" || half.Held || half.Why != evidence.Damaged {
			t.Errorf("%q: read %v %q, half read %v %q", verb, read.Held, read.Why, half.Held, half.Why)
		}
	}
}

// slowRefuser is a store that hangs or breaks down when it is asked what a refusal needs.
type slowRefuser struct {
	keepingStore
	panics bool
}

func (s slowRefuser) DistrustNeeds() evidence.Right {
	if s.panics {
		panic("broken store")
	}
	select {}
}

// TestRefusalHangs holds that such a store holds up no plan, and takes no offer from the others.
func TestRefusalHangs(t *testing.T) {
	h := newHome(t, "firefox", "hangs", "panics", "chromium")
	h.Patience = 300 * time.Millisecond
	h.plant(t, 0, lookalike(t))
	plain := h.Stores
	h.Stores = func(m *machine.Machine) []store.Store {
		all := plain(m)
		all[1], all[2], all[3] = slowRefuser{keepingStore{h.stores[1]}, false}, slowRefuser{keepingStore{h.stores[2]}, true}, keepingStore{h.stores[3]}
		return all
	}
	e, _ := h.Look(ctx, nil, nil)
	plans := make(chan Plan, 1)
	go func() { plans <- h.Plan(context.Background(), e, Pick{Block: true}) }()
	select {
	case plan := <-plans:
		if len(plan.Items) != 1 || len(plan.Holds) != 1 || plan.Holds[0].Place != h.stores[3].place {
			t.Errorf("%d items, %d holds", len(plan.Items), len(plan.Holds))
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the plan hangs")
	}
}
