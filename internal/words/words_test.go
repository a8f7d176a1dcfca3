package words

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"
)

// real loads the files that the program is built with.
func real(t testing.TB) *Book {
	t.Helper()
	book, err := Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func TestLoadRefuses(t *testing.T) {
	const good = `{"language.plurals": "one-other", "a": "x {name}", "b": {"one": "{n} x", "other": "{n} y"}}`
	for _, c := range []struct{ name, kk, ru, err string }{
		{"good", good, `{"language.plurals": "east-slavic", "a": "{name} ы", "b": "{n}"}`, ""},
		{"not JSON", `{`, "", "words/kk.json"},
		{"no rule", `{"a": "x"}`, "", `unknown rule ""`},
		{"unknown rule", `{"language.plurals": "two"}`, "", `unknown rule "two"`},
		{"a number", `{"language.plurals": "one-other", "a": 1}`, "", "a: neither"},
		{"null forms", `{"language.plurals": "one-other", "a": null, "b": [1]}`, "", "neither"},
		{"unknown category", `{"language.plurals": "one-other", "a": {"one": "{n}", "few": "{n}", "other": "{n}"}}`, "", `"few" is not one`},
		{"missing category", `{"language.plurals": "one-other", "a": {"one": "{n}"}}`, "", `"other" is missing`},
		{"forms differ", `{"language.plurals": "one-other", "a": {"one": "one", "other": "{n}"}}`, "", "differ between plural forms"},
		{"forms without number", `{"language.plurals": "one-other", "a": {"one": "one", "other": "more"}}`, "", "without the placeholder {n}"},
		{"open brace", `{"language.plurals": "one-other", "a": "{name"}`, "", "braces"},
		{"closed brace", `{"language.plurals": "one-other", "a": "name}"}`, "", "braces"},
		{"empty brace", `{"language.plurals": "one-other", "a": "{}"}`, "", "braces"},
		{"nested brace", `{"language.plurals": "one-other", "a": "{a{b}}"}`, "", "braces"},
		{"languages differ", good, `{"language.plurals": "east-slavic", "a": "{other}"}`, "a: placeholders are [other] in ru and [name] in kk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{"words/kk.json": {Data: []byte(c.kk)}}
			if c.ru != "" {
				files["words/ru.json"] = &fstest.MapFile{Data: []byte(c.ru)}
			}
			_, err := Load(files)
			switch {
			case c.err == "" && err != nil:
				t.Fatal(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Fatalf("got %v, want an error with %q", err, c.err)
			}
		})
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("no language at all is no error")
	}
}

// The numbers and the Russian and English forms of CLDR 48.2, as tried with ICU.
func TestPlurals(t *testing.T) {
	numbers := []float64{0, 1, 2, 4, 5, 11, 12, 14, 20, 21, 22, 25, 100, 101, 102, 111, 112, 1.5}
	for _, c := range []struct{ rule, want string }{
		{"one-other", "other one other other other other other other other other other other other other other other other other"},
		{"east-slavic", "many one few few many many many many many one few many many one few many many other"},
	} {
		for i, want := range strings.Fields(c.want) {
			if got := rules[c.rule].choose(numbers[i]); string(got) != want {
				t.Errorf("%s of %v is %s, want %s", c.rule, numbers[i], got, want)
			}
		}
	}
	for name, r := range rules {
		for n := range 1000 {
			if got := r.choose(float64(n)); !slices.Contains(r.needs, got) {
				t.Fatalf("%s of %d is %s, which is not among its categories", name, n, got)
			}
		}
	}
}

func TestSay(t *testing.T) {
	book := real(t)
	ru, kk, en := book.Printer(Russian), book.Printer(Kazakh), book.Printer(English)
	for _, c := range []struct{ got, want string }{
		{ru.Say("count.places", N(1)), "1\u00a0место"},
		{ru.Say("count.places", N(21)), "21\u00a0место"},
		{ru.Say("count.places", N(22)), "22\u00a0места"},
		{ru.Say("count.places", N(111)), "111\u00a0мест"},
		{ru.Say("count.places", N(12345)), "12\u00a0345\u00a0мест"},
		{ru.Say("count.places", With("n", 1.5)), "1,5\u00a0места"},
		{kk.Say("count.certificates", N(5)), "5\u00a0сертификат"},
		{en.Say("count.certificates", N(1)), "1\u00a0certificate"},
		{en.Say("count.certificates", N(1234)), "1,234\u00a0certificates"},
		{en.Plain().Say("count.certificates", N(2)), "2 certificates"},
		{en.Say("no.such.key"), "⟦no.such.key⟧"},
		{en.Say("screen.check.now"), "Now: ⟦place⟧"},
		{en.Say("screen.check.now", With("place", "{place} {n}")), "Now: {place} {n}"},
		{kk.Number(-1234567.891), "−1\u00a0234\u00a0567,89"},
		{en.Number(1234567.8), "1,234,567.8"},
		{en.Number(0.001), "0"},
		{kk.List([]string{"A", "B", "C"}), "A, B және C"},
		{ru.List([]string{"A", "B"}), "A и B"},
		{en.List([]string{"A"}), "A"},
		{en.List(nil), ""},
		{kk.Quote("Qaznet"), "«Qaznet»"},
		{en.Quote("Qaznet"), "“Qaznet”"},
		{string(book.Printer("xx").Language()), "kk"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

type twoNames struct{}

func (twoNames) In(tag string) string {
	return map[string]string{"kk": "«Қауіпсіздік сертификаты» ISCA", "ru": "ISCA, «сертификат безопасности»", "en": "the “security certificate”"}[tag]
}

func TestNamesInQuotes(t *testing.T) {
	book := real(t)
	for _, c := range []struct{ l, want string }{
		{"kk", "«Қауіпсіздік сертификаты ISCA» сенімсіз"},
		{"ru", "«ISCA, „сертификат безопасности“» отмечен"},
		{"en", "“the ‘security certificate’” is marked"},
	} {
		got := book.Printer(Language(c.l)).Say("finding.hostile-refused.text", With("name", twoNames{}))
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	// outside of quotation marks a name stays as it is, and a day is written as the language writes it
	at := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	if got := book.Printer(English).Say("screen.check.now", With("place", twoNames{})); got != "Now: the “security certificate”" {
		t.Error(got)
	}
	if got := book.Printer(Russian).Plain().Say("finding.clock-wrong.text", With("date", at)); !strings.Contains(got, "сегодня 3 ноября 2026 г.") {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	book := real(t)
	almaty := time.FixedZone("Almaty", 5*3600)
	at := time.Date(2026, 11, 3, 7, 4, 0, 0, almaty)
	for _, c := range []struct{ language, date, long, ago string }{
		{"kk", "03.11.2026", "2026 ж. 3 қараша", "3 күн бұрын"},
		{"ru", "03.11.2026", "3 ноября 2026 г.", "3 дня назад"},
		{"en", "3 Nov 2026", "3 November 2026", "3 days ago"},
	} {
		p := book.Printer(Language(c.language)).Plain()
		if p.Date(at) != c.date || p.LongDate(at) != c.long || p.Time(at) != "07:04" {
			t.Errorf("%s: %s, %s, %s", c.language, p.Date(at), p.LongDate(at), p.Time(at))
		}
		if got := p.Ago(at, time.Date(2026, 11, 6, 1, 0, 0, 0, almaty)); got != c.ago {
			t.Errorf("%s: %s, want %s", c.language, got, c.ago)
		}
		if got := p.Ago(at, at.Add(-48*time.Hour)); got != c.date {
			t.Errorf("%s: a day to come is %s", c.language, got)
		}
	}
	en := book.Printer(English)
	// 01:00 in Almaty is still yesterday's evening in UTC: the zone of now decides.
	if got := en.Ago(at, time.Date(2026, 11, 4, 1, 0, 0, 0, almaty)); got != "yesterday" {
		t.Errorf("got %s", got)
	}
	if got := en.Ago(at, at.Add(time.Minute)); got != "today" {
		t.Errorf("got %s", got)
	}
}

func TestChoose(t *testing.T) {
	book := real(t)
	for _, c := range []struct {
		saved  string
		system []string
		region string
		want   Language
	}{
		{"kk", []string{"ru_RU.UTF-8"}, "RU", Kazakh},
		{"xx", []string{"ru_RU.UTF-8"}, "RU", Russian},
		{"", []string{"kk_KZ.UTF-8"}, "", Kazakh},
		{"", []string{"ru-KZ"}, "KZ", Russian},
		{"", []string{"de:kk:en"}, "", Kazakh},
		{"", []string{"C.UTF-8"}, "KZ", Kazakh},
		{"", []string{"de_KZ@euro"}, "", Kazakh},
		{"", []string{"kk-Cyrl-KZ"}, "", Kazakh},
		{"", []string{"de_DE"}, "", English},
		{"", []string{"uk_UA.UTF-8"}, "", Russian},
		{"", []string{"de"}, "KG", Russian},
		{"", []string{"C", "POSIX", ""}, "", English},
		{"", nil, "", English},
		{"", []string{"en_US.UTF-8"}, "KZ", English},
	} {
		if got := book.Choose(c.saved, c.system, c.region); got != c.want {
			t.Errorf("Choose(%q, %q, %q) is %s, want %s", c.saved, c.system, c.region, got, c.want)
		}
	}
}

// A language is one file: a fourth one needs no change of code.
func TestNewLanguage(t *testing.T) {
	english, err := os.ReadFile("../../assets/words/en.json")
	if err != nil {
		t.Fatal(err)
	}
	book, err := Load(fstest.MapFS{"words/en.json": {Data: english}, "words/ky.json": {Data: english}})
	if err != nil {
		t.Fatal(err)
	}
	if got := book.Choose("", []string{"ky_KG"}, ""); got != "ky" {
		t.Errorf("a Kyrgyz system gets %s", got)
	}
	if missing := book.Missing("ky"); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
}

func TestTerminalSpacesArePlain(t *testing.T) {
	book := real(t)
	for _, l := range book.Languages() {
		p := book.Printer(l).Plain()
		for _, key := range book.Keys() {
			if strings.ContainsFunc(p.Say(key, N(12345)), func(r rune) bool { return unicode.IsSpace(r) && r != ' ' }) {
				t.Errorf("%s %s has a space that is not plain", l, key)
			}
		}
	}
}

// FuzzLoad: whatever a language file holds, Load refuses it or every key can be said.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"language.plurals": "one-other", "a": {"one": "{n}", "other": "{n} {b}"}}`))
	f.Add([]byte(`{"language.plurals": "east-slavic", "a": "{x}} {"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		book, err := Load(fstest.MapFS{"words/kk.json": {Data: data}})
		if err != nil {
			return
		}
		p := book.Printer(Kazakh)
		for _, key := range book.Keys() {
			p.Say(key, N(3))
		}
		p.Date(time.Unix(0, 0))
		p.Number(-1e300)
	})
}
