package probe

import (
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/ocsp"
)

// Where certificate time stamps (SCTs) stand, RFC 6962 section 3.3.
var (
	oidStampsInLeaf  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
	oidStampsInOCSP  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}
	oidSubjectAltern = asn1.ObjectIdentifier{2, 5, 29, 17}
)

// stampList tells whether data is a SignedCertificateTimestampList with at least one stamp of version 1. The signatures of the stamps are not
// checked: that needs the list of logs. So a stamp proves nothing by itself; that none is there, on a public site, is what tells.
func stampList(data []byte) bool {
	s := cryptobyte.String(data)
	var list cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) {
		return false
	}
	for !list.Empty() {
		var stamp, extensions, signature cryptobyte.String
		var version uint8
		var log []byte
		var at uint64
		var scheme uint16
		if !list.ReadUint16LengthPrefixed(&stamp) {
			return false
		}
		if stamp.ReadUint8(&version) && version == 0 && stamp.ReadBytes(&log, 32) && stamp.ReadUint64(&at) &&
			stamp.ReadUint16LengthPrefixed(&extensions) && stamp.ReadUint16(&scheme) && stamp.ReadUint16LengthPrefixed(&signature) && stamp.Empty() {
			return true
		}
	}
	return false
}

// stampedLeaf tells whether a stamp is embedded in the certificate.
func stampedLeaf(leaf *x509.Certificate) bool {
	for _, extension := range leaf.Extensions {
		if extension.Id.Equal(oidStampsInLeaf) {
			return stampOctets(extension.Value)
		}
	}
	return false
}

// stampedStaple tells whether a stapled OCSP answer carries a stamp. The answer's signature is not checked, see stampList.
func stampedStaple(answer []byte) bool {
	if len(answer) == 0 {
		return false
	}
	parsed, err := ocsp.ParseResponse(answer, nil)
	if err != nil {
		return false
	}
	for _, extension := range parsed.Extensions {
		if extension.Id.Equal(oidStampsInOCSP) {
			return stampOctets(extension.Value)
		}
	}
	return false
}

// stampOctets reads the OCTET STRING in which both extensions wrap the list.
func stampOctets(value []byte) bool {
	var list []byte
	rest, err := asn1.Unmarshal(value, &list)
	return err == nil && len(rest) == 0 && stampList(list)
}
