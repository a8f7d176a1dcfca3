//go:build !nowindow

package window

import (
	"regexp"
	"strings"
	"testing"

	"qulyp/internal/catalog"
	"qulyp/internal/words"
)

// TestOneName holds that the program is called the same in every language, in its window as in its sentences.
func TestOneName(t *testing.T) {
	for _, language := range languages(t) {
		p := book(t).Printer(language)
		if name := p.Say("app.name"); name != "Qulyp" {
			t.Errorf("%s calls it %q", language, name)
		}
		if !strings.Contains(p.Say("screen.about.text"), "Qulyp") {
			t.Errorf("%s tells of something else: %q", language, p.Say("screen.about.text"))
		}
	}
}

// TestNotTwice holds that no certificate of the list whose name says that it is a certificate is called one a second time beside its name. English puts the word before
// a name that is no sentence, where nothing sounds wrong.
func TestNotTwice(t *testing.T) {
	twice := regexp.MustCompile(`ертификат\S* «[^»]*ертификат|«[^»]*ертификат[^»]*» сертификат`)
	named := regexp.MustCompile(`(?i)сертификат`)
	quotes := strings.NewReplacer("«", "", "»", "")
	for _, language := range []words.Language{words.Kazakh, words.Russian} {
		p := book(t).Printer(language)
		for _, one := range list(t).Authorities {
			if one.Class != catalog.StateInterception || one.Names == nil {
				continue
			}
			name := quotes.Replace(one.Names.In(string(language)))
			if !named.MatchString(name) {
				t.Errorf("%s: %q does not say that it is a certificate, and the sentences leave it out", language, name)
			}
			for _, key := range []string{"state-installed.text", "state-installed.text-quiet", "state-used.text", "state-leftover.text"} {
				if text := p.Say("finding."+key, words.With("name", name)); twice.MatchString(text) {
					t.Errorf("%s: %q", language, text)
				}
			}
		}
	}
}
