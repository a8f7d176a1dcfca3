package probe

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
)

// Limits of the reader. The largest handshake message that TLS can express has 2^24-1 bytes (RFC 8446 section 4): a chain of 10 MB is absurd
// and yet kept whole. Two records' worth may wait undecoded, and what came before the certificate message is small in every real server.
const (
	maxMessage  = 1<<24 - 1
	maxRecord   = 1<<14 + 2048 // RFC 5246 section 6.2.3
	maxPrologue = 1 << 17      // all handshake messages before the certificate message together
	maxSealed   = 1 << 19      // encrypted records that wait for the key
	maxCerts    = 1 << 14      // certificates in one message
)

// Record types and handshake messages, RFC 8446 appendix B.
const (
	recordChangeCipher = 20
	recordAlert        = 21
	recordHandshake    = 22
	recordData         = 23

	messageServerHello     = 2
	messageCertificate     = 11
	messageStatus          = 22 // CertificateStatus of RFC 6066, TLS 1.2 and older
	messageServerHelloDone = 14
	messageFinished        = 20

	extensionStatus   = 5
	extensionStamps   = 18 // signed_certificate_timestamp, RFC 6962 section 3.3
	extensionVersions = 43
)

// Reasons for which the reader gives up. They are never shown; that the answer is not TLS is what counts.
var (
	errNotTLS  = errors.New("not a TLS record")
	errMessage = errors.New("handshake message that makes no sense")
	errTooMuch = errors.New("more than a TLS handshake can hold")
	errSealed  = errors.New("encrypted record that does not open")
)

// wire reads the server's side of one handshake, as it came over the wire, up to the end of the certificates. It exists beside the TLS
// library because a library throws the chain away when it does not like it: too long, not parseable, empty, broken off behind it. All bytes
// are foreign and hostile. It checks nothing and believes nothing.
type wire struct {
	// Secret gives the server's handshake traffic secret of TLS 1.3 once the library knows it, else nil.
	secret func() []byte

	raw     []byte // bytes of a record that is not whole yet, or encrypted records that wait for the key
	hand    []byte // handshake bytes of messages that are not whole yet
	read    int    // handshake bytes of finished messages
	version uint16
	suite   uint16
	open    *opener // TLS 1.3 record protection, once the key is known
	hello   bool    // a ServerHello was read
	retried bool    // a HelloRetryRequest was read

	certs  [][]byte // the chain in the order of the wire
	seen   bool     // a certificate message was read, be it empty
	cut    bool     // the message had more certificates than are kept
	stamps bool     // the TLS extension carried certificate time stamps
	staple []byte   // the stapled OCSP answer
	alert  bool     // the server sent an alert in the clear
	ended  bool     // nothing of interest follows
	err    error    // why reading ended early
}

// feed takes the next bytes from the server. It is harmless to go on feeding after the end.
func (w *wire) feed(data []byte) {
	if w.ended || w.err != nil {
		return
	}
	w.raw = append(w.raw, data...)
	w.advance()
}

// advance reads as many records as are there and can be opened.
func (w *wire) advance() {
	at := 0
	for !w.ended && w.err == nil {
		rest := w.raw[at:]
		if len(rest) < 5 {
			if len(rest) > 0 && !recordLike(rest) {
				w.err = errNotTLS
			}
			break
		}
		length := int(rest[3])<<8 | int(rest[4])
		if !recordLike(rest) || length > maxRecord {
			w.err = errNotTLS
			break
		}
		if len(rest) < 5+length {
			break
		}
		if !w.record(rest[0], rest[:5], rest[5:5+length]) {
			break // waits for the key
		}
		at += 5 + length
	}
	w.raw = append(w.raw[:0], w.raw[at:]...)
	if w.ended || w.err != nil {
		w.raw, w.hand = nil, nil
	} else if len(w.raw) > maxSealed {
		w.err = errTooMuch
	}
}

// recordLike tells whether the bytes can begin a record of TLS 1.0 to 1.3.
func recordLike(head []byte) bool {
	return head[0] >= recordChangeCipher && head[0] <= recordData && (len(head) < 2 || head[1] == 3) && (len(head) < 3 || head[2] <= 4)
}

// record takes one whole record; false: it cannot be opened yet.
func (w *wire) record(kind byte, head, body []byte) bool {
	switch {
	case kind == recordAlert:
		w.alert = true
		w.ended = true
	case kind == recordChangeCipher:
		if w.hello && w.version <= 0x0303 {
			w.ended = true // TLS 1.2: all that follows is encrypted, and no certificate among it
		}
	case kind == recordHandshake:
		w.message(body)
	case kind == recordData && w.hello && w.version >= 0x0304:
		if w.open == nil {
			secret := w.secret()
			if secret == nil {
				return false
			}
			open, err := newOpener(w.suite, secret)
			if err != nil {
				w.err = err
				return true
			}
			w.open = open
		}
		inner, plain, err := w.open.record(head, body)
		switch {
		case err != nil:
			w.err = err
		case inner == recordHandshake:
			w.message(plain)
		case inner == recordAlert:
			w.alert, w.ended = true, true
		}
	default:
		w.err = errNotTLS
	}
	return true
}

// message takes the next handshake bytes and reads the messages that are whole.
func (w *wire) message(data []byte) {
	w.hand = append(w.hand, data...)
	at := 0
	for !w.ended && w.err == nil && len(w.hand)-at >= 4 {
		head := w.hand[at:]
		length := int(head[1])<<16 | int(head[2])<<8 | int(head[3])
		if head[0] != messageCertificate {
			if w.read += 4 + length; w.read > maxPrologue {
				w.err = errTooMuch
				return
			}
			w.read -= 4 + length
		}
		if len(head) < 4+length {
			break
		}
		w.read += 4 + length
		w.take(head[0], head[4:4+length])
		at += 4 + length
	}
	w.hand = append(w.hand[:0], w.hand[at:]...)
}

// take reads one whole handshake message.
func (w *wire) take(kind byte, body []byte) {
	s := cryptobyte.String(body)
	switch kind {
	case messageServerHello:
		w.serverHello(s)
	case messageCertificate:
		w.seen = true
		w.certificates(s)
		w.ended = w.ended || w.err != nil || w.version >= 0x0304 // older versions: the stapled answer may follow
	case messageStatus:
		var kind uint8
		var answer cryptobyte.String
		if s.ReadUint8(&kind) && kind == 1 && s.ReadUint24LengthPrefixed(&answer) {
			w.staple = append([]byte(nil), answer...)
		}
		w.ended = true
	case messageServerHelloDone, messageFinished:
		w.ended = true
	default:
		if w.seen {
			w.ended = true // the key exchange: CertificateStatus would have come before it
		} else if !w.hello {
			w.err = errMessage
		}
	}
}

// retryRandom marks a HelloRetryRequest, RFC 8446 section 4.1.3.
var retryRandom = sha256.Sum256([]byte("HelloRetryRequest"))

func (w *wire) serverHello(s cryptobyte.String) {
	var random, session []byte
	var compression uint8
	if !s.ReadUint16(&w.version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed((*cryptobyte.String)(&session)) ||
		!s.ReadUint16(&w.suite) || !s.ReadUint8(&compression) {
		w.err = errMessage
		return
	}
	var extensions cryptobyte.String
	if s.Empty() || !s.ReadUint16LengthPrefixed(&extensions) {
		w.hello = true
		return
	}
	for !extensions.Empty() {
		var kind uint16
		var body cryptobyte.String
		if !extensions.ReadUint16(&kind) || !extensions.ReadUint16LengthPrefixed(&body) {
			w.err = errMessage
			return
		}
		switch kind {
		case extensionVersions:
			if !body.ReadUint16(&w.version) {
				w.err = errMessage
				return
			}
		case extensionStamps:
			w.stamps = w.stamps || stampList(body)
		}
	}
	if [32]byte(random) == retryRandom && !w.retried {
		w.retried = true // the real ServerHello follows
		return
	}
	w.hello = true
}

// certificates reads the body of a certificate message. What does not fit the format ends the list; what was read before is kept.
func (w *wire) certificates(s cryptobyte.String) {
	modern := w.version >= 0x0304
	var ignored, list cryptobyte.String
	if s.Empty() && !modern {
		return // a message of zero length: nothing presented
	}
	if modern && !s.ReadUint8LengthPrefixed(&ignored) || !s.ReadUint24LengthPrefixed(&list) {
		w.err = errMessage
		return
	}
	// One copy of the whole list, of which the certificates are slices: a message of 10 MB costs 10 MB.
	list = append(cryptobyte.String(nil), list...)
	for !list.Empty() {
		var der, extensions cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || modern && !list.ReadUint16LengthPrefixed(&extensions) {
			w.err = errMessage
			return
		}
		if len(w.certs) >= maxCerts {
			w.cut = true
			return
		}
		w.certs = append(w.certs, der)
		if len(w.certs) > 1 {
			continue // staples and stamps count for the leaf only
		}
		for !extensions.Empty() {
			var kind uint16
			var body cryptobyte.String
			if !extensions.ReadUint16(&kind) || !extensions.ReadUint16LengthPrefixed(&body) {
				w.err = errMessage
				return
			}
			switch kind {
			case extensionStamps:
				w.stamps = w.stamps || stampList(body)
			case extensionStatus:
				var form uint8
				var answer cryptobyte.String
				if body.ReadUint8(&form) && form == 1 && body.ReadUint24LengthPrefixed(&answer) {
					w.staple = append([]byte(nil), answer...)
				}
			}
		}
	}
}

// opener takes the protection off the server's handshake records of TLS 1.3, RFC 8446 section 5.2.
type opener struct {
	aead  cipher.AEAD
	iv    []byte
	count uint64
}

func newOpener(suite uint16, secret []byte) (*opener, error) {
	digest, size := func() hash.Hash { return sha256.New() }, 16
	switch suite {
	case 0x1301: // TLS_AES_128_GCM_SHA256
	case 0x1302: // TLS_AES_256_GCM_SHA384
		digest, size = sha512.New384, 32
	case 0x1303: // TLS_CHACHA20_POLY1305_SHA256
		size = chacha20poly1305.KeySize
	default:
		return nil, errSealed
	}
	key, err := expand(digest, secret, "key", size)
	if err != nil {
		return nil, err
	}
	iv, err := expand(digest, secret, "iv", 12)
	if err != nil {
		return nil, err
	}
	o := &opener{iv: iv}
	if suite == 0x1303 {
		o.aead, err = chacha20poly1305.New(key)
		return o, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	o.aead, err = cipher.NewGCM(block)
	return o, err
}

// expand is HKDF-Expand-Label with an empty context, RFC 8446 section 7.1.
func expand(digest func() hash.Hash, secret []byte, label string, size int) ([]byte, error) {
	var info cryptobyte.Builder
	info.AddUint16(uint16(size))
	info.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
	info.AddUint8(0)
	return hkdf.Expand(digest, secret, string(info.BytesOrPanic()), size)
}

// record opens one record; the inner type is the last byte that is not zero.
func (o *opener) record(head, body []byte) (kind byte, plain []byte, err error) {
	nonce := append([]byte(nil), o.iv...)
	for i := range 8 {
		nonce[11-i] ^= byte(o.count >> (8 * i))
	}
	o.count++
	plain, err = o.aead.Open(nil, nonce, body, head)
	if err != nil {
		return 0, nil, errSealed
	}
	for len(plain) > 0 && plain[len(plain)-1] == 0 {
		plain = plain[:len(plain)-1]
	}
	if len(plain) == 0 {
		return 0, nil, errSealed
	}
	return plain[len(plain)-1], plain[:len(plain)-1], nil
}
