package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
)

// TestNotes: what decides on trust without naming a certificate stands in every form of a report, and tells nobody who the person is.
func TestNotes(t *testing.T) {
	list := &catalog.List{}
	place := evidence.Place{Kind: evidence.NSS, Path: "/home/aigul/.mozilla/firefox/a1b2c3d4.default", Owner: "aigul", Program: "Firefox", Label: "default"}
	other := place
	other.Path = "/home/aigul/.mozilla/firefox/a1b2c3d5.default"
	module := evidence.Note{Code: evidence.ExtraModule, Path: place.Path + "/pkcs11.txt", Value: "/home/aigul/\u202ex.so"}
	e := evidence.Evidence{Places: []evidence.Seen{
		{Place: place, Notes: []evidence.Note{module, {Code: evidence.SystemRoots, Path: place.Path + "/prefs.js"}}},
		{Place: other, Notes: []evidence.Note{module, {Code: evidence.ExtraModule, Path: "/elsewhere/aigul.txt", Value: "/usr/lib/p11-kit-trust.so", Forced: true}}},
		{Place: evidence.Place{Kind: evidence.Policy, Path: "/usr/lib/firefox/mozilla.cfg", Program: "Firefox"}, Notes: []evidence.Note{
			{Code: evidence.AutoConfig, Path: "/usr/lib/firefox/mozilla.cfg", Value: "/usr/lib/firefox/mozilla.cfg", Forced: true},
			{Code: evidence.AutoConfigAdds, Value: "/a.cfg"}, {Code: evidence.SystemRootsOff}, {Code: evidence.ExtraModule, Value: "/usr/lib/opensc-pkcs11.so"},
		}},
	}}
	own := New(e, judge.Decide(list, e), list, "1", time.UTC)
	given := own.Scrubbed(NewScrubber([]machine.Person{{Name: "aigul", Home: "/home/aigul"}}))
	for _, language := range theBook().Languages() {
		p := theBook().Printer(language)
		for name, r := range map[string]*Report{"own": own, "given": given} {
			var text, page bytes.Buffer
			if err := r.Text(&text, p, Style{}); err != nil {
				t.Fatal(err)
			}
			if err := r.HTML(&page, p); err != nil {
				t.Fatal(err)
			}
			for form, said := range map[string]string{"text": text.String(), "page": page.String()} {
				flat := strings.Join(strings.Fields(said), " ")
				for _, wanted := range []string{"p11-kit-trust.so", "opensc-pkcs11.so", "/a.cfg", "mozilla.cfg"} {
					if !strings.Contains(flat, wanted) {
						t.Errorf("%s, %s, %s: lacks %q", language, name, form, wanted)
					}
				}
				if strings.ContainsAny(said, "⟦⟧\u202e") || name == "given" && strings.Contains(said, "aigul") {
					t.Errorf("%s, %s, %s:\n%s", language, name, form, said)
				}
			}
		}
	}
	var out bytes.Buffer
	if err := given.JSON(&out, theBook().Printer("en")); err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Places []struct {
			Notes []noteJSON `json:"notes"`
		} `json:"places"`
	}
	if err := json.Unmarshal(out.Bytes(), &parsed); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "aigul") {
		t.Errorf("names the person:\n%s", out.String())
	}
	if len(parsed.Places) != 3 || len(parsed.Places[0].Notes) != 2 || parsed.Places[0].Notes[0].Code != evidence.ExtraModule ||
		!strings.HasSuffix(parsed.Places[0].Notes[0].Path, "/pkcs11.txt") || !parsed.Places[1].Notes[1].Forced {
		t.Errorf("%+v", parsed)
	}
}
