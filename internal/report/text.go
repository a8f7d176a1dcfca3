package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// Part is a part of a text that may be shown in its own style.
type Part string

// The parts.
const (
	Heading Part = "heading"
	Word    Part = "word" // the level in a word
)

// Style is how a text is written. The zero value is for paper.
type Style struct {
	Paint func(part Part, text string) string // adds style to a part of the text; nil: there is none
	Brief bool                                // without steps and codes: they come later in the conversation
}

// Text writes the report as text of at most Columns letters a line.
func (r *Report) Text(w io.Writer, p words.Printer, style Style) error {
	paint := style.Paint
	if paint == nil {
		paint = func(_ Part, text string) string { return text }
	}
	var out strings.Builder
	section := func(key string) {
		out.WriteString("\n" + paint(Heading, p.Say(key)) + "\n")
	}
	item := func(text string) { out.WriteString(Wrap(text, Columns, "  - ", "    ")) }

	head := r.finding(r.Verdict.Head())
	word := p.Say("level." + r.Verdict.Level.String())
	title := strings.TrimSuffix(Wrap(word+": "+head.Title(p), Columns, "", ""), "\n")
	if rest, ok := strings.CutPrefix(title, word); ok {
		title = paint(Word, word) + paint(Heading, rest)
	}
	out.WriteString(title + "\n\n" + Wrap(head.Text(p), Columns, "", ""))
	if len(head.At) > 0 && head.Code != judge.UnseenPlaces {
		section("terminal.where")
		for _, name := range r.names(p, head.At) {
			item(name)
		}
	}
	if steps := r.Verdict.WhatNow(); len(steps) > 0 && !style.Brief {
		section("terminal.what-now")
		for i, step := range steps {
			out.WriteString(Wrap(SayStep(p, step), Columns, fmt.Sprintf("%3d. ", i+1), "     "))
		}
	}
	if notes := r.notes(); len(notes) > 0 {
		section("terminal.also")
		for _, f := range notes {
			item(f.Title(p) + ". " + f.Text(p))
			if len(f.At) > 0 && f.Level > judge.Clear {
				out.WriteString(Wrap(p.Say("terminal.where")+" "+p.List(r.names(p, f.At))+".", Columns, "    ", "    "))
			}
		}
	}
	if unseen := r.unseen(p); len(unseen) > 0 {
		section("terminal.unseen")
		for _, one := range unseen {
			item(one.Place + ": " + one.Reason + " " + one.Next)
		}
	}
	if all := r.certificates(p); len(all) > 0 && !style.Brief {
		section("terminal.certificates")
		for _, c := range all {
			item(p.Quote(c.Name) + ": " + c.Class)
			if c.Print != "" {
				out.WriteString("    SHA-256 " + c.Print + "\n")
			}
			if len(c.Places) > 0 {
				out.WriteString(Wrap(p.Say("terminal.where")+" "+p.List(c.Places), Columns, "    ", "    "))
			}
			for _, line := range slices.Concat(r.settings(p, c.Print), c.Shields) {
				out.WriteString(Wrap(line, Columns, "    ", "    "))
			}
		}
	}
	if lines := r.noteLines(p); len(lines) > 0 && !style.Brief {
		section("terminal.deciding")
		for _, line := range lines {
			item(line + ".")
		}
	}
	if len(r.Evidence.Live.Handshakes) > 0 {
		section("terminal.sites")
		for _, site := range r.sites(p) {
			item(site.Host + ": " + p.List(site.Results))
		}
	}
	out.WriteString("\n" + Wrap(p.Say("terminal.places", words.N(len(r.Evidence.Places)))+". "+r.meta(p), Columns, "", ""))
	out.WriteString(Wrap(p.Say("report.code", words.With("code", r.Code)), Columns, "", ""))
	if r.scrub != nil {
		out.WriteString(Wrap(p.Say("report.privacy")+" "+p.Say("report.limits"), Columns, "", ""))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// SayStep is a step in words for paper and terminal, where there is no button to press.
func SayStep(p words.Printer, step judge.Code) string {
	if key := "report.step." + string(step); p.Has(key) {
		return p.Say(key)
	}
	return judge.SayStep(p, step)
}

// site is how one name answered, over all its tries.
type site struct {
	Host, Role string
	Results    []string
	Forged     bool
}

// sites sums up the handshakes by name.
func (r *Report) sites(p words.Printer) []site {
	var sites []site
	for _, h := range r.Evidence.Live.Handshakes {
		outcome := h.Outcome
		if outcome == "" {
			outcome = "none"
		}
		result := p.Say("outcome." + string(outcome))
		if !h.Signer.IsZero() {
			for _, k := range r.known {
				if k.cert.Print == h.Signer {
					result += " (" + r.clean(CertName(p, k.match, k.cert)) + ")"
				}
			}
		} else if h.Product != "" && h.Outcome == evidence.ForgedInspector {
			result += " (" + h.Product + ")"
		}
		at := slices.IndexFunc(sites, func(s site) bool { return s.Host == h.Target.Host })
		if at < 0 {
			at = len(sites)
			sites = append(sites, site{Host: h.Target.Host, Role: p.Say("role." + string(h.Target.Role))})
		}
		sites[at].Forged = sites[at].Forged || h.Outcome.Forged()
		if !slices.Contains(sites[at].Results, result) {
			sites[at].Results = append(sites[at].Results, result)
		}
	}
	return sites
}
