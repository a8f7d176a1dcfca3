package check

import (
	"context"
	"errors"
	"testing"
	"time"

	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// TestLostOnTheWay is a place whose home does not answer any more when it is looked for after the removal: that it is not found does not prove that the certificate
// is gone from it.
func TestLostOnTheWay(t *testing.T) {
	h := newHome(t, "firefox")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	h.stores[0].refuses = errors.New("no")
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{})
	found := h.Checker.Stores
	h.Step = func(name string) {
		if name == "acted" {
			h.Checker.Stores = func(*machine.Machine) []store.Store { return nil }
		}
	}
	done, err := h.Do(ctx, plan, nil)
	h.Checker.Stores = found
	if err != nil || len(done.Outcomes) != 1 || done.Outcomes[0].Gone || done.Outcomes[0].Why == "" {
		t.Errorf("it is there, and is said to be gone: %+v, %v", done, err)
	}
}

// TestLostBefore has the places not found again when the work begins, because it is stopped or because a home does not answer: nothing was done then, and nothing is
// said to be gone or to be back. A removal that was cut short stays one that can be finished.
func TestLostBefore(t *testing.T) {
	for _, stopped := range []bool{true, false} {
		h := newHome(t, "firefox")
		bad := lookalike(t)
		h.plant(t, 0, bad)
		e, _ := h.Look(ctx, nil, nil)
		plan := h.Plan(ctx, e, Pick{})
		found := h.Checker.Stores
		work := ctx
		lose := func() {
			h.Patience = 100 * time.Millisecond
			h.Checker.Stores = func(*machine.Machine) []store.Store { time.Sleep(time.Second); return nil }
			if stopped {
				var stop context.CancelFunc
				work, stop = context.WithCancel(ctx)
				stop()
			}
		}
		back := func() { work, h.Checker.Stores, h.Patience = ctx, found, time.Second }
		there := func() bool {
			e, _ := h.Look(ctx, nil, nil)
			return len(e.Places[0].Entries) > 0
		}

		lose()
		done, err := h.Do(work, plan, nil)
		if err != nil || len(done.Outcomes) != 1 || done.Outcomes[0].Gone || done.Outcomes[0].Why == "" {
			t.Errorf("stopped %v: removal: %+v, %v", stopped, done, err)
		}
		back()
		if !there() {
			t.Fatalf("stopped %v: the removal did something", stopped)
		}
		if done, err = h.Do(work, h.Plan(ctx, e, Pick{}), nil); err != nil || !done.Good() {
			t.Fatalf("%+v, %v", done, err)
		}
		lose()
		undone, err := h.Undo(work, done.Receipt, nil)
		if err != nil || len(undone.Outcomes) != 1 || !undone.Outcomes[0].Gone || undone.Outcomes[0].Why == "" || undone.Good() {
			t.Errorf("stopped %v: undo: %+v, %v", stopped, undone, err)
		}
		back()
		if there() {
			t.Errorf("stopped %v: the undo did something", stopped)
		}
		if undone, err = h.Undo(work, done.Receipt, nil); err != nil || !undone.Good() || !there() {
			t.Errorf("stopped %v: afterwards: %+v, %v", stopped, undone, err)
		}
	}
}

// TestResumeStopped: a removal that was cut short, and whose end was stopped too, is offered once more.
func TestResumeStopped(t *testing.T) {
	h := newHome(t, "firefox")
	h.plant(t, 0, lookalike(t))
	e, _ := h.Look(ctx, nil, nil)
	h.Step = func(name string) {
		if name == "acting" {
			panic("the power fails")
		}
	}
	func() {
		defer func() { recover() }()
		h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
	}()
	h.Step = nil
	receipts, err := Receipts(h.Machine.State)
	if err != nil || len(receipts) != 1 || !receipts[0].CutShort() {
		t.Fatalf("%+v, %v", receipts, err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if done, err := h.Resume(stopped, receipts[0].ID, nil); err != nil || done.Good() {
		t.Errorf("%+v, %v", done, err)
	}
	if receipts, err = Receipts(h.Machine.State); err != nil || !receipts[0].CutShort() {
		t.Fatalf("it is not offered again: %+v, %v", receipts, err)
	}
	if done, err := h.Resume(ctx, receipts[0].ID, nil); err != nil || !done.Good() {
		t.Errorf("%+v, %v", done, err)
	}
}
