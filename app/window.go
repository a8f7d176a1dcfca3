//go:build !nowindow

package main

import (
	"context"
	"errors"
	"os"
	"runtime"

	"qulyp/assets"
	"qulyp/internal/check"
	"qulyp/internal/machine"
	"qulyp/internal/terminal"
	"qulyp/internal/window"
	"qulyp/internal/words"
)

// desktop is the window, and what of it was made before the rest of the program was there.
type desktop struct{ early *window.Early }

// begin makes what it can of the window, if these words open one. It must be called on the main goroutine.
func (d *desktop) begin(args []string) {
	if len(args) == 0 {
		d.early = window.Begin(runtime.GOOS, os.Getenv, false)
	}
}

// add gives the command line its window.
func (d *desktop) add(program *terminal.Program) {
	program.Cases = window.Cases()
	program.Window = func(ctx context.Context, ask terminal.WindowAsk) error { return d.open(ctx, program, ask) }
}

// open opens the window and returns when it is closed, or soon after ctx ends. It must be called on the main goroutine.
func (d *desktop) open(ctx context.Context, program *terminal.Program, ask terminal.WindowAsk) error {
	m := program.Local()
	if ask.State != "" {
		m.State = ask.State
	}
	if ask.NoTrace {
		folder, err := os.MkdirTemp("", "qulyp-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		m.NoTrace, m.State = true, folder
	}
	e := &engine{program: program, Checker: check.Checker{Machine: m, List: program.List, Stores: program.Stores, Version: version}}
	err := window.Run(window.Options{
		Engine: e, Book: program.Book, List: program.List, Version: version, Licences: licences,
		Choose: func(saved string) words.Language {
			if ask.Language != "" {
				return ask.Language
			}
			return program.Language(saved)
		},
		Self:     terminal.OwnPrint,
		Pictures: assets.Pictures, Icon: assets.Icon,
		Elevated: m.Admin, NoTrace: ask.NoTrace, Case: ask.Case, Early: d.early, Until: ctx.Done(), GOOS: runtime.GOOS, Env: os.Getenv,
	})
	if errors.Is(err, window.ErrNoWindow) {
		offerConsole(program, ask.Language)
		return terminal.NoWindow{Key: whyNoWindow(runtime.GOOS, os.Getenv)}
	}
	return err
}

// offerConsole asks on Windows, in a box that needs no graphics of any kind, whether the conversation is to go on in a terminal, and opens one. Whoever says no, or
// started the program from a terminal, is asked nothing more: the result is shown in the browser, in a box if there is none, or in that terminal.
func offerConsole(program *terminal.Program, language words.Language) {
	if runtime.GOOS != "windows" || program.Console.Ask {
		return
	}
	program.Tell = machine.Tell
	if language == "" {
		language = program.Language("")
	}
	p := program.Book.Printer(language)
	// No browser is started with the rights of an administrator (see machine.Show): there the terminal is the only place in which the result can be seen.
	agreed := machine.Ask(p.Say("screen.noopengl.title"), p.Say("screen.noopengl.ask"))
	if (agreed || program.Local().Admin) && machine.OpenConsole() {
		*program.Console = *console()
	}
}

// whyNoWindow is the key of the sentence that says why there is no window.
func whyNoWindow(goos string, env func(string) string) string {
	if goos == "linux" && env("DISPLAY") == "" && env("WAYLAND_DISPLAY") == "" {
		return "terminal.no-display"
	}
	return "screen.noopengl.text"
}
