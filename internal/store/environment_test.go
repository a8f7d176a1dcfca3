package store

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// Each kind of settings, with the line that names the file: «@» stands for it.
var environmentCases = []struct{ file, text, program, setting string }{
	{".bashrc", "# SSL_CERT_FILE=/no\nexport SSL_CERT_FILE=@\n", "OpenSSL", ":2 SSL_CERT_FILE"},
	{".profile", "export PATH NODE_EXTRA_CA_CERTS=\"@\"; echo\n", "Node.js", ":1 NODE_EXTRA_CA_CERTS"},
	{".zshrc", "  REQUESTS_CA_BUNDLE='@'\n", "Python", ":1 REQUESTS_CA_BUNDLE"},
	{".config/fish/config.fish", "set -gx CURL_CA_BUNDLE @\n", "curl", ":1 CURL_CA_BUNDLE"},
	{".pam_environment", "AWS_CA_BUNDLE DEFAULT=@\n", "AWS", ":1 AWS_CA_BUNDLE"},
	{".config/environment.d/10-ca.conf", "DENO_CERT=@\n", "Deno", ":1 DENO_CERT"},
	{".gitconfig", "[user]\n\tname = A\n[http]\n\tsslCAInfo = @\n", "Git", ":4 http.sslCAInfo"},
	{".config/git/config", "[http \"https://example.kz/\"]\n\tsslcainfo = \"@\"\n", "Git", ":2 http.sslcainfo"},
	{".curlrc", "# cacert = /no\nsilent\ncacert = \"@\"\n", "curl", ":3 cacert"},
	{".config/curlrc", "--cacert @\n", "curl", ":1 cacert"},
	{".wgetrc", "ca_certificate = @\n", "Wget", ":1 ca_certificate"},
	{".npmrc", "registry=https://registry.npmjs.org/\ncafile=@\n", "npm", ":2 cafile"},
	{".config/pip/pip.conf", "[global]\ncert = @\n", "pip", ":2 cert"},
	{".cargo/config.toml", "[http]\ncainfo = \"@\"\n", "Cargo", ":2 http.cainfo"},
	{"/etc/environment", "PATH=\"/usr/bin\"\nSSL_CERT_FILE=\"@\"\n", "OpenSSL", ":2 SSL_CERT_FILE"},
	{"/etc/profile.d/ca.sh", "export GIT_SSL_CAINFO=@ PIP_CERT=@\n", "Git, pip", ":1 GIT_SSL_CAINFO"},
	{".tcshrc", "setenv SSL_CERT_FILE @\n", "OpenSSL", ":1 SSL_CERT_FILE"},
	{".bash_aliases", "export SSL_CERT_FILE=@\n", "OpenSSL", ":1 SSL_CERT_FILE"},
	{".config/wget/wget2rc", "ca-certificate = @\n", "Wget", ":1 ca-certificate"},
	{"/etc/zsh/zshrc", "export SSL_CERT_FILE=@\n", "OpenSSL", ":1 SSL_CERT_FILE"},
	{".config/pkcs11/modules/own.module", "module: p11-kit-trust.so\nx-init-reserved: verbose=yes paths='@:/nowhere'\ntrust-policy: yes\n", "p11-kit", ":2 x-init-reserved"},
	{"/etc/gitconfig", "[http]\nsslCAInfo = @\n", "Git", ":2 http.sslCAInfo"},
}

// environmentDisk is another disk with two homes.
func environmentDisk(t testing.TB) (*machine.Machine, string) {
	t.Helper()
	disk := t.TempDir()
	lay(t, disk, map[string][]byte{"etc/hostname": nil, "home/aigul/.face": nil, "home/berik/.face": nil})
	m, err := machine.Disk(disk)
	if err != nil {
		t.Fatal(err)
	}
	return m, disk
}

func TestSettings(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 1)
	for _, c := range environmentCases {
		for _, form := range []string{"/srv/ca.pem", "~/ca.pem", "$HOME/ca.pem"} {
			if strings.HasPrefix(c.file, "/") && form != "/srv/ca.pem" {
				continue
			}
			t.Run(c.file+" "+form, func(t *testing.T) {
				m, disk := environmentDisk(t)
				file, owner := "home/berik/"+c.file, "berik"
				if rest, ok := strings.CutPrefix(c.file, "/"); ok {
					file, owner = rest, ""
				}
				ca := strings.Replace(strings.Replace(form, "~", "/home/berik", 1), "$HOME", "/home/berik", 1)
				lay(t, disk, map[string][]byte{file: []byte(strings.ReplaceAll(c.text, "@", form)), ca: armoured(root.DER)})
				stores := environmentStores(m)
				if len(stores) != 1 {
					t.Fatalf("%d places, want one", len(stores))
				}
				want := evidence.Place{Kind: evidence.Environment, Path: "/" + file, Owner: owner, Program: c.program}
				if got := stores[0].Place(); got != want {
					t.Errorf("place %+v, want %+v", got, want)
				}
				entries := mustList(t, stores[0])
				if len(entries) != 1 || entries[0].Cert.Print != root.Print || entries[0].Trust != evidence.Web || entries[0].Needs != evidence.Never {
					t.Fatalf("entries %+v", entries)
				}
				if where := entries[0].Where; where[0] != "/"+file+c.setting || !slices.Contains(where, ca) {
					t.Errorf("where %q, want %q and %s", where, "/"+file+c.setting, ca)
				}
				if _, ok := stores[0].(Remover); ok {
					t.Error("it says that it can remove")
				}
			})
		}
	}
}

// TestModules holds that a module which may bring roots along is told of, and neither those of tokens nor that of the system.
func TestModules(t *testing.T) {
	m, disk := environmentDisk(t)
	lay(t, disk, map[string][]byte{
		"usr/share/p11-kit/modules/p11-kit-trust.module": []byte("# of the system\nmodule: p11-kit-trust.so\ntrust-policy: yes\npriority: 1\n"),
		"etc/pkcs11/modules/kaztoken.module":             []byte("module: /usr/lib/libkztoken.so\n"),
		"home/berik/.config/pkcs11/modules/odd.module":   []byte("module: /home/berik/odd.so\ntrust-policy: yes\n"),
	})
	stores := environmentStores(m)
	if len(stores) != 1 {
		t.Fatalf("%d places, want one", len(stores))
	}
	if entries := mustList(t, stores[0]); len(entries) != 0 {
		t.Errorf("%+v", entries)
	}
	notes, err := stores[0].(Noter).Notes(context.Background())
	file := "/home/berik/.config/pkcs11/modules/odd.module"
	if want := []Note{{Code: ExtraModule, Path: file, Value: "/home/berik/odd.so"}}; err != nil || !slices.Equal(notes, want) || stores[0].Place().Path != file {
		t.Errorf("%+v, %v", notes, err)
	}
}

// What names nothing that is there, the system's own bundle, or nothing that can be understood is no place or has no certificates.
func TestSettingsQuiet(t *testing.T) {
	m, disk := environmentDisk(t)
	lay(t, disk, map[string][]byte{
		"etc/ssl/certs/ca-certificates.crt": armoured(newAuthority(t, "A", 1).DER),
		"home/aigul/.bashrc":                []byte("export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt SSL_CERT_DIR=/etc/ssl/certs\necho SSL_CERT_FILE is set\nexport PIP_CERT=$DIR/ca.pem\n"),
		"home/aigul/.gitconfig":             []byte("[http]\n\tsslVerify = true\n[core]\n\tsslCAInfo = /srv/ca.pem\n"),
		"home/aigul/.npmrc":                 []byte("cafile = relative.pem\n"),
	})
	if stores := environmentStores(m); len(stores) != 0 {
		t.Errorf("places %+v", stores[0].Place())
	}
	lay(t, disk, map[string][]byte{"home/aigul/.curlrc": []byte("cacert /srv/not-there.pem\n")})
	stores := environmentStores(m)
	if len(stores) != 1 || len(mustList(t, stores[0])) != 0 {
		t.Errorf("%d places", len(stores))
	}
	// settings that cannot be read are said, and the others go on
	if err := os.Remove(filepath.Join(disk, "home/aigul/.npmrc")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(disk, "home/aigul/.npmrc"), 0o755); err != nil {
		t.Fatal(err)
	}
	stores = environmentStores(m)
	if len(stores) != 2 {
		t.Fatalf("%d places, want two", len(stores))
	}
}

func TestSettingsForms(t *testing.T) {
	one, two, three := newAuthority(t, "A", 1), newAuthority(t, "B", 2), newAuthority(t, "C", 3)
	m, disk := environmentDisk(t)
	lay(t, disk, map[string][]byte{
		"srv/one/a.pem": armoured(one.DER), "srv/one/junk": []byte("junk"), "srv/two/0.0": armoured(two.DER),
		"home/aigul/.profile": []byte("export SSL_CERT_DIR=/srv/one:/srv/two\n"),
		"home/berik/.npmrc":   []byte("ca[]=\"" + strings.ReplaceAll(string(armoured(three.DER)), "\n", `\n`) + "\"\n"),
	})
	var got []string
	for _, s := range environmentStores(m) {
		for _, entry := range mustList(t, s) {
			got = append(got, s.Place().Owner+" "+entry.Cert.Title())
		}
	}
	if want := []string{"aigul A", "aigul B", "berik C"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// The variables of this process are one place, without those that a file accounts for.
func TestSettingsProcess(t *testing.T) {
	root := newAuthority(t, "A", 1)
	m, home := testHome(t)
	lay(t, home, map[string][]byte{"ca.pem": armoured(root.DER), ".profile": []byte("export SSL_CERT_FILE=~/ca.pem\n")})
	set := map[string]string{"SSL_CERT_FILE": home + "/ca.pem"}
	m.Env = func(name string) string { return set[name] }
	count := func() (places []string) {
		for _, s := range environmentStores(m) {
			if s.Place().Owner == "" { // of the computer that runs the tests
				continue
			}
			places = append(places, s.Place().Path)
			for _, entry := range mustList(t, s) {
				if entry.Cert.Print != root.Print {
					t.Errorf("listed %s", entry.Cert.Title())
				}
			}
		}
		return places
	}
	if got := count(); !slices.Equal(got, []string{home + "/.profile"}) {
		t.Errorf("places %q", got)
	}
	set["NODE_EXTRA_CA_CERTS"] = home + "/ca.pem"
	set["JAVA_TOOL_OPTIONS"] = "-Xmx1g -Djavax.net.ssl.trustStore=" + home + "/ca.pem"
	if got := count(); !slices.Equal(got, []string{home + "/.profile", "JAVA_TOOL_OPTIONS, NODE_EXTRA_CA_CERTS"}) {
		t.Errorf("places %q", got)
	}
}

// keytool is the witness that the keystore which a variable names is read as Java reads it.
func TestSettingsJava(t *testing.T) {
	keytool := needTool(t, "keytool")
	root := newAuthority(t, "A", 1)
	m, home := testHome(t)
	lay(t, home, map[string][]byte{"ca.pem": armoured(root.DER), ".profile": []byte("export JAVA_TOOL_OPTIONS=\"-Djavax.net.ssl.trustStore=" + home + "/trust\"\n")})
	out, err := runNSSTool(t, keytool, "-importcert", "-noprompt", "-alias", "a", "-file", home+"/ca.pem", "-keystore", home+"/trust", "-storepass", "changeit")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, s := range settingsOf(m, m.People[0]) {
		if entries := mustList(t, s); len(entries) == 1 && entries[0].Cert.Print == root.Print {
			return
		}
	}
	t.Error("not found")
}

func FuzzSettings(f *testing.F) {
	for _, c := range environmentCases {
		f.Add(strings.ReplaceAll(c.text, "@", "/srv/ca.pem"))
	}
	m := &machine.Machine{GOOS: "linux"}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []dialect{shellLines, gitLines, curlLines, wgetLines, npmLines, pipLines, cargoLines} {
			for _, ref := range settle(m, read(text), "/home/a") {
				if ref.inline == nil && (!filepath.IsAbs(ref.target) || filepath.Clean(ref.target) != ref.target) {
					t.Errorf("%q leads to %q", text, ref.target)
				}
				if ref.line < 1 || ref.line > strings.Count(text, "\n")+1 {
					t.Errorf("line %d of %q", ref.line, text)
				}
			}
		}
	})
}

func BenchmarkSettings(b *testing.B) {
	m, disk := environmentDisk(b)
	lay(b, disk, map[string][]byte{"home/aigul/.bashrc": []byte(strings.Repeat("alias a='b c d'\n", 200)), "home/aigul/.gitconfig": []byte("[user]\n\tname = A\n")})
	for b.Loop() {
		for _, s := range environmentStores(m) {
			s.List(context.Background())
		}
	}
}
