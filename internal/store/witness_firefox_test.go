package store

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// firefox is a real Firefox without a window, steered over its Marionette protocol:
// https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
type firefox struct {
	t       testing.TB
	command *exec.Cmd
	conn    net.Conn
	in      *bufio.Reader
	id      int
}

// The settings keep Firefox from asking anybody but the sites of the test, and let it choose a free port.
const firefoxSettings = `user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "data:,#remote-settings-dummy/v1");
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
`

// startFirefox starts Firefox on a profile and waits until it listens.
func startFirefox(t testing.TB, home, profile string) *firefox {
	t.Helper()
	if err := os.MkdirAll(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	portFile := filepath.Join(profile, "MarionetteActivePort")
	os.Remove(portFile)
	f := &firefox{t: t}
	f.command = exec.Command(needTool(t, "firefox-esr"), "--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", profile)
	f.command.Env = append(without(os.Environ(), "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
		"HOME="+home, "MOZ_HEADLESS=1", "MOZ_CRASHREPORTER_DISABLE=1")
	var output tail
	f.command.Stdout, f.command.Stderr = &output, &output
	if err := f.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.kill() })
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if port, err := os.ReadFile(portFile); err == nil && len(port) > 0 {
			if f.conn, err = net.Dial("tcp", "127.0.0.1:"+strings.TrimSpace(string(port))); err == nil {
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("Firefox does not start:\n%s", output.String())
		}
	}
	f.in = bufio.NewReader(f.conn)
	if _, err := f.packet(); err != nil { // its greeting
		t.Fatal(err)
	}
	f.must("WebDriver:NewSession", map[string]any{})
	f.must("WebDriver:SetTimeouts", map[string]any{"pageLoad": 30000, "script": 30000})
	return f
}

// tail keeps the end of what a program prints.
type tail struct{ text []byte }

func (w *tail) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	if len(w.text) > 4096 {
		w.text = w.text[len(w.text)-4096:]
	}
	return len(p), nil
}

func (w *tail) String() string { return string(w.text) }

func without(environment []string, names ...string) []string {
	var kept []string
next:
	for _, pair := range environment {
		for _, name := range names {
			if strings.HasPrefix(pair, name+"=") {
				continue next
			}
		}
		kept = append(kept, pair)
	}
	return kept
}

// packet reads «length:JSON».
func (f *firefox) packet() (json.RawMessage, error) {
	f.conn.SetReadDeadline(time.Now().Add(60 * time.Second))
	head, err := f.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	length, err := strconv.Atoi(strings.TrimSuffix(head, ":"))
	if err != nil {
		return nil, err
	}
	body := make([]byte, length)
	_, err = io.ReadFull(f.in, body)
	return body, err
}

// do sends a command and gives the result, or the name of the error.
func (f *firefox) do(command string, parameters any) (json.RawMessage, error) {
	f.id++
	body, err := json.Marshal([]any{0, f.id, command, parameters})
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(f.conn, "%d:%s", len(body), body); err != nil {
		return nil, err
	}
	text, err := f.packet()
	if err != nil {
		return nil, err
	}
	var reply [4]json.RawMessage
	if err := json.Unmarshal(text, &reply); err != nil {
		return nil, err
	}
	var failed *struct {
		Error, Message string
	}
	if err := json.Unmarshal(reply[2], &failed); err == nil && failed != nil {
		return nil, fmt.Errorf("%s: %s", failed.Error, failed.Message)
	}
	return reply[3], nil
}

func (f *firefox) must(command string, parameters any) json.RawMessage {
	f.t.Helper()
	result, err := f.do(command, parameters)
	if err != nil {
		f.t.Fatalf("%s: %v", command, err)
	}
	return result
}

// open goes to an address; whether that worked is for the site to say.
func (f *firefox) open(address string) {
	if _, err := f.do("WebDriver:Navigate", map[string]any{"url": address}); err != nil {
		f.t.Logf("Firefox says: %.60s", err)
	}
}

// add imports a certificate and trusts it for web sites, with Firefox's own means.
func (f *firefox) add(der []byte) {
	f.t.Helper()
	f.must("Marionette:SetContext", map[string]any{"value": "chrome"})
	f.must("WebDriver:ExecuteScript", map[string]any{
		"script": `Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(arguments[0], "CT,CT,CT")`,
		"args":   []any{base64.StdEncoding.EncodeToString(der)},
	})
	f.must("Marionette:SetContext", map[string]any{"value": "content"})
}

// quit has Firefox end as a person would, and waits until it has.
func (f *firefox) quit() {
	f.t.Helper()
	f.do("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}}) //nolint:errcheck // the connection may end before the answer
	f.conn.Close()
	done := make(chan struct{})
	go func() { f.command.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		f.t.Error("Firefox does not end")
		f.command.Process.Kill()
		<-done
	}
	f.command = nil
}

func (f *firefox) kill() {
	if f.command != nil {
		f.command.Process.Kill()
		f.command.Wait()
	}
}

// TestFirefoxWitness has a real Firefox judge: a site of a root that is trusted in the profile loads, is refused after the removal, and loads
// again after the undo. Once with a profile made by certutil, which writes trust in the old way; once with one made by Firefox itself, which
// writes it in the new way.
func TestFirefoxWitness(t *testing.T) {
	needTool(t, "firefox-esr")
	for _, maker := range []string{"certutil", "Firefox"} {
		t.Run("profile made by "+maker, func(t *testing.T) {
			t.Parallel()
			root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
			web := newWebSites(t, root)
			m, home := testHome(t)
			dir := home + "/.config/mozilla/firefox/x.default"
			if maker == "certutil" {
				makeNSS(t, dir)
				plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
			}
			browser := startFirefox(t, home, dir)
			if maker == "Firefox" {
				web.want(t, "before the import", false, browser.open)
				browser.add(root.DER)
			}
			web.want(t, "planted", true, browser.open)

			// while it runs: it can be read, and is not changed
			s := firefoxStore(t, m, dir)
			saved := saveOne(t, s, root.Print)
			if entry := find1(t, mustList(t, s), root.Print); entry.Trust != evidence.Web {
				t.Errorf("listed as %q", entry.Trust)
			}
			if got := s.Busy(context.Background()); got != "Firefox" {
				t.Errorf("busy: %q, and Firefox runs", got)
			}
			if err := s.Remove(context.Background(), saved); !errors.Is(err, ErrBusy) {
				t.Errorf("removing while it runs: %v", err)
			}
			browser.quit()
			if got := s.Busy(context.Background()); got != "" {
				t.Errorf("busy: %q, and Firefox has ended", got)
			}
			if maker == "Firefox" {
				assertNewTrust(t, saved)
			}

			if err := s.Remove(context.Background(), saved); err != nil {
				t.Fatal(err)
			}
			browser = startFirefox(t, home, dir)
			web.want(t, "removed", false, browser.open)
			browser.quit()

			if err := s.Restore(context.Background(), saved); err != nil {
				t.Fatal(err)
			}
			browser = startFirefox(t, home, dir)
			web.want(t, "restored", true, browser.open)
			browser.quit()

			if maker != "Firefox" {
				return
			}
			// what other tools leave behind: the certificate is gone, the trust in it is not
			execNSS(t, dir, "DELETE FROM nssPublic WHERE a0 = x'00000001'")
			browser = startFirefox(t, home, dir)
			alone, withRoot := web.visit(t, "half removed", browser.open)
			browser.quit()
			if alone || !withRoot {
				t.Errorf("half removed: loaded alone %v, with the root sent along %v; want only the latter", alone, withRoot)
			}
			for _, entry := range mustList(t, s) {
				if entry.Orphan {
					saved, err := s.Save(context.Background(), entry)
					if err != nil {
						t.Fatal(err)
					}
					if err := s.Remove(context.Background(), saved); err != nil {
						t.Fatal(err)
					}
				}
			}
			browser = startFirefox(t, home, dir)
			web.want(t, "wholly removed", false, browser.open)
			browser.quit()
		})
	}
}

func firefoxStore(t *testing.T, m *machine.Machine, dir string) *nss {
	t.Helper()
	for _, s := range nssStores(m) {
		if s.Place().Path == dir && s.Place().Program == "Firefox" {
			return s.(*nss)
		}
	}
	t.Fatalf("%s is not found", dir)
	return nil
}

// assertNewTrust makes sure that the case is the one it is meant to be: Firefox of today writes CKO_TRUST.
func assertNewTrust(t *testing.T, saved Saved) {
	t.Helper()
	var record nssRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		t.Fatal(err)
	}
	classes := map[string]int{}
	for _, row := range record.Rows {
		classes[row.Cells["a0"]]++
	}
	if classes["x00000001"] != 1 || classes["x0000000b"] != 1 {
		t.Errorf("Firefox wrote rows of classes %v, want a certificate and a CKO_TRUST", classes)
	}
}
