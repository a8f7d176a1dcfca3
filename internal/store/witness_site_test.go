package store

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// webSite is a web site whose certificate is signed by a root made for one test. What a browser thinks of it shows in what the site gets to see: a
// request, or a handshake that the browser breaks off with an alert.
type webSite struct {
	*httptest.Server
	mu    sync.Mutex
	paths []string
	log   bytes.Buffer
}

// newWebSite serves on this computer alone. With root it sends the root along with its own certificate.
func newWebSite(t testing.TB, root authority, withRoot bool) *webSite {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 3, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root.parsed, key.Public(), root.key)
	if err != nil {
		t.Fatal(err)
	}
	chain := tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}
	if withRoot {
		chain.Certificate = append(chain.Certificate, root.DER)
	}
	s := &webSite{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.paths = append(s.paths, r.URL.Path)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Connection", "close")
		io.WriteString(w, "<!DOCTYPE html><title>page</title><p>the page has loaded")
	}))
	s.Config.ErrorLog = log.New(lockedWriter{s}, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{chain}, SessionTicketsDisabled: true}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

type lockedWriter struct{ s *webSite }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.log.Write(p)
}

// page is an address of the site that was not asked for before.
func (s *webSite) page(name string) (address, path string) {
	path = "/" + name
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return "https://localhost:" + port + path, path
}

// loaded tells whether the page was asked for.
func (s *webSite) loaded(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.paths, path)
}

// refusals is how many handshakes the other side broke off.
func (s *webSite) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.log.String(), "TLS handshake error")
}

// webSites is the same site twice: once with its certificate alone, once with the root sent along, which is what makes a trust row without a
// certificate dangerous.
type webSites struct{ alone, withRoot *webSite }

func newWebSites(t testing.TB, root authority) webSites {
	return webSites{newWebSite(t, root, false), newWebSite(t, root, true)}
}

// visit has a browser open a page of each site, and gives what the sites saw. A page that was neither loaded nor refused is tried again: a
// browser that did not get as far as the site is no witness.
func (s webSites) visit(t testing.TB, when string, open func(address string)) (alone, withRoot bool) {
	t.Helper()
	one := func(s *webSite, kind string) bool {
		t.Helper()
		for try := range 3 {
			address, path := s.page(fmt.Sprintf("%s-%d", strings.ReplaceAll(when, " ", "-"), try))
			refused := s.refusals()
			open(address)
			if s.loaded(path) {
				return true
			}
			if n := s.refusals() - refused; n > 0 {
				t.Logf("%s, %s: refused, %d handshake(s) broken off", when, kind, n)
				return false
			}
		}
		t.Fatalf("%s, %s: the browser never came", when, kind)
		return false
	}
	return one(s.alone, "certificate alone"), one(s.withRoot, "root sent along")
}

func (s webSites) want(t testing.TB, when string, load bool, open func(address string)) {
	t.Helper()
	alone, withRoot := s.visit(t, when, open)
	if alone != load || withRoot != load {
		t.Errorf("%s: loaded alone %v, with the root sent along %v, want %v", when, alone, withRoot, load)
	} else {
		t.Logf("%s: loaded %v, both ways", when, load)
	}
}
