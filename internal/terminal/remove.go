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
	"qulyp/internal/report"
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
	}
	e, v := w.look(ctx, w.checker, nil)
	if ctx.Err() != nil {
		return w.stopped()
	}
	return w.carry(ctx, e, v, w.checker.Plan(ctx, e, w.pick))
}

// carry shows the plan, asks, carries it out and tells how it stands.
func (w *removal) carry(ctx context.Context, e evidence.Evidence, v judge.Verdict, plan check.Plan) Status {
	w.plan, w.before = plan, v
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
	w.done, err = w.checker.Do(ctx, w.plan, w.events())
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

// show tells what will change, where, and what the system will ask.
func (w *removal) show(v judge.Verdict) {
	say, c := w.words.Say, w.Console
	for _, print := range w.missing {
		c.print(say("terminal.not-found-print", words.With("code", print.String())))
	}
	for _, print := range w.public {
		c.print(say("terminal.public-print", words.With("code", print.String())))
	}
	if w.plan.Empty() && len(w.plan.Left) == 0 && len(w.missing)+len(w.public) == 0 {
		c.print(say("screen.plan.nothing"))
		if v.Level == judge.Unsure {
			c.print(v.Head().Text(w.words))
		}
		return
	}
	if !w.plan.Empty() {
		c.heading(say("terminal.plan"))
		for _, print := range w.plan.Prints() {
			w.showOne(print)
		}
		w.showHolds()
		w.showBack()
		c.gap()
		if w.plan.Admin {
			c.print(say("screen.plan.admin"))
		}
		if len(w.plan.Busy) > 0 {
			c.print(say("screen.plan.close", words.With("list", w.words.List(w.plan.Busy))))
		}
		if w.options.noTrace {
			c.print(say("screen.plan.no-trace"))
		} else {
			c.print(say("terminal.backup"))
		}
	}
	w.showLeft()
}

func (w *removal) showOne(print cert.Print) {
	first := true
	for _, item := range w.plan.Items {
		if item.Entry.Cert.Print != print {
			continue
		}
		if first {
			first = false
			w.name(item)
		}
		text := w.place(item.Place)
		if item.Entry.Needs == evidence.Admin && !w.machine.Admin {
			text += ". " + w.words.Say("right.admin")
		}
		w.Console.item(text, "    - ", "      ")
	}
}

func (w *removal) name(item check.Item) {
	w.Console.item(w.words.Quote(w.certName(item.Entry.Cert))+": "+w.words.Say("class."+string(item.Match.Class)), "  ", "  ")
	w.Console.item("SHA-256 "+item.Entry.Cert.Print.String(), "  ", "  ")
}

// showHolds tells where the certificates will be refused or limited, and where they cannot be.
func (w *removal) showHolds() {
	places := map[check.Verb][]string{}
	var named []cert.Print
	for _, hold := range w.plan.Holds {
		if print := hold.Entry.Cert.Print; hold.Verb == check.Limited && !slices.Contains(named, print) { // what is refused was named above
			named = append(named, print)
			w.name(hold.Item)
		}
		if name := w.place(hold.Place); !slices.Contains(places[hold.Verb], name) {
			places[hold.Verb] = append(places[hold.Verb], name)
		}
	}
	if names := places[check.Refused]; len(names) > 0 {
		w.Console.print(w.words.Say("hold.plan-refuse", words.With("list", w.words.List(names))))
		if w.firefox {
			w.Console.print(w.words.Say("hold.plan-firefox"))
		}
	}
	if names := places[check.Limited]; len(names) > 0 {
		w.Console.print(w.words.Say("hold.plan-limit", words.With("list", w.words.List(names))))
	}
}

// showBack tells, before anything is removed, what could bring the certificate back.
func (w *removal) showBack() {
	say, adds := w.words.Say, false
	var lines []string
	for _, source := range w.plan.Back {
		if line := report.SayNote(w.words, source.Place.Program, source.Note) + "."; !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
		adds = adds || source.Note.Code == evidence.AutoConfigAdds
	}
	if len(lines) == 0 {
		return
	}
	w.Console.gap()
	w.Console.print(say("note.returns"))
	for _, line := range lines {
		w.Console.item(line, "  - ", "    ")
	}
	if adds {
		w.Console.print(say("note.unless"))
	}
}

func (w *removal) showLeft() {
	byReason := map[evidence.Code][]string{}
	var order []evidence.Code
	for _, left := range w.plan.Left {
		if byReason[left.Why] == nil {
			order = append(order, left.Why)
		}
		if name := w.place(left.Place); !slices.Contains(byReason[left.Why], name) {
			byReason[left.Why] = append(byReason[left.Why], name)
		}
	}
	for _, why := range order {
		key := map[evidence.Code]string{evidence.IsManaged: "screen.plan.managed", evidence.NeedsUser: "screen.plan.other-user"}[why]
		if key != "" {
			w.Console.print(w.words.Say(key, words.With("list", w.words.List(byReason[why]))))
			continue
		}
		for _, name := range byReason[why] {
			w.Console.print(name + ": " + w.words.Say("reason."+string(why)+".text", words.With("program", name)))
		}
	}
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
	case left == 0:
		c.heading(say("screen.result.title"))
		c.print(say("screen.result.text"))
	case gone == 0:
		c.heading(say("screen.result.none-title"))
		c.print(say("screen.result.none-text"))
	default:
		c.heading(say("screen.result.partial-title"))
		c.print(say("screen.result.partial-text", words.With("done", gone), words.With("left", left)))
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
	if o.Why != "" {
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
