package adversary

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// Style says after which years an interception authority is modelled.
type Style int

// The styles.
const (
	Of2019 Style = iota // root «Qaznet Trust Network», intermediate «Security Certificate» for three years
	Of2021              // root «Information Security Certification Authority» of O=ISCA, intermediate for 75 days
	Nobody              // names that say nothing
)

// Authority is a root with one intermediate and both keys.
type Authority struct {
	Root, Between       *x509.Certificate
	rootKey, betweenKey crypto.Signer
}

var kz = []string{"KZ"}

// NewAuthority makes an interception authority of the style. If expired, the intermediate has been out of date since a month before now.
func NewAuthority(style Style, now time.Time, expired bool) (*Authority, error) {
	root := pkix.Name{Country: kz, CommonName: "Qaznet Trust Network"}
	between := pkix.Name{Country: kz, CommonName: "Security Certificate"}
	life := 3 * 365 * 24 * time.Hour
	switch style {
	case Of2021:
		root = pkix.Name{Country: kz, Organization: []string{"ISCA"}, CommonName: "Information Security Certification Authority"}
		between = pkix.Name{Country: kz, Organization: []string{"ISCA"}, CommonName: "Intermediate"}
		life = 75 * 24 * time.Hour
	case Nobody:
		root, between = pkix.Name{CommonName: "Root of nobody"}, pkix.Name{CommonName: "Intermediate of nobody"}
	}
	from := now.Add(-life / 3)
	if expired {
		from = now.Add(-life - 30*24*time.Hour)
	}
	rootKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make root key: %w", err)
	}
	betweenKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make intermediate key: %w", err)
	}
	return build(rootKey, betweenKey, root, between, now, from, life)
}

// NewPublic makes an authority that stands for the public ones in a test: who is told to trust its root finds its leaves genuine.
func NewPublic(now time.Time) (*Authority, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make root key: %w", err)
	}
	betweenKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make intermediate key: %w", err)
	}
	name := func(text string) pkix.Name {
		return pkix.Name{Organization: []string{"Example Trust"}, CommonName: text}
	}
	life := 5 * 365 * 24 * time.Hour
	return build(rootKey, betweenKey, name("Example Public Root"), name("Example Public Intermediate"), now, now.Add(-life/3), life)
}

func build(rootKey, betweenKey crypto.Signer, root, between pkix.Name, now, from time.Time, life time.Duration) (*Authority, error) {
	a := &Authority{rootKey: rootKey, betweenKey: betweenKey}
	rootForm := &x509.Certificate{
		SerialNumber: serial(), Subject: root, NotBefore: now.Add(-10 * 365 * 24 * time.Hour), NotAfter: now.Add(20 * 365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	var err error
	if a.Root, err = create(rootForm, rootForm, rootKey.Public(), rootKey); err != nil {
		return nil, fmt.Errorf("make root: %w", err)
	}
	betweenForm := &x509.Certificate{
		SerialNumber: serial(), Subject: between, NotBefore: from, NotAfter: from.Add(life),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if a.Between, err = create(betweenForm, a.Root, betweenKey.Public(), rootKey); err != nil {
		return nil, fmt.Errorf("make intermediate: %w", err)
	}
	return a, nil
}

// Leaf is what an honest site has: a certificate for its names with the usual extensions.
type Leaf struct {
	Names       []string
	From, Until time.Time
	Stamped     bool // with a certificate time stamp embedded; its signature is made up
}

// Issue makes a site's certificate with its chain up to the intermediate.
func (a *Authority) Issue(leaf Leaf) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make site key: %w", err)
	}
	form := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: leaf.Names[0], Organization: []string{"Example Site"}}, DNSNames: leaf.Names,
		NotBefore: leaf.From, NotAfter: leaf.Until, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IssuingCertificateURL: []string{"http://issuer.example/ca.der"},
	}
	if leaf.Stamped {
		form.ExtraExtensions = []pkix.Extension{{Id: stampOID, Value: Stamps()}}
	}
	made, err := create(form, a.Between, key.Public(), a.betweenKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make site certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{made.Raw, a.Between.Raw}, PrivateKey: key, Leaf: made}, nil
}

var stampOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2} // RFC 6962 section 3.3

// Stamps is the value of the extension with one certificate time stamp of an invented log.
func Stamps() []byte {
	octets, err := asn1.Marshal(StampList())
	if err != nil {
		panic(err) // a byte string always can be marshalled
	}
	return octets
}

// StampList is a SignedCertificateTimestampList of RFC 6962 section 3.3 with one stamp of an invented log.
func StampList() []byte {
	stamp := []byte{0}                                     // version 1
	stamp = append(stamp, make([]byte, 32)...)             // log
	stamp = append(stamp, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0) // time, no extensions
	stamp = append(stamp, 4, 3, 0, 2, 1, 2)                // ECDSA with SHA-256, two bytes of signature
	return append([]byte{0, byte(len(stamp) + 2), 0, byte(len(stamp))}, stamp...)
}

func create(form, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, form, parent, public, signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return n.SetBit(n, 126, 1) // all of one length
}
