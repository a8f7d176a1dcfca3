package store

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"qulyp/internal/cert"
)

// manyNSS makes a database with n certificates and as many trust rows. The empty one is made by certutil; the rows are inserted by hand, since
// certutil takes a quarter of a minute for them.
func manyNSS(t testing.TB, dir string, n int) {
	t.Helper()
	makeNSS(t, dir)
	statements := append(newColumns(), "BEGIN")
	var roots []cert.Certificate
	for i := range min(n, 50) {
		roots = append(roots, newAuthority(t, "Root "+strconv.Itoa(i), int64(i)).Certificate)
	}
	for i := range n {
		c := roots[i%len(roots)]
		if i >= len(roots) { // other bytes, which is all that the reader can see a difference by
			der := append(append([]byte{}, c.DER...), byte(i), byte(i>>8))
			c = cert.Read(der)
			c.Serial = []byte{2, 2, 1 + byte(i>>8), byte(i)}
		}
		statements = append(statements, certStatement(2*i+1, c), trustStatement(2*i+2, c, 2))
	}
	execNSS(t, dir, append(statements, "COMMIT")...)
}

func benchmarkList(b *testing.B, n int) {
	m, home := testHome(b)
	dir := filepath.Join(home, "profile")
	manyNSS(b, dir, n)
	s := nssAt(m, dir)
	if entries := mustList(b, s); len(entries) != n {
		b.Fatalf("%d certificates", len(entries))
	}
	for b.Loop() {
		if _, err := s.List(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListNSS1(b *testing.B)   { benchmarkList(b, 1) }
func BenchmarkListNSS150(b *testing.B) { benchmarkList(b, 150) }
func BenchmarkListNSS800(b *testing.B) { benchmarkList(b, 800) }

// BenchmarkFindNSS searches a home with sixteen databases.
func BenchmarkFindNSS(b *testing.B) {
	m, home := testHome(b)
	for _, place := range contestPlaces {
		touch(b, filepath.Join(home, place.dir, "cert9.db"))
	}
	for b.Loop() {
		if n := len(nssStores(m)); n != len(contestPlaces) {
			b.Fatalf("%d places", n)
		}
	}
}

// BenchmarkHomeNSS searches a home with sixteen databases and reads them all, one after the other.
func BenchmarkHomeNSS(b *testing.B) {
	m, home := testHome(b)
	template := filepath.Join(b.TempDir(), "profile")
	manyNSS(b, template, 2)
	data, err := os.ReadFile(filepath.Join(template, "cert9.db"))
	if err != nil {
		b.Fatal(err)
	}
	for _, place := range contestPlaces {
		write(b, filepath.Join(home, place.dir, "cert9.db"), string(data))
	}
	for b.Loop() {
		n := 0
		for _, s := range nssStores(m) {
			n += len(mustList(b, s))
		}
		if n != 2*len(contestPlaces) {
			b.Fatalf("%d certificates", n)
		}
	}
}

// BenchmarkRemoveNSS removes one of 150 certificates and restores it.
func BenchmarkRemoveNSS(b *testing.B) {
	m, home := testHome(b)
	dir := filepath.Join(home, "profile")
	manyNSS(b, dir, 150)
	s := nssAt(m, dir)
	saved := saveOne(b, s, mustList(b, s)[70].Cert.Print)
	for b.Loop() {
		if err := s.Remove(context.Background(), saved); err != nil {
			b.Fatal(err)
		}
		if err := s.Restore(context.Background(), saved); err != nil {
			b.Fatal(err)
		}
	}
}
