//go:build !nowindow

package window

import (
	"slices"
	"strings"
	"testing"

	"qulyp/internal/catalog"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// spoken is all that the window says, in one text.
func spoken(w *window) string { return strings.Join(texts(w.win.Content()), "\n") }

// TestLeftBehind removes what can be removed, while an organisation holds the same certificate elsewhere: it is not said to be gone, the place is named, and the
// steps still warn and tell whom to ask.
func TestLeftBehind(t *testing.T) {
	w, _ := raise(t, setting{language: words.English, change: func(_ *Options, p *player) { alsoManaged(p) }})
	press(w, "main", "skip", "main")
	if n := len(w.screen.(*planScreen).plan.Left); n != 1 {
		t.Fatalf("the plan leaves %d", n)
	}
	press(w, "main")
	at(t, w, "result")
	if w.shown.title != w.Say("screen.result.partial-title") {
		t.Errorf("the window says %q, though the certificate is still in a place", w.shown.title)
	}
	text := spoken(w)
	if strings.Contains(text, w.Say("screen.result.text")) {
		t.Error("the window says that the certificate is gone from everywhere")
	}
	for _, wanted := range []string{w.partly(2, 1), w.Say("reason.managed.text"), "Ubuntu"} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the window does not say %q", wanted)
		}
	}
	if all := w.screen.(*resultScreen).outcomes(); all[0].Place.Program != "Ubuntu" {
		t.Errorf("what needs the person stands behind %q", all[0].Place.Program)
	}
	if findFocus(w.win.Content(), "main").(*button).text == w.Say("action.retry") {
		t.Error("to try again is offered, though nothing is left that could be tried")
	}
	press(w, "main")
	at(t, w, "next")
	if steps := w.screen.(*nextScreen).steps; slices.Contains(steps, "remove") || !slices.Contains(steps, "ask-admin") {
		t.Errorf("the steps are %q", steps)
	}
}

// TestOtherStays removes one certificate that was offered in the details, while a dangerous one is there too: that one is not passed over.
func TestOtherStays(t *testing.T) {
	w, p := raise(t, setting{language: words.English, change: func(_ *Options, p *player) { alsoUnknown(p) }})
	press(w, "main", "skip", "details", "offer-"+ownServer.Print.Short(), "main")
	at(t, w, "result")
	if len(p.gone) != 1 {
		t.Fatalf("%d entries are gone", len(p.gone))
	}
	if text := spoken(w); !strings.Contains(text, w.Say("screen.result.others")) || w.shown.title != w.Say("screen.result.others-title") {
		t.Errorf("nothing is said of the dangerous certificate that is still there:\n%s", text)
	}
	if steps := w.screen.(*resultScreen).steps(w); !slices.Contains(steps, "remove") {
		t.Errorf("the steps are %q", steps)
	}
	press(w, "main")
	at(t, w, "plan")
	if items := w.screen.(*planScreen).plan.Items; len(items) != 3 || items[0].Match.Class != catalog.StateInterception {
		t.Fatalf("the plan is %v", items)
	}
	press(w, "main")
	at(t, w, "result")
	if w.shown.title != w.Say("screen.result.title") || slices.Contains(w.screen.(*resultScreen).steps(w), "remove") {
		t.Errorf("everything is gone, and the window says %q", w.shown.title)
	}
}

// TestCannot holds that where nothing can be removed the window does not say that there is nothing to remove.
func TestCannot(t *testing.T) {
	w, _ := raise(t, setting{language: words.English, plays: judge.StateInstalled, change: func(_ *Options, p *player) {
		usual := p.made.make
		p.made.make = func(a *actor) {
			usual(a)
			for i := range a.e.Places {
				for j := range a.e.Places[i].Entries {
					a.e.Places[i].Entries[j].Needs, a.e.Places[i].Entries[j].Managed = evidence.Never, true
				}
			}
		}
	}})
	press(w, "main", "skip")
	w.plan(check.Pick{})
	at(t, w, "plan")
	if w.shown.title != w.Say("screen.plan.cannot") {
		t.Errorf("the window says %q of a certificate that is there", w.shown.title)
	}
}

// TestPaper prints what to do after the removal: the page must not say that the certificate is there, nor tell to remove it.
func TestPaper(t *testing.T) {
	w, p := raise(t, setting{language: words.English})
	press(w, "main", "skip", "next", "print")
	if p.paper.Removed {
		t.Error("before the removal the page says that the certificate is gone")
	}
	press(w, "back", "main", "main", "main", "print")
	if p.showed != 2 || !p.paper.Removed {
		t.Error("after the removal the page says what stood before it")
	}
	press(w, "back", "undo", "undo", "main", "skip", "next", "print")
	if p.showed != 3 || p.paper.Removed {
		t.Error("after the undo the page says that the certificate is gone")
	}
}

// TestEscapeDetails holds that Escape closes the details first, and does not throw the result away.
func TestEscapeDetails(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	press(w, "main", "skip", "details")
	w.back()
	at(t, w, "verdict")
	if w.screen.(*verdictScreen).details {
		t.Error("the details are still open")
	}
	w.back()
	at(t, w, "start")
}

// TestHelp holds that every list of what to do now says where to get help, once.
func TestHelp(t *testing.T) {
	for _, name := range Cases() {
		w, _ := raise(t, setting{language: words.Russian, plays: judge.Code(name)})
		press(w, "main", "main")
		if steps := w.found.verdict.WhatNow(); len(steps) > 0 {
			w.show(&nextScreen{from: w.screen, steps: steps})
			text := spoken(w)
			if said := strings.Count(text, w.Say("step.get-help")); said != 1 { // the sentence below the steps ends with the same words
				t.Errorf("%s: where to get help is said %d times", name, said)
			}
		}
	}
}

// TestEveryCode holds that trainers can show every finding. What is left out says something of a check, and a made-up case has none.
func TestEveryCode(t *testing.T) {
	ofTheCheck := []judge.Code{judge.NetworkQuiet, judge.UnknownNoted, judge.Detour, judge.LiveStopped, judge.LiveSkipped, judge.OtherDisk, judge.Elevated, judge.PhoneNotChecked}
	for _, code := range judge.Codes() {
		if slices.Contains(Cases(), string(code)) == slices.Contains(ofTheCheck, code) {
			t.Errorf("no made-up case shows %s, or it is wrongly left out", code)
		}
	}
}

// TestSaveStep holds that who is told to save the report can do so there: after a removal the verdict with its buttons is behind.
func TestSaveStep(t *testing.T) {
	w, p := raise(t, setting{language: words.Kazakh, plays: judge.SigningUsed})
	press(w, "main", "main", "main")
	at(t, w, "next")
	press(w, "save")
	if p.saved != 1 || !strings.Contains(spoken(w), "qulyp-2026-11-23.html") {
		t.Errorf("saved %d times; the window says %s", p.saved, spoken(w))
	}
}

// TestOfferGone holds that who removed a certificate that could also have been left is not told to remove it.
func TestOfferGone(t *testing.T) {
	for _, plays := range []judge.Code{judge.StateOtherUsed, judge.StateOtherInstalled} {
		w, p := raise(t, setting{language: words.Kazakh, plays: plays})
		press(w, "main", "main")
		if !slices.Contains(w.found.verdict.WhatNow(), "remove-if-unused") {
			t.Fatalf("%s: the steps before are %q", plays, w.found.verdict.WhatNow())
		}
		press(w, "main", "main")
		at(t, w, "result")
		press(w, "main")
		if strings.Contains(spoken(w), w.Say("step.remove-if-unused")) {
			t.Errorf("%s: the certificate is gone, and the window tells to remove it", plays)
		}
		if press(w, "print"); !p.paper.Removed {
			t.Errorf("%s: the page does not say that it is gone", plays)
		}
	}
}
