package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// otherDisk is the disk of another computer with one person on it.
func otherDisk(t testing.TB, goos string) (m *machine.Machine, root string) {
	t.Helper()
	root = t.TempDir()
	home := "/home/aigul"
	if goos != "linux" {
		home = "/Users/aigul"
	}
	return &machine.Machine{Root: root, GOOS: goos, Env: func(string) string { return "" },
		People: []machine.Person{{Name: "aigul", Home: home, Self: true}}}, root
}

func b64(c cert.Certificate) string { return base64.StdEncoding.EncodeToString(c.DER) }

func pemText(c cert.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}))
}

// found is what a store lists, by certificate; each must be managed.
func managed(t testing.TB, s Store) map[cert.Print]evidence.Trust {
	t.Helper()
	entries, err := s.List(context.Background())
	if err != nil {
		t.Errorf("%s: %v", s.Place().Path, err)
	}
	found := map[cert.Print]evidence.Trust{}
	for _, entry := range entries {
		if !entry.Managed || len(entry.Where) == 0 {
			t.Errorf("%s: not managed: %+v", s.Place().Path, entry)
		}
		found[entry.Cert.Print] = entry.Trust
	}
	if _, removes := s.(Remover); removes {
		t.Errorf("%s: what an organisation manages could be removed", s.Place().Path)
	}
	return found
}

func TestChromiumPolicies(t *testing.T) {
	m, root := otherDisk(t, "linux")
	var c []cert.Certificate
	for i := range 6 {
		c = append(c, newAuthority(t, fmt.Sprint("Policy ", i), int64(i)).Certificate)
	}
	write(t, root+"/etc/opt/chrome/policies/managed/a.json", fmt.Sprintf(`{ // of the office
		"HomepageLocation": "https://example.kz/ // no comment",
		"CACertificates": [ "%s", %q, /* a comma too many */ ],
		"CAHintCertificates": ["%s"], "CADistrustedCertificates": ["%s"],}`, b64(c[0]), pemText(c[1]), strings.TrimRight(b64(c[2]), "="), b64(c[3])))
	write(t, root+"/etc/opt/chrome/policies/managed/without-ending", fmt.Sprintf(
		"\xef\xbb\xbf"+`{"CACertificatesWithConstraints": [{"certificate": "%s", "constraints": {"permitted_dns_names": ["kz"]}}]}`, b64(c[4])))
	write(t, root+"/etc/brave/policies/managed/p.json", fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(c[5])))
	write(t, root+"/etc/opt/some/browser/policies/managed/p.json", `{}`)
	write(t, root+"/etc/chromium/policies/recommended/p.json", fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(c[0])))
	write(t, root+"/etc/firefox/policies/policies.json", `{}`)
	write(t, root+"/var/lib/flatpak/extension/org.chromium.Chromium.Extension.office/x86_64/1/policies/managed/p.json", fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(c[0])))
	write(t, root+"/var/lib/flatpak/runtime/io.github.ungoogled_software.ungoogled_chromium.Extension.x/x86_64/1/active/files/policies/managed/p.json",
		fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(c[1])))
	write(t, root+"/home/aigul/.local/share/flatpak/extension/com.brave.Browser.Policy/x86_64/1/policies/managed/p.json", fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(c[2])))
	flatpak := map[string]cert.Print{
		"/var/lib/flatpak/extension/org.chromium.Chromium.Extension.office/x86_64/1/policies/managed Chromium ":                                 c[0].Print,
		"/var/lib/flatpak/runtime/io.github.ungoogled_software.ungoogled_chromium.Extension.x/x86_64/1/active/files/policies/managed Chromium ": c[1].Print,
		"/home/aigul/.local/share/flatpak/extension/com.brave.Browser.Policy/x86_64/1/policies/managed Brave aigul":                             c[2].Print,
	}
	want := map[string]map[cert.Print]evidence.Trust{
		"Google Chrome": {c[0].Print: evidence.Web, c[1].Print: evidence.Web, c[2].Print: evidence.Other, c[3].Print: evidence.Distrusted, c[4].Print: evidence.Web},
		"Brave":         {c[5].Print: evidence.Web},
		"browser":       {},
		"Chromium":      {c[0].Print: evidence.Web},
	}
	for _, s := range chromiumPolicies(m) {
		p := s.Place()
		if name := p.Path + " " + p.Program + " " + p.Owner; strings.Contains(p.Path, "flatpak") {
			if got := managed(t, s); p.Kind != evidence.Policy || len(got) != 1 || got[flatpak[name]] != evidence.Web {
				t.Errorf("%s: %v", name, got)
			}
			delete(flatpak, name)
			continue
		}
		if p.Kind != evidence.Policy || p.Owner != "" {
			t.Errorf("place %+v", p)
		}
		if got := managed(t, s); !maps.Equal(got, want[p.Program]) {
			t.Errorf("%s: %v", p.Program, got)
		}
		delete(want, p.Program)
	}
	if len(want) > 0 || len(flatpak) > 0 {
		t.Errorf("not found: %v %v", want, flatpak)
	}
}

func TestChromiumPolicyTroubles(t *testing.T) {
	good := newAuthority(t, "Good", 1).Certificate
	for name, text := range map[string]string{
		"junk":           "junk",
		"empty":          "",
		"no object":      `["x"]`,
		"no list":        fmt.Sprintf(`{"CACertificates":"%s"}`, b64(good)),
		"no certificate": `{"CACertificates":["!!!", 5, {}, null]}`,
		"cut":            fmt.Sprintf(`{"CACertificates":["%s`, b64(good)),
	} {
		m, root := otherDisk(t, "linux")
		write(t, root+"/etc/chromium/policies/managed/bad.json", text)
		write(t, root+"/etc/chromium/policies/managed/good.json", fmt.Sprintf(`{"CACertificates":["%s"]}`, b64(good)))
		entries, err := chromiumPolicies(m)[0].List(context.Background())
		if Code(err) != evidence.Damaged || strings.Count(err.Error(), "bad.json") != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if len(entries) != 1 || entries[0].Cert.Print != good.Print {
			t.Errorf("%s: the other file is not listed", name)
		}
	}
}

// registryOf stands for the registry: values by key.
type registryOf map[string]map[string]string

func (r registryOf) exists(key string) bool {
	for k := range r {
		if k == key || strings.HasPrefix(k, key+`\`) {
			return true
		}
	}
	return false
}

func (r registryOf) texts(key string) (map[string]string, error) {
	if key == `HKCU\SOFTWARE\Policies\Microsoft\Edge` {
		return nil, errors.New("not to be read")
	}
	return r[key], nil
}

func (r registryOf) keys(key string) []string {
	names := map[string]bool{}
	for other := range r {
		if rest, below := strings.CutPrefix(other, key+`\`); below {
			name, _, _ := strings.Cut(rest, `\`)
			names[name] = true
		}
	}
	return slices.Collect(maps.Keys(names))
}

func (r registryOf) flag(key, value string) (on, there bool) {
	text, there := r[key][value]
	return text == "1", there && (text == "0" || text == "1")
}

// TestRegistryFirefox: whether Firefox goes by the roots of Windows, and what modules it loads, stands in the registry as numbers and below keys.
func TestRegistryFirefox(t *testing.T) {
	m, _ := otherDisk(t, "windows")
	const key = `HKLM\SOFTWARE\Policies\Mozilla\Firefox`
	for on, want := range map[string]evidence.NoteCode{"0": SystemRootsOff, "1": SystemRoots} {
		r := registryOf{
			key: {}, key + `\Certificates`: {"ImportEnterpriseRoots": on},
			key + `\SecurityDevices`: {"old": `C:\old.dll`}, key + `\SecurityDevices\Add`: {"new": `C:\new.dll`},
		}
		s := mozillaPolicy{m: m, place: evidence.Place{Path: key}, read: func() ([]byte, error) { return mozillaRegistry(r, key) }}
		notes, err := s.Notes(context.Background())
		var got []string
		for _, note := range notes {
			got = append(got, string(note.Code)+" "+note.Value)
		}
		if text := []string{string(ExtraModule) + ` C:\new.dll`, string(ExtraModule) + ` C:\old.dll`, string(want) + " "}; err != nil || !slices.Equal(got, text) {
			t.Errorf("%s: %q, %v; want %q", on, got, err, text)
		}
	}
}

// TestRegistryFirefoxBroken: a policy that does not follow its form is said, and hides no other: Firefox passes over that one alone.
func TestRegistryFirefoxBroken(t *testing.T) {
	m, root := otherDisk(t, "windows")
	c := newAuthority(t, "Policy", 1).Certificate
	write(t, root+"/Users/aigul/far/office.crt", pemText(c))
	const key = `HKLM\SOFTWARE\Policies\Mozilla\Firefox`
	for _, broken := range []string{"SecurityDevices", "Certificates"} {
		r := registryOf{key: {broken: "{no JSON"}, key + `\Certificates\Install`: {"1": "/Users/aigul/far/office.crt"}}
		s := mozillaPolicy{m: m, place: evidence.Place{Path: key}, read: func() ([]byte, error) { return mozillaRegistry(r, key) }}
		entries, err := s.List(context.Background())
		var trouble evidence.Trouble
		if len(entries) != 1 || entries[0].Cert.Print != c.Print || !errors.As(err, &trouble) || trouble.Code != evidence.Failed {
			t.Errorf("%s: %d entries, %v", broken, len(entries), err)
		}
	}
}

func TestRegistryPolicies(t *testing.T) {
	m, root := otherDisk(t, "windows")
	var c []cert.Certificate
	for i := range 5 {
		c = append(c, newAuthority(t, fmt.Sprint("Policy ", i), int64(i)).Certificate)
	}
	write(t, root+"/Users/aigul/AppData/Roaming/Mozilla/Certificates/office.crt", pemText(c[3]))
	write(t, root+"/Users/aigul/far/office.der", string(c[4].DER))
	r := registryOf{
		`HKLM\SOFTWARE\Policies\Google\Chrome`:                          {"HomepageLocation": "x", "CACertificatesWithConstraints": fmt.Sprintf(`[{"certificate":"%s"}]`, b64(c[0]))},
		`HKLM\SOFTWARE\Policies\Google\Chrome\CACertificates`:           {"1": b64(c[1]), "2": b64(c[2])},
		`HKCU\SOFTWARE\Policies\YandexBrowser\CADistrustedCertificates`: {"1": b64(c[0])},
		`HKCU\SOFTWARE\Policies\Microsoft\Edge`:                         {},
		`HKLM\SOFTWARE\Policies\Mozilla\Firefox\Certificates\Install`:   {"2": "office.crt", "1": "/Users/aigul/far/office.der", "3": "../x"},
		`HKCU\SOFTWARE\Policies\Mozilla\Firefox`:                        {"Certificates": "{no JSON"},
		`HKLM\SOFTWARE\Policies\Vivaldi`:                                {"CACertificates": "no list"},
		`HKLM\SOFTWARE\Policies\Mail.Ru\Atom\CACertificates`:            {"1": b64(c[0])},
		`HKCU\SOFTWARE\Policies\Centbrowser`:                            {"cacertificates": fmt.Sprintf(`["%s"]`, b64(c[1]))},
		`HKLM\SOFTWARE\Policies\Microsoft\Windows\System`:               {"CACertificates": "of no browser: too far down"},
		`HKLM\SOFTWARE\Policies\Mozilla\LibreWolf\Certificates\Install`: {"1": "office.crt"},
	}
	scout := policyScout{m: m, seen: map[string]bool{}}
	scout.registry(hivesOf(m, r))
	got := map[string]string{}
	for _, s := range append(registryPolicies(hivesOf(m, r)), scout.stores...) {
		entries, err := s.List(context.Background())
		text := s.Place().Program + ", " + s.Place().Owner
		for i, one := range c {
			for _, entry := range entries {
				if entry.Cert.Print == one.Print {
					text += fmt.Sprintf(", %d %s %v", i, entry.Trust, entry.Managed)
				}
			}
		}
		if err != nil {
			text += ", " + string(Code(err))
		}
		got[s.Place().Path] = text
	}
	want := map[string]string{
		`HKLM\SOFTWARE\Policies\Google\Chrome`:     "Google Chrome, , 0 web true, 1 web true, 2 web true",
		`HKCU\SOFTWARE\Policies\YandexBrowser`:     "Yandex Browser, aigul, 0 distrusted true",
		`HKCU\SOFTWARE\Policies\Microsoft\Edge`:    "Microsoft Edge, aigul, failed",
		`HKLM\SOFTWARE\Policies\Mozilla\Firefox`:   "Firefox, , 3 web true, 4 web true",
		`HKCU\SOFTWARE\Policies\Mozilla\Firefox`:   "Firefox, aigul, failed",
		`HKLM\SOFTWARE\Policies\Vivaldi`:           "Vivaldi, , damaged",
		`HKLM\SOFTWARE\Policies\Mail.Ru\Atom`:      "Atom, , 0 web true",
		`HKCU\SOFTWARE\Policies\Centbrowser`:       "Centbrowser, aigul, 1 web true",
		`HKLM\SOFTWARE\Policies\Mozilla\LibreWolf`: "LibreWolf, , 3 web true",
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("%s: %q, want %q", key, got[key], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("found %q", slices.Sorted(maps.Keys(got)))
	}
}

func TestFirefoxPolicies(t *testing.T) {
	m, root := otherDisk(t, "linux")
	var c []cert.Certificate
	for i := range 8 {
		c = append(c, newAuthority(t, fmt.Sprint("Policy ", i), int64(i)).Certificate)
	}
	touch(t, root+"/usr/lib/firefox-esr/application.ini")
	touch(t, root+"/opt/zen/application.ini")
	touch(t, root+"/home/aigul/firefox/application.ini")
	write(t, root+"/etc/firefox/policies/policies.json", `{"policies":{"Certificates":{"ImportEnterpriseRoots":true,
		"Install":["/far/absolute.pem","a.crt","b.crt","missing.crt","../../far/absolute.pem",7,""]},"SecurityDevices":{"Add":{"card":"/usr/lib/card.so"},"Old":"/old.so"}}}`)
	write(t, root+"/far/absolute.pem", pemText(c[0]))
	write(t, root+"/home/aigul/.mozilla/certificates/a.crt", pemText(c[1]))
	write(t, root+"/usr/lib/firefox-esr/distribution/certificates/b.crt", string(c[2].DER))
	write(t, root+"/opt/zen/distribution/policies.json", `{"policies":{"Certificates":{"Install":["z.crt"]}}}`)
	write(t, root+"/opt/zen/distribution/certificates/z.crt", pemText(c[3]))
	write(t, root+"/home/aigul/firefox/distribution/policies.json", `{"policies":{}}`)
	write(t, root+"/odd place/firefox/distribution/policies.json", `{"policies":{"Certificates":{"Install":["/far/odd.pem"]}}}`)
	write(t, root+"/far/odd.pem", pemText(c[4]))
	touch(t, root+"/home/aigul/.mozilla/firefox/x.default/cert9.db")
	write(t, root+"/home/aigul/.mozilla/firefox/x.default/compatibility.ini", "[Compatibility]\nLastVersion=153\nLastPlatformDir=/odd place/firefox\n")
	want := map[string]map[cert.Print]evidence.Trust{
		"/etc/firefox/policies/policies.json":            {c[0].Print: evidence.Web, c[1].Print: evidence.Web, c[2].Print: evidence.Web},
		"/opt/zen/distribution/policies.json":            {c[3].Print: evidence.Web},
		"/home/aigul/firefox/distribution/policies.json": {},
		"/odd place/firefox/distribution/policies.json":  {c[4].Print: evidence.Web},
	}
	for _, s := range firefoxPolicies(m, nssStores(m)) {
		p := s.Place()
		if owner := map[bool]string{true: "aigul"}[strings.HasPrefix(p.Path, "/home/")]; p.Kind != evidence.Policy || p.Owner != owner {
			t.Errorf("place %+v", p)
		}
		if got := managed(t, s); !maps.Equal(got, want[p.Path]) {
			t.Errorf("%s: %v", p.Path, got)
		}
		if p.Path == "/etc/firefox/policies/policies.json" {
			notes, err := s.(Noter).Notes(context.Background())
			text := fmt.Sprint(notes, err)
			if text != "[{extra-module "+p.Path+" /old.so true} {extra-module "+p.Path+" /usr/lib/card.so true} {system-roots "+p.Path+"  true}] <nil>" {
				t.Errorf("notes %s", text)
			}
		}
		delete(want, p.Path)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// What Flatpak's Firefox gets in the place of /etc/firefox, for all and for one person, and what it names as it sees it.
func TestFirefoxFlatpakPolicies(t *testing.T) {
	m, root := otherDisk(t, "linux")
	var c []cert.Certificate
	for i := range 4 {
		c = append(c, newAuthority(t, fmt.Sprint("Policy ", i), int64(i)).Certificate)
	}
	all, own := "/var/lib/flatpak/extension/org.mozilla.firefox.systemconfig/x86_64/stable", "/home/aigul/.local/share/flatpak/extension/one.ablaze.floorp.systemconfig/aarch64/stable"
	write(t, root+all+"/policies/policies.json", `{"policies":{"Certificates":{"Install":["/app/etc/firefox/office.pem","/run/host/etc/far.pem"]}}}`)
	write(t, root+all+"/office.pem", pemText(c[0]))
	write(t, root+"/etc/far.pem", pemText(c[1]))
	write(t, root+own+"/policies/policies.json", `{"policies":{"Certificates":{"Install":["mine.pem"]}}}`)
	write(t, root+"/home/aigul/.var/app/org.mozilla.firefox/.mozilla/certificates/mine.pem", pemText(c[2]))
	write(t, root+own+"/defaults/pref/a.js", "//\npref('general.config.filename', 'a.cfg'); pref('general.config.obscure_value', 0);\n")
	write(t, root+own+"/a.cfg", fmt.Sprintf("//\naddCertFromBase64('%s', 'C,,')", b64(c[3])))
	want := map[string]map[cert.Print]evidence.Trust{
		all + "/policies/policies.json Firefox ":     {c[0].Print: evidence.Web, c[1].Print: evidence.Web},
		own + "/policies/policies.json Floorp aigul": {c[2].Print: evidence.Web},
		own + "/a.cfg Floorp aigul":                  {c[3].Print: evidence.Web},
	}
	for _, s := range firefoxPolicies(m, nil) {
		name := s.Place().Path + " " + s.Place().Program + " " + s.Place().Owner
		if got := managed(t, s); !maps.Equal(got, want[name]) {
			t.Errorf("%s: %v", name, got)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

func TestFirefoxPolicyTroubles(t *testing.T) {
	for name, text := range map[string]string{"junk": "junk", "empty": "", "list": "[]", "comment": `{"policies":{}} // no`, "form": `{"policies":{"Certificates":[1]}}`} {
		m, root := otherDisk(t, "linux")
		write(t, root+"/etc/firefox/policies/policies.json", text)
		write(t, root+"/etc/thunderbird/policies/policies.json", `{"policies":{"Certificates":{"Install":[]}}}`)
		all := firefoxPolicies(m, nssStores(m))
		if len(all) != 2 {
			t.Fatalf("%d places", len(all))
		}
		for _, s := range all {
			_, err := s.List(context.Background())
			if bad := s.Place().Program == "Firefox"; bad != (err != nil && Code(err) == evidence.Damaged) {
				t.Errorf("%s, %s: %v", name, s.Place().Program, err)
			}
		}
	}
}

func TestAutoConfig(t *testing.T) {
	var c []cert.Certificate
	for i := range 4 {
		c = append(c, newAuthority(t, fmt.Sprint("Script ", i), int64(i)).Certificate)
	}
	half := len(b64(c[1])) / 2
	script := fmt.Sprintf("// first line is a comment\nvar certDB = Cc['x'];\ncertDB.addCertFromBase64(\"%s\", \"CT,CT,\");\nvar s = \"%s\\n\" +\n  '%s';\nread(\"/etc/office.pem\"); read('C:\\\\no.crt');\nvar pem = `%s`;\n",
		b64(c[0]), b64(c[1])[:half], b64(c[1])[half:], pemText(c[2]))
	for name, turn := range map[string]byte{"plain": 0, "turned": 13} {
		t.Run(name, func(t *testing.T) {
			m, root := otherDisk(t, "linux")
			write(t, root+"/etc/office.pem", pemText(c[3]))
			touch(t, root+"/usr/lib/firefox/application.ini")
			settings := "// x\npref(\"general.config.filename\", \"office.cfg\");\n"
			text := []byte(script)
			for i := range text {
				text[i] += turn
			}
			if turn == 0 {
				settings += "pref('general.config.obscure_value', 0, locked);"
			}
			write(t, root+"/usr/lib/firefox/defaults/pref/autoconfig.js", settings)
			write(t, root+"/usr/lib/firefox/office.cfg", string(text))
			all := firefoxPolicies(m, nssStores(m))
			if len(all) != 1 {
				t.Fatalf("%d places", len(all))
			}
			got := managed(t, all[0])
			for i := range c {
				if got[c[i].Print] != evidence.Web {
					t.Errorf("certificate %d is not found", i)
				}
			}
			if len(got) != len(c) || all[0].Place().Program != "Firefox" {
				t.Errorf("%v %+v", got, all[0].Place())
			}
			notes, err := all[0].(Noter).Notes(context.Background())
			if err != nil || len(notes) != 1 || notes[0].Code != AutoConfigAdds {
				t.Errorf("notes %v, %v", notes, err)
			}
		})
	}
}

// TestAutoConfigPlaces finds a script wherever the setting that names it can stand. That of Debian, and that in the folder of the browser, were tried with Firefox 153.
func TestAutoConfigPlaces(t *testing.T) {
	for settings, script := range map[string]string{
		"/usr/lib/firefox-esr/defaults/pref/z.js":                "/usr/lib/firefox-esr/x.cfg",
		"/usr/lib/firefox-esr/browser/defaults/preferences/z.js": "/usr/lib/firefox-esr/x.cfg",
		"/etc/firefox-esr/firefox-esr.js":                        "/usr/lib/firefox-esr/x.cfg",
		"/etc/firefox-esr/defaults/pref/z.js":                    "/etc/firefox-esr/x.cfg",
		"/etc/firefox-esr/z.js":                                  "/etc/firefox-esr/x.cfg",
	} {
		m, root := otherDisk(t, "linux")
		c := newAuthority(t, "Script", 1).Certificate
		touch(t, root+"/usr/lib/firefox-esr/application.ini")
		write(t, root+settings, `pref("general.config.filename","x.cfg");pref("general.config.obscure_value",0);`)
		write(t, root+script, fmt.Sprintf("//\ndb.addCertFromBase64(%q, 'CT,CT,');", b64(c)))
		all := firefoxPolicies(m, nil)
		if len(all) != 1 {
			t.Errorf("%s: %d places", settings, len(all))
			continue
		}
		if got := managed(t, all[0]); got[c.Print] != evidence.Web {
			t.Errorf("%s: %v", settings, got)
		}
	}
}

func TestProfileNotes(t *testing.T) {
	for name, c := range map[string]struct {
		goos, prefs, user, modules string
		want                       []Note
	}{
		"nothing":         {goos: "linux"},
		"linux":           {goos: "linux", prefs: `user_pref("security.enterprise_roots.enabled", true);`},
		"by itself":       {goos: "windows", prefs: "// Mozilla User Preferences\n", want: []Note{{Code: SystemRoots, Path: "prefs.js"}}},
		"switched off":    {goos: "windows", prefs: `user_pref("security.enterprise_roots.enabled", false);`, want: []Note{{Code: SystemRootsOff, Path: "prefs.js"}}},
		"user.js wins":    {goos: "darwin", prefs: `user_pref("security.enterprise_roots.enabled", false);`, user: "user_pref('security.enterprise_roots.enabled',true)", want: []Note{{Code: SystemRoots, Path: "user.js"}}},
		"its own modules": {goos: "linux", modules: "library=\nname=NSS Internal PKCS #11 Module\n\nlibrary=/tmp/libnssckbi.so\nname=Builtins\n", want: []Note{{Code: ExtraModule, Path: "pkcs11.txt", Value: "/tmp/libnssckbi.so"}}},
		"extra module":    {goos: "linux", modules: "library=/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so\nname=p11-kit-trust\n", want: []Note{{Code: ExtraModule, Path: "pkcs11.txt", Value: "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so"}}},
	} {
		t.Run(name, func(t *testing.T) {
			m, root := otherDisk(t, c.goos)
			dir := m.People[0].Home + map[string]string{"linux": "/.mozilla/firefox/x.y", "windows": "/AppData/Roaming/Mozilla/Firefox/Profiles/x.y", "darwin": "/Library/Application Support/Firefox/Profiles/x.y"}[c.goos]
			touch(t, root+dir+"/cert9.db")
			for file, text := range map[string]string{"prefs.js": c.prefs, "user.js": c.user, "pkcs11.txt": c.modules} {
				if text != "" {
					write(t, root+dir+"/"+file, text)
				}
			}
			all := nssStores(m)
			if len(all) != 1 {
				t.Fatalf("%d profiles", len(all))
			}
			got, err := all[0].(Noter).Notes(context.Background())
			for i := range got {
				got[i].Path = strings.TrimPrefix(got[i].Path, dir+"/")
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestPrefs(t *testing.T) {
	got := readPrefs([]byte("\ufeff# comment\n// user_pref(\"a\", 1);\n/* user_pref(\"b\", 1);\n*/ user_pref(\"c\", true); user_pref( 'd' , \"x \\\" , ); \\\\ y\" ) ;\n" +
		"junk user_pref(\"e\", 1);\nuser_pref(\"f\", -5);\nuser_pref(\"g\", \"open\nuser_pref(\"h\", false, sticky, locked);\npref(\"i\",7)\nlockPref(\"c\", false);\nuser_pref(\"j\""))
	want := map[string]string{"c": "false", "d": `x " , ); \ y`, "f": "-5", "h": "false", "i": "7"}
	if !maps.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func FuzzPrefs(f *testing.F) {
	f.Add([]byte(`user_pref("security.enterprise_roots.enabled", true);` + "\n/* x */ pref('a', \"b\\\"c\", locked)"))
	f.Fuzz(func(t *testing.T, text []byte) {
		readPrefs(text)
		readModules(text)
		ders, _ := scriptCertificates(text)
		for _, der := range ders {
			cert.Read(der)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(`{ // x` + "\n" + `"CACertificates": [ "MIIB", {"certificate":"MIIB"}, ], /* y */ }`))
	f.Add([]byte(`{"policies":{"Certificates":{"Install":["x",1]},"SecurityDevices":{"Add":{"a":"b"}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		named, err := readPolicy(text)
		for _, one := range named {
			if len(one.der) == 0 || one.trust == "" {
				t.Errorf("%+v, %v", one, err)
			}
		}
		readMozillaPolicies(text)
		if json.Valid(text) { // then nothing may be lost
			var a, b any
			if err := json.Unmarshal(text, &a); err != nil {
				return // numbers that are too large
			}
			if err := json.Unmarshal(relaxJSON(text), &b); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%q becomes %q", text, relaxJSON(text))
			}
		}
	})
}
