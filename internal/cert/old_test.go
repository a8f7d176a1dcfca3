package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"
)

// TestOldAnchor is a certificate of version 1 that somebody else has signed: nothing in it says that it is no authority, and programs that were told to trust it
// as one do so.
func TestOldAnchor(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := func(text string) pkix.RDNSequence { return pkix.Name{CommonName: text}.ToRDNSequence() }
	public, err := key.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	type info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	curve, _ := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7})
	signing := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	body, err := asn1.Marshal(struct {
		Serial    *big.Int
		Algorithm pkix.AlgorithmIdentifier
		Issuer    pkix.RDNSequence
		Validity  struct{ From, Until time.Time }
		Subject   pkix.RDNSequence
		Info      info
	}{big.NewInt(7), signing, name("Somebody"), struct{ From, Until time.Time }{time.Unix(1.7e9, 0).UTC(), time.Unix(1.9e9, 0).UTC()}, name("Crossed"),
		info{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: curve}},
			asn1.BitString{Bytes: public.Bytes(), BitLength: 8 * len(public.Bytes())}}})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Body      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: body}, signing, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	if err != nil {
		t.Fatal(err)
	}
	c := Read(der)
	if c.Unread != nil || c.Self() || c.CA {
		t.Fatalf("not the case that was meant: %+v", c)
	}
	if !c.Anchor() {
		t.Error("passed over as if it could vouch for nothing")
	}
}
