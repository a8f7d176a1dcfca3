//go:build !nowindow

package window

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/check"
	"qulyp/internal/machine"
	"qulyp/internal/words"
)

// undoScreen asks before anything is put back. It is a screen of its own, so that a screen reader can read it, and leaving things as they are is the main button.
type undoScreen struct {
	receipt string
	from    screen
}

func (*undoScreen) name() string { return "undo" }

func (s *undoScreen) draw(w *window) view {
	leave := func() { w.show(s.from) }
	v := view{
		drawing: drawFogged, tone: plain,
		title: w.Say("screen.undo.title"), sentence: w.Say("screen.undo.text"),
		buttons: []*button{
			newButton("main", w.Say("screen.undo.cancel"), leave).main(widget.HighImportance),
			newButton("undo", w.Say("screen.undo.button"), func() { w.undo(s.receipt) }).main(widget.MediumImportance),
		},
		back: leave, after: true,
	}
	receipts, _ := w.engine.Receipts()
	for _, receipt := range receipts {
		if receipt.ID == s.receipt {
			v.body = append(v.body, newStrong(w.receiptName(receipt)))
			v.body = append(v.body, s.consequences(w, receipt, &v)...)
			v.body = append(v.body, w.itemsOf(receipt)...)
		}
	}
	return v
}

// consequences say what the undo brings beside the removed certificates themselves. When nothing was removed, the sentence of the screen is another one.
func (s *undoScreen) consequences(w *window, receipt check.Receipt, v *view) []fyne.CanvasObject {
	removed, refused := check.AnyOf(check.Removed, receipt), check.AnyOf(check.Refused, receipt)
	var parts []fyne.CanvasObject
	switch {
	case check.Limits(receipt):
		v.sentence = w.Say("screen.undo.text-limit")
	case refused && !removed:
		v.sentence = w.Say("screen.undo.text-refuse")
	case refused:
		parts = append(parts, note(theme.InfoIcon(), theme.ColorNameForeground, w.Say("screen.undo.text-hold")))
	}
	if receipt.Elevated != "" && !receipt.Returned {
		parts = append(parts, note(theme.AccountIcon(), theme.ColorNameForeground, w.Say("screen.plan.admin")))
	}
	return append(parts, w.windowsAsks(codesOf(w, receipt))...)
}

// codesOf are the codes that Windows will show when it asks whether to put roots of the person back: their SHA-1, each once.
func codesOf(w *window, receipt check.Receipt) []string {
	var codes []string
	for _, item := range receipt.Items {
		sha1, asks := item.WindowsAsks()
		if !asks || !item.Acted || item.Restored {
			continue
		}
		for _, known := range w.Options.List.Authorities {
			if sha1 == [20]byte{} && known.SHA256 == item.Saved.Print {
				sha1 = known.SHA1
			}
		}
		if sha1 != [20]byte{} {
			codes = add(codes, thumbprint(sha1))
		}
	}
	return codes
}

// thumbprint writes a SHA-1 as the question of Windows does, so that the two can be compared at a glance: five groups of eight.
func thumbprint(sha1 [20]byte) string {
	return fmt.Sprintf("%X %X %X %X %X", sha1[:4], sha1[4:8], sha1[8:12], sha1[12:16], sha1[16:])
}

// windowsAsks prepares for the question of Windows itself.
func (w *window) windowsAsks(codes []string) []fyne.CanvasObject {
	if len(codes) == 0 {
		return nil
	}
	parts := []fyne.CanvasObject{note(theme.QuestionIcon(), theme.ColorNameForeground, w.Say("screen.undo.windows-asks"))}
	for _, code := range codes {
		parts = append(parts, newCode(code))
	}
	return parts
}

// undo puts back what the receipt took out.
func (w *window) undo(receipt string) {
	s := &workingScreen{restoring: true}
	receipts, _ := w.engine.Receipts()
	for _, r := range receipts {
		if r.ID == receipt {
			s.codes = codesOf(w, r)
		}
	}
	w.show(s)
	w.change(func(ctx context.Context, on func(check.Event)) func() {
		done, err := w.engine.Undo(ctx, receipt, on)
		return func() { w.ended(&resultScreen{done: done, err: err, restored: true}) }
	}, s.event(w))
}

// resume finishes a removal that was cut short.
func (w *window) resume(receipt string) {
	s := &workingScreen{}
	if r, there := w.receiptOf(receipt); there {
		s.limiting = check.Limits(r)
	}
	w.show(s)
	w.change(func(ctx context.Context, on func(check.Event)) func() {
		done, err := w.engine.Resume(ctx, receipt, on)
		return func() { w.ended(&resultScreen{done: done, err: err}) }
	}, s.event(w))
}

// ended shows how a change ended. What concerns the whole has a screen of its own.
func (w *window) ended(s *resultScreen) {
	if errors.Is(s.err, machine.ErrOtherCopy) {
		w.show(&troubleScreen{text: "screen.error.second-copy"})
		return
	}
	if s.err != nil && len(s.done.Outcomes)+len(s.done.Holds) == 0 {
		w.show(&troubleScreen{text: "screen.error.text"})
		return
	}
	if w.found != nil {
		w.found.verdict.Removed = !s.restored && s.settles(w)
	}
	w.show(s)
}

// troubleScreen says that the whole did not work.
type troubleScreen struct{ text string }

func (*troubleScreen) name() string { return "trouble" }

func (s *troubleScreen) draw(w *window) view {
	return view{
		drawing: drawFogged, tone: plain,
		title: w.Say("screen.error.title"), sentence: w.Say(s.text),
		buttons: []*button{newButton("main", w.Say("action.check-again"), w.home).main(widget.HighImportance)},
		back:    w.home,
	}
}

// workingScreen shows a removal or an undo on its way. There is nothing to press: it is short, and half of it would be worse than all of it.
type workingScreen struct {
	restoring   bool
	limiting    bool
	codes       []string // that Windows will show when it asks
	done, total int
	now         string
	asking      bool
	bar         *widget.ProgressBar
	line        *widget.Label
}

func (*workingScreen) name() string { return "working" }

func (s *workingScreen) draw(w *window) view {
	s.bar, s.line = widget.NewProgressBar(), newText("")
	s.bar.TextFormatter = func() string { return "" }
	s.line.Alignment = 1 // centred
	v := view{drawing: drawLooked, tone: plain, title: w.Say("screen.working.title"), after: true}
	if s.restoring {
		v.title = w.Say("screen.working.restoring")
	}
	if s.limiting {
		v.title = w.Say("screen.working.limiting")
	}
	if s.asking {
		v.sentence = w.Say("screen.working.asking")
	}
	s.update(w.Printer)
	v.body = append(v.body, stack(theme.Padding(), s.bar, s.line))
	v.body = append(v.body, w.windowsAsks(s.codes)...)
	return v
}

func (s *workingScreen) update(p words.Printer) {
	if s.total > 0 {
		s.bar.SetValue(float64(s.done) / float64(s.total))
	}
	if s.now != "" {
		s.line.SetText(p.Say("screen.check.now", words.With("place", s.now)))
	}
}

func (s *workingScreen) event(w *window) func(check.Event) {
	return func(event check.Event) {
		asking := s.asking
		switch e := event.(type) {
		case check.Acting:
			s.now, s.asking = w.placeName(e.Place), false
		case check.Asking:
			s.asking = true
		case check.Proved:
			s.done++
			s.now, s.asking = w.placeName(e.Outcome.Place), false
		case check.Held:
			s.done++
			s.now, s.asking = w.placeName(e.Outcome.Place), false
		}
		if w.screen != s {
			return
		}
		if asking != s.asking {
			w.redraw()
			return
		}
		s.update(w.Printer)
	}
}
