package catalog

import (
	"crypto/x509"
	"fmt"

	"qulyp/internal/cert"
)

// signer is a listed authority whose signatures can be verified.
type signer struct {
	row int
	key *x509.Certificate // holds nothing but the public key
}

func newSigner(row int, spki []byte) (signer, error) {
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return signer{}, fmt.Errorf("read public key: %w", err)
	}
	return signer{row, &x509.Certificate{PublicKey: key}}, nil
}

// signed is the listed authority that signed the certificate: its name stands there as the issuer, and the signature verifies with its key. This is
// what recognises the short-lived intermediates, of which the state makes new ones all the time, and a leaf that comes without its chain.
func (l *List) signed(c cert.Certificate) (Match, bool) {
	if c.DER == nil || c.Unread != nil || c.Issuer.Text == "" {
		return Match{}, false
	}
	possible := l.index.signers[nameKey(c.Issuer.Text)]
	if len(possible) == 0 {
		return Match{}, false
	}
	parsed, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return Match{}, false
	}
	for _, one := range possible {
		if one.key.CheckSignature(parsed.SignatureAlgorithm, parsed.RawTBSCertificate, parsed.Signature) == nil {
			return l.match(one.row, BySignature), true
		}
	}
	return Match{}, false
}
