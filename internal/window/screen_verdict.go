//go:build !nowindow

package window

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// verdictScreen says how it stands, in one sentence and with one thing to do. Everything else is a click away.
type verdictScreen struct {
	details bool
	notice  string              // what a button has just done: a key of the words; empty: nothing
	file    string              // the report that was saved
	limits  map[cert.Print]bool // what can be forbidden for web sites; nil: not known yet
}

func (*verdictScreen) name() string { return "verdict" }

// drawings of the headlines. What is not here is chosen by the level.
var drawings = map[judge.Code]drawing{
	judge.StateUsed: drawWatched, judge.LookalikeUsed: drawWatched, judge.AbusedUsed: drawWatched, judge.StateOtherUsed: drawWatched, judge.SigningUsed: drawWatched,
	judge.NetworkLocal:       drawDoubled,
	judge.NetworkForgesState: drawDoubled, judge.NetworkForgesLookalike: drawDoubled, judge.NetworkForgesUnknown: drawDoubled, judge.NetworkInspector: drawDoubled,
	judge.UnknownInstalled: drawLooked, judge.StateOtherInstalled: drawCracked, judge.ManagedHostile: drawCracked,
	judge.HostileDisabled: drawCracked, judge.HostileOther: drawCracked,
}

func drawingOf(v judge.Verdict) drawing {
	if d, ok := drawings[v.Headline]; ok {
		return d
	}
	switch v.Level {
	case judge.Danger:
		return drawCracked
	case judge.Unsure:
		return drawFogged
	case judge.Careful:
		return drawDoubled
	}
	return drawWhole
}

func (s *verdictScreen) draw(w *window) view {
	verdict := w.found.verdict
	head := verdict.Head()
	v := view{
		drawing: drawingOf(verdict), tone: toneOf(verdict.Level), word: w.Say("level." + verdict.Level.String()),
		title: head.Title(w.Printer), sentence: head.Text(w.Printer),
		buttons: []*button{s.mainButton(w, head)},
		back:    w.home, deep: s.details,
	}
	if s.details { // the result is not thrown away by who only wants to be rid of the details
		v.back = func() { w.unfold(s) }
	}
	if s.notice != "" {
		v.body = append(v.body, panel(colorTintPlain, hanging(newIcon(theme.InfoIcon(), theme.ColorNamePrimary),
			newText(w.Say(s.notice, words.With("file", s.file))))))
	}
	if line := w.unseenLine(); line != nil {
		v.body = append(v.body, line)
	}
	text := w.Say("action.details")
	if s.details {
		text = w.Say("action.hide-details")
	}
	toggle := newButton("details", text, func() { w.unfold(s) })
	toggle.icon = theme.MenuDropDownIcon()
	if s.details {
		toggle.icon = theme.MenuDropUpIcon()
	}
	row := []fyne.CanvasObject{toggle}
	if w.actOf(head) != actNext && len(verdict.WhatNow()) > 0 {
		row = append(row, newButton("next", w.Say("action.what-now"), func() {
			w.show(&nextScreen{from: s, steps: verdict.WhatNow()})
		}))
	}
	if w.actOf(head) == actDetails {
		row = row[1:]
	}
	if len(row) > 0 {
		v.body = append(v.body, sideBySide(row...))
	}
	if s.details {
		v.body = append(v.body, w.details(s)...)
	}
	v.body = append(v.body, s.notes(w, verdict)...)
	v.body = append(v.body, s.foot(w))
	return v
}

func (s *verdictScreen) mainButton(w *window, head judge.Finding) *button {
	text := head.Action(w.Printer)
	if w.actOf(head) == actNext && acts[head.Code] != actNext {
		text = w.Say("action.what-now")
	}
	if w.actOf(head) == actDetails && s.details {
		text = w.Say("action.hide-details")
	}
	return newButton("main", text, func() { w.perform(s, head) }).main(widget.HighImportance)
}

// unseenLine says in one plain line what was not looked at, and what can be done about it: for each place by its name, unless the same helps for all.
func (w *window) unseenLine() fyne.CanvasObject {
	verdict, e := w.found.verdict, w.found.evidence
	if len(verdict.Unseen) == 0 {
		return nil
	}
	var names, next []string
	helped := map[string][]string{} // the places for which the same helps
	for _, unseen := range verdict.Unseen {
		place := e.Places[unseen.Place].Place
		help := w.reason(unseen.Code, "next", place)
		names, next = add(names, w.placeName(place)), add(next, help)
		helped[help] = add(helped[help], w.placeName(place))
	}
	text := w.Say("screen.verdict.unseen", words.With("list", w.listed(names)))
	parts := []fyne.CanvasObject{newText(text)}
	const most = 3 // the details have all
	switch {
	case len(next) == 1:
		parts = []fyne.CanvasObject{newText(text + " " + next[0])}
	default:
		for _, help := range next[:min(len(next), most)] {
			parts = append(parts, stack(-2*theme.Padding(), newStrong(w.listed(helped[help])), newText(help)))
		}
	}
	return panel(colorTintUnsure, hanging(newIcon(theme.QuestionIcon(), theme.ColorNameForeground), stack(0, parts...)))
}

// listed joins the first names; a list that was cut short has no «and».
func (w *window) listed(names []string) string {
	const most = 4
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return w.Printer.List(names)
}

func add(list []string, one string) []string {
	for _, known := range list {
		if known == one {
			return list
		}
	}
	return append(list, one)
}

// reason says why something could not be seen or done («text»), or what helps («next»).
func (w *window) reason(code evidence.Code, part string, place evidence.Place) string {
	return w.Say("reason."+string(code)+"."+part, words.With("program", orKind(w, place)))
}

func orKind(w *window, place evidence.Place) string {
	if place.Program != "" {
		return place.Program
	}
	return w.Say("kind." + string(place.Kind))
}

// notes are the findings after the headline.
func (s *verdictScreen) notes(w *window, verdict judge.Verdict) []fyne.CanvasObject {
	var notes []fyne.CanvasObject
	for _, f := range verdict.Findings {
		if f.Code == verdict.Headline || f.Code == judge.UnseenPlaces {
			continue
		}
		t := toneOf(f.Level)
		if f.Level == judge.Clear {
			t = tone{color: colorQuiet, icon: theme.InfoIcon()}
		}
		parts := []fyne.CanvasObject{newStrong(f.Title(w.Printer)), newText(f.Text(w.Printer))}
		switch a := w.actOf(f); a {
		case actOffer, actLive, actPhone, actRemove:
			if a != w.actOf(verdict.Head()) {
				b := newButton("note-"+string(f.Code), f.Action(w.Printer), func() { w.perform(s, f) })
				parts = append(parts, container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), 0), flowing(b)))
			}
		}
		notes = append(notes, hanging(newIcon(t.icon, t.color), stack(0, parts...)))
	}
	if len(notes) > 0 {
		notes = append([]fyne.CanvasObject{newSubheading(w.Say("screen.verdict.also"))}, notes...)
	}
	return notes
}

// foot is when the check was, its code, and what can be done with the result.
func (s *verdictScreen) foot(w *window) fyne.CanvasObject {
	e, verdict := w.found.evidence, w.found.verdict
	when := e.Finished.Local()
	lines := w.Say("screen.verdict.checked", words.With("date", w.Date(when)), words.With("time", w.Time(when)))
	if code := w.engine.Code(e, verdict); code != "" {
		lines += "\n" + w.Say("screen.verdict.code", words.With("code", code))
	}
	return stack(theme.Padding(), newSmall(lines), flowing(
		newButton("save", w.Say("action.save-report"), w.saveReport),
		newButton("browser", w.Say("action.show-in-browser"), w.showReport),
		newButton("again", w.Say("action.check-again"), w.check),
	))
}

// saveReport writes the report and says where it is.
func (w *window) saveReport() {
	found := w.found
	if found == nil {
		return
	}
	language := w.Language()
	w.spawn(func() {
		path, err := w.engine.Save(language, found.evidence, found.verdict)
		w.hop(func() {
			if err != nil {
				w.notice("screen.error.not-saved", "")
				return
			}
			w.notice("report.saved", path)
		})
	})
}

// showReport opens the report in the browser, where it can be printed and read aloud.
func (w *window) showReport() {
	found := w.found
	if found == nil {
		return
	}
	language := w.Language()
	w.spawn(func() {
		if err := w.engine.Show(language, found.evidence, found.verdict); err != nil {
			w.hop(func() { w.notice("screen.error.no-browser", "") })
		}
	})
}

// notice says on the screen what a button has done.
func (w *window) notice(key, file string) {
	if w.practice != "" {
		key = "screen.error.demo"
	}
	switch s := w.screen.(type) {
	case *verdictScreen:
		s.notice, s.file = key, file
	case *nextScreen:
		s.notice, s.file = key, file
	default:
		return
	}
	w.redraw()
}
