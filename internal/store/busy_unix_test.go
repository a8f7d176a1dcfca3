//go:build unix

package store

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"qulyp/internal/evidence"
)

// TestBusyLocks asks for each kind of lock that a running browser holds, and for those that a crash left behind.
func TestBusyLocks(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	ctx := context.Background()
	m, home := testHome(t)
	dir := home + "/.mozilla/firefox/x.default"
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	s := nssStoreAt(m, dir).(*nss)
	busy := func(want string, when string) {
		t.Helper()
		if got := s.Busy(ctx); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	busy("", "no lock")
	touch(t, dir+"/.parentlock")
	busy("", "a lock that nobody holds")

	// A lock of another process: this test, run again, holds it while its input is open.
	release := lockFileElsewhere(t, dir+"/.parentlock")
	busy("Firefox", "a lock that is held")
	saved := saveOne(t, s, root.Print) // looking is possible meanwhile
	if err := s.Remove(ctx, saved); !errors.Is(err, ErrBusy) || Code(err) != evidence.BrowserOpen {
		t.Errorf("removing: %v", err)
	}
	if err := s.Restore(ctx, saved); !errors.Is(err, ErrBusy) {
		t.Errorf("restoring: %v", err)
	}
	find1(t, mustList(t, s), root.Print)
	release()
	busy("", "released")

	if m.GOOS != "linux" {
		return
	}
	if err := os.Symlink("127.0.1.1:+"+strconv.Itoa(os.Getpid()), dir+"/lock"); err != nil {
		t.Fatal(err)
	}
	busy("", "a link left behind, whose number another program has now")

	shared := home + "/.pki/nssdb"
	makeNSS(t, shared)
	plantNSS(t, shared, "Qaznet", "C,,", root.Certificate)
	s = nssStoreAt(m, shared).(*nss)
	busy("", "no browser")
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(home+"/.config/BraveSoftware/Brave-Browser", 0o700); err != nil {
		t.Fatal(err)
	}
	lock := home + "/.config/BraveSoftware/Brave-Browser/SingletonLock"
	pid := runAs(t, "brave")
	for _, c := range []struct{ target, want string }{
		{name + "-" + pid, "Brave"},
		{"another-computer-" + pid, ""},
		{name + "-" + strconv.Itoa(os.Getpid()), ""}, // not a browser
		{name + "-999999999", ""},
		{name + "-", ""}, {"-", ""}, {"x", ""}, {name + "-1", ""},
	} {
		os.Remove(lock)
		if err := os.Symlink(c.target, lock); err != nil {
			t.Fatal(err)
		}
		busy(c.want, "SingletonLock "+c.target)
	}
	os.Remove(lock)
	busy("", "no lock again")
	runAs(t, "chromium", shared+"/cert9.db")
	busy("Chromium", "a browser with its data elsewhere that has the database open")
	if err := s.Remove(ctx, saveOne(t, s, root.Print)); !errors.Is(err, ErrBusy) {
		t.Errorf("removing: %v", err)
	}
}

// runAs runs a program under the name of a browser until the test ends, with a file open if one is named, and gives its process number.
func runAs(t *testing.T, name string, open ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	data, err := os.ReadFile(needTool(t, "sleep"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "60")
	for _, file := range open {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		command.ExtraFiles = append(command.ExtraFiles, f)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	return strconv.Itoa(command.Process.Pid)
}

// lockFileElsewhere holds a lock of fcntl from another process until release is called.
func lockFileElsewhere(t *testing.T, file string) (release func()) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestHoldLock$")
	command.Env = append(os.Environ(), "QULYP_TEST_HOLD="+file)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(io.LimitReader(out, 5)); err != nil || string(got) != "held\n" {
		t.Fatalf("lock: %q %v", got, err)
	}
	return func() { in.Close(); command.Wait() }
}

// TestHoldLock is no test: it is the process that lockFileElsewhere starts.
func TestHoldLock(t *testing.T) {
	file := os.Getenv("QULYP_TEST_HOLD")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("held\n")
	io.Copy(io.Discard, os.Stdin)
}
