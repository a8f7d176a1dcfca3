package shield

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// askFirefox asks the browser of one profile. A folder that is no profile (a database that several programs share) has no answer.
func askFirefox(m *machine.Machine, place evidence.Place, certs []cert.Certificate, installs map[string]*list) []evidence.Shield {
	profile := slashed(m, place.Path)
	own := readProfile(m, profile)
	var shields []evidence.Shield
	var brought *list
	for _, c := range certs {
		if one, ok := answer(place, c, []string{oneCRL}, []*list{own}); ok && one.Does == evidence.ShieldBlocked {
			shields = append(shields, one)
			continue
		}
		if brought == nil { // large, and most often not needed
			brought = readInstall(m, profile, installs)
		}
		if one, ok := answer(place, c, []string{oneCRL, oneCRL}, []*list{own, brought}); ok {
			shields = append(shields, one)
		}
	}
	return shields
}

// readProfile reads the copy of OneCRL by which the browser of this profile refuses certificates.
func readProfile(m *machine.Machine, profile string) *list {
	l := &list{file: profile + "/security_state/data.safe.bin"}
	data, err := m.Read(l.file, maxList)
	if err != nil {
		l.err, l.none = err, absent(err)
		return l
	}
	enforced := map[string]bool{}
	l.err = walkState(data, func(key, value []byte) {
		// A value is the mark of a 64-bit number and the number; 1 is STATE_ENFORCE of nsICertStorage.idl.
		if len(value) == 9 && value[0] == 3 && binary.LittleEndian.Uint64(value[1:]) == 1 {
			enforced[string(key)] = true
		}
	})
	l.has = func(c cert.Certificate) evidence.Stance {
		for _, key := range stateKeys(c) {
			if enforced[key] {
				return evidence.ShieldBlocked
			}
		}
		return ""
	}
	return l
}

// stateKeys are the keys under which a certificate is refused: by issuer and serial number, and by subject and public key. See make_key! in
// security/manager/ssl/cert_storage/src/lib.rs of Firefox.
func stateKeys(c cert.Certificate) []string {
	var keys []string
	if serial := content(c.Serial); len(c.Issuer.Raw) > 0 && len(serial) > 0 {
		keys = append(keys, "is"+string(c.Issuer.Raw)+string(serial))
	}
	if len(c.Subject.Raw) > 0 && !c.Key.IsZero() {
		keys = append(keys, "spk"+string(c.Subject.Raw)+string(c.Key[:]))
	}
	return keys
}

// content is what an ASN.1 INTEGER holds, without tag and length.
func content(integer []byte) []byte {
	input := cryptobyte.String(integer)
	var value cryptobyte.String
	if !input.ReadASN1(&value, asn1.INTEGER) {
		return nil
	}
	return value
}

// walkState reads the file in which Firefox keeps its certificate states: an environment of rkv in its «safe mode», written by bincode. Numbers are
// little-endian and of fixed size, a text or sequence has its length (64 bits) before it:
//
//	databases, each: 1 and a name, or 0 for the one without name; flags (32 bits); entries, each: key; values, with their number in databases that allow many
//
// The layout was read from the file that Firefox 153 writes. What comes after the database «cert_storage» is not looked at.
func walkState(data []byte, each func(key, value []byte)) error {
	r := reader{data: data}
	databases := r.length(1)
	for range databases {
		name := []byte(nil)
		switch r.byte() {
		case 0:
		case 1:
			name = r.bytes()
		default:
			r.bad = true
		}
		r.take(4)
		entries := r.length(16)
		if r.bad {
			break
		}
		wanted := bytes.Equal(name, []byte("cert_storage"))
		for range entries {
			key, value := r.bytes(), r.bytes()
			if r.bad {
				return fmt.Errorf("read certificate states: %w", errDamaged)
			}
			if wanted {
				each(key, value)
			}
		}
		if wanted {
			return nil
		}
	}
	if r.bad {
		return fmt.Errorf("read certificate states: %w", errDamaged)
	}
	return nil
}

// reader takes values off the front of data; after the first that is not there it is bad and gives zeros.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.data)) {
		r.bad = true
		return nil
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0xff
}

// length is a number of things that take at least so many bytes each.
func (r *reader) length(least uint64) uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(r.data))/least+1 {
		r.bad = true
		return 0
	}
	return n
}

func (r *reader) bytes() []byte { return r.take(r.length(1)) }

// readInstall reads the OneCRL that the installation of the profile's browser brings along. Each installation is read once.
func readInstall(m *machine.Machine, profile string, known map[string]*list) *list {
	dir := installOf(m, profile)
	if dir == "" {
		return &list{none: true}
	}
	if l := known[dir]; l != nil {
		return l
	}
	l := &list{file: dir + "/browser/omni.ja"}
	known[dir] = l
	file, size, err := open(m, l.file)
	if err != nil {
		l.err, l.none = err, absent(err)
		return l
	}
	defer file.Close()
	text, found, err := jarEntry(file, size, "defaults/settings/security-state/onecrl.json", maxList)
	if err != nil || !found {
		l.err, l.none = err, err == nil
		return l
	}
	var records map[string]bool
	records, l.err = readDump(text)
	l.has = func(c cert.Certificate) evidence.Stance {
		for _, key := range stateKeys(c) {
			if records[key] {
				return evidence.ShieldKnown
			}
		}
		return ""
	}
	return l
}

// readDump reads the records of the list as it is published, into the keys of a profile's copy. Firefox takes over every record, whatever its «enabled»
// says (RemoteSecuritySettings.sys.mjs).
func readDump(text []byte) (map[string]bool, error) {
	var dump struct {
		Data []struct {
			Issuer  string `json:"issuerName"`
			Serial  string `json:"serialNumber"`
			Subject string `json:"subject"`
			Key     string `json:"pubKeyHash"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &dump); err != nil {
		return nil, fmt.Errorf("read list of the installation: %w: %w", errDamaged, err)
	}
	records := make(map[string]bool, len(dump.Data))
	add := func(prefix, name, rest string, length int) {
		a, err1 := base64.StdEncoding.DecodeString(name)
		b, err2 := base64.StdEncoding.DecodeString(rest)
		if err1 == nil && err2 == nil && len(a) > 0 && len(b) > 0 && (length == 0 || len(b) == length) {
			records[prefix+string(a)+string(b)] = true
		}
	}
	for _, one := range dump.Data {
		add("is", one.Issuer, one.Serial, 0)
		add("spk", one.Subject, one.Key, sha256.Size)
	}
	return records, nil
}

// installOf is the folder of the installation that used the profile last, by the profile's own note; empty when there is none.
func installOf(m *machine.Machine, profile string) string {
	text, err := m.Read(profile+"/compatibility.ini", 64<<10)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "LastPlatformDir="); ok && dir != "" {
			dir = slashed(m, dir)
			if strings.HasSuffix(dir, "/Contents/MacOS") { // macOS keeps what is not code beside it
				dir = strings.TrimSuffix(dir, "MacOS") + "Resources"
			}
			return dir
		}
	}
	return ""
}
