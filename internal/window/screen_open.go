//go:build !nowindow

package window

import (
	"context"

	"fyne.io/fyne/v2/widget"

	"qulyp/internal/check"
	"qulyp/internal/words"
)

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
