package report

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

func TestShieldSentences(t *testing.T) {
	book, err := words.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	one, two, chromium := evidence.Place{Kind: evidence.NSS, Path: "/1", Program: "Firefox", Label: "one"}, evidence.Place{Kind: evidence.NSS, Path: "/2", Program: "Firefox", Label: "two"},
		evidence.Place{Kind: evidence.Chromium, Path: "/3", Program: "Chromium"}
	alike, apart := cert.Of([]byte("a")), cert.Of([]byte("b"))
	e := evidence.Evidence{
		Places: []evidence.Seen{{Place: one}, {Place: two}, {Place: chromium}},
		Shields: []evidence.Shield{
			{Place: one, Print: alike, Does: evidence.ShieldBlocked}, {Place: two, Print: alike, Does: evidence.ShieldBlocked},
			{Place: one, Print: apart, Does: evidence.ShieldBlocked}, {Place: two, Print: apart, Does: evidence.ShieldOpen}, {Place: chromium, Print: apart, Does: evidence.ShieldKnown},
		},
	}
	r := New(e, judge.Verdict{}, &catalog.List{}, "", time.UTC)
	p := book.Printer("en").Plain()
	want := []string{p.Say("shield.blocked", words.With("program", "Firefox")) + "."}
	if got := r.Shields(p, alike); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	want = []string{
		p.Say("shield.blocked", words.With("program", PlaceName(p, one, false))) + ".", p.Say("shield.open", words.With("program", PlaceName(p, two, false))) + ".",
		p.Say("shield.known", words.With("program", "Chromium")) + ".",
	}
	if got := r.Shields(p, apart); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := r.Shields(p, cert.Of([]byte("c"))); got != nil {
		t.Errorf("said %q of a certificate that nobody was asked about", got)
	}
}

// What browsers do stands in the text and in the JSON of a report.
func TestShieldsInReport(t *testing.T) {
	book, err := words.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../assets/authorities.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalog.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list.Authorities, func(a catalog.Authority) bool { return a.Class == catalog.StateInterception && !a.SHA256.IsZero() })
	one := cert.Certificate{Print: list.Authorities[at].SHA256}
	place := evidence.Place{Kind: evidence.NSS, Path: "/1", Program: "Firefox"}
	e := evidence.Evidence{
		Places:  []evidence.Seen{{Place: place, Entries: []evidence.Entry{{Cert: one, Trust: evidence.Web, Orphan: true}}}},
		Shields: []evidence.Shield{{Place: place, Print: one.Print, Does: evidence.ShieldBlocked, By: "onecrl", Where: "/1/security_state/data.safe.bin"}},
	}
	r := New(e, judge.Decide(list, e), list, "", time.UTC)
	p := book.Printer("ru").Plain()
	var text, out bytes.Buffer
	if err := r.Text(&text, p, Style{}); err != nil {
		t.Fatal(err)
	}
	if err := r.JSON(&out, p); err != nil {
		t.Fatal(err)
	}
	if line := p.Say("shield.blocked", words.With("program", "Firefox")); !strings.Contains(strings.Join(strings.Fields(text.String()), " "), line) {
		t.Errorf("the text does not say %q:\n%s", line, text.String())
	}
	var seen struct {
		Certificates []struct {
			Shields []map[string]any `json:"shields"`
		} `json:"certificates"`
	}
	if err := json.Unmarshal(out.Bytes(), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Certificates) != 1 || len(seen.Certificates[0].Shields) != 1 || seen.Certificates[0].Shields[0]["does"] != "blocked" || seen.Certificates[0].Shields[0]["by"] != "onecrl" {
		t.Errorf("JSON %+v", seen)
	}
}

// The line by which a program was told to trust a certificate is named, without the names of people where the report is given away.
func TestSettingsInReport(t *testing.T) {
	book, err := words.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	one := cert.Read([]byte("not a certificate, and trusted all the same"))
	e := evidence.Evidence{Places: []evidence.Seen{{
		Place:   evidence.Place{Kind: evidence.Environment, Path: "/home/berik/.curlrc", Owner: "berik", Program: "curl"},
		Entries: []evidence.Entry{{Cert: one, Trust: evidence.Web, Needs: evidence.Never, Where: []string{"/home/berik/.curlrc:3 cacert", "/home/berik/ca.pem"}}},
	}}}
	r := New(e, judge.Decide(&catalog.List{}, e), &catalog.List{}, "", time.UTC)
	p := book.Printer("kk").Plain()
	for what, c := range map[string]struct {
		r    *Report
		want string
	}{"own": {r, "/home/berik/.curlrc:3 cacert"}, "given": {r.Scrubbed(NewScrubber(nil)), "~/.curlrc:3 cacert"}} {
		var text, page, out bytes.Buffer
		for _, err := range []error{c.r.Text(&text, p, Style{}), c.r.HTML(&page, p), c.r.JSON(&out, p)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for kind, got := range map[string]string{"text": strings.Join(strings.Fields(text.String()), " "), "page": page.String(), "JSON": out.String()} {
			if !strings.Contains(got, c.want) {
				t.Errorf("%s report, %s: the line %q is not named", what, kind, c.want)
			}
			if what == "given" && strings.Contains(got, "berik") {
				t.Errorf("%s report, %s: the name of the account is told", what, kind)
			}
		}
	}
}
