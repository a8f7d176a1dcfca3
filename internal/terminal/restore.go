package terminal

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/words"
)

func (p *Program) restoreVerb() *cobra.Command {
	c := p.verb("restore [--list | --last | RECEIPT]", cobra.ArbitraryArgs, p.restore)
	p.flag(c.Flags(), "list", func(s string) { c.Flags().BoolVar(&p.options.list, "list", false, s) })
	p.flag(c.Flags(), "last", func(s string) { c.Flags().BoolVar(&p.options.last, "last", false, s) })
	p.yesFlag(c)
	p.rootFlag(c)
	return c
}

func (p *Program) restore(ctx context.Context, args []string) error {
	if len(args) > 1 || len(args) == 1 && (p.options.last || p.options.list) || p.options.last && p.options.list {
		return usageError{strings.Join(append([]string{"restore"}, args...), " ")}
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	receipts, unreadable := p.receipts()
	if len(args) == 0 && !p.options.last {
		p.listReceipts(receipts, unreadable)
		return nil
	}
	var chosen *check.Receipt
	for i, r := range receipts {
		if p.options.last && !r.Undone() && len(r.Items)+len(r.Elevated) > 0 || len(args) == 1 && r.ID == args[0] {
			chosen = &receipts[i]
			break
		}
	}
	switch {
	case chosen == nil && p.options.last:
		return done(p.fail(Usage, "no-receipts", p.words.Say("terminal.no-receipts"), unreadable))
	case chosen == nil:
		return p.wrong("terminal.unknown-receipt", words.With("name", args[0]), unreadable)
	case !p.options.yes && !p.Console.Ask:
		return done(p.fail(Usage, "need-yes", p.words.Say("terminal.need-yes"), nil))
	}
	return done(p.undo(ctx, checker, *chosen))
}

// undo asks, puts everything of a receipt back, and tells how it stands.
func (p *Program) undo(ctx context.Context, checker *check.Checker, receipt check.Receipt) Status {
	if !p.options.json {
		p.Console.heading(p.words.Say("screen.undo.title"))
		for _, line := range p.contents(receipt) {
			p.Console.item(line, "  - ", "    ")
		}
		p.Console.print(p.words.Say("screen.undo.text"))
	}
	if !p.options.yes && !p.yes("terminal.ask-undo") {
		p.Console.tell(p.words.Say("terminal.nothing-changed"))
		return Danger
	}
	result, err := checker.Undo(ctx, receipt.ID, p.events())
	p.Console.wipe()
	switch {
	case errors.Is(err, check.ErrNoReceipt):
		return p.fail(Usage, "unknown-receipt", p.words.Say("terminal.unknown-receipt", words.With("name", receipt.ID)), err)
	case errors.Is(err, machine.ErrOtherCopy):
		return p.fail(Danger, "locked", p.words.Say("screen.error.second-copy"), err)
	case err != nil && len(result.Outcomes) == 0:
		return p.fail(Danger, "failed", p.words.Say("screen.undo.partial", words.N(len(receipt.Items))), err)
	}
	var open []evidence.Code
	for _, outcome := range result.Outcomes {
		if outcome.Why != "" {
			open = append(open, outcome.Why)
		}
	}
	if p.options.json {
		_, v := p.look(context.WithoutCancel(ctx), checker, nil)
		p.outcomes(result.Outcomes, receipt.ID, v.Level)
		return byReasons(open)
	}
	if len(open) == 0 {
		p.Console.heading(p.words.Say("screen.undo.done-title"))
	} else {
		p.Console.heading(p.words.Say("screen.undo.partial", words.N(len(open))))
	}
	needsAdmin := false
	for _, outcome := range result.Outcomes {
		p.outcome(outcome, true)
		needsAdmin = needsAdmin || outcome.Why == evidence.NeedsAdmin
	}
	if needsAdmin && p.machine.GOOS != "windows" && receipt.Elevated != "" {
		p.Console.gap()
		p.Console.print(p.words.Say("screen.result.type-command"))
		p.Console.item(machine.Command("restore", receipt.Elevated, "--state", check.AdminState), "  ", "  ")
	}
	return byReasons(open)
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
	for _, item := range r.Items {
		lines = append(lines, p.words.Quote(item.Saved.Title)+": "+p.place(item.Saved.Place))
	}
	if r.Elevated != "" {
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
	if len(receipts) > 0 {
		p.Console.gap()
		p.Console.print(p.words.Say("terminal.receipt", words.With("command", commandLine(append([]string{"restore", receipts[0].ID}, p.carried()...)...))))
	}
}

func (p *Program) zone() *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return time.Local
}

// cutShort are the receipts of removals that did not come to their end and had begun to change something.
func (p *Program) cutShort() []check.Receipt {
	receipts, _ := p.receipts()
	var open []check.Receipt
	for _, r := range receipts {
		acted := false
		for _, item := range r.Items {
			acted = acted || item.Acted && !item.Restored
		}
		if !r.Ended && acted {
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
		w.Console.tell(w.words.Say("terminal.cut-short", words.With("date", w.words.Date(begun)), words.With("time", w.words.Time(begun))))
		finish := w.options.yes
		if !finish {
			switch w.choose("terminal.finish-or-undo", "terminal.finish", "terminal.undo", "terminal.later") {
			case "terminal.finish":
				finish = true
			case "terminal.undo":
				return w.undo(ctx, w.checker, receipt), true
			case "":
				return Danger, true
			default:
				continue
			}
		}
		result, err := w.checker.Resume(ctx, receipt.ID, w.events())
		w.Console.wipe()
		if errors.Is(err, machine.ErrOtherCopy) {
			return w.fail(Danger, "locked", w.words.Say("screen.error.second-copy"), err), true
		}
		w.resumed = append(w.resumed, result.Outcomes...)
		if !w.options.json {
			for _, outcome := range result.Outcomes {
				w.outcome(outcome, false)
			}
		}
	}
	return Clear, false
}
