package probe

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// Marks of the interception box as it was measured in July 2019 (https://censoredplanet.org/kazakhstan), and of the chains of 2021 to 2024
// (https://ooni.org/post/2024-kazakhstan-report/). None is proof by itself; together they say whose box it is, or that it is another.
const (
	MarkIssuer   = "issuer-security-certificate" // C=KZ, CN=Security Certificate signed the leaf or stands in the chain
	MarkStripped = "extensions-stripped"         // the leaf has no extension but its names
	MarkMirrored = "mirrored-subject"            // subject and names are those of the genuine certificate
	MarkShifted  = "six-hour-shift"              // both dates are the genuine ones less six hours
	MarkSerial   = "serial-tail"                 // the genuine serial number but for its last four bytes
	MarkKey      = "key-rsa-2048"                // the leaf's key is RSA of 2048 bits
	MarkKey3     = "key-rsa-2048-e3"             // and its exponent is 3
	MarkExpired  = "expired-intermediate"        // a certificate above the leaf is out of date
	MarkBare     = "leaf-only"                   // nothing but the leaf was presented
	MarkSeventy5 = "intermediate-75-days"        // an intermediate lives 75 days, as those of 2021 to 2024
)

const boxShift = 6 * time.Hour

// marks looks for the marks in a chain. Marks that the handshake already carries about itself are kept.
func marks(h *evidence.Handshake, env Env) []string {
	var list []string
	add := func(mark string, yes bool) {
		if yes {
			list = append(list, mark)
		}
	}
	for _, mark := range h.Marks {
		add(mark, mark == markCut)
	}
	leaf := h.Chain[0]
	issuer, expired, seventy5 := isBox(leaf.Issuer), false, false
	for _, c := range h.Chain[1:min(len(h.Chain), maxLinks)] {
		issuer = issuer || isBox(c.Subject)
		expired = expired || !c.Until.IsZero() && (h.At.After(c.Until) || h.At.Before(c.From))
		seventy5 = seventy5 || c.Until.Sub(c.From) == 75*24*time.Hour
	}
	add(MarkIssuer, issuer)
	add(MarkExpired, expired)
	add(MarkSeventy5, seventy5)
	add(MarkBare, len(h.Chain) == 1)
	parsed, err := x509.ParseCertificate(leaf.DER)
	if err != nil {
		return list
	}
	stripped := true
	for _, extension := range parsed.Extensions {
		stripped = stripped && extension.Id.Equal(oidSubjectAltern)
	}
	add(MarkStripped, stripped)
	if key, ok := parsed.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() == 2048 {
		add(MarkKey, key.E != 3)
		add(MarkKey3, key.E == 3)
	}
	for _, original := range env.Originals[h.Target.Host] {
		genuine, err := x509.ParseCertificate(original.DER)
		if err != nil {
			continue
		}
		mirrored := bytes.Equal(parsed.RawSubject, genuine.RawSubject) && bytes.Equal(names(parsed), names(genuine))
		shifted := parsed.NotBefore.Equal(genuine.NotBefore.Add(-boxShift)) && parsed.NotAfter.Equal(genuine.NotAfter.Add(-boxShift))
		serial := sameButTail(leaf, original)
		if mirrored || shifted || serial {
			add(MarkMirrored, mirrored)
			add(MarkShifted, shifted)
			add(MarkSerial, serial)
			break
		}
	}
	return list
}

// markCut says that the server presented more certificates than are kept.
const markCut = "chain-cut"

func isBox(name cert.Name) bool {
	return name.CommonName == "Security Certificate" && name.Country == "KZ"
}

func names(c *x509.Certificate) []byte {
	for _, extension := range c.Extensions {
		if extension.Id.Equal(oidSubjectAltern) {
			return extension.Value
		}
	}
	return nil
}

// sameButTail compares serial numbers as DER integers: equal length, and only the last four bytes differ.
func sameButTail(a, b cert.Certificate) bool {
	n := len(a.Serial)
	if n != len(b.Serial) || n < 2+4+1 { // tag, length, tail, and something before it
		return false
	}
	return bytes.Equal(a.Serial[:n-4], b.Serial[:n-4]) && !bytes.Equal(a.Serial, b.Serial)
}
