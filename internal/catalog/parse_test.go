package catalog

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
	"unicode"

	"qulyp/internal/cert"
)

func marshalName(name pkix.Name) ([]byte, error) { return asn1.Marshal(name.ToRDNSequence()) }

// TestRows holds the shipped list to what the page on adding an authority asks for.
func TestRows(t *testing.T) {
	l := shipped(t)
	if l.Version < 1 || l.Date.Year() < 2026 {
		t.Errorf("version %d of %s", l.Version, l.Date)
	}
	roots := 0
	count := map[Class]int{}
	for _, a := range l.Authorities {
		count[a.Class]++
		if a.Class == StateInterception && !a.Intermediate {
			roots++
			if a.PublicKey == nil || a.KeyOnly() || a.From.IsZero() {
				t.Errorf("%s: an interception root with facts missing", a.ID)
			}
		}
		spell(t, a.ID, a.Names)
	}
	for _, r := range l.Rules {
		spell(t, r.ID, r.Names)
	}
	if roots != 10 {
		t.Errorf("%d interception roots, want 10", roots)
	}
	t.Logf("%v, %d rules", count, len(l.Rules))
}

// spell finds letters of the wrong alphabet in the middle of a word: a Latin i in a Kazakh word looks right and is not.
func spell(t *testing.T, id string, names Names) {
	t.Helper()
	for tag, name := range names {
		for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
			latin, cyrillic := 0, 0
			for _, r := range word {
				switch {
				case unicode.Is(unicode.Latin, r):
					latin++
				case unicode.Is(unicode.Cyrillic, r):
					cyrillic++
				}
			}
			if latin > 0 && cyrillic > 0 {
				t.Errorf("%s: %q of the name in %q mixes alphabets", id, word, tag)
			}
			if tag == "en" && cyrillic > 0 {
				t.Errorf("%s: %q in the English name", id, word)
			}
		}
	}
}

const small = `{"version": 1, "date": "2026-11-23", "authorities": [
{"id": "a", "class": "abused", "sha256": "1111111111111111111111111111111111111111111111111111111111111111", "names": {"kk": "А", "ru": "Б", "en": "C"}, "source": "s"},
{"id": "b", "class": "state-other", "sha1": "2222222222222222222222222222222222222222", "issuer": "CN=x", "serial": "-5b", "from": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z",
 "blocked_by": [{"program": "Firefox", "how": "blocked", "since": "2020-02-02"}], "names": {"kk": "А", "ru": "Б", "en": "C"}, "source": "s"},
{"id": "c", "class": "abused", "key": "3333333333333333333333333333333333333333333333333333333333333333", "names": {"kk": "А", "ru": "Б", "en": "C"}, "source": "s"}],
"rules": [{"id": "r", "class": "inspector", "kind": "office", "product": "P", "match": [{"cn": "Abcd*", "c": "KZ"}], "names": {"kk": "А", "ru": "Б", "en": "C"}, "source": "s"}]}`

func TestRefused(t *testing.T) {
	if _, err := Parse([]byte(small)); err != nil {
		t.Fatalf("the small list: %v", err)
	}
	for _, test := range []struct{ name, old, new string }{
		{"an unknown field", `"version": 1,`, `"version": 1, "colour": 2,`},
		{"an unknown field of a row", `"class": "abused",`, `"class": "abused", "bad": true,`},
		{"a field twice", `"version": 1,`, `"version": 1, "version": 2,`},
		{"a field twice, in other writing", `"version": 1,`, `"version": 1, "\\u0076ersion": 1,`},
		{"a field in capitals", `"version": 1,`, `"Version": 1,`},
		{"no version", `"version": 1,`, ``},
		{"no date", `"date": "2026-11-23",`, ``},
		{"a date that is none", `2026-11-23`, `2026-11-33`},
		{"something behind the list", `"source": "s"}]}`, `"source": "s"}]} {}`},
		{"cut short", `"source": "s"}]}`, `"source": "s"}]`},
		{"an unknown class", `"class": "abused"`, `"class": "evil"`},
		{"class public", `"class": "abused"`, `"class": "public"`},
		{"class look-alike for a certificate", `"class": "abused"`, `"class": "state-lookalike"`},
		{"an interception root by name", `"class": "inspector", "kind": "office", "product": "P"`, `"class": "state-interception"`},
		{"an abused root by name", `"class": "inspector", "kind": "office", "product": "P"`, `"class": "abused"`},
		{"a product that is no inspector", `"class": "inspector", "kind": "office"`, `"class": "state-other"`},
		{"an unknown kind", `"office"`, `"spy"`},
		{"no product", `"product": "P", `, ``},
		{"a capital in the id", `"id": "a"`, `"id": "A"`},
		{"rows out of order", `"id": "a"`, `"id": "x"`},
		{"an id twice", `"id": "a"`, `"id": "b"`},
		{"no name in Kazakh", `{"kk": "А", `, `{`},
		{"an empty name", `"kk": "А"`, `"kk": ""`},
		{"a name with a line break", `"kk": "А"`, `"kk": "А\n"`},
		{"a name with a direction mark", `"kk": "А"`, `"kk": "А\u202eБ"`},
		{"no source", `, "source": "s"`, ``},
		{"a hash in capitals", `"sha1": "2222222222222222222222222222222222222222"`, `"sha1": "AA22222222222222222222222222222222222222"`},
		{"a hash too short", `"sha1": "22`, `"sha1": "`},
		{"a hash of nothing but zeros", `2222222222222222222222222222222222222222`, `0000000000000000000000000000000000000000`},
		{"a hash that is none", `"sha1": "22`, `"sha1": "zz`},
		{"neither hash nor key", `"sha256": "1111111111111111111111111111111111111111111111111111111111111111", `, ``},
		{"a public key of another hash", `"key": "33`, `"public_key": "AAAA", "subject": "CN=x", "key": "33`},
		{"a serial number without issuer", `"issuer": "CN=x", `, ``},
		{"a serial number that is none", `"-5b"`, `"-5g"`},
		{"a validity that ends before it begins", `"until": "2021`, `"until": "2019`},
		{"a time that is none", `"until": "2021-01-01T00:00:00Z"`, `"until": "soon"`},
		{"a block of an unknown kind", `"how": "blocked"`, `"how": "maybe"`},
		{"a rule that matches nothing", `[{"cn": "Abcd*", "c": "KZ"}]`, `[]`},
		{"a rule for a whole country", `{"cn": "Abcd*", "c": "KZ"}`, `{"c": "KZ"}`},
		{"a rule for everybody", `"Abcd*"`, `"*"`},
		{"a rule for nearly everybody", `"Abcd*"`, `"*abc*"`},
		{"a pattern twice", `[{"cn": "Abcd*", "c": "KZ"}]`, `[{"cn": "Abcd*", "c": "KZ"}, {"cn": "Abcd*", "c": "KZ"}]`},
		{"bytes that are no text", `"P"`, "\"\xff\""},
		{"no authorities", small[strings.Index(small, `{"id": "a"`) : strings.Index(small, `"rules"`)-3], ``},
		{"a SHA-256 twice", `"key": "3333333333333333333333333333333333333333333333333333333333333333"`, `"sha256": "1111111111111111111111111111111111111111111111111111111111111111"`},
		{"one key in two classes", `"sha1": "2222222222222222222222222222222222222222"`, `"key": "3333333333333333333333333333333333333333333333333333333333333333"`},
		{"a public root called hostile", strings.Repeat("1", 64), somePublic().String()},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Replace(small, test.old, test.new, 1)
			if changed == small {
				t.Fatal("the test changes nothing")
			}
			if l, err := Parse([]byte(changed)); err == nil {
				t.Errorf("accepted as %+v", l)
			}
		})
	}
}

func somePublic() cert.Print {
	for print := range Bundled() {
		return print
	}
	return cert.Print{}
}

// TestCheck: a list from outside whose rule fits a public root is found out.
func TestCheck(t *testing.T) {
	l, err := Parse([]byte(strings.Replace(small, `"class": "inspector", "kind": "office", "product": "P", "match": [{"cn": "Abcd*", "c": "KZ"}]`,
		`"class": "state-lookalike", "match": [{"o": "Internet Security Research Group"}]`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Check(); err == nil {
		t.Error("a rule that fits ISRG Root X1 passed")
	}
	var none List
	if match := none.Classify(cert.Certificate{}); match.Class != Unknown {
		t.Errorf("an empty list says %+v", match)
	}
}

func TestGlob(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"a", "a", true}, {"a", "b", false}, {"a", "", false}, {"", "a", false},
		{"a*", "a", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"*b*", "abc", true}, {"*d*", "abc", false},
		{"a*c", "abcbc", true}, {"a*c", "abcb", false}, {"*", "", true}, {"**", "x", true},
		{"20##", "2022", true}, {"20##", "20x2", false}, {"20##", "202", false}, {"20##", "20222", false},
		{"a#*", "a1bc", true}, {"*ab*ab", "abab", true}, {"*ab*ab", "aab", false},
	} {
		if got := glob(test.pattern, test.text); got != test.want {
			t.Errorf("glob(%q, %q) = %v", test.pattern, test.text, got)
		}
	}
	// A name from the network must not take long to compare.
	if glob(strings.Repeat("*a", 40)+"b", strings.Repeat("a", longest)) {
		t.Error("matched")
	}
	if len(fold(strings.Repeat("x", 10<<20))) > longest {
		t.Error("a name of ten megabytes is kept whole")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"version":1,"a\\"":[{"b":1,"b":2}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Parse(data)
		if err != nil {
			if l != nil {
				t.Error("a list and an error")
			}
			return
		}
		for _, a := range l.Authorities {
			c := cert.Certificate{Print: a.SHA256, SHA1: a.SHA1, Key: a.Key}
			if match := l.Classify(c); match.Class != a.Class && !match.Class.Hostile() {
				t.Errorf("%s is not found again: %+v", a.ID, match)
			}
		}
		if match := l.Classify(cert.Certificate{}); match.Class != Unknown {
			t.Errorf("nothing is %+v", match)
		}
	})
}

// FuzzClassify reads names and certificates that nobody would write.
func FuzzClassify(f *testing.F) {
	l := shipped(f)
	f.Add("Information Security Certification Authority", "ISCA", "", "KZ", []byte{2, 1, 1}, []byte{}, true)
	f.Add("НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) 2022", "", "", "kz", []byte{}, []byte("0"), false)
	f.Add("*", "#", "\xff", "\u202e", []byte{2}, []byte{0x30, 0x80}, true)
	f.Fuzz(func(t *testing.T, cn, o, ou, country string, serial, der []byte, bare bool) {
		name := cert.Name{CommonName: cn, Organization: o, Unit: ou, Country: country, Text: "CN=" + cn + ", O=" + o + ", C=" + country, Raw: []byte(cn)}
		c := cert.Read(der)
		c.Subject, c.Serial = name, serial
		if bare {
			c.DER = nil
			c.Issuer = name
		}
		match := l.Classify(c)
		if match.Class == "" || (match.ID == "") != (match.Class == Unknown || match.Class == Public) {
			t.Fatalf("%+v", match)
		}
		if match.Class == StateInterception && !match.By.Proven() && match.By != BySerial {
			t.Errorf("a name alone made %+v", match)
		}
		if match.Class == StateLookalike {
			hint := fold(cn + o + ou)
			if !bytes.Contains([]byte(hint), []byte("isca")) && !strings.Contains(hint, "informationsecuritycert") && !strings.Contains(hint, "qaznet") &&
				!strings.Contains(hint, "certificat") && !strings.Contains(hint, fold("сертификат")) && !strings.Contains(hint, "unifiedstateinternetaccessgateway") {
				t.Errorf("%q is %+v", hint, match)
			}
		}
		if again := l.Classify(c); again.Class != match.Class || again.ID != match.ID {
			t.Errorf("%+v, then %+v", match, again)
		}
		spaced := c
		spaced.Subject.CommonName, spaced.Subject.Organization = " "+strings.ToUpper(cn)+"\t", o+" "
		if upper := l.Classify(spaced); len(cn)+len(o) < 500 && strings.ToLower(strings.ToUpper(cn)) == strings.ToLower(cn) && upper.Class != match.Class {
			t.Errorf("case and spaces count: %+v, then %+v", match, upper)
		}
		l.Signer([]cert.Certificate{c, c})
		l.Resolve(&c)
	})
}

// TestPlainField: what encoding/json would take for another field, or a reader for the same, is refused in every alphabet.
func TestPlainField(t *testing.T) {
	for text, fine := range map[string]bool{
		`{"a":1,"b":{"a":2,"b":[{"a":3},{"a":4}]},"c":[]}`: true, `{"a":{"x":1},"x":2,"b":{"x":3}}`: true, `{"қ":1,"а":2}`: true,
		`{"a":1,"a":2}`: false, `{"a":1,"b":{"c":[1,2]},"a":2}`: false, `{"A":1}`: false, `{"қ":1,"қ":2}`: false, `{"Қ":1}`: false, `{"қA":1}`: false,
		`{"\u0061":1}`: false, `{"қ\u0061":1}`: false, `[{"a":1,"b":[{"c":1,"c":2}]}]`: false,
	} {
		if err := once([]byte(text)); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}
