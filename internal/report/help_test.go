package report

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"flag"
	"math/big"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/words"
)

var update = flag.Bool("update", false, "write the goldens afresh")

var day = time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func theList() *catalog.List {
	return must(catalog.Parse(must(os.ReadFile("../../assets/authorities.json"))))
}

func theBook() *words.Book { return must(words.Load(os.DirFS("../../assets"))) }

// issue makes a certificate, the same for the same names: without a source of chance an ECDSA signature is made as RFC 6979 has it.
func issue(subject, issuer pkix.Name, ca bool) cert.Certificate {
	key := func(name pkix.Name) *ecdsa.PrivateKey {
		seed := sha256.Sum256([]byte(name.String()))
		return must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: subject, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 2, 0, 0, 0, 0, time.UTC),
	}
	parent := &x509.Certificate{Subject: issuer}
	return cert.Read(must(x509.CreateCertificate(nil, template, parent, key(subject).Public(), key(issuer))))
}

var (
	isca = pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
	odd  = pkix.Name{CommonName: `<script>alert("x")</script> & <img src="http://evil.example/x.png">`}
	mine = pkix.Name{CommonName: "mkcert aigul@aigul-pc (Aigul Serikova)", Organization: []string{"mkcert development CA"}}
	sign = pkix.Name{CommonName: "СЕРИКОВА АЙГУЛЬ", SerialNumber: "IIN850101400123", Country: []string{"KZ"}}
)

// people are the accounts of the made-up computer.
var people = []machine.Person{{Name: "aigul", Home: "/home/aigul", Self: true}, {Name: "PC\\Бауыржан", Home: `C:\Users\Бауыржан`}}

// everything is evidence in which a bit of everything happened, and in which the person's names stand wherever they can stand.
func everything() evidence.Evidence {
	root, strange, dev := issue(isca, isca, true), issue(odd, odd, true), issue(mine, mine, true)
	personal := issue(sign, pkix.Name{CommonName: "Some signing authority"}, false)
	forged := issue(pkix.Name{CommonName: "vk.com"}, isca, false)
	entry := func(c cert.Certificate) evidence.Entry { return evidence.Entry{Cert: c, Trust: evidence.Web} }
	return evidence.Evidence{
		Started: day.Add(-time.Second), Finished: day,
		Places: []evidence.Seen{
			{Place: evidence.Place{Kind: evidence.System, Path: "/etc/ssl/certs", Program: "Debian"}, Took: 5 * time.Millisecond,
				Entries: []evidence.Entry{{Cert: root, Trust: evidence.Web, Needs: evidence.Admin}}},
			{Place: evidence.Place{Kind: evidence.NSS, Path: "/home/aigul/.mozilla/firefox/a1.default-release", Owner: "aigul", Program: "Firefox", Label: "default-release"},
				Entries: []evidence.Entry{entry(root), entry(strange)}},
			{Place: evidence.Place{Kind: evidence.NSS, Path: "/home/aigul/.mozilla/firefox/b2.Айгүл жұмыс", Owner: "aigul", Program: "Firefox", Label: `Айгүл "><b>жұмыс`},
				Entries: []evidence.Entry{entry(dev), {Cert: personal, Trust: evidence.Other}}},
			{Place: evidence.Place{Kind: evidence.NSS, Path: `C:\Users\Бауыржан\AppData\Roaming\Thunderbird\c3`, Owner: `PC\Бауыржан`, Program: "Thunderbird"},
				Troubles: []evidence.Trouble{{Code: evidence.Damaged, Path: "/home/aigul/.thunderbird/c3/cert9.db", Err: errors.New("read /home/aigul/x on aigul-pc: 10.1.2.3:443")}}},
		},
		Live: evidence.Live{Asked: true, Handshakes: []evidence.Handshake{
			{Target: evidence.Target{Host: "vk.com", Port: 443, Role: evidence.Watched}, At: day, Try: 1, Took: 40 * time.Millisecond,
				Addr: netip.MustParseAddrPort("87.240.132.67:443"), Chain: []cert.Certificate{forged, root}, Stop: evidence.Done,
				Outcome: evidence.ForgedLookalike, Signer: root.Print, Public: evidence.UnknownRoot, System: evidence.OK, Marks: []string{"mirrored-subject"}},
			{Target: evidence.Target{Host: "www.wikipedia.org", Port: 443, Role: evidence.Neutral}, At: day, Try: 1, Took: 50 * time.Millisecond,
				Addr: netip.MustParseAddrPort("185.15.59.224:443"), Stop: evidence.Done, Outcome: evidence.Genuine, Public: evidence.OK, System: evidence.OK, Stamped: true},
			{Target: evidence.Target{Host: "mail.ru", Port: 443, Role: evidence.Watched}, At: day, Try: 1, Addr: netip.MustParseAddrPort("192.168.1.1:443"),
				Stop: evidence.AfterHello, Outcome: evidence.BlockedReset, Cause: errors.New("read tcp 192.168.1.77:50000->192.168.1.1:443: reset")},
		}},
	}
}

// quiet is evidence of a computer on which nothing was found.
func quiet() evidence.Evidence {
	return evidence.Evidence{Started: day, Finished: day, Places: []evidence.Seen{{Place: evidence.Place{Kind: evidence.System, Path: "/etc/ssl/certs", Program: "Debian"}}}}
}

func reportOf(e evidence.Evidence) *Report {
	list := theList()
	return New(e, judge.Decide(list, e), list, "0.0.0", time.UTC)
}

func scrubbed(e evidence.Evidence) *Report {
	return reportOf(e).Scrubbed(NewScrubber(people, "aigul-pc"))
}

// needTool is the path of a program that a test cannot do without. Where everything must be proven (QULYP_NEED_ALL=1) its absence is a failure.
func needTool(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err == nil {
		return found
	}
	if os.Getenv("QULYP_NEED_ALL") == "1" {
		t.Fatalf("QULYP_NEED_ALL=1: %v", err)
	}
	t.Skipf("%v (set QULYP_NEED_ALL=1 to make this an error)", err)
	return ""
}

// golden holds text against testdata/NAME.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("differs from %s (run with -update to accept):\n%s", file, text)
	}
}
