//go:build linux

package store

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// managedIn looks for a certificate among the policies of one program.
func managedIn(t testing.TB, all []Store, program string, c cert.Certificate) bool {
	t.Helper()
	for _, s := range all {
		if s.Place().Program == program {
			if managed(t, s)[c.Print] == evidence.Web {
				return true
			}
		}
	}
	return false
}

// TestFirefoxPolicyWitness has a real Firefox run under a policy that installs a root: the root is found before anything is removed, and taking it out of the
// profile alone does not help, since Firefox imports it again.
func TestFirefoxPolicyWitness(t *testing.T) {
	needTool(t, "firefox-esr")
	if !inNamespace(t) {
		return
	}
	const install = "/usr/lib/firefox-esr"
	if _, err := os.Stat(install + "/distribution"); err != nil {
		t.Fatalf("where Firefox is installed has changed: %v", err)
	}
	cover(t, install+"/distribution", true)
	root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
	web := newWebSites(t, root)
	m, home := testHome(t)
	write(t, home+"/.mozilla/certificates/office.crt", pemText(root.Certificate)) // which makes this the folder of Firefox, too
	dir := home + "/.mozilla/firefox/x.default"
	write(t, install+"/distribution/policies.json", `{"policies":{"Certificates":{"Install":["office.crt"]}}}`)
	if !managedIn(t, firefoxPolicies(m, nssStores(m)), "Firefox", root.Certificate) {
		t.Fatal("what the policy installs is not found before Firefox has even started")
	}
	imported := func() (s *nss) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
			for _, one := range nssStores(m) {
				if one.Place().Path != dir {
					continue
				}
				entries, err := one.List(context.Background())
				for _, entry := range entries {
					if err == nil && entry.Cert.Print == root.Print && entry.Trust == evidence.Web {
						return one.(*nss)
					}
				}
			}
		}
		t.Fatal("Firefox does not import what the policy names, so this is no witness")
		return nil
	}
	browser := startFirefox(t, home, dir)
	s := imported()
	web.want(t, "policy", true, browser.open)
	browser.quit()

	saved := saveOne(t, s, root.Print)
	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	browser = startFirefox(t, home, dir)
	imported()
	web.want(t, "removed from the profile alone", true, browser.open)
	browser.quit()

	if err := os.Remove(install + "/distribution/policies.json"); err != nil {
		t.Fatal(err)
	}
	if managedIn(t, firefoxPolicies(m, nssStores(m)), "Firefox", root.Certificate) {
		t.Error("found although the policy is gone")
	}
	saved = saveOne(t, s, root.Print)
	if err := s.Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	browser = startFirefox(t, home, dir)
	web.want(t, "removed without the policy", false, browser.open)
	browser.quit()
}

// TestChromiumPolicyWitness has a real Chromium run under policies that trust a root, and that refuse it.
func TestChromiumPolicyWitness(t *testing.T) {
	needTool(t, "chromium")
	if !inNamespace(t) {
		return
	}
	if _, err := os.Stat("/etc/chromium"); err != nil {
		t.Fatalf("where Chromium has its policies has changed: %v", err)
	}
	cover(t, "/etc/chromium", true)
	root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
	web := newWebSites(t, root)
	m, home := testHome(t)
	data := home + "/.config/chromium"
	open := func(address string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := chromium(ctx, t, home, "--user-data-dir="+data, "--dump-dom", address).Run(); err != nil {
			t.Logf("Chromium: %v", err)
		}
	}
	file := "/etc/chromium/policies/managed/office.json"
	set := func(policies string, want map[cert.Print]evidence.Trust) {
		t.Helper()
		write(t, file, policies)
		got := map[cert.Print]evidence.Trust{}
		for _, s := range chromiumPolicies(m) {
			if s.Place().Path == filepath.Dir(file) {
				got = managed(t, s)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	}
	set(fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(root.Certificate)), map[cert.Print]evidence.Trust{root.Print: evidence.Web})
	web.want(t, "policy", true, open)
	file = "/etc/chromium/policies/recommended/office.json"
	write(t, "/etc/chromium/policies/managed/office.json", `{}`)
	set(fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(root.Certificate)), map[cert.Print]evidence.Trust{root.Print: evidence.Web})
	web.want(t, "recommended", true, open)
	write(t, file, `{}`)
	file = "/etc/chromium/policies/managed/office.json"
	set(fmt.Sprintf(`{"CAHintCertificates":["%s"]}`, b64(root.Certificate)), map[cert.Print]evidence.Trust{root.Print: evidence.Other})
	web.want(t, "hint", false, open)
	// what the person trusts is refused by the policy
	makeChromium(t, home+"/refused/Default")
	data = home + "/refused"
	execChromium(t, data+"/Default", chromiumStatement(root.Certificate, trustTrusted))
	set(fmt.Sprintf(`{ "CADistrustedCertificates": ["%s"], } // comma`, b64(root.Certificate)), map[cert.Print]evidence.Trust{root.Print: evidence.Distrusted})
	web.want(t, "refused by policy", false, open)
	set(`{}`, map[cert.Print]evidence.Trust{})
	web.want(t, "no policy", true, open)
}
