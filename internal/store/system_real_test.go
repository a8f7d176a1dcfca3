//go:build linux

package store

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// The tests of this file run the real programs of the distribution on its real paths, in a mount namespace of their own: every folder that could be written
// is covered by a throw-away one, and that is checked before anything else happens.

var toolEnv = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/nonexistent", "TMPDIR=/tmp"}

// inNamespace tells whether the test already runs in its own mount namespace. If not, it runs the test there, and takes over its result.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv("QULYP_NAMESPACE") == t.Name() {
		return true
	}
	args := []string{"--mount", "--propagation", "private"}
	if os.Geteuid() != 0 {
		args = append(args, "--map-root-user")
	}
	unshare := needTool(t, "unshare")
	if out, err := runTool(unshare, toolEnv, nil, append(args, "true")...); err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" {
			t.Fatalf("a mount namespace cannot be made here, and everything must be proven: %v %s", err, out)
		}
		t.Skipf("a mount namespace cannot be made here: %v %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := append(slices.Clone(toolEnv), "QULYP_NAMESPACE="+t.Name(), "QULYP_NEED_ALL="+os.Getenv("QULYP_NEED_ALL"))
	out, err := runTool(unshare, env, nil, append(args, self, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.count=1", "-test.timeout=600s")...)
	switch {
	case bytes.Contains(out, []byte("--- SKIP: "+t.Name())):
		t.Skipf("in a namespace:\n%s", out)
	case err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())):
		t.Errorf("in a namespace: %v\n%s", err, out)
	default:
		t.Logf("%s", out)
	}
	return false
}

func must(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := runTool(needTool(t, name), toolEnv, nil, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// cover puts a throw-away folder or file in the place of a real one. The new one begins with the content of the old when keep is set.
func cover(t testing.TB, name string, keep bool) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	instead := filepath.Join(t.TempDir(), filepath.Base(name))
	if info.IsDir() {
		if err := os.Mkdir(instead, 0o755); err != nil {
			t.Fatal(err)
		}
		if keep {
			must(t, "cp", "-a", name+"/.", instead)
		}
	} else {
		var data []byte
		if keep {
			if data, err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(instead, data, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "mount", "--bind", instead, name)
	now, err := os.Stat(name)
	want, err2 := os.Stat(instead)
	if err != nil || err2 != nil || !os.SameFile(now, want) || os.SameFile(now, info) {
		t.Fatalf("%s is not covered: %v %v", name, err, err2)
	}
	t.Cleanup(func() { exec.Command("umount", "--lazy", name).Run() })
}

// openUp makes a system folder such as /usr/share one in which a test can make folders, while all that is in it stays where it was.
func openUp(t testing.TB, name string) {
	t.Helper()
	old, fresh := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "new")
	for _, dir := range []string{old, fresh} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "mount", "--bind", name, old)
	list, err := os.ReadDir(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		if err := os.Symlink(filepath.Join(old, entry.Name()), filepath.Join(fresh, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "mount", "--bind", fresh, name)
	t.Cleanup(func() {
		exec.Command("umount", "--lazy", name).Run()
		exec.Command("umount", "--lazy", old).Run()
	})
}

// realMachine is this computer, seen by its administrator, with the real tools.
func realMachine(t testing.TB, other func(tool machine.Tool) error) *machine.Machine {
	return &machine.Machine{
		GOOS: "linux", Admin: true, Now: time.Now,
		Run: func(ctx context.Context, tool machine.Tool, input []byte, args ...string) ([]byte, error) {
			if other != nil {
				if err := other(tool); !errors.Is(err, errors.ErrUnsupported) {
					return nil, err
				}
			}
			name, err := tool.Path()
			if err != nil {
				return nil, err
			}
			out, err := runTool(name, toolEnv, input, args...)
			t.Logf("%s %v %q: %v, %d bytes of output", tool, args, input, err, len(out))
			return out, err
		},
	}
}

// site is a web site whose certificate ends in a root.
type site struct {
	addr string
	leaf string // file with the certificate of the site
}

func newSite(t testing.TB, root authority) site {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root.parsed, key.Public(), root.key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "salem") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der, root.DER}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that refuses is no news
	server.StartTLS()
	t.Cleanup(server.Close)
	leaf := filepath.Join(t.TempDir(), "leaf.pem")
	if err := os.WriteFile(leaf, []byte(pemOf("CERTIFICATE", der)), 0o644); err != nil {
		t.Fatal(err)
	}
	return site{server.Listener.Addr().(*net.TCPAddr).String(), leaf}
}

// curl tells whether curl, with the system's own trust, loads the site.
func (s site) curl(t testing.TB) bool {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	out, err := runTool(needTool(t, "curl"), toolEnv, nil, "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "https://localhost:"+port+"/")
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 60) { // 60: the peer's certificate cannot be authenticated
		t.Fatalf("curl: %v\n%s", err, out)
	}
	return err == nil && string(out) == "salem"
}

// openssl tells whether OpenSSL trusts the certificate for a web site, by a file or a folder alone.
func (s site) openssl(t testing.TB, option, at string) bool {
	t.Helper()
	args := []string{"verify", "-purpose", "sslserver", "-no-CAfile", "-no-CApath", "-no-CAstore"}
	args = slices.DeleteFunc(args, func(a string) bool { return strings.EqualFold(a, "-no"+option) })
	_, err := runTool(needTool(t, "openssl"), toolEnv, nil, append(args, option, at, s.leaf)...)
	return err == nil
}

// TestRealDebian: the real update-ca-certificates, with curl, openssl and the Java keystore as witnesses.
func TestRealDebian(t *testing.T) {
	needTool(t, "update-ca-certificates")
	for _, name := range []string{"curl", "openssl", "mount"} {
		needTool(t, name)
	}
	if !inNamespace(t) {
		return
	}
	java := withJava(t)
	cover(t, "/etc", true)
	cover(t, "/var/log", true)
	cover(t, "/usr/local/share/ca-certificates", false)
	if java {
		cover(t, "/var/lib/dpkg", true)
		cover(t, "/var/lib/ca-certificates-java", true)
	}
	openUp(t, "/usr/share/ca-certificates")

	ctx := context.Background()
	d := tree{t, ""}
	c := newCast(t)
	extra, loose, dropped, kept := newAuthority(t, "Extra", 21), newAuthority(t, "Loose", 22), newAuthority(t, "Dropped", 23), newAuthority(t, "Many", 24)
	targets := map[string]authority{"anchor": c.target, "selected": extra, "bundle": loose, "dropped": dropped, "one of many": kept}

	d.file("/usr/local/share/ca-certificates/Qaznet (1).crt", plain(c.target))
	d.file("/usr/local/share/ca-certificates/twin.crt", plain(c.twin))
	d.file("/usr/local/share/ca-certificates/many.crt", plain(c.public[0]), plain(kept), plain(c.public[1]))
	d.file("/usr/share/ca-certificates/extra/extra.crt", plain(extra))
	conf, err := os.ReadFile("/etc/ca-certificates.conf")
	d.check(err)
	var few []string // the command takes its time over each certificate
	for _, line := range strings.Split(string(conf), "\n") {
		if strings.HasPrefix(line, "mozilla/") && len(few) < 8 {
			few = append(few, line)
		}
	}
	d.check(os.WriteFile("/etc/ca-certificates.conf", []byte(strings.Join(append(few, "extra/extra.crt\n"), "\n")), 0o644))
	must(t, "update-ca-certificates", "--fresh")
	d.file("/etc/ssl/certs/dropped.pem", plain(dropped))
	must(t, "openssl", "rehash", "/etc/ssl/certs")
	bundle, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	d.check(err)
	d.check(os.WriteFile("/etc/ssl/certs/ca-certificates.crt", append(bundle, plain(loose)...), 0o644))

	const file, folder = "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs"
	sites := map[string]site{"twin": newSite(t, c.twin), "neighbour": newSite(t, c.public[0])}
	for name, a := range targets {
		sites[name] = newSite(t, a)
	}
	type trust struct{ curl, file, folder bool }
	ask := func() map[string]trust {
		all := map[string]trust{}
		for name, s := range sites {
			all[name] = trust{s.curl(t), s.openssl(t, "-CAfile", file), s.openssl(t, "-CApath", folder)}
		}
		return all
	}
	check := func(when string, there bool) {
		t.Helper()
		for name, got := range ask() {
			want := trust{true, true, true}
			switch name {
			case "bundle":
				want = trust{there, there, false}
			case "dropped":
				want = trust{there, false, there} // Debian's curl looks into the folder too
			case "one of many":
				want = trust{there, there, false} // a file of many has no hash link
			case "neighbour":
				want = trust{true, true, false}
			case "twin":
			default:
				want = trust{there, there, there}
			}
			if got != want {
				t.Errorf("%s: %s: curl, file, folder trust it: %v, want %v", when, name, got, want)
			}
		}
		if java {
			if got := inJava(t, "debian:qaznet_=1=.pem"); got != there {
				t.Errorf("%s: in the Java keystore: %v", when, got)
			}
			if got := inJava(t, "debian:extra.pem"); got != there {
				t.Errorf("%s: selected one in the Java keystore: %v", when, got)
			}
			if !inJava(t, "debian:twin.pem") {
				t.Errorf("%s: the twin has gone from the Java keystore", when)
			}
		}
	}
	check("planted", true)

	m := realMachine(t, nil)
	open := func() changeableStore { return changeable(systemStores(m)[0]) }
	before, err := open().List(ctx)
	d.check(err)
	sources := tree{t, "/usr/local/share/ca-certificates"}.dump() + tree{t, "/usr/share/ca-certificates/extra"}.dump() + readAll(t, "/etc/ca-certificates.conf")
	var journal []Saved
	for _, name := range []string{"anchor", "selected", "bundle", "dropped", "one of many"} {
		entry := only1(t, open(), targets[name].Certificate)
		if entry.Trust != evidence.Web || entry.Needs != evidence.Own || entry.Vendor {
			t.Errorf("%s: %+v", name, entry)
		}
		journal = append(journal, save1(t, open(), targets[name].Certificate))
	}
	for _, saved := range journal {
		d.check(open().Remove(ctx, saved))
	}
	d.check(open().Finish(ctx, journal))
	check("removed", false)
	for _, a := range targets {
		for _, entry := range must1(open().List(ctx)) {
			if entry.Cert.Print == a.Print {
				t.Errorf("still listed: %s in %v", entry.Cert.Title(), entry.Where)
			}
		}
		for _, root := range []string{"/etc/ssl/certs", "/usr/local/share/ca-certificates", "/usr/share/ca-certificates/extra"} {
			if left := leftovers(t, tree{t, root}, a.Certificate); len(left) > 0 {
				t.Errorf("bytes of %s are left below %s: %v", a.Title(), root, left)
			}
		}
	}
	if out := must(t, "find", "/etc/ssl/certs", "-xtype", "l"); out != "" {
		t.Errorf("links that lead nowhere: %s", out)
	}

	for _, saved := range slices.Backward(journal) {
		d.check(open().Restore(ctx, saved))
	}
	d.check(open().Finish(ctx, journal))
	check("put back", true)
	if got := (tree{t, "/usr/local/share/ca-certificates"}.dump() + tree{t, "/usr/share/ca-certificates/extra"}.dump() + readAll(t, "/etc/ca-certificates.conf")); got != sources {
		t.Errorf("sources are not what they were:\n%s\nwas\n%s", got, sources)
	}
	after := must1(open().List(ctx))
	if len(after) != len(before) {
		t.Errorf("%d certificates, %d before", len(after), len(before))
	}
}

func readAll(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// withJava tells whether Debian's Java keystore with its hook is here.
func withJava(t testing.TB) bool {
	t.Helper()
	for _, name := range []string{string(machine.JavaHook), debianCacerts} {
		if _, err := os.Stat(name); err != nil {
			if os.Getenv("QULYP_NEED_ALL") == "1" {
				t.Fatalf("%s is missing, and everything must be proven", name)
			}
			t.Logf("without Java: %v", err)
			return false
		}
	}
	needTool(t, "keytool")
	return true
}

func inJava(t testing.TB, alias string) bool {
	t.Helper()
	_, err := runTool(needTool(t, "keytool"), toolEnv, nil, "-list", "-keystore", debianCacerts, "-storepass", "changeit", "-alias", alias)
	return err == nil
}

// TestRealDebianTrap shows what is wrong with deleting the file and running the command alone, so that the test above is known to test something.
func TestRealDebianTrap(t *testing.T) {
	needTool(t, "update-ca-certificates")
	if !inNamespace(t) {
		return
	}
	if !withJava(t) {
		t.Skip("without Java there is no trap")
	}
	for _, dir := range []string{"/etc", "/var/log", "/var/lib/dpkg", "/var/lib/ca-certificates-java"} {
		cover(t, dir, true)
	}
	cover(t, "/usr/local/share/ca-certificates", false)
	d, a := tree{t, ""}, newAuthority(t, "Security Certificate", 7)
	d.file("/etc/ca-certificates.conf", "mozilla/ISRG_Root_X1.crt\n")
	d.file("/usr/local/share/ca-certificates/kz.crt", plain(a))
	must(t, "update-ca-certificates")
	d.check(os.Remove("/usr/local/share/ca-certificates/kz.crt"))
	must(t, "update-ca-certificates", "--fresh")
	if newSite(t, a).curl(t) {
		t.Error("curl still trusts it")
	}
	if !inJava(t, "debian:kz.pem") {
		t.Error("the trap is no more: the Java keystore forgot it without being told")
	}
}

// p11World covers /etc and opens up /usr/share, and points the real p11-kit at the folders of another distribution.
func p11World(t *testing.T, paths string) {
	t.Helper()
	cover(t, "/etc", true)
	openUp(t, "/usr/share")
	const module = "/usr/share/p11-kit/modules/p11-kit-trust.module"
	text := readAll(t, module)
	i := strings.Index(text, "x-init-reserved:")
	if i < 0 {
		t.Fatalf("%s is not what it was:\n%s", module, text)
	}
	line := text[i : i+strings.IndexByte(text[i:], '\n')]
	text = strings.Replace(text, line, "x-init-reserved: paths="+paths, 1)
	instead := filepath.Join(t.TempDir(), "p11-kit-trust.module")
	if err := os.WriteFile(instead, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(module)
	if err != nil {
		t.Fatal(err)
	}
	must(t, "mount", "--bind", instead, real)
	t.Cleanup(func() { exec.Command("umount", "--lazy", real).Run() })
}

// p11Trusts asks the real p11-kit which certificates vouch for web sites.
func p11Trusts(t testing.TB) map[cert.Print]bool {
	t.Helper()
	out := filepath.Join(t.TempDir(), "bundle.pem")
	must(t, "trust", "extract", "--format=pem-bundle", "--filter=ca-anchors", "--purpose=server-auth", out)
	trusts := map[cert.Print]bool{}
	for block := range cert.Blocks([]byte(readAll(t, out))) {
		trusts[block.Cert.Print] = true
	}
	return trusts
}

// TestRealP11Agrees: for each way of lying about in the sources, we and the real p11-kit think the same.
func TestRealP11Agrees(t *testing.T) {
	needTool(t, "trust")
	if !inNamespace(t) {
		return
	}
	p11World(t, "/etc/pki/ca-trust/source:/usr/share/pki/ca-trust-source")
	d := tree{t, ""}
	d.file("/etc/os-release", fedoraRelease)
	const source = "/etc/pki/ca-trust/source"
	d.dir(source+"/anchors", source+"/blocklist", "/usr/share/pki/ca-trust-source/anchors", "/usr/share/pki/ca-trust-source/blocklist")
	mail := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	oids := func(all ...asn1.ObjectIdentifier) []asn1.ObjectIdentifier {
		return append([]asn1.ObjectIdentifier{}, all...)
	}
	texts := map[string]func(a authority) string{
		"pem":                     func(a authority) string { return plain(a) },
		"der":                     func(a authority) string { return string(a.DER) },
		"trusted web":             func(a authority) string { return trusted(t, a, oids(serverAuth), nil) },
		"trusted any":             func(a authority) string { return trusted(t, a, oids(anyPurpose), nil) },
		"trusted mail":            func(a authority) string { return trusted(t, a, oids(mail), nil) },
		"trusted nothing":         func(a authority) string { return trusted(t, a, oids(), nil) },
		"trusted without lists":   func(a authority) string { return trusted(t, a, nil, nil) },
		"rejected web":            func(a authority) string { return trusted(t, a, nil, oids(serverAuth)) },
		"web, but rejected":       func(a authority) string { return trusted(t, a, oids(serverAuth), oids(serverAuth)) },
		"section":                 func(a authority) string { return section(a, "") },
		"section trusted":         func(a authority) string { return section(a, "trusted: true\n") },
		"section trusted false":   func(a authority) string { return section(a, "trusted: false\n") },
		"section distrusted":      func(a authority) string { return section(a, "x-distrusted: true\n") },
		"section both":            func(a authority) string { return section(a, "trusted: true\nx-distrusted: true\n") },
		"section after a comment": func(a authority) string { return "# hello\n\n" + section(a, "trusted: true\n") },
		"pem and text":            func(a authority) string { return "hello\n" + plain(a) + "bye\n" },
		"X509 CERTIFICATE":        func(a authority) string { return pemOf("X509 CERTIFICATE", a.DER) },
		"section by value": func(a authority) string {
			var text strings.Builder
			for _, b := range a.DER {
				fmt.Fprintf(&text, "%%%02x", b)
			}
			return "[p11-kit-object-v1]\nclass: certificate\ncertificate-type: x-509\ntrusted: true\nvalue: \"" + text.String() + "\"\n"
		},
	}
	dirs := []string{source, source + "/anchors", source + "/blocklist", "/usr/share/pki/ca-trust-source", "/usr/share/pki/ca-trust-source/anchors"}
	want := map[cert.Print]string{}
	number := int64(0)
	for _, dir := range dirs {
		for name, text := range texts {
			number++
			a := newAuthority(t, fmt.Sprintf("%s in %s", name, dir), number)
			d.file(fmt.Sprintf("%s/%d.pem", dir, number), text(a))
			want[a.Print] = name + " in " + dir
		}
	}
	both := newAuthority(t, "both", 9999)
	d.file(source+"/anchors/both.pem", plain(both))
	d.file(source+"/blocklist/both.pem", plain(both))
	want[both.Print] = "in anchors and blocklist"

	trusts := p11Trusts(t)
	entries := must1(systemStores(realMachine(t, nil))[0].List(context.Background()))
	ours := map[cert.Print]evidence.Trust{}
	for _, entry := range entries {
		ours[entry.Cert.Print] = entry.Trust
	}
	agreed := 0
	for print, name := range want {
		if ours[print] == "" {
			t.Errorf("%s: not listed", name)
		}
		switch web := ours[print] == evidence.Web; {
		case web == trusts[print]:
			agreed++
		case web && careful[name[:strings.LastIndex(name, " in ")]]:
			t.Logf("%s: p11-kit does not trust it; it counts as trusted here, on purpose", name)
		default:
			t.Errorf("%s: %q here, trusted by p11-kit: %v", name, ours[print], trusts[print])
		}
	}
	t.Logf("%d of %d ways agree", agreed, len(want))
}

// careful names the ways in which this program says «trusted» where p11-kit does not: it must not depend on one program's reading.
var careful = map[string]bool{
	"X509 CERTIFICATE":      true, // OpenSSL reads it
	"trusted without lists": true, // OpenSSL takes it for a plain certificate
}

// p11Update does what update-ca-trust of the distribution does, with the real p11-kit.
func p11Update(t testing.TB, lines [][]string) func(machine.Tool) error {
	return func(tool machine.Tool) error {
		if tool != machine.UpdateCATrust {
			return errors.ErrUnsupported
		}
		for _, line := range lines {
			if err := os.MkdirAll(filepath.Dir(line[len(line)-1]), 0o755); err != nil {
				return err
			}
			if out, err := runTool(needTool(t, "trust"), toolEnv, nil, append([]string{"extract", "--overwrite"}, line...)...); err != nil {
				return fmt.Errorf("%v: %w: %s", line, err, out)
			}
		}
		return nil
	}
}

// TestRealFedora and TestRealArch: anchors and blocklists read by the real p11-kit, which also makes the outputs anew.
func TestRealFedora(t *testing.T) {
	const extracted = "/etc/pki/ca-trust/extracted"
	realP11(t, fedoraRelease, "/etc/pki/ca-trust/source", "/usr/share/pki/ca-trust-source", extracted+"/pem/tls-ca-bundle.pem", extracted+"/pem/directory-hash", [][]string{
		{"--format=openssl-bundle", "--filter=certificates", "--comment", extracted + "/openssl/ca-bundle.trust.crt"},
		{"--format=pem-bundle", "--filter=ca-anchors", "--comment", "--purpose=server-auth", extracted + "/pem/tls-ca-bundle.pem"},
		{"--format=pem-bundle", "--filter=ca-anchors", "--comment", "--purpose=email", extracted + "/pem/email-ca-bundle.pem"},
		{"--format=pem-bundle", "--filter=ca-anchors", "--comment", "--purpose=code-signing", extracted + "/pem/objsign-ca-bundle.pem"},
		{"--format=pem-directory-hash", "--filter=ca-anchors", "--purpose=server-auth", extracted + "/pem/directory-hash"},
	})
}

func TestRealArch(t *testing.T) {
	const extracted = "/etc/ca-certificates/extracted"
	realP11(t, archRelease, "/etc/ca-certificates/trust-source", "/usr/share/ca-certificates/trust-source", extracted+"/tls-ca-bundle.pem", extracted+"/cadir", [][]string{
		{"--format=openssl-bundle", "--filter=certificates", "--comment", extracted + "/ca-bundle.trust.crt"},
		{"--format=pem-bundle", "--filter=ca-anchors", "--comment", "--purpose=server-auth", extracted + "/tls-ca-bundle.pem"},
		{"--format=pem-directory-hash", "--filter=ca-anchors", "--purpose=server-auth", extracted + "/cadir"},
	})
}

func realP11(t *testing.T, release, source, vendor, bundle, folder string, lines [][]string) {
	for _, name := range []string{"trust", "openssl", "mount"} {
		needTool(t, name)
	}
	if !inNamespace(t) {
		return
	}
	ctx := context.Background()
	p11World(t, source+":"+vendor)
	if strings.HasPrefix(vendor, "/usr/share/ca-certificates/") {
		must(t, "rm", "/usr/share/ca-certificates") // a link into the real folder, made by openUp
	}
	d, c := tree{t, ""}, newCast(t)
	d.file("/etc/os-release", release)
	d.dir(source+"/anchors", source+"/blocklist", vendor)
	var packaged string
	for _, p := range c.public {
		packaged += section(p, "trusted: true\nmodifiable: false\n")
	}
	name := map[bool]string{true: "mozilla.trust.p11-kit", false: "ca-bundle.trust.p11-kit"}[strings.Contains(vendor, "trust-source") && strings.Contains(vendor, "/usr/share/ca-certificates")]
	d.file(vendor+"/"+name, packaged)
	one, many, written, blockedOne := c.target, newAuthority(t, "Many", 31), newAuthority(t, "Written", 32), newAuthority(t, "Blocked", 33)
	d.file(source+"/anchors/kz.pem", plain(one))
	d.file(source+"/anchors/twin.pem", plain(c.twin))
	d.file(source+"/anchors/many.pem", "# mine\n", plain(newAuthority(t, "Office", 34)), plain(many))
	d.file(source+"/anchors/both.pem", plain(blockedOne))
	d.file(source+"/blocklist/both.pem", plain(blockedOne))
	loose := filepath.Join(t.TempDir(), "written.pem")
	d.check(os.WriteFile(loose, []byte(plain(written)), 0o644))
	runTool(needTool(t, "trust"), toolEnv, nil, "anchor", "--store", loose) // as people do it; it complains that it cannot update what Debian does not have
	if !p11Trusts(t)[written.Print] {
		t.Fatal("trust(1) has not stored the anchor")
	}
	update := p11Update(t, lines)
	d.check(update(machine.UpdateCATrust))

	sites := map[string]site{"anchor": newSite(t, one), "many": newSite(t, many), "written": newSite(t, written)}
	twin := newSite(t, c.twin)
	check := func(when string, there bool) {
		t.Helper()
		trusts := p11Trusts(t)
		for name, a := range map[string]authority{"anchor": one, "many": many, "written": written} {
			if trusts[a.Print] != there {
				t.Errorf("%s: %s: p11-kit trusts it: %v", when, name, !there)
			}
			if got := sites[name].openssl(t, "-CAfile", bundle); got != there {
				t.Errorf("%s: %s: OpenSSL trusts it by the bundle: %v", when, name, got)
			}
			if got := sites[name].openssl(t, "-CApath", folder); got != there {
				t.Errorf("%s: %s: OpenSSL trusts it by the folder: %v", when, name, got)
			}
		}
		if !trusts[c.twin.Print] || !twin.openssl(t, "-CAfile", bundle) || !twin.openssl(t, "-CApath", folder) {
			t.Errorf("%s: the twin is not trusted any more", when)
		}
		if trusts[blockedOne.Print] {
			t.Errorf("%s: what is on the blocklist is trusted", when)
		}
		for _, p := range c.public {
			if !trusts[p.Print] {
				t.Errorf("%s: %s is not trusted any more", when, p.Title())
			}
		}
	}
	check("planted", true)
	m := realMachine(t, update)
	open := func() changeableStore { return changeable(systemStores(m)[0]) }
	for _, p := range c.public {
		if !only1(t, open(), p.Certificate).Vendor {
			t.Errorf("%s is not known as the distribution's own", p.Title())
		}
	}
	// p11-kit writes a certificate that is both an anchor and on the blocklist into OpenSSL's own bundle without a word of refusal, and OpenSSL takes it. So as long
	// as the anchor is there, the blocklist does not help everybody.
	openssl, blockedSite := lines[0][len(lines[0])-1], newSite(t, blockedOne)
	blockedTrust := func(when string) {
		t.Helper()
		want := evidence.Distrusted
		if blockedSite.openssl(t, "-CAfile", openssl) {
			want = evidence.Web
		}
		if got := only1(t, open(), blockedOne.Certificate).Trust; got != want {
			t.Errorf("%s: what is on the blocklist is %q, want %q", when, got, want)
		}
	}
	blockedTrust("planted")
	sources := tree{t, source}.dump()
	var journal []Saved
	for _, a := range []authority{one, many, written, blockedOne} {
		journal = append(journal, save1(t, open(), a.Certificate))
	}
	for _, saved := range journal {
		d.check(open().Remove(ctx, saved))
	}
	d.check(open().Finish(ctx, journal))
	check("removed", false)
	blockedTrust("removed")
	if blockedSite.openssl(t, "-CAfile", openssl) {
		t.Error("removed: OpenSSL still trusts what is on the blocklist")
	}
	for _, saved := range slices.Backward(journal) {
		d.check(open().Restore(ctx, saved))
	}
	d.check(open().Finish(ctx, journal))
	check("put back", true)
	blockedTrust("put back")
	if got := (tree{t, source}).dump(); got != sources {
		t.Errorf("sources are not what they were:\n%s\nwas\n%s", got, sources)
	}
}

// noRoom leaves no room on a small disk.
func noRoom(root string) error {
	f, err := os.Create(filepath.Join(root, "ballast"))
	if err != nil {
		return err
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	return nil
}

// TestRealDisk: a disk that is full, and one that takes no changes. Whatever does not work, the file is what it was.
func TestRealDisk(t *testing.T) {
	needTool(t, "mount")
	if !inNamespace(t) {
		return
	}
	ctx := context.Background()
	for _, test := range []struct {
		name, layout string
		spoil        func(root string) error
		code         evidence.Code
	}{
		{"full", "debian many in one file", noRoom, evidence.DiskFull},
		{"full, with a file to delete", "debian local", noRoom, evidence.DiskFull},
		{"read-only", "debian many in one file", func(root string) error { return exec.Command("mount", "-o", "remount,ro", root).Run() }, evidence.ReadOnly},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			must(t, "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", root)
			t.Cleanup(func() { exec.Command("umount", "--lazy", root).Run() })
			d, c := tree{t, root}, newCast(t)
			d.file("/etc/os-release", debianRelease)
			layoutOf(t, test.layout).build(d, c, true)
			s := changeable(systemStores(d.machine())[0])
			entry := only1(t, s, c.target.Certificate)
			saved := save1(t, s, c.target.Certificate)
			if err := test.spoil(root); err != nil {
				t.Fatal(err)
			}
			before := d.dump()
			if err := s.Remove(ctx, saved); Code(err) != test.code {
				t.Errorf("%v, want %s", err, test.code)
			}
			if got := d.dump(); got != before {
				t.Errorf("not what it was:\n%s\nwas\n%s", got, before)
			}
			if test.name == "read-only" {
				if got := only1(t, s, c.target.Certificate).Needs; entry.Needs != evidence.Own || got != evidence.Admin {
					t.Errorf("needs %q, and %q once it is read-only", entry.Needs, got)
				}
			}
		})
	}
}
