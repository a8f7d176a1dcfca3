package store

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"fmt"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"software.sslmate.com/src/go-pkcs12"

	"qulyp/internal/evidence"
)

// # PKCS#12
//
// The format is that of RFC 7292, as sun.security.pkcs12.PKCS12KeyStore of OpenJDK writes it:
//
//	PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, macData MacData OPTIONAL }
//	ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
//
// authSafe holds, in an OCTET STRING, a SEQUENCE OF ContentInfo: the safes. A safe is open, or sealed with a password. In it are bags:
//
//	SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF Attribute OPTIONAL }
//
// A certificate is trusted by Java when its bag has the attribute trustedKeyUsage of Oracle.

var (
	oidData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncrypted       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidCertBag         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidX509Certificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
	oidFriendlyName    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidLocalKeyID      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 21}
	oidTrustedKeyUsage = asn1.ObjectIdentifier{2, 16, 840, 1, 113894, 746875, 1, 1}
)

var (
	tagContent = casn1.Tag(0).Constructed().ContextSpecific() // [0] EXPLICIT
	tagSealed  = casn1.Tag(0).ContextSpecific()               // [0] IMPLICIT OCTET STRING
)

// pfx is a PKCS#12 file, taken apart as far as its safes.
type pfx struct {
	version []byte // the element
	content []byte // the SEQUENCE OF ContentInfo, of which the checksum is
	safes   []safe
	mac     *mac // nil: none
}

// safe is one part of the file.
type safe struct {
	sealing  *sealing // nil: it lies open
	version  []byte   // of a sealed one: the element before the content
	contents []byte   // the SEQUENCE OF SafeBag; empty while sealed
	sealed   []byte
}

// readPKCS12 reads a keystore in that format. A file that go-pkcs12 can read and this cannot (sealed with RC2, as Java 8 did) is listed, and not written.
func readPKCS12(data []byte) (*keystore, error) {
	p, err := parsePFX(data)
	if err != nil {
		return nil, err
	}
	password, err := p.open()
	if errors.Is(err, errOldSeal) {
		return decodePKCS12(data, err)
	}
	if err != nil {
		return nil, err
	}
	k := &keystore{form: pkcs12Form}
	for i, s := range p.safes {
		err = errors.Join(err, eachBag(s.contents, func(raw []byte) error {
			item, err := readBag(raw)
			item.safe, item.raw = i, raw
			k.items = append(k.items, item)
			return err
		}))
	}
	if err != nil {
		return k, err
	}
	build := func(items []keyItem) ([]byte, error) { return p.build(items, password) }
	// Only what this program can write as it was is written at all.
	if again, err := build(k.items); err == nil && bytes.Equal(again, data) {
		k.build = build
	}
	return k, nil
}

// decodePKCS12 has go-pkcs12 read the file.
func decodePKCS12(data []byte, why error) (*keystore, error) {
	for _, password := range keystorePasswords {
		found, err := pkcs12.DecodeTrustStore(data, password)
		if errors.Is(err, pkcs12.ErrIncorrectPassword) {
			why = errKeystorePassword
			continue
		}
		if err != nil {
			why = errors.Join(why, err)
			continue
		}
		k := &keystore{form: pkcs12Form}
		for _, c := range found {
			k.items = append(k.items, keyItem{der: c.Raw, trust: evidence.Web})
		}
		return k, nil
	}
	return nil, why
}

// parsePFX reads the outer layers.
func parsePFX(data []byte) (*pfx, error) {
	odd := func(what string) error { return fmt.Errorf("%s: %w", what, errKeystoreOdd) }
	input := cryptobyte.String(data)
	var body, version, content, safes cryptobyte.String
	var number int64
	if !input.ReadASN1(&body, casn1.SEQUENCE) {
		return nil, errKeystoreCut
	}
	if !input.Empty() || !body.ReadASN1Element(&version, casn1.INTEGER) {
		return nil, odd("file")
	}
	if inner := version; !inner.ReadASN1Integer(&number) || number != 3 {
		return nil, fmt.Errorf("version %d: %w", number, errKeystoreForm)
	}
	kind, ok := readContentInfo(&body, &content)
	if !ok {
		return nil, odd("authenticated safe")
	}
	if !kind.Equal(oidData) {
		return nil, fmt.Errorf("sealed with a key (%s): %w", kind, errKeystoreForm)
	}
	var inner cryptobyte.String
	if !content.ReadASN1(&inner, casn1.OCTET_STRING) || !content.Empty() {
		return nil, odd("authenticated safe")
	}
	p := &pfx{version: version, content: inner}
	if !inner.ReadASN1(&safes, casn1.SEQUENCE) || !inner.Empty() {
		return nil, odd("authenticated safe")
	}
	for !safes.Empty() {
		var content cryptobyte.String
		kind, ok := readContentInfo(&safes, &content)
		switch {
		case !ok:
			return nil, odd("safe")
		case kind.Equal(oidData):
			var contents cryptobyte.String
			if !content.ReadASN1(&contents, casn1.OCTET_STRING) || !content.Empty() {
				return nil, odd("safe")
			}
			p.safes = append(p.safes, safe{contents: contents})
		case kind.Equal(oidEncrypted):
			s, ok := readSealed(content)
			if !ok {
				return nil, odd("sealed safe")
			}
			p.safes = append(p.safes, s)
		default:
			return nil, fmt.Errorf("safe of kind %s: %w", kind, errKeystoreForm)
		}
	}
	if !body.Empty() {
		if p.mac, ok = readMAC(&body); !ok || !body.Empty() {
			return nil, odd("checksum")
		}
	}
	return p, nil
}

// readContentInfo reads one ContentInfo, of which content is what is inside of [0].
func readContentInfo(from, content *cryptobyte.String) (asn1.ObjectIdentifier, bool) {
	var info cryptobyte.String
	var kind asn1.ObjectIdentifier
	ok := from.ReadASN1(&info, casn1.SEQUENCE) && info.ReadASN1ObjectIdentifier(&kind) && info.ReadASN1(content, tagContent) && info.Empty()
	return kind, ok
}

// readSealed reads EncryptedData ::= SEQUENCE { version INTEGER, SEQUENCE { contentType, algorithm, [0] IMPLICIT OCTET STRING } }.
func readSealed(content cryptobyte.String) (safe, bool) {
	var data, info, version, algorithm, sealed cryptobyte.String
	var kind asn1.ObjectIdentifier
	ok := content.ReadASN1(&data, casn1.SEQUENCE) && content.Empty() && data.ReadASN1Element(&version, casn1.INTEGER) &&
		data.ReadASN1(&info, casn1.SEQUENCE) && data.Empty() && info.ReadASN1ObjectIdentifier(&kind) && kind.Equal(oidData) &&
		info.ReadASN1Element(&algorithm, casn1.SEQUENCE) && info.ReadASN1(&sealed, tagSealed) && info.Empty()
	return safe{sealing: &sealing{algorithm: algorithm}, version: version, sealed: sealed}, ok
}

// eachBag calls do with each bag of a safe, and joins what it says.
func eachBag(contents []byte, do func(raw []byte) error) error {
	input := cryptobyte.String(contents)
	var bags cryptobyte.String
	if !input.ReadASN1(&bags, casn1.SEQUENCE) || !input.Empty() {
		return fmt.Errorf("contents of a safe: %w", errKeystoreOdd)
	}
	var troubles []error
	for !bags.Empty() {
		var raw cryptobyte.String
		if !bags.ReadASN1Element(&raw, casn1.SEQUENCE) {
			return errors.Join(append(troubles, fmt.Errorf("contents of a safe: %w", errKeystoreOdd))...)
		}
		if err := do(raw); err != nil && len(troubles) == 0 { // one is enough
			troubles = append(troubles, err)
		}
	}
	return errors.Join(troubles...)
}

// readBag reads one bag.
func readBag(raw []byte) (keyItem, error) {
	var item keyItem
	input := cryptobyte.String(raw)
	var bag, value, attributes cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&bag, casn1.SEQUENCE) || !bag.ReadASN1ObjectIdentifier(&kind) || !bag.ReadASN1(&value, tagContent) ||
		!bag.Empty() && (!bag.ReadASN1(&attributes, casn1.SET) || !bag.Empty()) {
		return item, fmt.Errorf("bag: %w", errKeystoreOdd)
	}
	trusted, ofKey := false, false
	for !attributes.Empty() {
		var attribute, values cryptobyte.String
		var id asn1.ObjectIdentifier
		if !attributes.ReadASN1(&attribute, casn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&id) || !attribute.ReadASN1(&values, casn1.SET) {
			return item, fmt.Errorf("attribute of a bag: %w", errKeystoreOdd)
		}
		switch {
		case id.Equal(oidFriendlyName):
			var name cryptobyte.String
			if values.ReadASN1(&name, casn1.Tag(30)) { // BMPString
				item.alias = fromBMP(name)
			}
		case id.Equal(oidLocalKeyID):
			ofKey = true
		case id.Equal(oidTrustedKeyUsage):
			trusted = true
		}
	}
	item.key = true
	if !kind.Equal(oidCertBag) {
		return item, nil
	}
	var body, content, der cryptobyte.String
	if !value.ReadASN1(&body, casn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&kind) || !body.ReadASN1(&content, tagContent) {
		return item, fmt.Errorf("certificate bag: %w", errKeystoreOdd)
	}
	if !kind.Equal(oidX509Certificate) {
		return item, nil
	}
	if !content.ReadASN1(&der, casn1.OCTET_STRING) || len(der) == 0 {
		return item, fmt.Errorf("certificate bag: %w", errKeystoreOdd)
	}
	item.der, item.key = der, !trusted
	switch {
	case trusted, ofKey: // the first certificate of a private key is trusted too, see readJKSItem
		item.trust = evidence.Web
	default:
		item.trust = evidence.Other
	}
	return item, nil
}

func fromBMP(text []byte) string {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i])<<8 | uint16(text[2*i+1])
	}
	return string(utf16.Decode(units))
}

// build writes the file again with these items. Bags keep their bytes; what stands around them is written anew, sealed again with the same key and
// salt, and gets a new checksum.
func (p *pfx) build(items []keyItem, password string) ([]byte, error) {
	var failed error
	var all cryptobyte.Builder
	all.AddASN1(casn1.SEQUENCE, func(safes *cryptobyte.Builder) {
		for i, s := range p.safes {
			var contents cryptobyte.Builder
			contents.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, item := range items {
					if item.safe == i {
						b.AddBytes(item.raw)
					}
				}
			})
			plain, err := contents.Bytes()
			failed = errors.Join(failed, err)
			if s.sealing == nil {
				addContentInfo(safes, oidData, func(b *cryptobyte.Builder) { b.AddASN1OctetString(plain) })
				continue
			}
			sealed, err := s.sealing.seal(plain)
			failed = errors.Join(failed, err)
			addContentInfo(safes, oidEncrypted, func(b *cryptobyte.Builder) {
				b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddBytes(s.version)
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidData)
						b.AddBytes(s.sealing.algorithm)
						b.AddASN1(tagSealed, func(b *cryptobyte.Builder) { b.AddBytes(sealed) })
					})
				})
			})
		}
	})
	content, err := all.Bytes()
	if failed = errors.Join(failed, err); failed != nil {
		return nil, failed
	}
	var out cryptobyte.Builder
	out.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(p.version)
		addContentInfo(b, oidData, func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
		if p.mac != nil {
			failed = p.mac.add(b, content, password)
		}
	})
	data, err := out.Bytes()
	return data, errors.Join(failed, err)
}

func addContentInfo(b *cryptobyte.Builder, kind asn1.ObjectIdentifier, content cryptobyte.BuilderContinuation) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(kind)
		b.AddASN1(tagContent, content)
	})
}
