package store

import (
	"encoding/binary"

	"qulyp/internal/evidence"
)

// What trust_settings says is a message of Protocol Buffers, chrome_browser_server_certificate_database.CertificateMetadata:
//
//	message CertificateMetadata { CertificateTrust trust = 1; Constraints constraints = 2; }
//	message CertificateTrust { TrustType trust_type = 1; }
//	enum TrustType { UNKNOWN = 0; UNSPECIFIED = 1; DISTRUSTED = 2; TRUSTED = 3; }
//
// Constraints (names and addresses for which alone the certificate counts) make it no less dangerous for those, and are not looked at.
const (
	trustUnspecified = 1 // helps to build chains, and vouches for nothing
	trustDistrusted  = 2
	trustTrusted     = 3
)

// chromiumRefusal is the message that refuses a certificate, as the browser writes it.
var chromiumRefusal = []byte{0x0a, 0x02, 0x08, trustDistrusted}

// chromiumTrust reads the message. What cannot be read, and what a later version may have added, is unknown, which counts as trusted.
func chromiumTrust(settings []byte) evidence.Trust {
	kind, ok := uint64(0), true
	inside := func(field uint64, wire uint8, number uint64, _ []byte) bool {
		if field == 1 && wire == wireVarint {
			kind = number // of several, the last counts
		}
		return field != 1 || wire == wireVarint
	}
	ok = eachField(settings, func(field uint64, wire uint8, _ uint64, body []byte) bool {
		if field != 1 {
			return true
		}
		return wire == wireBytes && eachField(body, inside)
	})
	switch {
	case !ok:
		return evidence.Unknown
	case kind == trustUnspecified:
		return evidence.Other
	case kind == trustDistrusted:
		return evidence.Distrusted
	case kind == trustTrusted:
		return evidence.Web
	}
	return evidence.Unknown
}

// the wire types of Protocol Buffers, https://protobuf.dev/programming-guides/encoding/
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// eachField calls do for each field of a message, in order. It tells whether the message could be read to its end, and do never said no.
func eachField(message []byte, do func(field uint64, wire uint8, number uint64, body []byte) bool) bool {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 || tag>>3 == 0 {
			return false
		}
		message = message[n:]
		var number uint64
		var body []byte
		wire := uint8(tag & 7)
		switch wire {
		case wireVarint:
			if number, n = binary.Uvarint(message); n <= 0 {
				return false
			}
			message = message[n:]
		case wireFixed8, wireFixed4:
			size := 4
			if wire == wireFixed8 {
				size = 8
			}
			if len(message) < size {
				return false
			}
			message = message[size:]
		case wireBytes:
			size, n := binary.Uvarint(message)
			if n <= 0 || size > uint64(len(message)-n) {
				return false
			}
			body, message = message[n:n+int(size)], message[n+int(size):]
		default:
			return false
		}
		if !do(tag>>3, wire, number, body) {
			return false
		}
	}
	return true
}
