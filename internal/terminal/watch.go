package terminal

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

// maxNotices is how many lines a message on the desktop has.
const maxNotices = 4

type (
	watchJSON struct {
		Schema string       `json:"schema"`
		Since  string       `json:"since"` // empty: this is the first time
		Level  judge.Level  `json:"level"`
		New    []noticeJSON `json:"new"`
		Gone   []noticeJSON `json:"gone"`
		Error  string       `json:"error,omitempty"` // what was seen could not be kept
	}
	noticeJSON struct {
		SHA256 cert.Print       `json:"sha256"`
		Title  string           `json:"title"`
		Class  string           `json:"class"`
		Place  evidence.Place   `json:"place"`
		Trust  bool             `json:"trusted"`
		Back   bool             `json:"back"`
		By     []evidence.Place `json:"by"`
	}
)

func (p *Program) watchVerb() *cobra.Command {
	c := p.verb("watch [--install | --remove]", noArgs, p.watch)
	p.flag(c.Flags(), "install", func(s string) { c.Flags().BoolVar(&p.options.install, "install", false, s) })
	p.flag(c.Flags(), "remove", func(s string) { c.Flags().BoolVar(&p.options.drop, "remove", false, s) })
	return c
}

// watch tells what changed since the last time. At a terminal it says so there; started at log-in, where nobody sits, by a message on the desktop, and only when
// there is something to tell.
func (p *Program) watch(ctx context.Context, _ []string) error {
	if p.options.install && p.options.drop {
		return usageError{"watch --install --remove"}
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	if p.options.drop {
		return done(p.dropWatch())
	}
	if p.options.install {
		if status := p.installWatch(); status != Clear {
			return done(status)
		}
	}
	change, err := checker.Watch(ctx, p.events())
	p.Console.wipe()
	switch {
	case ctx.Err() != nil:
		return done(p.stopped())
	case errors.Is(err, machine.ErrOtherCopy):
		return done(p.fail(Danger, "locked", p.words.Say("screen.error.second-copy"), err))
	}
	if p.options.json {
		p.watchJSON(change, err)
		return done(byLevel(change.Verdict.Level))
	}
	title, lines := p.notices(change)
	switch {
	case change.Any():
		p.Console.heading(title)
		for _, line := range lines {
			p.Console.item(line, "  - ", "    ")
		}
	case change.Since.IsZero() && err != nil: // next time will be the first time again
	case change.Since.IsZero():
		p.Console.print(p.words.Say("watch.first"))
	default:
		since := change.Since.In(p.zone())
		p.Console.print(p.words.Say("watch.same", words.With("date", p.words.Date(since)), words.With("time", p.words.Time(since))))
	}
	if err != nil {
		p.Console.tell(p.words.Say("screen.error.save-failed"))
	}
	if change.Any() && !p.Console.Ask && p.Notify != nil {
		if len(lines) > maxNotices {
			lines = append(lines[:maxNotices:maxNotices], p.words.Say("watch.more", words.N(len(lines)-maxNotices)))
		}
		if err := p.Notify(title, strings.Join(append(lines, p.words.Say("watch.open")), "\n")); err != nil && change.Hostile() {
			p.Console.tell(title + ".") // the log of the session is better than nothing
		}
	}
	return done(byLevel(change.Verdict.Level))
}

// notices is what a change is in words.
func (p *Program) notices(change check.Change) (title string, lines []string) {
	title = p.words.Say("watch.changed")
	if change.Hostile() {
		title = p.words.Say("watch.danger")
	}
	add := func(key string, n check.Noticed) {
		name := report.CertName(p.words, n.Match, n.Cert)
		line := p.words.Say(key, words.With("name", p.words.Quote(name)), words.With("place", p.place(n.Place)))
		for _, by := range n.By {
			if by != n.Place || by.Kind == evidence.Policy {
				line += " " + p.words.Say("watch.by", words.With("place", p.place(by)))
			}
		}
		lines = append(lines, line)
	}
	for _, urgent := range []bool{true, false} { // what matters most comes first
		for _, n := range change.New {
			if (n.Trust && n.Match.Class.Hostile()) != urgent {
				continue
			}
			switch {
			case n.Place.Kind == evidence.Loose:
				add("watch.file", n)
			case n.Back:
				add("watch.back", n)
			default:
				add("watch.new", n)
			}
		}
	}
	for _, n := range change.Gone {
		add("watch.gone", n)
	}
	return title, lines
}

func (p *Program) watchJSON(change check.Change, unkept error) {
	out := watchJSON{Schema: "qulyp.watch/1", Level: change.Verdict.Level, New: []noticeJSON{}, Gone: []noticeJSON{}}
	if !change.Since.IsZero() {
		out.Since = change.Since.UTC().Format(time.RFC3339)
	}
	if unkept != nil {
		out.Error = unkept.Error()
	}
	for _, n := range change.New {
		out.New = append(out.New, noticeJSON{n.Cert.Print, n.Cert.Title(), string(n.Match.Class), n.Place, n.Trust, n.Back, append([]evidence.Place{}, n.By...)})
	}
	for _, n := range change.Gone {
		out.Gone = append(out.Gone, noticeJSON{n.Cert.Print, n.Cert.Title(), string(n.Match.Class), n.Place, n.Trust, false, []evidence.Place{}})
	}
	p.printJSON(out)
}

// installWatch has the system start «watch» at each log-in of the person.
func (p *Program) installWatch() Status {
	program := p.machine.Env("APPIMAGE") // what runs now is mounted for this run alone
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return p.fail(Failed, "internal", p.words.Say("screen.error.title")+".", err)
		}
	}
	entry := machine.Autostart{Name: map[string]string{}, Comment: map[string]string{}, Command: append([]string{program, "watch"}, p.carried()...)}
	for _, language := range p.Book.Languages() {
		printer := p.Book.Printer(language).Plain()
		entry.Name[string(language)], entry.Comment[string(language)] = printer.Say("app.name"), printer.Say("watch.comment")
	}
	_, err := p.machine.SetAutostart(entry)
	switch {
	case errors.Is(err, machine.ErrNoAutostart):
		return p.fail(Failed, "no-autostart", p.words.Say("watch.not-here"), err)
	case err != nil:
		return p.fail(Failed, "save-failed", p.words.Say("screen.error.save-failed"), err)
	}
	if !p.options.json {
		p.Console.print(p.words.Say("watch.installed", words.With("command", commandLine("watch", "--remove"))))
	}
	return Clear
}

// dropWatch takes that away again, and what was kept for it.
func (p *Program) dropWatch() Status {
	_, err := p.machine.DropAutostart()
	switch {
	case errors.Is(err, machine.ErrNoAutostart):
		return p.fail(Failed, "no-autostart", p.words.Say("watch.not-here"), err)
	case err != nil:
		return p.fail(Failed, "save-failed", p.words.Say("reason.failed.text"), err)
	}
	if err := check.ForgetWatched(p.machine.State); err != nil {
		return p.fail(Failed, "save-failed", p.words.Say("reason.failed.text"), err)
	}
	if p.options.json {
		p.printJSON(watchJSON{Schema: "qulyp.watch/1", New: []noticeJSON{}, Gone: []noticeJSON{}})
		return Clear
	}
	p.Console.print(p.words.Say("watch.removed"))
	return Clear
}
