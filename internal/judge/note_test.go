package judge

import (
	"strings"
	"testing"
	"unicode"

	"qulyp/internal/evidence"
)

// TestKindOfModule: only what is known by name and lies where an administrator put it is no worry.
func TestKindOfModule(t *testing.T) {
	for file, want := range map[string]ModuleKind{
		"/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so":               SystemModule,
		"/usr/lib64/p11-kit-proxy.so":                                     SystemModule,
		"p11-kit-client.so":                                               SystemModule,
		"/usr/lib/opensc-pkcs11.so":                                       TokenModule,
		"/usr/lib/libeTPkcs11.so.10.7":                                    TokenModule,
		`C:\Windows\System32\rtPKCS11ECP.dll`:                             TokenModule,
		`C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll`: TokenModule,
		"/Library/OpenSC/lib/opensc-pkcs11.so":                            TokenModule,
		"libykcs11.so.2":                                                  TokenModule,
		"/home/a/.local/lib/opensc-pkcs11.so":                             ForeignModule,
		`C:\Users\a\opensc-pkcs11.dll`:                                    ForeignModule,
		"/usr/../home/a/opensc-pkcs11.so":                                 ForeignModule,
		"/usr/lib/libfilter.so":                                           ForeignModule,
		"opensc-pkcs11-evil.so":                                           ForeignModule,
		"":                                                                ForeignModule,
		"/tmp/p11-kit-trust.so":                                           ForeignModule,
		"/usr/lib/firefox/libnssckbi.so":                                  OwnModule,
		`C:\Program Files\Mozilla Firefox\osclientcerts.dll`:              OwnModule,
		"libosclientcerts.so":                                             OwnModule,
		"/home/a/.cache/libosclientcerts.so":                              ForeignModule,
		"/usr/lib/nssckbi-filter.so":                                      ForeignModule,
		"/tmp/libnssckbi.so":                                              ForeignModule,
		"/libevil/opensc-pkcs11.so":                                       ForeignModule,
		`C:\Windows\Temp\opensc-pkcs11.dll`:                               ForeignModule,
		`C:\Program Files evil\opensc-pkcs11.dll`:                         ForeignModule,
		`D:\Windows\System32\etoken.dll`:                                  ForeignModule,
		`\usr\lib\p11-kit-trust.dll`:                                      ForeignModule,
		`\\opt\share\opensc-pkcs11.dll`:                                   ForeignModule,
		"//opt/share/opensc-pkcs11.so":                                    ForeignModule,
	} {
		if got := KindOfModule(file); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

// FuzzModule holds that no name of a module makes the judge fail, be shown raw, or be taken for known by its folder alone.
func FuzzModule(f *testing.F) {
	f.Add("/usr/lib/x.so")
	f.Add(`C:\x\` + "\x1b]0;\u202e.dll")
	w := newWorkshop(f)
	f.Fuzz(func(t *testing.T, file string) {
		kind := KindOfModule(file)
		if strings.HasPrefix(file, "/home/") && !strings.Contains(file, "..") && kind != ForeignModule {
			t.Errorf("%q is %s", file, kind)
		}
		seen := evidence.Seen{Place: evidence.Place{Kind: evidence.NSS, Program: "Firefox"}, Notes: []evidence.Note{{Code: evidence.ExtraModule, Value: file}}}
		v := Decide(w, evidence.Evidence{Places: []evidence.Seen{seen}})
		if (v.Level == Careful) != (kind == ForeignModule) {
			t.Errorf("%q is %s, and the verdict %s", file, kind, v.Level)
		}
		for _, arg := range v.Head().Args {
			if text, ok := arg.Value.(string); ok && strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("shown raw: %q", text)
			}
		}
	})
}
