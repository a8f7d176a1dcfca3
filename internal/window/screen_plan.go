//go:build !nowindow

package window

import (
	"context"
	"encoding/hex"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// planScreen shows what will change before anything does.
type planScreen struct {
	plan check.Plan
	pick check.Pick
}

func (*planScreen) name() string { return "plan" }

func (s *planScreen) draw(w *window) view {
	back := func() { w.show(&verdictScreen{}) }
	v := view{title: w.Say("screen.plan.title"), back: back, after: true}
	if s.plan.Empty() {
		v.title = strings.TrimSuffix(w.Say("screen.plan.nothing"), ".") // a sentence elsewhere, a heading here
		v.buttons = []*button{newButton("main", w.Say("action.what-now"), func() {
			w.show(&nextScreen{from: s, steps: w.found.verdict.WhatNow()})
		}).main(widget.HighImportance)}
		v.body = s.left(w)
		return v
	}
	places := map[evidence.Place]bool{}
	for _, item := range s.plan.Items {
		places[item.Place] = true
	}
	several := len(s.plan.Prints()) > 1
	if several {
		v.sentence = w.Say("screen.plan.text-several", words.N(len(places)))
	} else {
		v.sentence = w.Say("screen.plan.text", words.N(len(places)))
	}
	v.buttons = []*button{
		newButton("main", w.Say("screen.plan.button"), func() { w.remove(s) }).main(widget.DangerImportance),
		newButton("cancel", w.Say("screen.plan.cancel"), back).main(widget.MediumImportance),
	}
	for _, item := range s.plan.Items {
		v.body = append(v.body, w.placeLine(item.Place, w.itemName(item)))
	}
	if w.NoTrace {
		v.body = append(v.body, note(theme.WarningIcon(), theme.ColorNameWarning, w.Say("screen.plan.no-trace")))
	} else {
		v.body = append(v.body, note(theme.HistoryIcon(), theme.ColorNameForeground, w.Say("screen.plan.backup")))
	}
	if s.plan.Admin {
		v.body = append(v.body, note(theme.AccountIcon(), theme.ColorNameForeground, w.Say("screen.plan.admin")))
	}
	if w.GOOS == "windows" && s.asksForRoot() {
		v.body = append(v.body, note(theme.QuestionIcon(), theme.ColorNameForeground, w.Say("screen.plan.windows-asks")))
		for _, print := range s.plan.Prints() {
			if c, ok := s.certificate(print); ok {
				v.body = append(v.body, newCode(grouped(hex.EncodeToString(c.SHA1[:]))))
			}
		}
	}
	if len(s.plan.Busy) > 0 {
		v.body = append(v.body, note(theme.InfoIcon(), theme.ColorNameForeground, w.Say("screen.plan.close", words.With("list", w.Printer.List(s.plan.Busy)))))
	}
	v.body = append(v.body, s.left(w)...)
	v.body = append(v.body, newSmall(w.Say("screen.plan.untouched")))
	return v
}

// asksForRoot tells whether Windows itself will ask: it does when a root leaves the store of a user.
func (s *planScreen) asksForRoot() bool {
	for _, item := range s.plan.Items {
		if item.Place.Kind == evidence.Windows && item.Place.Owner != "" {
			return true
		}
	}
	return false
}

func (s *planScreen) certificate(print cert.Print) (cert.Certificate, bool) {
	for _, item := range s.plan.Items {
		if item.Entry.Cert.Print == print {
			return item.Entry.Cert, true
		}
	}
	return cert.Certificate{}, false
}

// left says what stays and why.
func (s *planScreen) left(w *window) []fyne.CanvasObject {
	var parts []fyne.CanvasObject
	for _, left := range s.plan.Left {
		parts = append(parts, w.placeLine(left.Place, w.itemName(left.Item)+"\n"+w.reason(left.Why, "text", left.Place)+" "+w.reason(left.Why, "next", left.Place)))
	}
	return parts
}

// itemName is what the certificate of a plan is called.
func (w *window) itemName(item check.Item) string {
	return w.callIt(item.Match, item.Entry.Cert)
}

// callIt is what a certificate is called: by the list, unless the list knows its shape alone and not itself.
func (w *window) callIt(match catalog.Match, c cert.Certificate) string {
	if match.Names != nil && (match.Class != catalog.StateLookalike || c.DER == nil) {
		return match.Names.In(string(w.Language()))
	}
	return c.Title()
}

// note is a line with a sign.
func note(icon fyne.Resource, color fyne.ThemeColorName, text string) fyne.CanvasObject {
	return hanging(newIcon(icon, color), newText(text))
}

// remove carries out the plan, unless a program has to be closed first.
func (w *window) remove(s *planScreen) {
	w.start(func(ctx context.Context, _ func(check.Event)) func() {
		open := w.engine.Open(ctx, s.plan)
		return func() {
			if len(open) > 0 {
				w.show(&openScreen{plan: s, open: open})
				return
			}
			w.do(s)
		}
	}, func(check.Event) {})
}

// do carries out the plan.
func (w *window) do(s *planScreen) {
	working := &workingScreen{total: len(s.plan.Items)}
	w.show(working)
	w.change(func(ctx context.Context, on func(check.Event)) func() {
		done, err := w.engine.Do(ctx, s.plan, on)
		return func() { w.ended(&resultScreen{done: done, err: err, plan: s}) }
	}, working.event(w))
}

// openScreen asks to close a program that holds a place. Nothing is killed.
type openScreen struct {
	plan  *planScreen
	open  []string
	again bool // it was said to be closed, and was not
}

func (*openScreen) name() string { return "open" }

func (s *openScreen) draw(w *window) view {
	back := func() { w.show(s.plan) }
	v := view{
		drawing: drawFogged, tone: plain,
		title:    w.Say("screen.browser-open.title", words.With("program", w.Printer.List(s.open))),
		sentence: w.Say("screen.browser-open.text"),
		buttons: []*button{
			newButton("main", w.Say("screen.browser-open.button"), func() { w.closed(s) }).main(widget.HighImportance),
			newButton("skip", w.Say("screen.browser-open.skip"), func() { w.do(s.plan) }).main(widget.MediumImportance),
		},
		back: back,
	}
	if s.again {
		v.sentence = w.Say("screen.browser-open.still")
	}
	return v
}

// closed looks whether the program is closed now.
func (w *window) closed(s *openScreen) {
	w.start(func(ctx context.Context, _ func(check.Event)) func() {
		open := w.engine.Open(ctx, s.plan.plan)
		return func() {
			if len(open) == 0 {
				w.do(s.plan)
				return
			}
			w.show(&openScreen{plan: s.plan, open: open, again: true})
		}
	}, func(check.Event) {})
}

// resultScreen says how a removal or an undo ended, with the proof for each place.
type resultScreen struct {
	done     check.Done
	err      error
	plan     *planScreen // what was tried; nil when it was an undo or the end of an earlier removal
	restored bool
}

func (*resultScreen) name() string { return "result" }

func (s *resultScreen) draw(w *window) view {
	v := view{back: w.home}
	good, bad := 0, 0
	for _, outcome := range s.done.Outcomes {
		if outcome.Why == "" {
			good++
		} else {
			bad++
		}
	}
	again := newButton("again", w.Say("action.check-again"), w.check).main(widget.MediumImportance)
	next := newButton("main", w.Say("screen.result.button"), func() { w.show(&nextScreen{from: s, steps: s.steps(w)}) }).main(widget.HighImportance)
	undo := newButton("undo", w.Say("screen.result.undo"), func() { w.show(&undoScreen{receipt: s.done.Receipt, from: s}) }).main(widget.MediumImportance)
	retry := newButton("main", w.Say("action.retry"), func() { w.remove(s.plan) }).main(widget.HighImportance)
	canUndo := s.done.Receipt != "" && good > 0 && !w.NoTrace
	switch {
	case s.restored && bad == 0:
		v.drawing, v.tone, v.title, v.sentence = drawLooked, plain, w.Say("screen.undo.done-title"), w.Say("screen.undo.done")
		again.name = "main"
		v.buttons = []*button{again.main(widget.HighImportance)}
	case s.restored:
		v.drawing, v.tone, v.title, v.sentence = drawFogged, plain, w.Say("screen.error.title"), w.Say("screen.undo.partial", words.N(bad))
		again.name = "main"
		v.buttons = []*button{again.main(widget.HighImportance)}
	case bad == 0:
		v.drawing, v.tone, v.title, v.sentence = drawWhole, toneOf(0), w.Say("screen.result.title"), w.Say("screen.result.text")
		v.buttons = []*button{next}
		if canUndo {
			v.buttons = append(v.buttons, undo)
		}
	default:
		v.drawing, v.tone = drawCracked, plain
		if good > 0 {
			v.title = w.Say("screen.result.partial-title")
			v.sentence = w.Say("screen.result.partial-text", words.With("done", good), words.With("left", bad))
		} else {
			v.title, v.sentence = w.Say("screen.result.none-title"), w.Say("screen.result.none-text")
		}
		if s.plan != nil {
			next.name = "next"
			v.buttons = []*button{retry, next.main(widget.MediumImportance)}
		} else {
			v.buttons = []*button{next}
		}
		if canUndo {
			v.body = append(v.body, flowing(undo))
		}
	}
	for _, outcome := range s.done.Outcomes {
		v.body = append(v.body, s.line(w, outcome))
	}
	v.body = append(v.body, flowing(newButton("check", w.Say("action.check-again"), w.check)))
	if s.restored {
		v.body = v.body[:len(v.body)-1]
	}
	return v
}

// line is one certificate in one place: how it stands, why, and what helps.
func (s *resultScreen) line(w *window, o check.Outcome) fyne.CanvasObject {
	name := w.placeName(o.Place)
	t := toneOf(0)
	var text string
	switch {
	case o.Why != "":
		t = tone{color: theme.ColorNameWarning, icon: theme.WarningIcon()}
		state := w.Say("screen.result.left")
		if s.restored {
			state = w.Say("screen.result.not-back")
		}
		text = state + ". " + w.reason(o.Why, "text", o.Place) + " " + w.reason(o.Why, "next", o.Place)
	case s.restored:
		text = w.Say("screen.result.back")
	case !o.Existed:
		text = w.Say("screen.result.was-gone")
	default:
		text = w.Say("screen.result.gone")
	}
	return hanging(newIcon(t.icon, t.color), stack(-2*theme.Padding(), newStrong(name), newText(text), newSmall(w.titleOf(o.Print, o.Title)), newCode(breakable(o.Place.Path))))
}

// steps are what to do now. Those that speak of the removal are left out when it worked.
func (s *resultScreen) steps(w *window) []judge.Code {
	if w.found == nil {
		return stepsAfter
	}
	if s.done.Good() {
		return judge.AfterRemoval(w.found.verdict.WhatNow())
	}
	return w.found.verdict.WhatNow()
}
