package terminal

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

// noDisplay is the key of the sentence that says that there is no display: then there is no browser either.
const noDisplay = "terminal.no-display"

// flow holds the whole conversation in the terminal: language, check, verdict, plan, yes or no, result, what now. notice is the key of a sentence that
// says why there is no window; empty: none is needed. Where nobody sits at a terminal it prints the verdict and the command that comes next.
func (p *Program) flow(ctx context.Context, notice string) error {
	if !p.Console.Ask || p.options.json {
		if notice != "" && notice != noDisplay && p.Show != nil {
			return p.showPage(ctx, notice)
		}
		return p.check(ctx, nil)
	}
	if notice != "" {
		p.Console.tell(p.words.Say(notice))
	}
	if p.options.lang == "" && !p.language() {
		return done(p.stopped())
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	c, say := p.Console, p.words.Say
	c.heading(say("screen.start.title"))
	c.print(say("screen.start.text"))
	if p.machine.Admin {
		c.print(say("terminal.running-as-root"))
	}
	if !p.yes("terminal.ask-check") {
		return done(p.stopped())
	}
	live, err := p.consent()
	if err != nil {
		return err
	}
	e, v := p.look(ctx, checker, live)
	if ctx.Err() != nil {
		return done(p.stopped())
	}
	c.gap()
	r := p.report(e, v)
	plan := checker.Plan(ctx, e, check.Pick{})
	p.tellVerdict(r, v, !plan.Empty())
	status := byLevel(v.Level)
	w := &removal{Program: p, checker: checker, before: v}
	if len(p.cutShort()) > 0 {
		if ended, stop := w.unfinished(ctx); stop {
			status = ended
		}
	}
	if !plan.Empty() || len(plan.Left) > 0 {
		status = w.carry(ctx, e, v, plan)
	}
	r.Verdict.Removed = w.complete() && slices.Contains(v.Head().WhatNow, "remove")
	p.offerReport(r)
	return done(status)
}

// language asks for the language. The one that the system speaks stands ready.
func (p *Program) language() bool {
	languages := p.Book.Languages()
	var titles []string
	chosen := 0
	for i, language := range languages {
		titles = append(titles, fmt.Sprintf("%d %s", i+1, p.Book.Printer(language).Say("language.name")))
		if language == p.words.Language() {
			chosen = i
		}
	}
	for {
		answer, ok := p.Console.line(fmt.Sprintf("%s [%d]", strings.Join(titles, ", "), chosen+1))
		if !ok {
			return false
		}
		for i, language := range languages {
			if answer == fmt.Sprint(i+1) || strings.EqualFold(answer, string(language)) || answer == "" && i == chosen {
				p.words = p.Book.Printer(language)
				p.options.lang = string(language)
				return true
			}
		}
	}
}

// consent explains the live test, names the sites, and asks. The test is skipped unless the person says yes.
func (p *Program) consent() (check.Live, error) {
	targets := p.targets()
	if len(targets) == 0 {
		return nil, nil
	}
	say, c := p.words.Say, p.Console
	c.heading(say("screen.live.title"))
	c.print(say("screen.live.text", words.N(len(targets))))
	c.print(say("screen.live.seen"))
	for _, role := range []evidence.Role{evidence.Watched, evidence.Control, evidence.Neutral} {
		var hosts []string
		for _, target := range targets {
			if target.Role == role {
				hosts = append(hosts, target.Host)
			}
		}
		if len(hosts) > 0 {
			c.item(say("screen.live."+string(role))+": "+strings.Join(hosts, ", "), "  - ", "    ")
		}
	}
	c.print(say("screen.live.skip-text"))
	if !p.yes("terminal.ask-live") {
		return nil, nil
	}
	return p.test(targets, nil), nil
}

// offerReport offers to save the result as a page.
func (p *Program) offerReport(r *report.Report) {
	if p.options.noTrace || !p.yes("terminal.ask-report") {
		return
	}
	name, err := p.SavePage(r, p.words.Language(), p.machine)
	if err != nil {
		p.Console.tell(p.words.Say("screen.error.save-failed"))
		return
	}
	p.Console.tell(p.words.Say("report.saved", words.With("file", name)))
}

// showPage is for somebody who started the program from the desktop, where there is neither window nor terminal: the result is opened in the browser, or
// said in a box where that is impossible too. It is printed in any case.
func (p *Program) showPage(ctx context.Context, notice string) error {
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	p.Console.tell(p.words.Say(notice))
	e, v := p.look(ctx, checker, nil)
	if ctx.Err() != nil {
		return done(p.stopped())
	}
	r := p.report(e, v)
	if name, err := p.SavePage(r, p.words.Language(), p.machine); err == nil {
		saved := p.words.Say("report.saved", words.With("file", name))
		switch {
		case p.Show(name) == nil:
			p.Console.tell(p.words.Say("screen.noopengl.report"))
			p.Console.tell(saved)
		case p.Tell != nil:
			var text strings.Builder
			r.Text(&text, p.words, report.Style{Brief: true})
			p.Tell(p.words.Say("app.name"), text.String()+"\n"+saved)
		default:
			os.Remove(name) // nobody asked for it
		}
	}
	p.tellVerdict(r, v, false)
	p.next(ctx, checker, e, v)
	return done(byLevel(v.Level))
}

// yes asks a question that is answered with yes or no. The end of the input is a no.
func (p *Program) yes(question string) bool {
	prompt := p.words.Say(question) + " " + p.words.Say("terminal.yes-no")
	for {
		answer, ok := p.Console.line(prompt)
		if !ok {
			return false
		}
		switch answer = strings.ToLower(answer); {
		case answer == p.words.Say("terminal.yes"), answer == strings.ToLower(p.words.Say("action.yes")), answer == "y", answer == "yes":
			return true
		case answer == p.words.Say("terminal.no"), answer == strings.ToLower(p.words.Say("action.no")), answer == "n", answer == "no":
			return false
		}
		p.Console.tell(p.words.Say("terminal.ask-again"))
	}
}

// choose asks which of several things to do, by number, and gives its key; empty at the end of the input.
func (p *Program) choose(question string, keys ...string) string {
	var lines []string
	for i, key := range keys {
		lines = append(lines, fmt.Sprintf("%d %s", i+1, p.words.Say(key)))
	}
	for {
		answer, ok := p.Console.line(p.words.Say(question) + " " + strings.Join(lines, ", "))
		if !ok {
			return ""
		}
		for i, key := range keys {
			if answer == fmt.Sprint(i+1) {
				return key
			}
		}
	}
}

// certName is what a certificate is called before people.
func (p *Program) certName(c cert.Certificate) string {
	return report.CertName(p.words, p.List.Classify(c), c)
}

// complete tells whether everything dangerous that was seen, and that can be taken out at all, is gone.
func (w *removal) complete() bool {
	return len(w.done.Outcomes) > 0 && w.done.Good() && len(w.plan.Left) == 0 && len(w.plan.Others(w.List, w.seen)) == 0
}

// steps are the steps that are left. As long as some of it is still there they tell to remove it, and to enter no passwords.
func (w *removal) steps() []string {
	var steps []string
	left := w.before.WhatNow()
	if w.complete() {
		left = judge.AfterRemoval(left)
	}
	for _, step := range left {
		steps = append(steps, report.SayStep(w.words, step))
	}
	return steps
}

func numbered(i int) string { return fmt.Sprintf("%3d. ", i+1) }
