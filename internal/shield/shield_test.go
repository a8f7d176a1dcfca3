package shield

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// root makes a certificate of a name; two of the same name have different keys and serial numbers.
func root(t testing.TB, name string) cert.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Country: []string{"KZ"}}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return cert.Read(der)
}

// state writes the file of Firefox as rkv does.
func state(entries map[string]uint64) []byte {
	var out bytes.Buffer
	number := func(n int) { binary.Write(&out, binary.LittleEndian, uint64(n)) }
	text := func(b string) { number(len(b)); out.WriteString(b) }
	number(1)
	out.WriteByte(1)
	text("cert_storage")
	out.Write([]byte{0, 0, 0, 0})
	number(len(entries))
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range entries {
			if !yield(key) {
				return
			}
		}
	}) {
		text(key)
		text(string(binary.LittleEndian.AppendUint64([]byte{3}, entries[key])))
	}
	return out.Bytes()
}

// dump writes the list as an installation has it.
func dump(t testing.TB, certs ...cert.Certificate) []byte {
	var list struct {
		Data []map[string]any `json:"data"`
	}
	for i, c := range certs {
		one := map[string]any{"enabled": false, "issuerName": base64.StdEncoding.EncodeToString(c.Issuer.Raw), "serialNumber": base64.StdEncoding.EncodeToString(content(c.Serial))}
		if i%2 == 1 {
			one = map[string]any{"subject": base64.StdEncoding.EncodeToString(c.Subject.Raw), "pubKeyHash": base64.StdEncoding.EncodeToString(c.Key[:])}
		}
		list.Data = append(list.Data, one)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// jar writes an archive of one entry beside another. In the odd layout the directory stands at the beginning, behind four bytes.
func jar(name string, data []byte, packed, odd bool) []byte {
	type file struct {
		name        string
		plain, body []byte
		method      uint16
		at          int
	}
	files := []*file{{name: "chrome.manifest", plain: []byte("x"), body: []byte("x")}, {name: name, plain: data, body: data}}
	if packed {
		var small bytes.Buffer
		w, _ := flate.NewWriter(&small, 9)
		w.Write(data)
		w.Close()
		files[1].body, files[1].method = small.Bytes(), 8
	}
	le := binary.LittleEndian
	directory := func() []byte {
		var out []byte
		for _, f := range files {
			h := le.AppendUint32(nil, centralMark)
			h = append(h, 20, 3, 10, 0, 0, 0)
			h = le.AppendUint16(h, f.method)
			h = append(h, 0, 0, 0, 0)
			h = le.AppendUint32(h, crc32.ChecksumIEEE(f.plain))
			h = le.AppendUint32(h, uint32(len(f.body)))
			h = le.AppendUint32(h, uint32(len(f.plain)))
			h = le.AppendUint16(h, uint16(len(f.name)))
			h = append(h, make([]byte, 12)...)
			h = le.AppendUint32(h, uint32(f.at))
			out = append(append(out, h...), f.name...)
		}
		return out
	}
	end := func(length, at int) []byte {
		e := le.AppendUint32(nil, endMark)
		e = append(e, make([]byte, 8)...)
		e = le.AppendUint32(e, uint32(length))
		e = le.AppendUint32(e, uint32(at))
		return append(e, 0, 0)
	}
	var out []byte
	if odd {
		out = make([]byte, 4+len(directory())+endSize)
	}
	for _, f := range files {
		f.at = len(out)
		out = le.AppendUint32(out, localMark)
		out = append(out, 10, 0, 0, 0)
		out = le.AppendUint16(out, f.method)
		out = append(out, make([]byte, 16)...)
		out = le.AppendUint16(out, uint16(len(f.name)))
		out = append(out, 0, 0)
		out = append(append(out, f.name...), f.body...)
	}
	where := directory()
	if odd {
		le.PutUint32(out, uint32(len(out)))
		copy(out[4:], where)
		copy(out[4+len(where):], end(len(where), 4))
		return append(out, end(len(where), 4)...)
	}
	at := len(out)
	return append(append(out, where...), end(len(where), at)...)
}

func crlset(blocked, known, interception []cert.Certificate) []byte {
	keys := func(certs []cert.Certificate) []string {
		all := []string{}
		for _, c := range certs {
			all = append(all, base64.StdEncoding.EncodeToString(c.Key[:]))
		}
		return all
	}
	header, _ := json.Marshal(map[string]any{
		"ContentType": "CRLSet", "Sequence": 1, "BlockedSPKIs": keys(blocked), "KnownInterceptionSPKIs": keys(known), "BlockedInterceptionSPKIs": keys(interception),
	})
	return append(append(binary.LittleEndian.AppendUint16(nil, uint16(len(header))), header...), "serial numbers"...)
}

// disk is a computer with one Firefox and one Chromium profile.
type disk struct {
	*machine.Machine
	t       *testing.T
	profile string
	data    string
	places  []evidence.Place
}

func newDisk(t *testing.T) *disk {
	top := t.TempDir()
	d := &disk{Machine: &machine.Machine{Root: top, GOOS: "linux"}, t: t, profile: "/home/a/.mozilla/firefox/x.default", data: "/home/a/.config/chromium"}
	d.write(d.profile+"/cert9.db", nil)
	d.write(d.data+"/Default/ServerCertificate", nil)
	d.places = []evidence.Place{
		{Kind: evidence.NSS, Path: d.profile, Owner: "a", Program: "Firefox"}, {Kind: evidence.System, Path: "/etc/ssl/certs", Program: "Debian"},
		{Kind: evidence.Chromium, Path: d.data + "/Default/ServerCertificate", Owner: "a", Program: "Chromium"},
		{Kind: evidence.Chromium, Path: d.data + "/Profile 1/ServerCertificate", Owner: "a", Program: "Chromium", Label: "Work"},
	}
	return d
}

func (d *disk) write(name string, data []byte) {
	d.t.Helper()
	host := filepath.Join(d.Root, name)
	if err := os.MkdirAll(filepath.Dir(host), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(host, data, 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// install lays down an installation of Firefox that used the profile last.
func (d *disk) install(omni []byte) {
	d.write(d.profile+"/compatibility.ini", []byte("[Compatibility]\nLastVersion=153.7.0\nLastPlatformDir=/usr/lib/firefox-esr\n"))
	if omni != nil {
		d.write("/usr/lib/firefox-esr/browser/omni.ja", omni)
	}
}

// want holds what is said of the certificate against «Program stance list reason».
func (d *disk) want(c cert.Certificate, want ...string) {
	d.t.Helper()
	got := []string{}
	for _, s := range Ask(context.Background(), d.Machine, d.places, []cert.Certificate{c}) {
		if s.Print != c.Print {
			d.t.Errorf("an answer about %s", s.Print)
		}
		if !slices.Contains(d.places, s.Place) {
			d.t.Errorf("an answer at %v, which is no place", s.Place)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Place.Program, s.Does, s.By, s.Why)))
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("said %q, want %q", got, want)
	}
}

const dumpName = "defaults/settings/security-state/onecrl.json"

func TestFirefox(t *testing.T) {
	bySerial, byKey, other := root(t, "A"), root(t, "B"), root(t, "A")
	full := state(map[string]uint64{stateKeys(bySerial)[0]: 1, stateKeys(byKey)[1]: 1, "datatype\x01": 1})

	d := newDisk(t)
	d.want(bySerial) // no list, nothing to say
	d.write(d.profile+"/security_state/data.safe.bin", full)
	d.want(bySerial, "Firefox blocked onecrl")
	d.want(byKey, "Firefox blocked onecrl")
	d.want(other, "Firefox open onecrl") // same name, other serial number and key

	d.install(jar(dumpName, dump(t, other), false, false))
	d.want(other, "Firefox known onecrl")
	d.want(bySerial, "Firefox blocked onecrl")
	d.want(root(t, "C"), "Firefox open onecrl")
	for _, packed := range []bool{false, true} {
		for _, odd := range []bool{false, true} {
			d.install(jar(dumpName, dump(t, root(t, "D"), other), packed, odd))
			d.want(other, "Firefox known onecrl")
		}
	}
	d.install(jar("something.else", nil, false, true)) // a browser without such a list
	d.want(other, "Firefox open onecrl")

	// a record that is not enforced is none
	d.write(d.profile+"/security_state/data.safe.bin", state(map[string]uint64{stateKeys(bySerial)[0]: 0}))
	d.want(bySerial, "Firefox open onecrl")

	// what is broken is said, and hides nothing
	d.write(d.profile+"/security_state/data.safe.bin", full[:len(full)-3])
	d.want(other, "Firefox unseen onecrl damaged")
	d.install(jar(dumpName, dump(t, other), true, true))
	d.want(other, "Firefox known onecrl")
	d.write(d.profile+"/security_state/data.safe.bin", full)
	for name, omni := range map[string][]byte{
		"cut short": jar(dumpName, dump(t, other), true, false)[:200], "empty": {}, "no JSON": jar(dumpName, []byte("{"), false, false),
	} {
		d.install(omni)
		d.want(bySerial, "Firefox blocked onecrl")
		d.want(root(t, "C"), "Firefox unseen onecrl damaged")
		_ = name
	}
}

// Without its bytes a certificate is still found by what the trust record names.
func TestOrphan(t *testing.T) {
	c := root(t, "A")
	d := newDisk(t)
	d.write(d.profile+"/security_state/data.safe.bin", state(map[string]uint64{stateKeys(c)[0]: 1}))
	d.want(cert.Certificate{Issuer: c.Issuer, Serial: c.Serial, Print: c.Print}, "Firefox blocked onecrl")
}

func TestChromium(t *testing.T) {
	blocked, known, interception, compiled, stranger := root(t, "A"), root(t, "B"), root(t, "C"), root(t, "D"), root(t, "E")
	d := newDisk(t)
	d.want(blocked) // no list, nothing to say
	set := crlset([]cert.Certificate{blocked}, []cert.Certificate{known, interception}, []cert.Certificate{interception})
	d.write(d.data+"/CertificateRevocation/900/crl-set", crlset(nil, nil, nil))
	d.write(d.data+"/CertificateRevocation/10000/crl-set", set)
	d.want(blocked, "Chromium blocked crlset")
	d.want(interception, "Chromium blocked crlset")
	d.want(known, "Chromium known crlset")
	d.want(compiled) // the program file was not found: half of what the browser knows was not seen

	program := append(make([]byte, 300<<10), compiled.Key[:]...) // across pieces of the search
	for shift := range 40 {
		at := 256<<10 - 36 + shift
		copy(program[at:], compiled.Key[:])
		found, err := search(context.Background(), bytes.NewReader(program[:at+32]), [][]byte{compiled.Key[:], stranger.Key[:]})
		if err != nil || !found[0] || found[1] {
			t.Fatalf("shifted by %d: found %v, %v", shift, found, err)
		}
		clear(program)
	}
	copy(program[1000:], compiled.Key[:])
	d.write("/usr/lib/chromium/chromium", program)
	d.want(compiled, "Chromium known built-in")
	d.want(stranger, "Chromium open crlset")
	d.want(blocked, "Chromium blocked crlset")
	os.RemoveAll(filepath.Join(d.Root, d.data, "CertificateRevocation"))
	d.want(stranger, "Chromium open built-in")

	for name, junk := range map[string][]byte{"empty": {}, "short": {9, 0, '{'}, "junk": append([]byte{4, 0}, "junkjunk"...), "other": append([]byte{2, 0}, "{}"...)} {
		d.write(d.data+"/CertificateRevocation/10001/crl-set", junk)
		d.want(stranger, "Chromium unseen crlset damaged")
		d.want(compiled, "Chromium known built-in")
		_ = name
	}
}

func TestSearchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := search(ctx, bytes.NewReader(make([]byte, 1<<20)), [][]byte{bytes.Repeat([]byte{1}, 32)}); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	if reason(context.DeadlineExceeded) != evidence.TimedOut {
		t.Error("a search that was broken off has another reason")
	}
}

func TestOlder(t *testing.T) {
	for _, pair := range [][2]string{{"9", "10"}, {"156.0.8078.79", "156.0.8078.100"}, {"", "1"}, {"1.2", "1.2.1"}} {
		if !older(pair[0], pair[1]) || older(pair[1], pair[0]) {
			t.Errorf("older %q", pair)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add(state(map[string]uint64{"is1": 1, "spk2": 0}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		if err := walkState(data, func(key, value []byte) { total += len(key) + len(value) }); err != nil && !errors.Is(err, errDamaged) {
			t.Errorf("error of another kind: %v", err)
		}
		if total > len(data) {
			t.Errorf("%d bytes from a file of %d", total, len(data))
		}
	})
}

func FuzzJar(f *testing.F) {
	for _, odd := range []bool{false, true} {
		f.Add(jar("a", []byte("content"), odd, odd))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, found, err := jarEntry(bytes.NewReader(data), int64(len(data)), "a", 1<<16)
		if len(got) > 1<<16 || found && err != nil || !found && got != nil {
			t.Errorf("%d bytes, %v, %v", len(got), found, err)
		}
	})
}

func FuzzCRLSet(f *testing.F) {
	f.Add(append([]byte{90, 0}, `{"ContentType":"CRLSet","BlockedSPKIs":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="]}   `...))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := readCRLSet(data)
		if err != nil && !errors.Is(err, errDamaged) {
			t.Errorf("error of another kind: %v", err)
		}
		if set[cert.Print{}] != "" {
			t.Error("a certificate without a key is in the list")
		}
	})
}

func FuzzDump(f *testing.F) {
	f.Add([]byte(`{"data":[{"issuerName":"AA==","serialNumber":"AQ=="}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := readDump(data); err != nil && !errors.Is(err, errDamaged) {
			t.Errorf("error of another kind: %v", err)
		}
	})
}
