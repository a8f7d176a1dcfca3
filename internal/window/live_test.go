//go:build !nowindow

package window

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// counted is a computer that tells how often the connection was tested.
type counted struct {
	*player
	live, all int
}

func (c *counted) Look(ctx context.Context, live bool, on func(check.Event)) (evidence.Evidence, judge.Verdict) {
	c.all++
	if live {
		c.live++
	}
	return c.player.Look(ctx, live, on)
}

// asked is a window at its start, with a computer that counts.
func asked(t *testing.T, change func(*Options)) (*window, *counted) {
	t.Helper()
	var c *counted
	w, _ := raise(t, setting{language: words.Russian, change: func(o *Options, p *player) {
		c = &counted{player: p}
		o.Engine = c
		if change != nil {
			change(o)
		}
	}})
	return w, c
}

// again is the next start of the program, by the same person.
func again(w *window) *window {
	next := newWindow(w.app, w.Options, &look{Theme: theme.DefaultTheme(), fonts: sharedFonts(), zoom: 1})
	next.hop, next.spawn, next.moment = w.hop, w.spawn, 0
	next.win.Resize(fyne.NewSize(720, 680))
	next.win.Show()
	return next
}

// TestLiveAnswer holds that the answer about the live test is remembered only where the person ticked that, and can be taken back.
func TestLiveAnswer(t *testing.T) {
	for _, one := range []struct {
		name  string
		press []string
		kept  string
	}{
		{"yes, not ticked", []string{"main", "main"}, ""},
		{"no, not ticked", []string{"main", "skip"}, ""},
		{"ticked and unticked", []string{"main", "remember", "remember", "main"}, ""},
		{"ticked, and left", []string{"main", "remember", "back"}, ""},
		{"yes", []string{"main", "remember", "main"}, "yes"},
		{"no", []string{"main", "remember", "skip"}, "no"},
	} {
		t.Run(one.name, func(t *testing.T) {
			w, c := asked(t, nil)
			press(w, one.press...)
			if got := w.app.Preferences().String(keepLive); got != one.kept {
				t.Fatalf("%q is kept, want %q", got, one.kept)
			}
			*c = counted{player: c.player}
			next := again(w)
			press(next, "main")
			switch one.kept {
			case "":
				at(t, next, "consent")
				if c.live != 0 {
					t.Error("the connection was tested before the person said yes")
				}
				return
			case "yes":
				at(t, next, "verdict")
				if c.live != 1 || c.all != 1 {
					t.Errorf("after a remembered yes there are %d checks, %d with the connection; want one", c.all, c.live)
				}
			case "no":
				at(t, next, "verdict")
				if c.live != 0 || c.all != 1 {
					t.Errorf("after a remembered no there are %d checks, %d with the connection; want one and none", c.all, c.live)
				}
			}
			// It can be taken back at the start and on the page «More».
			next = again(w)
			press(next, "more", "ask-live")
			if findFocus(next.win.Content(), "ask-live") != nil {
				t.Error("what was taken back can be taken back again")
			}
			if got := w.app.Preferences().String(keepLive); got != "" {
				t.Errorf("%q is kept after it was taken back", got)
			}
			next.home()
			press(next, "main")
			at(t, next, "consent")
			w.app.Preferences().SetString(keepLive, one.kept)
			next.home()
			press(next, "ask-live", "main")
			at(t, next, "consent")
		})
	}
}

// TestLiveNames holds that with a remembered yes the names can be read before anything is sent to them.
func TestLiveNames(t *testing.T) {
	w, c := asked(t, nil)
	w.app.Preferences().SetString(keepLive, "yes")
	for _, way := range [][]string{{"list"}, {"more", "list"}} {
		w.home()
		press(w, way...)
		said := strings.Join(texts(w.win.Content()), " ")
		for _, target := range c.Targets() {
			if !strings.Contains(said, target.Host) {
				t.Errorf("%v does not show %s", way, target.Host)
			}
		}
		press(w, "list")
		if strings.Contains(strings.Join(texts(w.win.Content()), " "), c.Targets()[0].Host) {
			t.Errorf("%v: the names do not go away again", way)
		}
	}
	if c.all != 0 {
		t.Errorf("%d checks were made to read the names", c.all)
	}
}

// TestLiveNoTrace holds that nothing is remembered, nor obeyed, where nothing may be remembered, and in practice; and that what is no answer is none.
func TestLiveNoTrace(t *testing.T) {
	w, c := asked(t, func(o *Options) { o.NoTrace = true })
	w.app.Preferences().SetString(keepLive, "yes")
	press(w, "main")
	at(t, w, "consent")
	if findFocus(w.win.Content(), "remember") != nil || c.live > 0 {
		t.Error("without a trace there is something to remember")
	}

	w, _ = asked(t, nil)
	w.app.Preferences().SetString(keepLive, "yes")
	press(w, "more", "practice", "case-state-used", "back")
	w.practice = "state-used"
	w.show(&startScreen{})
	if w.liveAnswer() != "" || slices.Contains(texts(w.win.Content()), w.Say("screen.live.kept-yes")) {
		t.Error("practice obeys the answer that was given for this computer")
	}
	w.show(&consentScreen{})
	if findFocus(w.win.Content(), "remember") != nil {
		t.Error("an answer in practice can be remembered for this computer")
	}

	w, _ = asked(t, nil)
	w.app.Preferences().SetString(keepLive, "perhaps")
	press(w, "main")
	at(t, w, "consent")
}

// choiceScenes are the screens on which an answer about the live test is remembered.
func choiceScenes() []scene {
	kept := func(answer string, names ...string) func(*window, *player) {
		return func(w *window, _ *player) {
			w.app.Preferences().SetString(keepLive, answer)
			w.home()
			press(w, names...)
		}
	}
	return []scene{
		{name: "start-live-yes", enter: kept("yes", "list")},
		{name: "start-live-no", enter: kept("no")},
		{name: "more-live", enter: kept("yes", "more")},
		{name: "consent-remember", enter: func(w *window, _ *player) { press(w, "main", "remember") }},
	}
}
