package judge

import (
	"slices"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

// Namer says who a certificate is; *catalog.List does.
type Namer interface {
	Classify(c cert.Certificate) catalog.Match
}

// Decide gives the verdict on what was seen.
func Decide(list Namer, e evidence.Evidence) Verdict {
	d := &decider{e: e, names: remember(list), found: map[Code]*Finding{}}
	d.installed()
	d.notes()
	d.unseen()
	d.live()
	d.stuck()
	d.around()
	return d.verdict()
}

// decider gathers findings. Nothing outlives one call of Decide.
type decider struct {
	e       evidence.Evidence
	names   func(cert.Certificate) catalog.Match
	found   map[Code]*Finding
	trusted []trusted // what vouches for web sites here, but for public and vendor certificates
	missed  []Unseen
	seen    int // places of which nothing was missed
	sites   int // names that gave an answer of which something can be said
}

// remember keeps the answers of list: the same certificate stands in many places.
func remember(list Namer) func(cert.Certificate) catalog.Match {
	answers := map[cert.Print]catalog.Match{}
	return func(c cert.Certificate) catalog.Match {
		if c.DER == nil { // a record may name different things by the same, zero, print
			return list.Classify(c)
		}
		match, known := answers[c.Print]
		if !known {
			match = list.Classify(c)
			answers[c.Print] = match
		}
		return match
	}
}

// find gives the finding of a code, made on first use. Certificates, places and handshakes are added to it.
func (d *decider) find(code Code) *Finding {
	if d.found[code] == nil {
		d.found[code] = &Finding{Code: code, Level: lawOf(code).level, WhatNow: lawOf(code).steps}
	}
	return d.found[code]
}

func lawOf(code Code) law {
	return laws[slices.IndexFunc(laws, func(l law) bool { return l.code == code })]
}

// about adds an entry to a finding.
func (f *Finding) about(ref Ref, c cert.Certificate) {
	if !slices.Contains(f.Entries, ref) {
		f.Entries = append(f.Entries, ref)
	}
	if !slices.Contains(f.At, ref.Place) {
		f.At = append(f.At, ref.Place)
	}
	f.print(c.Print)
}

func (f *Finding) print(p cert.Print) {
	if !p.IsZero() && !slices.Contains(f.Certs, p) {
		f.Certs = append(f.Certs, p)
	}
}

// arg sets an argument that is not set yet: of several certificates in one finding the first is named.
func (f *Finding) arg(name string, value any) {
	if !slices.ContainsFunc(f.Args, func(a words.Arg) bool { return a.Name == name }) {
		f.Args = append(f.Args, words.With(name, value))
	}
}

// shown is what a certificate is called before people: by its own name where the list knows only its shape.
func shown(match catalog.Match, c cert.Certificate) any {
	if match.Names != nil && (match.Class != catalog.StateLookalike || c.DER == nil) {
		return match.Names
	}
	return c.Title()
}

// unseen notes what could not be read. Files that lie around do no harm by themselves: not to have seen one leaves no doubt.
func (d *decider) unseen() {
	var missed []int
	permission, open := false, false
	for i, seen := range d.e.Places {
		if len(seen.Troubles) == 0 || seen.Place.Kind == evidence.Loose {
			if seen.Place.Kind != evidence.Loose {
				d.seen++
			}
			continue
		}
		missed = append(missed, i)
		for _, trouble := range seen.Troubles {
			if one := (Unseen{trouble.Code, i}); !slices.Contains(d.missed, one) {
				d.missed = append(d.missed, one)
			}
			permission = permission || trouble.Code == evidence.NoPermission || trouble.Code == evidence.NeedsAdmin
			open = open || trouble.Code == evidence.Locked || trouble.Code == evidence.BrowserOpen
		}
	}
	if len(missed) > 0 {
		f := d.find(UnseenPlaces)
		f.At = missed
		f.arg("n", len(missed))
		if permission {
			f.WhatNow = append([]Code{stepOtherAccount}, f.WhatNow...)
		}
		if open {
			f.WhatNow = append([]Code{stepClosePrograms}, f.WhatNow...)
		}
	} else if d.seen == 0 {
		d.find(NoPlaces)
	}
}

// stuck takes the removal out of the advice where nothing can be removed: an organisation manages it, it is fixed by nature, or the system trusts
// something that no place showed.
func (d *decider) stuck() {
	for _, f := range d.found {
		if !slices.Contains(f.WhatNow, stepRemove) {
			continue
		}
		managed, free := false, false
		for _, ref := range f.Entries {
			entry := d.e.Places[ref.Place].Entries[ref.Entry]
			managed = managed || entry.Managed
			free = free || !entry.Managed && entry.Needs != evidence.Never
		}
		if free {
			continue
		}
		f.Button = Stuck
		f.WhatNow = slices.DeleteFunc(slices.Clone(f.WhatNow), func(step Code) bool { return step == stepRemove })
		switch {
		case managed:
			f.WhatNow = append(f.WhatNow, stepAskAdmin)
		case len(f.Entries) > 0:
			f.WhatNow = append(f.WhatNow, stepAskOwner)
		}
		if !managed {
			f.WhatNow = append(f.WhatNow, stepSaveReport, stepGetHelp)
		}
	}
}

// around adds what is said of the check itself.
func (d *decider) around() {
	if d.e.Elevated {
		d.find(Elevated)
	}
	if d.e.Offline {
		d.find(OtherDisk)
	} else {
		d.find(PhoneNotChecked)
	}
}

// verdict puts the findings into their order, and says how it stands as a whole.
func (d *decider) verdict() Verdict {
	v := Verdict{Unseen: d.missed}
	for _, f := range d.found {
		v.Level = max(v.Level, f.Level)
	}
	if f := d.found[UnseenPlaces]; f != nil && d.above(Clear, UnseenPlaces) {
		f.Variant = "found"
	}
	if v.Level == Clear {
		f := d.find(NothingFound)
		f.arg("places", d.seen)
		f.arg("sites", d.sites)
		if d.e.Live.Asked && d.sites > 0 {
			f.Variant = "live"
		}
		delete(d.found, NetworkQuiet) // says the same
	}
	for _, l := range laws {
		if f := d.found[l.code]; f != nil {
			f.WhatNow = orderSteps(f.WhatNow)
			slices.Sort(f.At)
			slices.Sort(f.Handshakes)
			v.Findings = append(v.Findings, *f)
		}
	}
	v.Headline = v.Findings[0].Code
	return v
}

// above tells whether something other than the named finding is above the level.
func (d *decider) above(level Level, but Code) bool {
	for code, f := range d.found {
		if code != but && f.Level > level {
			return true
		}
	}
	return false
}
