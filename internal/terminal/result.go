package terminal

import (
	"context"
	"errors"
	"slices"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/words"
)

// result tells how every place stands, after it was listed again.
func (w *removal) result() {
	say, c := w.words.Say, w.Console
	gone, left := 0, len(w.plan.Left)
	for _, outcome := range w.done.Outcomes {
		if outcome.Gone && outcome.Why == "" {
			gone++
		} else {
			left++
		}
	}
	switch {
	case gone == 0 && len(w.done.Outcomes) == 0: // nothing was to be removed
	case left == 0 && check.Trusted(w.plan.Others(w.List, w.seen)):
		c.heading(say("screen.result.others-title"))
		c.print(say("screen.result.others"))
	case left == 0:
		c.heading(say("screen.result.title"))
		c.print(say("screen.result.text"))
	case gone == 0:
		c.heading(say("screen.result.none-title"))
		c.print(say("screen.result.none-text"))
	default:
		c.heading(say("screen.result.partial-title"))
		c.print(w.partly(check.Places(w.done.Outcomes, w.plan.Left)))
	}
	needsAdmin := false
	for _, outcome := range w.done.Outcomes {
		w.outcome(outcome, false)
		needsAdmin = needsAdmin || outcome.Why == evidence.NeedsAdmin
	}
	w.showLeft()
	if len(w.done.Holds) > 0 {
		c.heading(say("hold.title"))
	}
	for _, outcome := range w.done.Holds {
		w.hold(outcome, false)
		needsAdmin = needsAdmin || outcome.Why == evidence.NeedsAdmin
	}
	if needsAdmin && w.machine.GOOS != "windows" {
		c.gap()
		c.print(say("screen.result.type-command"))
		c.raw(machine.Command(w.again()...))
	}
	if gone > 0 {
		c.heading(say("terminal.what-now"))
		for i, step := range w.steps() {
			c.item(step, numbered(i), "     ")
		}
	}
	w.receipt()
}

// partly says in how many places all of it is gone, and in how many something is left.
func (w *removal) partly(clean, remaining int) string {
	say := w.words.Say
	if clean == 0 {
		return say("screen.result.partial-only", words.N(remaining))
	}
	return say("screen.result.partial-text", words.With("done", say("screen.result.partial-done", words.N(clean))),
		words.With("left", say("screen.result.partial-left", words.N(remaining))))
}

// again are the words that ask for the same removal.
func (w *removal) again() []string {
	args := []string{"remove"}
	if w.options.all || len(w.pick.Prints) == 0 {
		args = append(args, "--all")
	}
	for _, print := range w.pick.Prints {
		args = append(args, "--sha256", print.String())
	}
	if len(w.plan.Holds) > 0 && !w.pick.Limit {
		args = append(args, "--block")
	}
	if w.pick.Limit {
		args = append(args, "--only-web")
	}
	return append(args, w.carried()...)
}

// carried are the flags that a command proposed to the person must have too, so that it speaks of the same computer.
func (p *Program) carried() []string {
	var args []string
	if p.options.root != "" {
		args = append(args, "--root", p.options.root)
	}
	if p.options.state != "" {
		args = append(args, "--state", p.options.state)
	}
	if p.options.lang != "" {
		args = append(args, "--lang", p.options.lang)
	}
	return args
}

// receipt tells how to put everything back.
func (w *removal) receipt() {
	if w.done.Receipt == "" || w.options.noTrace {
		return
	}
	changed := slices.ContainsFunc(w.done.Outcomes, func(o check.Outcome) bool { return o.Existed && o.Gone }) ||
		slices.ContainsFunc(w.done.Holds, func(o check.Outcome) bool { return o.Held })
	if changed {
		w.command("terminal.receipt", append([]string{"restore", w.done.Receipt}, w.carried()...)...)
	}
}

// outcome tells how one place stands.
func (p *Program) outcome(o check.Outcome, wanted bool) {
	say := p.words.Say
	var text string
	switch {
	case errors.Is(o.Err, context.Canceled): // the person's doing, not a fault
		text = say("terminal.was-stopped")
	case o.Why != "":
		program := o.Place.Program
		text = say("reason."+string(o.Why)+".text", words.With("program", program)) + " " + say("reason."+string(o.Why)+".next", words.With("program", program))
	case wanted:
		text = say("terminal.back")
	case !o.Existed:
		text = say("screen.result.was-gone")
	default:
		text = say("screen.result.gone")
	}
	p.Console.item(p.place(o.Place)+": "+text, "  - ", "    ")
}

// hold tells how a refusal or a limit of one place stands.
func (p *Program) hold(o check.Outcome, undone bool) {
	say := p.words.Say
	key := map[check.Verb]string{check.Refused: "hold.refused", check.Limited: "hold.limited"}[o.Verb]
	failed := "hold.not-held"
	if undone {
		key = map[check.Verb]string{check.Refused: "hold.released", check.Limited: "hold.unlimited"}[o.Verb]
		failed = "hold.not-released"
	}
	text := say(key)
	switch {
	case errors.Is(o.Err, context.Canceled):
		text = say(failed) + " " + say("terminal.was-stopped")
	case o.Why != "":
		text = say(failed) + " " + p.reason(o.Why, o.Place.Program)
	}
	p.Console.item(p.place(o.Place)+": "+text, "  - ", "    ")
}

// plannedHolds are outcomes for refusals and limits that were only planned.
func plannedHolds(plan check.Plan) []check.Outcome {
	var all []check.Outcome
	for _, hold := range plan.Holds {
		all = append(all, check.Outcome{Print: hold.Entry.Cert.Print, Title: hold.Entry.Cert.Title(), Place: hold.Place, Verb: hold.Verb})
	}
	return all
}

// planned are outcomes for a removal that was only planned.
func planned(plan check.Plan) []check.Outcome {
	var all []check.Outcome
	for _, item := range plan.Items {
		all = append(all, check.Outcome{Print: item.Entry.Cert.Print, Title: item.Entry.Cert.Title(), Place: item.Place, Existed: true})
	}
	return append(all, leftOver(plan)...)
}

// leftOver are outcomes for what the plan leaves where it is.
func leftOver(plan check.Plan) []check.Outcome {
	var all []check.Outcome
	for _, left := range plan.Left {
		all = append(all, check.Outcome{
			Print: left.Entry.Cert.Print, Title: left.Entry.Cert.Title(), Place: left.Place, Existed: true, Why: left.Why,
		})
	}
	return all
}
