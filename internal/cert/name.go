package cert

import (
	"bytes"
	"encoding/asn1"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Name is a distinguished name. The first value of each attribute is kept; the text has them all, in the order of the encoding.
type Name struct {
	Raw          []byte // the DER of the Name, a private copy; nil when there was none
	CommonName   string
	Organization string
	Unit         string
	Country      string
	Locality     string
	Text         string // «CN=…, O=…, C=…»
}

// attribute types of X.520 (ITU-T X.520, OID arc 2.5.4) and the e-mail address of PKCS #9
var attributes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
	"2.5.4.10": "O", "2.5.4.11": "OU", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
}

// ReadName reads the DER of a Name as far as it goes; what is unreadable is left out of the text.
func ReadName(der []byte) Name {
	name := Name{Raw: bytes.Clone(der)}
	input := cryptobyte.String(der)
	var sequence cryptobyte.String
	if !input.ReadASN1(&sequence, casn1.SEQUENCE) {
		return name
	}
	var parts []string
	for !sequence.Empty() {
		var set cryptobyte.String
		if !sequence.ReadASN1(&set, casn1.SET) {
			break
		}
		for !set.Empty() {
			var pair cryptobyte.String
			if !set.ReadASN1(&pair, casn1.SEQUENCE) {
				break
			}
			var oid asn1.ObjectIdentifier
			var value cryptobyte.String
			var tag casn1.Tag
			if !pair.ReadASN1ObjectIdentifier(&oid) || !pair.ReadAnyASN1(&value, &tag) {
				continue
			}
			key, known := attributes[oid.String()]
			if !known {
				key = oid.String()
			}
			text := decode(value, tag)
			name.keep(key, text)
			parts = append(parts, key+"="+text)
		}
	}
	name.Text = strings.Join(parts, ", ")
	return name
}

func (n *Name) keep(key, text string) {
	field := map[string]*string{"CN": &n.CommonName, "O": &n.Organization, "OU": &n.Unit, "C": &n.Country, "L": &n.Locality}[key]
	if field != nil && *field == "" {
		*field = text
	}
}

// decode turns an ASN.1 string of any of the kinds that occur in names into clean UTF-8 on one line. Control and direction characters, which
// a certificate could carry to deceive the reader of a list, become the replacement character.
func decode(value []byte, tag casn1.Tag) string {
	var text string
	switch {
	case tag == casn1.Tag(30) && len(value)%2 == 0: // BMPString
		units := make([]uint16, 0, len(value)/2)
		for i := 0; i+1 < len(value); i += 2 {
			units = append(units, uint16(value[i])<<8|uint16(value[i+1]))
		}
		text = string(utf16.Decode(units))
	case tag == casn1.T61String && !utf8.Valid(value): // in practice Latin-1
		runes := make([]rune, len(value))
		for i, b := range value {
			runes[i] = rune(b)
		}
		text = string(runes)
	default:
		text = strings.ToValidUTF8(string(value), "\uFFFD")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x20, r >= 0x7F && r < 0xA0, r >= 0x200B && r <= 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
			return '\uFFFD'
		}
		return r
	}, text)
}
