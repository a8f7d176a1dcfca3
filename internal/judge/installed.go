package judge

import (
	"strings"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// trusted is one entry that vouches for web sites.
type trusted struct {
	ref   Ref
	entry evidence.Entry
	match catalog.Match
}

// installedCodes are the findings for a hostile certificate that vouches for web sites.
var installedCodes = map[catalog.Class]Code{
	catalog.StateInterception: StateInstalled, catalog.StateLookalike: LookalikeInstalled, catalog.Abused: AbusedInstalled,
}

// inspectorCodes are the findings for what checks connections by the wish of the person or of an organisation.
var inspectorCodes = map[string]Code{
	"antivirus": AntivirusInstalled, "office": OfficeInstalled, "adblock": AdblockInstalled, "developer": DeveloperInstalled,
}

// installed looks at every entry of every place.
func (d *decider) installed() {
	for i, seen := range d.e.Places {
		for j, entry := range seen.Entries {
			ref, match := Ref{i, j}, d.names(entry.Cert)
			if seen.Place.Kind == evidence.Loose {
				if match.Class.Hostile() {
					f := d.find(LooseFile)
					f.about(ref, entry.Cert)
					f.arg("folder", folder(seen.Place.Path))
				}
				continue
			}
			// A hostile certificate is told of even where a vendor ships it or a public programme once had it.
			if match.Class == catalog.Public || entry.Vendor && !match.Class.Hostile() {
				continue
			}
			if entry.Trust.Vouches() {
				d.trusted = append(d.trusted, trusted{ref, entry, match})
			}
			if match.Class.Hostile() {
				d.hostile(ref, entry, match)
			} else {
				d.harmless(ref, entry, match, seen.Place)
			}
		}
	}
	if f := d.found[UnknownInstalled]; f != nil && len(f.Certs) > 1 {
		f.Variant = "many"
	}
	for _, code := range []Code{UnknownInstalled, UnknownNoted} {
		if f := d.found[code]; f != nil {
			f.arg("n", max(len(f.Certs), 1))
		}
	}
}

func (d *decider) hostile(ref Ref, entry evidence.Entry, match catalog.Match) {
	code := HostileOther
	switch {
	case entry.Trust == evidence.Distrusted:
		code = HostileRefused
	case entry.Trust.Vouches() && entry.Orphan:
		code = StateLeftover
	case entry.Trust.Vouches():
		code = installedCodes[match.Class]
	case entry.Trust == evidence.Disabled:
		code = HostileDisabled
	}
	f := d.find(code)
	f.about(ref, entry.Cert)
	f.arg("name", shown(match, entry.Cert))
	if entry.Managed && code != HostileRefused {
		f := d.find(ManagedHostile)
		f.about(ref, entry.Cert)
		f.arg("name", shown(match, entry.Cert))
	}
}

// harmless notes what somebody added and what does not stand for forged sites. What a browser has merely kept (an intermediate certificate that it met
// once) is not worth a word.
func (d *decider) harmless(ref Ref, entry evidence.Entry, match catalog.Match, place evidence.Place) {
	note := func(code Code, name string, value any) *Finding {
		f := d.find(code)
		f.about(ref, entry.Cert)
		f.arg(name, value)
		return f
	}
	vouches := entry.Trust.Vouches()
	switch match.Class {
	case catalog.NationalSigning:
		f := note(SigningInstalled, "name", shown(match, entry.Cert))
		if vouches {
			f.Variant = "web"
		}
	case catalog.StateOther:
		if vouches {
			d.stateOther(ref, entry, match, place)
		}
	case catalog.Inspector:
		code, known := inspectorCodes[match.Kind]
		if !known {
			code = OfficeInstalled
		}
		if vouches {
			note(code, "product", product(match, entry.Cert))
		}
	default:
		// Of a permission whose certificate is gone nobody knows what it was: it can stand at the end of a chain that a server sends along.
		switch anchor := (entry.Cert.Anchor() || entry.Orphan || standsAlone(place)) && !d.expired(entry.Cert, place); {
		case vouches && anchor && entry.Managed && !unasked(entry, place):
			note(OfficeInstalled, "product", entry.Cert.Title())
		case vouches && anchor:
			note(UnknownInstalled, "name", entry.Cert.Title())
		case vouches, entry.Cert.Self() && entry.Trust != evidence.Distrusted:
			note(UnknownNoted, "name", entry.Cert.Title())
		}
	}
}

// stateOther says it in words that fit: which state, and whether it can be taken out at all. A root that is compiled into one browser is told of only
// when nothing else is.
func (d *decider) stateOther(ref Ref, entry evidence.Entry, match catalog.Match, place evidence.Place) {
	f := d.find(StateOtherInstalled)
	first := len(f.Entries) == 0
	f.about(ref, entry.Cert)
	f.arg("name", shown(match, entry.Cert))
	f.arg("program", place.Program)
	russian := entry.Cert.Subject.Country == "RU" || strings.HasPrefix(match.ID, "ru-") || strings.HasPrefix(match.ID, "state-ru-")
	variant := Code("")
	switch {
	case place.Kind == evidence.BuiltIn:
		variant = "built-in"
	case !russian:
		variant = "other"
	}
	if first || f.Variant == "built-in" {
		f.Variant = variant
	}
	if f.Variant == "built-in" {
		f.WhatNow = nil
	} else {
		f.WhatNow = lawOf(StateOtherInstalled).steps
	}
}

// expired tells whether no program believes the certificate any more, for its date. Without the time of the check nothing is expired. Java does not look at the dates of what
// it trusts (RFC 5280 section 6.1.1 leaves them out; sun.security.validator.PKIXValidator).
func (d *decider) expired(c cert.Certificate, place evidence.Place) bool {
	java := place.Kind == evidence.Java || place.Kind == evidence.Environment && strings.Contains(place.Program, "Java")
	return !java && !d.e.Started.IsZero() && !c.Until.IsZero() && d.e.Started.After(c.Until)
}

// standsAlone tells whether what is trusted in the place is believed for the sites that it names even when it can sign nothing: Chromium believes such a certificate, be it in
// its own list or in the database that browsers share. Firefox does not believe what stands in a profile in that way.
func standsAlone(place evidence.Place) bool {
	return place.Kind == evidence.Chromium || place.Kind == evidence.Policy || place.Kind == evidence.NSS && strings.HasSuffix(place.Path, "/nssdb")
}

// unasked tells whether a policy stands where no administrator is needed to write it, so that nothing says that an organisation wants it: below a home. Those of the
// registry, whose paths have other separators, are kept from the person who is under them.
func unasked(entry evidence.Entry, place evidence.Place) bool {
	return place.Kind == evidence.Policy && place.Owner != "" && entry.Needs == evidence.Own && strings.HasPrefix(place.Path, "/")
}

func product(match catalog.Match, c cert.Certificate) string {
	if match.Product != "" {
		return match.Product
	}
	return c.Title()
}

// folder is the name of the folder in which a file lies, or of the folder itself when the place is one. Paths of any system.
func folder(path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
	if len(parts) == 0 {
		return path
	}
	last := len(parts) - 1
	name := strings.ToLower(parts[last])
	for _, end := range []string{".crt", ".cer", ".pem", ".der", ".p7b", ".p7c", ".p12", ".pfx", ".zip"} {
		if strings.HasSuffix(name, end) && last > 0 {
			return parts[last-1]
		}
	}
	return parts[last]
}
