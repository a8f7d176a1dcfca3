package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// The page refers to nothing outside itself and forbids itself to: no script, no font, no picture, no address.
//
//go:embed page.html
var pageText string

// page is what the template shows.
type page struct {
	Lang, Level, Word string
	Title, Text       string
	Before            string // the headline of the check, where what it speaks of is gone since
	Where             []string
	Code              string    // on one line, to be read out
	AroundCode        [2]string // what is said before and after it
	Steps             []string
	Help              string // where to get help, unless a step says so
	Notes             []note
	Unseen            []unseen
	Phones            []phone
	Certificates      []certificate
	Sites             []site
	Deciding          []string
	Places            []placeRow
	Meta              string
}

type note struct {
	Title, Text string
	Where       []string
}

type phone struct {
	Title string
	Steps []string
}

type placeRow struct {
	Name, Path string
	Count      int
	Reason     string
}

// phones are the makes of phones for which the words have steps.
var phones = []string{"android", "samsung", "xiaomi", "iphone"}

// HTML writes the report as one page that needs nothing but itself: it can be read by a screen reader, printed, sent and opened without a network.
func (r *Report) HTML(w io.Writer, p words.Printer) error {
	parsed, err := template.New("page").Funcs(template.FuncMap{
		"say":      func(key string) string { return p.Say(key) },
		"list":     p.List,
		"settings": func(print string) []string { return r.settings(p, print) },
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	head := r.finding(r.Verdict.Head())
	data := page{
		Lang: string(p.Language()), Level: r.Verdict.Level.String(), Word: p.Say("level." + r.Verdict.Level.String()),
		Title: head.Title(p), Text: head.Text(p), Code: r.Code,
		Unseen: r.unseen(p), Certificates: r.certificates(p), Sites: r.sites(p), Meta: r.meta(p), Deciding: r.noteLines(p),
	}
	data.AroundCode[0], data.AroundCode[1], _ = strings.Cut(p.Say("report.code", words.With("code", "\x00")), "\x00")
	if head.Code != judge.UnseenPlaces {
		data.Where = r.names(p, head.At)
	}
	steps := r.Verdict.WhatNow()
	if r.Verdict.Removed { // nobody is told to remove what is gone, and nobody is frightened by it
		steps = r.Verdict.StepsAfter()
		data.Before = data.Title
		after := r.Verdict.LevelAfter()
		data.Level, data.Word = after.String(), p.Say("level."+after.String())
		if after == judge.Clear {
			data.Word = p.Say("screen.result.gone")
		}
		data.Title, data.Text = p.Say("screen.result.title"), p.Say("screen.result.text")
	}
	for _, step := range steps {
		data.Steps = append(data.Steps, SayStep(p, step))
	}
	if len(steps) > 0 && !slices.Contains(steps, "get-help") {
		data.Help = p.Say("screen.next.help")
	}
	for _, f := range r.notes() {
		one := note{Title: f.Title(p), Text: f.Text(p)}
		if f.Level > judge.Clear {
			one.Where = r.names(p, f.At)
		}
		data.Notes = append(data.Notes, one)
	}
	for _, kind := range phones {
		one := phone{Title: p.Say("screen.phone." + kind)}
		for n := 1; p.Has(fmt.Sprintf("screen.phone.%s.%d", kind, n)); n++ {
			one.Steps = append(one.Steps, p.Say(fmt.Sprintf("screen.phone.%s.%d", kind, n)))
		}
		data.Phones = append(data.Phones, one)
	}
	places := r.places()
	for i, seen := range r.Evidence.Places {
		row := placeRow{Name: r.place(p, i), Path: places[i].Path, Count: len(seen.Entries)}
		if len(seen.Troubles) > 0 {
			row.Reason = p.Say("reason."+string(seen.Troubles[0].Code)+".text", words.With("program", seen.Place.Program))
		}
		data.Places = append(data.Places, row)
	}
	if err := parsed.Execute(w, data); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
