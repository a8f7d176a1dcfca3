//go:build !nowindow

package window

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// strike strikes a key as the driver does: what has the focus gets it, else the window.
func strike(w *window, key fyne.KeyName) {
	event := &fyne.KeyEvent{Name: key}
	if focused := w.win.Canvas().Focused(); focused != nil {
		focused.TypedKey(event)
		return
	}
	if typed := w.win.Canvas().OnTypedKey(); typed != nil {
		typed(event)
	}
}

func at(t *testing.T, w *window, screen string) {
	t.Helper()
	if got := w.screen.name(); got != screen {
		t.Fatalf("on screen %s, want %s", got, screen)
	}
}

// tab moves the focus until it is on the button of that name.
func tab(t *testing.T, w *window, name string) {
	t.Helper()
	for range 60 {
		switch f := w.win.Canvas().Focused().(type) {
		case *button:
			if f.name == name {
				return
			}
		case *line:
			if f.name == name {
				return
			}
		}
		test.FocusNext(w.win.Canvas())
	}
	t.Fatalf("Tab does not reach %s on screen %s", name, w.screen.name())
}

// TestKeyboard goes from the start to an undo and on with nothing but keys.
func TestKeyboard(t *testing.T) {
	w, p := raise(t, setting{language: words.Kazakh, plays: judge.StateInstalled})
	at(t, w, "start")
	strike(w, fyne.KeyReturn)
	at(t, w, "consent")
	tab(t, w, "skip")
	strike(w, fyne.KeySpace)
	at(t, w, "verdict")
	tab(t, w, "details")
	strike(w, fyne.KeyReturn)
	if !w.screen.(*verdictScreen).details {
		t.Error("the details did not open")
	}
	if f, ok := w.win.Canvas().Focused().(*button); !ok || f.name != "details" {
		t.Error("the focus did not stay where it was")
	}
	tab(t, w, "main")
	strike(w, fyne.KeyEnter)
	at(t, w, "plan")
	strike(w, fyne.KeyEscape)
	at(t, w, "verdict")
	strike(w, fyne.KeyReturn)
	at(t, w, "plan")
	strike(w, fyne.KeyReturn)
	at(t, w, "result")
	if len(p.gone) != 3 {
		t.Errorf("%d entries are gone, want 3", len(p.gone))
	}
	tab(t, w, "undo")
	strike(w, fyne.KeyReturn)
	at(t, w, "undo")
	strike(w, fyne.KeyReturn) // the main button leaves everything as it is
	at(t, w, "result")
	tab(t, w, "undo")
	strike(w, fyne.KeyReturn)
	tab(t, w, "undo")
	strike(w, fyne.KeySpace)
	at(t, w, "result")
	if e := p.seen(false); len(e.Places[inFirefox].Entries) != 1 {
		t.Error("nothing was put back")
	}
	strike(w, fyne.KeyEscape)
	at(t, w, "start")
}

// TestEnterWithoutFocus holds that Enter presses the main button when nothing has the focus, as after a click beside it.
func TestEnterWithoutFocus(t *testing.T) {
	w, _ := raise(t, setting{language: words.Russian})
	w.win.Canvas().Unfocus()
	strike(w, fyne.KeyReturn)
	at(t, w, "consent")
}

// TestTabReachesAll walks every screen with the Tab key: everything that takes the focus is reached, once around.
func TestTabReachesAll(t *testing.T) {
	for _, one := range scenes() {
		t.Run(one.name, func(t *testing.T) {
			w, p := raise(t, setting{language: words.English, plays: one.plays, change: one.change})
			one.enter(w, p)
			wanted := focusables(w.win.Content())
			reached := map[fyne.Focusable]bool{}
			w.win.Canvas().Unfocus()
			for range wanted {
				test.FocusNext(w.win.Canvas())
				reached[w.win.Canvas().Focused()] = true
			}
			for _, f := range wanted {
				if !reached[f] {
					t.Errorf("%s is not reached", describe(f.(fyne.CanvasObject)))
				}
			}
		})
	}
}

// TestRing holds that the focus can be seen.
func TestRing(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	main := w.shown.main
	r := test.WidgetRenderer(main).(*buttonRenderer)
	if r.edge.StrokeWidth < 2 {
		t.Errorf("the focused button has an edge of %g", r.edge.StrokeWidth)
	}
	w.win.Canvas().Unfocus()
	if r.edge.StrokeWidth >= 2 {
		t.Errorf("the button keeps an edge of %g without the focus", r.edge.StrokeWidth)
	}
}

// TestShortcuts tries the keys that the page «More» names.
func TestShortcuts(t *testing.T) {
	w, p := raise(t, setting{language: words.Kazakh, plays: judge.NothingFound})
	press(w, "main", "main")
	hit := func(key fyne.KeyName) {
		t.Helper()
		for _, s := range w.shortcuts() {
			if s.keys.KeyName == key && s.keys.Modifier == fyne.KeyModifierShortcutDefault {
				s.do()
				return
			}
		}
		t.Errorf("%s does nothing", key)
	}
	hit(fyne.Key2)
	if w.Language() != words.Russian {
		t.Errorf("Ctrl 2 gives %s", w.Language())
	}
	hit(fyne.KeyEqual)
	if w.look.zoom != 1.25 {
		t.Errorf("Ctrl + gives %g", w.look.zoom)
	}
	hit(fyne.KeyMinus)
	hit(fyne.KeyMinus)
	if w.look.zoom != 1 {
		t.Errorf("Ctrl - gives %g", w.look.zoom)
	}
	hit(fyne.KeyS)
	hit(fyne.KeyP)
	if p.saved != 1 || p.showed != 1 {
		t.Errorf("%d saved, %d showed", p.saved, p.showed)
	}
	at(t, w, "verdict")
}

// TestHaste holds that a double click or a key struck twice does not answer the next screen.
func TestHaste(t *testing.T) {
	w, p := raise(t, setting{language: words.English})
	press(w, "main", "skip")
	w.moment = time.Minute
	w.since = time.Time{}
	strike(w, fyne.KeyReturn)
	at(t, w, "plan")
	strike(w, fyne.KeyReturn)
	strike(w, fyne.KeyReturn)
	at(t, w, "plan")
	if len(p.gone) > 0 {
		t.Error("something was removed by a key struck twice")
	}
	w.since = time.Now().Add(-time.Hour)
	strike(w, fyne.KeyReturn)
	at(t, w, "result")
}

// TestStopIsNotEnter holds that Enter does not stop a check: who strikes it twice wants it to begin.
func TestStopIsNotEnter(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	w.show(&checkingScreen{})
	strike(w, fyne.KeyReturn)
	at(t, w, "checking")
	strike(w, fyne.KeyEscape)
	at(t, w, "start")
}
