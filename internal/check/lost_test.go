package check

import (
	"errors"
	"testing"

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
