package probe

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"runtime"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"qulyp/internal/adversary"
)

func stampsOnly() [][]byte { return [][]byte{adversary.StampList()[4:]} } // without the lengths of the list and of the stamp

// staple is an OCSP answer, with or without a stamp; it is signed by a key that nobody knows.
func staple(t testing.TB, stamped bool) []byte {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "responder"}, NotAfter: time.Now().Add(time.Hour)}
	issuer := must[*x509.Certificate](t)(x509.ParseCertificate(must[[]byte](t)(x509.CreateCertificate(rand.Reader, form, form, key.Public(), key))))
	answer := ocsp.Response{
		Status: ocsp.Good, SerialNumber: big.NewInt(7), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour), IssuerHash: crypto.SHA1,
	}
	if stamped {
		answer.ExtraExtensions = []pkix.Extension{{Id: oidStampsInOCSP, Value: adversary.Stamps()}}
	}
	return must[[]byte](t)(ocsp.CreateResponse(issuer, issuer, answer, key))
}

// watchHeap tells at the end how far the heap grew at its highest.
func watchHeap(t testing.TB) func() uint64 {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, m.HeapAlloc
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	}()
	return func() uint64 { close(stop); <-done; return peak - before }
}
