//go:build !nowindow

package window

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"qulyp/internal/check"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// helped is a computer on which copies for a helper can be written, and deleting may fail.
type helped struct {
	*player
	exported []string
	refuses  error
}

func (h *helped) Export(receipt string) (string, error) {
	if h.refuses != nil {
		return "", h.refuses
	}
	h.exported = append(h.exported, receipt)
	return "/home/aigerim/Documents/qulyp-receipt-2026-11-23.json", nil
}

func (h *helped) Forget(receipt string) error {
	if h.refuses != nil {
		return h.refuses
	}
	return h.player.Forget(receipt)
}

// removedEarlier is a window on the list of earlier removals, of which there are n.
func removedEarlier(t *testing.T, n int) (*window, *helped) {
	t.Helper()
	var h *helped
	w, _ := raise(t, setting{language: words.Russian, change: func(o *Options, p *player) {
		h = &helped{player: p}
		o.Engine = h
	}})
	for range n {
		clear(h.gone)
		w.home()
		press(w, "main", "skip", "main", "main")
		at(t, w, "result")
	}
	w.home()
	press(w, "more", "receipts")
	at(t, w, "receipts")
	return w, h
}

func says(w *window, text string) bool {
	return slices.Contains(texts(w.win.Content()), drawable(text))
}

// TestForget holds that a copy is deleted only after the question, that only that one is, and that a failure is told.
func TestForget(t *testing.T) {
	w, h := removedEarlier(t, 2)
	if len(h.receipts) != 2 {
		t.Fatalf("%d receipts", len(h.receipts))
	}
	keep, gone := h.receipts[0].ID, h.receipts[1].ID
	press(w, "receipt-"+gone, "forget")
	at(t, w, "forget")
	strike(w, fyne.KeyReturn) // the main button leaves the copy
	at(t, w, "receipt")
	press(w, "forget")
	strike(w, fyne.KeyEscape)
	at(t, w, "receipt")
	if len(h.receipts) != 2 {
		t.Fatal("a copy was deleted by leaving the question")
	}
	h.refuses = errors.New("x")
	press(w, "forget", "forget")
	at(t, w, "receipt")
	if !says(w, w.Say("reason.failed.text")) || len(h.receipts) != 2 {
		t.Error("a failure is not told")
	}
	h.refuses = nil
	press(w, "forget")
	tab(t, w, "forget")
	strike(w, fyne.KeySpace)
	at(t, w, "receipts")
	if len(h.receipts) != 1 || h.receipts[0].ID != keep {
		t.Errorf("left are %v", h.receipts)
	}
	if !says(w, w.Say("screen.undo.forgotten")) || findFocus(w.win.Content(), "receipt-"+gone) != nil || findFocus(w.win.Content(), "receipt-"+keep) == nil {
		t.Error("the list does not say what is left")
	}
	strike(w, fyne.KeyEscape)
	at(t, w, "more")
}

// TestExport holds that the copy for a helper is that of the removal that is looked at, and that it is told where it is or that it is not.
func TestExport(t *testing.T) {
	w, h := removedEarlier(t, 2)
	press(w, "receipt-"+h.receipts[1].ID, "export")
	if !slices.Equal(h.exported, []string{h.receipts[1].ID}) {
		t.Errorf("written are %q", h.exported)
	}
	if !says(w, w.Say("report.saved", words.With("file", "/home/aigerim/Documents/qulyp-receipt-2026-11-23.json"))) {
		t.Error("it is not told where the copy is")
	}
	h.refuses = errors.New("x")
	press(w, "export")
	if !says(w, w.Say("screen.error.not-saved")) {
		t.Error("it is not told that there is no copy")
	}
}

// TestUndoOneOfMany puts one of two removals back: the other stays; what is back can still be deleted, and not put back twice.
func TestUndoOneOfMany(t *testing.T) {
	w, h := removedEarlier(t, 2)
	back := h.receipts[1].ID
	press(w, "receipt-"+back, "undo")
	at(t, w, "undo")
	press(w, "undo")
	at(t, w, "result")
	if !h.receipts[1].Undone() || h.receipts[0].Undone() {
		t.Error("another removal was put back")
	}
	w.home()
	press(w, "more", "receipts", "receipt-"+back)
	if findFocus(w.win.Content(), "undo") != nil || !says(w, w.Say("screen.undo.done")) {
		t.Error("what is back can be put back again")
	}
	press(w, "forget", "forget")
	if len(h.receipts) != 1 {
		t.Errorf("%d receipts are left", len(h.receipts))
	}
}

// resumed is a computer on which removals that were cut short can be finished.
type resumed struct {
	*player
	finished []string
}

func (r *resumed) Resume(_ context.Context, id string, _ func(check.Event)) (check.Done, error) {
	r.finished = append(r.finished, id)
	done := check.Done{Receipt: id}
	for _, one := range r.receipts[0].Asked {
		outcome := check.Outcome{Print: one.Print, Title: one.Title, Place: one.Place, Verb: one.Verb, Existed: true, Gone: one.Verb == check.Removed, Held: one.Verb != check.Removed}
		if one.Verb == check.Removed {
			done.Outcomes = append(done.Outcomes, outcome)
		} else {
			done.Holds = append(done.Holds, outcome)
		}
	}
	r.receipts[0].Ended = true
	return done, nil
}

// TestFinishAdmin holds that a removal, or a ban for web sites, of which nothing but the administrator's part had begun is offered to be finished at the next start, in words of its
// own, with the announcement that the system will ask; and that it is finished or not offered once nothing was begun.
func TestFinishAdmin(t *testing.T) {
	for _, one := range []struct {
		plays                judge.Code
		begin                func(*window, *player)
		title, result, doing string
	}{
		{judge.SigningInstalled, func(w *window, p *player) { limit(w, p, true, "main") }, "screen.unfinished.title-limit", "screen.result.limit-title", "screen.working.limiting"},
		{judge.StateInstalled, func(w *window, p *player) { press(w, "main", "skip", "main", "main") }, "screen.unfinished.title", "screen.result.title", "screen.working.title"},
	} {
		var r *resumed
		w, p := raise(t, setting{language: words.Russian, plays: one.plays, change: func(o *Options, p *player) {
			onWindows(o, p)
			r = &resumed{player: p}
			o.Engine = r
		}})
		one.begin(w, p)
		receipt := &p.receipts[0]
		receipt.Items, receipt.Ended = nil, false
		place := receipt.Asked[0].Place.Path
		w.home()
		at(t, w, "unfinished")
		if w.shown.title != w.Say(one.title) || !said(w, place) || !said(w, w.Say("screen.plan.admin")) {
			t.Errorf("%s: %q, %q", one.plays, w.shown.title, texts(w.win.Content()))
		}
		spawn := w.spawn
		w.spawn = func(work func()) {
			if w.shown.title != w.Say(one.doing) {
				t.Errorf("%s: while it is finished, the screen says %q", one.plays, w.shown.title)
			}
			spawn(work)
		}
		press(w, "main")
		at(t, w, "result")
		if len(r.finished) != 1 || r.finished[0] != receipt.ID || w.shown.title != w.Say(one.result) {
			t.Errorf("%s: finished %q, and the screen says %q", one.plays, r.finished, w.shown.title)
		}
		receipt.Ended, receipt.Elevated = false, "" // nothing was begun
		w.home()
		at(t, w, "start")
	}
}

// TestLimitFromTheList holds that a ban for web sites, which an administrator wrote, is called what it is in the list of earlier removals, at its undo and where its copy is deleted.
func TestLimitFromTheList(t *testing.T) {
	w, p := raise(t, setting{language: words.Russian, plays: judge.SigningInstalled, change: onWindows})
	limit(w, p, true, "main")
	receipt := p.receipts[0]
	if len(receipt.Items) != 0 || len(receipt.Asked) != 1 {
		t.Fatalf("%+v", receipt)
	}
	w.home()
	press(w, "more", "receipts")
	verb := w.Say("hold.verb-limit")
	if !said(w, "("+verb+")") {
		t.Errorf("the list says %q", texts(w.win.Content()))
	}
	press(w, "receipt-"+receipt.ID, "forget")
	if w.shown.sentence != w.Say("screen.undo.forget-text-limit") {
		t.Errorf("before deleting, the screen says %q", w.shown.sentence)
	}
	press(w, "main", "undo")
	at(t, w, "undo")
	if w.shown.sentence != w.Say("screen.undo.text-limit") || !said(w, receipt.Asked[0].Place.Path) || !said(w, w.Say("screen.plan.admin")) {
		t.Errorf("the undo says %q, %q", w.shown.sentence, texts(w.win.Content()))
	}
	press(w, "undo")
	at(t, w, "result")
	if !said(w, w.Say("hold.unlimited")) || !p.receipts[0].Undone() {
		t.Errorf("after the undo, the screen says %q", texts(w.win.Content()))
	}
}

// refusedAlone leaves of the last removal nothing but the refusal: the certificate itself was gone when the work began.
func refusedAlone(w *window, p *player) {
	press(w, "main", "skip", "main", "keep-out", "main")
	receipt := &p.receipts[0]
	receipt.Asked, receipt.Elevated = nil, ""
	receipt.Items = slices.DeleteFunc(receipt.Items, func(item check.ReceiptItem) bool { return item.Verb() != check.Refused })
	w.home()
	press(w, "more", "receipts", "receipt-"+receipt.ID, "undo")
}

// TestRefusalAlone holds that the undo of a refusal alone promises no certificate that comes back.
func TestRefusalAlone(t *testing.T) {
	w, p := raise(t, setting{language: words.Russian})
	refusedAlone(w, p)
	at(t, w, "undo")
	if w.shown.sentence != w.Say("screen.undo.text-refuse") || said(w, w.Say("screen.undo.text-hold")) {
		t.Errorf("%q", texts(w.win.Content()))
	}
}

// receiptScenes are the screens of one earlier removal.
func receiptScenes() []scene {
	one := func(names ...string) func(*window, *player) {
		return func(w *window, p *player) {
			press(w, "main", "skip", "main", "main", "more", "receipts")
			press(w, append([]string{"receipt-" + p.receipts[0].ID}, names...)...)
		}
	}
	listed := func(w *window, p *player, names ...string) {
		limit(w, p, true, "main")
		w.home()
		press(w, append([]string{"more", "receipts"}, names...)...)
	}
	return []scene{
		{name: "receipt", enter: one()},
		{name: "receipt-undone", enter: func(w *window, p *player) {
			press(w, "main", "skip", "main", "main", "undo", "undo", "more", "receipts")
			press(w, "receipt-"+p.receipts[0].ID)
		}},
		{name: "forget", enter: one("forget")},
		{name: "receipts-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { listed(w, p) }},
		{name: "receipt-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { listed(w, p, "receipt-demo-1") }},
		{name: "receipt-limit-undo", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { listed(w, p, "receipt-demo-1", "undo") }},
		{name: "receipt-limit-forget", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { listed(w, p, "receipt-demo-1", "forget") }},
		{name: "receipt-refusal-undo", enter: refusedAlone},
		{name: "unfinished-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) {
			limit(w, p, true, "main")
			p.receipts[0].Ended = false
			w.home()
		}},
		{name: "receipts-forgotten", enter: one("forget", "forget")},
	}
}
