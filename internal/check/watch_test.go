package check

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// watchOnce lets Watch look and holds what it tells against the names of what came and went.
func watchOnce(t *testing.T, h *home, when string, came, went int) Change {
	t.Helper()
	change, err := h.Watch(ctx, nil)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if len(change.New) != came || len(change.Gone) != went || change.Any() != (came+went > 0) {
		t.Fatalf("%s: %d came and %d went, want %d and %d: %+v", when, len(change.New), len(change.Gone), came, went, change)
	}
	return change
}

func TestWatch(t *testing.T) {
	h := newHome(t, "one", "two")
	router, isca := harmless(t), lookalike(t)
	h.plant(t, 0, router)
	if first := watchOnce(t, h, "first", 0, 0); !first.Since.IsZero() {
		t.Errorf("the first time has one before it: %v", first.Since)
	}
	if again := watchOnce(t, h, "nothing new", 0, 0); again.Since.IsZero() {
		t.Error("the first look was forgotten")
	}

	h.plant(t, 1, isca)
	change := watchOnce(t, h, "planted", 1, 0)
	if n := change.New[0]; !change.Hostile() || n.Place != h.stores[1].place || n.Cert.Subject.CommonName == "" || n.Back {
		t.Errorf("told %+v", n)
	}
	watchOnce(t, h, "told once", 0, 0)

	// what this program takes out is no news; when it comes back it is
	e, _ := h.Look(ctx, nil, nil)
	if done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil); err != nil || !done.Good() {
		t.Fatalf("%+v %v", done, err)
	}
	watchOnce(t, h, "removed by the program", 0, 0)
	h.plant(t, 1, isca)
	if change := watchOnce(t, h, "back", 1, 0); !change.New[0].Back {
		t.Error("that it was removed before is forgotten")
	}

	// what something else takes out is
	if err := os.Remove(h.stores[0].file(cert.Of(router))); err != nil {
		t.Fatal(err)
	}
	if change := watchOnce(t, h, "gone", 0, 1); change.Gone[0].Cert.Title() != "Home router" {
		t.Errorf("told %+v", change.Gone[0])
	}

	// a place that cannot be read counts as it was
	h.plant(t, 0, router)
	watchOnce(t, h, "planted again", 1, 0)
	h.stores[0].panics = true
	watchOnce(t, h, "not readable", 0, 0)
	h.stores[0].panics = false
	watchOnce(t, h, "readable again", 0, 0)
}

// A file that only lies around is told of, and is no danger.
func TestWatchFile(t *testing.T) {
	h := newHome(t, "downloads")
	h.stores[0].place.Kind, h.stores[0].trust = evidence.Loose, evidence.Other
	watchOnce(t, h, "first", 0, 0)
	h.plant(t, 0, lookalike(t))
	if change := watchOnce(t, h, "downloaded", 1, 0); change.Hostile() || change.New[0].Trust {
		t.Errorf("a file that lies around is taken for an installed certificate: %+v", change.New)
	}
}

// Who puts a certificate back is told where it is known: a policy.
func TestWatchBy(t *testing.T) {
	h := newHome(t, "browser", "policy")
	h.stores[1].place.Kind, h.stores[1].managed = evidence.Policy, true
	watchOnce(t, h, "first", 0, 0)
	isca := lookalike(t)
	h.plant(t, 0, isca)
	h.plant(t, 1, isca)
	for _, n := range watchOnce(t, h, "planted", 2, 0).New {
		if len(n.By) != 1 || n.By[0] != h.stores[1].place {
			t.Errorf("%s: put there by %+v", n.Place.Path, n.By)
		}
	}
}

func TestWatchFirst(t *testing.T) {
	h := newHome(t, "one")
	h.plant(t, 0, lookalike(t))
	h.plant(t, 0, harmless(t))
	watchOnce(t, h, "hostile from the beginning", 1, 0)
	for name, junk := range map[string]string{"empty": "", "junk": "{", "other": `{"schema":"qulyp.watch/9"}`} {
		if err := os.WriteFile(filepath.Join(h.Machine.State, watchFile), []byte(junk), 0o600); err != nil {
			t.Fatal(err)
		}
		if change := watchOnce(t, h, name, 1, 0); !change.Since.IsZero() {
			t.Errorf("%s: taken for an earlier look", name)
		}
	}
	if err := ForgetWatched(h.Machine.State); err != nil {
		t.Fatal(err)
	}
	if err := ForgetWatched(h.Machine.State); err != nil {
		t.Errorf("forgetting nothing: %v", err)
	}
	h.Machine.NoTrace = true
	watchOnce(t, h, "without trace", 1, 0)
	if _, err := os.Stat(filepath.Join(h.Machine.State, watchFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was kept: %v", err)
	}
}

func TestWatchKeepsOut(t *testing.T) {
	h := newHome(t, "one")
	unlock, err := machine.Lock(h.Machine.State)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Watch(ctx, nil); !errors.Is(err, machine.ErrOtherCopy) {
		t.Errorf("while another copy works: %v", err)
	}
	unlock()
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.Watch(stopped, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	h.Machine.State = filepath.Join(h.top, "file", "below")
	if err := os.WriteFile(filepath.Join(h.top, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.plant(t, 0, lookalike(t))
	if change, err := h.Watch(ctx, nil); err == nil || !change.Hostile() {
		t.Errorf("nowhere to keep it: %+v, %v", change, err)
	}
}
