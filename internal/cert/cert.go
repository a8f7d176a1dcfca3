// Package cert is one certificate and its identity.
//
// [Read] never fails. What cannot be parsed (a negative serial number, a key of an unknown kind, junk) still has a [Print], so it can be listed,
// found and removed. The package gives no opinion on a certificate, verifies nothing and reads no files.
//
// # Parsing
//
// crypto/x509 refuses certificates that exist in the wild: DSDTestProvider of Dell has a negative serial number. So names, dates, serial and key
// are read by a lenient walk over the TBSCertificate of RFC 5280 section 4.1, field by field, and each field that is readable is kept. Whether
// crypto/x509 would accept the whole is told by Unread.
package cert

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // other programs name certificates by SHA-1 (Windows thumbprints, NSS trust records); never used to delete
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Certificate is one certificate as it stood in a store or came over the wire.
type Certificate struct {
	DER     []byte   // a private copy of the whole encoding; nil when only a trust record without its certificate was found
	Print   Print    // SHA-256 of DER
	SHA1    [20]byte // SHA-1 of DER, for matching foreign records only
	Key     Print    // SHA-256 of SubjectPublicKeyInfo: equal for a certificate that was issued again; zero when it could not be read
	Subject Name
	Issuer  Name
	Serial  []byte    // the serial number as the DER INTEGER with tag and length, as NSS stores it; nil when unreadable
	From    time.Time // notBefore, UTC; zero when unreadable
	Until   time.Time // notAfter, UTC; zero when unreadable
	CA      bool      // basicConstraints says CA, or keyUsage does where that is missing; old roots lack both and are anchors all the same
	Old     bool      // of version 1 or 2, in which no extension can say whether it is a CA
	Unread  error     // why crypto/x509 refuses it, or nil
}

var errNotCertificate = errors.New("not a certificate")

// Read makes a Certificate of der, which is copied. It never fails: see Unread.
func Read(der []byte) Certificate {
	own := bytes.Clone(der)
	c := Certificate{DER: own, Print: sha256.Sum256(own), SHA1: sha1.Sum(own)} //nolint:gosec // see import
	c.walk()
	if parsed, err := x509.ParseCertificate(own); err != nil {
		c.Unread = err
	} else {
		c.CA, c.Old = parsed.IsCA, parsed.Version < 3
		if !parsed.BasicConstraintsValid && parsed.KeyUsage&x509.KeyUsageCertSign != 0 {
			c.CA = true // OpenSSL takes it for one: check_ca of crypto/x509/v3_purp.c
		}
	}
	return c
}

// Self tells whether subject and issuer are the same, byte for byte.
func (c Certificate) Self() bool {
	return len(c.Subject.Raw) > 0 && bytes.Equal(c.Subject.Raw, c.Issuer.Raw)
}

// Title is a short human name: the common name, else the organisation, else the unit, else the beginning of the print.
func (c Certificate) Title() string {
	for _, text := range []string{c.Subject.CommonName, c.Subject.Organization, c.Subject.Unit} {
		if text != "" {
			return text
		}
	}
	if c.Print.IsZero() {
		return hex.EncodeToString(c.SHA1[:4])
	}
	return c.Print.Short()
}

// Anchor tells whether the certificate can stand at the end of a chain that forges other sites: it says CA, or it signs itself (roots of
// version 1, eDellRoot and others carry no basicConstraints), or nothing in it rules that out: it is of a version that knows no extensions (browsers take such a
// one for an authority when it is trusted as one), or it could not be read well enough.
func (c Certificate) Anchor() bool { return c.CA || c.Self() || c.Old || c.Unread != nil }

// walk fills in every field that can be read, and stops where the structure ends to make sense.
func (c *Certificate) walk() {
	input := cryptobyte.String(c.DER)
	var outer, tbs cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1(&tbs, asn1.SEQUENCE) {
		c.Unread = errNotCertificate
		return
	}
	tbs.SkipOptionalASN1(asn1.Tag(0).Constructed().ContextSpecific()) // version
	var serial cryptobyte.String
	if !tbs.ReadASN1Element(&serial, asn1.INTEGER) {
		return
	}
	c.Serial = bytes.Clone(serial)
	if !tbs.SkipASN1(asn1.SEQUENCE) { // signature algorithm
		return
	}
	var element cryptobyte.String
	if !tbs.ReadASN1Element(&element, asn1.SEQUENCE) {
		return
	}
	c.Issuer = ReadName(element)
	var validity cryptobyte.String
	if !tbs.ReadASN1(&validity, asn1.SEQUENCE) {
		return
	}
	c.From, c.Until = readTime(&validity), readTime(&validity)
	if !tbs.ReadASN1Element(&element, asn1.SEQUENCE) {
		return
	}
	c.Subject = ReadName(element)
	if !tbs.ReadASN1Element(&element, asn1.SEQUENCE) {
		return
	}
	c.Key = sha256.Sum256(element)
}

// readTime reads a UTCTime or GeneralizedTime; zero when it is neither or does not parse.
func readTime(s *cryptobyte.String) time.Time {
	var text cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&text, &tag) {
		return time.Time{}
	}
	layouts := []string{"20060102150405Z"}
	if tag == asn1.UTCTime {
		layouts = []string{"060102150405Z", "0601021504Z"}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, string(text)); err == nil {
			// RFC 5280 section 4.1.2.5.1: two-digit years from 50 on are of the last century; Go splits at 69.
			if tag == asn1.UTCTime && at.Year() >= 2050 {
				at = at.AddDate(-100, 0, 0)
			}
			return at.UTC()
		}
	}
	return time.Time{}
}
