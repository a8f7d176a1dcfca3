package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"qulyp/internal/report"
	"qulyp/internal/words"
)

// Name is what the program is called on the command line.
const Name = "qulyp"

// Verbs is the tree of verbs with its words in a language, for tools that write about the command line. Running a verb of it is not what it is for: see
// [Program.Run].
func (p *Program) Verbs(language words.Language) *cobra.Command {
	told := *p
	told.options, told.words = options{}, p.Book.Printer(language)
	return told.commands()
}

// commands makes the tree of verbs. It is made afresh for each run, in the language of the run.
func (p *Program) commands() *cobra.Command {
	root := &cobra.Command{
		Use: Name, Short: p.words.Say("terminal.short"), Long: p.words.Say("terminal.short") + ".",
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return p.start(c.Context()) },
		SilenceErrors: true, SilenceUsage: true, DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	flags := root.PersistentFlags()
	p.flag(flags, "lang", func(s string) { flags.StringVar(&p.options.lang, "lang", "", s) })
	p.flag(flags, "state", func(s string) { flags.StringVar(&p.options.state, "state", "", s) })
	p.flag(flags, "no-trace", func(s string) { flags.BoolVar(&p.options.noTrace, "no-trace", false, s) })
	p.flag(flags, "json", func(s string) { flags.BoolVar(&p.options.json, "json", false, s) })
	flags.BoolP("help", "h", false, p.words.Say("terminal.flag.help"))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { io.WriteString(p.Console.Out, p.help(c)) })
	root.SetUsageFunc(func(c *cobra.Command) error { _, err := io.WriteString(p.Console.Err, p.help(c)); return err })
	root.SetHelpCommand(p.helpVerb(root))
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if p.options.lang != "" && !p.Book.Has(words.Language(p.options.lang)) {
			return usageError{"--lang " + p.options.lang}
		}
		// An empty value is a script whose variable is not set: it would look at this computer instead of the disk, and remove from it.
		for _, name := range []string{"root", "state", "export", "out"} {
			if f := c.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
				return usageError{"--" + name}
			}
		}
		return nil
	}
	choices := func(c *cobra.Command, flag string, values ...string) {
		if c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) != nil {
			panic("terminal: no flag --" + flag)
		}
	}
	var languages []string
	for _, language := range p.Book.Languages() {
		languages = append(languages, string(language))
	}
	choices(root, "lang", languages...)
	report := p.reportVerb()
	choices(report, "format", slices.Sorted(maps.Keys(formats))...)
	root.AddCommand(p.checkVerb(), p.probeVerb(), p.storesVerb(), p.removeVerb(), p.restoreVerb(), report, p.listVerb(), p.watchVerb(), p.demoVerb(), p.versionVerb(),
		p.completionVerb(root), p.elevatedVerb())
	return root
}

// verb makes one command whose words stand under terminal.verb.NAME and terminal.about.NAME.
func (p *Program) verb(use string, args cobra.PositionalArgs, run func(ctx context.Context, args []string) error) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	c := &cobra.Command{Use: use, Args: args, DisableFlagsInUseLine: true, DisableAutoGenTag: true}
	if key := "terminal.verb." + name; p.words.Has(key) {
		c.Short = p.words.Say(key)
	}
	c.Long = c.Short
	if key := "terminal.about." + name; p.words.Has(key) {
		c.Long = p.words.Say(key)
	}
	c.RunE = func(c *cobra.Command, args []string) error { return run(c.Context(), args) }
	return c
}

// flag declares a flag with its words.
func (p *Program) flag(flags *pflag.FlagSet, name string, declare func(usage string)) {
	declare(p.words.Say("terminal.flag." + name))
	flags.Lookup(name).DefValue = "" // what the words say is enough
}

func (p *Program) rootFlag(c *cobra.Command) {
	p.flag(c.Flags(), "root", func(s string) { c.Flags().StringVar(&p.options.root, "root", "", s) })
	c.MarkFlagDirname("root")
}

func (p *Program) yesFlag(c *cobra.Command) {
	p.flag(c.Flags(), "yes", func(s string) { c.Flags().BoolVarP(&p.options.yes, "yes", "y", false, s) })
}

// usageError names the word of the command line that is wrong.
type usageError struct{ what string }

func (e usageError) Error() string { return "usage: " + e.what }

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{args[0]}
	}
	return nil
}

// misuse tells what is wrong with the command line. The library's own sentences are English, so its typed errors are put into words here.
func (p *Program) misuse(err error) Status {
	var own usageError
	var unknown *pflag.NotExistError
	var lacking *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	what := ""
	switch {
	case errors.As(err, &own):
		what = own.what
	case errors.As(err, &unknown):
		what = "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			what = "-" + unknown.GetSpecifiedShortnames()
		}
	case errors.As(err, &lacking):
		what = "--" + lacking.GetFlag().Name
	case errors.As(err, &invalid):
		what = "--" + invalid.GetFlag().Name + " " + invalid.GetValue()
	case errors.As(err, &syntax):
		what = syntax.GetSpecifiedFlag()
	default:
		return p.fail(Failed, "internal", p.words.Say("screen.error.title")+".", err)
	}
	return p.fail(Usage, "bad-usage", p.words.Say("terminal.bad-usage", words.With("what", what)), err)
}

// wrong says that what was asked for cannot be: bad usage that only showed later.
func (p *Program) wrong(key string, arg words.Arg, err error) error {
	return done(p.fail(Usage, strings.TrimPrefix(key, "terminal."), p.words.Say(key, arg), err))
}

// fail says that nothing more will be done, and why: in words, or as JSON with the cause.
func (p *Program) fail(status Status, code, text string, err error) Status {
	if p.options.json {
		answer := struct {
			Schema string `json:"schema"`
			Code   string `json:"code"`
			Text   string `json:"text"`
			Error  string `json:"error"`
		}{"qulyp.error/1", code, text, ""}
		var panicked panicError
		if errors.As(err, &panicked) {
			answer.Error = fmt.Sprint(panicked.value)
		} else if err != nil {
			answer.Error = err.Error()
		}
		p.printJSON(answer)
		return status
	}
	p.Console.tell(text)
	if status == Usage {
		p.Console.tell(p.words.Say("terminal.see-help", words.With("command", Name+" help")))
	}
	return status
}

// printJSON writes one JSON object to the output.
func (p *Program) printJSON(value any) { report.WriteJSON(p.Console.Out, value) }

// help is the help of a command, in the language of the run.
func (p *Program) help(c *cobra.Command) string {
	var out strings.Builder
	out.WriteString(report.Wrap(c.Long, report.Columns, "", ""))
	line := c.UseLine()
	if c.Parent() == nil {
		line = Name + " [VERB]"
	}
	out.WriteString("\n" + p.words.Say("terminal.help.usage") + "\n  " + line + "\n")
	verbs := slices.DeleteFunc(slices.Clone(c.Commands()), func(sub *cobra.Command) bool { return !sub.IsAvailableCommand() })
	if len(verbs) > 0 {
		out.WriteString("\n" + p.words.Say("terminal.help.verbs") + "\n")
		for _, sub := range verbs {
			out.WriteString(row(sub.Name(), sub.Short, 12))
		}
	}
	flags := func(title string, set *pflag.FlagSet) {
		if !set.HasAvailableFlags() {
			return
		}
		out.WriteString("\n" + p.words.Say(title) + "\n")
		set.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			name := "--" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			if value := valueNames[f.Name]; value != "" {
				name += " " + value
			}
			out.WriteString(row(name, f.Usage, 26))
		})
	}
	flags("terminal.help.flags", c.LocalNonPersistentFlags())
	if c.Parent() == nil {
		flags("terminal.help.everywhere", c.PersistentFlags())
		out.WriteString("\n" + p.words.Say("terminal.help.status") + "\n")
		for _, status := range []Status{Clear, Danger, Careful, Unsure, Usage, Failed, Refused} {
			out.WriteString(row(fmt.Sprint(int(status)), p.words.Say(fmt.Sprintf("terminal.status.%d", status)), 4))
		}
	} else {
		flags("terminal.help.everywhere", c.InheritedFlags())
	}
	return out.String()
}

// ValueName is how the value of a flag is written, as DIR; empty for a flag that has none.
func ValueName(flag string) string { return valueNames[flag] }

// valueNames are the values of flags as the contract writes them; flags that are not here have none.
var valueNames = map[string]string{
	"lang": "kk|ru|en", "state": "DIR", "root": "DIR", "sha256": "HEX", "format": "html|text|json|evidence", "out": "FILE",
	"resolve": "HOST:PORT:ADDR", "export": "FILE", "target": "HOST[:PORT]", "timeout": "5s", "tries": "2",
}

// row is one line of a list of two columns.
func row(name, text string, width int) string {
	first := "  " + name + strings.Repeat(" ", max(2, width-len(name)))
	return report.Wrap(text, report.Columns, first, strings.Repeat(" ", 2+width))
}

func (p *Program) helpVerb(root *cobra.Command) *cobra.Command {
	return p.verb("help [VERB]", cobra.ArbitraryArgs, func(_ context.Context, args []string) error {
		c, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return usageError{strings.Join(args, " ")}
		}
		io.WriteString(p.Console.Out, p.help(c))
		return nil
	})
}
