package report

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// The JSON of a check. The names of its fields are part of the command-line contract; see docs/command-line.md.
type (
	checkJSON struct {
		Schema       string            `json:"schema"`
		Version      string            `json:"version"`
		List         ListJSON          `json:"list"`
		Started      time.Time         `json:"started"`
		Finished     time.Time         `json:"finished"`
		Level        judge.Level       `json:"level"`
		Headline     judge.Code        `json:"headline"`
		CheckCode    string            `json:"check_code"`
		Findings     []findingJSON     `json:"findings"`
		Certificates []certificateJSON `json:"certificates"`
		Places       []placeJSON       `json:"places"`
		Handshakes   []handshakeJSON   `json:"handshakes"`
		Unseen       []unseenJSON      `json:"unseen"`
	}
	// ListJSON names the list of known authorities.
	ListJSON struct {
		Version int    `json:"version"`
		Date    string `json:"date"`
	}
	findingJSON struct {
		Code         judge.Code   `json:"code"`
		Level        judge.Level  `json:"level"`
		Title        string       `json:"title"`
		Text         string       `json:"text"`
		WhatNow      []string     `json:"what_now"`
		Certificates []cert.Print `json:"certificates"`
		Places       []int        `json:"places"`
	}
	certificateJSON struct {
		SHA256    cert.Print `json:"sha256"`
		SHA1      string     `json:"sha1"`
		SPKI      cert.Print `json:"spki_sha256"`
		Subject   string     `json:"subject"`
		Issuer    string     `json:"issuer"`
		NotBefore string     `json:"not_before"` // RFC 3339; empty when it could not be read
		NotAfter  string     `json:"not_after"`
		Class     string     `json:"class"`
		Name      string     `json:"name"`
		Unread    string     `json:"unread"` // why a part of it could not be read; usually empty

		Shields []shieldJSON `json:"shields,omitempty"` // of known interception certificates: what each browser does with it by itself
	}
	shieldJSON struct {
		Program string          `json:"program"`
		Place   int             `json:"place"`
		Does    evidence.Stance `json:"does"`
		By      string          `json:"by"`            // onecrl, crlset or built-in
		Why     evidence.Code   `json:"why,omitempty"` // why its list could not be read
	}
	placeJSON struct {
		Kind         evidence.Kind `json:"kind"`
		Path         string        `json:"path"`
		Owner        string        `json:"owner"`
		Program      string        `json:"program"`
		Label        string        `json:"label"`
		Certificates int           `json:"certificates"`
		Millis       int64         `json:"ms"`
		Error        string        `json:"error"`
		Entries      []entryJSON   `json:"entries"`
		Notes        []noteJSON    `json:"notes"` // what decides on trust there without naming a certificate
	}
	entryJSON struct {
		SHA256  cert.Print     `json:"sha256"`
		Trust   evidence.Trust `json:"trust"`
		Needs   evidence.Right `json:"needs"`
		Managed bool           `json:"managed"`
		Where   []string       `json:"where,omitempty"` // of settings: the lines to change, and the files that they name
	}
	handshakeJSON struct {
		Host    string           `json:"host"`
		Port    uint16           `json:"port"`
		Address string           `json:"address"`
		Role    evidence.Role    `json:"role"`
		Try     int              `json:"try"`
		Outcome evidence.Outcome `json:"outcome"`
		Stop    evidence.Stop    `json:"stop"`
		Chain   []cert.Print     `json:"chain"`
		Public  evidence.Opinion `json:"public"`
		System  evidence.Opinion `json:"system"`
		Stamped bool             `json:"stamped"`
		Signer  cert.Print       `json:"signer"`
		Product string           `json:"product"`
		Marks   []string         `json:"marks"`
		Millis  int64            `json:"ms"`
		Error   string           `json:"error"`
	}
	unseenJSON struct {
		Code  evidence.Code `json:"code"`
		Place int           `json:"place"`
	}
	storesJSON struct {
		Schema string       `json:"schema"`
		Places []placeJSON  `json:"places"`
		Unseen []unseenJSON `json:"unseen"`
	}
)

// WriteJSON writes one JSON object, indented, with a line break behind it. Controls that JSON lets stand as they are, and that a terminal would obey (DEL and C1),
// are written as \u sequences: a certificate can have any of them in its name.
func WriteJSON(w io.Writer, value any) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	var out strings.Builder
	for _, r := range text.String() { // outside of texts there is nothing but ASCII
		if r >= 0x7f && r <= 0x9f {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// list names the list of the report.
func (r *Report) list() ListJSON {
	return ListJSON{r.List.Version, r.List.Date.Format("2006-01-02")}
}

// JSON writes the report as JSON. Titles and texts are in the language of the printer; everything else is the same in all.
func (r *Report) JSON(w io.Writer, p words.Printer) error {
	p = p.Plain()
	out := checkJSON{
		Schema: "qulyp.check/1", Version: r.Version, List: r.list(), Started: r.Evidence.Started.UTC(), Finished: r.Evidence.Finished.UTC(),
		Level: r.Verdict.Level, Headline: r.Verdict.Headline, CheckCode: r.Code,
		Findings: []findingJSON{}, Certificates: []certificateJSON{}, Places: r.places(), Handshakes: []handshakeJSON{}, Unseen: r.unseenJSON(),
	}
	for _, f := range r.Verdict.Findings {
		clean := r.finding(f)
		one := findingJSON{Code: f.Code, Level: f.Level, Title: clean.Title(p), Text: clean.Text(p), WhatNow: []string{}, Certificates: []cert.Print{}, Places: []int{}}
		for _, step := range f.WhatNow {
			one.WhatNow = append(one.WhatNow, SayStep(p, step))
		}
		one.Certificates = append(one.Certificates, f.Certs...)
		one.Places = append(one.Places, f.At...)
		out.Findings = append(out.Findings, one)
	}
	for _, k := range r.known {
		one := certificateJSON{
			SHA256: k.cert.Print, SHA1: hex.EncodeToString(k.cert.SHA1[:]), SPKI: k.cert.Key, Subject: k.cert.Subject.Text, Issuer: k.cert.Issuer.Text,
			NotBefore: stamp(k.cert.From), NotAfter: stamp(k.cert.Until), Class: string(k.match.Class), Name: CertName(p, k.match, k.cert),
		}
		if k.cert.Unread != nil {
			one.Unread = r.clean(k.cert.Unread.Error())
		}
		if r.scrub != nil && personal(k) {
			one = certificateJSON{Subject: gap, Issuer: gap, Name: gap, Class: one.Class}
		}
		one.Subject, one.Issuer, one.Name = r.clean(one.Subject), r.clean(one.Issuer), r.clean(one.Name)
		for _, s := range r.Evidence.Shields {
			at := slices.IndexFunc(r.Evidence.Places, func(seen evidence.Seen) bool { return seen.Place == s.Place })
			if s.Print == k.cert.Print && !s.Print.IsZero() && at >= 0 {
				one.Shields = append(one.Shields, shieldJSON{s.Place.Program, at, s.Does, s.By, s.Why})
			}
		}
		out.Certificates = append(out.Certificates, one)
	}
	for _, h := range r.Evidence.Live.Handshakes {
		out.Handshakes = append(out.Handshakes, r.handshake(h))
	}
	return WriteJSON(w, out)
}

// StoresJSON writes the places alone.
func (r *Report) StoresJSON(w io.Writer) error {
	return WriteJSON(w, storesJSON{"qulyp.stores/1", r.places(), r.unseenJSON()})
}

func (r *Report) places() []placeJSON {
	places := []placeJSON{}
	notPublic, hidden := map[string]bool{}, map[string]bool{}
	for _, k := range r.known {
		notPublic[identity(k.cert)] = true
		hidden[identity(k.cert)] = r.scrub != nil && personal(k)
	}
	for i, seen := range r.Evidence.Places {
		one := placeJSON{
			Kind: seen.Place.Kind, Path: seen.Place.Path, Owner: seen.Place.Owner, Program: seen.Place.Program, Label: seen.Place.Label,
			Certificates: len(seen.Entries), Millis: seen.Took.Milliseconds(), Entries: []entryJSON{}, Notes: r.notesJSON(seen),
		}
		if r.scrub != nil {
			one.Label, one.Path, one.Owner = r.label(i), r.path(seen.Place), ""
			if seen.Place.Owner != "" {
				one.Owner = gap
			}
		}
		var causes []error
		for _, trouble := range seen.Troubles {
			causes = append(causes, trouble)
		}
		if len(causes) > 0 {
			one.Error = r.clean(strings.ReplaceAll(errors.Join(causes...).Error(), "\n", "; "))
		}
		for _, entry := range seen.Entries {
			r.List.Resolve(&entry.Cert)
			if notPublic[identity(entry.Cert)] {
				told := entryJSON{SHA256: entry.Cert.Print, Trust: entry.Trust, Needs: entry.Needs, Managed: entry.Managed}
				if seen.Place.Kind == evidence.Environment {
					for _, where := range entry.Where {
						told.Where = append(told.Where, r.clean(where))
					}
				}
				if hidden[identity(entry.Cert)] {
					told.SHA256 = cert.Print{}
				}
				one.Entries = append(one.Entries, told)
			}
		}
		places = append(places, one)
	}
	return places
}

func (r *Report) unseenJSON() []unseenJSON {
	all := []unseenJSON{}
	for _, one := range r.Verdict.Unseen {
		all = append(all, unseenJSON{one.Code, one.Place})
	}
	return all
}

func (r *Report) handshake(h evidence.Handshake) handshakeJSON {
	one := handshakeJSON{
		Host: h.Target.Host, Port: h.Target.Port, Role: h.Target.Role, Try: h.Try, Outcome: h.Outcome, Stop: h.Stop, Chain: []cert.Print{}, Public: h.Public,
		System: h.System, Stamped: h.Stamped, Signer: h.Signer, Product: h.Product, Marks: append([]string{}, h.Marks...), Millis: h.Took.Milliseconds(),
	}
	if h.Addr.IsValid() && r.scrub == nil {
		one.Address = h.Addr.Addr().String()
	}
	for _, c := range h.Chain {
		one.Chain = append(one.Chain, c.Print)
	}
	if h.Cause != nil {
		one.Error = r.clean(h.Cause.Error())
	}
	return one
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
