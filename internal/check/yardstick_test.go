package check

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// BenchmarkYardstick reads the stores of the home that QULYP_YARDSTICK names and has the judge match every certificate, one kind of store at a time, so that
// packaging/bench.sh can hold the same files against the tools of their makers. Each store must hold an interception root, and it must be found.
func BenchmarkYardstick(b *testing.B) {
	home := os.Getenv("QULYP_YARDSTICK")
	if home == "" {
		b.Skip("QULYP_YARDSTICK names no home: packaging/bench.sh stores makes one")
	}
	m := &machine.Machine{GOOS: "linux", People: []machine.Person{{Name: "aida", Home: home, Self: true}}, Env: func(string) string { return "" },
		State: filepath.Join(b.TempDir(), "state"), Now: time.Now}
	for _, kind := range []evidence.Kind{evidence.Java, evidence.NSS} {
		b.Run(string(kind), func(b *testing.B) {
			var chosen []store.Store
			for _, s := range store.All(m) {
				if place := s.Place(); place.Kind == kind && place.Owner == "aida" {
					chosen = append(chosen, s)
				}
			}
			if len(chosen) != 1 {
				b.Fatalf("%d stores of this kind in the home", len(chosen))
			}
			c := &Checker{Machine: m, List: list(b), Stores: func(*machine.Machine) []store.Store { return chosen }}
			entries := 0
			for b.Loop() {
				seen, verdict := c.Look(context.Background(), nil, nil)
				if len(seen.Places) != 1 || len(seen.Places[0].Troubles) != 0 || verdict.Level == judge.Clear {
					b.Fatalf("the interception root was not found: %+v", seen.Places)
				}
				entries = len(seen.Places[0].Entries)
			}
			b.ReportMetric(float64(entries), "certificates")
		})
	}
}
