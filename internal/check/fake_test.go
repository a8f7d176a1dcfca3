package check

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// folderStore is a store of the tests: a folder in which each file is one certificate. Its faults are set by the test.
type folderStore struct {
	place   evidence.Place
	needs   evidence.Right
	busy    string
	hang    bool  // List never comes back
	panics  bool  // List panics
	lies    bool  // Remove says it did, and did not
	refuses error // Remove fails
	trouble error // List has this beside what it read
	managed bool
	trust   evidence.Trust // of all; empty: for web sites
	refuser bool           // it can refuse and limit: see keepingStore
	forgets bool           // Distrust and Limit say they did, and did not
}

// keepingStore is a folderStore that can refuse and limit as well. Beside the folder it has one for each, with the certificates in it.
type keepingStore struct{ *folderStore }

func (k keepingStore) beside(verb string) string { return k.place.Path + "." + verb }

func (k keepingStore) List(ctx context.Context) ([]evidence.Entry, error) {
	entries, err := k.folderStore.List(ctx)
	for i := range entries {
		if _, err := os.Stat(filepath.Join(k.beside(store.VerbLimit), entries[i].Cert.Print.String())); err == nil {
			entries[i].Trust = evidence.Other
		}
	}
	refused, _ := (&folderStore{place: evidence.Place{Path: k.beside(store.VerbDistrust)}, needs: k.needs, trust: evidence.Distrusted}).List(ctx)
	return append(entries, refused...), err
}

func (k keepingStore) DistrustNeeds() evidence.Right { return k.needs }

func (k keepingStore) SaveDistrust(_ context.Context, c cert.Certificate) (store.Saved, error) {
	data, err := json.Marshal(c.DER)
	return store.Saved{Place: k.place, Print: c.Print, Title: c.Title(), Verb: store.VerbDistrust, Data: data}, err
}

func (k keepingStore) SaveLimit(ctx context.Context, entry evidence.Entry) (store.Saved, error) {
	saved, err := k.Save(ctx, entry)
	saved.Verb = store.VerbLimit
	return saved, err
}

func (k keepingStore) Distrust(_ context.Context, saved store.Saved) error { return k.keep(saved) }
func (k keepingStore) Limit(_ context.Context, saved store.Saved) error    { return k.keep(saved) }

func (k keepingStore) keep(saved store.Saved) error {
	if k.forgets {
		return nil
	}
	var der []byte
	if err := json.Unmarshal(saved.Data, &der); err != nil {
		return err
	}
	if err := os.MkdirAll(k.beside(saved.Verb), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(k.beside(saved.Verb), saved.Print.String()), der, 0o600)
}

func (k keepingStore) Restore(ctx context.Context, saved store.Saved) error {
	if saved.Verb == "" {
		return k.folderStore.Restore(ctx, saved)
	}
	err := os.Remove(filepath.Join(k.beside(saved.Verb), saved.Print.String()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f *folderStore) Place() evidence.Place       { return f.place }
func (f *folderStore) Busy(context.Context) string { return f.busy }
func (f *folderStore) file(print cert.Print) string {
	return filepath.Join(f.place.Path, print.String())
}

func (f *folderStore) List(ctx context.Context) ([]evidence.Entry, error) {
	if f.hang {
		select {} // as a read from a dead network share does: no context ends it
	}
	if f.panics {
		panic("broken store")
	}
	list, err := os.ReadDir(f.place.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var entries []evidence.Entry
	for _, file := range list {
		der, err := os.ReadFile(filepath.Join(f.place.Path, file.Name()))
		if err != nil {
			return entries, err
		}
		entry := evidence.Entry{Cert: cert.Read(der), Trust: evidence.Web, Needs: f.needs, Managed: f.managed}
		if f.trust != "" {
			entry.Trust = f.trust
		}
		entries = append(entries, entry)
	}
	return entries, f.trouble
}

func (f *folderStore) Save(_ context.Context, entry evidence.Entry) (store.Saved, error) {
	der, err := os.ReadFile(f.file(entry.Cert.Print))
	if errors.Is(err, fs.ErrNotExist) {
		return store.Saved{}, store.ErrGone
	} else if err != nil {
		return store.Saved{}, err
	}
	data, err := json.Marshal(der)
	return store.Saved{Place: f.place, Print: entry.Cert.Print, Title: entry.Cert.Title(), Data: data}, err
}

func (f *folderStore) Remove(_ context.Context, saved store.Saved) error {
	if f.refuses != nil {
		return f.refuses
	}
	if f.lies {
		return nil
	}
	err := os.Remove(f.file(saved.Print))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f *folderStore) Restore(_ context.Context, saved store.Saved) error {
	var der []byte
	if err := json.Unmarshal(saved.Data, &der); err != nil {
		return err
	}
	return os.WriteFile(f.file(saved.Print), der, 0o600)
}

// list is the real list of authorities.
func list(t testing.TB) *catalog.List {
	data, err := os.ReadFile("../../assets/authorities.json")
	if err != nil {
		t.Fatal(err)
	}
	l, err := catalog.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// lookalike makes a root that is shaped like an interception root; harmless makes one that is not.
func lookalike(t testing.TB) []byte {
	return forge(t, pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}})
}

func harmless(t testing.TB) []byte { return forge(t, pkix.Name{CommonName: "Home router"}) }

func forge(t testing.TB, subject pkix.Name) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// home is a computer of the tests with folder stores.
type home struct {
	*Checker
	top    string
	stores []*folderStore
}

func newHome(t *testing.T, names ...string) *home {
	h := &home{top: t.TempDir()}
	for _, name := range names {
		h.stores = append(h.stores, &folderStore{place: evidence.Place{Kind: evidence.NSS, Path: filepath.Join(h.top, name), Owner: "aida", Program: strings.ToUpper(name)}})
	}
	h.Checker = &Checker{
		Machine:  &machine.Machine{GOOS: "linux", People: []machine.Person{{Name: "aida", Home: h.top, Self: true}}, State: filepath.Join(h.top, "state"), Now: time.Now},
		List:     list(t),
		Patience: time.Second,
		Version:  "test",
		Stores: func(*machine.Machine) []store.Store {
			var all []store.Store
			for _, s := range h.stores {
				if s.refuser {
					all = append(all, keepingStore{s})
				} else {
					all = append(all, s)
				}
			}
			return all
		},
	}
	return h
}

func (h *home) plant(t *testing.T, which int, der []byte) {
	s := h.stores[which]
	if err := os.MkdirAll(s.place.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file(cert.Of(der)), der, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h *home) has(which int, der []byte) bool {
	_, err := os.Stat(h.stores[which].file(cert.Of(der)))
	return err == nil
}
