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
		if len(s.plan.Left) > 0 {
			v.title = w.Say("screen.plan.cannot")
		}
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

// others are the entries that the one click takes and this plan passes over.
func (s *planScreen) others(w *window) []evidence.Entry {
	if w.found == nil {
		return nil
	}
	return s.plan.Others(w.Options.List, w.found.evidence)
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
