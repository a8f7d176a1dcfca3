//go:build !nowindow

// Package window is Qulyp as most people see it: one calm flow of screens, each with one thing to do. It is the only user of Fyne.
//
// It knows nothing of trust stores and never acts by itself: it drives an [Engine], and what it shows are the findings, places and outcomes that come from there, in
// words of package words. It never runs as administrator on purpose, opens no socket, and keeps nothing but the language, the size of text and, where the person
// asked for it, the answer about the live test.
//
// # How it is built
//
// A screen is a small value that can be drawn at any time from what it holds: so the language, the size of text and light or dark can change in the middle of
// everything without losing anything. Work runs in its own goroutine; the only way back is [window.hop].
package window

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// ID is what the system knows the program by. FyneApp.toml has the same.
const ID = "kz.qulyp.Qulyp"

// The preferences that are kept, unless nothing may be.
const (
	keepLanguage = "language"
	keepZoom     = "text"
	keepLive     = "live-test" // yes or no; empty: ask
)

// window is the one window.
type window struct {
	Options
	app  fyne.App
	win  fyne.Window
	look *look
	words.Printer

	hop   func(func()) // brings work to the goroutine of the window
	spawn func(func()) // runs work in another goroutine

	practice string // the made-up case that is shown; empty: this computer
	engine   Engine // that of the case or of this computer

	found  *found // the last check; nil before the first
	ticked map[string]bool

	screen screen
	shown  view
	saved  map[string]fyne.Position // how far bodies were scrolled

	since  time.Time     // when the screen was shown first
	moment time.Duration // how long its main button does not answer

	job    int // the number of the running job; events of earlier ones are dropped
	cancel context.CancelFunc
	busy   bool // a change is under way, which must not be torn off
	leave  bool // the person wants to leave as soon as it is done
}

// found is what a check found.
type found struct {
	evidence evidence.Evidence
	verdict  judge.Verdict
}

// Run opens the window and returns when it is closed. It must be called from the main goroutine. ErrNoWindow means that none can be opened here.
func Run(o Options) error {
	if o.Early == nil {
		o.Early = Begin(o.GOOS, o.Env, o.NoTrace)
	}
	var w *window
	err := o.Early.err
	if err == nil {
		err = guarded(func() error {
			w = newWindow(o.Early.app, o, newLook())
			return open(w.win)
		})
	}
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() { // Fyne obeys signals too, but only those that come when its loop is running already
		select {
		case <-o.Until:
			w.hop(w.close)
		case <-ended:
		}
	}()
	w.app.Run()
	w.stop()
	return nil
}

// newWindow makes the window with its first screen, and does not show it.
func newWindow(a fyne.App, o Options, l *look) *window {
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &window{
		Options: o, app: a, look: l, hop: fyne.Do, spawn: func(work func()) { go work() }, moment: 300 * time.Millisecond,
		engine: o.Engine, ticked: map[string]bool{}, saved: map[string]fyne.Position{},
	}
	language := ""
	if !o.NoTrace {
		language = a.Preferences().String(keepLanguage)
		if kept := a.Preferences().Float(keepZoom); kept != 0 {
			w.look.zoom = nearest(float32(kept))
		}
	}
	w.Printer = o.Book.Printer(o.Choose(language))
	teachFyne(w.Printer)
	a.Settings().SetTheme(w.look)
	if len(o.Icon) > 0 {
		a.SetIcon(fyne.NewStaticResource("icon.png", o.Icon))
	}
	if o.Early != nil {
		w.win = o.Early.win
	} else {
		w.win = a.NewWindow("")
	}
	w.win.SetTitle(w.Say("app.name"))
	w.win.SetPadded(false)
	w.win.SetMaster()
	w.win.CenterOnScreen()
	w.win.SetCloseIntercept(w.close)
	w.keys()
	w.begin()
	w.win.Resize(fyne.NewSize(720, 680))
	a.Settings().AddListener(func(fyne.Settings) { w.hop(w.redraw) })
	return w
}

// begin shows the first screen.
func (w *window) begin() {
	switch {
	case w.Case != "" && w.rehearse(w.Case):
	case w.Elevated:
		w.show(&elevatedScreen{})
	default:
		w.home()
	}
}

// home is the beginning of the flow: a removal that was cut short comes first.
func (w *window) home() {
	if w.busy {
		return
	}
	w.stop()
	w.found, w.ticked = nil, map[string]bool{}
	receipts, _ := w.engine.Receipts() // what cannot be read is said in the list of receipts
	for _, receipt := range receipts {
		if receipt.CutShort() {
			w.show(&unfinishedScreen{receipt: receipt})
			return
		}
	}
	w.show(&startScreen{})
}

// close is what happens when the person closes the window. A change that is under way is brought to its end first; who closes twice is not held back.
func (w *window) close() {
	if w.busy && !w.leave {
		w.leave = true
		return
	}
	w.stop()
	w.app.Quit()
}

// stop ends the running job, if any. Its events do not arrive any more.
func (w *window) stop() {
	if w.cancel != nil {
		w.cancel()
	}
	w.job++
	w.cancel, w.busy = nil, false
}

// start runs work outside of the window. Events come to event, and what work returns is called at the end; both in the goroutine of the window, and neither once the
// job was stopped.
func (w *window) start(work func(ctx context.Context, on func(check.Event)) (finish func()), event func(check.Event)) {
	if w.busy { // a change is never torn off for something else
		return
	}
	w.launch(work, event)
}

// change is start for work that changes something: until it is done, nothing else begins, and the window does not close at the first try.
func (w *window) change(work func(ctx context.Context, on func(check.Event)) (finish func()), event func(check.Event)) {
	if w.busy {
		return
	}
	w.stop()
	w.busy = true
	w.launch(work, event)
}

func (w *window) launch(work func(ctx context.Context, on func(check.Event)) (finish func()), event func(check.Event)) {
	busy := w.busy
	w.stop()
	w.busy = busy
	job := w.job
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.spawn(func() {
		defer cancel()
		finish := work(ctx, func(e check.Event) {
			w.hop(func() {
				if w.job == job {
					event(e)
				}
			})
		})
		w.hop(func() {
			if w.job == job {
				w.stop()
				if w.leave {
					w.app.Quit()
					return
				}
				finish()
			}
		})
	})
}

// speak changes the language, and nothing else.
func (w *window) speak(language words.Language) {
	w.Printer = w.Options.Book.Printer(language)
	teachFyne(w.Printer)
	if !w.NoTrace {
		w.app.Preferences().SetString(keepLanguage, string(language))
	}
	w.redraw()
}

// enlarge changes the size of text, and nothing else.
func (w *window) enlarge(zoom float32) {
	if zoom == w.look.zoom {
		return
	}
	w.look.zoom = zoom
	if !w.NoTrace {
		w.app.Preferences().SetFloat(keepZoom, float64(zoom))
	}
	w.app.Settings().SetTheme(w.look) // comes back to redraw
}

// nearest is the offered size of text next to zoom.
func nearest(zoom float32) float32 {
	best := zooms[0]
	for _, offered := range zooms {
		if max(offered-zoom, zoom-offered) < max(best-zoom, zoom-best) {
			best = offered
		}
	}
	return best
}

// keys sets the shortcuts. Enter presses the main button where nothing has the focus (a focused button answers by itself), Escape goes back.
func (w *window) keys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(func(event *fyne.KeyEvent) {
		switch event.Name {
		case fyne.KeyReturn, fyne.KeyEnter:
			if w.shown.main != nil {
				w.shown.main.pressed()
			}
		case fyne.KeyEscape:
			w.back()
		case fyne.KeyF1:
			w.more()
		case fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyDown, fyne.KeyUp, fyne.KeyHome, fyne.KeyEnd:
			w.scroll(event.Name)
		}
	})
	for _, s := range w.shortcuts() {
		c.AddShortcut(s.keys, func(fyne.Shortcut) { s.do() })
	}
}

// shortcut is what keys held together do.
type shortcut struct {
	keys *desktop.CustomShortcut
	do   func()
}

func (w *window) shortcuts() []shortcut {
	step := func(by int) func() {
		return func() {
			at := max(0, slices.Index(zooms, w.look.zoom))
			w.enlarge(zooms[min(max(at+by, 0), len(zooms)-1)])
		}
	}
	var all []shortcut
	add := func(do func(), keys ...fyne.KeyName) {
		for _, key := range keys {
			all = append(all, shortcut{&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}, do})
		}
	}
	add(w.close, fyne.KeyQ)
	add(w.saveReport, fyne.KeyS)
	add(w.showReport, fyne.KeyP)
	add(step(+1), fyne.KeyEqual, fyne.KeyPlus)
	add(step(-1), fyne.KeyMinus)
	add(func() { w.enlarge(1) }, fyne.Key0)
	plus := &desktop.CustomShortcut{KeyName: fyne.KeyEqual, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	all = append(all, shortcut{plus, step(+1)})
	for i, language := range w.Options.Book.Languages() {
		if i < 9 {
			add(func() { w.speak(language) }, fyne.KeyName(rune('1'+i)))
		}
	}
	return all
}

// more opens the page of everything else, unless a change is under way.
func (w *window) more() {
	if _, there := w.screen.(*moreScreen); !there && !w.busy {
		w.show(&moreScreen{from: w.screen})
	}
}

func (w *window) back() {
	if w.shown.back != nil {
		w.shown.back()
	}
}
