//go:build !nowindow

package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
)

// Early is what of a window can be made before anything is known of what it will show.
type Early struct {
	app fyne.App
	win fyne.Window
	err error
}

// Begin makes it. To reach the display takes as long as to read everything that is compiled into the program, so that the two are done side by side. It must be called
// from the main goroutine. Nothing is shown yet; where there is no display, Run says so. With noTrace
// nothing is remembered.
func Begin(goos string, env func(string) string, noTrace bool) *Early {
	if !hasDisplay(goos, env) {
		return &Early{err: ErrNoWindow}
	}
	e := &Early{}
	e.err = guarded(func() error {
		if noTrace {
			e.app = app.New() // without an ID, Fyne keeps no preferences
		} else {
			e.app = app.NewWithID(ID)
		}
		e.win = e.app.NewWindow("")
		return nil
	})
	return e
}
