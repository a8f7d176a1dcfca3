// Package judge turns evidence into one verdict. It is pure and total: the same evidence gives the same verdict, whatever the evidence is; no clock,
// no file and no network is asked.
//
// [Decide] joins what stands in the trust stores with what the live handshakes showed:
//
//	installed, and a handshake was forged by it      state-used              danger
//	installed, the live test saw nothing             state-installed (quiet) danger
//	installed, no live test                          state-installed         danger
//	not installed, but this network forges           network-forges-state    careful
//	neither                                          nothing-found           clear, with its limits
//
// A clear verdict is impossible while a place could not be read. «Not seen now» is never called safe: interception comes and goes, and is done on some
// paths and for some names only.
package judge

import (
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

// Ref points to one entry of the evidence: Evidence.Places[Place].Entries[Entry].
type Ref struct {
	Place int `json:"place"`
	Entry int `json:"entry"`
}

// Finding is one thing that the person should know.
type Finding struct {
	Code       Code
	Level      Level
	Variant    Code         // chooses among several wordings of the finding; often empty
	Button     Code         // chooses among several wordings of its button; often empty
	Args       []words.Arg  // for the words; numbers, proper names, dates, names by language
	Certs      []cert.Print // the certificates it is about, each once; a trust record without certificate has none
	At         []int        // indexes into Evidence.Places, ascending
	Entries    []Ref        // the entries it is about
	Handshakes []int        // indexes into Evidence.Live.Handshakes, ascending
	Silences   []Code       // findings that were left out because this one explains them
	WhatNow    []Code       // steps, in the order in which they are done
}

// Title is the finding in one line.
func (f Finding) Title(p words.Printer) string { return f.say(p, "title", f.Variant) }

// Text is the finding in a sentence or two.
func (f Finding) Text(p words.Printer) string { return f.say(p, "text", f.Variant) }

// Stuck is the Button of a finding whose certificates cannot be removed from here.
const Stuck Code = "stuck"

// Action is what the button of the finding says.
func (f Finding) Action(p words.Printer) string {
	if f.Button == Stuck {
		return p.Say("action.what-to-do")
	}
	return f.say(p, "button", f.Button)
}

func (f Finding) say(p words.Printer, part string, variant Code) string {
	key := "finding." + string(f.Code) + "." + part
	if with := key + "-" + string(variant); variant != "" && p.Has(with) {
		key = with
	}
	return p.Say(key, f.Args...)
}

// SayStep is a step of what to do now in words.
func SayStep(p words.Printer, step Code) string { return p.Say("step." + string(step)) }

// Unseen is one thing that could not be looked at.
type Unseen struct {
	Code  evidence.Code `json:"code"`
	Place int           `json:"place"` // index into Evidence.Places
}

// Verdict is the whole answer.
type Verdict struct {
	Level    Level
	Headline Code      // the code of the most important finding, which is the first one
	Findings []Finding // never empty, the most important first, each code once
	Unseen   []Unseen
	Removed  bool // what it tells to remove is gone since, as was read again; for who writes it down after the removal, never set by Decide
}

// Head is the finding of the headline.
func (v Verdict) Head() Finding {
	for _, f := range v.Findings {
		if f.Code == v.Headline {
			return f
		}
	}
	return Finding{Code: v.Headline, Level: v.Level}
}

// Find gives the finding of that code.
func (v Verdict) Find(code Code) (Finding, bool) {
	for _, f := range v.Findings {
		if f.Code == code {
			return f, true
		}
	}
	return Finding{}, false
}

// WhatNow are the steps of all findings that ask for attention, in the order in which they are done, each once. «Ask who set it up» and «remove it if you do not need it» are about
// one certificate: beside a graver finding they would be read as being about that one, so they wait. When all is clear the steps are those of the headline alone.
func (v Verdict) WhatNow() []Code {
	var steps []Code
	for _, f := range v.Findings {
		if f.Level == Clear && (v.Level != Clear || f.Code != v.Headline) {
			continue
		}
		for _, step := range f.WhatNow {
			if f.Level == v.Level || step != stepAskOwner && step != stepRemoveIfUnused {
				steps = append(steps, step)
			}
		}
	}
	return orderSteps(steps)
}
