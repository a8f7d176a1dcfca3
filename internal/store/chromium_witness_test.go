package store

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// TestChromiumDatabaseWitness has a real Chromium make a profile and judge what stands in its own database of certificates: a root that its person trusts, the
// same root taken out, put back, and refused although the shared database of the account trusts it.
func TestChromiumDatabaseWitness(t *testing.T) {
	t.Parallel()
	needTool(t, "chromium")
	root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
	web := newWebSites(t, root)
	m, home := testHome(t)
	data := home + "/.config/chromium"
	profile := data + "/Default"
	run := func(address string) string {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		out, err := chromium(ctx, t, home, "--user-data-dir="+data, "--dump-dom", address).Output()
		if err != nil {
			t.Logf("Chromium: %v", err)
		}
		return string(out)
	}
	open := func(address string) {
		if out := run(address); strings.Contains(out, "ERR_CERT_") {
			t.Logf("Chromium says: %.30s", out[strings.Index(out, "ERR_CERT_"):])
		}
	}
	for try := 0; ; try++ {
		run("about:blank")
		if _, err := os.Stat(profile + "/" + chromiumName); err == nil {
			break
		}
		if try == 3 {
			t.Fatal("Chromium makes no database of certificates in its profile")
		}
	}
	s, ctx := chromiumAt(t, m, profile), context.Background()
	if got := mustList(t, s); len(got) != 0 {
		t.Errorf("a new profile has %d certificates", len(got))
	}
	if got := s.place; got.Program != "Chromium" || got.Label != "" {
		t.Errorf("place: %+v", got)
	}
	web.want(t, "nothing planted", false, open)
	execChromium(t, profile, chromiumStatement(root.Certificate, trustTrusted))
	web.want(t, "planted", true, open)
	saved, err := s.Save(ctx, find1(t, mustList(t, s), root.Print))
	if err != nil {
		t.Fatal(err)
	}

	// while it runs
	alive, cancel := context.WithCancel(ctx)
	defer cancel()
	running := chromium(alive, t, home, "--user-data-dir="+data, "--remote-debugging-port=0", "about:blank")
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.Busy(ctx) == "" && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	if got := s.Busy(ctx); got != "Chromium" {
		t.Errorf("busy: %q, and Chromium runs", got)
	}
	find1(t, mustList(t, s), root.Print)
	if err := s.Remove(ctx, saved); !errors.Is(err, ErrBusy) {
		t.Errorf("removing while it runs: %v", err)
	}
	find1(t, mustList(t, s), root.Print)
	running.Process.Signal(os.Interrupt)
	running.Wait()
	for deadline := time.Now().Add(20 * time.Second); s.Busy(ctx) != "" && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}

	if err := s.Remove(ctx, saved); err != nil {
		t.Fatal(err)
	}
	web.want(t, "removed", false, open)
	if got := mustList(t, s); len(got) != 0 {
		t.Errorf("Chromium brought it back: %d", len(got))
	}
	if err := s.Restore(ctx, saved); err != nil {
		t.Fatal(err)
	}
	web.want(t, "restored", true, open)
	if err := s.Remove(ctx, saved); err != nil {
		t.Fatal(err)
	}

	// the shared database trusts it, this profile refuses it
	shared := home + "/.pki/nssdb"
	if _, err := os.Stat(home + "/.local/share/pki/nssdb"); err == nil {
		shared = home + "/.local/share/pki/nssdb"
	} else if _, err := os.Stat(shared); err != nil {
		makeNSS(t, shared)
	}
	plantNSS(t, shared, "Qaznet", "C,,", root.Certificate)
	web.want(t, "trusted by the shared database", true, open)
	refused, err := s.SaveDistrust(ctx, root.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Distrust(ctx, refused); err != nil {
		t.Fatal(err)
	}
	web.want(t, "refused", false, open)
	if err := s.Restore(ctx, refused); err != nil {
		t.Fatal(err)
	}
	web.want(t, "refusal taken back", true, open)
}

// TestChromiumHintWitness asks a real Chromium what the other kinds of trust mean to it.
func TestChromiumHintWitness(t *testing.T) {
	t.Parallel()
	needTool(t, "chromium")
	root := newAuthority(t, "Hint", time.Now().UnixNano())
	web := newWebSites(t, root)
	_, home := testHome(t)
	data := home + "/.config/chromium"
	profile := data + "/Default"
	makeChromium(t, profile)
	for name, trust := range map[string]byte{"hint": trustUnspecified, "unknown": 0, "future": 77} {
		execChromium(t, profile, "DELETE FROM certificates", chromiumStatement(root.Certificate, trust))
		web.want(t, name, false, func(address string) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			chromium(ctx, t, home, "--user-data-dir="+data, "--dump-dom", address).Run()
		})
	}
}
