// Qulyp tells whether the padlock in the browser is honest: it looks into every place that can make a program trust a web site, and takes a government
// interception certificate out again, provably and reversibly.
//
// This package alone knows everything: it makes the real computer, hands the embedded data down, and joins window and command line.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"qulyp/assets"
	"qulyp/internal/catalog"
	"qulyp/internal/machine"
	"qulyp/internal/probe"
	"qulyp/internal/store"
	"qulyp/internal/terminal"
	"qulyp/internal/words"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit status.
func run(args []string) int {
	machine.Begin(args)
	pipe, args, err := machine.HelperPipe(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, appName+":", err)
		return int(terminal.Failed)
	}
	var window desktop
	var program *terminal.Program
	wired := make(chan error, 1)
	go func() { // side by side with the window, which needs this goroutine
		var err error
		program, err = wire(computer(args), &window)
		wired <- err
	}()
	window.begin(args)
	if err := <-wired; err != nil { // data that was compiled in and does not fit: tests make it impossible
		fmt.Fprintln(os.Stderr, appName+":", err)
		return int(terminal.Failed)
	}
	if pipe != nil { // started as administrator on Windows
		defer pipe.Close()
		program.Console = &terminal.Console{In: pipe, Out: pipe, Err: io.Discard}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever stops the program a second time does not want to wait
	status := program.Run(ctx, args)
	if program.Console.Ask && machine.OwnConsole() { // started by a double click: the terminal would close before anything could be read
		fmt.Fprint(os.Stderr, "\n"+program.Book.Printer(program.Language("")).Say("terminal.press-enter")+" ")
		bufio.NewReader(os.Stdin).ReadString('\n')
	}
	return int(status)
}

// computer finds this computer when it is asked for. It begins to look at it at once where it will be looked at; with --root nothing outside that disk is, and
// the administrator's process goes into nobody's home.
func computer(args []string) func() *machine.Machine {
	switch {
	case len(args) > 0 && args[0] == machine.HelperVerb:
		return machine.Shared
	case slices.ContainsFunc(args, func(word string) bool { return strings.HasPrefix(word, "--root") }):
		return machine.Local
	}
	return soon(machine.Local)
}

// wire makes the command line for a computer, with its window if this program has one.
func wire(local func() *machine.Machine, window *desktop) (*terminal.Program, error) {
	var book *words.Book
	loaded := make(chan error, 1)
	go func() { // on a core of its own: every start waits for both
		var err error
		book, err = words.Load(assets.Words)
		loaded <- err
	}()
	list, err := catalog.Parse(assets.Authorities)
	if err != nil {
		return nil, err
	}
	hosts, err := catalog.ParseHosts(assets.Hosts)
	if err != nil {
		return nil, err
	}
	if err := <-loaded; err != nil {
		return nil, err
	}
	program := &terminal.Program{
		Version: version, List: list, Hosts: hosts, Book: book, Console: console(),
		Local: local, Disk: machine.Disk, Stores: store.All, Show: machine.Show, Notify: machine.Notify,
		Tester:    &terminal.Tester{Prober: &probe.Prober{}, List: list},
		Languages: func() ([]string, string) { return machine.Languages(os.Getenv) }, Zone: time.Local,
	}
	window.add(program)
	return program, nil
}

// soon begins to look at the computer at once, side by side with the reading of what was compiled in: on Windows the name of the account alone takes as long. Who
// asks a second time gets a computer that was looked at afresh.
func soon(look func() *machine.Machine) func() *machine.Machine {
	first := make(chan *machine.Machine, 1)
	go func() { first <- look(); close(first) }()
	return func() *machine.Machine {
		if m, ok := <-first; ok {
			return m
		}
		return look()
	}
}

// console is the terminal that the program was started from.
func console() *terminal.Console {
	shown := func(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }
	return &terminal.Console{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Ask:    shown(os.Stdin) && shown(os.Stderr),
		Width:  func() int { width, _, _ := term.GetSize(int(os.Stderr.Fd())); return width },
		Colour: shown(os.Stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows", // a Windows console shows the codes as they are
	}
}
