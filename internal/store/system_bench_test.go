//go:build linux

package store

import (
	"context"
	"testing"

	"qulyp/internal/machine"
)

// BenchmarkSystem lists the trust of the computer that it runs on.
func BenchmarkSystem(b *testing.B) {
	all := systemStores(&machine.Machine{GOOS: "linux"})
	if len(all) == 0 {
		b.Skip("this distribution is not known")
	}
	b.ReportAllocs()
	for b.Loop() {
		entries, err := all[0].List(context.Background())
		if err != nil || len(entries) == 0 {
			b.Fatal(len(entries), err)
		}
	}
}
