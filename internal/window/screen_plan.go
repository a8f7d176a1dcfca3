//go:build !nowindow

package window

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/report"
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
	do := w.Say("screen.plan.button")
	switch {
	case s.pick.Limit:
		v.sentence = w.Say("hold.plan-limit", words.With("list", w.programs(s.plan.Holds)))
		do = w.Say("action.ban-web")
	case len(s.plan.Prints()) > 1:
		v.sentence = w.Say("screen.plan.text-several", words.N(len(places)))
	default:
		v.sentence = w.Say("screen.plan.text", words.N(len(places)))
	}
	v.buttons = []*button{
		newButton("main", do, func() { w.remove(s) }).main(widget.HighImportance),
		newButton("cancel", w.Say("screen.plan.cancel"), back).main(widget.MediumImportance),
	}
	for _, item := range s.plan.Items {
		v.body = append(v.body, w.placeLine(item.Place, w.itemName(item)))
	}
	if s.pick.Limit {
		for _, hold := range s.plan.Holds {
			v.body = append(v.body, w.placeLine(hold.Place, w.itemName(hold.Item)))
		}
	}
	v.body = append(v.body, s.back(w)...)
	if len(s.plan.Offer) > 0 {
		v.body = append(v.body, s.keepOut(w))
	}
	if w.NoTrace {
		v.body = append(v.body, note(theme.WarningIcon(), theme.ColorNameWarning, w.Say("screen.plan.no-trace")))
	} else {
		v.body = append(v.body, note(theme.HistoryIcon(), theme.ColorNameForeground, w.Say("screen.plan.backup")))
	}
	if s.plan.Admin {
		v.body = append(v.body, note(theme.AccountIcon(), theme.ColorNameForeground, w.Say("screen.plan.admin")))
	}
	if len(s.plan.Busy) > 0 {
		v.body = append(v.body, note(theme.InfoIcon(), theme.ColorNameForeground, w.Say("screen.plan.close", words.With("list", w.Printer.List(s.plan.Busy)))))
	}
	v.body = append(v.body, s.left(w)...)
	if !s.pick.Limit {
		v.body = append(v.body, newSmall(w.Say("screen.plan.untouched")))
	}
	return v
}

// back says what could bring the certificate back, so that nobody is surprised when it does.
func (s *planScreen) back(w *window) []fyne.CanvasObject {
	if len(s.plan.Back) == 0 {
		return nil
	}
	lines := []string{w.Say("note.returns")}
	for _, source := range s.plan.Back {
		lines = add(lines, report.SayReturn(w.Printer, source.Place.Program, source.Note))
	}
	return []fyne.CanvasObject{note(theme.InfoIcon(), theme.ColorNameForeground, strings.Join(lines, "\n"))}
}

// keepOut is the box to tick that keeps the certificate out for the future, with where that works and where it does not.
func (s *planScreen) keepOut(w *window) fyne.CanvasObject {
	tick := newTick("keep-out", w.Say("screen.plan.keep-out"), len(s.plan.Holds) > 0, func(on bool) { w.keepOut(s, on) })
	tick.more = w.Say("screen.plan.keep-out-where", words.With("list", w.programs(s.plan.Offer)))
	if without := w.without(s.plan.Offer); len(without) > 0 {
		tick.more += " " + w.Say("screen.plan.keep-out-without", words.With("list", w.Printer.List(without)))
	}
	return tick
}

// keepOut takes the tick, and then finds out what the plan needs with it.
func (w *window) keepOut(s *planScreen, on bool) {
	s.plan.Holds = nil
	if on {
		s.plan.Holds = s.plan.Offer
	}
	w.redraw()
	plan := s.plan
	w.start(func(ctx context.Context, _ func(check.Event)) func() {
		plan = w.engine.Block(ctx, plan, on)
		return func() {
			s.plan = plan
			if w.screen == s {
				w.redraw()
			}
		}
	}, func(check.Event) {})
}

// programs names the programs in which something is kept out or limited, each once.
func (w *window) programs(holds []check.Hold) string {
	var names []string
	for _, hold := range holds {
		names = add(names, orKind(w, hold.Place))
	}
	return w.Printer.List(names)
}

// without names the programs with a list of their own that cannot refuse anything: Firefox and its kin.
func (w *window) without(offer []check.Hold) []string {
	var names []string
	if w.found == nil {
		return nil
	}
	for _, seen := range w.found.evidence.Places {
		obeys := slices.ContainsFunc(offer, func(hold check.Hold) bool { return hold.Place.Program == seen.Place.Program })
		if seen.Place.Kind == evidence.NSS && seen.Place.Program != "" && !obeys {
			names = add(names, seen.Place.Program)
		}
	}
	return names
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
	working := &workingScreen{total: len(s.plan.Items) + len(s.plan.Holds), limiting: s.pick.Limit}
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
	good, bad := count(s.done.Outcomes)
	held, unheld := count(s.done.Holds)
	if s.restored {
		good, bad = good+held, bad+unheld
	}
	again := newButton("again", w.Say("action.check-again"), w.check).main(widget.MediumImportance)
	next := newButton("main", w.Say("screen.result.button"), func() { w.show(&nextScreen{from: s, steps: s.steps(w)}) }).main(widget.HighImportance)
	undo := newButton("undo", w.Say("screen.result.undo"), func() { w.show(&undoScreen{receipt: s.done.Receipt, from: s}) }).main(widget.MediumImportance)
	retry := newButton("main", w.Say("action.retry"), func() { w.remove(s.plan) }).main(widget.HighImportance)
	canUndo := s.done.Receipt != "" && good+held > 0 && !w.NoTrace
	switch {
	case !s.restored && s.limits():
		again.name = "main"
		switch {
		case unheld == 0:
			v.drawing, v.tone, v.title, v.sentence = drawWhole, toneOf(0), w.Say("screen.result.limit-title"), w.Say("screen.result.limit-text")
		case held > 0:
			v.drawing, v.tone, v.title, v.sentence = drawCracked, plain, w.Say("screen.result.limit-partial-title"), w.Say("screen.result.limit-partial-text")
		default:
			v.drawing, v.tone, v.title, v.sentence = drawCracked, plain, w.Say("screen.result.limit-none-title"), w.Say("screen.result.none-text")
		}
		v.buttons = []*button{again.main(widget.HighImportance)}
		if unheld > 0 && s.plan != nil {
			again.name = "again"
			v.buttons = []*button{retry, again.main(widget.MediumImportance)}
		}
		if canUndo && len(v.buttons) == 1 {
			v.buttons = append(v.buttons, undo)
		} else if canUndo {
			v.body = append(v.body, flowing(undo))
		}
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
		if unheld > 0 {
			v.sentence = w.Say("screen.result.text-not-held")
		}
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
	if len(s.done.Holds) > 0 && len(s.done.Outcomes) > 0 {
		v.body = append(v.body, newSubheading(strings.TrimSuffix(w.Say("hold.title"), ":")))
	}
	for _, outcome := range s.done.Holds {
		v.body = append(v.body, s.holdLine(w, outcome))
	}
	if !s.restored && !s.limits() {
		v.body = append(v.body, flowing(newButton("check", w.Say("action.check-again"), w.check)))
	}
	return v
}

// limits tells whether nothing was to be removed: certificates were to be forbidden for web sites alone.
func (s *resultScreen) limits() bool { return len(s.done.Outcomes) == 0 && len(s.done.Holds) > 0 }

// count tells how many are as they should be, and how many are not.
func count(outcomes []check.Outcome) (good, bad int) {
	for _, outcome := range outcomes {
		if outcome.Why == "" {
			good++
		} else {
			bad++
		}
	}
	return good, bad
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
	return w.outcomeLine(name, text, t, o)
}

// holdLine is one certificate that a place was to refuse, or to limit, or to do neither any more.
func (s *resultScreen) holdLine(w *window, o check.Outcome) fyne.CanvasObject {
	t := toneOf(0)
	done, failed := map[check.Verb]string{check.Refused: "hold.refused", check.Limited: "hold.limited"}, "hold.not-held"
	if s.restored {
		done, failed = map[check.Verb]string{check.Refused: "hold.released", check.Limited: "hold.unlimited"}, "hold.not-released"
	}
	text := w.Say(done[o.Verb])
	if o.Why != "" {
		t = tone{color: theme.ColorNameWarning, icon: theme.WarningIcon()}
		text = w.Say(failed) + " " + w.reason(o.Why, "text", o.Place) + " " + w.reason(o.Why, "next", o.Place)
	}
	return w.outcomeLine(w.placeName(o.Place), text, t, o)
}

func (w *window) outcomeLine(name, text string, t tone, o check.Outcome) fyne.CanvasObject {
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
