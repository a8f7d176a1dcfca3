package probe

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/md5" //nolint:gosec // only to recognise who signed an old forgery, never to trust
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // as above
	"crypto/x509"

	"qulyp/internal/cert"
)

// path follows the chain upward from the leaf by signature, as far as it goes, and leaves out what only lies beside it. Dates play no part: an
// expired intermediate is evidence all the same. A pair that cannot be parsed is joined by its names.
//
// Beside are certificates that other servers of the same run presented: a box that leaves its intermediate out here may have shown it there.
func path(chain, beside []cert.Certificate) []cert.Certificate {
	if len(chain) == 0 {
		return nil
	}
	chain = append(append([]cert.Certificate(nil), chain[:min(len(chain), maxLinks)]...), beside...)
	used := make([]bool, len(chain))
	used[0] = true
	steps := []cert.Certificate{chain[0]}
	for {
		top := steps[len(steps)-1]
		if top.Self() || len(top.Issuer.Raw) == 0 {
			return steps
		}
		next := -1
		for i := range chain {
			if !used[i] && signedBy(top, chain[i]) {
				next = i
				break
			}
		}
		if next < 0 {
			return steps
		}
		used[next] = true
		steps = append(steps, chain[next])
	}
}

// voucher finds the root, among those found on this computer, that signed the chain or is part of it.
func voucher(steps, roots []cert.Certificate) (cert.Certificate, bool) {
	for i := len(steps) - 1; i >= 0; i-- {
		for _, root := range roots {
			if steps[i].Print == root.Print || i > 0 && steps[i].Key == root.Key && !root.Key.IsZero() {
				return root, true
			}
		}
		for _, root := range roots {
			if !root.Print.IsZero() && signedBy(steps[i], root) {
				return root, true
			}
		}
	}
	return cert.Certificate{}, false
}

// signedBy tells whether parent's key signed child. The usual conditions (parent says CA, key usage) are not asked: old roots lack them and
// vouch all the same. Where either cannot be parsed, equal names must do.
func signedBy(child, parent cert.Certificate) bool {
	if len(child.Issuer.Raw) == 0 || !bytes.Equal(child.Issuer.Raw, parent.Subject.Raw) {
		return false
	}
	lower, err := x509.ParseCertificate(child.DER)
	if err != nil {
		return true
	}
	upper, err := x509.ParseCertificate(parent.DER)
	if err != nil || upper.PublicKey == nil { // a key of an unknown kind, as GOST
		return true
	}
	return upper.CheckSignature(lower.SignatureAlgorithm, lower.RawTBSCertificate, lower.Signature) == nil || oldSignature(lower, upper)
}

// oldSignature checks the signatures that crypto/x509 no longer does: forging products of the last decade still use them.
func oldSignature(child, parent *x509.Certificate) bool {
	sum := sha1.Sum(child.RawTBSCertificate) //nolint:gosec // see import
	switch child.SignatureAlgorithm {
	case x509.SHA1WithRSA:
		key, ok := parent.PublicKey.(*rsa.PublicKey)
		return ok && rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], child.Signature) == nil
	case x509.ECDSAWithSHA1:
		key, ok := parent.PublicKey.(*ecdsa.PublicKey)
		return ok && ecdsa.VerifyASN1(key, sum[:], child.Signature)
	case x509.MD5WithRSA:
		old := md5.Sum(child.RawTBSCertificate) //nolint:gosec // see import
		key, ok := parent.PublicKey.(*rsa.PublicKey)
		return ok && rsa.VerifyPKCS1v15(key, crypto.MD5, old[:], child.Signature) == nil
	}
	return false
}
