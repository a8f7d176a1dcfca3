// Package catalog says who a certificate is: a known interception root, something shaped like one, a root of the e-signature, an antivirus, a
// public authority, or nobody it knows.
//
// The knowledge is data, not code: [Parse] makes a [List] of a file of rows, each with its source. The package opens no file and no socket, and it
// decides nothing: what a class means for the person is said by package judge.
//
// # How sure a match is
//
// [Match.By] tells it. A hash of the certificate or of its key, or a signature that verifies with a listed key, is proof. A name is not: anybody can
// copy one. So what is hostile by name alone is called a look-alike and never more, and what is harmless by name alone says so in its name.
package catalog

import (
	"time"

	"qulyp/internal/cert"
)

// Class says what sort of certificate it is. The values are part of the command-line contract.
type Class string

// The classes.
const (
	StateInterception Class = "state-interception" // a known interception root of Kazakhstan, or what it signed
	StateLookalike    Class = "state-lookalike"    // not on the list, but shaped like one
	Abused            Class = "abused"             // a root whose key is in wrong hands, or that forged sites: Superfish and its kind
	StateOther        Class = "state-other"        // a root of another state outside the public programmes
	NationalSigning   Class = "national-signing"   // the e-signature of Kazakhstan (eGov, NCALayer)
	Inspector         Class = "inspector"          // an antivirus, an office gateway, an ad blocker, a developer's proxy
	Public            Class = "public"             // in the public programme that is shipped with the program
	Unknown           Class = "unknown"            // anything else
)

// Hostile tells whether the class stands for forged sites.
func (c Class) Hostile() bool {
	return c == StateInterception || c == StateLookalike || c == Abused
}

// OneClick tells whether the plan that is made with one click takes certificates of this class.
func (c Class) OneClick() bool { return c.Hostile() }

// By says by what a certificate was recognised, the surest first.
type By string

// The ways.
const (
	BySHA256    By = "sha256"    // the whole certificate
	BySHA1      By = "sha1"      // the whole certificate, as Windows and old records name it
	ByKey       By = "key"       // the public key: the same authority, issued again
	BySignature By = "signature" // signed by a listed key; the signature was verified
	BySerial    By = "serial"    // issuer and serial number, for a record whose certificate is gone
	ByPool      By = "pool"      // the whole certificate, in the public programme
	ByIssuer    By = "issuer"    // the issuer is named as a listed authority; not verified
	ByRule      By = "rule"      // the shape of the name
	ByVendor    By = "vendor"    // the shape of the name, as a known product writes it
	ByNothing   By = ""          // not recognised
)

// Proven tells whether the recognition could not be brought about by copying a name.
func (b By) Proven() bool {
	switch b {
	case BySHA256, BySHA1, ByKey, BySignature, ByPool:
		return true
	}
	return false
}

// Names is a name for people in each language, by language tag. Proper names stay what they are.
type Names map[string]string

// In is the name in the language, or in English when there is none.
func (n Names) In(tag string) string {
	if name, ok := n[tag]; ok {
		return name
	}
	return n["en"]
}

// Authority is one known certificate, or one known key. What is not known of it is zero.
type Authority struct {
	ID           string
	Class        Class
	SHA256       cert.Print
	SHA1         [20]byte
	Key          cert.Print // SHA-256 of SubjectPublicKeyInfo
	PublicKey    []byte     // the SubjectPublicKeyInfo itself, where signatures of this authority can be verified; read-only
	Subject      string     // as cert.Name has it in Text
	Issuer       string     // the same
	Serial       []byte     // the DER INTEGER, as cert.Certificate has it; read-only
	From, Until  time.Time
	Intermediate bool // not a root
	Names        Names
	Note         string // for trainers, in English
	Source       string
	BlockedBy    []Block
}

// KeyOnly tells that only the public key of the authority is known.
func (a Authority) KeyOnly() bool { return a.SHA256.IsZero() && a.SHA1 == [20]byte{} }

// Block says that a program refuses an authority by itself.
type Block struct {
	Program string    // proper name
	How     string    // "blocked", or "known": a list of known interception, which warns and does not refuse
	Since   time.Time // zero when the day is not known
}

// Rule recognises certificates by name.
type Rule struct {
	ID      string
	Class   Class
	Kind    string // of an inspector: "antivirus", "office", "adblock" or "developer"
	Product string // of an inspector: the product, a proper name
	Match   []Pattern
	Names   Names
	Note    string
	Source  string
}

// List is everything that is known. It is made by [Parse] and must not be changed afterwards; it may be used from several goroutines.
type List struct {
	Version     int
	Date        time.Time
	Authorities []Authority // sorted by ID
	Rules       []Rule      // sorted by ID
	OncePublic  []Once      // sorted by print

	index *index
}

// Match is the answer to who a certificate is.
type Match struct {
	Class   Class
	By      By
	ID      string     // of the authority or rule; empty for public and unknown
	Print   cert.Print // SHA-256 of the listed authority that was recognised or that signed; zero when there is none or it is not known
	Names   Names      // nil for public and unknown: the certificate's own name is the best there is
	Product string     // of an inspector
	Kind    string     // of an inspector
	Source  string
}

// Authority finds a listed certificate by its print.
func (l *List) Authority(print cert.Print) (Authority, bool) {
	if l.index == nil || print.IsZero() {
		return Authority{}, false
	}
	i, ok := l.index.sha256[print]
	if !ok {
		return Authority{}, false
	}
	return l.Authorities[i], true
}
