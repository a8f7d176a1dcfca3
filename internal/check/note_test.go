package check

import (
	"context"
	"slices"
	"testing"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// notingStore is a folderStore that knows of something which brings certificates back. Its faults are set by the test.
type notingStore struct {
	*folderStore
	notes  []evidence.Note
	err    error
	hangs  bool
	panics bool
}

func (n notingStore) Notes(context.Context) ([]evidence.Note, error) {
	if n.hangs {
		select {}
	}
	if n.panics {
		panic("broken notes")
	}
	return n.notes, n.err
}

// TestNotes: what brings certificates back is in the evidence and in the plan, and what goes wrong there takes no certificate from sight.
func TestNotes(t *testing.T) {
	h := newHome(t, "profile", "other", "script")
	bad := lookalike(t)
	h.plant(t, 0, bad)
	h.plant(t, 1, harmless(t))
	for _, s := range h.stores {
		s.place.Program = "Firefox"
	}
	h.stores[2].place.Kind, h.stores[2].place.Owner = evidence.Policy, ""
	module := evidence.Note{Code: evidence.ExtraModule, Value: "/opt/filter/filter.so"}
	script := evidence.Note{Code: evidence.AutoConfig, Value: "/usr/lib/firefox/mozilla.cfg", Forced: true}
	noting := []*notingStore{
		{folderStore: h.stores[0], notes: []evidence.Note{module, {Code: evidence.SystemRoots}, {Code: evidence.ExtraModule, Value: "/usr/lib/p11-kit-trust.so"}}},
		{folderStore: h.stores[1], notes: []evidence.Note{module}},
		{folderStore: h.stores[2], notes: []evidence.Note{script}},
	}
	h.Patience = 300 * time.Millisecond
	stores := h.Stores
	h.Stores = func(m *machine.Machine) []store.Store {
		all := stores(m)
		for i := range all {
			all[i] = *noting[i]
		}
		return all
	}
	e, verdict := h.Look(ctx, nil, nil)
	if len(e.Places[0].Notes) != 3 || len(e.Places[2].Notes) != 1 {
		t.Fatalf("%+v", e.Places)
	}
	if _, ok := verdict.Find(judge.ModuleLoaded); !ok {
		t.Errorf("%+v", verdict.Findings)
	}
	plan := h.Plan(ctx, e, Pick{})
	if want := []Source{{h.stores[0].place, module}, {h.stores[2].place, script}}; !slices.Equal(plan.Back, want) {
		t.Errorf("the plan says %+v, want %+v", plan.Back, want)
	}

	// a fault of the notes is said, once, and the certificates are seen all the same
	fault := evidence.Trouble{Code: evidence.NoPermission, Path: "prefs.js"}
	h.stores[0].trouble, noting[0].err = fault, fault
	noting[1].panics = true
	e, _ = h.Look(ctx, nil, nil)
	if len(e.Places[0].Troubles) != 1 || len(e.Places[0].Entries) != 1 {
		t.Errorf("%+v", e.Places[0])
	}
	if len(e.Places[1].Troubles) != 1 || e.Places[1].Troubles[0].Code != evidence.Internal || len(e.Places[1].Entries) != 1 {
		t.Errorf("%+v", e.Places[1])
	}
	noting[1].hangs = true
	e, _ = h.Look(ctx, nil, nil)
	if len(e.Places[1].Troubles) != 1 || e.Places[1].Troubles[0].Code != evidence.TimedOut || len(e.Places[1].Entries) != 1 {
		t.Errorf("%+v", e.Places[1])
	}

	// what cannot be told of the settings casts no doubt on a removal
	h.stores[0].trouble = nil
	done, err := h.Do(ctx, plan, nil)
	if err != nil || !done.Good() || !done.Outcomes[0].Gone {
		t.Errorf("%+v, %v", done, err)
	}
}
