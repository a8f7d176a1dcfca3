package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

var ctx = context.Background()

// TestRemoveProveUndo is the main job on stores that behave.
func TestRemoveProveUndo(t *testing.T) {
	h := newHome(t, "firefox", "chromium")
	bad, twin, good := lookalike(t), lookalike(t), harmless(t)
	h.plant(t, 0, bad)
	h.plant(t, 0, good)
	h.plant(t, 1, bad)
	h.plant(t, 1, twin)

	var known, looked int
	e, verdict := h.Look(ctx, nil, func(event Event) {
		switch event := event.(type) {
		case Known:
			known = event.Places
		case Looked:
			looked = max(looked, event.Done)
		}
	})
	if verdict.Level != judge.Danger {
		t.Fatalf("verdict %v", verdict)
	}
	if known != 2 || looked != 2 {
		t.Errorf("told of %d places, %d looked into", known, looked)
	}
	plan := h.Plan(ctx, e, Pick{})
	if len(plan.Items) != 3 || plan.Admin || len(plan.Busy) != 0 {
		t.Fatalf("plan %+v", plan)
	}
	done, err := h.Do(ctx, plan, nil)
	if err != nil || !done.Good() || len(done.Outcomes) != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, outcome := range done.Outcomes {
		if !outcome.Existed || !outcome.Gone {
			t.Errorf("%+v", outcome)
		}
	}
	if h.has(0, bad) || h.has(1, bad) || h.has(1, twin) || !h.has(0, good) {
		t.Error("wrong files are gone")
	}
	if _, verdict := h.Look(ctx, nil, nil); verdict.Level == judge.Danger {
		t.Error("still danger")
	}

	receipts, err := Receipts(h.Machine.State)
	if err != nil || len(receipts) != 1 || !receipts[0].Ended || receipts[0].Undone() || receipts[0].ID != done.Receipt {
		t.Fatalf("%+v, %v", receipts, err)
	}
	undone, err := h.Undo(ctx, done.Receipt, nil)
	if err != nil || !undone.Good() || len(undone.Outcomes) != 3 {
		t.Fatalf("%+v, %v", undone, err)
	}
	if !h.has(0, bad) || !h.has(1, bad) || !h.has(1, twin) {
		t.Error("not put back")
	}
	receipts, _ = Receipts(h.Machine.State)
	if !receipts[0].Undone() {
		t.Error("receipt does not say that it was undone")
	}
	if again, err := h.Undo(ctx, done.Receipt, nil); err != nil || len(again.Outcomes) != 0 {
		t.Errorf("undo of what is undone: %+v, %v", again, err)
	}
	if err := Delete(h.Machine.State, done.Receipt); err != nil {
		t.Error(err)
	}
	if _, err := h.Undo(ctx, done.Receipt, nil); !errors.Is(err, ErrNoReceipt) {
		t.Error(err)
	}
}

// TestFaults holds that one broken place never hides the others, is always said, and that no success is claimed without a fresh list.
func TestFaults(t *testing.T) {
	h := newHome(t, "good", "hangs", "panics", "lies", "refuses", "open", "managed", "other", "half")
	bad := lookalike(t)
	for i := range h.stores {
		h.plant(t, i, bad)
	}
	h.stores[1].hang = true
	h.stores[2].panics = true
	h.stores[3].lies = true
	h.stores[4].refuses = fmt.Errorf("write: %w", syscall.EROFS)
	h.stores[5].busy = "Firefox"
	h.stores[6].managed = true
	h.stores[7].needs = evidence.OtherUser
	h.stores[8].trouble = evidence.Trouble{Code: evidence.Damaged, Path: "half"}
	h.Patience = 300 * time.Millisecond

	begun := time.Now()
	e, verdict := h.Look(ctx, nil, nil)
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if verdict.Level != judge.Danger {
		t.Error(verdict.Level)
	}
	var unseen []evidence.Code
	for _, u := range verdict.Unseen {
		unseen = append(unseen, u.Code)
	}
	slices.Sort(unseen)
	if got := fmt.Sprint(unseen); got != "[damaged internal timed-out]" {
		t.Errorf("unseen %s", got)
	}
	plan := h.Plan(ctx, e, Pick{})
	if len(plan.Items) != 5 || len(plan.Left) != 2 || fmt.Sprint(plan.Busy) != "[Firefox]" {
		t.Fatalf("plan %+v", plan)
	}
	done, err := h.Do(ctx, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, outcome := range done.Outcomes {
		got[filepath.Base(outcome.Place.Path)] = fmt.Sprintf("%v %s", outcome.Gone, outcome.Why)
	}
	want := map[string]string{"good": "true ", "lies": "false still-there", "refuses": "false read-only", "open": "false browser-open", "half": "false damaged"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("outcomes %v\nwant     %v", got, want)
	}
	if !h.has(5, bad) || !h.has(6, bad) || !h.has(7, bad) {
		t.Error("changed a place that was not to be changed")
	}
	// closed meanwhile
	h.stores[5].busy = ""
	if open := h.Open(ctx, plan); len(open) != 0 {
		t.Error(open)
	}
}

// TestNothingWithoutJournal holds that nothing is removed when the receipt cannot be written.
func TestNothingWithoutJournal(t *testing.T) {
	h := newHome(t, "firefox")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{})

	// /dev/full takes every write with ENOSPC, so a journal that leads there stands for a full disk.
	h.Step = func(name string) {
		if name == "begun" {
			list, _ := filepath.Glob(filepath.Join(receiptFolder(h.Machine.State), "*"))
			for _, file := range list {
				redirect(t, file, "/dev/full")
			}
		}
	}
	done, err := h.Do(ctx, plan, nil)
	if err == nil || store.Code(err) != evidence.DiskFull {
		t.Errorf("error %v", err)
	}
	if done.Receipt != "" || done.Outcomes[0].Why != evidence.DiskFull || done.Outcomes[0].Gone || !h.has(0, bad) {
		t.Errorf("%+v", done)
	}

	h.Step = nil
	h.Machine.State = filepath.Join(h.stores[0].file(cert.Of(bad)), "below a file")
	done, err = h.Do(ctx, plan, nil)
	if err == nil || done.Receipt != "" || !h.has(0, bad) {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestTwoCopies(t *testing.T) {
	h := newHome(t, "firefox")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	e, _ := h.Look(ctx, nil, nil)
	unlock, err := machine.Lock(h.Machine.State)
	if err != nil {
		t.Fatal(err)
	}
	done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
	if !errors.Is(err, machine.ErrOtherCopy) || !h.has(0, bad) || done.Outcomes[0].Why != evidence.Locked {
		t.Errorf("%+v, %v", done, err)
	}
	unlock()
}

// TestPick holds that a certificate picked by hand is taken whatever its class, but never a public one.
func TestPick(t *testing.T) {
	h := newHome(t, "firefox")
	good := harmless(t)
	h.plant(t, 0, good)
	e, _ := h.Look(ctx, nil, nil)
	if plan := h.Plan(ctx, e, Pick{}); !plan.Empty() {
		t.Errorf("one click takes %+v", plan.Items)
	}
	plan := h.Plan(ctx, e, Pick{Prints: []cert.Print{cert.Of(good)}})
	if len(plan.Items) != 1 {
		t.Fatalf("%+v", plan)
	}
	for public := range catalog.Bundled() {
		e.Places[0].Entries = []evidence.Entry{{Cert: cert.Certificate{Print: public}, Trust: evidence.Web}}
		if plan := h.Plan(ctx, e, Pick{Prints: []cert.Print{public}}); !plan.Empty() || len(plan.Left) != 1 {
			t.Fatalf("public: %+v", plan)
		}
		break
	}
}

// TestElevated plays both sides of the elevated job in one process, through the bytes that would go between them.
func TestElevated(t *testing.T) {
	h := newHome(t, "system", "firefox")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	h.plant(t, 1, bad)
	h.stores[0].needs, h.stores[0].place.Owner, h.stores[0].place.Kind = evidence.Admin, "", evidence.System

	asked := 0
	answer := func(_ context.Context, job []byte) ([]byte, error) {
		asked++
		root := *h.Checker
		view := *h.Machine
		view.Admin, view.People, view.State, view.Elevate = true, nil, filepath.Join(h.top, "admin"), nil
		root.Machine = &view
		return root.Serve(ctx, job)
	}
	h.Machine.Elevate = func(ctx context.Context, job []byte) ([]byte, error) {
		if strings.Contains(string(job), h.top) {
			t.Errorf("a path goes to the administrator: %s", job)
		}
		return answer(ctx, job)
	}
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{})
	if !plan.Admin || len(plan.Items) != 2 {
		t.Fatalf("%+v", plan)
	}

	// refused: the person's own part is done all the same
	h.Machine.Elevate = func(context.Context, []byte) ([]byte, error) { return nil, machine.ErrRefused }
	done, err := h.Do(ctx, plan, nil)
	if err != nil || done.Outcomes[0].Why != evidence.NeedsAdmin || done.Outcomes[0].Gone || !done.Outcomes[1].Gone {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := h.Undo(ctx, done.Receipt, nil); err != nil {
		t.Fatal(err)
	}

	h.Machine.Elevate = answer
	done, err = h.Do(ctx, plan, nil)
	if err != nil || !done.Good() || asked != 1 || h.has(0, bad) || h.has(1, bad) {
		t.Fatalf("%+v, %v, asked %d times", done, err, asked)
	}

	// refused when undoing: the receipt stays open until the administrator's part is back too, and then asks no more
	h.Machine.Elevate = func(context.Context, []byte) ([]byte, error) { return nil, machine.ErrRefused }
	if undone, err := h.Undo(ctx, done.Receipt, nil); err != nil || undone.Good() || h.has(0, bad) || !h.has(1, bad) {
		t.Fatalf("%+v, %v", undone, err)
	}
	if r, err := readReceipt(h.Machine.State, done.Receipt); err != nil || r.Undone() {
		t.Errorf("called undone, although the administrator's part is not: %+v, %v", r, err)
	}
	h.Machine.Elevate = answer
	undone, err := h.Undo(ctx, done.Receipt, nil)
	if err != nil || !undone.Good() || !h.has(0, bad) || !h.has(1, bad) {
		t.Fatalf("%+v, %v", undone, err)
	}
	asked = 0
	if _, err := h.Undo(ctx, done.Receipt, nil); err != nil || asked != 0 {
		t.Errorf("asked %d times for what is done, %v", asked, err)
	}
	if r, err := readReceipt(h.Machine.State, done.Receipt); err != nil || !r.Undone() {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestElevatedLost holds that the administrator's part can be undone although its answer never arrived, and that a job which was never begun leaves nothing to undo.
func TestElevatedLost(t *testing.T) {
	h := newHome(t, "system")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	h.stores[0].needs, h.stores[0].place.Owner, h.stores[0].place.Kind = evidence.Admin, "", evidence.System
	answer := func(job []byte) ([]byte, error) {
		root := *h.Checker
		view := *h.Machine
		view.Admin, view.People, view.State, view.Elevate = true, nil, filepath.Join(h.top, "admin"), nil
		root.Machine = &view
		return root.Serve(ctx, job)
	}
	lost := errors.New("lost")
	for _, begun := range []bool{false, true} {
		h.Machine.Elevate = func(_ context.Context, job []byte) ([]byte, error) {
			if begun {
				answer(job)
			}
			return nil, lost
		}
		e, _ := h.Look(ctx, nil, nil)
		done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
		if err != nil || h.has(0, bad) == begun || done.Outcomes[0].Gone != begun {
			t.Fatalf("begun %v: %+v, %v", begun, done, err)
		}
		if receipt, err := readReceipt(h.Machine.State, done.Receipt); err != nil || receipt.Undone() {
			t.Errorf("begun %v: the receipt says that there is nothing to undo", begun)
		}
		h.Machine.Elevate = func(_ context.Context, job []byte) ([]byte, error) { return answer(job) }
		if undone, err := h.Undo(ctx, done.Receipt, nil); err != nil || !undone.Good() || !h.has(0, bad) {
			t.Fatalf("begun %v: %+v, %v", begun, undone, err)
		}
	}
	h.Machine.Elevate = func(context.Context, []byte) ([]byte, error) { return nil, machine.ErrRefused }
	e, _ := h.Look(ctx, nil, nil)
	done, _ := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
	if receipt, err := readReceipt(h.Machine.State, done.Receipt); err != nil || receipt.Elevated != "" {
		t.Errorf("refused: %+v, %v", receipt, err)
	}
}

// TestServeRefuses holds that the elevated side does nothing but its two verbs, and only where it should.
func TestServeRefuses(t *testing.T) {
	h := newHome(t, "firefox")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	print := cert.Of(bad).String()
	for _, job := range []string{
		``, `{}`, `[]`, `{"verb":"run"}`, `{"verb":"remove"}`, `{"verb":"remove","sha256":["` + print + `"]}`, `{"verb":"remove","sha256":["zz"],"kinds":["nss"]}`,
		`{"verb":"remove","sha256":["` + print + `"],"kinds":["nss"],"path":"/etc"}`, `{"verb":"restore","receipt":"../x"}`, `{"verb":"restore"}`,
		`{"verb":"remove","sha256":["` + print + `"],"kinds":["nss"],"receipt":"x"}`, strings.Repeat(" ", maxJob+1),
	} {
		answer, err := h.Serve(ctx, []byte(job))
		var reply Reply
		if err == nil && (json.Unmarshal(answer, &reply) != nil || reply.Error == "") {
			t.Errorf("took %.80s: %s", job, answer)
		}
	}
	// a place of a person is not touched as administrator
	if _, err := h.Serve(ctx, []byte(`{"verb":"remove","sha256":["`+print+`"],"kinds":["nss"],"receipt":"1"}`)); err != nil || !h.has(0, bad) {
		t.Errorf("removed from a home: %v", err)
	}
}

// FuzzReceipt holds that no file makes the reader of receipts fail otherwise than with an error.
func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"step":"begin","id":"1"}` + "\n" + `{"step":"saved","item":0,"saved":{"place":{},"sha256":"","title":"","data":{}}}` + "\n" + `{"step":"acting","item":0}` + "\n"))
	f.Add([]byte(`{"step":"begin"}` + "\n" + `{"step":"gone","item":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseReceipt("1", data)
		if err == nil && r.ID != "1" {
			t.Fatal(r)
		}
	})
}
