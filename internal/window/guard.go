//go:build !nowindow

package window

import (
	"bytes"
	"errors"
	"io"
	"log"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
)

// ErrNoWindow says that no window can be opened here: no display, or no OpenGL. Nothing was shown and nothing was changed; the caller goes on in the terminal
// or with a report.
var ErrNoWindow = errors.New("no window can be opened")

// hasDisplay tells whether there is a display to open a window on. Without one Fyne panics, so it is asked before Fyne is touched.
func hasDisplay(goos string, env func(string) string) bool {
	switch goos {
	case "windows", "darwin":
		return true
	}
	return env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != ""
}

// watch passes a log on and notices the lines by which Fyne tells that it has no window. Fyne has no other way to tell: it goes on without one, for ever.
type watch struct {
	next io.Writer
	lost atomic.Bool
}

// The lines, as internal/driver/glfw and internal/painter/gl of Fyne 2.8.1 write them.
var signs = [][]byte{[]byte("window creation error"), []byte("failed to initialise GLFW"), []byte("failed to initialise OpenGL")}

func (w *watch) Write(line []byte) (int, error) {
	for _, sign := range signs {
		if bytes.Contains(line, sign) {
			w.lost.Store(true)
		}
	}
	return w.next.Write(line)
}

// guarded does what needs a display. A display that is named and cannot be reached makes GLFW panic: when the first window is made under Wayland, when it is shown under
// X11. A mistake of this program ends here too: the terminal is left to the person then, and the log has what happened.
func guarded(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			log.Printf("no window: %v", value)
			err = ErrNoWindow
		}
	}()
	return do()
}

// open shows the window and tells whether it is there.
func open(w fyne.Window) error {
	seen := &watch{next: log.Writer()}
	log.SetOutput(seen)
	defer log.SetOutput(seen.next)
	w.Show()
	if seen.lost.Load() || !native(w) {
		return ErrNoWindow
	}
	return nil
}

// native tells whether the system has given the window a handle. A window of the software driver has none and needs none.
func native(w fyne.Window) (there bool) {
	own, ok := w.(driver.NativeWindow)
	if !ok {
		return true
	}
	own.RunNative(func(context any) {
		switch handle := context.(type) {
		case driver.X11WindowContext:
			there = handle.WindowHandle != 0
		case driver.WaylandWindowContext:
			there = handle.WaylandSurface != 0
		case driver.WindowsWindowContext:
			there = handle.HWND != 0
		case driver.MacWindowContext:
			there = handle.NSWindow != 0
		default:
			there = true
		}
	})
	return there
}
