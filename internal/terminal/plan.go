package terminal

import (
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

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
	var lines []string
	for _, source := range w.plan.Back {
		if line := report.SayReturn(w.words, source.Place.Program, source.Note); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return
	}
	w.Console.gap()
	w.Console.print(w.words.Say("note.returns"))
	for _, line := range lines {
		w.Console.item(line, "  - ", "    ")
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
