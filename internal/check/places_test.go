package check

import (
	"testing"

	"qulyp/internal/evidence"
)

// TestPlaces: two certificates in one place are one place, and it is clean only when both are gone.
func TestPlaces(t *testing.T) {
	at := func(path string) evidence.Place { return evidence.Place{Kind: evidence.NSS, Path: path} }
	gone := func(path string) Outcome { return Outcome{Place: at(path), Gone: true} }
	kept := func(path string) Outcome { return Outcome{Place: at(path), Why: evidence.IsManaged} }
	left := func(path string) Left { return Left{Item: Item{Place: at(path)}, Why: evidence.IsManaged} }
	for _, test := range []struct {
		name             string
		outcomes         []Outcome
		left             []Left
		clean, remaining int
	}{
		{"nothing", nil, nil, 0, 0},
		{"two in one place", []Outcome{gone("a"), gone("a")}, nil, 1, 0},
		{"one of two stays", []Outcome{kept("a"), gone("a"), gone("b")}, nil, 1, 1},
		{"the plan leaves one beside what goes", []Outcome{gone("a"), gone("b")}, []Left{left("a"), left("c"), left("c")}, 1, 2},
		{"gone, and a trace stays", []Outcome{{Place: at("a"), Gone: true, Why: evidence.Failed}}, nil, 0, 1},
	} {
		if clean, remaining := Places(test.outcomes, test.left); clean != test.clean || remaining != test.remaining {
			t.Errorf("%s: %d clean and %d not, want %d and %d", test.name, clean, remaining, test.clean, test.remaining)
		}
	}
}
