package store

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// chromium gives the command for a real Chromium without a window, whose home is a throw-away folder. Nothing but the sites of the test is asked.
func chromium(ctx context.Context, t testing.TB, home string, more ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(ctx, needTool(t, "chromium"), append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-default-apps", "--disable-extensions"}, more...)...)
	command.Env = append(without(os.Environ(), "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), "HOME="+home)
	command.WaitDelay = 5 * time.Second // its helpers keep the output open when it is killed
	return command
}

// TestChromiumWitness has a real Chromium judge, which trusts what is in the shared database of the account.
func TestChromiumWitness(t *testing.T) {
	t.Parallel()
	needTool(t, "chromium")
	root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
	web := newWebSites(t, root)
	m, home := testHome(t)
	dir := home + "/.pki/nssdb"
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	open := func(address string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := chromium(ctx, t, home, "--dump-dom", address).Run(); err != nil {
			t.Logf("Chromium: %v", err)
		}
	}
	web.want(t, "planted", true, open)
	s := nssStoreIn(t, dir, nssStores(m))
	saved := saveOne(t, s, root.Print)

	// while it runs
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running := chromium(ctx, t, home, "--remote-debugging-port=0", "about:blank")
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.Busy(ctx) == "" && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	if got := s.Busy(ctx); got != "Chromium" {
		t.Errorf("busy: %q, and Chromium runs", got)
	}
	if err := s.Remove(ctx, saved); !errors.Is(err, ErrBusy) {
		t.Errorf("removing while it runs: %v", err)
	}
	find1(t, mustList(t, s), root.Print)
	running.Process.Signal(os.Interrupt)
	running.Wait()
	for deadline := time.Now().Add(20 * time.Second); s.Busy(context.Background()) != "" && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	if got := s.Busy(context.Background()); got != "" {
		t.Fatalf("busy: %q, and Chromium has ended", got)
	}

	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	web.want(t, "removed", false, open)
	if err := s.Restore(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	web.want(t, "restored", true, open)
	if _, err := os.Stat(filepath.Join(home, ".local/share/pki/nssdb/cert9.db")); err == nil {
		t.Error("Chromium made a database of its own elsewhere, so it was no witness for this one")
	}
}

func nssStoreIn(t *testing.T, dir string, all []Store) *nss {
	t.Helper()
	for _, s := range all {
		if s.Place().Path == dir {
			return s.(*nss)
		}
	}
	t.Fatalf("%s is not found", dir)
	return nil
}
