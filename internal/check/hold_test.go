package check

import (
	"context"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestBlock removes, keeps out, and undoes both.
func TestBlock(t *testing.T) {
	h := newHome(t, "firefox", "chromium", "other")
	bad, good := lookalike(t), harmless(t)
	h.stores[1].refuser = true
	h.stores[2].refuser, h.stores[2].place.Owner = true, "berik"
	h.plant(t, 0, bad)
	h.plant(t, 0, good)

	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{})
	if len(plan.Offer) != 1 || len(plan.Holds) != 0 || plan.Offer[0].Place != h.stores[1].place || plan.Offer[0].Verb != Refused {
		t.Fatalf("%+v", plan)
	}
	if plan := h.Plan(ctx, e, Pick{Prints: []cert.Print{cert.Of(good)}, Block: true}); len(plan.Offer)+len(plan.Holds) != 0 {
		t.Errorf("would keep out what is unknown: %+v", plan.Offer)
	}
	plan = h.Block(ctx, plan, true)
	var events []string
	done, err := h.Do(ctx, plan, func(event Event) {
		switch event := event.(type) {
		case Proved:
			events = append(events, fmt.Sprint("gone ", event.Outcome.Gone))
		case Held:
			events = append(events, fmt.Sprint("held ", event.Outcome.Held))
		}
	})
	if err != nil || !done.Good() || !done.Kept() || len(done.Outcomes) != 1 || len(done.Holds) != 1 || !done.Holds[0].Held {
		t.Fatalf("%+v, %v", done, err)
	}
	if fmt.Sprint(events) != "[gone true held true]" {
		t.Error(events)
	}
	e, verdict := h.Look(ctx, nil, nil)
	if _, ok := verdict.Find("hostile-refused"); !ok {
		t.Errorf("%+v", verdict)
	}
	// neither a second click nor a pick by hand takes the refusal away, and it is not offered again
	for _, pick := range []Pick{{Block: true}, {Prints: []cert.Print{cert.Of(bad)}, Block: true}} {
		if plan := h.Plan(ctx, e, pick); !plan.Empty() || len(plan.Offer) != 0 {
			t.Errorf("%+v", plan)
		}
	}
	receipts, _ := Receipts(h.Machine.State)
	if len(receipts) != 1 || len(receipts[0].Items) != 2 || !receipts[0].Items[1].Held || receipts[0].Undone() {
		t.Errorf("%+v", receipts)
	}
	undone, err := h.Undo(ctx, done.Receipt, nil)
	if err != nil || !undone.Good() || !undone.Kept() || len(undone.Holds) != 1 || undone.Holds[0].Held || !h.has(0, bad) {
		t.Fatalf("%+v, %v", undone, err)
	}
	if e, _ := h.Look(ctx, nil, nil); len(e.Places[1].Entries) != 0 {
		t.Errorf("still refused: %+v", e.Places[1].Entries)
	}
}

// TestBlockFails holds that a refusal which cannot be written is told by itself, and that none is written where the certificate could not be taken out.
func TestBlockFails(t *testing.T) {
	bad := lookalike(t)
	for name, test := range map[string]struct {
		fault func(*home)
		want  string // gone, why; held, why
	}{
		"says it did": {func(h *home) { h.stores[1].forgets = true }, "true  false failed"},
		"open":        {func(h *home) { h.stores[1].busy = "Chromium" }, "true  false browser-open"},
		"cannot be listed": {func(h *home) {
			h.stores[1].trouble = evidence.Trouble{Code: evidence.Damaged}
			h.stores[1].forgets = true
		}, "true  false damaged"},
	} {
		h := newHome(t, "firefox", "chromium")
		h.stores[1].refuser = true
		h.plant(t, 0, bad)
		e, _ := h.Look(ctx, nil, nil)
		plan := h.Plan(ctx, e, Pick{Block: true})
		test.fault(h)
		done, err := h.Do(ctx, plan, nil)
		if err != nil || len(done.Outcomes) != 1 || len(done.Holds) != 1 || !done.Good() || done.Kept() {
			t.Fatalf("%s: %+v, %v", name, done, err)
		}
		if got := fmt.Sprint(done.Outcomes[0].Gone, " ", done.Outcomes[0].Why, " ", done.Holds[0].Held, " ", done.Holds[0].Why); strings.ReplaceAll(got, "  ", " ") != strings.ReplaceAll(test.want, "  ", " ") {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}

	h := newHome(t, "chromium")
	h.stores[0].refuser, h.stores[0].lies = true, true
	h.plant(t, 0, bad)
	e, _ := h.Look(ctx, nil, nil)
	done, err := h.Do(ctx, h.Plan(ctx, e, Pick{Block: true}), nil)
	if err != nil || done.Outcomes[0].Why != evidence.StillThere || done.Holds[0].Why != evidence.StillThere || done.Holds[0].Held {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := os.Stat(keepingStore{h.stores[0]}.beside("distrust")); err == nil {
		t.Error("refused where it was not removed")
	}
}

// TestBlockCutShort holds that a removal which ended before the first refusal was saved is finished with it.
func TestBlockCutShort(t *testing.T) {
	h := newHome(t, "firefox", "chromium")
	bad := lookalike(t)
	h.stores[1].refuser = true
	h.plant(t, 0, bad)
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{Block: true})
	func() {
		defer func() { _ = recover() }()
		h.Step = func(name string) {
			if name == "acting" {
				panic("cut short")
			}
		}
		h.Do(ctx, plan, nil) //nolint:errcheck // ends by the panic
	}()
	h.Step = nil
	receipts, err := Receipts(h.Machine.State)
	if err != nil || len(receipts) != 1 || receipts[0].Ended || len(receipts[0].unsaved()) != 1 {
		t.Fatalf("%+v, %v", receipts, err)
	}
	done, err := h.Resume(ctx, receipts[0].ID, nil)
	if err != nil || !done.Good() || !done.Kept() || len(done.Holds) != 1 || !done.Holds[0].Held || h.has(0, bad) {
		t.Fatalf("%+v, %v", done, err)
	}
	if again, err := h.Resume(ctx, receipts[0].ID, nil); err != nil || !again.Kept() || len(again.Holds) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	undone, err := h.Undo(ctx, receipts[0].ID, nil)
	if err != nil || !undone.Good() || !undone.Kept() || !h.has(0, bad) {
		t.Errorf("%+v, %v", undone, err)
	}
}

// TestBlockElevated has the administrator's process refuse, which looks up by itself what may be refused.
func TestBlockElevated(t *testing.T) {
	h := newHome(t, "system", "disallowed")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	for _, s := range h.stores {
		s.needs, s.place.Owner, s.place.Kind = evidence.Admin, "", evidence.System
	}
	h.stores[1].refuser = true
	var jobs []string
	root := *h.Checker
	view := *h.Machine
	view.Admin, view.People, view.State, view.Elevate = true, nil, filepath.Join(h.top, "admin"), nil
	root.Machine = &view
	h.Machine.Elevate = func(_ context.Context, job []byte) ([]byte, error) {
		jobs = append(jobs, string(job))
		return root.Serve(ctx, job)
	}
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{Block: true})
	if !plan.Admin || len(plan.Holds) != 1 {
		t.Fatalf("%+v", plan)
	}
	done, err := h.Do(ctx, plan, nil)
	if err != nil || !done.Good() || !done.Kept() || !done.Holds[0].Held || len(jobs) != 1 || !strings.Contains(jobs[0], `"refuse":["system"]`) {
		t.Fatalf("%+v, %v, %s", done, err, jobs)
	}
	undone, err := h.Undo(ctx, done.Receipt, nil)
	if err != nil || !undone.Good() || !undone.Kept() || len(undone.Holds) != 1 || !h.has(0, bad) {
		t.Fatalf("%+v, %v", undone, err)
	}

	// what is not to be refused is not, whatever the job says: something unknown, the e-signature, a public root
	for _, der := range [][]byte{harmless(t), signing(t)} {
		h.plant(t, 0, der)
		for _, verb := range []string{"remove", "limit"} {
			job, _ := json.Marshal(Job{Verb: verb, Prints: []cert.Print{cert.Of(der)}, Kinds: []evidence.Kind{evidence.System}, Refuse: []evidence.Kind{evidence.System}, Receipt: "1"})
			if verb == "remove" {
				job, _ = json.Marshal(Job{Verb: verb, Prints: []cert.Print{cert.Of(der)}, Refuse: []evidence.Kind{evidence.System}, Receipt: "1"})
			}
			root.Serve(ctx, job) //nolint:errcheck // what it did is looked at
			if _, err := os.Stat(filepath.Join(keepingStore{h.stores[1]}.beside("distrust"), cert.Of(der).String())); err == nil || !h.has(0, der) {
				t.Errorf("%s: obeyed %s", cert.Read(der).Title(), job)
			}
		}
	}
}

// signing makes a root of the e-signature's name.
func signing(t testing.TB) []byte {
	der := forge(t, pkix.Name{CommonName: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)", Country: []string{"KZ"}})
	if class := list(t).Classify(cert.Read(der)).Class; class != catalog.NationalSigning {
		t.Fatalf("made a root of the e-signature, and it is %s", class)
	}
	return der
}

// TestLimit forbids a root of the e-signature for web sites and leaves it where it is.
func TestLimit(t *testing.T) {
	h := newHome(t, "windows", "firefox")
	h.stores[0].refuser = true
	nuc, bad := signing(t), lookalike(t)
	for i := range h.stores {
		h.plant(t, i, nuc)
		h.plant(t, i, bad)
	}
	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{Prints: []cert.Print{cert.Of(nuc), cert.Of(bad)}, Limit: true})
	if len(plan.Items) != 0 || len(plan.Offer) != 0 || len(plan.Holds) != 1 || len(plan.Left) != 3 || plan.Holds[0].Verb != Limited || plan.Empty() {
		t.Fatalf("%+v", plan)
	}
	if plan := h.Plan(ctx, e, Pick{Limit: true}); !plan.Empty() {
		t.Errorf("limits what nobody named: %+v", plan)
	}
	done, err := h.Do(ctx, plan, nil)
	if err != nil || !done.Kept() || len(done.Outcomes) != 0 || !done.Holds[0].Held || !h.has(0, nuc) {
		t.Fatalf("%+v, %v", done, err)
	}
	e, _ = h.Look(ctx, nil, nil)
	if !slices.ContainsFunc(e.Places[0].Entries, func(one evidence.Entry) bool { return one.Cert.Print == cert.Of(nuc) && one.Trust == evidence.Other }) {
		t.Errorf("%+v", e.Places[0].Entries)
	}
	undone, err := h.Undo(ctx, done.Receipt, nil)
	if err != nil || !undone.Kept() || undone.Holds[0].Held {
		t.Fatalf("%+v, %v", undone, err)
	}
}
