package report

import (
	"os"
	"slices"
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
