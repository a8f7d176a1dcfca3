package cert

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shared is where the real certificates lie, beside the repository. They are facts about the world, not part of it.
const shared = "../../../shared/data"

// realCerts reads the real certificates by file name; the test is skipped, with its reason, where they are not there.
func realCerts(t testing.TB) map[string][]byte {
	files, _ := filepath.Glob(filepath.Join(shared, "certs", "*.pem"))
	if len(files) == 0 {
		if os.Getenv("QULYP_NEED_SHARED") != "" {
			t.Fatal("real certificates are not beside the repository (../shared/data/certs)")
		}
		t.Skip("real certificates are not beside the repository (../shared/data/certs)")
	}
	all := map[string][]byte{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = data
	}
	return all
}

// forge makes a self-signed root with that subject.
func forge(t testing.TB, subject pkix.Name) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: subject, NotBefore: time.Date(2020, 2, 28, 7, 4, 41, 0, time.UTC),
		NotAfter: time.Date(2050, 2, 28, 7, 4, 41, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestReal holds what is read from the real certificates against the facts that were taken from them with other programs.
func TestReal(t *testing.T) {
	files := realCerts(t)
	data, err := os.ReadFile(filepath.Join(shared, "known-certs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var facts []struct {
		File, Subject, SHA256, SHA1 string
		Key                         string `json:"spki_sha256"`
		From                        string `json:"not_before"`
		Until                       string `json:"not_after"`
		Serial                      string `json:"serial_hex"`
		Length                      int    `json:"der_len"`
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	if len(facts) < 22 {
		t.Fatalf("only %d facts", len(facts))
	}
	for _, fact := range facts {
		t.Run(filepath.Base(fact.File), func(t *testing.T) {
			var all []Block
			for b := range Blocks(files[filepath.Base(fact.File)]) {
				all = append(all, b)
			}
			if len(all) != 1 {
				t.Fatalf("%d blocks, want 1", len(all))
			}
			c := all[0].Cert
			if c.Print.String() != fact.SHA256 {
				t.Errorf("SHA-256 %s, want %s", c.Print, fact.SHA256)
			}
			if got := Print(sha256Sum(c)).String(); got != fact.SHA256 {
				t.Errorf("DER was changed: %s", got)
			}
			if c.Key.String() != fact.Key {
				t.Errorf("key %s, want %s", c.Key, fact.Key)
			}
			const layout = "Jan _2 15:04:05 2006 MST"
			if got := c.From.Format(layout); got != strings.Replace(fact.From, "GMT", "UTC", 1) {
				t.Errorf("from %s, want %s", got, fact.From)
			}
			if got := c.Until.Format(layout); got != strings.Replace(fact.Until, "GMT", "UTC", 1) {
				t.Errorf("until %s, want %s", got, fact.Until)
			}
			if len(c.DER) != fact.Length {
				t.Errorf("%d bytes, want %d", len(c.DER), fact.Length)
			}
			if c.Subject.Text != strings.NewReplacer(`\"`, `"`).Replace(fact.Subject) {
				t.Errorf("subject %q, want %q", c.Subject.Text, fact.Subject)
			}
			// DSDTestProvider has a negative serial number, which Go refuses; all others it takes, with a key it may not know.
			if refused := strings.Contains(fact.File, "dsdtestprovider"); refused != (c.Unread != nil) {
				t.Errorf("unread: %v", c.Unread)
			}
			if len(c.Serial) < 3 || c.Serial[0] != 2 {
				t.Errorf("serial %x is no INTEGER", c.Serial)
			}
			if !strings.Contains(fact.File, "tsa-leaf") && !c.Anchor() {
				t.Error("is an authority, and not seen as one")
			}
		})
	}
}

func sha256Sum(c Certificate) Print { return Of(c.DER) }

func TestReadNeverFails(t *testing.T) {
	good := forge(t, pkix.Name{CommonName: "Қауіпсіздік", Organization: []string{"ISCA"}, Country: []string{"KZ"}})
	for name, der := range map[string][]byte{
		"nothing": nil, "junk": []byte("junk"), "empty sequence": {0x30, 0}, "cut short": good[:len(good)/2], "cut in the name": good[:60],
		"longer": append(bytes.Clone(good), 1, 2, 3),
	} {
		c := Read(der)
		if c.Print != Of(der) {
			t.Errorf("%s: print %s", name, c.Print)
		}
		if c.Unread == nil {
			t.Errorf("%s: not said to be unreadable", name)
		}
		if c.Title() == "" {
			t.Errorf("%s: has no name at all", name)
		}
	}
	c := Read(good)
	if c.Unread != nil || c.Title() != "Қауіпсіздік" || c.Subject.Organization != "ISCA" || c.Subject.Country != "KZ" || !c.Self() || !c.CA {
		t.Errorf("%+v", c)
	}
	if got := c.Until.Format(time.RFC3339); got != "2050-02-28T07:04:41Z" {
		t.Error(got)
	}
	good[0] = 0
	if c.DER[0] == 0 {
		t.Error("the caller's bytes are shared")
	}
}

// TestNames holds that a name cannot deceive the reader of a list.
func TestNames(t *testing.T) {
	c := Read(forge(t, pkix.Name{CommonName: "Good\u202Egnp.CA\nOK\x00"}))
	if strings.ContainsAny(c.Title(), "\u202E\n\x00") {
		t.Errorf("%q", c.Title())
	}
	if got := decode([]byte{0x04, 0x46, 0x04, 0x3d}, 30); got != "цн" {
		t.Errorf("BMPString: %q", got)
	}
	if got := decode([]byte{'M', 0xfc, 'n'}, 20); got != "Mün" {
		t.Errorf("T61String: %q", got)
	}
}

func TestPrint(t *testing.T) {
	p := Of([]byte("a"))
	for _, text := range []string{p.String(), strings.ToUpper(p.String()), colons(p.String())} {
		if got, err := ParsePrint(text); err != nil || got != p {
			t.Errorf("ParsePrint(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "zz", p.String()[2:], p.String() + "00"} {
		if _, err := ParsePrint(text); err == nil {
			t.Errorf("ParsePrint(%q) took it", text)
		}
	}
	data, err := json.Marshal(map[string]Print{"a": p, "none": {}})
	if err != nil || !strings.Contains(string(data), `"none":""`) {
		t.Fatalf("%s %v", data, err)
	}
	var back map[string]Print
	if err := json.Unmarshal(data, &back); err != nil || back["a"] != p || !back["none"].IsZero() {
		t.Fatalf("%v %v", back, err)
	}
}

func colons(text string) string {
	var parts []string
	for i := 0; i < len(text); i += 2 {
		parts = append(parts, text[i:i+2])
	}
	return strings.Join(parts, ":")
}

func TestBlocks(t *testing.T) {
	a, b := forge(t, pkix.Name{CommonName: "A"}), forge(t, pkix.Name{CommonName: "B"})
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	aux := append(bytes.Clone(b), 0x30, 0x02, 0x0c, 0x00)
	file := "# comment\n" + block("CERTIFICATE", a) + "text between\n-----BEGIN CERTIFICATE-----\nno end\n" + block("PRIVATE KEY", []byte("x")) +
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n" + strings.ReplaceAll(block("TRUSTED CERTIFICATE", aux), "\n", "\r\n") +
		strings.TrimRight(block("X509 CERTIFICATE", a), "\n")
	var titles []string
	var cut string
	at := 0
	for found := range Blocks([]byte(file)) {
		titles = append(titles, found.Cert.Title())
		cut += file[at:found.Start]
		at = found.End
		if found.Cert.Title() == "B" && !bytes.Equal(found.Aux, []byte{0x30, 0x02, 0x0c, 0x00}) {
			t.Errorf("aux %x", found.Aux)
		}
	}
	if got := strings.Join(titles, " "); got != "A B A" {
		t.Errorf("found %q", got)
	}
	want := "# comment\ntext between\n-----BEGIN CERTIFICATE-----\nno end\n" + block("PRIVATE KEY", []byte("x")) + "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"
	if cut+file[at:] != want {
		t.Errorf("what is left when the blocks are cut out:\n%s\nwant\n%s", cut+file[at:], want)
	}
}

// TestBlocksLinear holds that a file full of BEGIN lines is read in a time that grows with its length alone.
func TestBlocksLinear(t *testing.T) {
	file := bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), 400_000)
	begun := time.Now()
	for range Blocks(file) {
		t.Fatal("found a certificate")
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(forge(f, pkix.Name{CommonName: "A", Organization: []string{"ISCA"}}))
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		c := Read(der)
		if c.Print != Of(der) || !bytes.Equal(c.DER, der) {
			t.Fatal("identity lost")
		}
		if c.Title() == "" {
			t.Fatal("no name")
		}
		if parsed, err := x509.ParseCertificate(der); err == nil {
			if !bytes.Equal(parsed.RawSubject, c.Subject.Raw) || !bytes.Equal(parsed.RawIssuer, c.Issuer.Raw) || Of(parsed.RawSubjectPublicKeyInfo) != c.Key {
				t.Fatal("reads another certificate than crypto/x509")
			}
		}
	})
}

func FuzzBlocks(f *testing.F) {
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: forge(f, pkix.Name{CommonName: "A"})}))
	f.Add([]byte("-----BEGIN TRUSTED CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		at := 0
		for b := range Blocks(data) {
			if b.Start < at || b.End <= b.Start || b.End > len(data) {
				t.Fatalf("block %d:%d after %d of %d", b.Start, b.End, at, len(data))
			}
			at = b.End
		}
	})
}

// TestSignsWithoutConstraints is about a certificate that says by its keyUsage alone that it signs others: OpenSSL, and with it curl, takes it for an authority.
func TestSignsWithoutConstraints(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: "Somebody else"}}
	for usage, want := range map[x509.KeyUsage]bool{x509.KeyUsageCertSign: true, x509.KeyUsageDigitalSignature: false, 0: false} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "No basicConstraints"}, NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: usage}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if c := Read(der); c.Anchor() != want || c.Unread != nil {
			t.Errorf("keyUsage %d: anchor %v, want %v (%v)", usage, c.Anchor(), want, c.Unread)
		}
	}
}
