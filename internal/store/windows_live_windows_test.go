package store

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// These tests put roots into the stores of the Windows they run on. They do so only where somebody said that it will be thrown away: a Wine prefix made
// for them (see TestWine) or a machine of continuous integration.
func throwAway(t *testing.T) *machine.Machine {
	t.Helper()
	if os.Getenv("QULYP_THROW_AWAY") != "1" {
		t.Skip("QULYP_THROW_AWAY is not 1: this Windows is somebody's, and no root is put into it")
	}
	m := machine.Local()
	if _, ok := m.Self(); !ok {
		t.Fatal("no account")
	}
	return m
}

// underWine tells whether this is Wine, which has no question for roots of a person and does not know all areas.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// writeBlob puts an element where Windows keeps it, as interception software that avoids all questions does: by the registry alone.
func writeBlob(t *testing.T, at location, blob []byte) {
	t.Helper()
	e, err := readElement(blob)
	if err != nil {
		t.Fatal(err)
	}
	hive, path, _ := strings.Cut(at.entry(cert.Read(e.der()).SHA1), `\`)
	root := map[string]registry.Key{"HKCU": registry.CURRENT_USER, "HKLM": registry.LOCAL_MACHINE, "HKU": registry.USERS}[hive]
	key, _, err := registry.CreateKey(root, path, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	if err := key.SetBinaryValue("Blob", blob); err != nil {
		t.Fatal(err)
	}
}

// dressed is an element with all that a person or a policy may have given a certificate: a friendly name, a description, purposes, and on a real Windows a
// property that nobody but its maker knows (Wine passes over certificates that have one).
func dressed(c cert.Certificate, purposes []byte) []byte {
	e := element{
		{propSHA1, 1, c.SHA1[:]},
		{propFriendlyName, 1, utf16le("Сенім сертификаты №1")},
		{13, 1, utf16le("made by an installer")}, // CERT_DESCRIPTION_PROP_ID
		{21, 1, utf16le("enrolled")},             // CERT_AUTO_ENROLL_PROP_ID
	}
	if !underWine() {
		e = append(e, property{0x8123, 1, []byte("left by another program")}) // CERT_FIRST_USER_PROP_ID and above
	}
	if purposes != nil {
		e = append(e, property{propUsage, 1, purposes})
	}
	return append(e, property{propCertificate, 1, c.DER}).bytes()
}

func utf16le(text string) []byte {
	units, _ := windows.UTF16FromString(text)
	return bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&units[0])), 2*len(units)))
}

// dump is every key below a store with every value: what must be the same afterwards, byte for byte.
func dumpStore(t *testing.T, at location) string {
	t.Helper()
	var text strings.Builder
	key, err := openKey(at.key()+`\Certificates`, registry.ENUMERATE_SUB_KEYS)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		blob, err := crypto32{}.binary(at.key()+`\Certificates\`+name, blobValue)
		if err != nil {
			t.Fatal(err)
		}
		e, err := readElement(blob)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fmt.Fprintf(&text, "%s %s\n", name, cert.Of(e.der()))
		for _, p := range e {
			if p.ID != propCertificate && !slices.Contains(derived, p.ID) {
				fmt.Fprintf(&text, "  %d %s\n", p.ID, hex.EncodeToString(p.Data))
			}
		}
	}
	return text.String()
}

// place finds a store in the list that the program itself uses.
func place(t *testing.T, m *machine.Machine, at location) Store {
	t.Helper()
	for _, s := range windowsStores(m) {
		if s.Place().Path == at.key() {
			return s
		}
	}
	t.Fatalf("%s is not in the list of places", at.key())
	return nil
}

// quiet is a store of roots of a person that puts them back without the question of Windows, which nobody answers in continuous integration.
type quiet struct{ crypto32 }

func (q quiet) add(l location, blob []byte) error {
	l.flag |= windows.CERT_SYSTEM_STORE_UNPROTECTED_FLAG
	return q.crypto32.add(l, blob)
}

func own(t *testing.T, m *machine.Machine, at location) Remover {
	t.Helper()
	r, ok := place(t, m, at).(Remover)
	if !ok {
		t.Fatalf("%s: nothing can be removed there", at.key())
	}
	if roots, ok := r.(windowsRoots); ok && at.flag == areaUser.flag && !underWine() {
		roots.write = quiet{roots.write.(crypto32)}
		return roots
	}
	return r
}

// writableAreas are those whose contents are a person's or administrator's own. Those of the computer are left out on a real Windows, unless asked for.
func writableAreas() []area {
	if underWine() || os.Getenv("QULYP_THROW_AWAY_COMPUTER") == "1" {
		return []area{areaUser, areaComputer}
	}
	return []area{areaUser}
}

// TestWindowsContract holds each writable place to the contract, with the purposes that change what Windows does with a certificate.
func TestWindowsContract(t *testing.T) {
	m := throwAway(t)
	noWeb, err := writeUsages(notWeb)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range writableAreas() {
		for _, name := range withCards {
			at := location{a, name, ""}
			cases := map[string]struct {
				purposes []byte
				trust    map[string]evidence.Trust
			}{
				"all purposes":   {nil, map[string]evidence.Trust{storeRoot: evidence.Web, storeSmartCard: evidence.Web}},
				"no purpose":     {[]byte{0x30, 0}, map[string]evidence.Trust{storeRoot: evidence.Disabled, storeSmartCard: evidence.Disabled, storeCA: evidence.Disabled, storeTrustedPeople: evidence.Disabled}},
				"other purposes": {noWeb, nil},
			}
			for label, test := range cases {
				if a.flag == areaComputer.flag && test.purposes != nil {
					continue // the same again, and slow: Wine writes all 149 roots of the system anew at each change
				}
				t.Run(at.key()+" "+label, func(t *testing.T) {
					twin, planted := newAuthority(t, "Information Security Certification Authority", 77), newAuthority(t, "Information Security Certification Authority", 77)
					writeBlob(t, at, dressed(twin.Certificate, nil))
					t.Cleanup(func() { crypto32s(t).delete(at, twin.Print, windows.CERT_SYSTEM_STORE_UNPROTECTED_FLAG) })
					t.Cleanup(func() { crypto32s(t).delete(at, planted.Print, windows.CERT_SYSTEM_STORE_UNPROTECTED_FLAG) })
					trust := test.trust[name]
					if trust == "" {
						trust = evidence.Other
					}
					if name == storeDisallowed {
						trust = evidence.Distrusted
					}
					contract(t, fixture{
						open:    func() Remover { return own(t, m, at) },
						plant:   func() { writeBlob(t, at, dressed(planted.Certificate, test.purposes)) },
						planted: planted.Certificate,
						twin:    twin.Certificate,
						trust:   trust,
						bytes:   func() string { return dumpStore(t, at) },
					})
				})
			}
		}
	}
}

func crypto32s(t *testing.T) crypto32 {
	t.Helper()
	c, ok := thisRegistry().(crypto32)
	if !ok {
		t.Fatal("this is no Windows")
	}
	return c
}

// TestWindowsQaznet takes the real root of 2019 out of the places it was told to be put into, and puts it back with every byte of what stood there.
func TestWindowsQaznet(t *testing.T) {
	m := throwAway(t)
	root := needShared(t, "kz-qaznet-2016-00309c73.pem")
	for _, a := range writableAreas() {
		at := location{a, storeRoot, ""}
		t.Run(at.hive, func(t *testing.T) {
			ctx := context.Background()
			blob := dressed(root, nil)
			writeBlob(t, at, blob)
			t.Cleanup(func() { crypto32s(t).delete(at, root.Print, windows.CERT_SYSTEM_STORE_UNPROTECTED_FLAG) })

			var found []string
			for _, s := range windowsStores(m) {
				entries, err := s.List(ctx)
				if err != nil {
					t.Errorf("list %s: %v", s.Place().Path, err)
				}
				for _, entry := range entries {
					if entry.Cert.Print == root.Print {
						found = append(found, s.Place().Path)
						if entry.Trust != evidence.Web || entry.Needs != a.needs || entry.Managed || entry.Vendor {
							t.Errorf("%s: %+v", s.Place().Path, entry)
						}
					}
				}
			}
			if !slices.Equal(found, []string{at.key()}) {
				t.Fatalf("found in %q, planted in %q", found, at.key())
			}

			saved, err := own(t, m, at).Save(ctx, evidence.Entry{Cert: root})
			if err != nil {
				t.Fatal(err)
			}
			saved = throughJSON(t, saved)
			if err := own(t, m, at).Remove(ctx, saved); err != nil {
				t.Fatal(err)
			}
			if _, err := openKey(at.entry(root.SHA1), registry.QUERY_VALUE); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("the key is still in the registry: %v", err)
			}
			if err := own(t, m, at).Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
			back, err := crypto32{}.binary(at.entry(root.SHA1), blobValue)
			if err != nil {
				t.Fatal(err)
			}
			if !sameBytes(t, back, blob) {
				t.Errorf("came back as\n%x\nwas\n%x", back, blob)
			}
		})
	}
}

// sameBytes tells whether two values have the same properties with the same bytes. Windows may keep them in another order and add hashes.
func sameBytes(t *testing.T, a, b []byte) bool {
	t.Helper()
	if bytes.Equal(a, b) {
		return true
	}
	left, err := readElement(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := readElement(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the same but for the order: %v, %v", ids(left), ids(right))
	for _, p := range right {
		if data, ok := left.get(p.ID); !ok || !bytes.Equal(data, p.Data) {
			t.Errorf("property %d was %x and is %x", p.ID, p.Data, data)
		}
	}
	return left.same(right)
}

func ids(e element) (all []uint32) {
	for _, p := range e {
		all = append(all, p.ID)
	}
	return all
}

// chainStatus is what Windows' own verifier says of a server certificate: CERT_TRUST_* of wincrypt.h.
func chainStatus(t *testing.T, leaf []byte) uint32 {
	t.Helper()
	context, err := windows.CertCreateCertificateContext(encoding, &leaf[0], uint32(len(leaf)))
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CertFreeCertificateContext(context)
	web, err := windows.BytePtrFromString("1.3.6.1.5.5.7.3.1")
	if err != nil {
		t.Fatal(err)
	}
	para := windows.CertChainPara{RequestedUsage: windows.CertUsageMatch{Usage: windows.CertEnhKeyUsage{Length: 1, UsageIdentifiers: &web}}}
	para.Size = uint32(unsafe.Sizeof(para))
	// An engine of its own for each look: the common one remembers what the stores held.
	dll := windows.NewLazySystemDLL("crypt32.dll")
	config := struct { // CERT_CHAIN_ENGINE_CONFIG of wincrypt.h, up to what Windows XP has
		size                                             uint32
		restrictedRoot, restrictedTrust, restrictedOther windows.Handle
		additional                                       uint32
		stores                                           uintptr
		flags, timeout, cached, modulus                  uint32
	}{}
	config.size = uint32(unsafe.Sizeof(config))
	var engine windows.Handle
	if ok, _, err := dll.NewProc("CertCreateCertificateChainEngine").Call(uintptr(unsafe.Pointer(&config)), uintptr(unsafe.Pointer(&engine))); ok == 0 {
		t.Fatal(err)
	}
	defer dll.NewProc("CertFreeCertificateChainEngine").Call(uintptr(engine))
	var chain *windows.CertChainContext
	if err := windows.CertGetCertificateChain(engine, context, nil, 0, &para, 0, 0, &chain); err != nil {
		t.Fatal(err)
	}
	defer windows.CertFreeCertificateChain(chain)
	return chain.TrustStatus.ErrorStatus
}

// site is a server certificate signed by the authority.
func site(t *testing.T, by authority) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "mail.ru"}, DNSNames: []string{"mail.ru"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key, err := ecdsa.GenerateKey(by.key.Curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.parsed, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestWindowsWitness asks Windows' own verifier before and after: a site forged under the root is accepted while the root is in, and refused as soon as it
// is out.
func TestWindowsWitness(t *testing.T) {
	m := throwAway(t)
	const partial, untrusted = windows.CERT_TRUST_IS_PARTIAL_CHAIN, windows.CERT_TRUST_IS_UNTRUSTED_ROOT
	for _, a := range writableAreas() {
		at := location{a, storeRoot, ""}
		t.Run(at.hive, func(t *testing.T) {
			ctx := context.Background()
			root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
			t.Cleanup(func() { crypto32s(t).delete(at, root.Print, windows.CERT_SYSTEM_STORE_UNPROTECTED_FLAG) })
			leaf := site(t, root)
			refused := func(when string) {
				t.Helper()
				if got := chainStatus(t, leaf); got&(partial|untrusted) == 0 {
					t.Fatalf("%s: the verifier accepts the forged site: %#x", when, got)
				}
			}
			accepted := func(when string) {
				t.Helper()
				if got := chainStatus(t, leaf) &^ (windows.CERT_TRUST_REVOCATION_STATUS_UNKNOWN | windows.CERT_TRUST_IS_OFFLINE_REVOCATION); got != 0 {
					t.Fatalf("%s: the verifier does not accept the forged site: %#x", when, got)
				}
			}
			refused("before planting")
			writeBlob(t, at, dressed(root.Certificate, nil))
			accepted("planted")
			saved, err := own(t, m, at).Save(ctx, evidence.Entry{Cert: root.Certificate})
			if err != nil {
				t.Fatal(err)
			}
			if err := own(t, m, at).Remove(ctx, saved); err != nil {
				t.Fatal(err)
			}
			refused("removed")
			if err := own(t, m, at).Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
			accepted("restored")

			limited, err := own(t, m, at).(Limiter).SaveLimit(ctx, evidence.Entry{Cert: root.Certificate})
			if err != nil {
				t.Fatal(err)
			}
			before := dumpStore(t, at)
			if err := own(t, m, at).(Limiter).Limit(ctx, throughJSON(t, limited)); err != nil {
				t.Fatal(err)
			}
			if got := trustIn(t, own(t, m, at), root.Print); got != evidence.Other {
				t.Errorf("limited: trust %q", got)
			}
			if underWine() {
				t.Logf("the verifier of Wine says %#x of a limited root", chainStatus(t, leaf))
			} else if got := chainStatus(t, leaf); got&windows.CERT_TRUST_IS_NOT_VALID_FOR_USAGE == 0 {
				t.Errorf("limited: the verifier accepts the forged site: %#x", got)
			}
			if err := own(t, m, at).Restore(ctx, throughJSON(t, limited)); err != nil {
				t.Fatal(err)
			}
			if got := trustIn(t, own(t, m, at), root.Print); got != evidence.Web {
				t.Errorf("limit taken off: trust %q", got)
			}
			if after := dumpStore(t, at); after != before {
				t.Errorf("the limit left something behind:\n%s\nwas\n%s", clip(after), clip(before))
			}
		})
	}
}

// TestWindowsDistrust refuses a root and withdraws the refusal.
func TestWindowsDistrust(t *testing.T) {
	m := throwAway(t)
	at := location{areaUser, storeDisallowed, ""}
	ctx := context.Background()
	root := newAuthority(t, "Information Security Certification Authority", 5)
	t.Cleanup(func() { crypto32s(t).delete(at, root.Print, 0) })
	before := dumpStore(t, at)
	d, ok := place(t, m, at).(Distruster)
	if !ok {
		t.Fatalf("%s: nothing can be refused there", at.key())
	}
	saved, err := d.SaveDistrust(ctx, root.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if got := dumpStore(t, at); got != before {
		t.Error("preparing the refusal changed the store")
	}
	saved = throughJSON(t, saved)
	for range 2 {
		if err := d.Distrust(ctx, saved); err != nil {
			t.Fatal(err)
		}
	}
	if got := trustIn(t, place(t, m, at), root.Print); got != evidence.Distrusted {
		t.Errorf("refused: trust %q", got)
	}
	if !underWine() { // its verifier knows no refusals
		const explicit = windows.CERT_TRUST_IS_EXPLICIT_DISTRUST
		if got := chainStatus(t, root.DER); got&explicit == 0 {
			t.Errorf("the verifier does not refuse it: %#x", got)
		}
	}
	for range 2 {
		if err := place(t, m, at).(Remover).Restore(ctx, saved); err != nil {
			t.Fatal(err)
		}
	}
	if got := dumpStore(t, at); got != before {
		t.Errorf("the refusal left something behind:\n%s\nwas\n%s", got, before)
	}
}

// TestWindowsManaged finds what policies put there, says so, and has no way of removing it.
func TestWindowsManaged(t *testing.T) {
	m := throwAway(t)
	if !underWine() {
		t.Skip("writes policies: only in Wine")
	}
	root := newAuthority(t, "Information Security Certification Authority", 6)
	for _, a := range []area{areaUserPolicy, areaComputerPolicy, areaEnterprise} {
		for _, s := range windowsStores(m) {
			if strings.Contains(s.Place().Path, a.hive+`\`+a.path) && !crypto32s(t).exists(s.Place().Path) {
				t.Errorf("%s is listed, and is not there", s.Place().Path)
			}
		}
		at := location{a, storeRoot, ""}
		writeBlob(t, at, dressed(root.Certificate, nil))
		t.Cleanup(func() {
			registry.DeleteKey(map[string]registry.Key{"HKCU": registry.CURRENT_USER, "HKLM": registry.LOCAL_MACHINE}[a.hive], strings.SplitN(at.entry(root.SHA1), `\`, 2)[1])
		})
		s := place(t, m, at)
		if _, ok := s.(Remover); ok {
			t.Errorf("%s can be removed from", at.key())
		}
		entries, err := s.List(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 || entries[0].Cert.Print != root.Print || !entries[0].Managed || entries[0].Trust != evidence.Web || entries[0].Needs != a.needs {
			t.Errorf("%s: %+v", at.key(), entries)
		}
	}
}

// TestWindowsPolicyIgnoresUserRoots knows the policy by which Windows passes over the roots of a person, and does not take browsers to go by it.
func TestWindowsPolicyIgnoresUserRoots(t *testing.T) {
	m := throwAway(t)
	if !underWine() {
		t.Skip("writes policies: only in Wine")
	}
	root := newAuthority(t, "Information Security Certification Authority", 7)
	at := location{areaUser, storeRoot, ""}
	writeBlob(t, at, dressed(root.Certificate, nil))
	t.Cleanup(func() { crypto32s(t).delete(at, root.Print, 0) })
	path := strings.TrimPrefix(protectedRoots, `HKLM\`)
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, path, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { registry.DeleteKey(registry.LOCAL_MACHINE, path) })
	defer key.Close()
	for _, test := range []struct {
		flags uint32
		want  evidence.Trust
	}{{0, evidence.Web}, {ignoreUserRoots, evidence.Unknown}, {2, evidence.Web}} {
		if err := key.SetDWordValue("Flags", test.flags); err != nil {
			t.Fatal(err)
		}
		if got := trustIn(t, place(t, m, at), root.Print); got != test.want {
			t.Errorf("flags %d: trust %q, want %q", test.flags, got, test.want)
		}
	}
}

// TestWindowsOthers finds the roots of another account that is signed in, and names one that is not.
func TestWindowsOthers(t *testing.T) {
	m := throwAway(t)
	if !underWine() {
		t.Skip("writes into the hives of others: only in Wine")
	}
	const in, out = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"
	root := newAuthority(t, "Information Security Certification Authority", 8)
	at := location{areaOther, storeRoot, in}
	writeBlob(t, at, dressed(root.Certificate, nil))
	profile := strings.TrimPrefix(profileList, `HKLM\`) + `\` + out
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, profile, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	key.Close()
	t.Cleanup(func() { registry.DeleteKey(registry.LOCAL_MACHINE, profile) })

	m.Admin = true
	s := place(t, m, at)
	if _, ok := s.(Remover); ok {
		t.Error("what belongs to another account can be removed")
	}
	entries, err := s.List(context.Background())
	if err != nil || len(entries) != 1 || entries[0].Cert.Print != root.Print || entries[0].Needs != evidence.OtherUser {
		t.Errorf("%+v, %v", entries, err)
	}
	said := false
	for _, s := range windowsStores(m) {
		if strings.HasSuffix(s.Place().Path, out) {
			_, err := s.List(context.Background())
			said = Code(err) == evidence.NeedsUser
		}
	}
	if !said {
		t.Error("the account that is not signed in is passed over in silence")
	}
	m.Admin = false
	for _, s := range windowsStores(m) {
		if strings.HasPrefix(s.Place().Path, "HKU") {
			t.Errorf("without an administrator's rights: %s", s.Place().Path)
		}
	}
}

// TestWindowsVendor tells roots of Microsoft's programme from those that somebody added, and never offers to touch the former where Windows keeps them.
func TestWindowsVendor(t *testing.T) {
	m := throwAway(t)
	if !underWine() {
		t.Skip("writes into AuthRoot: only in Wine")
	}
	known, added := newAuthority(t, "Some Public Root", 9), newAuthority(t, "Some Public Root", 9)
	auth, roots := location{areaComputer, storeAuthRoot, ""}, location{areaComputer, storeRoot, ""}
	writeBlob(t, auth, dressed(known.Certificate, nil))
	writeBlob(t, roots, dressed(known.Certificate, nil))
	writeBlob(t, roots, dressed(added.Certificate, nil))
	t.Cleanup(func() {
		crypto32s(t).delete(auth, known.Print, 0)
		crypto32s(t).delete(roots, known.Print, 0)
		crypto32s(t).delete(roots, added.Print, 0)
	})
	if _, ok := place(t, m, auth).(Remover); ok {
		t.Error("AuthRoot can be removed from")
	}
	for _, at := range []location{auth, roots} {
		entries, err := place(t, m, at).List(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.Cert.Print == known.Print && (!entry.Vendor || (entry.Needs == evidence.Never) != (at.store == storeAuthRoot)) {
				t.Errorf("%s: %+v", at.key(), entry)
			}
			if entry.Cert.Print == added.Print && entry.Vendor {
				t.Errorf("%s: what somebody added is said to come with Windows", at.key())
			}
		}
	}
}

// TestWindowsChanged leaves alone what became different after it was saved.
func TestWindowsChanged(t *testing.T) {
	m := throwAway(t)
	ctx := context.Background()
	root := newAuthority(t, "Information Security Certification Authority", 10)
	at := location{areaUser, storeCA, ""}
	writeBlob(t, at, dressed(root.Certificate, nil))
	t.Cleanup(func() { crypto32s(t).delete(at, root.Print, 0) })
	saved, err := own(t, m, at).Save(ctx, evidence.Entry{Cert: root.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	writeBlob(t, at, dressed(root.Certificate, []byte{0x30, 0}))
	if err := own(t, m, at).Remove(ctx, saved); !errors.Is(err, ErrChanged) {
		t.Errorf("remove: %v, want ErrChanged", err)
	}
	if err := own(t, m, at).Restore(ctx, saved); !errors.Is(err, ErrChanged) {
		t.Errorf("restore: %v, want ErrChanged", err)
	}
	if got := trustIn(t, own(t, m, at), root.Print); got != evidence.Disabled {
		t.Errorf("trust %q: it was touched", got)
	}
}

// TestWindowsOddKeys has keys that CryptoAPI would not write: one that holds nothing hides none of the others, and one under another name than the SHA-1 of its
// certificate goes with the certificate.
func TestWindowsOddKeys(t *testing.T) {
	m := throwAway(t)
	if !underWine() {
		t.Skip("writes what only an organisation or another program would: only in Wine")
	}
	ctx := context.Background()
	noWeb, err := writeUsages(notWeb)
	if err != nil {
		t.Fatal(err)
	}
	root, other := newAuthority(t, "Information Security Certification Authority", 11), newAuthority(t, "Information Security Certification Authority", 11)
	hives := map[string]registry.Key{"HKCU": registry.CURRENT_USER, "HKLM": registry.LOCAL_MACHINE}
	plant := func(at location, name string, blob []byte) {
		t.Helper()
		hive, path, _ := strings.Cut(at.key(), `\`)
		path += `\Certificates\` + name
		key, _, err := registry.CreateKey(hives[hive], path, registry.SET_VALUE)
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		t.Cleanup(func() { registry.DeleteKey(hives[hive], path) })
		if blob == nil {
			return
		}
		if err := key.SetBinaryValue(blobValue, blob); err != nil {
			t.Fatal(err)
		}
	}

	managed := location{areaEnterprise, storeRoot, ""} // Wine has no call for it: its keys are read by themselves
	plant(managed, "0 nothing", nil)
	plant(managed, fmt.Sprintf("%X", root.SHA1), dressed(root.Certificate, nil))
	if got := trustIn(t, place(t, m, managed), root.Print); got != evidence.Web {
		t.Errorf("beside a key that holds nothing: trust %q", got)
	}

	for _, at := range []location{{areaUser, storeRoot, ""}, {areaComputer, storeRoot, ""}} {
		plant(at, fmt.Sprintf("%X", root.SHA1), dressed(root.Certificate, nil))
		plant(at, fmt.Sprintf("%X", other.SHA1), dressed(other.Certificate, nil))
		plant(at, "another name", dressed(root.Certificate, noWeb))
		plant(at, "0 nothing", nil)
		plant(at, "1 empty", []byte{})
		plant(at, "2 cut short", []byte{32, 0, 0, 0, 1})
		before, err := crypto32s(t).keysOf(at, root.Print)
		if err != nil || len(before) != 2 {
			t.Fatalf("%d keys, %v", len(before), err)
		}
		s := own(t, m, at)
		saved, err := s.Save(ctx, evidence.Entry{Cert: root.Certificate})
		if err != nil {
			t.Fatal(err)
		}
		saved = throughJSON(t, saved)
		if err := s.Remove(ctx, saved); err != nil {
			t.Error(err)
		}
		left, err := crypto32s(t).keys(at)
		if err != nil {
			t.Error(err)
		}
		kept := false
		for _, blob := range left {
			e, err := readElement(blob)
			if err == nil && cert.Of(e.der()) == root.Print {
				t.Errorf("%s: a key still holds the root", at.key())
			}
			kept = kept || err == nil && cert.Of(e.der()) == other.Print
		}
		if !kept {
			t.Errorf("%s: the other root went as well", at.key())
		}
		if err := s.Restore(ctx, saved); err != nil || trustIn(t, s, root.Print) != evidence.Web {
			t.Errorf("%s: put back: %v", at.key(), err)
		}
		after, err := crypto32s(t).keysOf(at, root.Print)
		if err != nil || len(after) != 2 || strange(before, after) || strange(after, before) {
			t.Errorf("%s: keys are not as they were: %v", at.key(), err)
		}
	}
}

// TestWindowsErrors turns errors of CryptoAPI into those that the rest of the program knows.
func TestWindowsErrors(t *testing.T) {
	if err := win32(syscall.Errno(0x80070005)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("E_ACCESSDENIED: %v", err)
	}
	if err := refused(syscall.Errno(0x800704C7)); !errors.Is(err, machine.ErrRefused) {
		t.Errorf("HRESULT of ERROR_CANCELLED: %v", err)
	}
	if err := refused(windows.ERROR_CANCELLED); !errors.Is(err, machine.ErrRefused) || Code(err) != evidence.NeedsAdmin {
		t.Errorf("ERROR_CANCELLED: %v", err)
	}
	for err, want := range map[error]evidence.Code{
		windows.ERROR_DISK_FULL: evidence.DiskFull, windows.ERROR_WRITE_PROTECT: evidence.ReadOnly, windows.ERROR_SHARING_VIOLATION: evidence.Locked,
		windows.ERROR_ACCESS_DENIED: evidence.NoPermission, windows.ERROR_BAD_FORMAT: evidence.Failed,
	} {
		if got := Code(fmt.Errorf("write: %w", err)); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	if err := win32(errNotFound); !errors.Is(err, errNotFound) {
		t.Errorf("CRYPT_E_NOT_FOUND: %v", err)
	}
}
