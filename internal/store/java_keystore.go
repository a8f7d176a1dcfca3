package store

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the digest of the JKS format
	"encoding/binary"
	"errors"
	"fmt"

	"qulyp/internal/evidence"
)

// keystore is the content of a keystore file, taken apart.
type keystore struct {
	form  keyForm
	items []keyItem

	// build makes the file again with other items: the bytes of the file itself when the items are the same. It is nil when the file cannot be written: its
	// password is not known, or it is not written as keytool would write it.
	build func(items []keyItem) ([]byte, error)
}

// keyForm is a format of keystores. The values stand in receipts.
type keyForm string

const (
	jksForm    keyForm = "jks"
	pkcs12Form keyForm = "pkcs12"
)

// keyItem is one entry of a keystore, with its exact bytes.
type keyItem struct {
	safe  int            // in which part of a PKCS#12 file it is
	alias string         // its name, as the keystore writes it
	raw   []byte         // the whole entry; shared with the content of the file
	der   []byte         // its certificate; of an entry with a private key, the first of the chain; nil: none
	trust evidence.Trust // what it lets the certificate do
	key   bool           // it holds or belongs to a private key
}

// The reasons why a keystore cannot be read, or not to its end.
var (
	errKeystoreForm     = errors.New("not a kind of keystore that is known here")
	errKeystorePassword = errors.New("none of the usual passwords fits")
	errKeystoreCut      = errors.New("ends in the middle of an entry")
	errKeystoreOdd      = errors.New("does not follow its format")
)

// keystorePasswords are the passwords of keystores with public certificates: the default of all runtimes, that of Apple's, and none. They keep nothing
// secret: they only show that nothing was changed by accident.
var keystorePasswords = []string{"changeit", "changeme", ""}

// The first bytes of a keystore.
const (
	magicJKS   = 0xfeedfeed
	magicJCEKS = 0xcececece // written by the Java Cryptography Extension; like JKS, with one more kind of entry
)

// readKeystore takes a keystore apart. Both results may be non-nil: what could be read, and why the rest could not be.
func readKeystore(data []byte) (*keystore, error) {
	if len(data) >= 4 {
		switch magic := binary.BigEndian.Uint32(data); {
		case magic == magicJKS, magic == magicJCEKS:
			return readJKS(data)
		case data[0] == 0x30: // SEQUENCE
			return readPKCS12(data)
		}
	}
	return nil, errKeystoreForm
}

// # JKS
//
// The format is told by sun.security.provider.JavaKeyStore of OpenJDK. All numbers are big-endian.
//
//	magic u32, version u32 (1 or 2), count u32
//	entry: tag u32, alias UTF, date u64 (milliseconds), then
//	  tag 1, a private key:  u32 length, the sealed key, u32 count, certificates
//	  tag 2, a certificate:  one certificate
//	certificate: type UTF (version 2 only), u32 length, bytes
//	SHA-1 of the password (UTF-16), «Mighty Aphrodite», and everything before
//
// UTF is a u16 length and as many bytes.
const (
	tagKey         = 1
	tagCertificate = 2
	headJKS        = 12
)

var whitener = []byte("Mighty Aphrodite")

// readJKS reads a keystore in that format, and tells whether one of the usual passwords is its own. Without it the keystore can be read all the same.
func readJKS(data []byte) (*keystore, error) {
	if len(data) < headJKS+sha1.Size {
		return nil, errKeystoreCut
	}
	version, count := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	if version != 1 && version != 2 {
		return nil, fmt.Errorf("version %d: %w", version, errKeystoreForm)
	}
	k := &keystore{form: jksForm}
	body := data[:len(data)-sha1.Size]
	rest := body[headJKS:]
	for range count {
		item, size, err := readJKSItem(rest, version)
		if err != nil {
			return k, err
		}
		k.items = append(k.items, item)
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return k, fmt.Errorf("%d bytes too many: %w", len(rest), errKeystoreOdd)
	}
	for _, password := range keystorePasswords {
		if bytes.Equal(digestJKS(password, body), data[len(body):]) {
			k.build = func(items []keyItem) ([]byte, error) {
				size := headJKS + sha1.Size
				for _, item := range items {
					size += len(item.raw)
				}
				out := append(make([]byte, 0, size), data[:8]...)
				out = binary.BigEndian.AppendUint32(out, uint32(len(items)))
				for _, item := range items {
					out = append(out, item.raw...)
				}
				return append(out, digestJKS(password, out)...), nil
			}
			return k, nil
		}
	}
	return k, errKeystorePassword
}

func digestJKS(password string, body []byte) []byte {
	h := sha1.New() //nolint:gosec // see import
	for _, r := range password {
		h.Write([]byte{byte(r >> 8), byte(r)})
	}
	h.Write(whitener)
	h.Write(body)
	return h.Sum(nil)
}

// readJKSItem reads the entry with which data begins, and tells its size.
func readJKSItem(data []byte, version uint32) (keyItem, int, error) {
	r := jksReader{data: data}
	tag := r.number(4)
	item := keyItem{alias: string(r.sized(2))}
	r.take(8) // date
	certificate := func() []byte {
		if version == 2 {
			r.sized(2)
		}
		return r.sized(4)
	}
	switch tag {
	case tagCertificate:
		item.der, item.trust = certificate(), evidence.Web
	case tagKey:
		r.sized(4)
		for i := range r.number(4) {
			der := certificate()
			if r.short {
				break
			}
			if i == 0 { // which Java trusts too: sun.security.validator.TrustStoreUtil
				item.der, item.trust = der, evidence.Web
			}
		}
		item.key = true
	default:
		if !r.short {
			return item, 0, fmt.Errorf("entry of kind %d: %w", tag, errKeystoreForm)
		}
	}
	if r.short {
		return item, 0, errKeystoreCut
	}
	item.raw = data[:r.at]
	return item, r.at, nil
}

// jksReader reads numbers and bytes until there are no more.
type jksReader struct {
	data  []byte
	at    int
	short bool // there were fewer bytes than were asked for
}

func (r *jksReader) take(n uint32) []byte {
	if r.short || uint64(n) > uint64(len(r.data)-r.at) {
		r.short = true
		return nil
	}
	out := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return out
}

func (r *jksReader) number(size uint32) uint32 {
	var n uint32
	for _, b := range r.take(size) {
		n = n<<8 | uint32(b)
	}
	return n
}

// sized reads a length of so many bytes, and as many bytes as it says.
func (r *jksReader) sized(size uint32) []byte { return r.take(r.number(size)) }
