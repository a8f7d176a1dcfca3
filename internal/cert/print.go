package cert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Print is the SHA-256 of a certificate's DER bytes: the only identity by which this program matches or deletes. Serial numbers, names and
// nicknames are shared by different certificates (the ISCA roots all carry one subject), so they never stand in for it.
type Print [sha256.Size]byte

// Of is the print of der.
func Of(der []byte) Print { return sha256.Sum256(der) }

// ParsePrint reads 64 hexadecimal digits in either case. Colons and spaces, as other programs print them, are passed over.
func ParsePrint(text string) (Print, error) {
	var p Print
	plain := strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(text))
	raw, err := hex.DecodeString(plain)
	if err != nil {
		return p, fmt.Errorf("read SHA-256 %q: %w", text, err)
	}
	if len(raw) != len(p) {
		return p, fmt.Errorf("read SHA-256 %q: %d bytes instead of %d", text, len(raw), len(p))
	}
	copy(p[:], raw)
	return p, nil
}

// String is the print as 64 lower-case hexadecimal digits.
func (p Print) String() string { return hex.EncodeToString(p[:]) }

// Short is the beginning of the print, for lists in which the whole stands nearby. It is never used to match.
func (p Print) Short() string { return hex.EncodeToString(p[:4]) }

// IsZero tells that no print is known: the certificate's bytes were not there (a trust record whose certificate is gone).
func (p Print) IsZero() bool { return p == Print{} }

// MarshalText writes the print as hexadecimal digits; the zero print as an empty text.
func (p Print) MarshalText() ([]byte, error) {
	if p.IsZero() {
		return nil, nil
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (p *Print) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Print{}
		return nil
	}
	read, err := ParsePrint(string(text))
	if err != nil {
		return err
	}
	*p = read
	return nil
}
