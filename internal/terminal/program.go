// Package terminal is the command line: verbs, flags, exit status, and the same conversation as in the window, in text. Its contract is that of
// docs/command-line.md; scripts rely on it.
//
// It works without a display, over ssh and piped. Results go to the standard output; questions and progress go to the standard error, and only where
// somebody sits at a terminal. People read words in their language, never the text of an error: causes stand in the JSON.
package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/check"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/store"
	"qulyp/internal/words"
)

// Status is the exit status of the program. The values are part of the command-line contract.
type Status int

// The statuses.
const (
	Clear   Status = 0  // clear, or done and proven
	Danger  Status = 1  // danger found, or something planned is still there
	Careful Status = 2  // careful
	Unsure  Status = 3  // something that matters could not be seen
	Usage   Status = 64 // wrong usage
	Failed  Status = 70 // this program went wrong
	Refused Status = 77 // permission was needed and not given
)

// byLevel is the status that tells a level.
func byLevel(level judge.Level) Status {
	switch level {
	case judge.Danger:
		return Danger
	case judge.Unsure:
		return Unsure
	case judge.Careful:
		return Careful
	}
	return Clear
}

// Program is the command line with all it needs from outside. Its fields are set once.
type Program struct {
	Version string
	List    *catalog.List
	Hosts   []catalog.Host // the names that the live test may ask
	Book    *words.Book
	Console *Console

	Local     func() *machine.Machine                        // this computer
	Disk      func(string) (*machine.Machine, error)         // another disk
	Stores    func(*machine.Machine) []store.Store           // the trust stores of a computer
	Tester    *Tester                                        // makes the live test
	Seed      func() uint64                                  // chooses the mix of names of a live test; nil: by chance
	Languages func() (tags []string, region string)          // of the system, the best first
	Zone      *time.Location                                 // in which times are shown
	Step      func(string)                                   // check.Checker.Step, for tests; usually nil
	Window    func(ctx context.Context, ask WindowAsk) error // opens the window; nil in a program without one
	Show      func(file string) error                        // opens a file in the browser; nil: there is no way
	Tell      func(title, text string)                       // says something in a box of the system's own, where neither window nor terminal nor browser can; nil: there is none
	Notify    func(title, text string) error                 // shows a message on the desktop; nil: there is no way
	Cases     []string                                       // the made-up cases that the window can show

	options options
	words   words.Printer
	machine *machine.Machine
}

// ErrNoWindow says that no window can be opened here: the conversation goes on in the terminal. It may be wrapped in a [NoWindow] that tells why.
var ErrNoWindow = errors.New("no window")

// NoWindow is an ErrNoWindow with the key of the sentence that tells why.
type NoWindow struct{ Key string }

func (n NoWindow) Error() string { return "no window: " + n.Key }

// Unwrap makes it an ErrNoWindow.
func (NoWindow) Unwrap() error { return ErrNoWindow }

// WindowAsk is how the window is wanted.
type WindowAsk struct {
	Language words.Language // the one that the command line names; empty: the person's choice
	State    string         // the folder for receipts that the command line names; empty: the usual one
	NoTrace  bool
	Case     string // begin with this made-up case
}

// options are what the flags say.
type options struct {
	lang, state   string
	noTrace, json bool

	root          string
	all, yes, dry bool
	block         bool
	onlyWeb       bool
	prints        []string
	list, last    bool
	export        string
	forget        bool
	install, drop bool
	format, out   string
	live          bool
	resolve       []string
	targets       []string
	timeout       time.Duration
	tries         int
}

// Run runs the command line in args (without the name of the program) and returns the exit status. It never panics and never exits. Without a verb it
// holds the whole conversation in the terminal.
func (p *Program) Run(ctx context.Context, args []string) (status Status) {
	run := *p // so that a Program can be run several times
	run.options = options{}
	console := *p.Console
	out := &keeper{Writer: console.Out}
	console.stop, console.Out = ctx.Done(), out
	run.Console = &console
	run.words = run.printer(args)
	defer func() {
		if value := recover(); value != nil {
			run.Console.wipe()
			status = run.fail(Failed, "internal", run.words.Say("screen.error.title")+".", panicError{value})
		}
	}()
	defer func() {
		if out.err != nil { // a full disk, say: who reads the result would take it for a whole one
			status = Failed
			run.Console.tell(run.words.Say("screen.error.save-failed"))
		}
	}()
	root := run.commands()
	root.SetArgs(append([]string{}, args...)) // nil would mean the arguments of the process
	root.SetIn(run.Console.In)
	root.SetOut(run.Console.Out)
	root.SetErr(run.Console.Err)
	err := root.ExecuteContext(ctx)
	var done *doneError
	switch {
	case errors.As(err, &done):
		return done.status
	case err != nil:
		return run.misuse(err)
	}
	return Clear
}

// keeper remembers that something could not be written.
type keeper struct {
	io.Writer
	err error
}

func (k *keeper) Write(data []byte) (int, error) {
	n, err := k.Writer.Write(data)
	if err != nil && k.err == nil {
		k.err = err
	}
	return n, err
}

// doneError carries an exit status through cobra. Everything has been said already.
type doneError struct{ status Status }

func (*doneError) Error() string { return "done" }

// done is what a verb returns when it has said everything.
func done(status Status) error {
	if status == Clear {
		return nil
	}
	return &doneError{status}
}

type panicError struct{ value any }

func (panicError) Error() string { return "panic" }

// printer chooses the language before the flags are read, since the help is in that language too.
func (p *Program) printer(args []string) words.Printer {
	wanted := ""
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--lang="); ok {
			wanted = value
		} else if arg == "--lang" && i+1 < len(args) {
			wanted = args[i+1]
		}
	}
	printer := p.Book.Printer(p.Language(wanted))
	if !p.Console.Ask {
		printer = printer.Plain()
	}
	return printer
}

// Language is the language to begin with: the one that the person chose, else that of the system.
func (p *Program) Language(chosen string) words.Language {
	tags, region := p.Languages()
	return p.Book.Choose(chosen, tags, region)
}

// prepare finds the computer to look at and the state folder. The function that it returns cleans up.
func (p *Program) prepare() (*check.Checker, func(), error) {
	clean := func() {}
	var m *machine.Machine
	if p.options.root != "" {
		var err error
		if m, err = p.Disk(p.options.root); err != nil {
			return nil, clean, p.wrong("terminal.no-such-disk", words.With("folder", p.options.root), err)
		}
	} else {
		m = p.Local()
	}
	if p.options.state != "" {
		m.State = p.options.state
	}
	if p.options.noTrace {
		folder, err := os.MkdirTemp("", "qulyp-")
		if err != nil {
			return nil, clean, err
		}
		m.NoTrace, m.State = true, folder
		clean = func() { os.RemoveAll(folder) }
	}
	p.machine = m
	return &check.Checker{Machine: m, List: p.List, Stores: p.Stores, Version: p.Version, Step: p.Step}, clean, nil
}
