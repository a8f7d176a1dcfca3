package catalog

import (
	"encoding/hex"

	"qulyp/internal/cert"
)

// index finds rows fast. It is made once, by Parse.
type index struct {
	public   Pool
	once     map[cert.Print]Once // left the public programme
	sha256   map[cert.Print]int
	sha1     map[[20]byte]int
	key      map[cert.Print]int
	serial   map[string]int   // serialKey
	subject  map[string][]int // nameKey of the subject
	signers  map[string][]signer
	rules    [][]folded // the patterns of each rule, folded
	byWeight []int      // the rules, the gravest class first
	genuine  func() others
}

// weight orders classes: when several rules or certificates of a chain say something, the gravest is heard.
func (c Class) weight() int {
	switch c {
	case StateInterception:
		return 7
	case StateLookalike:
		return 6
	case Abused:
		return 5
	case NationalSigning:
		return 4
	case StateOther:
		return 3
	case Inspector:
		return 2
	case Public:
		return 1
	}
	return 0
}

// Classify says who the certificate is. It works on what is there: for a trust record whose certificate is gone (DER is nil), the print, the SHA-1, or
// issuer and serial number are enough. It never fails; what nothing is known of is Unknown.
//
// Hashes come first, then signatures that verify, then names. The subject's name counts only for what can stand at the end of a chain: a site may
// be called what it likes. The issuer's name always counts.
func (l *List) Classify(c cert.Certificate) Match {
	if l.index == nil {
		return Match{Class: Unknown}
	}
	if match, ok := l.exact(c); ok {
		return match
	}
	if !c.Print.IsZero() && l.index.public.Has(c.Print) {
		return Match{Class: Public, By: ByPool, Print: c.Print}
	}
	if one, ok := l.index.once[c.Print]; ok && !c.Print.IsZero() {
		return Match{Class: Public, By: ByPool, Print: c.Print, Source: one.Source}
	}
	if match, ok := l.signed(c); ok {
		return match
	}
	var names []folded
	if c.DER == nil || c.Anchor() {
		names = append(names, foldName(c.Subject))
	}
	if !c.Self() {
		names = append(names, foldName(c.Issuer))
	}
	if match, ok := l.byRule(names...); ok {
		return match
	}
	return Match{Class: Unknown}
}

// Signer says who made a chain that a server presented, leaf first, when that is somebody the list knows and not a public authority. It is meant for
// chains that do not lead to a public root: it takes the chain at its word, expired or not, whole or only a leaf.
//
// A forged leaf carries the names of the genuine one, so of the first certificate only its issuer counts.
func (l *List) Signer(chain []cert.Certificate) (Match, bool) {
	var best Match
	if l.index == nil {
		return best, false
	}
	consider := func(match Match, ok bool) {
		if ok && match.Class != Public && match.Class.weight() > best.Class.weight() {
			best = match
		}
	}
	for i, c := range chain {
		consider(l.exact(c))
		if !c.Print.IsZero() && l.index.public.Has(c.Print) {
			continue
		}
		consider(l.signed(c))
		consider(l.byRule(foldName(c.Issuer)))
		consider(l.namedIssuer(c))
		if i > 0 {
			consider(l.byRule(foldName(c.Subject)))
		}
	}
	return best, best.Class != ""
}

// Resolve fills in the print of a trust record whose certificate is gone, when the SHA-1 or issuer and serial number are those of a listed certificate,
// and tells whether it did. What has a print already is left alone.
func (l *List) Resolve(c *cert.Certificate) bool {
	if l.index == nil || !c.Print.IsZero() {
		return false
	}
	for _, i := range l.candidates(*c) {
		if a := l.Authorities[i.row]; (i.by == BySHA1 || i.by == BySerial) && !a.SHA256.IsZero() {
			c.Print = a.SHA256
			return true
		}
	}
	return false
}

type candidate struct {
	row int
	by  By
}

// candidates are the rows that a hash or a serial number points to, the surest first.
func (l *List) candidates(c cert.Certificate) []candidate {
	var found []candidate
	add := func(row int, ok bool, by By) {
		if !ok {
			return
		}
		a := l.Authorities[row]
		// A record may name several things at once. What contradicts the row is not the row.
		if !a.SHA256.IsZero() && !c.Print.IsZero() && a.SHA256 != c.Print && by != ByKey {
			return
		}
		if a.SHA1 != [20]byte{} && c.SHA1 != [20]byte{} && a.SHA1 != c.SHA1 && by != ByKey {
			return
		}
		found = append(found, candidate{row, by})
	}
	if !c.Print.IsZero() {
		row, ok := l.index.sha256[c.Print]
		add(row, ok, BySHA256)
	}
	if c.SHA1 != [20]byte{} {
		row, ok := l.index.sha1[c.SHA1]
		add(row, ok, BySHA1)
	}
	if !c.Key.IsZero() {
		row, ok := l.index.key[c.Key]
		add(row, ok, ByKey)
	}
	if c.DER == nil && len(c.Serial) > 0 {
		row, ok := l.index.serial[serialKey(c.Issuer.Text, c.Serial)]
		add(row, ok, BySerial)
	}
	return found
}

// exact is the match by hash or serial number: a hostile one if there is any, else the surest.
func (l *List) exact(c cert.Certificate) (Match, bool) {
	found := l.candidates(c)
	if len(found) == 0 {
		return Match{}, false
	}
	pick := found[0]
	for _, one := range found {
		if l.Authorities[one.row].Class.Hostile() {
			pick = one
			break
		}
	}
	return l.match(pick.row, pick.by), true
}

func (l *List) match(row int, by By) Match {
	a := l.Authorities[row]
	return Match{Class: a.Class, By: by, ID: a.ID, Print: a.SHA256, Names: a.Names, Source: a.Source}
}

// byRule is the match of the gravest rule that fits one of the names.
func (l *List) byRule(names ...folded) (Match, bool) {
	for _, i := range l.index.byWeight {
		for _, pattern := range l.index.rules[i] {
			for _, name := range names {
				if pattern.fits(name) {
					r := l.Rules[i]
					by := ByRule
					if r.Class == Inspector {
						by = ByVendor
					}
					return Match{Class: r.Class, By: by, ID: r.ID, Names: r.Names, Product: r.Product, Kind: r.Kind, Source: r.Source}, true
				}
			}
		}
	}
	return Match{}, false
}

// namedIssuer is the listed authority whose name the issuer bears. A name proves nothing, so an interception root by name is a look-alike.
func (l *List) namedIssuer(c cert.Certificate) (Match, bool) {
	if c.Issuer.Text == "" {
		return Match{}, false
	}
	rows := l.index.subject[nameKey(c.Issuer.Text)]
	if len(rows) == 0 {
		return Match{}, false
	}
	row := rows[0]
	for _, other := range rows {
		if l.Authorities[other].Class.weight() > l.Authorities[row].Class.weight() {
			row = other
		}
	}
	match := l.match(row, ByIssuer)
	match.Print = cert.Print{} // several authorities share the name
	if match.Class == StateInterception {
		match.Class = StateLookalike
	}
	return match, true
}

func serialKey(issuer string, serial []byte) string {
	return hex.EncodeToString(serial) + "\n" + nameKey(issuer)
}
