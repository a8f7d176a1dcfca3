//go:build !nowindow

package window

import (
	"slices"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// TestAskAdmin holds that the command for an administrator is shown where a permission is missing, and only there, fits the system, and can be copied.
func TestAskAdmin(t *testing.T) {
	for _, one := range []struct {
		goos    string
		trouble evidence.Code
		want    string
	}{
		{"linux", evidence.NoPermission, "sudo qulyp check"}, {"darwin", evidence.NoPermission, "sudo qulyp check"}, {"windows", evidence.NeedsAdmin, "qulyp check"},
		{"linux", evidence.Locked, ""},
	} {
		w, _ := raise(t, setting{language: words.Kazakh, plays: judge.NothingFound, change: func(o *Options, p *player) { o.GOOS, p.stage.goos = one.goos, one.goos }})
		press(w, "main", "skip")
		e := w.found.evidence
		e.Places[inFirefox].Troubles = []evidence.Trouble{{Code: one.trouble}}
		w.found = &found{e, judge.Decide(w.Options.List, e)}
		w.show(&verdictScreen{})
		press(w, "details")
		if there := findFocus(w.win.Content(), "copy-command") != nil; there != (one.want != "") {
			t.Fatalf("%s, %s: the command is shown %t", one.goos, one.trouble, there)
		}
		if one.want == "" {
			continue
		}
		press(w, "copy-command")
		if got := w.app.Clipboard().Content(); got != one.want || !said(w, one.want) || !said(w, w.Say("screen.verdict.copied")) {
			t.Errorf("%s: %q is copied, want %q", one.goos, got, one.want)
		}
	}
}

// TestAdviceNamesPlaces holds that what helps stands under the names of the places for which it helps when places need different things, and once when they need the same.
func TestAdviceNamesPlaces(t *testing.T) {
	w, _ := raise(t, setting{language: words.Russian, plays: judge.NothingFound})
	press(w, "main", "skip")
	show := func(codes map[int]evidence.Code) []string {
		e := w.found.evidence
		e.Places = usualPlaces("linux")
		for i, code := range codes {
			e.Places[i].Troubles = []evidence.Trouble{{Code: code}}
		}
		w.found = &found{e, judge.Decide(w.Options.List, e)}
		w.show(&verdictScreen{})
		return texts(w.win.Content())
	}
	next := func(code evidence.Code) string { return w.reason(code, "next", evidence.Place{Program: "x"}) }
	under := func(all []string, name, help string) bool {
		i := slices.Index(all, help)
		return i > 0 && all[i-1] == name
	}
	all := show(map[int]evidence.Code{inFirefox: evidence.Damaged, inJava: evidence.NoPermission, inMail: evidence.Damaged})
	if !under(all, "Firefox и Thunderbird", next(evidence.Damaged)) || !under(all, "Java", next(evidence.NoPermission)) {
		t.Errorf("the screen says %q", all)
	}
	all = show(map[int]evidence.Code{inFirefox: evidence.Damaged, inMail: evidence.Damaged})
	if want := w.Say("screen.verdict.unseen", words.With("list", "Firefox и Thunderbird")) + " " + next(evidence.Damaged); !slices.Contains(all, want) {
		t.Errorf("the screen says %q, want %q", all, want)
	}
}
