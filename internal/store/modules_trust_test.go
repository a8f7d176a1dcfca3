package store

import (
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// trustedOf tells whether any place shows the certificate as trusted for web sites.
func trustedOf(t testing.TB, m *machine.Machine, c cert.Certificate) bool {
	t.Helper()
	for _, s := range All(m) {
		entries, err := s.List(context.Background())
		if err != nil && s.Place().Owner != "" {
			t.Errorf("%s: %v", s.Place().Path, err)
		}
		if slices.ContainsFunc(entries, func(e evidence.Entry) bool { return e.Cert.Print == c.Print && e.Trust.Vouches() }) {
			return true
		}
	}
	return false
}

// TestModulesOfNSSTrust has modules of pkcs11.txt that are known, and harmless by their name, trust what lies elsewhere: NSS's own, with a second database, and that of
// p11-kit, with a folder. vfychain of NSS is the witness.
func TestModulesOfNSSTrust(t *testing.T) {
	vfychain := needTool(t, "vfychain")
	matches, _ := filepath.Glob("/usr/lib/*/pkcs11/p11-kit-trust.so")
	for name, more := range map[string]string{
		"second database":             "library=libsoftokn3.so\nname=Other\nparameters=configdir='sql:ELSEWHERE/db' flags=readOnly\n",
		"second database, capitals":   "LIBRARY=libsoftokn3.so\nNAME=Other\nPARAMETERS=configdir=\"sql:ELSEWHERE/db\"\n",
		"folder":                      "library=TRUST\nname=p11\nparameters=paths='ELSEWHERE/trust'\n",
		"folder, capitals":            "LIBRARY=TRUST\nname=p11\nparameters=verbose=no paths=/nowhere:ELSEWHERE/trust\n",
		"folder in p11-kit's format":  "library=TRUST\nname=p11\nparameters=paths='ELSEWHERE/attributes'\n",
		"folder, after the system's":  "library=TRUST\nname=p11\nparameters=paths='/etc/ssl/certs/ca-certificates.crt' paths='ELSEWHERE/trust'\n",
		"nothing, but for a good one": "library=TRUST\nname=p11\n",
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(more, "TRUST") && len(matches) == 0 {
				needTool(t, "p11-kit-trust.so") // which comes with it
			}
			m, home := testHome(t)
			root := newAuthority(t, "Information Security Certification Authority", 9)
			elsewhere := t.TempDir()
			profile := home + "/.mozilla/firefox/x.default"
			makeNSS(t, elsewhere+"/db")
			makeNSS(t, profile)
			write(t, elsewhere+"/root.pem", pemText(root.Certificate))
			write(t, elsewhere+"/trust/anchors/root.pem", pemText(root.Certificate))
			write(t, elsewhere+"/attributes/root.p11-kit", "[p11-kit-object-v1]\nclass: certificate\ncertificate-type: x-509\ntrusted: true\nvalue: \""+
				regexp.MustCompile("..").ReplaceAllString(hex.EncodeToString(root.DER), "%$0")+"\"\n")
			certutil(t, "-A", "-d", "sql:"+elsewhere+"/db", "-n", "x", "-t", "C,,", "-i", elsewhere+"/root.pem")
			text, err := os.ReadFile(profile + "/pkcs11.txt")
			if err != nil {
				t.Fatal(err)
			}
			if len(matches) > 0 {
				more = strings.ReplaceAll(more, "TRUST", matches[0])
			}
			write(t, profile+"/pkcs11.txt", string(text)+"\n"+strings.ReplaceAll(more, "ELSEWHERE", elsewhere))
			site := newWebSite(t, root, false)
			write(t, elsewhere+"/leaf.pem", pemText(cert.Read(site.Certificate().Raw)))
			out, _ := exec.Command(vfychain, "-d", "sql:"+profile, "-u", "1", "-a", elsewhere+"/leaf.pem", elsewhere+"/root.pem").CombinedOutput()
			trusts := strings.Contains(string(out), "Chain is good")
			if want := !strings.Contains(name, "nothing"); trusts != want {
				t.Fatalf("NSS trusts %v, want %v\n%s", trusts, want, out)
			}
			if got := trustedOf(t, m, root.Certificate); got != trusts {
				t.Errorf("seen %v, and NSS trusts %v", got, trusts)
			}
		})
	}
}

// TestModulesOfP11KitTrust is about the files of a person by which p11-kit trusts a folder, each tried with «trust list» of p11-kit 0.24.1, run by an account that is not
// root: root's own are not read.
func TestModulesOfP11KitTrust(t *testing.T) {
	for name, one := range map[string]struct {
		file, text string
		want       bool
	}{
		"own":                     {"other.module", "module: p11-kit-trust.so\nx-init-reserved: paths='FOLDER/trust'\ntrust-policy: yes\n", true},
		"added to the system's":   {"p11-kit-trust.module", "x-init-reserved: paths=FOLDER/trust\n", true},
		"the last of two":         {"other.module", "module: p11-kit-trust.so\nx-init-reserved: paths='/etc/ssl/certs/ca-certificates.crt' paths='FOLDER/trust'\ntrust-policy: yes\n", true},
		"format of p11-kit":       {"other.module", "module: p11-kit-trust.so\nx-init-reserved: paths='FOLDER/attributes'\ntrust-policy: yes\n", true},
		"not asked for roots":     {"other.module", "module: p11-kit-trust.so\nx-init-reserved: paths='FOLDER/trust'\n", false},
		"switched off":            {"p11-kit-trust.module", "x-init-reserved: paths=FOLDER/trust\ntrust-policy: no\n", false},
		"folder below the folder": {"other.module", "module: p11-kit-trust.so\nx-init-reserved: paths='FOLDER'\ntrust-policy: yes\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			m, home := testHome(t)
			root := newAuthority(t, "Information Security Certification Authority", 9)
			write(t, home+"/all/trust/anchors/root.pem", pemText(root.Certificate))
			write(t, home+"/all/attributes/root.p11-kit", "[p11-kit-object-v1]\nclass: certificate\ncertificate-type: x-509\ntrusted: true\nvalue: \""+
				regexp.MustCompile("..").ReplaceAllString(hex.EncodeToString(root.DER), "%$0")+"\"\n")
			write(t, home+"/.config/pkcs11/modules/"+one.file, strings.ReplaceAll(one.text, "FOLDER", home+"/all"))
			if got := trustedOf(t, m, root.Certificate); got != one.want {
				t.Errorf("seen %v, want %v", got, one.want)
			}
		})
	}
	for text, want := range map[string]int{"module: p11-kit-trust.so\n": 0, "module: ../../../../home/aigul/p11-kit-x.so\n": 1, "module: /home/aigul/p11-kit-x.so\n": 1} {
		if got := moduleLines(text + "trust-policy: yes\n"); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
		if got := trustModuleLines(text); len(got) != want {
			t.Errorf("%q, added: %v", text, got)
		}
	}
}
