//go:build !nowindow

package window

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/words"
)

// receiptsScreen lists what was removed earlier. What was put back is listed too: its copy is still there and can be deleted.
type receiptsScreen struct {
	from   screen
	notice string // key of what has just happened; empty: nothing
}

func (*receiptsScreen) name() string { return "receipts" }

func (s *receiptsScreen) draw(w *window) view {
	v := view{title: w.Say("screen.undo.list-title"), back: func() { w.show(s.from) }}
	if s.notice != "" {
		v.body = append(v.body, note(theme.InfoIcon(), theme.ColorNamePrimary, w.Say(s.notice)))
	}
	receipts, err := w.engine.Receipts()
	if err != nil {
		v.sentence = w.Say("screen.undo.list-unreadable")
	}
	shown := 0
	for _, receipt := range receipts {
		if len(receipt.Changes()) == 0 && receipt.Elevated == "" {
			continue
		}
		shown++
		one := newLine("receipt-"+receipt.ID, w.receiptName(receipt), theme.HistoryIcon(), theme.ColorNameForeground, func() {
			w.show(&receiptScreen{receipt: receipt.ID, from: s})
		})
		if receipt.Undone() {
			one.more = w.Say("screen.undo.done")
		}
		v.body = append(v.body, one)
	}
	if shown == 0 && err == nil {
		v.sentence = w.Say("screen.undo.list-empty")
	}
	return v
}

func (w *window) receiptName(r check.Receipt) string {
	begun := r.Begun.Local()
	name := w.Date(begun) + ", " + w.Time(begun)
	if changes := r.Changes(); len(changes) > 0 {
		name = w.Say("screen.undo.receipt", words.With("date", w.Date(begun)), words.With("time", w.Time(begun)),
			words.With("name", w.titleOf(changes[0].Print, changes[0].Title)))
		if first := changes[0].Verb; !check.AnyOf(check.Removed, r) {
			name += " (" + w.Say("hold.verb-"+string(first)) + ")"
		}
	}
	return name
}

// titleOf is what a certificate is called: by the list, else by its own name.
func (w *window) titleOf(print cert.Print, title string) string {
	if match := w.Options.List.Classify(cert.Certificate{Print: print}); match.Names != nil {
		return match.Names.In(string(w.Language()))
	}
	return title
}

// receiptOf is the receipt of that name. A receipt can be gone: another copy of the program may have deleted it.
func (w *window) receiptOf(id string) (check.Receipt, bool) {
	receipts, _ := w.engine.Receipts() // what cannot be read is said in the list
	for _, receipt := range receipts {
		if receipt.ID == id {
			return receipt, true
		}
	}
	return check.Receipt{}, false
}

// itemsOf are the places of a receipt.
func (w *window) itemsOf(receipt check.Receipt) []fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for _, one := range receipt.Changes() {
		name := w.titleOf(one.Print, one.Title)
		if one.Verb != check.Removed {
			name += " (" + w.Say("hold.verb-"+string(one.Verb)) + ")"
		}
		lines = append(lines, w.placeLine(one.Place, name))
	}
	return lines
}

// receiptScreen is one earlier removal, with everything that can be done with it.
type receiptScreen struct {
	receipt      string
	from         *receiptsScreen
	notice, file string
}

func (*receiptScreen) name() string { return "receipt" }

func (s *receiptScreen) draw(w *window) view {
	v := view{title: w.Say("screen.undo.list-title"), back: func() { w.show(s.from) }}
	receipt, there := w.receiptOf(s.receipt)
	if !there {
		v.sentence = w.Say("screen.undo.list-unreadable")
		return v
	}
	v.title = w.receiptName(receipt)
	undo := newButton("undo", w.Say("screen.undo.button"), func() { w.show(&undoScreen{receipt: s.receipt, from: s}) })
	forget := newButton("forget", w.Say("screen.undo.forget"), func() { w.show(&forgetScreen{receipt: s.receipt, from: s}) })
	if receipt.Undone() {
		v.sentence = w.Say("screen.undo.done")
	} else {
		v.buttons = append(v.buttons, undo.main(widget.MediumImportance))
	}
	v.buttons, v.calm = append(v.buttons, forget.main(widget.MediumImportance)), true
	v.body = append(v.body, w.itemsOf(receipt)...)
	v.body = append(v.body, newText(w.Say("screen.undo.export-text")), flowing(newButton("export", w.Say("screen.undo.export"), func() { s.export(w) })))
	if s.notice != "" {
		v.body = append(v.body, note(theme.InfoIcon(), theme.ColorNamePrimary, w.Say(s.notice, words.With("file", s.file))))
	}
	return v
}

// export writes the copy for a helper and says where it is.
func (s *receiptScreen) export(w *window) {
	w.start(func(context.Context, func(check.Event)) func() {
		file, err := w.engine.Export(s.receipt)
		return func() {
			switch s.notice, s.file = "report.saved", file; {
			case w.practice != "":
				s.notice = "screen.error.demo"
			case err != nil:
				s.notice = "screen.error.not-saved"
			}
			if w.screen == s {
				w.redraw()
			}
		}
	}, func(check.Event) {})
}

// forgetScreen asks before a copy is deleted for good. Leaving it is the main button.
type forgetScreen struct {
	receipt string
	from    *receiptScreen
}

func (*forgetScreen) name() string { return "forget" }

func (s *forgetScreen) draw(w *window) view {
	leave := func() { w.show(s.from) }
	v := view{
		drawing: drawFogged, tone: plain,
		title: w.Say("screen.undo.forget-title"), sentence: w.Say("screen.undo.forget-text"),
		buttons: []*button{
			newButton("main", w.Say("screen.undo.keep"), leave).main(widget.HighImportance),
			newButton("forget", w.Say("screen.undo.forget"), w.unhurried(func() { s.forget(w) })).main(widget.MediumImportance),
		},
		back: leave, after: true,
	}
	if receipt, there := w.receiptOf(s.receipt); there {
		if check.Limits(receipt) {
			v.sentence = w.Say("screen.undo.forget-text-limit")
		}
		v.body = append([]fyne.CanvasObject{newStrong(w.receiptName(receipt))}, w.itemsOf(receipt)...)
	}
	return v
}

func (s *forgetScreen) forget(w *window) {
	w.change(func(context.Context, func(check.Event)) func() {
		err := w.engine.Forget(s.receipt)
		return func() {
			if err != nil {
				s.from.notice = "reason.failed.text"
				w.show(s.from)
				return
			}
			list := *s.from.from
			list.notice = "screen.undo.forgotten"
			w.show(&list)
		}
	}, func(check.Event) {})
}
