package adversary

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// TestForge holds the forgery against what was measured.
func TestForge(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	public := must[*Authority](t)(NewPublic(now))
	site := must[tls.Certificate](t)(public.Issue(Leaf{Names: []string{"a.example", "b.example"}, From: now.Add(-time.Hour * 24), Until: now.Add(time.Hour * 24), Stamped: true}))
	box := must[*Authority](t)(NewAuthority(Of2019, now, false))
	key := must[*rsa.PrivateKey](t)(BoxKey(true))
	original := site.Leaf
	forged := must[tls.Certificate](t)(box.Forge(original, key, Whole)).Leaf

	if !bytes.Equal(forged.RawSubject, original.RawSubject) {
		t.Error("the subject differs")
	}
	if len(forged.DNSNames) != 2 || forged.DNSNames[0] != "a.example" || len(forged.Extensions) != 1 || !forged.Extensions[0].Id.Equal(altNames) {
		t.Errorf("names %v, extensions %v", forged.DNSNames, forged.Extensions)
	}
	if !forged.NotBefore.Equal(original.NotBefore.Add(-6*time.Hour)) || !forged.NotAfter.Equal(original.NotAfter.Add(-6*time.Hour)) {
		t.Errorf("from %v until %v", forged.NotBefore, forged.NotAfter)
	}
	a, b := original.SerialNumber.Bytes(), forged.SerialNumber.Bytes()
	if len(a) != len(b) || !bytes.Equal(a[:len(a)-4], b[:len(b)-4]) || bytes.Equal(a[len(a)-4:], b[len(b)-4:]) {
		t.Errorf("serial numbers %x and %x", a, b)
	}
	made, ok := forged.PublicKey.(*rsa.PublicKey)
	if !ok || made.N.BitLen() != 2048 || made.E != 3 {
		t.Errorf("key %T", forged.PublicKey)
	}
	if forged.Issuer.String() != "CN=Security Certificate,C=KZ" {
		t.Errorf("issuer %s", forged.Issuer)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(box.Root)
	between.AddCert(box.Between)
	if _, err := forged.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: "b.example"}); err != nil {
		t.Errorf("who trusts the root does not believe the forgery: %v", err)
	}
	for shape, count := range map[Shape]int{Whole: 2, LeafOnly: 1, LeafAndRoot: 2, Everything: 3} {
		if chain := must[tls.Certificate](t)(box.Forge(original, key, shape)).Certificate; len(chain) != count {
			t.Errorf("shape %d: %d certificates", shape, len(chain))
		}
	}
}

// TestBox is a person with the root who talks to a site through the box: which connections it touches, and that it reads them.
func TestBox(t *testing.T) {
	now := time.Now()
	public := must[*Authority](t)(NewPublic(now))
	box := must[*Authority](t)(NewAuthority(Of2021, now, false))
	site := must[tls.Certificate](t)(public.Issue(Leaf{Names: []string{"a.example", "b.example"}, From: now.Add(-time.Hour * 24), Until: now.Add(time.Hour * 24)}))
	server := must[net.Listener](t)(tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{site}}))
	defer server.Close()
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); io.Copy(conn, conn) }()
		}
	}()
	upstream := func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Addr().String())
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(public.Root)
	for _, test := range []struct {
		name  string
		box   *Box
		host  string
		tries []bool // forged?
	}{
		{"on the list", &Box{Acts: func(name string) bool { return name == "a.example" }, Trusted: trusted}, "a.example", []bool{true, true}},
		{"not on the list", &Box{Acts: func(name string) bool { return name == "a.example" }, Trusted: trusted}, "b.example", []bool{false, false}},
		{"every second", &Box{Every: 2, Trusted: trusted}, "a.example", []bool{true, false, true, false}},
		{"untrusted upstream", &Box{Trusted: x509.NewCertPool()}, "a.example", []bool{false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.box.Mode, test.box.Authority, test.box.Upstream = Forge, box, upstream
			listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); test.box.Serve(ctx, listener) }()
			for i, want := range test.tries {
				conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{ServerName: test.host, InsecureSkipVerify: true})
				if err != nil {
					t.Fatal(err)
				}
				conn.SetDeadline(time.Now().Add(5 * time.Second))
				leaf := conn.ConnectionState().PeerCertificates[0]
				if got := leaf.Issuer.CommonName == "Intermediate"; got != want {
					t.Errorf("try %d: forged %v, issuer %s", i, got, leaf.Issuer)
				}
				back := make([]byte, 5)
				if _, err := conn.Write([]byte("hello")); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadFull(conn, back); err != nil || string(back) != "hello" {
					t.Errorf("try %d: the site answered %q, %v", i, back, err)
				}
				conn.Close()
			}
			cancel()
			select {
			case <-done:
			case <-time.After(5 * time.Second):
				t.Error("the box does not stop")
			}
		})
	}
}
