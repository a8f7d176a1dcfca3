package catalog

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"

	"qulyp/internal/cert"
	"qulyp/internal/data"
)

// Languages are those in which every row must have a name.
var Languages = [...]string{"en", "kk", "ru"}

// the file as it is written; see docs/how-to-add-an-authority.md
type (
	file struct {
		version     int
		date        string
		authorities []authorityRow
		rules       []ruleRow
		oncePublic  []onceRow
	}
	onceRow      struct{ sha256, subject, source string }
	authorityRow struct {
		id, class, sha256, sha1, key, publicKey, subject, issuer, serial, from, until, note, source string
		intermediate                                                                                bool
		blockedBy                                                                                   []blockRow
		names                                                                                       Names
	}
	blockRow struct{ program, how, since string }
	ruleRow  struct {
		id, class, kind, product, note, source string
		match                                  []Pattern
		names                                  Names
	}
)

const day = "2006-01-02"

// Parse reads a list. It refuses the whole list rather than guess: an unknown field or class, a row without a name or a source, rows out of order,
// the same thing twice, hashes that contradict each other, a pattern that fits almost anything, or a hostile row for a public root are errors.
func Parse(text []byte) (*List, error) {
	var f file
	if err := data.Read(string(text), f.read); err != nil {
		return nil, fmt.Errorf("parse list of authorities: %w", err)
	}
	date, err := time.Parse(day, f.date)
	if err != nil {
		return nil, fmt.Errorf("parse list of authorities: date: %w", err)
	}
	if f.version < 1 {
		return nil, fmt.Errorf("parse list of authorities: version %d", f.version)
	}
	if len(f.authorities) == 0 {
		return nil, errors.New("parse list of authorities: no authorities")
	}
	l := &List{Version: f.version, Date: date}
	for i, row := range f.authorities {
		a, err := row.read()
		if err == nil && i > 0 && f.authorities[i-1].id >= row.id {
			err = fmt.Errorf("must not stand after %q", f.authorities[i-1].id)
		}
		if err != nil {
			return nil, fmt.Errorf("parse authority %d %q: %w", i, row.id, err)
		}
		l.Authorities = append(l.Authorities, a)
	}
	for i, row := range f.rules {
		r, err := row.read()
		if err == nil && i > 0 && f.rules[i-1].id >= row.id {
			err = fmt.Errorf("must not stand after %q", f.rules[i-1].id)
		}
		if err != nil {
			return nil, fmt.Errorf("parse rule %d %q: %w", i, row.id, err)
		}
		l.Rules = append(l.Rules, r)
	}
	for i, row := range f.oncePublic {
		one, err := row.read()
		if err == nil && i > 0 && f.oncePublic[i-1].sha256 >= row.sha256 {
			err = fmt.Errorf("must not stand after %q", f.oncePublic[i-1].sha256)
		}
		if err != nil {
			return nil, fmt.Errorf("parse once public root %d: %w", i, err)
		}
		l.OncePublic = append(l.OncePublic, one)
	}
	if err := l.build(Bundled()); err != nil {
		return nil, fmt.Errorf("parse list of authorities: %w", err)
	}
	return l, nil
}

func (row authorityRow) read() (Authority, error) {
	a := Authority{ID: row.id, Class: Class(row.class), Subject: row.subject, Issuer: row.issuer, Intermediate: row.intermediate, Names: row.names, Note: row.note, Source: row.source}
	switch Class(row.class) {
	case StateInterception, Abused, StateOther, NationalSigning, Inspector:
	default:
		return a, fmt.Errorf("class %q", row.class)
	}
	if err := plain(row.id, row.names, row.source); err != nil {
		return a, err
	}
	for _, hash := range []struct {
		text string
		into []byte
	}{{row.sha256, a.SHA256[:]}, {row.sha1, a.SHA1[:]}, {row.key, a.Key[:]}} {
		if err := readHex(hash.text, hash.into); err != nil {
			return a, err
		}
	}
	if a.KeyOnly() && a.Key.IsZero() {
		return a, errors.New("neither a hash nor a key")
	}
	if row.publicKey != "" {
		spki, err := base64.StdEncoding.Strict().DecodeString(row.publicKey)
		if err != nil {
			return a, fmt.Errorf("public key: %w", err)
		}
		if a.PublicKey = spki; cert.Of(spki) != a.Key || a.Subject == "" {
			return a, errors.New("public key without its hash or subject")
		}
	}
	if row.serial != "" {
		serial, err := readSerial(row.serial)
		if err != nil {
			return a, err
		}
		if a.Serial = serial; row.issuer == "" {
			return a, errors.New("serial number without issuer")
		}
	}
	var err error
	if a.From, err = readTime(row.from, time.RFC3339); err != nil {
		return a, err
	}
	if a.Until, err = readTime(row.until, time.RFC3339); err != nil {
		return a, err
	}
	if !a.From.IsZero() && !a.Until.After(a.From) {
		return a, errors.New("ends before it begins")
	}
	for _, b := range row.blockedBy {
		since, err := readTime(b.since, day)
		if err != nil {
			return a, err
		}
		if b.program == "" || b.how != "blocked" && b.how != "known" {
			return a, fmt.Errorf("blocked by %q, how %q", b.program, b.how)
		}
		a.BlockedBy = append(a.BlockedBy, Block{b.program, b.how, since})
	}
	return a, nil
}

func (row ruleRow) read() (Rule, error) {
	r := Rule{ID: row.id, Class: Class(row.class), Kind: row.kind, Product: row.product, Names: row.names, Note: row.note, Source: row.source}
	switch Class(row.class) {
	case StateLookalike, StateOther, NationalSigning: // by name alone nothing is proven, so no rule says state-interception, abused or public
		if row.kind != "" || row.product != "" {
			return r, errors.New("only an inspector has a kind and a product")
		}
	case Inspector:
		if !slices.Contains([]string{"antivirus", "office", "adblock", "developer"}, row.kind) || row.product == "" {
			return r, fmt.Errorf("kind %q of product %q", row.kind, row.product)
		}
	default:
		return r, fmt.Errorf("class %q", row.class)
	}
	if err := plain(row.id, row.names, row.source); err != nil {
		return r, err
	}
	if len(row.match) == 0 {
		return r, errors.New("matches nothing")
	}
	for _, m := range row.match {
		p := Pattern(m)
		if !tight(p) {
			return r, fmt.Errorf("pattern %+v fits too much", m)
		}
		if slices.Contains(r.Match, p) {
			return r, fmt.Errorf("pattern %+v stands twice", m)
		}
		r.Match = append(r.Match, p)
	}
	return r, nil
}

// tight tells whether the pattern says enough to stand for somebody: a country alone, or stars with a few letters, do not.
func tight(p Pattern) bool {
	f := p.fold()
	said := func(s string) int { return utf8.RuneCountInString(s) - strings.Count(s, "*") - strings.Count(s, "#") }
	return max(said(f.commonName), said(f.organization), said(f.unit)) >= 4
}

// shaped tells whether an identifier is words of small letters and digits with hyphens between them.
func shaped(id string) bool {
	after := byte('-') // the sign before
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '-' && after != '-':
		default:
			return false
		}
		after = id[i]
	}
	return after != '-'
}

// plain checks what every row must have.
func plain(id string, names Names, source string) error {
	if !shaped(id) {
		return fmt.Errorf("id %q", id)
	}
	if strings.TrimSpace(source) == "" {
		return errors.New("no source")
	}
	for _, tag := range Languages {
		if names[tag] == "" {
			return fmt.Errorf("no name in %q", tag)
		}
	}
	for tag, name := range names {
		if name != strings.TrimSpace(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return fmt.Errorf("name in %q is not plain text", tag)
		}
	}
	return nil
}

// readHex fills into from lower-case digits; an empty text leaves it zero.
func readHex(text string, into []byte) error {
	if text == "" {
		return nil
	}
	raw, err := hex.DecodeString(text)
	if err != nil {
		return fmt.Errorf("hash %q: %w", text, err)
	}
	if len(raw) != len(into) || text != strings.ToLower(text) || bytes.Count(raw, []byte{0}) == len(raw) {
		return fmt.Errorf("hash %q is not %d bytes in lower case", text, len(into))
	}
	copy(into, raw)
	return nil
}

// readSerial makes a DER INTEGER of hexadecimal digits, with a minus sign for a negative number.
func readSerial(text string) ([]byte, error) {
	number, ok := new(big.Int).SetString(text, 16)
	if !ok || len(text) > 60 || text != strings.ToLower(text) || strings.HasPrefix(text, "+") {
		return nil, fmt.Errorf("serial number %q", text)
	}
	var b cryptobyte.Builder
	b.AddASN1BigInt(number)
	return b.Bytes()
}

func readTime(text, layout string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(layout, text)
	if err != nil {
		return at, fmt.Errorf("time: %w", err)
	}
	return at.UTC(), nil
}

// build makes the index, and refuses what contradicts itself.
func (l *List) build(public Pool) error {
	x := &index{
		public: public, sha256: map[cert.Print]int{}, sha1: map[[20]byte]int{}, key: map[cert.Print]int{},
		serial: map[string]int{}, subject: map[string][]int{}, signers: map[string][]signer{}, once: map[cert.Print]Once{},
	}
	for i, a := range l.Authorities {
		if a.Class.Hostile() && public.Has(a.SHA256) {
			return fmt.Errorf("%s is a public root", a.ID)
		}
		if first, twice := x.sha256[a.SHA256]; twice && !a.SHA256.IsZero() {
			return fmt.Errorf("%s has the SHA-256 of %s", a.ID, l.Authorities[first].ID)
		}
		if first, twice := x.sha1[a.SHA1]; twice && a.SHA1 != [20]byte{} {
			return fmt.Errorf("%s has the SHA-1 of %s", a.ID, l.Authorities[first].ID)
		}
		// One key may stand in several certificates (DigiNotar was cross-signed), but it is in one hand.
		if first, twice := x.key[a.Key]; twice && !a.Key.IsZero() && l.Authorities[first].Class != a.Class {
			return fmt.Errorf("%s has the key of %s, which is of another class", a.ID, l.Authorities[first].ID)
		} else if !twice && !a.Key.IsZero() {
			x.key[a.Key] = i
		}
		if !a.SHA256.IsZero() {
			x.sha256[a.SHA256] = i
		}
		if a.SHA1 != [20]byte{} {
			x.sha1[a.SHA1] = i
		}
		if len(a.Serial) > 0 {
			key := serialKey(a.Issuer, a.Serial)
			if first, twice := x.serial[key]; twice {
				return fmt.Errorf("%s has issuer and serial number of %s", a.ID, l.Authorities[first].ID)
			}
			x.serial[key] = i
		}
		if a.Subject != "" {
			x.subject[nameKey(a.Subject)] = append(x.subject[nameKey(a.Subject)], i)
		}
		if a.PublicKey != nil {
			one, err := newSigner(i, a.PublicKey)
			if err != nil {
				return fmt.Errorf("%s: %w", a.ID, err)
			}
			x.signers[nameKey(a.Subject)] = append(x.signers[nameKey(a.Subject)], one)
		}
	}
	for i, r := range l.Rules {
		var patterns []folded
		for _, p := range r.Match {
			patterns = append(patterns, p.fold())
		}
		x.rules = append(x.rules, patterns)
		x.byWeight = append(x.byWeight, i)
	}
	slices.SortStableFunc(x.byWeight, func(a, b int) int { return l.Rules[b].Class.weight() - l.Rules[a].Class.weight() })
	for _, one := range l.OncePublic {
		if at, listed := x.sha256[one.SHA256]; listed {
			return fmt.Errorf("once public root %s is listed as %s", one.SHA256, l.Authorities[at].ID)
		}
		if public.Has(one.SHA256) {
			return fmt.Errorf("once public root %s is public still", one.SHA256)
		}
		x.once[one.SHA256] = one
	}
	x.genuine = sync.OnceValue(l.genuine)
	l.index = x
	return nil
}
