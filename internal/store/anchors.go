package store

import (
	"bytes"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// form is how a file keeps its certificates.
type form string

// The forms. The values stand in receipts.
const (
	pemForm  form = "pem"     // PEM blocks between any other text
	p11Form  form = "p11-kit" // sections of attributes; see anchors_p11.go
	derForm  form = "der"     // one certificate and nothing else
	lineForm form = "lines"   // no certificates: one item a line, as in ca-certificates.conf
)

// piece is one certificate in a file, with its place.
type piece struct {
	start, end int
	der        []byte         // nil: a section that holds no certificate
	print      cert.Print     // of der
	trust      evidence.Trust // what the file says of it; empty: nothing
}

// pieces takes a file apart. What holds no certificate has no pieces, whatever it is: junk in a folder of certificates is trusted by nothing. sections tells
// whether those who read the file know the format of p11-kit.
func pieces(data []byte, sections bool) (form, []piece) {
	if sections && isP11(data) {
		return p11Form, p11Pieces(data)
	}
	var all []piece
	for raw := range cert.Scan(data) {
		all = append(all, piece{start: raw.Start, end: raw.End, der: raw.DER, print: cert.Of(raw.DER), trust: auxTrust(raw.Aux)})
	}
	if len(all) > 0 {
		return pemForm, all
	}
	if der := wholeDER(data); der != nil {
		return derForm, []piece{{end: len(data), der: der, print: cert.Of(der)}}
	}
	return pemForm, nil
}

// formPieces takes a file apart in the form that a receipt names.
func formPieces(f form, data []byte) []piece {
	switch f {
	case p11Form:
		return p11Pieces(data)
	case lineForm:
		var all []piece
		at := 0
		for line := range bytes.Lines(data) {
			all = append(all, piece{start: at, end: at + len(line)})
			at += len(line)
		}
		return all
	}
	_, all := pieces(data, false)
	return all
}

// wholeDER is data when it is one certificate in DER; nil otherwise. A SEQUENCE that is no certificate (a key, a request, a list of revocations) is told apart
// by what must stand in a certificate: a serial number, two names and a key.
func wholeDER(data []byte) []byte {
	if len(data) < 64 || data[0] != 0x30 || cert.Length(data) != len(data) {
		return nil
	}
	input := cryptobyte.String(data)
	var outer, tbs cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(casn1.Tag(0).Constructed().ContextSpecific()) || !tbs.SkipASN1(casn1.INTEGER) {
		return nil
	}
	for range 5 { // signature algorithm, issuer, validity, subject, key
		if !tbs.SkipASN1(casn1.SEQUENCE) {
			return nil
		}
	}
	return data
}

// purposes of RFC 5280 section 4.2.1.12
var (
	serverAuth = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	anyPurpose = asn1.ObjectIdentifier{2, 5, 29, 37, 0}
)

// auxTrust is what the CertAux of a TRUSTED CERTIFICATE says of web sites:
//
//	CertAux ::= SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0] SEQUENCE OF OID OPTIONAL, alias UTF8String OPTIONAL, ... }
//
// (OpenSSL, crypto/x509/x_x509a.c). A purpose that is rejected is refused; a list of trusted purposes without that of web servers refuses it too, but leaves
// the certificate its other uses; an empty list is how OpenSSL and p11-kit write down a certificate that is refused for everything. Without any list, OpenSSL
// takes it as it takes a plain certificate. What does not parse says nothing.
func auxTrust(aux []byte) evidence.Trust {
	input := cryptobyte.String(aux)
	var body, list cryptobyte.String
	if len(aux) == 0 || !input.ReadASN1(&body, casn1.SEQUENCE) {
		return ""
	}
	var trusted, rejected []asn1.ObjectIdentifier
	var listed, refused bool
	if body.PeekASN1Tag(casn1.SEQUENCE) {
		listed = true
		if !body.ReadASN1(&list, casn1.SEQUENCE) {
			return ""
		}
		trusted = identifiers(list)
	}
	if tag := casn1.Tag(0).Constructed().ContextSpecific(); body.PeekASN1Tag(tag) {
		refused = true
		if !body.ReadASN1(&list, tag) {
			return ""
		}
		rejected = identifiers(list)
	}
	web := func(all []asn1.ObjectIdentifier) bool {
		return slices.ContainsFunc(all, func(id asn1.ObjectIdentifier) bool { return id.Equal(serverAuth) || id.Equal(anyPurpose) })
	}
	switch {
	case refused && web(rejected):
		return evidence.Distrusted
	case listed && len(trusted) == 0:
		return evidence.Distrusted
	case listed && !web(trusted):
		return evidence.Other
	case listed:
		return evidence.Web
	}
	return ""
}

func identifiers(list cryptobyte.String) []asn1.ObjectIdentifier {
	var all []asn1.ObjectIdentifier
	for !list.Empty() {
		var id asn1.ObjectIdentifier
		if !list.ReadASN1ObjectIdentifier(&id) {
			break
		}
		all = append(all, id)
	}
	return all
}
