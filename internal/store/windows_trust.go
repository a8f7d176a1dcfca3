package store

import (
	"encoding/asn1"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// Purposes of a certificate that matter here.
var (
	purposeWeb = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}       // id-kp-purposeWeb, RFC 5280 section 4.2.1.12
	purposeAny = asn1.ObjectIdentifier{2, 5, 29, 37, 0}                 // anyExtendedKeyUsage
	yesNoTrust = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 4, 1} // szOID_YESNO_TRUST_ATTR: no purpose, a mark in lists of trust

	usageExtension = asn1.ObjectIdentifier{2, 5, 29, 37} // id-ce-extKeyUsage
)

// windowsTrust tells what Windows lets a certificate do in the store of that name. The purposes are those of the certificate's own extension and of the
// property that a person or an administrator sets, both together, as CertGetEnhancedKeyUsage has it and as the browsers that read these stores do.
func windowsTrust(name string, e element, c cert.Certificate, now time.Time) evidence.Trust {
	if name == storeDisallowed {
		return evidence.Distrusted // whatever its purposes: nobody looks at them there
	}
	if limit, trust := disallowed(e, now); limit {
		return trust
	}
	if data, ok := e.get(propUsage); ok {
		purposes, err := readUsages(data)
		if err != nil {
			return evidence.Unknown
		}
		real := slices.DeleteFunc(purposes, yesNoTrust.Equal)
		if len(real) == 0 {
			return evidence.Disabled // «Disable all purposes for this certificate»
		}
		if !forWeb(real) {
			return evidence.Other
		}
	}
	if own, ok := ownUsages(c.DER); ok && !forWeb(own) {
		return evidence.Other
	}
	switch name {
	case storeRoot, storeAuthRoot, storeSmartCard:
		return evidence.Web
	case storeTrustedPeople:
		// A leaf is trusted there for its own site, and cannot vouch for another one; an authority is no leaf.
		if c.Anchor() {
			return evidence.Other
		}
		return evidence.Web
	}
	return evidence.Other // an intermediate: it needs a root above it
}

// disallowed tells whether Windows' own list of trust has withdrawn the certificate for web sites, and what is left of it.
func disallowed(e element, now time.Time) (bool, evidence.Trust) {
	data, ok := e.get(propDisallowedFrom)
	if !ok || len(data) != 8 || now.Before(fileTime(data)) {
		return false, ""
	}
	if list, ok := e.get(propDisallowedUsages); ok {
		purposes, err := readUsages(list)
		if err != nil || !forWeb(purposes) {
			return false, ""
		}
		return true, evidence.Other
	}
	return true, evidence.Distrusted
}

// fileTime reads a FILETIME: units of 100 ns since 1601-01-01, little-endian.
func fileTime(data []byte) time.Time {
	ticks := binary.LittleEndian.Uint64(data)
	const untilUnix = 11644473600 // seconds from 1601 to 1970
	return time.Unix(int64(ticks/1e7)-untilUnix, int64(ticks%1e7)*100).UTC()
}

func forWeb(purposes []asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(purposes, func(oid asn1.ObjectIdentifier) bool { return oid.Equal(purposeWeb) || oid.Equal(purposeAny) })
}

// readUsages reads the DER of an extended key usage, a sequence of object identifiers. An empty sequence is allowed here: no purpose at all.
func readUsages(der []byte) ([]asn1.ObjectIdentifier, error) {
	input := cryptobyte.String(der)
	var list cryptobyte.String
	if !input.ReadASN1(&list, casn1.SEQUENCE) || !input.Empty() {
		return nil, errCutShort
	}
	var oids []asn1.ObjectIdentifier
	for !list.Empty() {
		var oid asn1.ObjectIdentifier
		if !list.ReadASN1ObjectIdentifier(&oid) {
			return nil, errCutShort
		}
		oids = append(oids, oid)
	}
	return oids, nil
}

// writeUsages is the DER of an extended key usage.
func writeUsages(oids []asn1.ObjectIdentifier) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(list *cryptobyte.Builder) {
		for _, oid := range oids {
			list.AddASN1ObjectIdentifier(oid)
		}
	})
	return b.Bytes()
}

// ownUsages are the purposes in a certificate's own extension; ok is false when it has none, and so is good for all. Certificates that crypto/x509 refuses
// are read as well.
func ownUsages(der []byte) (oids []asn1.ObjectIdentifier, ok bool) {
	input := cryptobyte.String(der)
	var outer, tbs, wrapped, list cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !outer.ReadASN1(&tbs, casn1.SEQUENCE) {
		return nil, false
	}
	extensions := casn1.Tag(3).Constructed().ContextSpecific()
	for !tbs.Empty() && !tbs.PeekASN1Tag(extensions) {
		var skipped cryptobyte.String
		var tag casn1.Tag
		if !tbs.ReadAnyASN1Element(&skipped, &tag) {
			return nil, false
		}
	}
	if !tbs.ReadASN1(&wrapped, extensions) || !wrapped.ReadASN1(&list, casn1.SEQUENCE) {
		return nil, false
	}
	for !list.Empty() {
		var extension, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !list.ReadASN1(&extension, casn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&oid) {
			return nil, false
		}
		if !oid.Equal(usageExtension) {
			continue
		}
		extension.SkipOptionalASN1(casn1.BOOLEAN)
		if !extension.ReadASN1(&value, casn1.OCTET_STRING) {
			return nil, false
		}
		oids, err := readUsages(value)
		return oids, err == nil
	}
	return nil, false
}
