package terminal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
	"qulyp/internal/words"
)

func (p *Program) restoreVerb() *cobra.Command {
	c := p.verb("restore [--list | --last | --all | RECEIPT] [--export FILE | --delete]", cobra.ArbitraryArgs, p.restore)
	p.flag(c.Flags(), "list", func(s string) { c.Flags().BoolVar(&p.options.list, "list", false, s) })
	p.flag(c.Flags(), "last", func(s string) { c.Flags().BoolVar(&p.options.last, "last", false, s) })
	c.Flags().BoolVar(&p.options.all, "all", false, p.words.Say("terminal.flag.restore-all"))
	c.Flags().Lookup("all").DefValue = ""
	p.flag(c.Flags(), "export", func(s string) { c.Flags().StringVar(&p.options.export, "export", "", s) })
	p.flag(c.Flags(), "delete", func(s string) { c.Flags().BoolVar(&p.options.forget, "delete", false, s) })
	p.yesFlag(c)
	p.rootFlag(c)
	return c
}

func (p *Program) restore(ctx context.Context, args []string) error {
	o, ways := p.options, len(args)
	for _, way := range []bool{o.last, o.list, o.all} {
		if way {
			ways++
		}
	}
	if ways > 1 || o.export != "" && o.forget || (o.export != "" || o.forget) && (o.list || ways == 0) {
		return usageError{strings.Join(append([]string{"restore"}, args...), " ")}
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	receipts, unreadable := p.receipts()
	if ways == 0 || o.list {
		p.listReceipts(receipts, unreadable)
		return nil
	}
	var chosen []check.Receipt
	for _, r := range receipts {
		open := !r.Undone() && len(r.Items)+len(r.Elevated) > 0 || o.export != "" || o.forget // what was put back can still be told of and deleted
		if o.all && open || o.last && open && len(chosen) == 0 || len(args) == 1 && r.ID == args[0] {
			chosen = append(chosen, r)
		}
	}
	switch {
	case len(chosen) == 0 && len(args) == 0:
		if unreadable != nil && !o.json {
			p.Console.tell(p.words.Say("terminal.receipts-unreadable"))
		}
		return done(p.fail(Usage, "no-receipts", p.words.Say("terminal.no-receipts"), unreadable))
	case len(chosen) == 0:
		return p.wrong("terminal.unknown-receipt", words.With("name", args[0]), unreadable)
	case o.export != "":
		return done(p.exportReceipts(chosen))
	case !o.yes && !p.Console.Ask:
		return done(p.fail(Usage, "need-yes", p.words.Say("terminal.need-yes"), nil))
	case !o.forget && !o.json && len(chosen) == 1 && chosen[0].Ended && chosen[0].Undone() && len(chosen[0].Items)+len(chosen[0].Elevated) > 0:
		p.Console.print(p.words.Say("terminal.receipt-undone") + ".") // and not that everything is back: another removal may have taken it since
		return nil
	case o.forget:
		return done(p.forget(chosen))
	}
	return done(p.undo(ctx, checker, chosen...))
}

// undo asks, puts everything of the receipts back, and tells how it stands.
func (p *Program) undo(ctx context.Context, checker *check.Checker, receipts ...check.Receipt) Status {
	if !p.options.json {
		p.Console.heading(p.words.Say("screen.undo.title"))
		for _, receipt := range receipts {
			for _, line := range p.contents(receipt) {
				p.Console.item(line, "  - ", "    ")
			}
		}
		for _, key := range consequences(receipts) {
			p.Console.print(p.words.Say(key))
		}
	}
	if !p.options.yes && !p.yes("terminal.ask-undo") {
		p.Console.tell(p.words.Say("terminal.nothing-changed"))
		return Danger
	}
	var outcomes, holds []check.Outcome
	var open []evidence.Code
	var ids, elevated []string
	for _, receipt := range receipts {
		if len(ids) > 0 && ctx.Err() != nil {
			open = append(open, evidence.TimedOut) // the rest stays as it is, and can be put back another time
			break
		}
		work, events, end := p.working(ctx)
		result, err := checker.Undo(work, receipt.ID, events)
		end()
		p.Console.wipe()
		nothing := len(result.Outcomes)+len(result.Holds) == 0
		if err != nil && nothing && len(receipts) > 1 && !errors.Is(err, machine.ErrOtherCopy) {
			open = append(open, store.Code(err)) // one receipt that cannot be used does not hold up the others
			ids = append(ids, receipt.ID)
			continue
		}
		switch {
		case errors.Is(err, check.ErrNoReceipt):
			return p.fail(Usage, "unknown-receipt", p.words.Say("terminal.unknown-receipt", words.With("name", receipt.ID)), err)
		case errors.Is(err, machine.ErrOtherCopy):
			return p.fail(Danger, "locked", p.words.Say("screen.error.second-copy"), err)
		case err != nil && nothing:
			return p.fail(Danger, "failed", p.words.Say("screen.undo.partial", words.N(len(receipt.Changes()))), err)
		}
		ids = append(ids, receipt.ID)
		outcomes, holds = append(outcomes, result.Outcomes...), append(holds, result.Holds...)
		for _, outcome := range slices.Concat(result.Outcomes, result.Holds) {
			if outcome.Why != "" {
				open = append(open, outcome.Why)
			}
		}
		if receipt.Elevated != "" {
			elevated = append(elevated, receipt.Elevated)
		}
	}
	if p.options.json {
		_, v := p.look(context.WithoutCancel(ctx), checker, nil)
		p.outcomes(outcomes, holds, strings.Join(ids, " "), v.Level)
		return byReasons(open)
	}
	if len(open) == 0 {
		p.Console.heading(p.words.Say("screen.undo.done-title"))
	} else {
		p.Console.heading(p.words.Say("screen.undo.partial", words.N(len(open))))
	}
	needsAdmin := false
	for _, outcome := range outcomes {
		p.outcome(outcome, true)
		needsAdmin = needsAdmin || outcome.Why == evidence.NeedsAdmin
	}
	for _, outcome := range holds {
		p.hold(outcome, true)
		needsAdmin = needsAdmin || outcome.Why == evidence.NeedsAdmin
	}
	if needsAdmin && p.machine.GOOS != "windows" && len(elevated) > 0 {
		p.Console.gap()
		p.Console.print(p.words.Say("screen.result.type-command"))
		for _, id := range elevated {
			p.Console.raw(machine.Command("restore", id, "--state", check.AdminState))
		}
	}
	return byReasons(open)
}

// consequences are the keys of the sentences that say what the undo of receipts brings. Where nothing was removed, nothing comes back: a ban is lifted.
func consequences(receipts []check.Receipt) []string {
	var keys []string
	removed, refused := check.AnyOf(check.Removed, receipts...), check.AnyOf(check.Refused, receipts...)
	switch {
	case removed || !refused && !check.AnyOf(check.Limited, receipts...): // a receipt whose only part is the administrator's can say no more of what it holds
		keys = append(keys, "screen.undo.text")
	case check.AnyOf(check.Limited, receipts...):
		keys = append(keys, "screen.undo.text-limit")
	default:
		return append(keys, "screen.undo.text-refuse")
	}
	if refused {
		keys = append(keys, "screen.undo.text-hold")
	}
	return keys
}

// receipts are the receipts of the computer or disk that is looked at, the newest first; the error names those that cannot be read.
func (p *Program) receipts() ([]check.Receipt, error) {
	all, err := check.Receipts(p.machine.State)
	var ours []check.Receipt
	for _, r := range all {
		if r.Root == p.machine.Root {
			ours = append(ours, r)
		}
	}
	return ours, err
}

// contents are the certificates of a receipt, each with its place.
func (p *Program) contents(r check.Receipt) []string {
	var lines []string
	add := func(title string, place evidence.Place, verb check.Verb) {
		text := p.words.Quote(title) + ": " + p.place(place)
		if verb != check.Removed {
			text += " (" + p.words.Say("hold.verb-"+string(verb)) + ")"
		}
		lines = append(lines, text)
	}
	for _, item := range r.Items {
		add(item.Saved.Title, item.Saved.Place, item.Verb())
	}
	for _, one := range r.Delegated() {
		add(one.Title, one.Place, one.Verb)
	}
	if r.Elevated != "" && len(r.Asked) == 0 { // older receipts say only that there was such a part
		lines = append(lines, p.words.Say("terminal.admin-part"))
	}
	return lines
}

func (p *Program) listReceipts(receipts []check.Receipt, unreadable error) {
	if p.options.json {
		p.receiptsJSON(receipts, unreadable)
		return
	}
	if len(receipts) == 0 {
		p.Console.print(p.words.Say("terminal.no-receipts"))
	}
	for _, r := range receipts {
		state := ""
		switch {
		case !r.Ended:
			state = ". " + p.words.Say("terminal.receipt-cut-short")
		case r.Undone():
			state = ". " + p.words.Say("terminal.receipt-undone")
		}
		begun := r.Begun.In(p.zone())
		p.Console.item(r.ID+"  "+p.words.Date(begun)+", "+p.words.Time(begun)+state, "", "  ")
		for _, line := range p.contents(r) {
			p.Console.item(line, "  - ", "    ")
		}
	}
	if unreadable != nil {
		p.Console.tell(p.words.Say("terminal.receipts-unreadable"))
	}
	for _, r := range receipts {
		if !r.Undone() && len(r.Items)+len(r.Elevated) > 0 { // as --last chooses
			p.command("terminal.receipt", append([]string{"restore", r.ID}, p.carried()...)...)
			break
		}
	}
}

func (p *Program) zone() *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return time.Local
}

// cutShort are the receipts of removals that did not come to their end and had begun to change something, or to ask an administrator for it.
func (p *Program) cutShort() []check.Receipt {
	receipts, _ := p.receipts()
	var open []check.Receipt
	for _, r := range receipts {
		if r.CutShort() {
			open = append(open, r)
		}
	}
	return open
}

// unfinished deals with removals that were cut short, before a new one begins: they are finished or undone, as the person likes. With --yes they are
// finished, since the person had agreed to them. ended is true when there is nothing more to do in this run.
func (w *removal) unfinished(ctx context.Context) (status Status, ended bool) {
	for _, receipt := range w.cutShort() {
		begun := receipt.Begun.In(w.zone())
		said, toFinish := "terminal.cut-short", "terminal.finish"
		if check.Limits(receipt) {
			said, toFinish = "terminal.cut-short-limit", "screen.start.unfinished-limit-button"
		}
		w.Console.tell(w.words.Say(said, words.With("date", w.words.Date(begun)), words.With("time", w.words.Time(begun))))
		finish := w.options.yes
		if !finish {
			switch w.choose("terminal.finish-or-undo", toFinish, "terminal.undo", "terminal.later") {
			case toFinish:
				finish = true
			case "terminal.undo":
				return w.undo(ctx, w.checker, receipt), true
			case "":
				return Danger, true
			default:
				continue
			}
		}
		if ctx.Err() != nil {
			break
		}
		work, events, end := w.working(ctx)
		result, err := w.checker.Resume(work, receipt.ID, events)
		end()
		w.Console.wipe()
		if errors.Is(err, machine.ErrOtherCopy) {
			return w.fail(Danger, "locked", w.words.Say("screen.error.second-copy"), err), true
		}
		if err != nil && len(result.Outcomes)+len(result.Holds) == 0 { // the receipt cannot be read or written: that holds up no other removal
			w.Console.tell(w.words.Say("screen.error.title") + ".")
		}
		w.resumed, w.resumedHolds = append(w.resumed, result.Outcomes...), append(w.resumedHolds, result.Holds...)
		if !w.options.json {
			for _, outcome := range result.Outcomes {
				w.outcome(outcome, false)
			}
			for _, outcome := range result.Holds {
				w.hold(outcome, false)
			}
		}
	}
	return Clear, false
}
