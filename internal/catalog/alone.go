package catalog

import (
	"crypto/x509"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"qulyp/internal/cert"
)

// others is by what somebody who must never be refused could be refused in the name of another certificate.
type others struct {
	keys    map[cert.Print]bool
	serials map[string]bool // serialKey
}

// genuine reads the public roots and the listed authorities of the e-signature. It takes some milliseconds, so it waits until it is asked for.
func (l *List) genuine() others {
	all := others{map[cert.Print]bool{}, map[string]bool{}}
	add := func(key cert.Print, issuer string, serial []byte) {
		if !key.IsZero() {
			all.keys[key] = true
		}
		if len(serial) > 0 {
			all.serials[serialKey(issuer, serial)] = true
		}
	}
	for root := range bundle.Roots() {
		c := cert.Read(root.Certificate)
		add(c.Key, c.Issuer.Text, c.Serial)
	}
	for _, a := range l.Authorities {
		if a.Class == NationalSigning {
			add(a.Key, a.Issuer, a.Serial)
		}
	}
	return all
}

// Alone tells whether the certificate shares neither its public key nor issuer and serial number with a public root or a listed authority of the e-signature.
// Some stores refuse by these (p11-kit does), and anybody can write another's public key, or issuer and serial number, into a certificate: to refuse such a one
// would refuse the genuine one. What has no key or no serial number that can be read is not alone.
func (l *List) Alone(c cert.Certificate) bool {
	if l.index == nil || c.Key.IsZero() || len(c.Serial) == 0 {
		return false
	}
	genuine := l.index.genuine()
	return !genuine.keys[c.Key] && !genuine.serials[serialKey(c.Issuer.Text, c.Serial)]
}

// SelfSigned tells whether the certificate names itself as its issuer and is signed with its own key: who made it holds that key, and did not copy it from
// somebody else's certificate. A signature of a kind that cannot be verified here counts for nothing.
func SelfSigned(c cert.Certificate) bool {
	if !c.Self() || c.Unread != nil {
		return false
	}
	parsed, err := x509.ParseCertificate(c.DER)
	return err == nil && parsed.CheckSignature(parsed.SignatureAlgorithm, parsed.RawTBSCertificate, parsed.Signature) == nil
}
