package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/machine"
)

// TestNoWindow: where no window can be opened, the conversation goes on in the terminal; without one the result is opened in the browser, if there is a display for
// it, and printed in any case. A page that nobody sees is not left behind.
func TestNoWindow(t *testing.T) {
	for _, test := range []struct {
		name  string
		key   string
		show  error
		box   bool
		pages int
	}{
		{"no OpenGL", "screen.noopengl.text", nil, true, 1},
		{"no OpenGL, no browser", "screen.noopengl.text", machine.ErrNoShowing, false, 0},
		{"no OpenGL, no browser, a box", "screen.noopengl.text", machine.ErrNoShowing, true, 1},
		{"no display", "terminal.no-display", nil, false, 0},
	} {
		f := newForger(t)
		p, out := f.program(t, &madeUp{})
		self, _ := p.Local().Self()
		shown := ""
		p.Show = func(file string) error { shown = file; return test.show }
		told := ""
		if test.box {
			p.Tell = func(title, text string) { told = title + "\n" + text }
		}
		p.Window = func(_ context.Context, ask WindowAsk) error { return NoWindow{test.key} }
		p.Console.Err = io.MultiWriter(out)
		if got := p.Run(context.Background(), nil); got != Danger {
			t.Errorf("%s: exit status %d", test.name, got)
		}
		holds(t, out.String(), "Danger: We found a certificate", "To remove it: qulyp remove --all")
		if test.key != noDisplay { // who pipes the output knows that there is no window
			holds(t, out.String(), p.Book.Printer("en").Say(test.key))
		}
		pages := must(filepath.Glob(filepath.Join(self.Home, "qulyp-*.html")))
		if len(pages) != test.pages {
			t.Errorf("%s: pages %q", test.name, pages)
		}
		if test.box && test.show != nil {
			holds(t, told, p.Book.Printer("en").Say("app.name"), "Danger: We found a certificate", pages[0])
			continue
		}
		if told != "" {
			t.Errorf("%s: told %q", test.name, told)
		}
		if test.pages > 0 {
			holds(t, out.String(), "The result will open in your browser.")
			if shown != pages[0] {
				t.Errorf("%s: %q was shown", test.name, shown)
			}
		}
	}
}

// TestWindowIsAsked: the flags of the command line reach the window, and what it returns is the exit status.
func TestWindowIsAsked(t *testing.T) {
	f := newForger(t)
	p, _ := f.program(t, &madeUp{})
	p.Cases = []string{"state-used"}
	var asked WindowAsk
	var answer error
	p.Window = func(_ context.Context, ask WindowAsk) error { asked = ask; return answer }
	for _, test := range []struct {
		args   []string
		answer error
		want   Status
		ask    WindowAsk
	}{
		{nil, nil, Clear, WindowAsk{}},
		{[]string{"--lang", "kk", "--no-trace", "--state", "s"}, nil, Clear, WindowAsk{Language: "kk", State: "s", NoTrace: true}},
		{[]string{"demo", "state-used"}, nil, Clear, WindowAsk{Case: "state-used"}},
		{[]string{"demo", "state-used"}, ErrNoWindow, Failed, WindowAsk{Case: "state-used"}},
		{[]string{"demo", "nonsense"}, nil, Usage, WindowAsk{}},
		{nil, errors.New("broken"), Failed, WindowAsk{}},
		{[]string{"--json"}, nil, Danger, WindowAsk{}},
	} {
		asked, answer = WindowAsk{}, test.answer
		if got := p.Run(context.Background(), test.args); got != test.want || asked != test.ask {
			t.Errorf("%v: exit status %d, want %d; asked %+v, want %+v", test.args, got, test.want, asked, test.ask)
		}
	}
}

// TestDocuments: the page goes where the person keeps documents, in whatever language the folder is called, and overwrites nothing.
func TestDocuments(t *testing.T) {
	home := t.TempDir()
	m := &machine.Machine{GOOS: "linux", People: []machine.Person{{Home: home, Self: true}}}
	if got := documents(m); got != home {
		t.Errorf("without a folder for documents: %q", got)
	}
	must(0, os.MkdirAll(filepath.Join(home, ".config"), 0o755))
	must(0, os.Mkdir(filepath.Join(home, "Құжаттар"), 0o755))
	must(0, os.WriteFile(filepath.Join(home, ".config/user-dirs.dirs"), []byte("# x\nXDG_DOCUMENTS_DIR=\"$HOME/Құжаттар\"\n"), 0o644))
	if got := documents(m); got != filepath.Join(home, "Құжаттар") {
		t.Errorf("documents are in %q", got)
	}
	must(0, os.WriteFile(filepath.Join(home, ".config/user-dirs.dirs"), []byte("XDG_DOCUMENTS_DIR=\"/etc\"\n"), 0o644))
	must(0, os.Mkdir(filepath.Join(home, "Documents"), 0o755))
	if got := documents(m); got != filepath.Join(home, "Documents") {
		t.Errorf("documents are in %q", got)
	}
	if got := documents(&machine.Machine{}); got != "" {
		t.Errorf("without a home: %q", got)
	}
}
