//go:build !nowindow

package window

import (
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

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

// receiptScenes are the screens of one earlier removal.
func receiptScenes() []scene {
	one := func(names ...string) func(*window, *player) {
		return func(w *window, p *player) {
			press(w, "main", "skip", "main", "main", "more", "receipts")
			press(w, append([]string{"receipt-" + p.receipts[0].ID}, names...)...)
		}
	}
	return []scene{
		{name: "receipt", enter: one()},
		{name: "receipt-undone", enter: func(w *window, p *player) {
			press(w, "main", "skip", "main", "main", "undo", "undo", "more", "receipts")
			press(w, "receipt-"+p.receipts[0].ID)
		}},
		{name: "forget", enter: one("forget")},
		{name: "receipts-forgotten", enter: one("forget", "forget")},
	}
}
