package shield

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// real are the ten interception roots, and what the lists of browsers must not name: the e-signature of Kazakhstan. They lie beside the project.
func real(t *testing.T) (hostile, signing []cert.Certificate) {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "data", "certs")
	files, _ := filepath.Glob(filepath.Join(folder, "kz-*.pem"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range cert.Blocks(data) {
			switch name := filepath.Base(file); {
			case strings.HasPrefix(name, "kz-isca") || strings.HasPrefix(name, "kz-qaznet"):
				hostile = append(hostile, block.Cert)
			case !strings.Contains(name, "leaf"):
				signing = append(signing, block.Cert)
			}
		}
	}
	if len(hostile) != 10 {
		if os.Getenv("QULYP_NEED_SHARED") == "1" {
			t.Fatalf("%d of the ten real certificates are in %s", len(hostile), folder)
		}
		t.Skipf("%d of the ten real certificates are in %s", len(hostile), folder)
	}
	return hostile, signing
}

func needFile(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(name); err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" {
			t.Fatalf("not installed, and everything must be proven: %v", err)
		}
		t.Skip("not installed:", err)
	}
}

const firefoxFolder = "/usr/lib/firefox-esr"

// all holds the answers for each certificate against what is expected.
func all(t *testing.T, shields []evidence.Shield, certs []cert.Certificate, want evidence.Stance) {
	t.Helper()
	said := map[cert.Print]evidence.Shield{}
	for _, s := range shields {
		said[s.Print] = s
	}
	for _, c := range certs {
		if s := said[c.Print]; s.Does != want {
			t.Errorf("%s (%s): %q by %q, reason %q, want %q", c.Print.Short(), c.Title(), s.Does, s.By, s.Why, want)
		}
	}
}

// TestRealInstall reads the list that the installed Firefox ESR brings along.
func TestRealInstall(t *testing.T) {
	hostile, signing := real(t)
	needFile(t, firefoxFolder+"/browser/omni.ja")
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "compatibility.ini"), []byte("LastPlatformDir="+firefoxFolder+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &machine.Machine{GOOS: "linux"}
	places := []evidence.Place{{Kind: evidence.NSS, Path: profile, Program: "Firefox"}}
	begun := time.Now()
	shields := Ask(context.Background(), m, places, append(hostile, signing...))
	t.Logf("read in %v", time.Since(begun))
	all(t, shields, hostile, evidence.ShieldKnown)
	all(t, shields, signing, evidence.ShieldOpen)
}

// TestRealProfile has a real Firefox ESR make a profile, without any network, and reads the copy of the list that it keeps there: by it all ten roots are
// blocked.
func TestRealProfile(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes half a minute to write its list")
	}
	hostile, signing := real(t)
	needFile(t, firefoxFolder+"/browser/omni.ja")
	browser, err := exec.LookPath("firefox-esr")
	if err != nil {
		needFile(t, "/usr/bin/firefox-esr")
	}
	home := t.TempDir()
	profile := filepath.Join(home, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	// nobody is asked for anything newer: the address of the lists leads nowhere
	settings := "user_pref(\"network.proxy.type\", 1);\nuser_pref(\"network.proxy.http\", \"127.0.0.1\");\nuser_pref(\"network.proxy.http_port\", 9);\n" +
		"user_pref(\"network.proxy.ssl\", \"127.0.0.1\");\nuser_pref(\"network.proxy.ssl_port\", 9);\nuser_pref(\"datareporting.policy.dataSubmissionEnabled\", false);\n"
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(browser, "--headless", "--no-remote", "--profile", profile, "about:blank")
	command.Env = append(os.Environ(), "HOME="+home, "MOZ_HEADLESS=1", "MOZ_CRASHREPORTER_DISABLE=1", "DISPLAY=", "XDG_CONFIG_HOME=", "XDG_DATA_HOME=")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { command.Process.Kill(); command.Wait() }()
	m := &machine.Machine{GOOS: "linux"}
	places := []evidence.Place{{Kind: evidence.NSS, Path: profile, Program: "Firefox"}}
	begun := time.Now()
	for deadline := begun.Add(4 * time.Minute); ; time.Sleep(time.Second) {
		shields := Ask(context.Background(), m, places, append(hostile, signing...))
		blocked := 0
		for _, s := range shields {
			if s.Does == evidence.ShieldBlocked {
				blocked++
			}
		}
		if blocked > 0 || time.Now().After(deadline) {
			t.Logf("after %v the profile's own copy blocks %d", time.Since(begun).Round(time.Second), blocked)
			all(t, shields, hostile, evidence.ShieldBlocked)
			all(t, shields, signing, evidence.ShieldOpen)
			return
		}
	}
}

// TestRealChromium searches the program file of the installed Chromium: it knows all ten roots, and none of the e-signature.
func TestRealChromium(t *testing.T) {
	hostile, signing := real(t)
	needFile(t, "/usr/lib/chromium/chromium")
	m := &machine.Machine{GOOS: "linux"}
	begun := time.Now()
	l := readProgram(context.Background(), m, "Chromium", append(hostile, signing...))
	if l.err != nil {
		t.Fatal(l.err)
	}
	t.Logf("searched for %d in %v", len(hostile)+len(signing), time.Since(begun))
	for _, c := range hostile {
		if l.has(c) != evidence.ShieldKnown {
			t.Errorf("%s is not known to Chromium", c.Print.Short())
		}
	}
	for _, c := range signing {
		if got := l.has(c); got != "" {
			t.Errorf("%s: %q", c.Print.Short(), got)
		}
	}
}
