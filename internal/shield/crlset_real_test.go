package shield

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/evidence"
)

// TestRealCRLSet reads two lists that Chrome fetched, in 2018 and in January 2021; they come with the source of a library that this program is built with. The
// later one blocks the two interception roots that were in use by then.
func TestRealCRLSet(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/zmap/zcrypto").Output()
	if err != nil {
		t.Fatal(err)
	}
	hostile, signing := real(t)
	for _, one := range []struct {
		file    string
		blocked int
		roots   []string
	}{
		{"test_crlset", 33, nil},
		{"crl-set-6375", 28 + 1, []string{"00309c73", "61c0fc2e"}}, // one of them in the list of interception
	} {
		data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "x509", "revocation", "google", "testdata", one.file))
		if err != nil {
			t.Fatal(err)
		}
		set, err := readCRLSet(data)
		if err != nil {
			t.Fatalf("%s: %v", one.file, err)
		}
		blocked := 0
		for _, does := range set {
			if does == evidence.ShieldBlocked {
				blocked++
			}
		}
		if blocked != one.blocked {
			t.Errorf("%s: %d keys blocked, want %d", one.file, blocked, one.blocked)
		}
		for _, c := range append(slices.Clone(hostile), signing...) {
			if got, want := set[c.Key] == evidence.ShieldBlocked, slices.Contains(one.roots, c.Print.Short()); got != want {
				t.Errorf("%s: %s blocked: %v", one.file, c.Print.Short(), got)
			}
		}
		t.Logf("%s: %d keys blocked, among them %d of the ten roots", one.file, blocked, len(one.roots))
	}
}
