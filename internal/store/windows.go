package store

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// # Windows
//
// Windows keeps its certificates in the registry. What its own tools show as one store («Trusted Root Certification Authorities» of a person) is several
// such places laid over one another, so a certificate that is seen there often belongs to the computer as a whole, or to a policy. This program therefore
// looks at one place at a time, as Firefox and Chrome do, and so knows who owns what it finds. See «System Store Locations» in the documentation of
// CryptoAPI.

// The names of the stores. Windows does not care about the case.
const (
	storeRoot          = "Root"
	storeCA            = "CA"            // intermediates
	storeTrustedPeople = "TrustedPeople" // single sites and people, trusted without any authority
	storeDisallowed    = "Disallowed"    // refused, whatever else says that they are trusted
	storeAuthRoot      = "AuthRoot"      // roots of Microsoft's own programme, fetched by Windows
	storeSmartCard     = "SmartCardRoot" // roots off smart cards: Windows lays them over Root (the physical store .SmartCard), the browsers that read Root alone do not
)

// area is one part of the registry that holds stores, with the flag by which CertOpenStore knows it.
type area struct {
	flag    uint32 // CERT_SYSTEM_STORE_* of wincrypt.h
	hive    string // HKCU, HKLM or HKU
	path    string // of the stores, below the hive
	note    string // tells its stores apart from those of the same name of the same owner
	needs   evidence.Right
	managed bool // a policy of an organisation puts them there, and will again
	stores  []string
}

var (
	everyStore = []string{storeRoot, storeCA, storeTrustedPeople, storeDisallowed}
	withCards  = append([]string{storeSmartCard}, everyStore...)

	areaUser     = area{0x10000, "HKCU", `Software\Microsoft\SystemCertificates`, "", evidence.Own, false, withCards}
	areaComputer = area{0x20000, "HKLM", `SOFTWARE\Microsoft\SystemCertificates`, "", evidence.Admin, false, append([]string{storeAuthRoot}, withCards...)}

	areaUserPolicy     = area{0x70000, "HKCU", `Software\Policies\Microsoft\SystemCertificates`, "Group Policy", evidence.Own, true, everyStore}
	areaComputerPolicy = area{0x80000, "HKLM", `SOFTWARE\Policies\Microsoft\SystemCertificates`, "Group Policy", evidence.Admin, true, everyStore}
	areaEnterprise     = area{0x90000, "HKLM", `SOFTWARE\Microsoft\EnterpriseCertificates`, "Active Directory", evidence.Admin, true, everyStore}

	// the hives of other accounts that are signed in; below HKU\SID
	areaOther       = area{0x60000, "HKU", `Software\Microsoft\SystemCertificates`, "", evidence.OtherUser, false, withCards}
	areaOtherPolicy = area{0, "HKU", `Software\Policies\Microsoft\SystemCertificates`, "Group Policy", evidence.OtherUser, true, everyStore}
)

// protectedRoots is where a policy says whose roots count: CERT_PROT_ROOT_FLAGS_REGPATH of wincrypt.h.
const (
	protectedRoots  = `HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Root\ProtectedRoots`
	ignoreUserRoots = 1 // CERT_PROT_ROOT_DISABLE_CURRENT_USER_FLAG
)

// location is one store in one area: one key of the registry.
type location struct {
	area
	store string
	sid   string // of the account, for HKU
}

// name is the name of the store for CertOpenStore.
func (l location) name() string {
	if l.sid != "" {
		return l.sid + `\` + l.store
	}
	return l.store
}

// key is the registry key of the store, from the hive on.
func (l location) key() string {
	if l.sid != "" {
		return l.hive + `\` + l.sid + `\` + l.path + `\` + l.store
	}
	return l.hive + `\` + l.path + `\` + l.store
}

// entry is the registry key of one certificate. Windows names it by the SHA-1 of the certificate: two certificates of that same SHA-1 cannot both be there.
func (l location) entry(sha1 [20]byte) string {
	return l.key() + `\Certificates\` + strings.ToUpper(hex.EncodeToString(sha1[:]))
}

// blobValue is the value of a certificate's key that holds the certificate.
const blobValue = "Blob"

// account is one account of the computer. Its hive is loaded while it is signed in.
type account struct {
	SID, Name string
	Loaded    bool
}

// windowsReader is what is asked of Windows, or of the hives on another disk. It reads; see [windowsWriter].
type windowsReader interface {
	// exists tells whether there is such a key.
	exists(key string) bool
	// elements are the certificates of the store as Windows reads them, each in its serialized form. The bytes belong to the caller. A store that is
	// not there gives fs.ErrNotExist.
	elements(l location) ([][]byte, error)
	// binary is a value of the kind BINARY; fs.ErrNotExist without such a key or value.
	binary(key, value string) ([]byte, error)
	// number is a value of the kind DWORD; zero when there is none.
	number(key, value string) uint32
	// others are the other accounts.
	others() []account
	// below are the names of the keys below a key; none without such a key.
	below(key string) []string
	// physical is elements of a physical store that is registered for the store under that name.
	physical(l location, name string) ([][]byte, error)
}

// windowsStores lists the places of Windows. Those of the own account and of the computer are always there; those of policies and smart cards when their key is.
func windowsStores(m *machine.Machine) []Store {
	if m.Offline() {
		return offlineWindows(m)
	}
	r := thisRegistry()
	if r == nil {
		return nil
	}
	return append(windowsPlaces(m, r), unreachedFolders(m)...)
}

// windowsPlaces lists the places of one registry.
func windowsPlaces(m *machine.Machine, r windowsReader) []Store {
	var all []Store
	add := func(a area, owner, sid string, always bool) {
		for _, name := range a.stores {
			at := location{a, name, sid}
			if always && name != storeSmartCard || r.exists(at.key()) {
				all = append(all, newWindowsStore(at, owner, r, m))
			}
			if !a.managed {
				all = append(all, physicalOf(windowsStore{at: at, owner: owner, reg: r, now: clock(m)})...)
			}
		}
	}
	self, own := m.Self()
	if own {
		add(areaUser, self.Name, "", true)
		add(areaUserPolicy, self.Name, "", false)
	}
	add(areaComputer, "", "", true)
	add(areaComputerPolicy, "", "", false)
	add(areaEnterprise, "", "", false)
	if own && m.Admin {
		for _, person := range r.others() {
			if !person.Loaded {
				all = append(all, signedOut{person})
				continue
			}
			add(areaOther, person.Name, person.SID, false)
			add(areaOtherPolicy, person.Name, person.SID, false)
		}
	}
	return all
}

// newWindowsStore gives the store the methods of what it can: those of an organisation and of other accounts are only read, the refusals of a person can
// be added to.
func newWindowsStore(at location, owner string, r windowsReader, m *machine.Machine) Store {
	read := windowsStore{at: at, owner: owner, reg: r, now: clock(m)}
	w, writable := r.(windowsWriter)
	switch {
	case !writable, at.managed, at.store == storeAuthRoot, at.needs == evidence.OtherUser:
		return read
	case at.store == storeDisallowed:
		return windowsRefusals{windowsOwn{read, w}}
	case at.store == storeRoot:
		return windowsRoots{windowsOwn{read, w}}
	}
	return windowsOwn{read, w}
}

// clock is the time of a computer.
func clock(m *machine.Machine) func() time.Time {
	if m.Now == nil {
		return time.Now
	}
	return m.Now
}

// windowsStore is one place that can be looked at.
type windowsStore struct {
	at    location
	owner string
	reg   windowsReader
	now   func() time.Time
}

// Place names the store and the registry key that holds it.
func (w windowsStore) Place() evidence.Place {
	label := w.at.store
	if w.at.note != "" {
		label += " (" + w.at.note + ")"
	}
	return evidence.Place{Kind: evidence.Windows, Path: w.at.key(), Owner: w.owner, Program: "Windows", Label: label}
}

// List reads the store through a fresh handle.
func (w windowsStore) List(ctx context.Context) ([]evidence.Entry, error) {
	blobs, err := w.reg.elements(w.at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	entries, bad := w.entries(ctx, blobs)
	if err != nil {
		bad = errors.Join(trouble(w.at.key(), err), bad)
	}
	return entries, bad
}

// entries makes entries of serialized elements.
func (w windowsStore) entries(ctx context.Context, blobs [][]byte) ([]evidence.Entry, error) {
	var troubles []error
	vendor := w.vendor()
	ignored := (w.at.flag == areaUser.flag || w.at.flag == areaOther.flag) && w.at.store == storeRoot &&
		w.reg.number(protectedRoots, "Flags")&ignoreUserRoots != 0
	var entries []evidence.Entry
	at := map[cert.Print]int{}
	for _, blob := range blobs {
		if err := ctx.Err(); err != nil {
			return entries, errors.Join(append(troubles, trouble(w.at.key(), err))...)
		}
		e, err := readElement(blob)
		if err != nil {
			troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: w.at.key(), Err: err})
			continue
		}
		c := cert.Read(e.der())
		entry := evidence.Entry{
			Cert: c, Trust: windowsTrust(w.at.store, e, c, w.now()), Needs: w.at.needs, Managed: w.at.managed, Vendor: vendor(c),
			Where: []string{w.at.entry(c.SHA1)},
		}
		if w.at.store == storeAuthRoot {
			entry.Needs = evidence.Never // Windows fetches them by itself; they are not this program's to touch
		}
		if ignored && entry.Trust == evidence.Web {
			entry.Trust = evidence.Unknown // Windows passes over it; browsers open this place by themselves, and nothing says that they do
		}
		if n, twice := at[c.Print]; twice { // in two keys of the registry: it may do what either says
			entries[n].Trust = strongest(entries[n].Trust, entry.Trust)
			continue
		}
		at[c.Print] = len(entries)
		entries = append(entries, entry)
	}
	return entries, errors.Join(troubles...)
}

// signedOut stands for an account whose certificates cannot be read while it is not signed in: its part of the registry is a file that only Windows may open.
type signedOut struct{ account account }

// Place names the account's part of the registry.
func (s signedOut) Place() evidence.Place {
	return evidence.Place{Kind: evidence.Windows, Path: `HKU\` + s.account.SID, Owner: s.account.Name, Program: "Windows", Label: storeRoot}
}

// List says that it could not look.
func (s signedOut) List(context.Context) ([]evidence.Entry, error) {
	return nil, evidence.Trouble{Code: evidence.NeedsUser, Path: s.Place().Path}
}

// sortAccounts puts accounts in an order that stays the same from one look to the next.
func sortAccounts(all []account) {
	slices.SortFunc(all, func(a, b account) int { return strings.Compare(a.SID, b.SID) })
}

// offlineWindows lists the places in the registry of another disk: those of the computer once, those of each person.
func offlineWindows(m *machine.Machine) []Store {
	var all []Store
	read := &hiveFiles{machine: m, known: map[string]*knownHive{}}
	add := func(a area, owner, file string, files map[string]string) {
		r := diskRegistry{files, read}
		for _, name := range a.stores {
			at := location{a, name, ""}
			at.needs = evidence.Never
			if (a.managed || name == storeSmartCard) && !r.exists(at.key()) {
				continue
			}
			store := windowsStore{at: at, owner: owner, reg: r, now: clock(m)}
			all = append(all, diskStore{store, file})
			for _, s := range physicalOf(store) {
				place := s.Place()
				_, below, _ := strings.Cut(place.Path, `\`)
				place.Path = file + `\` + below
				all = append(all, unseen{place, evidence.Trouble{Code: evidence.Failed, Path: place.Path, Err: errPhysical}})
			}
		}
	}
	software := map[string]string{`HKLM\SOFTWARE`: softwareHive}
	if m.Exists(softwareHive) {
		for _, a := range []area{areaComputer, areaComputerPolicy, areaEnterprise} {
			add(a, "", softwareHive, software)
		}
	}
	for _, person := range m.People {
		file := person.Home + "/NTUSER.DAT"
		if !m.Exists(file) {
			continue
		}
		files := map[string]string{`HKCU`: file, `HKLM\SOFTWARE`: softwareHive}
		for _, a := range []area{areaUser, areaUserPolicy} {
			add(a, person.Name, file, files)
		}
	}
	return all
}
