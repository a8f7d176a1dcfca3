package terminal

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"os"
	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/probe"
	"qulyp/internal/store"
	"qulyp/internal/words"
	"strings"
)

// forger is a server on this computer that shows a certificate for any name, signed by a root that is shaped like an interception root.
type forger struct {
	addr  string
	root  cert.Certificate
	calls atomic.Int32
}

func newForger(t *testing.T) *forger {
	t.Helper()
	name := pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: name, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key))
	f := &forger{root: cert.Read(der)}
	config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		f.calls.Add(1)
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: hello.ServerName}, DNSNames: []string{hello.ServerName},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		made, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), key)
		return &tls.Certificate{Certificate: [][]byte{made, der}, PrivateKey: key}, err
	}}
	listener := must(tls.Listen("tcp", "127.0.0.1:0", config))
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.(*tls.Conn).Handshake()
				io.Copy(io.Discard, conn)
			}()
		}
	}()
	f.addr = listener.Addr().String()
	return f
}

// program looks at one made-up store and has a network in which every connection to port 443 ends at the forger, and nothing else answers.
func (f *forger) program(t *testing.T, s *madeUp) (*Program, *bytes.Buffer) {
	list := must(catalog.Parse(must(os.ReadFile("../../assets/authorities.json"))))
	s.place = evidence.Place{Kind: evidence.NSS, Path: "/made-up", Program: "Firefox"}
	s.entry = evidence.Entry{Cert: f.root, Trust: evidence.Web}
	m := machine.Machine{GOOS: "linux", People: []machine.Person{{Name: "aigul", Home: t.TempDir(), Self: true}}, Env: func(string) string { return "" },
		State: filepath.Join(t.TempDir(), "state")}
	var out bytes.Buffer
	return &Program{
		Version: "0.0.0", List: list, Book: must(words.Load(os.DirFS("../../assets"))), Zone: time.UTC,
		Hosts:   []catalog.Host{{Host: "vk.com", Role: evidence.Watched, List: "2021-2024"}, {Host: "www.ietf.org", Role: evidence.Control}},
		Console: &Console{In: strings.NewReader(""), Out: &out, Err: io.Discard},
		Local:   func() *machine.Machine { mine := m; return &mine },
		Stores:  func(*machine.Machine) []store.Store { return []store.Store{s} }, Languages: func() ([]string, string) { return []string{"en"}, "" },
		Tester: &Tester{List: list, Prober: &probe.Prober{
			Checks: []probe.Check{}, Timeout: 2 * time.Second, Env: func(string) string { return "" }, Links: func() ([]probe.Link, error) { return nil, nil },
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if _, port, _ := net.SplitHostPort(addr); port == "443" {
					return (&net.Dialer{}).DialContext(ctx, "tcp", f.addr)
				}
				return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
			},
		}},
	}, &out
}

// TestLive goes from «used on you now» over the removal to «not installed, but this network forges», as a person would.
func TestLive(t *testing.T) {
	f := newForger(t)
	s := &madeUp{}
	p, out := f.program(t, s)
	run := func(want Status, args ...string) string {
		t.Helper()
		out.Reset()
		if got := p.Run(context.Background(), args); got != want {
			t.Errorf("%v: exit status %d, want %d\n%s", args, got, want, out.String())
		}
		return out.String()
	}
	pins := []string{"--resolve", "vk.com:443:87.240.132.67", "--resolve", "www.ietf.org:443:104.16.44.99"}
	live := func(args ...string) []string { return append(args, pins...) }

	text := run(Danger, live("check", "--live")...)
	holds(t, text, "Danger: Right now others can read your data", "Sites tested:", "vk.com: Fake: from a look-alike")
	calls := f.calls.Load()
	if calls < 2 {
		t.Fatalf("%d handshakes", calls)
	}

	// Asked again at once, nobody is asked a second time; after the removal the same handshakes mean something else.
	run(Clear, "remove", "--all", "--yes")
	text = run(Careful, live("check", "--live")...)
	holds(t, text, "This network seems to be showing fake certificates", "Do not continue past the browser’s warning")
	if got := f.calls.Load(); got != calls {
		t.Errorf("asked again too soon: %d handshakes after %d", got, calls)
	}

	text = run(Careful, live("check", "--live", "--json")...)
	var read struct {
		Headline   string
		Handshakes []struct {
			Host, Outcome, Address, Public, Stop string
			Port                                 int
			Chain                                []string
		}
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	if read.Headline != "network-forges-lookalike" || len(read.Handshakes) < 2 {
		t.Fatalf("%+v", read)
	}
	for _, h := range read.Handshakes {
		if h.Outcome != "forged-lookalike" || h.Port != 443 || len(h.Chain) != 2 || h.Chain[1] != f.root.Print.String() || h.Public != "unknown-authority" {
			t.Errorf("%+v", h)
		}
	}

	// The evidence, for those who study it.
	name := filepath.Join(t.TempDir(), "evidence.zip")
	run(Careful, live("report", "--live", "--format", "evidence", "--out", name)...)
	archive := must(zip.OpenReader(name))
	defer archive.Close()
	chains := 0
	for _, file := range archive.File {
		if strings.HasPrefix(file.Name, "chains/") {
			chains++
		}
	}
	if chains != len(read.Handshakes) {
		t.Errorf("%d chains for %d handshakes", chains, len(read.Handshakes))
	}
}

// TestProbe asks the names that are given, on their ports, and no others.
func TestProbe(t *testing.T) {
	f := newForger(t)
	p, out := f.program(t, &madeUp{gone: true})
	if got := p.Run(context.Background(), []string{"probe", "--json", "--tries", "1", "--target", "example.org", "--resolve", "example.org:443:93.184.216.34"}); got != Careful {
		t.Errorf("exit status %d", got)
	}
	holds(t, out.String(), `"host": "example.org"`, `"role": "neutral"`, `"outcome": "forged-lookalike"`)
	if strings.Contains(out.String(), "vk.com") || f.calls.Load() != 1 {
		t.Errorf("%d handshakes:\n%s", f.calls.Load(), out.String())
	}
}

// TestConsent: the test is explained, with every name that would be asked, and is not made without a yes.
func TestConsent(t *testing.T) {
	f := newForger(t)
	p, out := f.program(t, &madeUp{gone: true})
	p.Console.Ask, p.Console.In = true, strings.NewReader("3\ny\nn\nn\n")
	if got := p.Run(context.Background(), nil); got != Clear {
		t.Errorf("exit status %d\n%s", got, out.String())
	}
	holds(t, out.String(), "Test the connection too?", "Your provider can see", "vk.com", "www.ietf.org", "The connection was not tested")
	if f.calls.Load() != 0 {
		t.Error("the connection was tested without a yes")
	}
}
