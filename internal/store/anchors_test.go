package store

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

func TestAuxTrust(t *testing.T) {
	mail := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	list := func(ids ...asn1.ObjectIdentifier) []asn1.ObjectIdentifier {
		return append([]asn1.ObjectIdentifier{}, ids...)
	}
	for name, test := range map[string]struct {
		aux  []byte
		want evidence.Trust
	}{
		"none":              {nil, ""},
		"empty":             {auxFor(t, nil, nil), ""},
		"web":               {auxFor(t, list(serverAuth), nil), evidence.Web},
		"all":               {auxFor(t, list(anyPurpose), nil), evidence.Web},
		"mail and web":      {auxFor(t, list(mail, serverAuth), nil), evidence.Web},
		"mail":              {auxFor(t, list(mail), nil), evidence.Other},
		"nothing":           {auxFor(t, list(), nil), evidence.Distrusted},
		"not web":           {auxFor(t, nil, list(serverAuth)), evidence.Distrusted},
		"not anything":      {auxFor(t, nil, list(anyPurpose)), evidence.Distrusted},
		"not mail":          {auxFor(t, nil, list(mail)), ""},
		"mail, not web":     {auxFor(t, list(mail), list(serverAuth)), evidence.Distrusted},
		"web, but not web":  {auxFor(t, list(serverAuth), list(serverAuth)), evidence.Distrusted},
		"web, not mail":     {auxFor(t, list(serverAuth), list(mail)), evidence.Web},
		"junk":              {[]byte{0x30, 0x05, 0x30}, ""},
		"a list cut short":  {[]byte{0x30, 0x02, 0x30, 0x05}, ""},
		"something else":    {[]byte{0x04, 0x01, 0x00}, ""},
		"junk for a name":   {[]byte{0x30, 0x04, 0x30, 0x02, 0x04, 0x00}, evidence.Distrusted},
		"rejects cut short": {[]byte{0x30, 0x02, 0xA0, 0x05}, ""},
	} {
		if got := auxTrust(test.aux); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestP11Pieces(t *testing.T) {
	a, b := newAuthority(t, "One", 1), newAuthority(t, "Two", 2)
	var escaped strings.Builder
	for _, c := range b.DER {
		fmt.Fprintf(&escaped, "%%%02x", c)
	}
	text := "# head\n" +
		section(a, "trusted: true\n") +
		"# between\n" +
		"[p11-kit-object-v1]\nclass: certificate\ncertificate-type: x-509\nvalue: \"" + escaped.String() + "\"\nx-distrusted: true\n\n" +
		"[p11-kit-object-v1]\nclass: x-certificate-extension\nobject-id: 2.5.29.37\nvalue: \"%30%0c\"\n-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n" +
		"[something-else]\nx: y\n" + plain(a)
	got := p11Pieces([]byte(text))
	if len(got) != 3 {
		t.Fatalf("%d sections", len(got))
	}
	if got[0].print != a.Print || got[0].trust != evidence.Web || got[1].print != b.Print || got[1].trust != evidence.Distrusted || got[2].der != nil {
		t.Errorf("%+v", got)
	}
	if cut := text[got[0].start:got[0].end]; cut+"\n" != section(a, "trusted: true\n") {
		t.Errorf("section is %q", cut)
	}
	if f, all := pieces([]byte(text), false); f != pemForm || len(all) != 2 {
		t.Errorf("read by those who do not know the format: %s, %d", f, len(all))
	}
}

func TestPiecesDER(t *testing.T) {
	a := newAuthority(t, "One", 1)
	if f, all := pieces(a.DER, true); f != derForm || len(all) != 1 || all[0].print != a.Print || all[0].end != len(a.DER) {
		t.Errorf("%s %+v", f, all)
	}
	for name, data := range map[string][]byte{
		"longer than it says": append(bytes.Clone(a.DER), 0),
		"cut short":           a.DER[:len(a.DER)-1],
		"its inner part":      a.parsed.RawTBSCertificate,
		"a name":              a.parsed.RawSubject,
		"nothing":             nil,
	} {
		if _, all := pieces(data, true); len(all) != 0 {
			t.Errorf("%s: taken for a certificate", name)
		}
	}
	for _, name := range []string{"bad-dsdtestprovider-0f912fd7.pem", "kz-legit-kuc-root-gost-2015-9ab210e5.pem", "kz-isca-2020-2050-235150de.pem"} {
		c := needShared(t, name)
		if _, all := pieces(c.DER, true); len(all) != 1 || all[0].print != c.Print {
			t.Errorf("%s: not taken for a certificate", name)
		}
	}
}

// TestCutsInAnyOrder takes several certificates out of one file, each saved while all were there, and puts them back in any order.
func TestCutsInAnyOrder(t *testing.T) {
	var all []authority
	for i := range 6 {
		all = append(all, newAuthority(t, fmt.Sprintf("Root %d", i), int64(i)))
	}
	var sections string
	for i, a := range all {
		sections += fmt.Sprintf("# %d\n", i) + section(a, "trusted: true\n")
	}
	for name, file := range map[string]struct {
		form form
		text string
	}{
		"bundle":               {pemForm, plain(all...)},
		"bundle with comments": {pemForm, commented(all...)},
		"bundle without end":   {pemForm, strings.TrimSpace(plain(all...))},
		"twice":                {pemForm, plain(all...) + "# again\n" + plain(all...)},
		"one again at the end": {pemForm, plain(all...) + plain(all[0])},
		"sections":             {p11Form, sections},
		"lines of CR LF":       {pemForm, strings.ReplaceAll(commented(all...), "\n", "\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(file.text)
			saved := map[int]cuts{}
			for _, i := range []int{1, 2, 3, 5} {
				saved[i] = planCuts(file.form, data, formPieces(file.form, data), func(p piece) bool { return p.print == all[i].Print })
			}
			for try := range 200 {
				random := rand.New(rand.NewPCG(1, uint64(try)))
				now := bytes.Clone(data)
				keys := []int{1, 2, 3, 5}
				random.Shuffle(len(keys), func(a, b int) { keys[a], keys[b] = keys[b], keys[a] })
				out := keys[:1+random.IntN(len(keys))]
				for _, i := range out {
					if saved[i].find(now, all[i].Print) != present {
						t.Fatal("not found")
					}
					now = saved[i].take(now)
					if saved[i].find(now, all[i].Print) != gone {
						t.Fatal("still found")
					}
				}
				for i, a := range all {
					if there := bytes.Contains(now, []byte(strings.TrimSpace(strings.ReplaceAll(plain(a), "\n", lineBreak(file.text))))); there == slices.Contains(out, i) {
						t.Fatalf("certificate %d there: %v", i, there)
					}
				}
				random.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
				for _, i := range out {
					now = saved[i].put(now)
					now = saved[i].put(now) // once more is no more
				}
				if !bytes.Equal(now, data) {
					t.Fatalf("not what it was, taking and putting %v", out)
				}
			}
		})
	}
}

func lineBreak(text string) string {
	if strings.Contains(text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// TestCutsInChangedFile: what others did to the file meanwhile stays.
func TestCutsInChangedFile(t *testing.T) {
	var all []authority
	for i := range 4 {
		all = append(all, newAuthority(t, fmt.Sprintf("Root %d", i), int64(i)))
	}
	data := []byte(commented(all[:3]...))
	saved := planCuts(pemForm, data, formPieces(pemForm, data), func(p piece) bool { return p.print == all[1].Print })
	for name, change := range map[string]func(string) string{
		"another at the end":       func(s string) string { return s + "# new\n" + plain(all[3]) },
		"another at the beginning": func(s string) string { return plain(all[3]) + s },
		"all others gone":          func(string) string { return "" },
		"text without end":         func(s string) string { return s + "text" },
		"neighbours gone":          func(s string) string { return strings.ReplaceAll(s, plain(all[0]), "") },
		"only text":                func(string) string { return "nothing left" },
	} {
		meanwhile := change(string(saved.take(data)))
		whole := saved.put([]byte(meanwhile))
		if rest := saved.take(whole); strings.ReplaceAll(string(rest), "\n", "") != strings.ReplaceAll(meanwhile, "\n", "") {
			t.Errorf("%s: something else has changed", name)
		}
		_, found := pieces(whole, false)
		if !slices.ContainsFunc(found, func(p piece) bool { return p.print == all[1].Print }) {
			t.Errorf("%s: not put back", name)
		}
		if len(found) != strings.Count(meanwhile, "BEGIN")+1 {
			t.Errorf("%s: %d certificates", name, len(found))
		}
	}
	other := strings.ReplaceAll(string(data), "\n", "\r\n")
	if saved.find([]byte(other), all[1].Print) != altered {
		t.Error("the same certificate in other bytes is taken for what was saved")
	}
}

func FuzzAuxTrust(f *testing.F) {
	f.Add(auxFor(f, []asn1.ObjectIdentifier{serverAuth}, []asn1.ObjectIdentifier{anyPurpose}))
	f.Add(auxFor(f, []asn1.ObjectIdentifier{}, nil))
	f.Add([]byte{0x30, 0x80, 0xA0})
	f.Fuzz(func(t *testing.T, aux []byte) {
		switch got := auxTrust(aux); got {
		case "", evidence.Web, evidence.Other, evidence.Distrusted:
		default:
			t.Errorf("trust %q", got)
		}
	})
}

// FuzzCuts: whatever the file, what is cut out of it and put back makes the same file.
func FuzzCuts(f *testing.F) {
	a, b := newAuthority(f, "One", 1), newAuthority(f, "Two", 2)
	f.Add([]byte(plain(a, b)), uint8(1))
	f.Add([]byte(commented(a, b, a)), uint8(3))
	f.Add([]byte("# x\n"+section(a, "trusted: true\n")+section(b, "x-distrusted: true\n")), uint8(2))
	f.Add([]byte("[p11-kit-object-v1]\nvalue: \"%30\"\n[p11-kit-object-v1]\n[x]\n"), uint8(1))
	f.Add([]byte(trusted(f, a, []asn1.ObjectIdentifier{serverAuth}, nil)+"-----BEGIN CERTIFICATE-----BEGIN"), uint8(1))
	f.Add([]byte(a.DER), uint8(1))
	f.Add([]byte("a\nb\n\nc"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, choose uint8) {
		for _, form := range []form{pemForm, p11Form, lineForm} {
			all := formPieces(form, data)
			at := 0
			for _, p := range all {
				if p.start < at || p.end <= p.start || p.end > len(data) {
					t.Fatalf("%s: piece %d..%d of %d after %d", form, p.start, p.end, len(data), at)
				}
				at = p.end
				if p.der != nil && p.print != cert.Of(p.der) {
					t.Fatalf("%s: print is not of the certificate", form)
				}
			}
			number := -1
			saved := planCuts(form, data, all, func(piece) bool { number++; return choose>>(number%8)&1 == 1 })
			if len(saved.List) == 0 {
				continue
			}
			rest := saved.take(data)
			if digestOf(rest) != saved.Rest && len(rest) >= len(data) {
				t.Fatalf("%s: nothing was cut", form)
			}
			if digestOf(rest) == saved.Rest {
				if whole := saved.put(rest); !bytes.Equal(whole, data) {
					t.Fatalf("%s: not what it was:\n%q\nwas\n%q", form, whole, data)
				}
			}
			if whole := saved.put(data); !bytes.Equal(whole, data) {
				t.Fatalf("%s: putting back what is there changed the file", form)
			}
		}
	})
}

func FuzzRelease(f *testing.F) {
	f.Add([]byte(debianRelease))
	f.Add([]byte(suseRelease))
	f.Add([]byte("NAME=\"\nID=\x00\nID_LIKE='a b'\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := readRelease(data)
		if strings.ContainsAny(r.name, "\x00\n\x1b") {
			t.Errorf("name %q", r.name)
		}
		for _, known := range families {
			if name := r.program(known); name == "" || len(name) > 60 {
				t.Errorf("program %q", name)
			}
		}
	})
}

func FuzzChoices(f *testing.F) {
	f.Add([]byte("# c\nmozilla/A.crt\n!mozilla/B.crt\n\n!\n ../x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		at := 0
		for _, c := range readChoices(data) {
			if c.start < at || c.end <= c.start || c.end > len(data) {
				t.Fatalf("line %d..%d", c.start, c.end)
			}
			at = c.end
			line := strings.TrimSuffix(string(data[c.start:c.end]), "\n")
			if want := map[bool]string{true: "!" + c.name, false: c.name}[c.off]; line != want {
				t.Errorf("line %q read as %q", line, want)
			}
		}
	})
}
