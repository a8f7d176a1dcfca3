//go:build linux

package check

import (
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const watchDisk = "QULYP_TEST_WATCH"

// sixteen places in a home where programs of today keep their certificates
var sixteenPlaces = []string{
	".mozilla/firefox/a.default-release", ".config/mozilla/firefox/b.default-release", "snap/firefox/common/.mozilla/firefox/c.default",
	".var/app/org.mozilla.firefox/.mozilla/firefox/d.default", ".var/app/org.mozilla.firefox/config/mozilla/firefox/e.default", ".librewolf/f.default",
	".waterfox/g.default", ".zen/h.default", ".thunderbird/i.default", "snap/thunderbird/common/.thunderbird/j.default",
	".local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/profile.default", ".pki/nssdb", ".local/share/pki/nssdb",
	"snap/chromium/current/.pki/nssdb", ".var/app/com.google.Chrome/.pki/nssdb", ".var/app/org.chromium.Chromium/data/pki/nssdb",
}

// TestWatchCost lets a process of its own watch a home with sixteen stores, and measures it.
func TestWatchCost(t *testing.T) {
	need(t, "certutil")
	disk := t.TempDir()
	base, file := filepath.Join(disk, "tmp"), filepath.Join(disk, "isca.pem")
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lookalike(t)}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{{"-N", "--empty-password"}, {"-A", "-n", "isca", "-t", "C,,", "-i", file}} {
		if out, err := exec.Command("certutil", append([]string{"-d", "sql:" + base}, arguments...)...).CombinedOutput(); err != nil {
			t.Fatalf("certutil: %v\n%s", err, out)
		}
	}
	for _, place := range sixteenPlaces {
		to := filepath.Join(disk, "home", "aida", place)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(to, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
	}
	state := t.TempDir()
	for _, want := range []string{"16 new", "0 new"} {
		command := exec.Command(os.Args[0], "-test.run=^TestWatchAlone$", "-test.v")
		command.Env = append(os.Environ(), watchDisk+"="+disk, killState+"="+state)
		begun := time.Now()
		out, err := command.CombinedOutput()
		took := time.Since(begun)
		if err != nil || !strings.Contains(string(out), want+"\n") {
			t.Fatalf("%v, want %s:\n%s", err, want, out)
		}
		used := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		peak := command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss // in KiB on Linux
		t.Logf("%s: %v on the clock, %v of the processor, %.1f MiB", want, took, used, float64(peak)/1024)
		if used > time.Second { // the clock depends on what else the computer does
			t.Errorf("it takes %v of the processor, want at most a second", used)
		}
		if peak > 50<<10 {
			t.Errorf("it takes %d MiB, want less than 50", peak>>10)
		}
	}
}

// TestWatchAlone is the process that TestWatchCost measures; by itself it does nothing.
func TestWatchAlone(t *testing.T) {
	if os.Getenv(watchDisk) == "" {
		return
	}
	c, err := onDisk(os.Getenv(watchDisk), os.Getenv(killState))
	if err != nil {
		t.Fatal(err)
	}
	change, err := c.Watch(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d new\n", len(change.New))
}
