//go:build !nowindow

package window

import (
	"bytes"
	"errors"
	"io"
	"log"
	"os"
	"regexp"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestHasDisplay(t *testing.T) {
	for _, one := range []struct {
		goos, name string
		want       bool
	}{
		{"linux", "", false}, {"linux", "DISPLAY", true}, {"linux", "WAYLAND_DISPLAY", true}, {"freebsd", "", false},
		{"windows", "", true}, {"darwin", "", true},
	} {
		env := func(name string) string {
			if name == one.name {
				return ":0"
			}
			return ""
		}
		if got := hasDisplay(one.goos, env); got != one.want {
			t.Errorf("hasDisplay(%s, %s) = %v", one.goos, one.name, got)
		}
	}
}

// TestRunWithoutDisplay holds that Fyne is not touched at all where there is no display.
func TestRunWithoutDisplay(t *testing.T) {
	err := Run(Options{GOOS: "linux", Env: func(string) string { return "" }})
	if !errors.Is(err, ErrNoWindow) {
		t.Errorf("Run gives %v", err)
	}
}

// failing is a window that fails as one without OpenGL does.
type failing struct {
	fyne.Window
	show func()
}

func (f failing) Show() { f.show() }

func TestOpen(t *testing.T) {
	test.NewTempApp(t)
	var told bytes.Buffer
	log.SetOutput(&told)
	defer log.SetOutput(os.Stderr)
	whole := test.NewTempWindow(t, nil)
	for name, one := range map[string]struct {
		show func()
		want error
	}{
		"opens":     {whole.Show, nil},
		"no OpenGL": {func() { fyne.LogError("window creation error", errors.New("GLX: no")) }, ErrNoWindow},
		"no GLFW":   {func() { fyne.LogError("failed to initialise GLFW", errors.New("X11: no")) }, ErrNoWindow},
		"panics":    {func() { panic("runtime error") }, ErrNoWindow},
		"other log": {func() { fyne.LogError("a theme is odd", errors.New("x")) }, nil},
	} {
		told.Reset()
		if err := guarded(func() error { return open(failing{whole, one.show}) }); !errors.Is(err, one.want) {
			t.Errorf("%s: open gives %v, want %v", name, err, one.want)
		}
		if one.want != nil && told.Len() == 0 {
			t.Errorf("%s: the log was swallowed", name)
		}
		if log.Writer() != io.Writer(&told) {
			t.Errorf("%s: the log was not given back", name)
		}
	}
}

// TestGuarded holds that a display that fails while the window is made, before it is shown, is no end of the program. The words are those of GLFW under Wayland.
func TestGuarded(t *testing.T) {
	var told bytes.Buffer
	log.SetOutput(&told)
	defer log.SetOutput(os.Stderr)
	err := guarded(func() error { panic("PlatformError: Wayland: Failed to connect to display") })
	if !errors.Is(err, ErrNoWindow) || !bytes.Contains(told.Bytes(), []byte("Wayland")) {
		t.Errorf("a panic gives %v, and the log has %q", err, &told)
	}
	other := errors.New("x")
	if err := guarded(func() error { return other }); err != other {
		t.Errorf("an error becomes %v", err)
	}
}

// TestMetadata holds what the program calls itself to what the packages call it.
func TestMetadata(t *testing.T) {
	data, err := os.ReadFile("../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\s*ID = "(.*)"$`).FindSubmatch(data)
	if found == nil || string(found[1]) != ID {
		t.Errorf("FyneApp.toml has the ID %q, the window %q", found, ID)
	}
}
