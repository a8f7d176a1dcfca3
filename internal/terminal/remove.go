package terminal

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/words"
)

func (p *Program) removeVerb() *cobra.Command {
	c := p.verb("remove (--all | --sha256 HEX...)", cobra.ArbitraryArgs, p.remove)
	p.flag(c.Flags(), "all", func(s string) { c.Flags().BoolVar(&p.options.all, "all", false, s) })
	p.flag(c.Flags(), "sha256", func(s string) { c.Flags().StringArrayVar(&p.options.prints, "sha256", nil, s) })
	p.flag(c.Flags(), "dry-run", func(s string) { c.Flags().BoolVar(&p.options.dry, "dry-run", false, s) })
	p.flag(c.Flags(), "block", func(s string) { c.Flags().BoolVar(&p.options.block, "block", false, s) })
	p.flag(c.Flags(), "only-web", func(s string) { c.Flags().BoolVar(&p.options.onlyWeb, "only-web", false, s) })
	p.yesFlag(c)
	p.rootFlag(c)
	return c
}

// parsePrints reads what stands behind --sha256: codes of 64 digits, several separated by commas or standing side by side. Colons and spaces inside a
// code, as other programs print it, are passed over.
func parsePrints(texts []string) ([]cert.Print, error) {
	var prints []cert.Print
	for _, text := range texts {
		for one := range strings.SplitSeq(text, ",") {
			print, err := cert.ParsePrint(one)
			if err != nil {
				return nil, usageError{"--sha256 " + one}
			}
			if print.IsZero() {
				return nil, usageError{"--sha256 " + one}
			}
			if !slices.Contains(prints, print) {
				prints = append(prints, print)
			}
		}
	}
	return prints, nil
}

func (p *Program) remove(ctx context.Context, args []string) error {
	if p.options.all == (len(p.options.prints) > 0) {
		return usageError{strings.Join(append([]string{"remove"}, args...), " ")}
	}
	if p.options.all && len(args) > 0 {
		return usageError{args[0]}
	}
	if p.options.onlyWeb && (p.options.all || p.options.block) {
		return usageError{"--only-web"}
	}
	prints, err := parsePrints(append(slices.Clone(p.options.prints), args...))
	if err != nil {
		return err
	}
	if !p.options.dry && !p.options.yes && !p.Console.Ask {
		return done(p.fail(Usage, "need-yes", p.words.Say("terminal.need-yes"), nil))
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	w := &removal{Program: p, checker: checker, pick: check.Pick{Prints: prints, Block: p.options.block, Limit: p.options.onlyWeb}}
	return done(w.run(ctx))
}

// removal is one run of the verb remove, or of its part in the conversation.
type removal struct {
	*Program
	checker *check.Checker
	pick    check.Pick
	plan    check.Plan
	seen    evidence.Evidence // what the check saw before
	before  judge.Verdict
	done    check.Done
	resumed []check.Outcome // of removals that had been cut short and were finished first
	missing []cert.Print
	public  []cert.Print
	firefox bool // there is a list of Firefox or of its kin, which cannot refuse

	resumedHolds []check.Outcome
}

func (w *removal) run(ctx context.Context) Status {
	if !w.options.dry {
		if status, ended := w.unfinished(ctx); ended {
			return status
		}
		if len(w.resumed)+len(w.resumedHolds) > 0 && ctx.Err() != nil {
			return w.status()
		}
	}
	e, v := w.look(ctx, w.checker, nil)
	if ctx.Err() != nil {
		return w.stopped()
	}
	return w.carry(ctx, e, v, w.checker.Plan(ctx, e, w.pick))
}

// carry shows the plan, asks, carries it out and tells how it stands.
func (w *removal) carry(ctx context.Context, e evidence.Evidence, v judge.Verdict, plan check.Plan) Status {
	w.plan, w.seen, w.before = plan, e, v
	w.sort(e)
	if !w.options.json {
		w.show(v)
	}
	if w.plan.Empty() {
		return w.nothing(v)
	}
	if w.options.dry {
		if w.options.json {
			w.outcomes(planned(w.plan), plannedHolds(w.plan), "", v.Level)
		} else {
			w.Console.gap()
			if len(w.plan.Offer) > 0 && len(w.plan.Holds) == 0 {
				w.Console.print(w.words.Say("terminal.hint-block"))
			}
			w.Console.print(w.words.Say("terminal.dry-run"))
		}
		return Danger
	}
	question := "terminal.ask-remove"
	if w.pick.Limit {
		question = "terminal.ask-limit"
	}
	if !w.options.yes && !w.yes(question) {
		w.Console.tell(w.words.Say("terminal.nothing-changed"))
		return Danger
	}
	if !w.options.yes && w.Console.Ask && len(w.plan.Offer) > 0 && len(w.plan.Holds) == 0 && w.yes("terminal.ask-block") {
		announced := w.plan.Admin
		w.plan = w.checker.Block(ctx, w.plan, true)
		w.showHolds()
		if w.plan.Admin && !announced { // the removal alone needs no permission, but to keep it out does
			w.Console.print(w.words.Say("screen.plan.admin"))
		}
	}
	if !w.closed(ctx) {
		w.Console.tell(w.words.Say("terminal.nothing-changed"))
		return Danger
	}
	var err error
	work, events, end := w.working(ctx)
	w.done, err = w.checker.Do(work, w.plan, events)
	end()
	w.Console.wipe()
	if errors.Is(err, machine.ErrOtherCopy) && !w.options.json {
		w.Console.tell(w.words.Say("screen.error.second-copy"))
	}
	if w.options.json {
		_, after := w.look(context.WithoutCancel(ctx), w.checker, nil)
		w.outcomes(slices.Concat(w.resumed, w.done.Outcomes, leftOver(w.plan)), slices.Concat(w.resumedHolds, w.done.Holds), w.done.Receipt, after.Level)
	} else {
		w.result()
	}
	return w.status()
}

// sort tells apart what was asked for and is not there from what is public and stays.
func (w *removal) sort(e evidence.Evidence) {
	found := map[cert.Print]bool{}
	for _, seen := range e.Places {
		w.firefox = w.firefox || seen.Place.Kind == evidence.NSS
		for _, entry := range seen.Entries {
			w.List.Resolve(&entry.Cert)
			found[entry.Cert.Print] = true
		}
	}
	for _, print := range w.pick.Prints {
		if !found[print] {
			w.missing = append(w.missing, print)
		}
	}
	w.plan.Left = slices.DeleteFunc(w.plan.Left, func(left check.Left) bool {
		if left.Match.Class != catalog.Public {
			return false
		}
		if !slices.Contains(w.public, left.Entry.Cert.Print) {
			w.public = append(w.public, left.Entry.Cert.Print)
		}
		return true
	})
}

// nothing is the end when there is nothing to remove.
func (w *removal) nothing(v judge.Verdict) Status {
	status := Clear
	switch {
	case len(w.public) > 0:
		status = Usage
	case len(w.plan.Left) > 0:
		status = w.status()
	case v.Level == judge.Unsure:
		status = Unsure // what could not be seen may hold it
	}
	if w.options.json {
		w.outcomes(slices.Concat(w.resumed, leftOver(w.plan)), w.resumedHolds, "", v.Level)
	}
	return status
}

// status tells how the removal ended: what is left decides.
func (w *removal) status() Status {
	var open []evidence.Code
	for _, outcome := range slices.Concat(w.resumed, w.done.Outcomes, w.resumedHolds, w.done.Holds) {
		if outcome.Why != "" {
			open = append(open, outcome.Why)
		}
	}
	for _, left := range w.plan.Left {
		open = append(open, left.Why)
	}
	return byReasons(open)
}

// byReasons is the status for what could not be done: nothing left is Clear; permission alone is Refused; anything else is Danger.
func byReasons(open []evidence.Code) Status {
	if len(open) == 0 {
		return Clear
	}
	for _, why := range open {
		if why != evidence.NeedsAdmin && why != evidence.NeedsUser && why != evidence.NoPermission {
			return Danger
		}
	}
	return Refused
}

// closed waits until the programs that own the places are closed. It gives false when the person would rather stop. Without anybody to ask it goes on: the
// places of a program that is open then stay as they are, and say so.
func (w *removal) closed(ctx context.Context) bool {
	if w.options.yes || !w.Console.Ask {
		return true
	}
	for still := false; ; still = true {
		open := w.checker.Open(ctx, w.plan)
		if len(open) == 0 {
			return true
		}
		if still {
			w.Console.tell(w.words.Say("screen.browser-open.still"))
		}
		w.Console.tell(w.words.Say("screen.browser-open.title", words.With("program", w.words.List(open))) + ". " + w.words.Say("screen.browser-open.text"))
		switch answer, ok := w.Console.line(w.words.Say("terminal.closed-go-on")); {
		case !ok:
			return false
		case answer != "": // any word: go on without these places
			return true
		}
	}
}
