package catalog

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"

	"qulyp/internal/cert"
)

// Languages are those in which every row must have a name.
var Languages = [...]string{"en", "kk", "ru"}

// the file as it is written; see docs/how-to-add-an-authority.md
type (
	file struct {
		Version     int            `json:"version"`
		Date        string         `json:"date"`
		Authorities []authorityRow `json:"authorities"`
		Rules       []ruleRow      `json:"rules"`
		OncePublic  []onceRow      `json:"once_public"`
	}
	onceRow struct {
		SHA256  string `json:"sha256"`
		Subject string `json:"subject"`
		Source  string `json:"source"`
	}
	authorityRow struct {
		ID           string     `json:"id"`
		Class        Class      `json:"class"`
		SHA256       string     `json:"sha256"`
		SHA1         string     `json:"sha1"`
		Key          string     `json:"key"`
		PublicKey    string     `json:"public_key"`
		Subject      string     `json:"subject"`
		Issuer       string     `json:"issuer"`
		Serial       string     `json:"serial"`
		From         string     `json:"from"`
		Until        string     `json:"until"`
		Intermediate bool       `json:"intermediate"`
		BlockedBy    []blockRow `json:"blocked_by"`
		Names        Names      `json:"names"`
		Note         string     `json:"note"`
		Source       string     `json:"source"`
	}
	blockRow struct {
		Program string `json:"program"`
		How     string `json:"how"`
		Since   string `json:"since"`
	}
	ruleRow struct {
		ID      string       `json:"id"`
		Class   Class        `json:"class"`
		Kind    string       `json:"kind"`
		Product string       `json:"product"`
		Match   []patternRow `json:"match"`
		Names   Names        `json:"names"`
		Note    string       `json:"note"`
		Source  string       `json:"source"`
	}
	patternRow struct {
		CommonName   string `json:"cn"`
		Organization string `json:"o"`
		Unit         string `json:"ou"`
		Country      string `json:"c"`
	}
)

const day = "2006-01-02"

// Parse reads a list. It refuses the whole list rather than guess: an unknown field or class, a row without a name or a source, rows out of order,
// the same thing twice, hashes that contradict each other, a pattern that fits almost anything, or a hostile row for a public root are errors.
func Parse(data []byte) (*List, error) {
	var f file
	if err := decode(data, &f); err != nil {
		return nil, fmt.Errorf("parse list of authorities: %w", err)
	}
	date, err := time.Parse(day, f.Date)
	if err != nil {
		return nil, fmt.Errorf("parse list of authorities: date: %w", err)
	}
	if f.Version < 1 {
		return nil, fmt.Errorf("parse list of authorities: version %d", f.Version)
	}
	if len(f.Authorities) == 0 {
		return nil, errors.New("parse list of authorities: no authorities")
	}
	l := &List{Version: f.Version, Date: date}
	for i, row := range f.Authorities {
		a, err := row.read()
		if err == nil && i > 0 && f.Authorities[i-1].ID >= row.ID {
			err = fmt.Errorf("must not stand after %q", f.Authorities[i-1].ID)
		}
		if err != nil {
			return nil, fmt.Errorf("parse authority %d %q: %w", i, row.ID, err)
		}
		l.Authorities = append(l.Authorities, a)
	}
	for i, row := range f.Rules {
		r, err := row.read()
		if err == nil && i > 0 && f.Rules[i-1].ID >= row.ID {
			err = fmt.Errorf("must not stand after %q", f.Rules[i-1].ID)
		}
		if err != nil {
			return nil, fmt.Errorf("parse rule %d %q: %w", i, row.ID, err)
		}
		l.Rules = append(l.Rules, r)
	}
	for i, row := range f.OncePublic {
		one, err := row.read()
		if err == nil && i > 0 && f.OncePublic[i-1].SHA256 >= row.SHA256 {
			err = fmt.Errorf("must not stand after %q", f.OncePublic[i-1].SHA256)
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

// decode reads exactly one JSON value with no field unknown and none twice.
func decode(data []byte, into any) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the list")
	}
	return once(data)
}

// once walks valid JSON and refuses a field that stands twice in one object, or is not written plainly in lower case: encoding/json would take the last
// one, and a reader of the file the first. It allocates nearly nothing, since every start of the program comes by.
func once(data []byte) error {
	var open []int    // for each value that is open, where its fields begin in seen; -1 for an array
	var seen [][]byte // the fields of all objects that are open
	field := false    // the next string is the name of a field
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			open, field = append(open, len(seen)), true
		case '[':
			open, field = append(open, -1), false
		case '}', ']':
			if start := open[len(open)-1]; start >= 0 {
				seen = seen[:start]
			}
			open, field = open[:len(open)-1], false
		case ',':
			field = open[len(open)-1] >= 0
		case ':':
			field = false
		case '"':
			start := i + 1
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if !field {
				continue
			}
			name := data[start:i]
			twice := slices.ContainsFunc(seen[open[len(open)-1]:], func(other []byte) bool { return bytes.Equal(other, name) })
			if twice || !plainField(name) {
				return fmt.Errorf("field %q twice or not in lower case", name)
			}
			seen = append(seen, name)
		}
	}
	return nil
}

// plainField tells whether the name of a field has no escape and nothing that a lower case would change.
func plainField(name []byte) bool {
	for _, c := range name {
		switch {
		case c == '\\' || c >= 'A' && c <= 'Z':
			return false
		case c >= utf8.RuneSelf:
			return bytes.IndexByte(name, '\\') < 0 && bytes.Equal(name, bytes.ToLower(name))
		}
	}
	return true
}

func (row authorityRow) read() (Authority, error) {
	a := Authority{ID: row.ID, Class: row.Class, Subject: row.Subject, Issuer: row.Issuer, Intermediate: row.Intermediate, Names: row.Names, Note: row.Note, Source: row.Source}
	switch row.Class {
	case StateInterception, Abused, StateOther, NationalSigning, Inspector:
	default:
		return a, fmt.Errorf("class %q", row.Class)
	}
	if err := plain(row.ID, row.Names, row.Source); err != nil {
		return a, err
	}
	for _, hash := range []struct {
		text string
		into []byte
	}{{row.SHA256, a.SHA256[:]}, {row.SHA1, a.SHA1[:]}, {row.Key, a.Key[:]}} {
		if err := readHex(hash.text, hash.into); err != nil {
			return a, err
		}
	}
	if a.KeyOnly() && a.Key.IsZero() {
		return a, errors.New("neither a hash nor a key")
	}
	if row.PublicKey != "" {
		spki, err := base64.StdEncoding.Strict().DecodeString(row.PublicKey)
		if err != nil {
			return a, fmt.Errorf("public key: %w", err)
		}
		if a.PublicKey = spki; cert.Of(spki) != a.Key || a.Subject == "" {
			return a, errors.New("public key without its hash or subject")
		}
	}
	if row.Serial != "" {
		serial, err := readSerial(row.Serial)
		if err != nil {
			return a, err
		}
		if a.Serial = serial; row.Issuer == "" {
			return a, errors.New("serial number without issuer")
		}
	}
	var err error
	if a.From, err = readTime(row.From, time.RFC3339); err != nil {
		return a, err
	}
	if a.Until, err = readTime(row.Until, time.RFC3339); err != nil {
		return a, err
	}
	if !a.From.IsZero() && !a.Until.After(a.From) {
		return a, errors.New("ends before it begins")
	}
	for _, b := range row.BlockedBy {
		since, err := readTime(b.Since, day)
		if err != nil {
			return a, err
		}
		if b.Program == "" || b.How != "blocked" && b.How != "known" {
			return a, fmt.Errorf("blocked by %q, how %q", b.Program, b.How)
		}
		a.BlockedBy = append(a.BlockedBy, Block{b.Program, b.How, since})
	}
	return a, nil
}

func (row ruleRow) read() (Rule, error) {
	r := Rule{ID: row.ID, Class: row.Class, Kind: row.Kind, Product: row.Product, Names: row.Names, Note: row.Note, Source: row.Source}
	switch row.Class {
	case StateLookalike, StateOther, NationalSigning: // by name alone nothing is proven, so no rule says state-interception, abused or public
		if row.Kind != "" || row.Product != "" {
			return r, errors.New("only an inspector has a kind and a product")
		}
	case Inspector:
		if !slices.Contains([]string{"antivirus", "office", "adblock", "developer"}, row.Kind) || row.Product == "" {
			return r, fmt.Errorf("kind %q of product %q", row.Kind, row.Product)
		}
	default:
		return r, fmt.Errorf("class %q", row.Class)
	}
	if err := plain(row.ID, row.Names, row.Source); err != nil {
		return r, err
	}
	if len(row.Match) == 0 {
		return r, errors.New("matches nothing")
	}
	for _, m := range row.Match {
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
