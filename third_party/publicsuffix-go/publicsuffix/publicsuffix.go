// Package publicsuffix cuts a host name at its public suffix. It stands in place of the package of that name by Simone Carletti, with the part of its
// interface that zcrypto uses; see README.md of the module.
package publicsuffix

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// List is the public suffix list of golang.org/x/net/publicsuffix; there is no other.
type List struct{}

// Rule is a rule of the list, by its value.
type Rule struct{ Value string }

// FindOptions are how to look a name up.
type FindOptions struct {
	IgnorePrivate bool  // do not use the rules of the private section
	DefaultRule   *Rule // for names that no rule fits; nil makes them an error
}

// DomainName is a name in its parts: www . example . co.uk
type DomainName struct {
	TLD  string // the public suffix
	SLD  string // the label before it
	TRD  string // what is before that
	Rule *Rule
}

var (
	// DefaultList is the list.
	DefaultList = &List{}
	// DefaultRule takes the last label for the suffix.
	DefaultRule = &Rule{"*"}
)

// ParseFromListWithOptions cuts a name. A name that is itself a public suffix, one with an empty label, and one that no rule fits are errors.
func ParseFromListWithOptions(_ *List, name string, options *FindOptions) (*DomainName, error) {
	name = strings.ToLower(name)
	if name == "" || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return nil, fmt.Errorf("%q is no domain name", name)
	}
	suffix, official := publicsuffix.PublicSuffix(name)
	for options.IgnorePrivate && !official && strings.Contains(suffix, ".") { // a rule of the private section
		suffix, official = publicsuffix.PublicSuffix(suffix[strings.IndexByte(suffix, '.')+1:])
	}
	rule := &Rule{suffix}
	if !official && !strings.Contains(suffix, ".") { // the default rule
		if rule = options.DefaultRule; rule == nil {
			return nil, fmt.Errorf("no rule fits %q", name)
		}
	}
	if name == suffix {
		return nil, fmt.Errorf("%q is a suffix", name)
	}
	d := &DomainName{TLD: suffix, SLD: strings.TrimSuffix(name, "."+suffix), Rule: rule}
	if at := strings.LastIndexByte(d.SLD, '.'); at >= 0 {
		d.TRD, d.SLD = d.SLD[:at], d.SLD[at+1:]
	}
	return d, nil
}
