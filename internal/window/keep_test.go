//go:build !nowindow

package window

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"qulyp/internal/catalog"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// said tells whether a text of the screen has that part.
func said(w *window, part string) bool {
	return slices.ContainsFunc(texts(w.win.Content()), func(text string) bool { return strings.Contains(text, drawable(part)) })
}

// refuses counts what the places of the computer refuse.
func refuses(p *player) (n int) {
	for _, seen := range p.seen(false).Places {
		for _, entry := range seen.Entries {
			if entry.Trust == evidence.Distrusted {
				n++
			}
		}
	}
	return n
}

// TestKeepOut ticks the box with the keyboard, removes, sees the refusal proven, and takes it off again by the undo.
func TestKeepOut(t *testing.T) {
	w, p := raise(t, setting{language: words.Kazakh})
	press(w, "main", "skip", "main")
	at(t, w, "plan")
	if s := w.screen.(*planScreen); len(s.plan.Holds) > 0 || len(s.plan.Offer) != 1 {
		t.Fatalf("untouched, the plan holds %d of %d", len(s.plan.Holds), len(s.plan.Offer))
	}
	tab(t, w, "keep-out")
	if !said(w, "Google Chrome") || !said(w, "Firefox") {
		t.Errorf("it is not said where it works and where it does not: %q", texts(w.win.Content()))
	}
	for _, want := range []int{1, 0, 1} {
		strike(w, fyne.KeySpace)
		if got := len(w.screen.(*planScreen).plan.Holds); got != want {
			t.Fatalf("the plan holds %d, want %d", got, want)
		}
		if f, ok := w.win.Canvas().Focused().(*line); !ok || f.name != "keep-out" {
			t.Fatal("the focus did not stay on the box")
		}
	}
	press(w, "main")
	at(t, w, "result")
	if refuses(p) != 1 || !said(w, w.Say("hold.refused")) {
		t.Errorf("%d refusals; the screen says %q", refuses(p), texts(w.win.Content()))
	}
	press(w, "undo")
	if !said(w, w.Say("screen.undo.text-hold")) || !said(w, w.Say("hold.verb-distrust")) {
		t.Error("the undo does not say that the refusal goes too")
	}
	press(w, "undo")
	at(t, w, "result")
	if refuses(p) != 0 || !said(w, w.Say("hold.released")) {
		t.Errorf("%d refusals after the undo; the screen says %q", refuses(p), texts(w.win.Content()))
	}
}

// TestKeepOutIsAsked holds that nothing is refused that was not ticked, and that there is no box where nothing can refuse.
func TestKeepOutIsAsked(t *testing.T) {
	w, p := raise(t, setting{language: words.English})
	press(w, "main", "skip", "main", "main")
	at(t, w, "result")
	if refuses(p) != 0 || said(w, w.Say("hold.refused")) {
		t.Error("something is refused that nobody asked for")
	}
	w, _ = raise(t, setting{language: words.English, plays: judge.StateLeftover})
	press(w, "main", "skip", "main")
	if findFocus(w.win.Content(), "keep-out") != nil {
		t.Error("a box to tick where no place can refuse")
	}
}

// TestKeepOutFails holds that a refusal that did not work is said, and takes nothing from the removal.
func TestKeepOutFails(t *testing.T) {
	w, p := raise(t, setting{language: words.Russian, plays: judge.LookalikeInstalled, change: func(_ *Options, p *player) { p.made.stays = evidence.Locked }})
	press(w, "main", "skip", "main", "keep-out", "main")
	at(t, w, "result")
	if len(p.gone) != 1 || w.shown.title != w.Say("screen.result.title") || w.shown.sentence != w.Say("screen.result.text-not-held") || !said(w, w.Say("hold.not-held")) {
		t.Errorf("%d gone, %q, %q", len(p.gone), w.shown.title, w.shown.sentence)
	}
}

// TestLimit forbids the e-signature for web sites from the details, and undoes it.
func TestLimit(t *testing.T) {
	trust := func(p *player) evidence.Trust { return p.seen(false).Places[inSystem].Entries[0].Trust }
	w, p := raise(t, setting{language: words.Russian, plays: judge.SigningInstalled, change: onWindows})
	press(w, "main", "skip", "details")
	name := "limit-" + p.seen(false).Places[inSystem].Entries[0].Cert.Print.Short()
	tab(t, w, name)
	strike(w, fyne.KeyReturn)
	at(t, w, "plan")
	if said(w, w.Say("screen.plan.untouched")) || len(w.screen.(*planScreen).plan.Items) > 0 {
		t.Error("the plan speaks of a removal")
	}
	strike(w, fyne.KeyReturn)
	at(t, w, "result")
	if trust(p) != evidence.Other || w.shown.title != w.Say("screen.result.limit-title") || !said(w, w.Say("hold.limited")) {
		t.Errorf("trust %s, title %q", trust(p), w.shown.title)
	}
	press(w, "undo")
	if w.shown.sentence != w.Say("screen.undo.text-limit") {
		t.Errorf("the undo says %q", w.shown.sentence)
	}
	press(w, "undo")
	if trust(p) != evidence.Web || !said(w, w.Say("hold.unlimited")) {
		t.Errorf("trust %s after the undo", trust(p))
	}
	press(w, "main", "skip", "details") // looked again
	if findFocus(w.win.Content(), name) == nil {
		t.Error("what was undone is not offered again")
	}
}

// TestLimitWhereItCan holds that nothing is offered where no place can limit, and for no other class.
func TestLimitWhereItCan(t *testing.T) {
	for code, change := range map[judge.Code]func(*Options, *player){judge.SigningInstalled: nil, judge.StateInstalled: onWindows} {
		w, p := raise(t, setting{language: words.English, plays: code, change: change})
		press(w, "main", "skip", "details")
		for _, seen := range p.seen(false).Places {
			for _, entry := range seen.Entries {
				if findFocus(w.win.Content(), "limit-"+entry.Cert.Print.Short()) != nil {
					t.Errorf("%s: %s is offered for limiting", code, entry.Cert.Title())
				}
			}
		}
	}
}

// TestReturns holds that what could bring the certificate back is said before the removal.
func TestReturns(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	press(w, "main", "skip", "main")
	if said(w, w.Say("note.returns")) {
		t.Error("a cause is named where there is none")
	}
	for _, one := range []struct {
		plays judge.Code
		parts []string
	}{
		{judge.ScriptAdds, []string{w.Say("note.returns"), w.Say("note.unless"), "mozilla.cfg"}},
		{judge.ModuleLoaded, []string{w.Say("note.returns"), "libroots.so"}},
	} {
		w, _ := raise(t, setting{language: words.English, plays: one.plays})
		press(w, "main", "skip", "main")
		at(t, w, "plan")
		for _, part := range one.parts {
			if !said(w, part) {
				t.Errorf("%s: %q is not said", one.plays, part)
			}
		}
	}
}

// TestDetailsTell holds that details say what browsers do by themselves and which line names the certificate, and that both are copied.
func TestDetailsTell(t *testing.T) {
	w, _ := raise(t, setting{language: words.English, plays: judge.StateUsed})
	press(w, "main", "main", "details")
	root := w.subjects()[0].cert.Print.Short()
	press(w, "copy-"+root)
	for _, stance := range []string{w.Say("shield.blocked", words.With("program", "Firefox")), w.Say("shield.open", words.With("program", "Google Chrome"))} {
		if !said(w, stance+".") || !strings.Contains(w.app.Clipboard().Content(), stance) {
			t.Errorf("%q is not said or not copied", stance)
		}
	}
	w, _ = raise(t, setting{language: words.English})
	configured(w)
	line := w.Say("place.setting", words.With("line", settingLine))
	press(w, "copy-"+w.subjects()[0].cert.Print.Short())
	if !said(w, line) || !strings.Contains(w.app.Clipboard().Content(), line) {
		t.Errorf("%q is not said or not copied", line)
	}
}

// TestWindowsAsks holds that the code stands on the screen before Windows asks and while it asks, which it does when a root of a person is put back, and not before.
func TestWindowsAsks(t *testing.T) {
	code := func(l *catalog.List, p *player) string {
		c := p.seen(false).Places[inChrome].Entries[0].Cert
		for _, known := range l.Authorities {
			if known.SHA256 == c.Print {
				return thumbprint(known.SHA1)
			}
		}
		t.Fatal("the certificate is not on the list")
		return ""
	}
	w, p := raise(t, setting{language: words.English, change: onWindows})
	want := code(w.Options.List, p)
	shows := func(when string, expected bool) {
		t.Helper()
		all := texts(w.win.Content())
		if slices.Contains(all, want) != expected || slices.Contains(all, w.Say("screen.undo.windows-asks")) != expected {
			t.Errorf("%s: want the code %t; the screen says %q", when, expected, all)
		}
	}
	if thumbprint([20]byte{0: 0xCD, 1: 0xD4, 19: 0x72}) != "CDD40000 00000000 00000000 00000000 00000072" { // as Windows writes it
		t.Error("the code is not written as Windows writes it")
	}
	press(w, "main", "skip", "main")
	shows("plan", false)
	press(w, "main", "undo")
	shows("undo", true)
	spawn := w.spawn
	w.spawn = func(work func()) {
		shows("while it is put back", true)
		spawn(work)
	}
	press(w, "undo")
	shows("result", false)

	w, p = raise(t, setting{language: words.English})
	want = code(w.Options.List, p)
	press(w, "main", "skip", "main", "main", "undo")
	shows("undo on Linux", false)
}

// TestStageBlocks holds the made-up computer to what check.Checker does with a tick that is set and taken off.
func TestStageBlocks(t *testing.T) {
	p := play(t, list(t), judge.StateInstalled)
	e := p.seen(false)
	plan := p.Plan(t.Context(), e, check.Pick{Block: true})
	if len(plan.Holds) != 1 || len(p.Block(t.Context(), plan, false).Holds) != 0 || !plan.Admin {
		t.Errorf("%+v", plan)
	}
}
