package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestGather holds that a search which hangs hides nothing of what the others find, before and behind it, and that it is said; and that one which goes wrong is the
// caller's to catch.
func TestGather(t *testing.T) {
	finds := func(name string) func(*machine.Machine) []Store {
		return func(*machine.Machine) []Store { return []Store{unseen{place: evidence.Place{Path: name}}} }
	}
	hangs := func(*machine.Machine) []Store { select {} } // as a look into a home on a dead network share does
	m := &machine.Machine{GOOS: "linux", People: []machine.Person{{Name: "aida", Home: "/home/aida", Self: true}}}

	for range 4 { // what is ready when the time is up is never left behind by chance
		all := gather(m, []func(*machine.Machine) []Store{hangs, finds("a"), hangs, finds("b"), finds("c")}, 300*time.Millisecond)
		var names []string
		for _, s := range all {
			names = append(names, s.Place().Path)
		}
		if len(names) != 4 || names[0] != "a" || names[1] != "b" || names[2] != "c" || names[3] != "/home/aida" {
			t.Fatalf("found %q", names)
		}
		_, err := all[3].List(context.Background())
		var trouble evidence.Trouble
		if !errors.As(err, &trouble) || trouble.Code != evidence.TimedOut || all[3].Place().Owner != "aida" {
			t.Errorf("of the search that hangs it is said: %v, of %+v", err, all[3].Place())
		}
	}
	if all := gather(m, []func(*machine.Machine) []Store{finds("a")}, time.Minute); len(all) != 1 {
		t.Errorf("without a search that hangs: %d places", len(all))
	}
	defer func() {
		if recover() != "broken" {
			t.Error("what went wrong was swallowed")
		}
	}()
	gather(m, []func(*machine.Machine) []Store{func(*machine.Machine) []Store { panic("broken") }}, time.Minute)
}
