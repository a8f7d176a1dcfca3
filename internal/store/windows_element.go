package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// element is one certificate as Windows keeps it in the registry (the value Blob) and as CertSerializeCertificateStoreElement gives it: properties one
// after another, one of which is the certificate itself. See [MS-GPEF] 2.2.1.1.1.1.
type element []property

// property is one property of an element. Data is a part of the bytes that were read.
type property struct {
	ID   uint32
	Kind uint32 // reserved, 1 where Windows writes it; kept as it was
	Data []byte
}

// The properties that matter here, with their names in wincrypt.h.
const (
	propSHA1             = 3   // CERT_SHA1_HASH_PROP_ID
	propUsage            = 9   // CERT_ENHKEY_USAGE_PROP_ID: the purposes a person or administrator allows, the DER of an extended key usage
	propFriendlyName     = 11  // CERT_FRIENDLY_NAME_PROP_ID
	propCertificate      = 32  // CERT_CERT_PROP_ID: the DER
	propDisallowedFrom   = 104 // CERT_DISALLOWED_FILETIME_PROP_ID
	propDisallowedUsages = 122 // CERT_DISALLOWED_ENHKEY_USAGE_PROP_ID
)

// derived are properties that Windows works out of the certificate itself, and adds or leaves out as it likes: hashes of the certificate, its key and
// names. They say nothing that could get lost.
var derived = []uint32{
	propSHA1,
	4,   // CERT_MD5_HASH_PROP_ID
	15,  // CERT_SIGNATURE_HASH_PROP_ID
	20,  // CERT_KEY_IDENTIFIER_PROP_ID
	24,  // CERT_ISSUER_PUBLIC_KEY_MD5_HASH_PROP_ID
	25,  // CERT_SUBJECT_PUBLIC_KEY_MD5_HASH_PROP_ID
	28,  // CERT_ISSUER_SERIAL_NUMBER_MD5_HASH_PROP_ID
	29,  // CERT_SUBJECT_NAME_MD5_HASH_PROP_ID
	92,  // CERT_SUBJECT_PUB_KEY_BIT_LENGTH_PROP_ID
	107, // CERT_SHA256_HASH_PROP_ID
}

var (
	errCutShort      = errors.New("element is cut short")
	errNoCertificate = errors.New("element holds no certificate")
)

// readElement takes an element apart. Certificate revocation and trust lists have the same form and are refused: they hold no certificate.
func readElement(blob []byte) (element, error) {
	var e element
	for rest := blob; len(rest) > 0; {
		if len(rest) < 12 {
			return nil, errCutShort
		}
		p := property{ID: binary.LittleEndian.Uint32(rest), Kind: binary.LittleEndian.Uint32(rest[4:])}
		length := uint64(binary.LittleEndian.Uint32(rest[8:]))
		if length > uint64(len(rest)-12) {
			return nil, fmt.Errorf("property %d: %w", p.ID, errCutShort)
		}
		p.Data = rest[12 : 12+length]
		rest = rest[12+length:]
		e = append(e, p)
	}
	if e.der() == nil {
		return nil, errNoCertificate
	}
	return e, nil
}

// bytes puts the element together again.
func (e element) bytes() []byte {
	var blob []byte
	for _, p := range e {
		blob = binary.LittleEndian.AppendUint32(blob, p.ID)
		blob = binary.LittleEndian.AppendUint32(blob, p.Kind)
		blob = binary.LittleEndian.AppendUint32(blob, uint32(len(p.Data)))
		blob = append(blob, p.Data...)
	}
	return blob
}

// get is the data of a property; ok is false when the element lacks it. The data may be empty.
func (e element) get(id uint32) (data []byte, ok bool) {
	for _, p := range e {
		if p.ID == id {
			return p.Data, true
		}
	}
	return nil, false
}

// der is the certificate, a part of the bytes that were read; nil when there is none.
func (e element) der() []byte {
	data, _ := e.get(propCertificate)
	if len(data) == 0 {
		return nil
	}
	return data
}

// with is a copy of the element in which the property is data, or is missing when data is nil. The certificate stays the last, as Windows has it.
func (e element) with(id uint32, data []byte) element {
	var changed element
	put := data == nil
	for _, p := range e {
		switch {
		case p.ID == id && put:
			continue
		case p.ID == id:
			p.Data, put = data, true
		case p.ID == propCertificate && !put:
			changed = append(changed, property{id, 1, data})
			put = true
		}
		changed = append(changed, p)
	}
	return changed
}

// same tells whether two elements say the same: the same certificate and the same properties, but for the order and for what is worked out of the
// certificate.
func (e element) same(other element) bool {
	return slices.EqualFunc(e.said(), other.said(), func(a, b property) bool {
		return a.ID == b.ID && bytes.Equal(a.Data, b.Data)
	})
}

func (e element) said() []property {
	said := slices.DeleteFunc(slices.Clone([]property(e)), func(p property) bool { return slices.Contains(derived, p.ID) })
	slices.SortStableFunc(said, func(a, b property) int { return int(int64(a.ID) - int64(b.ID)) })
	return said
}
