//go:build !nowindow

package window

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/check"
	"qulyp/internal/words"
)

// startScreen is the first screen of most people.
type startScreen struct {
	stopped bool
	list    bool // of the sites is open
}

func (*startScreen) name() string { return "start" }

func (s *startScreen) draw(w *window) view {
	v := view{
		drawing: drawLooked, tone: plain,
		title: w.Say("screen.start.title"), sentence: w.Say("screen.start.text"),
		buttons: []*button{newButton("main", w.Say("screen.start.button"), w.check).main(widget.HighImportance)},
	}
	if s.stopped {
		v.sentence = w.Say("screen.check.stopped")
	}
	if w.practice != "" {
		v.back = w.endPractice
	}
	v.body = w.liveChoice(&s.list)
	return v
}

// elevatedScreen says what it means that the program was started as administrator, and leaves the choice.
type elevatedScreen struct{}

func (*elevatedScreen) name() string { return "elevated" }

func (*elevatedScreen) draw(w *window) view {
	return view{
		drawing: drawLooked, tone: plain,
		title: w.Say("finding.elevated.title"), sentence: w.Say("screen.start.elevated"),
		buttons: []*button{
			newButton("main", w.Say("action.close"), w.close).main(widget.HighImportance),
			newButton("go-on", w.Say("action.continue"), w.home).main(widget.MediumImportance),
		},
	}
}

// unfinishedScreen offers to finish or to undo a removal that was cut short.
type unfinishedScreen struct{ receipt check.Receipt }

func (*unfinishedScreen) name() string { return "unfinished" }

func (s *unfinishedScreen) draw(w *window) view {
	v := view{
		drawing: drawCracked, tone: plain,
		title: w.Say("screen.unfinished.title"), sentence: w.Say("screen.start.unfinished"),
		buttons: []*button{
			newButton("main", w.Say("screen.start.unfinished-button"), func() { w.resume(s.receipt.ID) }).main(widget.HighImportance),
			newButton("undo", w.Say("screen.undo.button"), func() { w.show(&undoScreen{receipt: s.receipt.ID, from: s}) }).main(widget.MediumImportance),
		},
		back: func() { w.show(&startScreen{}) },
	}
	if check.Limits(s.receipt) {
		v.title = w.Say("screen.unfinished.title-limit")
		v.buttons[0].text = w.Say("screen.start.unfinished-limit-button")
	}
	v.body = w.itemsOf(s.receipt)
	if len(s.receipt.Asked) > 0 {
		v.body = append(v.body, note(theme.AccountIcon(), theme.ColorNameForeground, w.Say("screen.plan.admin")))
	}
	return v
}

// check begins the flow: it looks at the computer, and asks about the connection after that. A remembered yes tests both at once; a remembered no is not asked again.
func (w *window) check() { w.examine(w.liveAnswer() == "yes" && len(w.engine.Targets()) > 0) }

// examine looks at the computer and, if live, at the connection.
func (w *window) examine(live bool) {
	if w.busy {
		return
	}
	s := &checkingScreen{live: live, total: 0}
	if live {
		s.sites = len(w.engine.Targets())
	}
	w.show(s)
	w.start(func(ctx context.Context, on func(check.Event)) func() {
		e, verdict := w.engine.Look(ctx, live, on)
		return func() {
			w.found, w.ticked = &found{e, verdict}, map[string]bool{}
			if !live && w.liveAnswer() == "" && !e.Offline && len(w.engine.Targets()) > 0 {
				w.show(&consentScreen{})
				return
			}
			w.show(&verdictScreen{})
		}
	}, s.event(w))
}

// checkingScreen shows how far a check is.
type checkingScreen struct {
	live          bool
	done, total   int    // places
	now           string // the place that is being looked into
	shaken, sites int    // sites
	bar           *widget.ProgressBar
	line, detail  *widget.Label
}

func (*checkingScreen) name() string { return "checking" }

func (s *checkingScreen) draw(w *window) view {
	s.bar, s.line, s.detail = widget.NewProgressBar(), newText(""), newText("")
	s.bar.TextFormatter = func() string { return "" }
	s.line.Alignment, s.detail.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	s.detail.Wrapping, s.detail.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	s.update(w.Printer)
	title := w.Say("screen.check.title")
	if s.live && s.shaken > 0 {
		title = w.Say("screen.live.running")
	}
	stop := func() {
		w.stop()
		if w.found != nil && s.live { // the first part of the check is done and keeps
			w.show(&verdictScreen{})
			return
		}
		w.show(&startScreen{stopped: true})
	}
	return view{
		drawing: drawLooked, tone: plain, title: title,
		buttons: []*button{newButton("main", w.Say("screen.check.stop"), stop).main(widget.MediumImportance)},
		body:    []fyne.CanvasObject{s.bar, s.line, s.detail},
		after:   true, calm: true, back: stop,
	}
}

func (s *checkingScreen) update(p words.Printer) {
	// The bar goes over both parts; a site takes far longer than a place
	const weight = 4
	all := float64(s.total + weight*s.sites)
	if all > 0 {
		s.bar.SetValue(float64(s.done+weight*s.shaken) / all)
	}
	if s.shaken > 0 {
		s.line.SetText(p.Say("screen.live.progress", words.N(s.shaken), words.With("total", s.sites)))
	} else {
		s.line.SetText(p.Say("screen.check.progress", words.N(s.done), words.With("total", s.total)))
	}
	if s.now != "" {
		s.detail.SetText(p.Say("screen.check.now", words.With("place", s.now)))
	}
}

func (s *checkingScreen) event(w *window) func(check.Event) {
	return func(event check.Event) {
		first := false
		switch e := event.(type) {
		case check.Known:
			s.total = e.Places
		case check.Looking:
			s.now = w.placeName(e.Place)
		case check.Looked:
			s.done = e.Done
		case check.Shook:
			first = s.shaken == 0
			s.shaken, s.sites, s.now = e.Done, e.Of, e.Handshake.Target.Host
		}
		if w.screen != s {
			return
		}
		if first {
			w.redraw()
			return
		}
		s.update(w.Printer)
	}
}

// consentScreen asks before anything goes over the network. Both answers have the same size and weight.
type consentScreen struct{ list, remember bool }

func (*consentScreen) name() string { return "consent" }

func (s *consentScreen) draw(w *window) view {
	targets := w.engine.Targets()
	v := view{
		drawing: drawLooked, tone: plain,
		title: w.Say("screen.live.title"), sentence: w.Say("screen.live.text", words.N(len(targets))),
		buttons: []*button{
			newButton("main", w.Say("screen.live.yes"), func() {
				s.keep(w, "yes")
				w.examine(true)
			}).main(widget.HighImportance),
			newButton("skip", w.Say("screen.live.no"), func() {
				s.keep(w, "no")
				w.show(&verdictScreen{})
			}).main(widget.HighImportance),
		},
		body:  []fyne.CanvasObject{newText(w.Say("screen.live.seen")), newText(w.Say("screen.live.skip-text"))},
		after: true,
		back:  w.home,
	}
	if w.remembers() {
		v.body = append(v.body, newTick("remember", w.Say("screen.live.remember"), s.remember, func(on bool) {
			s.remember = on
			w.redraw()
		}))
	}
	v.body = append(v.body, w.siteList(&s.list)...)
	return v
}

// keep remembers the answer, if the person wants that.
func (s *consentScreen) keep(w *window, answer string) {
	if s.remember && w.remembers() {
		w.app.Preferences().SetString(keepLive, answer)
	}
}

// siteList is the button that shows the names of the live test, and the names while they are shown.
func (w *window) siteList(shown *bool) []fyne.CanvasObject {
	text := w.Say("screen.live.list")
	if *shown {
		text = w.Say("action.hide-list")
	}
	parts := []fyne.CanvasObject{flowing(newButton("list", text, func() {
		*shown = !*shown
		w.redraw()
	}))}
	if *shown {
		parts = append(parts, w.targetList(w.engine.Targets())...)
	}
	return parts
}

// remembers tells whether an answer may be kept. One to a made-up case says nothing about this computer.
func (w *window) remembers() bool { return !w.NoTrace && w.practice == "" }

// liveAnswer is the remembered answer about the live test: yes, no, or empty, which means that it is asked.
func (w *window) liveAnswer() string {
	if !w.remembers() {
		return ""
	}
	switch answer := w.app.Preferences().String(keepLive); answer {
	case "yes", "no":
		return answer
	}
	return ""
}

// liveChoice says what is remembered about the live test, shows the names before anything is sent to them, and lets the person take the answer back. It is empty
// where nothing is remembered.
func (w *window) liveChoice(shown *bool) []fyne.CanvasObject {
	answer := w.liveAnswer()
	if answer == "" {
		return nil
	}
	parts := []fyne.CanvasObject{newText(w.Say("screen.live.kept-" + answer)), flowing(newButton("ask-live", w.Say("screen.live.ask-again"), func() {
		w.app.Preferences().RemoveValue(keepLive)
		w.redraw()
	}))}
	if answer == "yes" {
		parts = append(parts, w.siteList(shown)...)
	}
	return parts
}
