//go:build !nowindow

package window

import (
	"context"
	"encoding/json"
	"go/build"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"qulyp/internal/check"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// TestLanguageAnytime changes language, text and shade in the middle of everything: nothing is lost.
func TestLanguageAnytime(t *testing.T) {
	w, p := raise(t, setting{language: words.English})
	var events func(check.Event)
	var finish func()
	w.spawn = func(func()) {}
	press(w, "main")
	s := w.screen.(*checkingScreen)
	events = s.event(w)
	events(check.Known{Places: 10})
	events(check.Looked{Done: 4})
	press(w, "language-kk")
	if w.screen != s || s.bar.Value != 0.4 || w.Language() != words.Kazakh {
		t.Errorf("after the change: screen %s, bar %g, language %s", w.screen.name(), s.bar.Value, w.Language())
	}
	events(check.Looked{Done: 8})
	if s.bar.Value != 0.8 {
		t.Errorf("the bar stands at %g after the change", s.bar.Value)
	}
	_ = finish
	w.spawn = func(work func()) { work() }
	w.home()
	press(w, "main", "skip", "details")
	press(w, "language-ru")
	if !w.screen.(*verdictScreen).details {
		t.Error("the details closed")
	}
	w.enlarge(2)
	dark := theme.VariantDark
	w.look.only = &dark
	w.app.Settings().SetTheme(w.look)
	if !w.screen.(*verdictScreen).details || w.Language() != words.Russian {
		t.Error("the larger text lost something")
	}
	press(w, "main", "main", "main", "step-restart", "language-en")
	if !w.ticked["restart"] {
		t.Error("the tick is lost")
	}
	if len(p.receipts) != 1 {
		t.Errorf("%d removals", len(p.receipts))
	}
}

// TestRemembers holds what is kept from one start to the next, and that nothing is when nothing may be.
func TestRemembers(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	w.speak(words.Kazakh)
	w.enlarge(1.5)
	if w.app.Preferences().String(keepLanguage) != "kk" || w.app.Preferences().Float(keepZoom) != 1.5 {
		t.Error("the choices are not kept")
	}
	again := newWindow(w.app, w.Options, &look{Theme: theme.DefaultTheme(), fonts: sharedFonts(), zoom: 1})
	if again.Language() != words.Kazakh || again.look.zoom != 1.5 {
		t.Errorf("the next start has %s, %g", again.Language(), again.look.zoom)
	}
	w, _ = raise(t, setting{language: words.English, change: func(o *Options, _ *player) { o.NoTrace = true }})
	w.speak(words.Kazakh)
	w.enlarge(1.5)
	if w.app.Preferences().String(keepLanguage) != "" || w.app.Preferences().Float(keepZoom) != 0 {
		t.Error("something was kept")
	}
}

// TestLateEvents holds that a check that was stopped says nothing any more.
func TestLateEvents(t *testing.T) {
	w, p := raise(t, setting{language: words.English})
	var late func()
	w.spawn = func(work func()) { late = work }
	press(w, "main")
	at(t, w, "checking")
	press(w, "main") // stop
	at(t, w, "start")
	late()
	at(t, w, "start")
	if w.found != nil {
		t.Error("a check that was stopped has a result")
	}
	_ = p
}

// TestStopCancels holds that stopping ends the work itself.
func TestStopCancels(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	var ended context.Context
	w.spawn = func(func()) {}
	w.start(func(ctx context.Context, _ func(check.Event)) func() { return func() {} }, func(check.Event) {})
	w.spawn = func(work func()) { work() }
	w.start(func(ctx context.Context, _ func(check.Event)) func() {
		w.stop()
		ended = ctx
		return func() { t.Error("a stopped job finished") }
	}, func(check.Event) {})
	if ended.Err() == nil {
		t.Error("the work goes on")
	}
}

// TestCloseWaits holds that a change under way is not torn off by closing the window, and that closing twice is obeyed.
func TestCloseWaits(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	press(w, "main", "skip", "main")
	w.spawn = func(func()) {}
	w.do(w.screen.(*planScreen))
	if !w.busy {
		t.Fatal("a removal is not marked as under way")
	}
	job := w.job
	w.more()
	press(w, "language-kk")
	strike(w, fyne.KeyF1)
	strike(w, fyne.KeyEscape)
	w.check()
	w.saveReport()
	if w.job != job {
		t.Error("something else tore it off")
	}
	at(t, w, "working")
	w.close()
	if w.job != job || !w.leave {
		t.Error("the first close tore it off")
	}
	w.close()
	if w.job == job {
		t.Error("the second close was not obeyed")
	}
}

// TestOffline holds that no consent is asked where there is nothing to consent to.
func TestSecondCopy(t *testing.T) {
	w, _ := raise(t, setting{language: words.English})
	w.found = nil
	w.ended(&resultScreen{done: check.Done{}, err: os.ErrClosed})
	at(t, w, "trouble")
}

// TestActs holds that every finding has an act that fits, and that no code is misspelt.
func TestActs(t *testing.T) {
	codes := judge.Codes()
	for code := range acts {
		if !slices.Contains(codes, code) {
			t.Errorf("%s is no finding", code)
		}
	}
	for code := range drawings {
		if !slices.Contains(codes, code) {
			t.Errorf("%s is no finding", code)
		}
	}
	// Those that ask for nothing.
	calm := []judge.Code{
		judge.NetworkQuiet, judge.NetworkInspector, judge.BlockPage, judge.SitesBlocked, judge.WrongName, judge.SitesExpired, judge.AntivirusInstalled,
		judge.OfficeInstalled, judge.AdblockInstalled, judge.SigningInstalled, judge.HostileRefused, judge.OtherDisk, judge.Elevated,
	}
	for _, code := range codes {
		if _, named := acts[code]; named == slices.Contains(calm, code) {
			t.Errorf("%s: say in acts what its button does, or here that it asks for nothing", code)
		}
	}
	for _, step := range stepsAfter {
		if !slices.Contains(judge.Steps(), step) {
			t.Errorf("%s is no step", step)
		}
	}
}

// TestCases holds that every made-up case shows what it is called by, and touches nothing that is real.
func TestCases(t *testing.T) {
	w, real := raise(t, setting{language: words.English})
	names := Cases()
	if slices.Compare(names, slices.Compact(slices.Clone(names))) != 0 || len(names) < 20 {
		t.Errorf("the cases are %q", names)
	}
	for _, name := range names {
		if !w.rehearse(name) {
			t.Errorf("%s is not played", name)
			continue
		}
		f, there := w.found.verdict.Find(judge.Code(name))
		if !there {
			t.Errorf("%s does not show what it is called by, but %v", name, w.found.verdict.Headline)
		}
		beside := slices.ContainsFunc(cases, func(one demoCase) bool { return string(one.shows) == name && one.beside })
		if f.Level > judge.Clear && !beside && w.found.verdict.Headline != f.Code {
			t.Errorf("%s shows %s first", name, w.found.verdict.Headline)
		}
		banner := w.Say("screen.demo.banner")
		if !slices.Contains(texts(w.win.Content()), banner) {
			t.Errorf("%s does not say that it is made up", name)
		}
		stage := w.engine.(*stage)
		stage.pause = 0
		if w.actOf(w.found.verdict.Head()) == actRemove {
			press(w, "main", "main")
			at(t, w, "result")
		}
	}
	if w.rehearse("no-such-case") {
		t.Error("a case that does not exist is played")
	}
	if len(real.gone) > 0 || len(real.receipts) > 0 {
		t.Error("a made-up case did something to this computer")
	}
	w.endPractice()
	if w.practice != "" || w.engine != w.Options.Engine {
		t.Error("practice does not end")
	}
}

// TestFyneWords holds our list of Fyne's own words to Fyne.
func TestFyneWords(t *testing.T) {
	pkg, err := build.Import("fyne.io/fyne/v2/lang", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(pkg.Dir, "translations", "base.en.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	theirs, ours := slices.Sorted(maps.Keys(texts)), slices.Sorted(slices.Values(fyneKeys))
	if !slices.Equal(theirs, ours) {
		t.Errorf("Fyne says %q, we know %q", theirs, ours)
	}
}
