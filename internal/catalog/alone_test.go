package catalog

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"qulyp/internal/cert"
)

// TestAlone holds that neither a public root nor the e-signature can be hit through a certificate that has their key, or their issuer and serial number.
func TestAlone(t *testing.T) {
	text, err := os.ReadFile("../../assets/authorities.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	own := cert.Certificate{Key: cert.Of([]byte("own")), Serial: []byte{2, 1, 77}, Issuer: cert.Name{Text: "CN=own"}}
	if !list.Alone(own) {
		t.Error("what is nobody's is said to be somebody's")
	}
	if list.Alone(cert.Certificate{Key: own.Key}) || list.Alone(cert.Certificate{Serial: own.Serial, Issuer: own.Issuer}) || new(List).Alone(own) {
		t.Error("alone without a key, without a serial number or without a list")
	}
	check := func(who string, key cert.Print, issuer string, serial []byte) {
		t.Helper()
		if one := own; !key.IsZero() {
			if one.Key = key; list.Alone(one) {
				t.Errorf("%s: its key may be refused", who)
			}
		}
		if one := own; len(serial) > 0 {
			if one.Issuer.Text, one.Serial = issuer, serial; list.Alone(one) {
				t.Errorf("%s: its issuer and serial number may be refused", who)
			}
		}
	}
	for root := range bundle.Roots() {
		c := cert.Read(root.Certificate)
		if c.Key.IsZero() || len(c.Serial) == 0 {
			t.Errorf("%s: no key or serial number was read", c.Title())
		}
		check(c.Title(), c.Key, c.Issuer.Text, c.Serial)
	}
	signing := 0
	for _, a := range list.Authorities {
		if a.Class == NationalSigning {
			signing++
			check(a.ID, a.Key, a.Issuer, a.Serial)
		} else if a.Class.Hostile() && !a.Key.IsZero() {
			one := own
			if one.Key = a.Key; !list.Alone(one) {
				t.Errorf("%s: its key may not be refused", a.ID)
			}
		}
	}
	if signing < 5 {
		t.Errorf("%d authorities of the e-signature", signing)
	}
}

// TestSelfSigned holds that a copied key is told from one that its holder used.
func TestSelfSigned(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(issuer string, public *ecdsa.PublicKey) cert.Certificate {
		t.Helper()
		template := &x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "root"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}, public, key)
		if err != nil {
			t.Fatal(err)
		}
		return cert.Read(der)
	}
	for name, test := range map[string]struct {
		c    cert.Certificate
		want bool
	}{
		"its own":          {issue("root", &key.PublicKey), true},
		"a copied key":     {issue("root", &other.PublicKey), false},
		"another's name":   {issue("other", &key.PublicKey), false},
		"no certificate":   {cert.Read([]byte("junk")), false},
		"nothing but name": {cert.Certificate{}, false},
	} {
		if got := SelfSigned(test.c); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
