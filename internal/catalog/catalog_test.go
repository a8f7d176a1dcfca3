package catalog

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"qulyp/internal/cert"
)

func shipped(t testing.TB) *List {
	t.Helper()
	l, err := Parse(asset(t, "authorities.json"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// asset is a file that is compiled into the program. It is read from the disk, so that this package is tested without the others' pictures.
func asset(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "assets", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// shared is a file of the real certificates that lie beside the repository. They are public, and yet no copy of them is kept here.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		missing(t, "QULYP_NEED_SHARED", err)
	}
	return data
}

// missing skips the test and says why, unless the environment variable asks for everything.
func missing(t testing.TB, variable string, why error) {
	t.Helper()
	if os.Getenv(variable) == "1" {
		t.Fatalf("%s=1: %v", variable, why)
	}
	t.Skipf("%v (set %s=1 to make this an error)", why, variable)
}

type known struct {
	File     string `json:"file"`
	Subject  string `json:"subject"`
	Issuer   string `json:"issuer"`
	From     string `json:"not_before"`
	Until    string `json:"not_after"`
	Serial   string `json:"serial_hex"`
	SHA256   string `json:"sha256"`
	SHA1     string `json:"sha1"`
	Key      string `json:"spki_sha256"`
	Category string `json:"category"`
}

var categories = map[string]Class{
	"kz_interception": StateInterception, "kz_national_pki": NationalSigning, "kz_national_pki_leaf_sample": NationalSigning, "ru_state": StateOther, "known_bad": Abused,
}

func realOnes(t testing.TB) ([]known, []cert.Certificate) {
	t.Helper()
	var facts []known
	if err := json.Unmarshal(shared(t, "known-certs.json"), &facts); err != nil {
		t.Fatal(err)
	}
	var certs []cert.Certificate
	for _, fact := range facts {
		found := 0
		for block := range cert.Blocks(shared(t, fact.File)) {
			certs = append(certs, block.Cert)
			found++
		}
		if found != 1 {
			t.Fatalf("%s holds %d certificates", fact.File, found)
		}
	}
	if len(facts) != 22 {
		t.Fatalf("%d known certificates, want 22", len(facts))
	}
	return facts, certs
}

// TestKnown holds the list against the certificates themselves, and against the facts that were collected about them.
func TestKnown(t *testing.T) {
	l := shipped(t)
	facts, certs := realOnes(t)
	for i, fact := range facts {
		c := certs[i]
		t.Run(fact.File, func(t *testing.T) {
			match := l.Classify(c)
			if want := categories[fact.Category]; match.Class != want || match.By != BySHA256 || match.Print != c.Print {
				t.Errorf("is %q by %q, want %q", match.Class, match.By, want)
			}
			a, ok := l.Authority(c.Print)
			if !ok {
				t.Fatal("is not listed")
			}
			if a.SHA1 != c.SHA1 || a.Key != c.Key || a.SHA256 != c.Print {
				t.Error("hashes differ from the certificate")
			}
			if a.Subject != c.Subject.Text || a.Issuer != c.Issuer.Text || string(a.Serial) != string(c.Serial) || !a.From.Equal(c.From) || !a.Until.Equal(c.Until) {
				t.Errorf("facts differ from the certificate:\n%s | %s | %x | %s | %s\n%s | %s | %x | %s | %s",
					a.Subject, a.Issuer, a.Serial, a.From, a.Until, c.Subject.Text, c.Issuer.Text, c.Serial, c.From, c.Until)
			}
			if a.SHA256.String() != fact.SHA256 || a.Key.String() != fact.Key || a.Subject != fact.Subject || a.Issuer != fact.Issuer {
				t.Error("facts differ from known-certs.json")
			}
			for _, at := range []struct {
				text string
				have time.Time
			}{{fact.From, a.From}, {fact.Until, a.Until}} {
				want, err := time.Parse("Jan _2 15:04:05 2006 MST", at.text)
				if err != nil || !want.Equal(at.have) {
					t.Errorf("time %s, known-certs.json says %s (%v)", at.have, at.text, err)
				}
			}
			if a.Intermediate == c.Self() {
				t.Errorf("intermediate: %v, signs itself: %v", a.Intermediate, c.Self())
			}
		})
	}
}

// TestKnownWithoutCertificate recognises each by what a record about it holds when the certificate is gone.
func TestKnownWithoutCertificate(t *testing.T) {
	l := shipped(t)
	facts, certs := realOnes(t)
	for i, c := range certs {
		want := categories[facts[i].Category]
		for by, orphan := range map[By]cert.Certificate{
			BySHA256: {Print: c.Print},
			BySHA1:   {SHA1: c.SHA1},
			BySerial: {Issuer: c.Issuer, Serial: c.Serial},
			ByKey:    {Key: c.Key},
		} {
			if match := l.Classify(orphan); match.Class != want || match.By != by {
				t.Errorf("%s: is %q by %q, want %q by %q", facts[i].File, match.Class, match.By, want, by)
			}
			filled := l.Resolve(&orphan)
			switch by {
			case BySHA1, BySerial:
				if !filled || orphan.Print != c.Print {
					t.Errorf("%s: not resolved by %q", facts[i].File, by)
				}
			default:
				if filled {
					t.Errorf("%s: resolved by %q", facts[i].File, by)
				}
			}
		}
		twin := cert.Certificate{Print: cert.Of([]byte("another")), Issuer: c.Issuer, Serial: c.Serial}
		if match := l.Classify(twin); match.By == BySerial {
			t.Errorf("%s: a record with another SHA-256 was taken for it by its serial number", facts[i].File)
		}
	}
	print := certs[0].Print
	has := cert.Certificate{Print: print, SHA1: certs[1].SHA1}
	if l.Resolve(&has) || has.Print != print {
		t.Error("a print that was there has been replaced")
	}
}

// TestIntermediates: the seven intermediates are known by SHA-1 and serial number alone.
func TestIntermediates(t *testing.T) {
	l := shipped(t)
	found := 0
	for _, a := range l.Authorities {
		if a.Class != StateInterception || !a.Intermediate {
			continue
		}
		found++
		for by, orphan := range map[By]cert.Certificate{
			BySHA1:   {SHA1: a.SHA1},
			BySerial: {Issuer: named("CN=Information Security Certification Authority", "O=ISCA", "C=KZ"), Serial: a.Serial}, // the other order of parts
		} {
			if match := l.Classify(orphan); match.Class != StateInterception || match.By != by || match.ID != a.ID {
				t.Errorf("%s: is %+v, want %q", a.ID, match, by)
			}
			if l.Resolve(&orphan) {
				t.Errorf("%s: resolved to a SHA-256 that nobody knows", a.ID)
			}
		}
		if days := a.Until.Sub(a.From).Hours() / 24; days != 75 {
			t.Errorf("%s: valid %v days, want 75", a.ID, days)
		}
	}
	if found != 7 {
		t.Errorf("%d intermediates, want 7", found)
	}
}

// TestSigned: what a listed key has signed is recognised without being listed itself.
func TestSigned(t *testing.T) {
	l := shipped(t)
	_, certs := realOnes(t)
	proven := 0
	for _, c := range certs {
		if match, ok := l.signed(c); ok {
			proven++
			if match.By != BySignature || match.Class != l.Classify(c).Class {
				t.Errorf("%s: %+v", c.Title(), match)
			}
			broken := append([]byte(nil), c.DER...)
			broken[len(broken)-1] ^= 1
			if match, ok := l.signed(cert.Read(broken)); ok {
				t.Errorf("%s: recognised as %s with a broken signature", c.Title(), match.ID)
			}
		}
	}
	// the ten interception roots, both RSA certificates below the e-signature root and that root, three of Russia, Superfish and eDellRoot;
	// Go cannot read DSDTestProvider
	if proven < 17 {
		t.Errorf("only %d of the real certificates are proven by a signature", proven)
	}
}

// TestPublic: nothing that the public programmes hold is called hostile, nor anything else by name.
func TestPublic(t *testing.T) {
	l := shipped(t)
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	bundled, system := 0, 0
	for root := range bundle.Roots() {
		bundled++
		if match := l.Classify(cert.Read(root.Certificate)); match.Class != Public || match.By != ByPool {
			t.Errorf("%q is %+v", cert.Read(root.Certificate).Title(), match)
		}
	}
	data, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		missing(t, "QULYP_NEED_ALL", err)
	}
	for block := range cert.Blocks(data) {
		system++
		if match := l.Classify(block.Cert); match.Class != Public && match.Class != Unknown {
			t.Errorf("%q of the system is %+v", block.Cert.Title(), match)
		}
		if match, ok := l.byRule(foldName(block.Cert.Subject), foldName(block.Cert.Issuer)); ok {
			t.Errorf("%q of the system has the shape of %s", block.Cert.Title(), match.ID)
		}
	}
	t.Logf("%d bundled and %d system roots, none hostile", bundled, system)
	if bundled < 100 || system < 100 {
		t.Errorf("%d bundled and %d system roots: too few to mean anything", bundled, system)
	}
}

// TestHostileRulesSpare: no hostile rule fits anything of the list that is not hostile, nor a name that an inspector writes.
func TestHostileRulesSpare(t *testing.T) {
	l := shipped(t)
	for _, a := range l.Authorities {
		if a.Class.Hostile() || a.Subject == "" {
			continue
		}
		parts := strings.Split(a.Subject, ", ")
		if match, ok := l.byRule(foldName(named(parts...))); ok && match.Class.Hostile() {
			t.Errorf("%s has the shape of %s", a.ID, match.ID)
		}
	}
	for _, r := range l.Rules {
		if r.Class.Hostile() {
			continue
		}
		for _, p := range r.Match {
			example := strings.NewReplacer("*", "x", "#", "2")
			name := cert.Name{CommonName: example.Replace(p.CommonName), Organization: example.Replace(p.Organization), Unit: example.Replace(p.Unit), Country: p.Country}
			match, ok := l.byRule(foldName(name))
			if !ok || match.ID != r.ID {
				t.Errorf("an example of %s %+v is %q", r.ID, p, match.ID)
			}
		}
	}
}

// named makes a name of «CN=…» parts by way of real DER, so that it is read as any other.
func named(parts ...string) cert.Name {
	oids := map[string][]int{"CN": {2, 5, 4, 3}, "O": {2, 5, 4, 10}, "OU": {2, 5, 4, 11}, "C": {2, 5, 4, 6}, "L": {2, 5, 4, 7}, "ST": {2, 5, 4, 8}}
	var sequence pkix.RDNSequence
	for _, part := range parts {
		key, value, _ := strings.Cut(part, "=")
		if oid, ok := oids[key]; ok {
			sequence = append(sequence, pkix.RelativeDistinguishedNameSET{{Type: oid, Value: value}})
		}
	}
	var name pkix.Name
	name.FillFromRDNSequence(&sequence)
	name.ExtraNames = name.Names
	der, err := marshalName(name)
	if err != nil {
		panic(err)
	}
	return cert.ReadName(der)
}

// made is a certificate made on the spot, signed by parent or by itself.
type made struct {
	cert.Certificate
	parsed *x509.Certificate
	key    *ecdsa.PrivateKey
}

func (m made) spki() []byte { return m.parsed.RawSubjectPublicKeyInfo }

func makeCert(t testing.TB, ca bool, subject pkix.Name, parent *made) made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: subject, NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(2e9, 0), IsCA: ca, BasicConstraintsValid: true}
	issuer, signing := template, key
	if parent != nil {
		issuer, signing = parent.parsed, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signing)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made{cert.Read(der), parsed, key}
}

func TestShapes(t *testing.T) {
	l := shipped(t)
	for _, test := range []struct {
		name string
		cn   string
		o    string
		c    string
		want Class
		id   string
	}{
		{"a new ISCA root", "Something New", "ISCA", "KZ", StateLookalike, "lookalike-isca"},
		{"ISCA without a common name", "", "ISCA", "KZ", StateLookalike, "lookalike-isca"},
		{"odd case and spaces", "x", " i S c a ", "kz", StateLookalike, "lookalike-isca"},
		{"Cyrillic letters that look Latin", "x", "ISСА", "KZ", StateLookalike, "lookalike-isca"},
		{"invisible characters", "Information\u200bSecurity  Certification\u00adAuthority 2027", "", "", StateLookalike, "lookalike-isca"},
		{"the name of 2020 alone", "INFORMATION SECURITY CERTIFICATION AUTHORITY CA", "", "", StateLookalike, "lookalike-isca"},
		{"Qaznet", "Qaznet Trust Network", "", "KZ", StateLookalike, "lookalike-qaznet"},
		{"Qaznet anew", "QazNet trust  network 2", "", "", StateLookalike, "lookalike-qaznet"},
		{"the intermediate of 2019", "Security Certificate", "", "KZ", StateLookalike, "lookalike-security-certificate"},
		{"the name of the law", "Ұлттық қауіпсіздік сертификаты", "", "KZ", StateLookalike, "lookalike-security-certificate"},
		{"the gateway of state bodies", "Unified State Internet Access Gateway CA 2", "STS", "KZ", StateLookalike, "lookalike-state-gateway"},
		{"the gateway in the organisation", "root", "Unified State Internet Access Gateway", "", StateLookalike, "lookalike-state-gateway"},
		{"an e-signature name with O=ISCA", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)", "ISCA", "KZ", StateLookalike, "lookalike-isca"},

		{"ISCA of another country", "x", "ISCA", "US", Unknown, ""},
		{"ISCA as part of a word", "x", "ISCAR", "KZ", Unknown, ""},
		{"a security certificate of another country", "Security Certificate", "", "US", Unknown, ""},
		{"a name that only contains it", "My Information Security Certification Authority", "", "KZ", Unknown, ""},
		{"a company of Kazakhstan", "Kaspi Root", "Kaspi Bank", "KZ", Unknown, ""},
		{"nothing", "", "", "", Unknown, ""},

		{"the current e-signature root", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) 2020", "", "KZ", NationalSigning, "esign-kz"},
		{"the same without the year", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)", "", "KZ", NationalSigning, "esign-kz"},
		{"the current issuing authority", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022", "", "KZ", NationalSigning, "esign-kz"},
		{"a test authority", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) TEST 2025", "", "KZ", NationalSigning, "esign-kz"},
		{"an e-signature name that goes on", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (HTTPS)", "", "KZ", Unknown, ""},
		{"an e-signature name of another country", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)", "", "RU", Unknown, ""},

		{"a new Russian sub authority", "Russian Trusted Sub CA 2026", "", "RU", StateOther, "state-ru-trusted"},
		{"the State Technical Service", "Root", "State Technical Service JSC", "KZ", StateOther, "state-kz-sts"},
		{"a name that ends in sts.kz", "posts.kz", "", "KZ", Unknown, ""},

		{"Kaspersky", "Kaspersky Anti-Virus Personal Root Certificate", "AO Kaspersky Lab", "", Inspector, "inspector-kaspersky"},
		{"Avast", "Avast Web/Mail Shield Root", "Avast Web/Mail Shield", "", Inspector, "inspector-avast"},
		{"ESET", "ESET SSL Filter CA", "ESET, spol. s r. o.", "SK", Inspector, "inspector-eset"},
		{"AdGuard", "AdGuard Personal CA", "", "", Inspector, "inspector-adguard"},
		{"mitmproxy", "mitmproxy", "mitmproxy", "", Inspector, "inspector-mitmproxy"},
		{"mkcert", "mkcert dana@host", "mkcert development CA", "", Inspector, "inspector-mkcert"},
		{"Fortinet", "FG100", "Fortinet", "US", Inspector, "inspector-fortinet"},
		{"Fiddler", "DO_NOT_TRUST_FiddlerRoot", "DO_NOT_TRUST", "", Inspector, "inspector-fiddler"},
		{"Charles", "Charles Proxy CA (26 May 2023, host)", "XK72 Ltd", "NZ", Inspector, "inspector-charles"},
		{"an inspector's name with O=ISCA", "mitmproxy", "ISCA", "KZ", StateLookalike, "lookalike-isca"},
	} {
		t.Run(test.name, func(t *testing.T) {
			subject := pkix.Name{CommonName: test.cn}
			if test.o != "" {
				subject.Organization = []string{test.o}
			}
			if test.c != "" {
				subject.Country = []string{test.c}
			}
			root := makeCert(t, true, subject, nil)
			match := l.Classify(root.Certificate)
			if match.Class != test.want || match.ID != test.id {
				t.Fatalf("%q is %q by %q (%s), want %q (%s)", root.Subject.Text, match.Class, match.By, match.ID, test.want, test.id)
			}
			if match.Class == Unknown {
				if match.By != ByNothing || match.Names != nil {
					t.Errorf("unknown, and yet %+v", match)
				}
				return
			}
			if match.By.Proven() {
				t.Errorf("a copied name counts as proof: %+v", match)
			}
			for _, tag := range Languages {
				if match.Names.In(tag) == "" {
					t.Errorf("no name in %q", tag)
				}
			}
			if (match.Class == Inspector) != (match.Product != "" && match.Kind != "" && match.By == ByVendor) {
				t.Errorf("%+v", match)
			}

			// A leaf may be called what it likes; what it was issued by counts.
			leaf := makeCert(t, false, pkix.Name{CommonName: "www.example.kz"}, &root)
			if match := l.Classify(leaf.Certificate); match.Class != test.want {
				t.Errorf("a leaf issued by it is %q", match.Class)
			}
			other := makeCert(t, true, pkix.Name{CommonName: "Some Root"}, nil)
			site := makeCert(t, false, subject, &other)
			if match := l.Classify(site.Certificate); match.Class != Unknown {
				t.Errorf("a leaf that only bears the name is %q", match.Class)
			}
			if match, ok := l.Signer([]cert.Certificate{site.Certificate}); ok {
				t.Errorf("a leaf that only bears the name was signed by %+v", match)
			}
			orphan := cert.Certificate{Issuer: root.Subject, Serial: []byte{2, 1, 7}}
			if match := l.Classify(orphan); match.Class != test.want {
				t.Errorf("a record without a certificate, with that issuer, is %q", match.Class)
			}
		})
	}
}

func TestSigner(t *testing.T) {
	isca := pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
	root := makeCert(t, true, isca, nil)
	inter := makeCert(t, true, pkix.Name{CommonName: "Intermediate 7"}, &root)
	leaf := makeCert(t, false, pkix.Name{CommonName: "www.google.com"}, &inter)
	direct := makeCert(t, false, pkix.Name{CommonName: "www.google.com"}, &root)
	twin := makeCert(t, true, isca, nil)
	forged := makeCert(t, false, pkix.Name{CommonName: "vk.com"}, &twin)
	proxy := makeCert(t, true, pkix.Name{CommonName: "mitmproxy", Organization: []string{"mitmproxy"}}, nil)
	proxied := makeCert(t, false, pkix.Name{CommonName: "vk.com"}, &proxy)
	honest := makeCert(t, true, pkix.Name{CommonName: "Honest Root"}, nil)
	site := makeCert(t, false, pkix.Name{CommonName: "vk.com"}, &honest)
	same := makeCert(t, false, pkix.Name{CommonName: "vk.com"}, &made{parsed: mustRename(t, honest, "Security Certificate"), key: honest.key})

	l := with(t, root.Certificate, root.spki())
	for _, test := range []struct {
		name  string
		chain []made
		class Class
		by    By
	}{
		{"whole chain with the listed root", []made{leaf, inter, root}, StateInterception, BySignature},
		{"chain without the root", []made{leaf, inter}, StateInterception, BySignature},
		{"leaf alone, signed by the root", []made{direct}, StateInterception, BySignature},
		{"leaf alone, under an intermediate that nobody knows", []made{leaf}, "", ""},
		{"leaf alone, issuer by name", []made{forged}, StateLookalike, ByRule},
		{"chain of a look-alike", []made{forged, twin}, StateLookalike, ByRule},
		{"the issuer of 2019", []made{same}, StateLookalike, ByRule},
		{"an inspector", []made{proxied, proxy}, Inspector, ByVendor},
		{"an inspector, leaf alone", []made{proxied}, Inspector, ByVendor},
		{"an inspector before a listed root", []made{proxied, root}, StateInterception, BySHA256},
		{"nobody", []made{site, honest}, "", ""},
		{"nothing", nil, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var chain []cert.Certificate
			for _, m := range test.chain {
				chain = append(chain, m.Certificate)
			}
			match, ok := l.Signer(chain)
			if ok != (test.class != "") || match.Class != test.class || match.By != test.by {
				t.Fatalf("%v %+v, want %q by %q", ok, match, test.class, test.by)
			}
			if match.Class == StateInterception && match.Print != root.Print {
				t.Errorf("names %s, want the listed root", match.Print)
			}
		})
	}

	t.Run("public root in the chain", func(t *testing.T) {
		for public := range bundle.Roots() {
			if match, ok := l.Signer([]cert.Certificate{cert.Read(public.Certificate)}); ok {
				t.Errorf("%+v", match)
			}
		}
	})
	t.Run("junk", func(t *testing.T) {
		if match, ok := l.Signer([]cert.Certificate{{}, cert.Read(nil), cert.Read([]byte("junk"))}); ok {
			t.Errorf("%+v", match)
		}
	})
	t.Run("issuer of an abused root by name", func(t *testing.T) {
		superfish := makeCert(t, true, pkix.Name{}, nil)
		issuer := named("O=Superfish, Inc.", "L=SF", "ST=CA", "C=US", "CN=Superfish, Inc.")
		leaf := superfish.Certificate
		leaf.Issuer = issuer
		match, ok := shipped(t).Signer([]cert.Certificate{leaf})
		if !ok || match.Class != Abused || match.By != ByIssuer {
			t.Errorf("%+v", match)
		}
	})
}

// TestReissued: the same key in another certificate is the same authority.
func TestReissued(t *testing.T) {
	root := makeCert(t, true, pkix.Name{CommonName: "A Listed Root"}, nil)
	l := with(t, root.Certificate, nil)
	again := cert.Certificate{DER: []byte{1}, Print: cert.Of([]byte{1}), Key: root.Key}
	if match := l.Classify(again); match.Class != StateInterception || match.By != ByKey || match.Print != root.Print {
		t.Errorf("%+v", match)
	}
}

// TestGravestFirst: a harmless row does not hide a hostile one that fits as well.
func TestGravestFirst(t *testing.T) {
	l, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	both := cert.Certificate{SHA1: l.Authorities[1].SHA1, Key: l.Authorities[2].Key}
	if match := l.Classify(both); match.Class != Abused || match.By != ByKey {
		t.Errorf("%+v, want the abused key", match)
	}
	if match, ok := l.Signer([]cert.Certificate{{SHA1: both.SHA1}, both, {SHA1: both.SHA1}}); !ok || match.Class != Abused {
		t.Errorf("%+v, want the abused key", match)
	}
}

// with is the shipped list and one more interception root.
func with(t *testing.T, c cert.Certificate, spki []byte) *List {
	t.Helper()
	var f map[string]any
	if err := json.Unmarshal(asset(t, "authorities.json"), &f); err != nil {
		t.Fatal(err)
	}
	row := map[string]any{
		"id": "zz-test", "class": "state-interception", "sha256": c.Print.String(), "key": c.Key.String(), "subject": c.Subject.Text,
		"names": map[string]string{"kk": "Сынақ", "ru": "Тест", "en": "Test"}, "source": "this test",
	}
	if spki != nil {
		row["public_key"] = base64.StdEncoding.EncodeToString(spki)
	}
	f["authorities"] = append(f["authorities"].([]any), row)
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustRename(t *testing.T, m made, cn string) *x509.Certificate {
	t.Helper()
	der, err := marshalName(pkix.Name{CommonName: cn, Country: []string{"KZ"}})
	if err != nil {
		t.Fatal(err)
	}
	renamed := *m.parsed
	renamed.RawSubject = der
	return &renamed
}

func BenchmarkParse(b *testing.B) {
	list := asset(b, "authorities.json")
	for b.Loop() {
		if _, err := Parse(list); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBundled(b *testing.B) {
	for b.Loop() {
		if len(Bundled()) == 0 {
			b.Fatal("empty")
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	l := shipped(b)
	isca := pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
	var public cert.Certificate
	for root := range bundle.Roots() {
		public = cert.Read(root.Certificate)
	}
	for _, test := range []struct {
		name string
		c    cert.Certificate
	}{
		{"public", public},
		{"unknown", makeCert(b, true, pkix.Name{CommonName: "Some Company Root", Organization: []string{"Some Company"}}, nil).Certificate},
		{"lookalike", makeCert(b, true, isca, nil).Certificate},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				l.Classify(test.c)
			}
		})
	}
}
