package catalog

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qulyp/internal/cert"
)

// Pattern is the shape of a distinguished name. Every field that is not empty must fit the whole of the name's field; in it, * stands for any run of
// characters and # for one digit.
type Pattern struct {
	CommonName   string
	Organization string
	Unit         string
	Country      string
}

// folded is what of a name the patterns look at.
type folded struct{ commonName, organization, unit, country string }

func foldName(n cert.Name) folded {
	return folded{fold(n.CommonName), fold(n.Organization), fold(n.Unit), fold(n.Country)}
}

func (p Pattern) fold() folded {
	return folded{fold(p.CommonName), fold(p.Organization), fold(p.Unit), fold(p.Country)}
}

// fits tells whether the name has the shape. An empty pattern fits nothing.
func (p folded) fits(name folded) bool {
	return p != folded{} &&
		(p.commonName == "" || glob(p.commonName, name.commonName)) &&
		(p.organization == "" || glob(p.organization, name.organization)) &&
		(p.unit == "" || glob(p.unit, name.unit)) &&
		(p.country == "" || glob(p.country, name.country))
}

// longest is how much of a field is looked at. RFC 5280 allows 64 characters; a certificate from the network may carry megabytes.
const longest = 1024

// twins are letters of Cyrillic that look like Latin ones. A name that was typed with them is meant to be read as the other.
var twins = strings.NewReplacer("а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ѕ", "s", "ј", "j")

// fold makes names that a reader takes for the same equal: case, spaces, invisible characters and look-alike letters do not count.
func fold(text string) string {
	if len(text) > longest {
		text = text[:longest]
	}
	text = strings.Map(func(r rune) rune {
		// cert.Name has replaced control and direction characters by the replacement character already
		if unicode.IsSpace(r) || r == utf8.RuneError || r == '\u00AD' || !unicode.IsPrint(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
	return twins.Replace(text)
}

// glob tells whether the whole text fits the pattern: * is any run of bytes, # one digit, and everything else itself.
func glob(pattern, text string) bool {
	star, again := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, again = p, t
			p++
		case p < len(pattern) && (pattern[p] == text[t] || pattern[p] == '#' && text[t] >= '0' && text[t] <= '9'):
			p++
			t++
		case star >= 0: // let the last star take one byte more
			again++
			p, t = star+1, again
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// nameKey makes the text of a name comparable: programs print the parts in either order. Two names with one key differ at most in order, case and
// spaces.
func nameKey(text string) string {
	if text == "" {
		return ""
	}
	if len(text) > 4*longest {
		text = text[:4*longest]
	}
	parts := strings.Split(text, ", ")
	for i, part := range parts {
		parts[i] = fold(part)
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}
