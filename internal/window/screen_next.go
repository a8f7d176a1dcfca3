//go:build !nowindow

package window

import (
	"slices"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// nextScreen is the list of what to do now. It can be ticked, and printed from the browser.
type nextScreen struct {
	from   screen
	steps  []judge.Code
	notice string
	file   string
}

func (*nextScreen) name() string { return "next" }

// The steps that have a button of their own.
const (
	stepPhone      judge.Code = "phone"
	stepSaveReport judge.Code = "save-report"
)

// stepGetHelp is the step that says where to get help. Where it is none of the steps, that is said below them.
const stepGetHelp judge.Code = "get-help"

// stepsAfter are the steps after a removal of which no check is known: one that was cut short and finished later.
var stepsAfter = []judge.Code{"restart", "passwords", "sessions", "two-step", stepPhone, "no-install", "tell-others", "again-week"}

func (s *nextScreen) draw(w *window) view {
	v := view{title: w.Say("screen.next.title"), sentence: w.Say("screen.next.text"), back: func() { w.show(s.from) }, after: true}
	all := len(s.steps) > 0
	for _, step := range s.steps {
		all = all && w.ticked[string(step)]
		t := newTick("step-"+string(step), judge.SayStep(w.Printer, step), w.ticked[string(step)], func(on bool) {
			w.ticked[string(step)] = on
			w.redraw()
		})
		v.body = append(v.body, t)
		switch {
		case step == stepPhone:
			v.body = append(v.body, under(newButton("phone", w.Say("action.check-phone"), func() { w.show(&phoneScreen{from: s}) })))
		case step == stepSaveReport && w.found != nil:
			v.body = append(v.body, under(newButton("save", w.Say("action.save-report"), w.saveReport)))
		}
	}
	if w.found != nil && len(s.steps) > 0 && !slices.Contains(s.steps, stepGetHelp) {
		v.body = append(v.body, note(theme.HelpIcon(), theme.ColorNameForeground, w.Say("screen.next.help")))
	}
	if all {
		v.sentence = w.Say("screen.next.done")
	}
	if s.notice != "" {
		v.body = append(v.body, note(theme.InfoIcon(), theme.ColorNamePrimary, w.Say(s.notice, words.With("file", s.file))))
	}
	v.buttons = []*button{newButton("main", w.Say("action.done"), w.home).main(widget.HighImportance)}
	if w.found != nil {
		v.buttons = append(v.buttons, newButton("print", w.Say("action.print"), w.showReport).main(widget.MediumImportance))
	}
	return v
}
