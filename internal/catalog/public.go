package catalog

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"qulyp/internal/cert"
)

// Pool is a set of public roots, by print.
type Pool map[cert.Print]bool

// Has tells whether the certificate is in the pool, byte for byte.
func (p Pool) Has(print cert.Print) bool { return p[print] }

// Bundled is the public programme that is shipped with the program: the roots that Mozilla trusts for web sites, as golang.org/x/crypto/x509roots
// carries them. The certificates are hashed, not parsed.
func Bundled() Pool {
	pool := make(Pool, 256)
	for root := range bundle.Roots() {
		pool[cert.Of(root.Certificate)] = true
	}
	return pool
}

// Check tells whether the list would speak ill of a public root if that were not recognised by its print: by its key, or by its name. It reads every
// root, which takes some milliseconds; it is for tests and for a list that comes from outside, before it is put to use.
func (l *List) Check() error {
	for root := range bundle.Roots() {
		c := cert.Read(root.Certificate)
		if match, ok := l.exact(c); ok {
			return fmt.Errorf("check list: %s matches the public root %q by %s", match.ID, c.Title(), match.By)
		}
		if match, ok := l.byRule(foldName(c.Subject), foldName(c.Issuer)); ok {
			return fmt.Errorf("check list: %s matches the public root %q by name", match.ID, c.Title())
		}
	}
	return nil
}

// Once is a root that was in the public programme and has left it: its term ended, its owner gave it up, or browsers lost their trust in it. Old systems and
// keystores still have such roots, and nobody put them there by hand.
type Once struct {
	SHA256  cert.Print
	Subject string
	Source  string // when and where it was public
}

func (row onceRow) read() (Once, error) {
	var print cert.Print
	switch err := readHex(row.SHA256, print[:]); {
	case err != nil:
		return Once{}, err
	case print.IsZero():
		return Once{}, errors.New("no hash")
	case row.Subject == "" || row.Source == "":
		return Once{}, fmt.Errorf("%s has no subject or no source", row.SHA256)
	}
	return Once{print, row.Subject, row.Source}, nil
}
