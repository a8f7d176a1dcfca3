//go:build !windows

package store

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestWine builds the tests of this package for Windows and runs those of its stores under Wine, in a Windows made for them: real roots planted in the
// registry, found, removed, restored, with Windows' own verifier as the witness.
func TestWine(t *testing.T) {
	wine := newWine(t)
	program := filepath.Join(t.TempDir(), "store.test.exe")
	build := exec.Command("go", "test", "-c", "-trimpath", "-tags", "nowindow", "-o", program, ".")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build tests for Windows: %v\n%s", err, out)
	}
	out, err := wine.run(t, 5*time.Minute, []string{"QULYP_THROW_AWAY=1"}, program, "-test.v", "-test.run", "^TestWindows")
	if err != nil {
		t.Errorf("run under Wine: %v", err)
	}
	passed := map[string]bool{}
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "--- SKIP") && !skips(t, line) || strings.HasPrefix(line, "--- FAIL") {
			t.Error(line)
		}
		if name, ok := strings.CutPrefix(line, "--- PASS: "); ok {
			name, _, _ = strings.Cut(name, " ")
			passed[name] = true
		}
	}
	for _, name := range []string{
		"TestWindowsContract", "TestWindowsWitness", "TestWindowsDistrust", "TestWindowsManaged", "TestWindowsPolicyIgnoresUserRoots",
		"TestWindowsOthers", "TestWindowsVendor", "TestWindowsChanged", "TestWindowsOddKeys", "TestWindowsUnreached", "TestWindowsReadOnly", "TestWindowsErrors",
	} {
		if !passed[name] {
			t.Errorf("%s did not pass under Wine", name)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

// skips tells whether a test may be skipped under Wine: only for want of the real certificates, where they need not be there.
func skips(t *testing.T, line string) bool {
	t.Helper()
	return strings.Contains(line, "TestWindowsQaznet") && os.Getenv("QULYP_NEED_SHARED") != "1"
}

// wine is a Windows of its own for one test.
type wine struct{ script, prefix string }

// newWine makes one; it is gone when the test ends.
func newWine(t *testing.T) wine {
	t.Helper()
	if testing.Short() && os.Getenv("QULYP_NEED_ALL") != "1" {
		t.Skip("short: no Wine")
	}
	if _, err := exec.LookPath("wine64"); err != nil {
		needTool(t, "wine")
	}
	needTool(t, "x86_64-w64-mingw32-gcc")
	script, err := filepath.Abs(filepath.Join("..", "..", "packaging", "windows", "wine.sh"))
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: what Wine leaves there at its very end must not fail the test.
	prefix, err := os.MkdirTemp("", "qulyp-wine-")
	if err != nil {
		t.Fatal(err)
	}
	w := wine{script, prefix}
	t.Cleanup(func() {
		if out, err := exec.Command("sh", script, "stop", prefix).CombinedOutput(); err != nil {
			t.Errorf("stop Wine: %v\n%s", err, out)
		}
		os.RemoveAll(prefix)
	})
	if out, err := exec.Command("sh", script, "make", prefix).CombinedOutput(); err != nil {
		t.Fatalf("make a Windows: %v\n%s", err, out)
	}
	return w
}

// run runs a program in it and gives what it printed.
func (w wine) run(t *testing.T, limit time.Duration, env []string, program string, args ...string) (string, error) {
	t.Helper()
	words := append([]string{w.script, "run", w.prefix, strconv.Itoa(int(limit / time.Second)), program}, args...)
	var out []byte
	var err error
	for range 3 { // now and then, while the computer is busy, Wine 8 does not start a program
		ctx, cancel := context.WithTimeout(context.Background(), limit+10*time.Second)
		command := exec.CommandContext(ctx, "sh", words...)
		command.Env = append(os.Environ(), env...)
		command.WaitDelay = 5 * time.Second
		out, err = command.CombinedOutput()
		cancel()
		if err == nil || !bytes.Contains(out, []byte("ShellExecuteEx failed: Internal error")) {
			break
		}
		t.Logf("%s was not started, and is once more", program)
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n"), err
}
