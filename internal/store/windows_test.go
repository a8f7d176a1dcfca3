package store

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

func TestElement(t *testing.T) {
	der := newAuthority(t, "Element", 1).DER
	whole := element{{propSHA1, 1, make([]byte, 20)}, {propFriendlyName, 1, []byte{}}, {0x8001, 7, []byte("x")}, {propCertificate, 1, der}}
	blob := whole.bytes()
	read, err := readElement(blob)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read.bytes(), blob) || !bytes.Equal(read.der(), der) {
		t.Error("taken apart and put together, it is not the same")
	}
	for _, test := range []struct {
		name string
		blob []byte
		want error
	}{
		{"nothing", nil, errNoCertificate},
		{"header cut", blob[:11], errCutShort},
		{"data cut", blob[:len(blob)-1], errCutShort},
		{"no certificate", element{{propSHA1, 1, make([]byte, 20)}}.bytes(), errNoCertificate},
		{"empty certificate", element{{propCertificate, 1, nil}}.bytes(), errNoCertificate},
		{"length beyond the end", binary.LittleEndian.AppendUint32([]byte{32, 0, 0, 0, 1, 0, 0, 0}, 1<<32-1), errCutShort},
	} {
		if _, err := readElement(test.blob); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestElementSame(t *testing.T) {
	base := element{{propFriendlyName, 1, []byte("a")}, {propCertificate, 1, []byte("der")}}
	for _, test := range []struct {
		name  string
		other element
		want  bool
	}{
		{"itself", base, true},
		{"hashes added", element{{propSHA1, 1, []byte("h")}, {propFriendlyName, 1, []byte("a")}, {107, 1, []byte("h")}, {propCertificate, 1, []byte("der")}}, true},
		{"other order", element{base[1], base[0]}, true},
		{"other name", element{{propFriendlyName, 1, []byte("b")}, base[1]}, false},
		{"no name", element{base[1]}, false},
		{"purposes added", base.with(propUsage, []byte{0x30, 0}), false},
		{"purposes added and taken off", base.with(propUsage, []byte{0x30, 0}).with(propUsage, nil), true},
		{"other certificate", element{base[0], {propCertificate, 1, []byte("red")}}, false},
	} {
		if got := base.same(test.other); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
		if got := test.other.same(base); got != test.want {
			t.Errorf("%s, the other way round: %t", test.name, got)
		}
	}
}

// rootFor is a self-signed authority with purposes of its own.
func rootFor(t testing.TB, purposes ...asn1.ObjectIdentifier) cert.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Purposes"}, NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
		UnknownExtKeyUsage: purposes,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return cert.Read(der)
}

func TestWindowsTrust(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	list := func(oids ...asn1.ObjectIdentifier) []byte {
		der, err := writeUsages(oids)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	at := func(when time.Time) []byte {
		return binary.LittleEndian.AppendUint64(nil, uint64(when.Unix()+11644473600)*1e7)
	}
	client := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	plain, mail := rootFor(t), rootFor(t, client)
	leaf := cert.Read(mustLeaf(t))
	for _, test := range []struct {
		name  string
		store string
		cert  cert.Certificate
		props []property
		want  evidence.Trust
	}{
		{"root for everything", storeRoot, plain, nil, evidence.Web},
		{"root of Microsoft's programme", storeAuthRoot, plain, nil, evidence.Web},
		{"root for web sites among others", storeRoot, rootFor(t, client, purposeWeb), nil, evidence.Web},
		{"root for any purpose", storeRoot, rootFor(t, purposeAny), nil, evidence.Web},
		{"root for clients", storeRoot, mail, nil, evidence.Other},
		{"a person may not widen it", storeRoot, mail, []property{{propUsage, 1, list(purposeWeb)}}, evidence.Other},
		{"allowed for web sites", storeRoot, plain, []property{{propUsage, 1, list(client, purposeWeb)}}, evidence.Web},
		{"allowed for the rest", storeRoot, plain, []property{{propUsage, 1, list(notWeb...)}}, evidence.Other},
		{"all purposes off", storeRoot, plain, []property{{propUsage, 1, list()}}, evidence.Disabled},
		{"all purposes off, marked", storeRoot, plain, []property{{propUsage, 1, list(yesNoTrust)}}, evidence.Disabled},
		{"purposes unreadable", storeRoot, plain, []property{{propUsage, 1, []byte("?")}}, evidence.Unknown},
		{"intermediate", storeCA, plain, nil, evidence.Other},
		{"site trusted by itself", storeTrustedPeople, leaf, nil, evidence.Web},
		{"authority among people", storeTrustedPeople, plain, nil, evidence.Other},
		{"refused", storeDisallowed, plain, nil, evidence.Distrusted},
		{"refused, purposes or not", storeDisallowed, plain, []property{{propUsage, 1, list()}}, evidence.Distrusted},
		{"withdrawn", storeAuthRoot, plain, []property{{propDisallowedFrom, 1, at(now.Add(-time.Hour))}}, evidence.Distrusted},
		{"withdrawn from tomorrow", storeAuthRoot, plain, []property{{propDisallowedFrom, 1, at(now.Add(time.Hour))}}, evidence.Web},
		{"withdrawn for web sites", storeAuthRoot, plain, []property{{propDisallowedFrom, 1, at(now.Add(-time.Hour))}, {propDisallowedUsages, 1, list(purposeWeb)}}, evidence.Other},
		{"withdrawn for clients", storeAuthRoot, plain, []property{{propDisallowedFrom, 1, at(now.Add(-time.Hour))}, {propDisallowedUsages, 1, list(client)}}, evidence.Web},
		{"withdrawn, time unreadable", storeAuthRoot, plain, []property{{propDisallowedFrom, 1, []byte("?")}}, evidence.Web},
	} {
		e := append(element(test.props), property{propCertificate, 1, test.cert.DER})
		if got := windowsTrust(test.store, e, test.cert, now); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func mustLeaf(t testing.TB) []byte {
	t.Helper()
	by := newAuthority(t, "Issuer", 3)
	template := &x509.Certificate{SerialNumber: big.NewInt(4), Subject: pkix.Name{CommonName: "site"}, NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, by.parsed, by.key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// fakeRegistry is a registry in memory: key -> Blob. It behaves as that of Windows does where this program can tell.
type fakeRegistry struct {
	blobs      map[string][]byte
	numbers    map[string]uint32
	people     []account
	registered map[string][][]byte // physical stores, by key
	refuse     error               // what add says
	forget     uint32              // a property that add loses
}

func (f *fakeRegistry) exists(key string) bool {
	for name := range f.blobs {
		if strings.HasPrefix(name, key+`\`) {
			return true
		}
	}
	return false
}

func (f *fakeRegistry) elements(l location) ([][]byte, error) {
	var names []string
	for name := range f.blobs {
		if strings.HasPrefix(name, l.key()+`\`) {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil, fs.ErrNotExist
	}
	slices.Sort(names)
	var all [][]byte
	for _, name := range names {
		all = append(all, bytes.Clone(f.blobs[name]))
	}
	return all, nil
}

func (f *fakeRegistry) binary(key, value string) ([]byte, error) {
	if value != blobValue {
		key += `\` + value
	}
	if blob, ok := f.blobs[key]; ok {
		return bytes.Clone(blob), nil
	}
	return nil, fs.ErrNotExist
}

func (f *fakeRegistry) number(key, value string) uint32 { return f.numbers[key+`\`+value] }
func (f *fakeRegistry) others() []account               { return f.people }

func (f *fakeRegistry) remove(l location, print cert.Print) error {
	for name, blob := range f.blobs {
		if e, err := readElement(blob); err == nil && strings.HasPrefix(name, l.key()+`\`) && cert.Of(e.der()) == print {
			delete(f.blobs, name)
		}
	}
	return nil
}

func (f *fakeRegistry) add(l location, blob []byte) error {
	if f.refuse != nil {
		return f.refuse
	}
	e, err := readElement(blob)
	if err != nil {
		return err
	}
	f.blobs[l.entry(cert.Read(e.der()).SHA1)] = e.with(f.forget, nil).bytes()
	return nil
}

func (f *fakeRegistry) set(l location, print cert.Print, id uint32, data []byte) error {
	for name, blob := range f.blobs {
		if e, err := readElement(blob); err == nil && strings.HasPrefix(name, l.key()+`\`) && cert.Of(e.der()) == print {
			f.blobs[name] = e.with(id, data).bytes()
		}
	}
	return nil
}

func (f *fakeRegistry) below(key string) (names []string) {
	for name := range f.registered {
		if name, below := strings.CutPrefix(name, key+`\`); below {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (f *fakeRegistry) physical(l location, name string) ([][]byte, error) {
	blobs := f.registered[l.key()+`\PhysicalStores\`+name]
	if blobs == nil {
		return nil, errors.New("cannot be opened")
	}
	return blobs, nil
}

func (f *fakeRegistry) keysOf(l location, print cert.Print) (all []windowsKey, err error) {
	for name, blob := range f.blobs {
		name, below := strings.CutPrefix(name, l.key()+`\Certificates\`)
		if e, err := readElement(blob); below && err == nil && cert.Of(e.der()) == print {
			all = append(all, windowsKey{name, bytes.Clone(blob)})
		}
	}
	return all, nil
}

func (f *fakeRegistry) put(l location, k windowsKey) error {
	f.blobs[l.key()+`\Certificates\`+k.Name] = bytes.Clone(k.Blob)
	return nil
}

func (f *fakeRegistry) drop(l location, name string) error {
	delete(f.blobs, l.key()+`\Certificates\`+name)
	return nil
}

func (f *fakeRegistry) dump() string {
	var text strings.Builder
	names := make([]string, 0, len(f.blobs))
	for name := range f.blobs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&text, "%s %x\n", name, f.blobs[name])
	}
	return text.String()
}

func windowsMachine(admin bool) *machine.Machine {
	return &machine.Machine{GOOS: "windows", Admin: admin, Now: time.Now, People: []machine.Person{{Name: `PC\aigerim`, Home: `C:\Users\aigerim`, Self: true}}}
}

func elementOf(c cert.Certificate, more ...property) []byte {
	return append(element{{propSHA1, 1, c.SHA1[:]}}, append(more, property{propCertificate, 1, c.DER})...).bytes()
}

func at(t *testing.T, m *machine.Machine, f *fakeRegistry, l location) Store {
	t.Helper()
	for _, s := range windowsPlaces(m, f) {
		if s.Place().Path == l.key() {
			return s
		}
	}
	t.Fatalf("%s is not listed", l.key())
	return nil
}

func TestWindowsContractInMemory(t *testing.T) {
	for _, a := range []area{areaUser, areaComputer} {
		for _, name := range everyStore {
			l := location{a, name, ""}
			t.Run(l.key(), func(t *testing.T) {
				twin, planted := newAuthority(t, "Twin", 9), newAuthority(t, "Twin", 9)
				f := &fakeRegistry{blobs: map[string][]byte{l.entry(twin.SHA1): elementOf(twin.Certificate)}}
				contract(t, fixture{
					open: func() Remover { return at(t, windowsMachine(false), f, l).(Remover) },
					plant: func() {
						f.blobs[l.entry(planted.SHA1)] = elementOf(planted.Certificate, property{propFriendlyName, 1, []byte("a\x00")})
					},
					planted: planted.Certificate, twin: twin.Certificate, bytes: f.dump,
				})
			})
		}
	}
}

// TestWindowsPlaces is who may change what: the own store, that of the computer, and those that can only be looked at.
func TestWindowsPlaces(t *testing.T) {
	root := newAuthority(t, "Anywhere", 1)
	f := &fakeRegistry{blobs: map[string][]byte{}, people: []account{{"S-1-5-21-1", `PC\ersin`, true}, {"S-1-5-21-2", `PC\dana`, false}}}
	all := []location{
		{areaUser, storeRoot, ""}, {areaComputer, storeRoot, ""}, {areaComputer, storeAuthRoot, ""}, {areaUserPolicy, storeRoot, ""},
		{areaComputerPolicy, storeRoot, ""}, {areaEnterprise, storeRoot, ""}, {areaOther, storeRoot, "S-1-5-21-1"}, {areaOtherPolicy, storeRoot, "S-1-5-21-1"},
		{areaUser, storeSmartCard, ""}, {areaComputer, storeSmartCard, ""},
	}
	for _, l := range all {
		f.blobs[l.entry(root.SHA1)] = elementOf(root.Certificate)
	}
	for _, admin := range []bool{false, true} {
		var lines []string
		for _, s := range windowsPlaces(windowsMachine(admin), f) {
			entries, err := s.List(context.Background())
			for _, entry := range entries {
				_, removes := s.(Remover)
				_, limits := s.(Limiter)
				lines = append(lines, fmt.Sprintf("%s|%s|%s|needs %q managed %t vendor %t|remove %t limit %t", s.Place().Path, s.Place().Owner, s.Place().Label,
					entry.Needs, entry.Managed, entry.Vendor, removes, limits))
			}
			if err != nil {
				lines = append(lines, s.Place().Path+"|"+s.Place().Owner+"|"+string(Code(err)))
			}
		}
		want := []string{
			`HKCU\Software\Microsoft\SystemCertificates\SmartCardRoot|PC\aigerim|SmartCardRoot|needs "" managed false vendor false|remove true limit false`,
			`HKCU\Software\Microsoft\SystemCertificates\Root|PC\aigerim|Root|needs "" managed false vendor false|remove true limit true`,
			`HKCU\Software\Policies\Microsoft\SystemCertificates\Root|PC\aigerim|Root (Group Policy)|needs "" managed true vendor false|remove false limit false`,
			`HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot||AuthRoot|needs "never" managed false vendor true|remove false limit false`,
			`HKLM\SOFTWARE\Microsoft\SystemCertificates\SmartCardRoot||SmartCardRoot|needs "admin" managed false vendor false|remove true limit false`,
			`HKLM\SOFTWARE\Microsoft\SystemCertificates\Root||Root|needs "admin" managed false vendor true|remove true limit true`,
			`HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Root||Root (Group Policy)|needs "admin" managed true vendor false|remove false limit false`,
			`HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root||Root (Active Directory)|needs "admin" managed true vendor false|remove false limit false`,
		}
		if admin {
			want = append(want,
				`HKU\S-1-5-21-1\Software\Microsoft\SystemCertificates\Root|PC\ersin|Root|needs "user" managed false vendor false|remove false limit false`,
				`HKU\S-1-5-21-1\Software\Policies\Microsoft\SystemCertificates\Root|PC\ersin|Root (Group Policy)|needs "user" managed true vendor false|remove false limit false`,
				`HKU\S-1-5-21-2|PC\dana|needs-user`)
		}
		if !slices.Equal(lines, want) {
			t.Errorf("administrator %t:\n%s\nwant\n%s", admin, strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestWindowsRefusedUndo says no to the question of Windows: nothing comes back, and the reason is the person's «no».
func TestWindowsRefusedUndo(t *testing.T) {
	root := newAuthority(t, "Refused", 1)
	l := location{areaUser, storeRoot, ""}
	f := &fakeRegistry{blobs: map[string][]byte{l.entry(root.SHA1): elementOf(root.Certificate)}}
	s := at(t, windowsMachine(false), f, l).(Remover)
	saved, err := s.Save(context.Background(), evidence.Entry{Cert: root.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	f.refuse = machine.ErrRefused
	if err := s.Restore(context.Background(), saved); !errors.Is(err, machine.ErrRefused) {
		t.Errorf("%v, want ErrRefused", err)
	}
	// Windows put it back without the friendly name: that is said, not passed over.
	f.refuse, f.forget = nil, propFriendlyName
	f.blobs[l.entry(root.SHA1)] = elementOf(root.Certificate, property{propFriendlyName, 1, []byte("n")})
	if saved, err = s.Save(context.Background(), evidence.Entry{Cert: root.Certificate}); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(context.Background(), saved); !errors.Is(err, ErrChanged) {
		t.Errorf("put back without a property: %v, want ErrChanged", err)
	}
}

// TestWindowsForgedReceipt gives Restore records that are not what they say: a receipt is a file, and must not become a way to plant a root.
func TestWindowsForgedReceipt(t *testing.T) {
	root, other := newAuthority(t, "Honest", 1), newAuthority(t, "Forged", 1)
	l := location{areaComputer, storeRoot, ""}
	f := &fakeRegistry{blobs: map[string][]byte{l.entry(root.SHA1): elementOf(root.Certificate)}}
	s := at(t, windowsMachine(true), f, l).(Remover)
	saved, err := s.Save(context.Background(), evidence.Entry{Cert: root.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	forged, err := pack(s.Place(), root.Certificate, windowsRecord{Blob: elementOf(other.Certificate)})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, verb, junk := saved, saved, saved
	elsewhere.Place.Path = location{areaUser, storeRoot, ""}.key()
	verb.Verb = "something"
	junk.Data = []byte(`{"blob":"AAAA"}`)
	for name, bad := range map[string]Saved{"another certificate": forged, "another place": elsewhere, "unknown verb": verb, "junk": junk} {
		if err := s.Restore(context.Background(), bad); err == nil {
			t.Errorf("%s: restored", name)
		}
		if len(f.blobs) != 0 {
			t.Fatalf("%s: something was written", name)
		}
	}
}

// TestWindowsLimit forbids a root for web sites and keeps it for the rest, with the purposes that it had.
func TestWindowsLimit(t *testing.T) {
	ctx := context.Background()
	client := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	both, err := writeUsages([]asn1.ObjectIdentifier{client, purposeWeb})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cert  cert.Certificate
		props []property
		keeps []asn1.ObjectIdentifier
	}{
		"good for all":         {rootFor(t), nil, notWeb},
		"purposes of its own":  {rootFor(t, client, purposeWeb, purposeAny), nil, []asn1.ObjectIdentifier{client}},
		"purposes of a person": {rootFor(t), []property{{propUsage, 1, both}}, []asn1.ObjectIdentifier{client}},
	} {
		l := location{areaComputer, storeRoot, ""}
		f := &fakeRegistry{blobs: map[string][]byte{l.entry(test.cert.SHA1): elementOf(test.cert, test.props...)}}
		s := at(t, windowsMachine(true), f, l).(Limiter)
		before := f.dump()
		saved, err := s.SaveLimit(ctx, evidence.Entry{Cert: test.cert})
		if err != nil {
			t.Fatal(err)
		}
		if f.dump() != before {
			t.Errorf("%s: preparing changed the store", name)
		}
		saved = throughJSON(t, saved)
		for range 2 {
			if err := s.Limit(ctx, saved); err != nil {
				t.Fatal(err)
			}
		}
		entries, err := s.List(ctx)
		if err != nil || len(entries) != 1 || entries[0].Trust != evidence.Other {
			t.Errorf("%s: %+v, %v", name, entries, err)
		}
		e, _ := readElement(f.blobs[l.entry(test.cert.SHA1)])
		data, _ := e.get(propUsage)
		if got, err := readUsages(data); err != nil || !slices.EqualFunc(got, test.keeps, asn1.ObjectIdentifier.Equal) {
			t.Errorf("%s: keeps %v, want %v (%v)", name, got, test.keeps, err)
		}
		for range 2 {
			if err := s.(Remover).Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
		}
		if f.dump() != before {
			t.Errorf("%s: the limit left something behind", name)
		}
	}
}

// trustListOf is a certificate trust list as Microsoft's programme has it.
func trustListOf(t testing.TB, members ...cert.Certificate) []byte {
	t.Helper()
	explicit := casn1.Tag(0).Constructed().ContextSpecific()
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(signedData)
		b.AddASN1(explicit, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(casn1.SET, func(b *cryptobyte.Builder) {})
				b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(trustList)
					b.AddASN1(explicit, func(b *cryptobyte.Builder) {
						b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
								b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 3, 9})
							})
							b.AddASN1Int64(4711)
							b.AddASN1UTCTime(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
							b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}) })
							b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
								for i, c := range members {
									b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
										b.AddASN1OctetString(c.SHA1[:])
										b.AddASN1(casn1.SET, func(b *cryptobyte.Builder) {
											attribute := func(kind asn1.ObjectIdentifier, value []byte) {
												b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
													b.AddASN1ObjectIdentifier(kind)
													b.AddASN1(casn1.SET, func(b *cryptobyte.Builder) { b.AddASN1OctetString(value) })
												})
											}
											attribute(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 11, propFriendlyName}, []byte("n"))
											attribute(sha256Of, c.Print[:])
											if i == 1 {
												attribute(disallowAt, make([]byte, 8))
											}
										})
									})
								}
							})
						})
					})
				})
			})
		})
	})
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestWindowsVendorLists knows the roots of Microsoft's programme by its list, and those that Windows needs by name.
func TestWindowsVendorLists(t *testing.T) {
	member, withdrawn, added := newAuthority(t, "Member", 1), newAuthority(t, "Withdrawn", 1), newAuthority(t, "Added", 1)
	l := location{areaComputer, storeRoot, ""}
	f := &fakeRegistry{blobs: map[string][]byte{programmeKey + `\` + programmeValue: trustListOf(t, member.Certificate, withdrawn.Certificate)}}
	for _, c := range []authority{member, withdrawn, added} {
		f.blobs[l.entry(c.SHA1)] = elementOf(c.Certificate)
	}
	entries, err := at(t, windowsMachine(false), f, l).List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if want := entry.Cert.Print == member.Print; entry.Vendor != want {
			t.Errorf("%s: vendor %t, want %t", entry.Cert.Title(), entry.Vendor, want)
		}
	}
	if len(entries) != 3 {
		t.Errorf("%d entries", len(entries))
	}
	for print, name := range windowsRequired {
		if raw, err := hex.DecodeString(print); err != nil || len(raw) != 20 || strings.ToUpper(print) != print || name == "" {
			t.Errorf("%q %q", print, name)
		}
	}
}

func FuzzTrustList(f *testing.F) {
	f.Add(trustListOf(f, newAuthority(f, "Seed", 1).Certificate))
	f.Fuzz(func(t *testing.T, der []byte) {
		for print := range readTrustList(der) {
			if !bytes.Contains(der, print[:]) {
				t.Errorf("%s is not in the list", print)
			}
		}
	})
}

func FuzzElement(f *testing.F) {
	f.Add(elementOf(newAuthority(f, "Seed", 1).Certificate, property{propUsage, 1, []byte{0x30, 0}}, property{propDisallowedFrom, 1, make([]byte, 8)}))
	f.Add([]byte{32, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, blob []byte) {
		e, err := readElement(blob)
		if err != nil {
			return
		}
		if !bytes.Equal(e.bytes(), blob) {
			t.Error("taken apart and put together, it is not the same")
		}
		if !e.same(e) || len(e.der()) == 0 {
			t.Error("not the same as itself")
		}
		c := cert.Read(e.der())
		for _, name := range append([]string{storeAuthRoot}, everyStore...) {
			if windowsTrust(name, e, c, time.Unix(0, 0)) == "" {
				t.Errorf("%s: no trust", name)
			}
		}
		if limited := e.with(propUsage, []byte{0x30, 0}); windowsTrust(storeRoot, limited, c, time.Unix(0, 0)).Vouches() {
			t.Error("vouches without any purpose")
		}
	})
}

func trustIn(t *testing.T, s Store, print cert.Print) evidence.Trust {
	t.Helper()
	entries, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Cert.Print == print {
			return entry.Trust
		}
	}
	return "not there"
}
