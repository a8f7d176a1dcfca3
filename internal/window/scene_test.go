//go:build !nowindow

package window

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"qulyp/internal/catalog"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// now is the clock of all tests.
var now = time.Date(2026, 11, 23, 7, 44, 0, 0, time.UTC)

// player is a made-up case that also has what only a real computer has: reports, and programs that are open.
type player struct {
	*stage
	open    []string
	saved   int
	showed  int
	paper   judge.Verdict // what was shown last
	fail    error
	refuses error
}

func (p *player) Open(context.Context, check.Plan) []string { return p.open }

func (p *player) Save(words.Language, evidence.Evidence, judge.Verdict) (string, error) {
	p.saved++
	return "/home/aigerim/Documents/qulyp-2026-11-23.html", p.fail
}

func (p *player) Show(_ words.Language, _ evidence.Evidence, v judge.Verdict) error {
	p.showed++
	p.paper = v
	return p.fail
}

func (p *player) Portal() error { return p.fail }

func (p *player) Do(ctx context.Context, plan check.Plan, on func(check.Event)) (check.Done, error) {
	if p.refuses != nil {
		return check.Done{}, p.refuses
	}
	return p.stage.Do(ctx, plan, on)
}

func book(t testing.TB) *words.Book {
	t.Helper()
	b, err := sharedBook()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t testing.TB) *catalog.List {
	t.Helper()
	l, err := sharedList()
	if err != nil {
		t.Fatal(err)
	}
	dated := *l // so that no test changes its mind when a new list comes
	dated.Date = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return &dated
}

// play is a computer on which the case is real.
func play(t testing.TB, l *catalog.List, name judge.Code) *player {
	t.Helper()
	for _, one := range cases {
		if one.shows == name {
			s := newStage(l, one, "linux", func() time.Time { return now })
			s.pause = 0
			return &player{stage: s}
		}
	}
	t.Fatalf("no case %s", name)
	return nil
}

// The fonts, the words and the list are the same for all tests: Fyne keeps every font that it has met.
var (
	sharedFonts = sync.OnceValue(loadFonts)
	sharedBook  = sync.OnceValues(func() (*words.Book, error) { return words.Load(os.DirFS("../../assets")) })
	sharedList  = sync.OnceValues(func() (*catalog.List, error) {
		data, err := os.ReadFile("../../assets/authorities.json")
		if err != nil {
			return nil, err
		}
		return catalog.Parse(data)
	})
)

// setting is what a window of a test is made of.
type setting struct {
	language words.Language
	variant  fyne.ThemeVariant
	zoom     float32
	width    float32
	height   float32
	plays    judge.Code
	change   func(*Options, *player)
}

func raise(t testing.TB, s setting) (*window, *player) {
	t.Helper()
	a := lend(t)
	// Fyne's cache of renderers looks at the clock only when a canvas is drawn. Without this, a picture drawn a minute after the last one throws away what it is to draw.
	test.NewCanvas().Capture()
	l := list(t)
	if s.plays == "" {
		s.plays = judge.StateInstalled
	}
	computer := play(t, l, s.plays)
	o := Options{
		Engine: computer, Book: book(t), List: l, Version: "0.1.0", Pictures: os.DirFS("../../assets"), GOOS: "linux",
		Choose: func(saved string) words.Language {
			if saved != "" {
				return words.Language(saved)
			}
			return s.language
		},
		Self:     func() (string, error) { return "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", nil },
		Licences: "MIT", Env: func(string) string { return "" }, Now: func() time.Time { return now },
	}
	if s.change != nil {
		s.change(&o, computer)
	}
	looks := &look{Theme: theme.DefaultTheme(), fonts: sharedFonts(), zoom: max(s.zoom, 1), only: &s.variant}
	w := newWindow(a, o, looks)
	w.hop, w.spawn = func(work func()) { work() }, func(work func()) { work() }
	w.moment = 0
	if s.width == 0 {
		s.width, s.height = 720, 680
	}
	w.win.Resize(fyne.NewSize(s.width, s.height))
	w.win.Show()
	return w, computer
}

// scene is one screen in one state, reached as a person reaches it.
type scene struct {
	name   string
	plays  judge.Code
	ten    bool // one of the ten main ones, of which pictures are kept
	change func(*Options, *player)
	enter  func(w *window, p *player)
}

// press presses the button of that name; it must be there.
func press(w *window, names ...string) {
	for _, name := range names {
		switch b := findFocus(w.win.Content(), name).(type) {
		case *button:
			b.pressed()
		case *line:
			b.pressed()
		default:
			panic("no button " + name + " on screen " + w.screen.name())
		}
	}
}

// onWindows makes the computer one with Windows.
func onWindows(o *Options, p *player) { o.GOOS, p.stage.goos = "windows", "windows" }

// limit goes to the details of a certificate of the e-signature and, if far, to the plan of forbidding it for web sites, and on.
func limit(w *window, p *player, far bool, on ...string) {
	press(w, "main", "skip", "details")
	if far {
		press(w, "limit-"+p.seen(false).Places[inSystem].Entries[0].Cert.Print.Short())
	}
	press(w, on...)
}

// settingLine is a line by which programs are told to trust a file.
const settingLine = "export SSL_CERT_FILE=/home/aigerim/ca.pem"

// configured shows the details of a certificate that a configuration file names.
func configured(w *window) {
	press(w, "main", "skip")
	e := w.found.evidence
	entry := e.Places[inFirefox].Entries[0]
	entry.Where = []string{settingLine}
	e.Places = append(e.Places, evidence.Seen{
		Place:   evidence.Place{Kind: evidence.Environment, Path: "/home/aigerim/.profile", Owner: "aigerim", Program: "OpenSSL"},
		Entries: []evidence.Entry{entry},
	})
	w.found = &found{e, judge.Decide(w.Options.List, e)}
	w.show(&verdictScreen{})
	press(w, "details")
}

// alsoManaged has an organisation hold what a case puts into the system.
func alsoManaged(p *player) {
	usual := p.made.make
	p.made.make = func(a *actor) {
		usual(a)
		a.e.Places[inSystem].Entries[0].Managed = true
	}
}

// ownServer is a certificate that a person may have added.
var ownServer = madeUp("Home Media Server", "", "")

// alsoUnknown puts it beside what a case puts there.
func alsoUnknown(p *player) {
	usual := p.made.make
	p.made.make = func(a *actor) {
		usual(a)
		a.put(inMail, ownServer, nil)
	}
}

func scenes() []scene {
	all := []scene{
		{name: "start", ten: true, enter: func(*window, *player) {}},
		{name: "elevated", change: func(o *Options, _ *player) { o.Elevated = true }, enter: func(*window, *player) {}},
		{name: "unfinished", enter: func(w *window, p *player) {
			press(w, "main", "skip", "main", "main")
			p.receipts[0].Ended = false
			w.home()
		}},
		{name: "checking", ten: true, enter: func(w *window, p *player) {
			s := &checkingScreen{}
			w.show(s)
			for _, e := range []check.Event{check.Known{Places: 34}, check.Looking{Place: usualPlaces("linux")[inFirefox].Place}, check.Looked{Done: 12}} {
				s.event(w)(e)
			}
		}},
		{name: "checking-live", enter: func(w *window, p *player) {
			s := &checkingScreen{live: true, sites: 12}
			w.show(s)
			target := p.Targets()[0]
			for _, e := range []check.Event{check.Known{Places: 34}, check.Looked{Done: 34}, check.Shook{Handshake: evidence.Handshake{Target: target}, Done: 3, Of: 12}} {
				s.event(w)(e)
			}
		}},
		{name: "stopped", enter: func(w *window, _ *player) {
			w.show(&checkingScreen{})
			press(w, "main")
		}},
		{name: "consent", ten: true, enter: func(w *window, _ *player) { press(w, "main") }},
		{name: "consent-list", enter: func(w *window, _ *player) { press(w, "main", "list") }},
		{name: "verdict-details", plays: judge.StateUsed, enter: func(w *window, _ *player) { press(w, "main", "main", "details") }},
		{name: "verdict-details-unseen", plays: judge.UnseenPlaces, enter: func(w *window, _ *player) { press(w, "main", "main", "details") }},
		{name: "verdict-saved", plays: judge.NothingFound, enter: func(w *window, _ *player) { press(w, "main", "main", "save") }},
		{name: "verdict-not-saved", plays: judge.NothingFound, change: func(_ *Options, p *player) { p.fail = errors.New("x") },
			enter: func(w *window, _ *player) { press(w, "main", "main", "save") }},
		{name: "plan", ten: true, enter: func(w *window, _ *player) { press(w, "main", "skip", "main") }},
		{name: "plan-busy", change: func(_ *Options, p *player) { p.open = []string{"Firefox", "Google Chrome"} }, enter: func(w *window, p *player) {
			press(w, "main", "skip", "main")
			w.screen.(*planScreen).plan.Busy = p.open
			w.redraw()
		}},
		{name: "plan-managed", plays: judge.ManagedHostile, enter: func(w *window, _ *player) {
			press(w, "main", "skip")
			w.plan(check.Pick{})
		}},
		{name: "plan-windows", change: onWindows,
			enter: func(w *window, _ *player) { press(w, "main", "skip", "main") }},
		{name: "plan-no-trace", change: func(o *Options, _ *player) { o.NoTrace = true }, enter: func(w *window, _ *player) { press(w, "main", "skip", "main") }},
		{name: "plan-returns", plays: judge.ScriptAdds, enter: func(w *window, _ *player) { press(w, "main", "skip", "main") }},
		{name: "plan-returns-module", plays: judge.ModuleLoaded, enter: func(w *window, _ *player) { press(w, "main", "skip", "main") }},
		{name: "plan-keep-out", enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "keep-out") }},
		{name: "result-keep-out", enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "keep-out", "main") }},
		{name: "result-not-held", plays: judge.LookalikeInstalled, change: func(_ *Options, p *player) { p.made.stays = evidence.Locked },
			enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "keep-out", "main") }},
		{name: "undo-keep-out", enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "keep-out", "main", "undo") }},
		{name: "undone-keep-out", enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "keep-out", "main", "undo", "undo") }},
		{name: "details-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { limit(w, p, false) }},
		{name: "plan-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { limit(w, p, true) }},
		{name: "working-limit", enter: func(w *window, _ *player) { w.show(&workingScreen{total: 1, limiting: true}) }},
		{name: "result-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { limit(w, p, true, "main") }},
		{name: "result-limit-none", plays: judge.SigningInstalled, change: func(o *Options, p *player) {
			onWindows(o, p)
			p.made.stays = evidence.NeedsAdmin
		}, enter: func(w *window, p *player) { limit(w, p, true, "main") }},
		{name: "result-limit-partial", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) {
			limit(w, p, true, "main")
			done := &w.screen.(*resultScreen).done
			left := done.Holds[0]
			left.Held, left.Why, left.Place = false, evidence.Locked, usualPlaces("windows")[inChrome].Place
			done.Holds = append(done.Holds, left)
			w.redraw()
		}},
		{name: "undo-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { limit(w, p, true, "main", "undo") }},
		{name: "undone-limit", plays: judge.SigningInstalled, change: onWindows, enter: func(w *window, p *player) { limit(w, p, true, "main", "undo", "undo") }},
		{name: "undo-windows", change: onWindows, enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main", "undo") }},
		{name: "working-windows", change: onWindows, enter: func(w *window, _ *player) {
			press(w, "main", "skip", "main", "main", "undo")
			w.spawn = func(func()) {}
			press(w, "undo")
		}},
		{name: "details-setting", enter: func(w *window, _ *player) { configured(w) }},
		{name: "open", ten: true, change: func(_ *Options, p *player) { p.open = []string{"Firefox"} },
			enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main") }},
		{name: "open-still", change: func(_ *Options, p *player) { p.open = []string{"Firefox"} },
			enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main", "main") }},
		{name: "working", enter: func(w *window, _ *player) {
			s := &workingScreen{total: 3}
			w.show(s)
			s.event(w)(check.Acting{Place: usualPlaces("linux")[inFirefox].Place})
			s.event(w)(check.Proved{Outcome: check.Outcome{Place: usualPlaces("linux")[inFirefox].Place}})
		}},
		{name: "working-asking", enter: func(w *window, _ *player) {
			s := &workingScreen{total: 3}
			w.show(s)
			s.event(w)(check.Asking{})
		}},
		{name: "result", ten: true, enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main") }},
		{name: "result-partial", plays: judge.AbusedInstalled, enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main") }},
		{name: "result-left", change: func(_ *Options, p *player) { alsoManaged(p) }, enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main") }},
		{name: "result-others", change: func(_ *Options, p *player) { alsoUnknown(p) },
			enter: func(w *window, _ *player) {
				press(w, "main", "skip", "details", "offer-"+ownServer.Print.Short(), "main")
			}},
		{name: "result-none", plays: judge.AbusedInstalled, enter: func(w *window, p *player) {
			press(w, "main", "skip", "main")
			s := w.screen.(*planScreen)
			s.plan.Items = s.plan.Items[1:]
			press(w, "main")
		}},
		{name: "trouble", change: func(_ *Options, p *player) { p.refuses = errors.New("x") },
			enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main") }},
		{name: "undo", ten: true, enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main", "undo") }},
		{name: "undone", enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main", "undo", "undo") }},
		{name: "next", ten: true, enter: func(w *window, _ *player) {
			press(w, "main", "skip", "main", "main", "main")
			press(w, "step-restart")
		}},
		{name: "phone", enter: func(w *window, _ *player) { press(w, "more", "phone") }},
		{name: "receipts", enter: func(w *window, _ *player) { press(w, "main", "skip", "main", "main", "more", "receipts") }},
		{name: "receipts-empty", enter: func(w *window, _ *player) { press(w, "more", "receipts") }},
		{name: "more", enter: func(w *window, _ *player) { press(w, "more") }},
		{name: "about", enter: func(w *window, _ *player) { press(w, "more", "about") }},
		{name: "about-old", change: func(o *Options, _ *player) {
			old := *o.List
			old.Date = now.AddDate(0, 0, -201)
			o.List = &old
		}, enter: func(w *window, _ *player) { press(w, "more", "about", "licences") }},
		{name: "cases", enter: func(w *window, _ *player) { press(w, "more", "practice") }},
		{name: "practice", enter: func(w *window, _ *player) { press(w, "more", "practice", "case-state-used") }},
	}
	for _, kind := range phones {
		all = append(all, scene{name: "phone-" + kind, enter: func(w *window, _ *player) { press(w, "more", "phone", "phone-"+kind) }})
	}
	all = append(append(all, choiceScenes()...), receiptScenes()...)
	main := map[judge.Code]bool{judge.StateUsed: true, judge.NetworkForgesState: true, judge.UnseenPlaces: true, judge.NothingFound: true}
	for _, one := range cases {
		all = append(all, scene{name: "verdict-" + string(one.shows), plays: one.shows, ten: main[one.shows],
			enter: func(w *window, _ *player) { press(w, "main", "main") }})
	}
	return all
}

// languages are those of the book.
func languages(t testing.TB) []words.Language { return book(t).Languages() }

var variants = map[string]fyne.ThemeVariant{"light": theme.VariantLight, "dark": theme.VariantDark}
