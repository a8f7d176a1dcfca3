package terminal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/report"
	"qulyp/internal/store"
	"qulyp/internal/words"
)

func (p *Program) versionVerb() *cobra.Command {
	return p.verb("version", noArgs, func(context.Context, []string) error {
		print, _ := OwnPrint() // not being able to read it is no reason not to tell the version
		if p.options.json {
			p.printJSON(struct {
				Schema  string          `json:"schema"`
				Version string          `json:"version"`
				List    report.ListJSON `json:"list"`
				SHA256  string          `json:"sha256"` // of the program file; empty when it could not be read
			}{"qulyp.version/1", p.Version, p.listJSON(), print})
			return nil
		}
		p.Console.print(p.words.Say("terminal.version", words.With("version", p.Version), words.With("list", p.List.Version),
			words.With("date", p.words.Date(p.List.Date))))
		if print != "" {
			p.Console.print(p.words.Say("screen.about.print"))
			p.Console.item(grouped(print), "  ", "  ")
		}
		return nil
	})
}

// OwnPrint is the SHA-256 of the program file, in hex.
func OwnPrint() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own program: %w", err)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("open own program: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read own program: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// grouped puts a space after every fourth digit, so that a long code can be compared and read out.
func grouped(code string) string {
	var groups []string
	for group := range slices.Chunk([]byte(code), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

func (p *Program) demoVerb() *cobra.Command {
	c := p.verb("demo CASE", cobra.ArbitraryArgs, func(ctx context.Context, args []string) error {
		if len(args) != 1 || p.Window != nil && !slices.Contains(p.Cases, args[0]) {
			return usageError{strings.Join(append([]string{"demo"}, args...), " ")}
		}
		if p.Window == nil {
			return done(p.fail(Usage, "no-window", p.words.Say("terminal.no-window"), nil))
		}
		if err := p.Window(ctx, p.windowAsk(args[0])); err != nil {
			return done(p.fail(Failed, "no-window", p.words.Say("screen.noopengl.title")+".", err))
		}
		return nil
	})
	c.ValidArgs = p.Cases
	if len(p.Cases) > 0 {
		c.Long += ":\n" + strings.Join(p.Cases, "\n")
	}
	return c
}

func (p *Program) windowAsk(name string) WindowAsk {
	return WindowAsk{words.Language(p.options.lang), p.options.state, p.options.noTrace, name}
}

// start is the program without a verb: the window, or the same conversation in the terminal where there can be none.
func (p *Program) start(ctx context.Context) error {
	if p.Window == nil || p.options.json {
		return p.flow(ctx, "")
	}
	err := p.Window(ctx, p.windowAsk(""))
	var why NoWindow
	switch {
	case errors.As(err, &why):
		return p.flow(ctx, why.Key)
	case errors.Is(err, ErrNoWindow):
		return p.flow(ctx, "screen.noopengl.text")
	case err != nil:
		return done(p.fail(Failed, "internal", p.words.Say("screen.error.title")+".", err))
	}
	return nil
}

var shells = []string{"bash", "fish", "powershell", "zsh"}

func (p *Program) completionVerb(root *cobra.Command) *cobra.Command {
	c := p.verb("completion "+strings.Join(shells, "|"), cobra.ArbitraryArgs, func(_ context.Context, args []string) error {
		if len(args) != 1 {
			return usageError{strings.Join(append([]string{"completion"}, args...), " ")}
		}
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(p.Console.Out, true)
		case "fish":
			return root.GenFishCompletion(p.Console.Out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(p.Console.Out)
		case "zsh":
			return root.GenZshCompletion(p.Console.Out)
		}
		return usageError{"completion " + args[0]}
	})
	c.ValidArgs = shells
	return c
}

// maxJob is more than any job needs; see check.Serve.
const maxJob = 1 << 20

// elevatedVerb is the other side of machine.Machine.Elevate: it does one job as administrator and answers. It is not for people. Its exit status is never 1,
// 126 or 127, by which sudo and pkexec tell that it was not started.
func (p *Program) elevatedVerb() *cobra.Command {
	c := p.verb(machine.HelperVerb, noArgs, func(ctx context.Context, _ []string) error {
		job, err := io.ReadAll(io.LimitReader(p.Console.In, maxJob+1)) // first of all: who asks waits until it is read
		if err != nil {
			return done(p.fail(Failed, "internal", p.words.Say("screen.error.title")+".", err))
		}
		m := p.Local()
		if m.GOOS == "darwin" || !m.Admin { // on Windows also where User Account Control is off: nobody is asked then, and no right is given
			p.answer(check.Reply{Error: evidence.NeedsAdmin})
			return done(p.fail(Refused, "needs-admin", p.words.Say("reason.needs-admin.text"), nil))
		}
		state, err := machine.AdminState()
		if err != nil {
			p.answer(check.Reply{Error: store.Code(err)})
			return done(p.fail(Failed, "internal", p.words.Say("screen.error.title")+".", err))
		}
		m.People, m.Elevate, m.State = nil, nil, state
		m.Env = func(string) string { return "" } // what the asking account wrote there is not the administrator's
		checker := &check.Checker{Machine: m, List: p.List, Stores: p.Stores, Version: p.Version, Step: p.Step}
		answer, err := checker.Serve(ctx, job)
		if err != nil {
			return done(p.fail(Usage, "bad-job", p.words.Say("terminal.bad-usage", words.With("what", machine.HelperVerb)), err))
		}
		if _, err := io.Copy(p.Console.Out, bytes.NewReader(answer)); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		return nil
	})
	c.Hidden = true
	return c
}

// answer tells the process that asked why nothing was done. Should it not arrive, that process sees the same by listing the places again.
func (p *Program) answer(reply check.Reply) {
	if data, err := json.Marshal(reply); err == nil {
		p.Console.Out.Write(data) //nolint:errcheck // see above
	}
}

func (p *Program) listJSON() report.ListJSON {
	return report.ListJSON{Version: p.List.Version, Date: p.List.Date.Format("2006-01-02")}
}

var errStopped = errors.New("stopped")
