package check

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// elevatedHome is a computer with a profile of the person and two stores of the computer, one of which can refuse. The administrator's process is one goroutine with the
// person's, through the bytes that would go between them.
func elevatedHome(t *testing.T, step func()) (*home, *int, []byte) {
	h := newHome(t, "firefox", "system", "disallowed")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	h.plant(t, 1, bad)
	for _, s := range h.stores[1:] {
		s.needs, s.place.Owner, s.place.Kind = evidence.Admin, "", evidence.System
	}
	h.stores[2].refuser = true
	asked := new(int)
	h.Machine.Elevate = func(_ context.Context, job []byte) ([]byte, error) {
		*asked++
		root, view := *h.Checker, *h.Machine
		view.Admin, view.People, view.State, view.Elevate = true, nil, filepath.Join(h.top, "admin"), nil
		root.Machine = &view
		return root.Serve(ctx, job)
	}
	h.Step = func(string) { step() }
	return h, asked, bad
}

// TestElevatedCutShort ends both processes at each step of a removal that an administrator has a part in: by its receipt it is finished on both sides and undone on both,
// or nothing was changed.
func TestElevatedCutShort(t *testing.T) {
	const enough = 100
	finished := 0
	for at := 1; ; at++ {
		if at > enough {
			t.Fatal("the walk does not end")
		}
		step := 0
		h, asked, bad := elevatedHome(t, func() {
			if step++; step == at {
				runtime.Goexit() // what is deferred closes files and frees locks, as the end of a process does
			}
		})
		e, _ := h.Look(ctx, nil, nil)
		plan := h.Plan(ctx, e, Pick{Block: true})
		if len(plan.Items) != 2 || len(plan.Holds) != 1 {
			t.Fatalf("%+v", plan)
		}
		killed, gone := true, make(chan struct{})
		go func() {
			defer close(gone)
			h.Do(ctx, plan, nil) //nolint:errcheck // it is killed
			killed = false
		}()
		<-gone
		h.Step = nil
		refused := func() bool {
			_, err := os.Stat(filepath.Join(keepingStore{h.stores[2]}.beside("distrust"), cert.Of(bad).String()))
			return err == nil
		}
		receipts, err := Receipts(h.Machine.State)
		if err != nil {
			t.Fatal(err)
		}
		if len(receipts) == 0 || !receipts[0].CutShort() {
			if killed && (len(receipts) == 0 || !receipts[0].Ended) && (!h.has(0, bad) || !h.has(1, bad) || refused()) {
				t.Fatalf("step %d: changed, and not offered to be finished: %+v", at, receipts)
			}
		} else {
			*asked = 0
			done, err := h.Resume(ctx, receipts[0].ID, nil)
			if err != nil || !done.Good() || !done.Kept() || len(done.Outcomes) != 2 || len(done.Holds) != 1 || *asked != 1 || h.has(0, bad) || h.has(1, bad) || !refused() {
				t.Fatalf("step %d: finishing: %+v, %v, asked %d times", at, done, err, *asked)
			}
			if r, err := readReceipt(h.Machine.State, receipts[0].ID); err != nil || r.CutShort() || r.Undone() {
				t.Fatalf("step %d: it is not finished: %+v, %v", at, r, err)
			}
			undone, err := h.Undo(ctx, receipts[0].ID, nil)
			if err != nil || !undone.Good() || !undone.Kept() || !h.has(0, bad) || !h.has(1, bad) || refused() {
				t.Fatalf("step %d: undo: %+v, %v", at, undone, err)
			}
			finished++
		}
		if !killed {
			break
		}
	}
	if finished < 10 {
		t.Errorf("only %d were finished: the walk is broken", finished)
	}
}

// TestFinishRefused holds that a removal whose administrator's part is not allowed at the second try says so, place by place, and that what was undone is not done again.
func TestFinishRefused(t *testing.T) {
	step := 0
	h, asked, bad := elevatedHome(t, func() { step++ })
	answer := h.Machine.Elevate
	h.Machine.Elevate = func(context.Context, []byte) ([]byte, error) {
		runtime.Goexit() // while the system asks
		return nil, nil
	}
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{Block: true})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		h.Do(ctx, plan, nil) //nolint:errcheck // it is killed
	}()
	<-gone
	receipts, _ := Receipts(h.Machine.State)
	if len(receipts) != 1 || !receipts[0].CutShort() || len(receipts[0].Asked) != 2 || receipts[0].Asked[1].Verb != Refused {
		t.Fatalf("%+v", receipts)
	}
	id := receipts[0].ID
	h.Machine.Elevate = func(context.Context, []byte) ([]byte, error) { return nil, evidence.Trouble{Code: evidence.NeedsAdmin} }
	done, err := h.Resume(ctx, id, nil)
	if err != nil || done.Good() || done.Kept() || done.Outcomes[1].Why != evidence.NeedsAdmin || done.Outcomes[1].Place != h.stores[1].place || !h.has(1, bad) {
		t.Fatalf("%+v, %v", done, err)
	}
	undone, err := h.Undo(ctx, id, nil)
	if err != nil || undone.Good() || undone.Outcomes[1].Place != h.stores[1].place || undone.Holds[0].Place != h.stores[2].place {
		t.Fatalf("%+v, %v", undone, err)
	}
	if undone.Outcomes[1].Gone || undone.Holds[0].Held {
		t.Errorf("nothing was done as administrator, and it is said to be gone and refused: %+v", undone)
	}
	h.Machine.Elevate = answer
	if undone, err = h.Undo(ctx, id, nil); err != nil || !undone.Good() || !undone.Kept() {
		t.Fatalf("%+v, %v", undone, err)
	}
	*asked = 0
	if done, err := h.Resume(ctx, id, nil); err != nil || len(done.Outcomes)+len(done.Holds) != 0 || *asked != 0 {
		t.Errorf("what was undone is done again: %+v, %v, asked %d times", done, err, *asked)
	}
}

// TestServeOtherJob holds that no job finishes the receipt of another one.
func TestServeOtherJob(t *testing.T) {
	h, _, bad := elevatedHome(t, func() {})
	e, _ := h.Look(ctx, nil, nil)
	if done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil); err != nil || !done.Good() {
		t.Fatalf("%+v, %v", done, err)
	}
	admin, err := Receipts(filepath.Join(h.top, "admin"))
	if err != nil || len(admin) != 1 {
		t.Fatalf("%+v, %v", admin, err)
	}
	h.plant(t, 1, bad)
	for _, other := range []Job{
		{Verb: "remove", Prints: []cert.Print{{1}}, Kinds: []evidence.Kind{evidence.System}},
		{Verb: "remove", Prints: []cert.Print{cert.Of(bad)}, Kinds: []evidence.Kind{evidence.Java}},
		{Verb: "limit", Prints: []cert.Print{cert.Of(bad)}, Kinds: []evidence.Kind{evidence.System}},
	} {
		other.Receipt = admin[0].ID
		job, _ := json.Marshal(other)
		if answer, err := h.Machine.Elevate(ctx, job); err == nil || !h.has(1, bad) {
			t.Errorf("%+v: obeyed: %s", other, answer)
		}
	}
}

// TestFinishAfterUndo holds that the administrator's process refuses nothing any more once the person has begun to undo, whatever its own receipt says.
func TestFinishAfterUndo(t *testing.T) {
	h, _, bad := elevatedHome(t, func() {})
	killed := func(work func()) {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			work()
		}()
		<-gone
	}
	h.Step = func(name string) {
		if name == "hold saved" { // that of the administrator: the person's own part refuses nothing
			runtime.Goexit()
		}
	}
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{Block: true})
	killed(func() { h.Do(ctx, plan, nil) }) //nolint:errcheck // it is killed
	h.Step = nil
	answer := h.Machine.Elevate
	h.Machine.Elevate = func(context.Context, []byte) ([]byte, error) {
		runtime.Goexit() // while the system asks
		return nil, nil
	}
	receipts, _ := Receipts(h.Machine.State)
	if len(receipts) != 1 || !receipts[0].CutShort() || h.has(0, bad) || h.has(1, bad) {
		t.Fatalf("%+v", receipts)
	}
	killed(func() { h.Undo(ctx, receipts[0].ID, nil) }) //nolint:errcheck // it is killed
	h.Machine.Elevate = answer
	done, err := h.Resume(ctx, receipts[0].ID, nil)
	if err != nil || !done.Good() || len(done.Holds) != 0 || !h.has(0, bad) || h.has(1, bad) {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := os.Stat(filepath.Join(keepingStore{h.stores[2]}.beside("distrust"), cert.Of(bad).String())); err == nil {
		t.Error("refused, although the person has begun to undo")
	}
}
