package terminal

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

func (p *Program) checkVerb() *cobra.Command {
	c := p.verb("check", noArgs, p.check)
	p.rootFlag(c)
	p.liveFlags(c)
	return c
}

func (p *Program) check(ctx context.Context, _ []string) error {
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	live, err := p.live()
	if err != nil {
		return err
	}
	e, v := p.look(ctx, checker, live)
	if ctx.Err() != nil {
		return done(p.stopped())
	}
	r := p.report(e, v)
	if p.options.json {
		r.JSON(p.Console.Out, p.words)
		return done(byLevel(v.Level))
	}
	p.tellVerdict(r, v, false)
	p.next(ctx, checker, e, v)
	return done(byLevel(v.Level))
}

// look looks into every place, with progress where somebody sits.
func (p *Program) look(ctx context.Context, checker *check.Checker, live check.Live) (evidence.Evidence, judge.Verdict) {
	e, v := checker.Look(ctx, live, p.events())
	p.Console.wipe()
	return e, v
}

// events puts what happens into progress lines. When the system is about to ask for permission, that stays on the screen.
func (p *Program) events() func(check.Event) {
	total := 0
	return func(event check.Event) {
		switch event := event.(type) {
		case check.Known:
			total = event.Places
		case check.Looked:
			p.Console.progress(p.words.Say("screen.check.progress", words.N(event.Done), words.With("total", total)) + ": " + p.place(event.Seen.Place))
		case check.Shook:
			p.Console.progress(p.words.Say("screen.live.progress", words.N(event.Done), words.With("total", event.Of)) + ": " + event.Handshake.Target.Host)
		case check.Acting:
			p.Console.progress(p.words.Say("screen.check.now", words.With("place", p.place(event.Place))))
		case check.Asking:
			if p.Console.Ask {
				p.Console.tell(p.words.Say("screen.working.asking"))
			}
		}
	}
}

// working gives the context and the events of work that changes something. The places are first looked for once more; a place that is not found then counts as
// one that is gone, so stopping waits until the first of them is worked on.
func (p *Program) working(ctx context.Context) (context.Context, func(check.Event), context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	tell := p.events()
	return work, func(event check.Event) {
		switch event.(type) {
		case check.Acting, check.Asking:
			if ctx.Err() != nil {
				cancel()
			} else {
				context.AfterFunc(ctx, cancel)
			}
		}
		tell(event)
	}, cancel
}

// report is the report of a check on this screen: nothing is taken out, since the person looks at the own computer.
func (p *Program) report(e evidence.Evidence, v judge.Verdict) *report.Report {
	return report.New(e, v, p.List, p.Version, p.zone())
}

// tellVerdict writes the verdict as text.
func (p *Program) tellVerdict(r *report.Report, v judge.Verdict, brief bool) {
	p.Console.begun = true
	r.Text(p.Console.Out, p.words, report.Style{Brief: brief, Paint: func(part report.Part, text string) string {
		switch part {
		case report.Heading:
			return p.Console.paint(text, bold)
		case report.Word:
			return p.Console.paint(text, map[judge.Level]style{judge.Danger: danger, judge.Unsure: unsure, judge.Careful: care, judge.Clear: clear}[v.Level])
		}
		return text
	}})
}

// next names the command that does what the verdict asks for, and removals that were cut short.
func (p *Program) next(ctx context.Context, checker *check.Checker, e evidence.Evidence, v judge.Verdict) {
	for _, receipt := range p.cutShort() {
		begun := receipt.Begun.In(p.zone())
		p.Console.gap()
		p.Console.print(p.words.Say("terminal.cut-short", words.With("date", p.words.Date(begun)), words.With("time", p.words.Time(begun))))
		p.Console.print(p.words.Say("terminal.finish") + ":")
		p.Console.raw(commandLine(append([]string{"remove", "--all"}, p.carried()...)...))
		p.Console.print(p.words.Say("terminal.undo") + ":")
		p.Console.raw(commandLine(append([]string{"restore", receipt.ID}, p.carried()...)...))
	}
	if plan := checker.Plan(ctx, e, check.Pick{}); !plan.Empty() {
		p.command("terminal.next-remove", append([]string{"remove", "--all"}, p.carried()...)...)
		return
	}
	// What no plan takes by itself is named one by one, as far as the verdict asks for attention.
	var offered []cert.Print
	for _, target := range judge.Removable(p.List, e) {
		print := e.Places[target.Place].Entries[target.Entry].Cert.Print
		if v.Level == judge.Careful && slices.Contains(v.Head().Certs, print) && !slices.Contains(offered, print) {
			offered = append(offered, print)
		}
	}
	switch {
	case len(offered) == 1:
		p.command("terminal.next-remove", append([]string{"remove", "--sha256", offered[0].String()}, p.carried()...)...)
	case len(offered) > 1:
		p.command("terminal.next-remove", append([]string{"remove", "--sha256", "HEX"}, p.carried()...)...)
	}
}

// command names a command that the person can type, in a sentence; a long one stands on a line of its own, unbroken, so that it can be copied.
func (p *Program) command(key string, args ...string) {
	command := commandLine(args...)
	p.Console.gap()
	if text := p.words.Say(key, words.With("command", command)); utf8.RuneCountInString(text) <= report.Columns {
		p.Console.print(text)
		return
	}
	p.Console.print(strings.TrimSpace(p.words.Say(key, words.With("command", ""))))
	p.Console.raw(command)
}

// commandLine is what the person types to start this program with these words.
func commandLine(args ...string) string {
	quoted := []string{Name}
	for _, word := range args {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,", r))
		}) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		quoted = append(quoted, word)
	}
	return strings.Join(quoted, " ")
}

// stopped is the end of a run that the person broke off.
func (p *Program) stopped() Status {
	return p.fail(Unsure, "stopped", p.words.Say("screen.check.stopped"), errStopped)
}

func (p *Program) storesVerb() *cobra.Command {
	c := p.verb("stores", noArgs, p.stores)
	p.rootFlag(c)
	return c
}

// stores lists every place that was looked at.
func (p *Program) stores(ctx context.Context, _ []string) error {
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	e, v := p.look(ctx, checker, nil)
	if ctx.Err() != nil {
		return done(p.stopped())
	}
	status := Clear
	if len(v.Unseen) > 0 {
		status = Unsure
	}
	if p.options.json {
		p.report(e, v).StoresJSON(p.Console.Out)
		return done(status)
	}
	for _, seen := range e.Places {
		p.Console.item(p.place(seen.Place), "", "  ")
		p.Console.item(seen.Place.Path, "    ", "    ")
		p.Console.item(p.words.Say("terminal.store-line", words.N(len(seen.Entries)), words.With("ms", int(seen.Took.Milliseconds()))), "    ", "    ")
		for _, trouble := range seen.Troubles {
			p.Console.item(p.reason(trouble.Code, seen.Place.Program), "    ", "    ")
		}
	}
	p.Console.gap()
	p.Console.print(p.words.Say("terminal.places", words.N(len(e.Places))))
	return done(status)
}

// reason is why something could not be seen or done, with what helps.
func (p *Program) reason(code evidence.Code, program string) string {
	key := "reason." + string(code)
	return p.words.Say(key+".text", words.With("program", program)) + " " + p.words.Say(key+".next", words.With("program", program))
}

// place is the name of a place for people. The account is named when there are several.
func (p *Program) place(place evidence.Place) string {
	return report.PlaceName(p.words, place, p.machine != nil && len(p.machine.People) > 1)
}
