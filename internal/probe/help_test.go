package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"qulyp/internal/adversary"
	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// need skips the test and says why, unless the environment asks for everything.
func need(t testing.TB, why string, missing bool) {
	t.Helper()
	if !missing {
		return
	}
	if os.Getenv("QULYP_NEED_ALL") == "1" {
		t.Fatalf("QULYP_NEED_ALL=1: %s", why)
	}
	t.Skipf("%s (set QULYP_NEED_ALL=1 to make this an error)", why)
}

func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	need(t, name+" is not installed", err != nil)
	return path
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// authorities are made once: keys of RSA take their time.
var authorities = struct {
	sync.Mutex
	made map[string]*adversary.Authority
}{made: map[string]*adversary.Authority{}}

func authority(t testing.TB, style adversary.Style, expired bool) *adversary.Authority {
	t.Helper()
	key := string(rune('a'+int(style))) + map[bool]string{true: "x"}[expired]
	return remember(t, key, func() (*adversary.Authority, error) { return adversary.NewAuthority(style, time.Now(), expired) })
}

func publicAuthority(t testing.TB) *adversary.Authority {
	t.Helper()
	return remember(t, "public", func() (*adversary.Authority, error) { return adversary.NewPublic(time.Now()) })
}

func remember(t testing.TB, key string, make func() (*adversary.Authority, error)) *adversary.Authority {
	t.Helper()
	authorities.Lock()
	defer authorities.Unlock()
	if authorities.made[key] == nil {
		authorities.made[key] = must[*adversary.Authority](t)(make())
	}
	return authorities.made[key]
}

func pool(certs ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

// list is the shipped list with these roots added as known interception roots.
func list(t testing.TB, roots ...*x509.Certificate) *catalog.List {
	t.Helper()
	data := must[[]byte](t)(os.ReadFile(filepath.Join("..", "..", "assets", "authorities.json")))
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	rows := file["authorities"].([]any)
	for i, root := range roots {
		c := cert.Read(root.Raw)
		row := map[string]any{
			"id": "zz-test-" + string(rune('a'+i)), "class": "state-interception", "sha256": c.Print.String(), "key": c.Key.String(),
			"public_key": base64.StdEncoding.EncodeToString(root.RawSubjectPublicKeyInfo), "subject": c.Subject.Text,
			"names": map[string]string{"kk": "test", "ru": "test", "en": "test"}, "source": "made by a test",
		}
		rows = append(rows, row)
	}
	file["authorities"] = rows
	return must[*catalog.List](t)(catalog.Parse(must[[]byte](t)(json.Marshal(file))))
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { l.Close() })
	return l
}

func port(addr net.Addr) uint16 { return addr.(*net.TCPAddr).AddrPort().Port() }

// serve runs the box on loopback until the test ends. The keys for the names are made before.
func serve(t testing.TB, box *adversary.Box, names ...string) net.Addr {
	t.Helper()
	for _, name := range names {
		if err := box.Prepare(name); err != nil {
			t.Fatal(err)
		}
	}
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); box.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-done })
	return l.Addr()
}

// honest runs a TLS server for the names, with a chain of the authority that stands for the public ones.
func honest(t testing.TB, leaf adversary.Leaf, change func(*tls.Config)) net.Addr {
	t.Helper()
	made := must[tls.Certificate](t)(publicAuthority(t).Issue(leaf))
	config := &tls.Config{Certificates: []tls.Certificate{made}, MinVersion: tls.VersionTLS10, NextProtos: []string{"http/1.1"}}
	if change != nil {
		change(config)
	}
	return accept(t, func(conn net.Conn) {
		server := tls.Server(conn, config)
		server.SetDeadline(time.Now().Add(10 * time.Second))
		if server.Handshake() == nil {
			server.Read(make([]byte, 1))
		}
	})
}

// accept hands each connection to handle.
func accept(t testing.TB, handle func(net.Conn)) net.Addr {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); handle(conn) }()
		}
	}()
	return l.Addr()
}

func current(names ...string) adversary.Leaf {
	now := time.Now().Truncate(time.Second)
	return adversary.Leaf{Names: names, From: now.Add(-30 * 24 * time.Hour), Until: now.Add(60 * 24 * time.Hour), Stamped: true}
}

// prober asks on loopback alone: every name resolves through the pins, and a name without one is an error of the test.
func prober(t testing.TB, pins map[string]net.Addr) *Prober {
	t.Helper()
	p := &Prober{
		Public: pool(publicAuthority(t).Root), List: list(t), Rest: -1, Checks: []Check{}, Timeout: 10 * time.Second, Whole: 30 * time.Second,
		Pins: map[string]netip.Addr{}, Env: func(string) string { return "" },
		System: func([]cert.Certificate, string, time.Time) evidence.Opinion { return evidence.NoOpinion },
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			t.Errorf("resolved %q", host)
			return nil, &net.DNSError{IsNotFound: true}
		},
	}
	for key, addr := range pins {
		p.Pins[key] = addr.(*net.TCPAddr).AddrPort().Addr()
	}
	return p
}

// ask runs one handshake with a server on loopback under a name.
func ask(t testing.TB, p *Prober, host string, addr net.Addr) evidence.Handshake {
	t.Helper()
	all := askAll(t, p, 1, evidence.Target{Host: host, Port: port(addr), Role: evidence.Watched})
	return all[0]
}

func askAll(t testing.TB, p *Prober, tries int, targets ...evidence.Target) []evidence.Handshake {
	t.Helper()
	for _, target := range targets {
		key := pin(target.Host, target.Port)
		if _, ok := p.Pins[key]; !ok {
			p.Pins[key] = netip.MustParseAddr("127.0.0.1")
		}
	}
	p.Tries = tries
	var all []evidence.Handshake
	if err := p.Ask(t.Context(), targets, func(h evidence.Handshake) { all = append(all, h) }); err != nil {
		t.Fatal(err)
	}
	if len(all) != tries*len(targets) {
		t.Fatalf("%d handshakes of %d targets in %d tries", len(all), len(targets), tries)
	}
	return all
}

// web serves plain HTTP on loopback.
func web(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func hasMark(h evidence.Handshake, mark string) bool {
	for _, m := range h.Marks {
		if m == mark {
			return true
		}
	}
	return false
}

func plain(t testing.TB, h evidence.Handshake) string {
	t.Helper()
	chain := []string{}
	for _, c := range h.Chain {
		chain = append(chain, c.Title())
		if len(chain) == 5 {
			break
		}
	}
	cause := ""
	if h.Cause != nil {
		cause = h.Cause.Error()
	}
	return string(h.Target.Host) + " " + string(h.Outcome) + " stop=" + string(h.Stop) + " public=" + string(h.Public) + " chain=" +
		strings.Join(chain, "|") + " marks=" + strings.Join(h.Marks, ",") + " product=" + h.Product + " cause=" + cause + " took=" + h.Took.String()
}
