//go:build !nowindow

package window

import (
	"slices"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// sharedApp is the Fyne app of all tests. Each new app, and each theme that is set, has Fyne read the fonts anew, and go-text keeps what was read of a font that it has once
// shaped with (the plan cache of harfbuzz.Buffer): with an app for each of the thousands of screens that are drawn here, that was 10 GB.
var sharedApp = sync.OnceValue(test.NewApp)

// shown tells whether light or dark was drawn last. Pictures that Fyne keeps differ by it; of the rest that it keeps, nothing differs by a theme of ours.
var shown fyne.ThemeVariant

// lentApp is the shared app, lent to one test, with settings of its own and nothing remembered.
type lentApp struct {
	fyne.App
	settings *lentSettings
}

func lend(t testing.TB) *lentApp {
	a := &lentApp{App: sharedApp()}
	a.settings = &lentSettings{Settings: a.App.Settings()}
	for _, key := range []string{keepLanguage, keepLive, keepZoom} {
		a.Preferences().RemoveValue(key)
	}
	fyne.SetCurrentApp(a)
	t.Cleanup(func() {
		for _, one := range slices.Clone(a.Driver().AllWindows()) {
			one.Close()
		}
	})
	return a
}

func (a *lentApp) Settings() fyne.Settings { return a.settings }

// lentSettings are settings that tell the shared ones of a theme only when it turns from light to dark or back.
type lentSettings struct {
	fyne.Settings
	theme     fyne.Theme
	listeners []func(fyne.Settings)
}

func (s *lentSettings) Theme() fyne.Theme {
	if s.theme == nil {
		return s.Settings.Theme()
	}
	return s.theme
}

func (s *lentSettings) SetTheme(theme fyne.Theme) {
	s.theme = theme
	l := theme.(*look)
	now := s.ThemeVariant()
	if l.only != nil {
		now = *l.only
	}
	if shown != now {
		shown = now
		s.Settings.SetTheme(theme)
	}
	for _, tell := range s.listeners {
		tell(s)
	}
}

func (s *lentSettings) AddListener(tell func(fyne.Settings)) {
	s.listeners = append(s.listeners, tell)
}
