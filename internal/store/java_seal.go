package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // the cipher of old PKCS#12 files
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the digest of old PKCS#12 files
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The password of a keystore with public certificates is public too. What it seals is opened here to be read, and sealed again as it was, so that a file that is
// written differs in nothing but the entries that went. The algorithms are those that keytool has written since Java 8.

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidTripleDES  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3} // pbeWithSHAAnd3-KeyTripleDES-CBC
	oidRC2        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 5} // pbeWithSHAAnd128BitRC2-CBC
	oidWeakRC2    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 6} // pbeWithSHAAnd40BitRC2-CBC
	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA224 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 8}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidHMACSHA384 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}
	oidHMACSHA512 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}
	oidAES128     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidSHA1       = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA224     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4}
	oidSHA256     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// maxRounds is how often a password is stirred at most. keytool does it 10,000 times; a file that asks for thousands of millions would hold up everything.
const maxRounds = 200_000

// What can be wrong with a seal.
var (
	errSealing = fmt.Errorf("sealed in an unknown way: %w", errKeystoreForm)
	errOldSeal = fmt.Errorf("sealed with an old cipher: %w", errKeystoreForm) // RC2, which is read by another library
)

// sealing is how one safe is sealed.
type sealing struct {
	algorithm []byte // AlgorithmIdentifier, the element
	block     cipher.Block
	start     []byte // initialization vector
}

// open opens all safes, and tells the password. It is empty for a file that has neither checksum nor seal.
func (p *pfx) open() (password string, err error) {
	sealed := false
	for _, s := range p.safes {
		sealed = sealed || s.sealing != nil
	}
	if p.mac == nil && !sealed {
		return "", nil
	}
	err = errKeystorePassword
	for _, password := range keystorePasswords {
		if p.mac != nil {
			sum, macErr := p.mac.sum(p.content, password)
			if macErr != nil {
				return "", macErr
			}
			if !hmac.Equal(sum, p.mac.digest) {
				continue
			}
		}
		if err = p.unseal(password); err == nil || !errors.Is(err, errKeystorePassword) {
			return password, err
		}
	}
	return "", err
}

func (p *pfx) unseal(password string) error {
	for i := range p.safes {
		s := &p.safes[i]
		if s.sealing == nil {
			continue
		}
		if err := s.sealing.ready(password); err != nil {
			return err
		}
		plain, err := s.sealing.unseal(s.sealed)
		if err != nil {
			return err
		}
		s.contents = plain
	}
	return nil
}

// ready makes the key.
func (s *sealing) ready(password string) error {
	input := cryptobyte.String(s.algorithm)
	var body, parameters cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&body, casn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&kind) {
		return fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	switch {
	case kind.Equal(oidTripleDES), kind.Equal(oidRC2), kind.Equal(oidWeakRC2):
		var salt cryptobyte.String
		var rounds int
		if !body.ReadASN1(&parameters, casn1.SEQUENCE) || !parameters.ReadASN1(&salt, casn1.OCTET_STRING) || !parameters.ReadASN1Integer(&rounds) {
			return fmt.Errorf("algorithm: %w", errKeystoreOdd)
		}
		if err := countRounds(rounds); err != nil {
			return err
		}
		if !kind.Equal(oidTripleDES) {
			return errOldSeal
		}
		secret := bmpPassword(password)
		block, err := des.NewTripleDESCipher(deriveKey(sha1.New, 64, secret, salt, rounds, 1, 24)) //nolint:gosec // see import
		s.block, s.start = block, deriveKey(sha1.New, 64, secret, salt, rounds, 2, des.BlockSize)
		return err
	case kind.Equal(oidPBES2):
		return s.readyPBES2(body, password)
	}
	return fmt.Errorf("%s: %w", kind, errSealing)
}

// readyPBES2 reads PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier } of RFC 8018.
func (s *sealing) readyPBES2(body cryptobyte.String, password string) error {
	var parameters, derivation, scheme, start cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !body.ReadASN1(&parameters, casn1.SEQUENCE) || !parameters.ReadASN1(&derivation, casn1.SEQUENCE) || !parameters.ReadASN1(&scheme, casn1.SEQUENCE) ||
		!scheme.ReadASN1ObjectIdentifier(&kind) {
		return fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	size := 0
	switch {
	case kind.Equal(oidAES128):
		size = 16
	case kind.Equal(oidAES192):
		size = 24
	case kind.Equal(oidAES256):
		size = 32
	default:
		return fmt.Errorf("%s: %w", kind, errSealing)
	}
	if !scheme.ReadASN1(&start, casn1.OCTET_STRING) || len(start) != aes.BlockSize {
		return fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	key, err := derivePBKDF2(derivation, password, size)
	if err != nil {
		return err
	}
	s.block, err = aes.NewCipher(key)
	s.start = start
	return err
}

// derivePBKDF2 reads { id-PBKDF2, SEQUENCE { salt OCTET STRING, iterationCount INTEGER, keyLength INTEGER OPTIONAL, prf DEFAULT hmacWithSHA1 } } and
// makes a key of that size.
func derivePBKDF2(derivation cryptobyte.String, password string, size int) ([]byte, error) {
	var kind asn1.ObjectIdentifier
	var parameters, salt, function cryptobyte.String
	var rounds int
	if !derivation.ReadASN1ObjectIdentifier(&kind) {
		return nil, fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	if !kind.Equal(oidPBKDF2) {
		return nil, fmt.Errorf("%s: %w", kind, errSealing)
	}
	if !derivation.ReadASN1(&parameters, casn1.SEQUENCE) || !parameters.ReadASN1(&salt, casn1.OCTET_STRING) || !parameters.ReadASN1Integer(&rounds) {
		return nil, fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	var length int
	if parameters.PeekASN1Tag(casn1.INTEGER) && (!parameters.ReadASN1Integer(&length) || length != size) {
		return nil, fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	kind = oidHMACSHA1
	if !parameters.Empty() && (!parameters.ReadASN1(&function, casn1.SEQUENCE) || !function.ReadASN1ObjectIdentifier(&kind)) {
		return nil, fmt.Errorf("algorithm: %w", errKeystoreOdd)
	}
	digest, _ := keyDigest(kind)
	if digest == nil {
		return nil, fmt.Errorf("%s: %w", kind, errSealing)
	}
	if err := countRounds(rounds); err != nil {
		return nil, err
	}
	return pbkdf2.Key(digest, password, salt, rounds, size)
}

func countRounds(rounds int) error {
	if rounds < 1 || rounds > maxRounds {
		return fmt.Errorf("%d rounds: %w", rounds, errKeystoreForm)
	}
	return nil
}

// keyDigest is the digest, or the digest inside of an HMAC, that the identifier names, with the size of its blocks; nil for an unknown one.
func keyDigest(kind asn1.ObjectIdentifier) (digest func() hash.Hash, block int) {
	switch {
	case kind.Equal(oidSHA1), kind.Equal(oidHMACSHA1):
		return sha1.New, sha1.BlockSize //nolint:gosec // see import
	case kind.Equal(oidSHA224), kind.Equal(oidHMACSHA224):
		return sha256.New224, sha256.BlockSize
	case kind.Equal(oidSHA256), kind.Equal(oidHMACSHA256):
		return sha256.New, sha256.BlockSize
	case kind.Equal(oidSHA384), kind.Equal(oidHMACSHA384):
		return sha512.New384, sha512.BlockSize
	case kind.Equal(oidSHA512), kind.Equal(oidHMACSHA512):
		return sha512.New, sha512.BlockSize
	}
	return nil, 0
}

func (s *sealing) unseal(sealed []byte) ([]byte, error) {
	size := s.block.BlockSize()
	if len(sealed) == 0 || len(sealed)%size != 0 {
		return nil, fmt.Errorf("sealed safe: %w", errKeystoreOdd)
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(s.block, s.start).CryptBlocks(plain, sealed)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > size || !bytes.Equal(plain[len(plain)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errKeystorePassword
	}
	return plain[:len(plain)-pad], nil
}

func (s *sealing) seal(plain []byte) ([]byte, error) {
	if s.block == nil {
		return nil, errKeystorePassword
	}
	pad := s.block.BlockSize() - len(plain)%s.block.BlockSize()
	sealed := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(s.block, s.start).CryptBlocks(sealed, sealed)
	return sealed, nil
}

// mac is MacData ::= SEQUENCE { mac SEQUENCE { digestAlgorithm, digest OCTET STRING }, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }.
type mac struct {
	algorithm []byte // AlgorithmIdentifier, the element
	kind      asn1.ObjectIdentifier
	digest    []byte
	tail      []byte // salt and rounds, the elements
	salt      []byte
	rounds    int
}

func readMAC(body *cryptobyte.String) (*mac, bool) {
	var data, info, algorithm, digest, salt cryptobyte.String
	m := &mac{rounds: 1}
	if !body.ReadASN1(&data, casn1.SEQUENCE) || !data.ReadASN1(&info, casn1.SEQUENCE) || !info.ReadASN1Element(&algorithm, casn1.SEQUENCE) ||
		!info.ReadASN1(&digest, casn1.OCTET_STRING) || !info.Empty() {
		return nil, false
	}
	m.algorithm, m.digest, m.tail = algorithm, digest, data
	var inner cryptobyte.String
	if !algorithm.ReadASN1(&inner, casn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&m.kind) || !data.ReadASN1(&salt, casn1.OCTET_STRING) ||
		!data.Empty() && (!data.ReadASN1Integer(&m.rounds) || !data.Empty()) {
		return nil, false
	}
	m.salt = salt
	return m, true
}

// sum is the checksum of content.
func (m *mac) sum(content []byte, password string) ([]byte, error) {
	digest, block := keyDigest(m.kind)
	if digest == nil {
		return nil, fmt.Errorf("checksum %s: %w", m.kind, errSealing)
	}
	if err := countRounds(m.rounds); err != nil {
		return nil, err
	}
	h := hmac.New(digest, deriveKey(digest, block, bmpPassword(password), m.salt, m.rounds, 3, digest().Size()))
	h.Write(content)
	return h.Sum(nil), nil
}

// add writes it, for other content.
func (m *mac) add(b *cryptobyte.Builder, content []byte, password string) error {
	sum, err := m.sum(content, password)
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(m.algorithm)
			b.AddASN1OctetString(sum)
		})
		b.AddBytes(m.tail)
	})
	return err
}

// bmpPassword is the password as RFC 7292 section B.1 has it: UTF-16, with a zero at its end.
func bmpPassword(password string) []byte {
	var out []byte
	for _, unit := range append(utf16.Encode([]rune(password)), 0) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}

// deriveKey is the key derivation of RFC 7292 section B.2: use is 1 for a key, 2 for an initialization vector, 3 for a checksum.
func deriveKey(digest func() hash.Hash, block int, password, salt []byte, rounds int, use byte, size int) []byte {
	fill := func(text []byte) []byte { // text, as often as whole blocks need
		if len(text) == 0 {
			return nil
		}
		whole := (len(text) + block - 1) / block * block
		return bytes.Repeat(text, (whole+len(text)-1)/len(text))[:whole]
	}
	start := bytes.Repeat([]byte{use}, block)
	text := append(fill(salt), fill(password)...)
	var out []byte
	for {
		h := digest()
		h.Write(start)
		h.Write(text)
		sum := h.Sum(nil)
		for range rounds - 1 {
			h.Reset()
			h.Write(sum)
			sum = h.Sum(sum[:0])
		}
		if out = append(out, sum...); len(out) >= size {
			return out[:size]
		}
		// each block of text becomes itself plus the sum plus one, as numbers, and what does not fit is lost
		add := new(big.Int).SetBytes(bytes.Repeat(sum, (block+len(sum)-1)/len(sum))[:block])
		add.Add(add, big.NewInt(1))
		limit := new(big.Int).Lsh(big.NewInt(1), uint(8*block))
		for at := 0; at < len(text); at += block {
			n := new(big.Int).SetBytes(text[at : at+block])
			n.Add(n, add).Mod(n, limit).FillBytes(text[at : at+block])
		}
	}
}
