package judge

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// A case is written by names: «state-root» stands for a certificate that the test makes on the spot, always the same one. This is the form of
// testdata/*/evidence.json.
type (
	caseFile struct {
		Note      string      `json:"note"`
		Started   time.Time   `json:"started,omitzero"`
		Places    []casePlace `json:"places"`
		Live      *caseLive   `json:"live,omitempty"` // absent: the live test did not run
		Elevated  bool        `json:"elevated,omitempty"`
		OtherDisk bool        `json:"other_disk,omitempty"`
	}
	casePlace struct {
		Kind     evidence.Kind   `json:"kind"`
		Path     string          `json:"path,omitempty"`
		Program  string          `json:"program,omitempty"`
		Owner    string          `json:"owner,omitempty"`
		Entries  []caseEntry     `json:"entries,omitempty"`
		Troubles []evidence.Code `json:"troubles,omitempty"`
		Notes    []caseNote      `json:"notes,omitempty"`
	}
	caseNote struct {
		Code   evidence.NoteCode `json:"code"`
		Value  string            `json:"value,omitempty"`
		Forced bool              `json:"forced,omitempty"`
	}
	caseEntry struct {
		Cert    string         `json:"cert"`
		Trust   evidence.Trust `json:"trust"`
		Needs   evidence.Right `json:"needs,omitempty"`
		Managed bool           `json:"managed,omitempty"`
		Vendor  bool           `json:"vendor,omitempty"`
		Orphan  bool           `json:"orphan,omitempty"`
	}
	caseLive struct {
		Handshakes []caseHandshake `json:"handshakes,omitempty"`
		Offline    bool            `json:"offline,omitempty"`
		Portal     bool            `json:"portal,omitempty"`
		ClockWrong bool            `json:"clock_wrong,omitempty"`
		Detour     string          `json:"detour,omitempty"`
	}
	caseHandshake struct {
		Host    string           `json:"host"`
		Outcome evidence.Outcome `json:"outcome"`
		Chain   []string         `json:"chain,omitempty"`
		Signer  string           `json:"signer,omitempty"`
		System  evidence.Opinion `json:"system,omitempty"`
		Stop    evidence.Stop    `json:"stop,omitempty"`
		Product string           `json:"product,omitempty"`
		Marks   []string         `json:"marks,omitempty"`
	}
)

// made describes one certificate of the cases: who signed it, and who the list says it is.
type recipe struct {
	subject pkix.Name
	by      string // empty: by itself
	leaf    bool
	until   int // year; zero: 2040
	match   catalog.Match
}

func isca() pkix.Name {
	return pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
}

func listed(class catalog.Class, id, name string) catalog.Match {
	return catalog.Match{Class: class, By: catalog.BySHA256, ID: id, Names: catalog.Names{"kk": "kk:" + name, "ru": "ru:" + name, "en": name}}
}

var recipes = map[string]recipe{
	// two roots of one name and different keys, as the state makes them
	"state-root":  {subject: isca(), match: listed(catalog.StateInterception, "kz-1", "ISCA 1")},
	"state-root2": {subject: isca(), match: listed(catalog.StateInterception, "kz-2", "ISCA 2")},
	"state-middle": {
		subject: pkix.Name{CommonName: "Security Certificate", Country: []string{"KZ"}}, by: "state-root",
		match: catalog.Match{Class: catalog.StateInterception, By: catalog.BySignature, ID: "kz-1", Names: catalog.Names{"en": "ISCA 1"}},
	},
	"state-leaf":            {subject: pkix.Name{CommonName: "watched.example"}, by: "state-middle", leaf: true},
	"state-leaf-direct":     {subject: pkix.Name{CommonName: "watched.example"}, by: "state-root", leaf: true, match: catalog.Match{Class: catalog.StateInterception, By: catalog.BySignature, ID: "kz-1", Names: catalog.Names{"en": "ISCA 1"}}},
	"lookalike":             {subject: isca(), match: catalog.Match{Class: catalog.StateLookalike, By: catalog.ByRule, ID: "lookalike-isca", Names: catalog.Names{"en": "Looks like ISCA"}}},
	"lookalike-middle":      {subject: pkix.Name{CommonName: "Intermediate"}, by: "lookalike", match: catalog.Match{Class: catalog.StateLookalike, By: catalog.ByRule, ID: "lookalike-isca", Names: catalog.Names{"en": "Looks like ISCA"}}},
	"lookalike-middle-leaf": {subject: pkix.Name{CommonName: "watched.example"}, by: "lookalike-middle", leaf: true},
	"lookalike-leaf":        {subject: pkix.Name{CommonName: "watched.example"}, by: "lookalike", leaf: true},
	"box":                   {subject: pkix.Name{CommonName: "Security Certificate", Country: []string{"KZ"}}, match: catalog.Match{Class: catalog.StateLookalike, By: catalog.ByRule, ID: "lookalike-box", Names: catalog.Names{"en": "Looks like the box"}}},
	"box-leaf":              {subject: pkix.Name{CommonName: "watched.example"}, by: "box", leaf: true, match: catalog.Match{Class: catalog.StateLookalike, By: catalog.ByRule, ID: "lookalike-box", Names: catalog.Names{"en": "Looks like the box"}}},
	"abused":                {subject: pkix.Name{CommonName: "Superfish, Inc."}, match: listed(catalog.Abused, "abused-1", "Superfish")},
	"abused-leaf":           {subject: pkix.Name{CommonName: "watched.example"}, by: "abused", leaf: true},
	"russian":               {subject: pkix.Name{CommonName: "Russian Trusted Root CA", Country: []string{"RU"}}, match: listed(catalog.StateOther, "ru-1", "Russian root")},
	"russian-leaf":          {subject: pkix.Name{CommonName: "watched.example"}, by: "russian", leaf: true},
	"other-state":           {subject: pkix.Name{CommonName: "STS", Country: []string{"KZ"}}, match: listed(catalog.StateOther, "state-kz-sts", "STS")},
	"signing":               {subject: pkix.Name{CommonName: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ"}, match: listed(catalog.NationalSigning, "kz-esign", "NUC")},
	"signing-leaf":          {subject: pkix.Name{CommonName: "watched.example"}, by: "signing", leaf: true},
	"antivirus":             {subject: pkix.Name{CommonName: "Kaspersky Anti-Virus Personal Root"}, match: catalog.Match{Class: catalog.Inspector, By: catalog.ByVendor, Kind: "antivirus", Product: "Kaspersky"}},
	"antivirus-leaf":        {subject: pkix.Name{CommonName: "watched.example"}, by: "antivirus", leaf: true, match: catalog.Match{Class: catalog.Inspector, By: catalog.ByVendor, Kind: "antivirus", Product: "Kaspersky"}},
	"office":                {subject: pkix.Name{CommonName: "FortiGate CA"}, match: catalog.Match{Class: catalog.Inspector, By: catalog.ByVendor, Kind: "office", Product: "Fortinet FortiGate"}},
	"adblock":               {subject: pkix.Name{CommonName: "AdGuard Personal CA"}, match: catalog.Match{Class: catalog.Inspector, By: catalog.ByVendor, Kind: "adblock", Product: "AdGuard"}},
	"developer":             {subject: pkix.Name{CommonName: "mitmproxy"}, match: catalog.Match{Class: catalog.Inspector, By: catalog.ByVendor, Kind: "developer", Product: "mitmproxy"}},
	"developer-leaf":        {subject: pkix.Name{CommonName: "watched.example"}, by: "developer", leaf: true, match: catalog.Match{Class: catalog.Inspector, By: catalog.ByVendor, Kind: "developer", Product: "mitmproxy"}},
	"public":                {subject: pkix.Name{CommonName: "Public Root"}, match: catalog.Match{Class: catalog.Public, By: catalog.ByPool}},
	"public-leaf":           {subject: pkix.Name{CommonName: "watched.example"}, by: "public", leaf: true},
	"unknown":               {subject: pkix.Name{CommonName: "My Company Root"}},
	"unknown2":              {subject: pkix.Name{CommonName: "Another Root"}},
	"unknown-old":           {subject: pkix.Name{CommonName: "Old Root"}, until: 2022},
	"unknown-middle":        {subject: pkix.Name{CommonName: "Some Intermediate"}, by: "unknown"},
	"unknown-leaf":          {subject: pkix.Name{CommonName: "watched.example"}, by: "unknown", leaf: true},
}

// workshop makes certificates: the same name gives the same bytes in every run.
type workshop struct {
	made   map[string]cert.Certificate
	keys   map[string]ed25519.PrivateKey
	parsed map[string]*x509.Certificate
	names  map[cert.Print]string
}

func newWorkshop(t testing.TB) *workshop {
	t.Helper()
	w := &workshop{map[string]cert.Certificate{}, map[string]ed25519.PrivateKey{}, map[string]*x509.Certificate{}, map[cert.Print]string{}}
	for name := range recipes {
		if err := w.make(name); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *workshop) make(name string) error {
	if _, done := w.made[name]; done {
		return nil
	}
	r, ok := recipes[name]
	if !ok {
		return fmt.Errorf("no certificate is called %q", name)
	}
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	until := r.until
	if until == 0 {
		until = 2040
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(seed[:8]), Subject: r.subject, BasicConstraintsValid: true, IsCA: !r.leaf,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(until, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	parent, signer := template, key
	if r.by != "" {
		if err := w.make(r.by); err != nil {
			return err
		}
		parent, signer = w.parsed[r.by], w.keys[r.by]
	}
	der, err := x509.CreateCertificate(nil, template, parent, key.Public(), signer)
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	w.made[name], w.keys[name], w.parsed[name] = cert.Read(der), key, parsed
	w.names[w.made[name].Print] = name
	return nil
}

// Classify makes the workshop the list of who is who.
func (w *workshop) Classify(c cert.Certificate) catalog.Match {
	match := recipes[w.names[c.Print]].match
	if match.Class == "" {
		match.Class = catalog.Unknown
	}
	return match
}

// evidence makes the evidence of a case.
func (w *workshop) evidence(c caseFile) (evidence.Evidence, error) {
	e := evidence.Evidence{Started: c.Started, Elevated: c.Elevated, Offline: c.OtherDisk}
	get := func(name string) cert.Certificate { return w.made[name] }
	for _, p := range c.Places {
		seen := evidence.Seen{Place: evidence.Place{Kind: p.Kind, Path: p.Path, Program: p.Program, Owner: p.Owner}}
		for _, one := range p.Entries {
			if _, ok := w.made[one.Cert]; !ok {
				return e, fmt.Errorf("no certificate is called %q", one.Cert)
			}
			entry := evidence.Entry{Cert: get(one.Cert), Trust: one.Trust, Needs: one.Needs, Managed: one.Managed, Vendor: one.Vendor, Orphan: one.Orphan}
			if one.Orphan {
				entry.Cert = cert.Certificate{Print: entry.Cert.Print, SHA1: entry.Cert.SHA1, Issuer: entry.Cert.Issuer, Serial: entry.Cert.Serial}
			}
			seen.Entries = append(seen.Entries, entry)
		}
		for _, code := range p.Troubles {
			seen.Troubles = append(seen.Troubles, evidence.Trouble{Code: code, Path: p.Path})
		}
		for _, note := range p.Notes {
			seen.Notes = append(seen.Notes, evidence.Note{Code: note.Code, Path: p.Path, Value: note.Value, Forced: note.Forced})
		}
		e.Places = append(e.Places, seen)
	}
	if c.Live == nil {
		return e, nil
	}
	e.Live = evidence.Live{Asked: true, Offline: c.Live.Offline, Portal: c.Live.Portal, ClockWrong: c.Live.ClockWrong, Detour: c.Live.Detour}
	for _, one := range c.Live.Handshakes {
		h := evidence.Handshake{
			Target: evidence.Target{Host: one.Host, Port: 443, Role: evidence.Watched}, Outcome: one.Outcome, System: one.System, Stop: one.Stop,
			Product: one.Product, Marks: one.Marks, Signer: get(one.Signer).Print,
		}
		for _, name := range one.Chain {
			if _, ok := w.made[name]; !ok {
				return e, fmt.Errorf("no certificate is called %q", name)
			}
			h.Chain = append(h.Chain, get(name))
		}
		e.Live.Handshakes = append(e.Live.Handshakes, h)
	}
	return e, nil
}

// readable is a verdict by names, as testdata/*/verdict.json has it.
func (w *workshop) readable(v Verdict) []byte {
	type finding struct {
		Code       Code     `json:"code"`
		Level      Level    `json:"level"`
		Variant    Code     `json:"variant,omitempty"`
		Button     Code     `json:"button,omitempty"`
		Args       []string `json:"args,omitempty"`
		Certs      []string `json:"certs,omitempty"`
		At         []int    `json:"at,omitempty"`
		Entries    []Ref    `json:"entries,omitempty"`
		Handshakes []int    `json:"handshakes,omitempty"`
		Silences   []Code   `json:"silences,omitempty"`
		WhatNow    []Code   `json:"what_now,omitempty"`
	}
	out := struct {
		Level    Level     `json:"level"`
		Headline Code      `json:"headline"`
		Findings []finding `json:"findings"`
		Unseen   []Unseen  `json:"unseen,omitempty"`
		WhatNow  []Code    `json:"what_now,omitempty"`
	}{v.Level, v.Headline, nil, v.Unseen, v.WhatNow()}
	for _, f := range v.Findings {
		one := finding{f.Code, f.Level, f.Variant, f.Button, nil, nil, f.At, f.Entries, f.Handshakes, f.Silences, f.WhatNow}
		for _, arg := range f.Args {
			value := fmt.Sprint(arg.Value)
			if names, ok := arg.Value.(catalog.Names); ok {
				value = names.In("en")
			}
			one.Args = append(one.Args, arg.Name+": "+value)
		}
		for _, print := range f.Certs {
			one.Certs = append(one.Certs, w.names[print])
		}
		slices.Sort(one.Certs)
		out.Findings = append(out.Findings, one)
	}
	data, err := json.Marshal(out)
	if err != nil {
		panic(err) // the types above always marshal
	}
	return indent(data)
}

// indent writes JSON with one finding, place or handshake a line: short enough to be read side by side.
func indent(data []byte) []byte {
	var top map[string]json.RawMessage
	order := []string{"note", "started", "level", "headline", "elevated", "other_disk", "places", "live", "findings", "unseen", "what_now"}
	if err := json.Unmarshal(data, &top); err != nil {
		return data
	}
	var out bytes.Buffer
	out.WriteString("{")
	first := true
	for _, key := range order {
		value, there := top[key]
		if !there {
			continue
		}
		if !first {
			out.WriteString(",")
		}
		first = false
		fmt.Fprintf(&out, "\n  %q: ", key)
		var list []json.RawMessage
		var live struct {
			Handshakes []json.RawMessage `json:"handshakes"`
		}
		switch {
		case key != "what_now" && json.Unmarshal(value, &list) == nil && len(list) > 0:
			writeList(&out, list, "    ", "  ")
		case key == "live" && json.Unmarshal(value, &live) == nil && len(live.Handshakes) > 0:
			var rest map[string]json.RawMessage
			_ = json.Unmarshal(value, &rest) // read above already
			out.WriteString("{\n")
			for _, name := range []string{"offline", "portal", "clock_wrong", "detour"} {
				if one, ok := rest[name]; ok {
					fmt.Fprintf(&out, "    %q: %s,\n", name, one)
				}
			}
			out.WriteString(`    "handshakes": `)
			writeList(&out, live.Handshakes, "      ", "    ")
			out.WriteString("\n  }")
		default:
			out.Write(value)
		}
	}
	out.WriteString("\n}\n")
	return out.Bytes()
}

func writeList(out *bytes.Buffer, list []json.RawMessage, inner, outer string) {
	out.WriteString("[")
	for i, one := range list {
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString("\n" + inner)
		out.Write(one)
	}
	out.WriteString("\n" + outer + "]")
}
