package catalog

import (
	"regexp"
	"strings"
	"testing"
)

// The shapes of names as they are documented; the program looks at the letters itself, since making these patterns costs time at each start.
var (
	idShape   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	hostShape = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$`)
)

func FuzzShapes(f *testing.F) {
	long := strings.Repeat("a", 63)
	for _, text := range []string{
		"", "a", "a-b", "a--b", "-a", "a-", "A", "a b", "1-2", "a.kz", "a..kz", ".a.kz", "a.kz.", "a.k", "a.k1", "a.k-z", "-a.kz", "a-.kz", "a-b.c1.kz", "ә.kz",
		long + ".kz", long + "a.kz", "a." + long, "a." + long + "a", "kz", "a.kz\n", "A.kz", "10.0.0.1", "a_b.kz",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := shaped(text), idShape.MatchString(text); got != want {
			t.Errorf("identifier %q: %v, want %v", text, got, want)
		}
		want := hostShape.MatchString(text) && len(text) <= 253
		if got := hostName(text); got != want && !(want && len(text[strings.LastIndexByte(text, '.')+1:]) > 63) { // RFC 1035 section 2.3.4 has no label longer than 63
			t.Errorf("host %q: %v, want %v", text, got, want)
		}
	})
}
