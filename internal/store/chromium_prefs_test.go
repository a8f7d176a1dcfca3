package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// prefsAt is the store of the settings in the folder of a profile; nil: they are no place, since they name no certificate.
func prefsAt(m *machine.Machine, profile string) *chromiumPrefs {
	for _, s := range chromiumStores(m) {
		if p, ok := s.(*chromiumPrefs); ok && p.browser.dir == profile {
			return p
		}
	}
	return nil
}

// TestContractChromiumPrefs takes a certificate out of the settings of a profile and puts it back, in the forms in which it can stand there.
func TestContractChromiumPrefs(t *testing.T) {
	planted := newAuthority(t, "Information Security Certification Authority", 7)
	twin := newAuthority(t, "Information Security Certification Authority", 7)
	shorter := strings.NewReplacer(b64(planted.Certificate), "OURS", b64(twin.Certificate), "OTHER")
	ours, other := fmt.Sprintf("%q", b64(planted.Certificate)), fmt.Sprintf("%q", b64(twin.Certificate))
	for name, lists := range map[string]string{
		"alone":       `"ca_certificates":[%s]`,
		"first":       `"ca_certificates":[%s,` + other + `]`,
		"last":        `"ca_certificates" : [ ` + other + `,%s ]`,
		"between":     `"ca_certificates":[` + other + `,%s,"no certificate"]`,
		"constraints": `"ca_certificates_with_constraints":[{"certificate":%s,"constraints":{"permitted_dns_names":["localhost"]}}],"x":1`,
		"twice":       `"ca_certificates":[%[1]s,%[1]s],"ca_certificates_with_constraints":[{"certificate":%[1]s}]`,
		"by number":   `"ca\u005fcertificates":[%s]`,
	} {
		t.Run(name, func(t *testing.T) {
			m, home := testHome(t)
			profile := home + "/.config/chromium/Default"
			file := profile + "/Preferences"
			bare := `{"browser":{"x":[1,2]},"certificates":{"ca_certificates":[]},"z":{}}`
			f := fixture{
				open: func() Remover {
					if p := prefsAt(m, profile); p != nil {
						return p
					}
					write(t, home+"/.config/chromium/Other/Preferences", fmt.Sprintf(`{"certificates":{"ca_certificates":[%s]}}`, other))
					p := prefsAt(m, home+"/.config/chromium/Other") // without any certificate the settings are no place
					p.browser.dir, p.place.Path = profile, file
					return p
				},
				plant:   func() { write(t, file, `{"browser":{},"certificates":{`+fmt.Sprintf(lists, ours)+`},"z":"\u003C"}`) },
				planted: planted.Certificate,
				trust:   evidence.Web,
				bytes:   func() string { text, _ := os.ReadFile(file); return shorter.Replace(string(text)) },
			}
			if strings.Contains(lists, other) {
				bare = strings.Replace(bare, "[]", "["+other+"]", 1)
				f.twin = twin.Certificate
			}
			write(t, file, bare)
			contract(t, f)
		})
	}
}

// TestChromiumPrefsDropped puts back what the browser has dropped the list of meanwhile, and leaves alone what it has written.
func TestChromiumPrefsDropped(t *testing.T) {
	c := newAuthority(t, "Qaznet Trust Network", 5).Certificate
	for name, meanwhile := range map[string]string{
		"list": `{"certificates":{"other":1},"a":2}`, "lists": `{"certificates":{},"a":2}`, "all": `{"a":2}`, "everything": `{}`, "odd": `{"certificates":"text","a":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			m, home := testHome(t)
			profile := home + "/.config/google-chrome/Profile 1"
			write(t, profile+"/Preferences", fmt.Sprintf(`{"certificates":{"ca_certificates":["%s"]}}`, b64(c)))
			s := prefsAt(m, profile)
			entries, err := s.List(ctx)
			if err != nil || len(entries) != 1 {
				t.Fatalf("listed %v, %v", entries, err)
			}
			saved, err := s.Save(ctx, entries[0])
			if err != nil {
				t.Fatal(err)
			}
			write(t, profile+"/Preferences", meanwhile)
			if err := s.Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
			text, _ := os.ReadFile(profile + "/Preferences")
			var got map[string]any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatalf("no JSON any more: %v\n%s", err, text)
			}
			if back, err := prefsAt(m, profile).List(ctx); err != nil || len(back) != 1 || back[0].Cert.Print != c.Print {
				t.Errorf("not back: %v\n%s", err, text)
			}
			if name != "everything" && got["a"] != 2.0 {
				t.Errorf("what the browser wrote is lost: %s", text)
			}
		})
	}
}

// TestChromiumPrefsNoPlace is about settings without certificates, and those that cannot be read.
func TestChromiumPrefsNoPlace(t *testing.T) {
	c := newAuthority(t, "Qaznet Trust Network", 5).Certificate
	for text, want := range map[string]bool{
		`{}`: false,
		fmt.Sprintf(`{"certificates":{"ca_distrusted_certificates":["%s"]}}`, b64(c)): false,
		fmt.Sprintf(`{"other":{"ca_certificates":["%s"]}}`, b64(c)):                   false,
		`{"certificates":{"ca_certificates":[]}}`:                                     false,
		fmt.Sprintf(`{"certificates":{"ca_hint_certificates":["%s"]}}`, b64(c)):       true,
		fmt.Sprintf(`{"certificates":{"ca_certificates":["%s"]`, b64(c)):              true,
		`{"certificates":{"ca_certificates":["`:                                       true, // cannot be read, which is said
	} {
		m, home := testHome(t)
		write(t, home+"/.config/vivaldi/Default/Preferences", text)
		s := prefsAt(m, home+"/.config/vivaldi/Default")
		if (s != nil) != want {
			t.Errorf("%.60s: place %v, want %v", text, s != nil, want)
			continue
		}
		if s != nil && !json.Valid([]byte(text)) {
			if _, err := s.List(context.Background()); Code(err) != evidence.Damaged {
				t.Errorf("%.60s: %v, want damaged", text, err)
			}
		}
	}
}

// TestChromiumPrefsWitness has a real Chromium trust what stands in its settings, and no more once it is taken out.
func TestChromiumPrefsWitness(t *testing.T) {
	t.Parallel()
	needTool(t, "chromium")
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
	web.want(t, "fresh", false, open)
	if prefsAt(m, data+"/Default") != nil {
		t.Fatal("settings without certificates are a place")
	}
	file := data + "/Default/Preferences"
	plant := func(name string, item any) {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		all["certificates"] = map[string]any{name: []any{item}}
		if text, err = json.Marshal(all); err != nil {
			t.Fatal(err)
		}
		write(t, file, string(text))
	}
	ctx := context.Background()
	for name, item := range map[string]any{
		"ca_certificates":                  b64(root.Certificate),
		"ca_certificates_with_constraints": map[string]any{"certificate": b64(root.Certificate), "constraints": map[string]any{"permitted_dns_names": []string{"localhost"}}},
	} {
		plant(name, item)
		web.want(t, name, true, open)
		s := prefsAt(m, data+"/Default")
		if s == nil {
			t.Fatalf("%s: the settings are no place", name)
		}
		entries, err := s.List(ctx)
		if err != nil || !slices.ContainsFunc(entries, func(e evidence.Entry) bool { return e.Cert.Print == cert.Of(root.DER) && e.Trust == evidence.Web }) {
			t.Fatalf("%s: listed %v, %v", name, entries, err)
		}
		saved, err := s.Save(ctx, entries[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(ctx, saved); err != nil {
			t.Fatal(err)
		}
		web.want(t, name+" removed", false, open)
		if err := s.Restore(ctx, saved); err != nil {
			t.Fatal(err)
		}
		web.want(t, name+" restored", true, open)
	}
}
