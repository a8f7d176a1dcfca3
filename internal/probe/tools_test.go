package probe

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// run starts a program that nobody here wrote, and ends it with the test.
func start(t testing.TB, name string, args ...string) *bytes.Buffer {
	t.Helper()
	output := &bytes.Buffer{}
	command := exec.Command(tool(t, name), args...)
	command.Dir, command.Stdout, command.Stderr = t.TempDir(), output, output
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, output)
		}
	})
	return output
}

// free is a port on loopback that nobody uses right now.
func free(t testing.TB) *net.TCPAddr {
	t.Helper()
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	return l.Addr().(*net.TCPAddr)
}

// up waits until somebody listens.
func up(t testing.TB, addr net.Addr) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr.String()); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("nobody listens on %s", addr)
}

// write puts a chain and its key into files.
func write(t testing.TB, made tls.Certificate) (leaf, chain, key string) {
	t.Helper()
	dir := t.TempDir()
	file := func(name, kind string, blocks ...[]byte) string {
		var text []byte
		for _, der := range blocks {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	leaf = file("leaf.pem", "CERTIFICATE", made.Certificate[0])
	chain = file("chain.pem", "CERTIFICATE", made.Certificate...)
	key = file("key.pem", "PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(made.PrivateKey)))
	return leaf, chain, key
}

// TestMitmproxy has an interceptor that nobody here wrote stand in front of an honest site.
func TestMitmproxy(t *testing.T) {
	tool(t, "mitmdump")
	const host = "www.example.kz"
	site := honest(t, current(host), nil)
	dir, addr := t.TempDir(), free(t)
	start(t, "mitmdump", "--mode", "reverse:https://"+site.String(), "--listen-host", "127.0.0.1", "--listen-port", fmt.Sprint(addr.Port),
		"--set", "confdir="+dir, "--set", "ssl_insecure=true", "--set", "keep_host_header=true", "-q")
	up(t, addr)
	authority := must[[]byte](t)(os.ReadFile(filepath.Join(dir, "mitmproxy-ca-cert.pem")))
	block, _ := pem.Decode(authority)

	p := prober(t, nil)
	p.Timeout = 10 * time.Second
	h := ask(t, p, host, addr)
	t.Log(plain(t, h))
	if h.Outcome != evidence.ForgedInspector || h.Product != "mitmproxy" {
		t.Errorf("outcome %s, product %q", h.Outcome, h.Product)
	}
	p.Roots = []cert.Certificate{cert.Read(block.Bytes)}
	h = ask(t, p, host, addr)
	if h.Outcome != evidence.ForgedLocal || h.Product != "mitmproxy" || h.Signer != cert.Of(block.Bytes) {
		t.Errorf("with its root on the computer: outcome %s, product %q, signer %s", h.Outcome, h.Product, h.Signer)
	}
}

// TestOpenSSL has the server of OpenSSL present chains of the interception authorities.
func TestOpenSSL(t *testing.T) {
	const host = "www.example.kz"
	for _, style := range []adversary.Style{adversary.Of2019, adversary.Of2021} {
		for _, version := range []string{"-tls1_3", "-tls1_2"} {
			t.Run(fmt.Sprint(style, version), func(t *testing.T) {
				a := authority(t, style, false)
				forged := must[tls.Certificate](t)(a.Issue(current(host)))
				leaf, chain, key := write(t, forged)
				addr := free(t)
				start(t, "openssl", "s_server", "-accept", addr.String(), "-cert", leaf, "-key", key, "-cert_chain", chain, "-quiet", version)
				up(t, addr)
				p := prober(t, nil)
				h := ask(t, p, host, addr)
				if h.Outcome != evidence.ForgedLookalike || h.Stop != evidence.Done || len(h.Chain) < 2 {
					t.Error(plain(t, h))
				}
				p.List = list(t, a.Root)
				h = ask(t, p, host, addr)
				if h.Outcome != evidence.ForgedState || h.Signer != cert.Of(a.Root.Raw) {
					t.Error("with the root on the list:", plain(t, h))
				}
			})
		}
	}
}

// TestNginx has the commonest server of the Web serve a chain of a root that the test calls public.
func TestNginx(t *testing.T) {
	const host = "www.example.kz"
	_, chain, key := write(t, must[tls.Certificate](t)(publicAuthority(t).Issue(current(host))))
	addr, dir := free(t), t.TempDir()
	config := fmt.Sprintf(`
daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http {
	access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	server { listen %[2]s ssl http2; server_name %[3]s; ssl_certificate %[4]s; ssl_certificate_key %[5]s; ssl_protocols TLSv1.2 TLSv1.3; }
}`, dir, addr, host, chain, key)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "nginx", "-p", dir, "-c", path)
	up(t, addr)
	for _, h := range askAll(t, prober(t, nil), 2, evidence.Target{Host: host, Port: port(addr)}) {
		if h.Outcome != evidence.Genuine || !h.Stamped {
			t.Error(plain(t, h))
		}
	}
}
