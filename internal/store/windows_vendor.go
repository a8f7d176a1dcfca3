package store

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
)

// windowsRequired are roots that Windows itself needs and puts among those of the computer, by SHA-1, which is how Windows names them. Microsoft lists them in
// «Required trusted root certificates» (KB 293781); the fingerprints are those that a fresh Windows 10 and 11 show. Being here only keeps a certificate from
// being called unknown; nothing is ever removed for it or trusted for it.
var windowsRequired = map[string]string{
	"0119E81BE9A14CD8E22F40AC118C687ECBA3F4D8": "Microsoft Time Stamp Root Certificate Authority 2014",
	"06F1AA330B927B753A40E68CDF22E34BCBEF3352": "Microsoft ECC Product Root Certificate Authority 2018",
	"18F7C1FCC3090203FD5BAA2F861A754976C8DD25": "VeriSign Time Stamping Service Root",
	"245C97DF7514E7CF2DF8BE72AE957B9E04741E85": "Microsoft Time Stamping Service Root",
	"31F9FC8BA3805986B721EA7295C65B3A44534274": "Microsoft ECC TS Root Certificate Authority 2018",
	"3B1EFD3A66EA28B16697394703A72CA340A05BD5": "Microsoft Root Certificate Authority 2010",
	"7F88CD7223F3C813818C994614A89C99FA3B5247": "Microsoft Authenticode(tm) Root Authority",
	"8F43288AD272F3103B6FB1428485EA3014C0BCFE": "Microsoft Root Certificate Authority 2011",
	"92B46C76E13054E104F230517E6E504D43AB10B5": "Symantec Enterprise Mobile Root for Microsoft",
	"A43489159A520F0D93D032CCAF37E7FE20A8B419": "Microsoft Root Authority",
	"BE36A4562FB2EE05DBB3D32323ADF445084ED656": "Thawte Timestamping CA",
	"CDD4EEAE6000AC7F40C3802C171E30148030C072": "Microsoft Root Certificate Authority",
}

// programme is where Windows keeps the list of the roots in Microsoft's programme that it last fetched.
const (
	programmeKey   = `HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot\AutoUpdate`
	programmeValue = "EncodedCtl"
)

// vendor tells which certificates came with Windows: those of AuthRoot, there and among the roots of the computer, those of the list of Microsoft's programme,
// and those that Windows needs for itself. What a person or a policy added once more is theirs.
func (w windowsStore) vendor() func(cert.Certificate) bool {
	if w.at.store == storeAuthRoot {
		return func(cert.Certificate) bool { return true }
	}
	if w.at.flag != areaComputer.flag || w.at.store != storeRoot {
		return func(cert.Certificate) bool { return false }
	}
	var members map[cert.Print]bool
	if list, err := w.reg.binary(programmeKey, programmeValue); err == nil {
		members = readTrustList(list)
	}
	return func(c cert.Certificate) bool {
		if members[c.Print] || windowsRequired[strings.ToUpper(hex.EncodeToString(c.SHA1[:]))] != "" {
			return true
		}
		blob, err := w.reg.binary(location{areaComputer, storeAuthRoot, ""}.entry(c.SHA1), blobValue)
		if err != nil {
			return false
		}
		e, err := readElement(blob)
		return err == nil && cert.Of(e.der()) == c.Print
	}
}

var (
	trustList  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 1}      // szOID_CTL
	sha256Of   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 11, 98} // szOID_CERT_PROP_ID_PREFIX with CERT_AUTH_ROOT_SHA256_HASH_PROP_ID
	disallowAt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 11, propDisallowedFrom}
)

// readTrustList reads the members of a certificate trust list of Microsoft ([MS-CAESO] 4.4.5.1 names its parts) by the SHA-256 in it. Members that the programme
// has withdrawn are left out. The signature is not checked: only an administrator can write where the list is kept, and being on it proves nothing. What does not
// have the form of such a list has no members.
func readTrustList(der []byte) map[cert.Print]bool {
	input := cryptobyte.String(der)
	var info, wrapped, signed, content, inner, list, subjects cryptobyte.String
	var kind asn1.ObjectIdentifier
	explicit := casn1.Tag(0).Constructed().ContextSpecific()
	if !input.ReadASN1(&info, casn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(signedData) ||
		!info.ReadASN1(&wrapped, explicit) || !wrapped.ReadASN1(&signed, casn1.SEQUENCE) ||
		!signed.SkipASN1(casn1.INTEGER) || !signed.SkipASN1(casn1.SET) || !signed.ReadASN1(&content, casn1.SEQUENCE) ||
		!content.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(trustList) || !content.ReadASN1(&inner, explicit) || !inner.ReadASN1(&list, casn1.SEQUENCE) {
		return nil
	}
	// version and usage, identifier, number, dates and algorithm come before the subjects, most of them optional: the subjects are the second SEQUENCE after
	// the dates, and the only one whose first element is a SEQUENCE that begins with an OCTET STRING.
	for !list.Empty() {
		var element cryptobyte.String
		var tag casn1.Tag
		if !list.ReadAnyASN1(&element, &tag) {
			return nil
		}
		first := element
		var member cryptobyte.String
		if tag == casn1.SEQUENCE && first.ReadASN1(&member, casn1.SEQUENCE) && member.PeekASN1Tag(casn1.OCTET_STRING) {
			subjects = element
			break
		}
	}
	members := map[cert.Print]bool{}
	for !subjects.Empty() {
		var member, attributes cryptobyte.String
		if !subjects.ReadASN1(&member, casn1.SEQUENCE) || !member.SkipASN1(casn1.OCTET_STRING) {
			break
		}
		if !member.ReadASN1(&attributes, casn1.SET) {
			continue
		}
		if print, ok := memberPrint(attributes); ok {
			members[print] = true
		}
	}
	return members
}

// memberPrint is the SHA-256 among the attributes of a member; ok is false without one, and for a member that was withdrawn.
func memberPrint(attributes cryptobyte.String) (print cert.Print, ok bool) {
	for !attributes.Empty() {
		var attribute, values, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !attributes.ReadASN1(&attribute, casn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&kind) {
			return print, false
		}
		if kind.Equal(disallowAt) {
			return print, false
		}
		if kind.Equal(sha256Of) && attribute.ReadASN1(&values, casn1.SET) && values.ReadASN1(&value, casn1.OCTET_STRING) && len(value) == len(print) {
			copy(print[:], value)
			ok = true
		}
	}
	return print, ok
}
