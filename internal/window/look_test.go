//go:build !nowindow

package window

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// luminance and contrast are those of WCAG 2.2.
func luminance(c color.NRGBA) float64 {
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over lays a colour over another one.
func over(top, ground color.NRGBA) color.NRGBA {
	mix := func(t, g uint8) uint8 { return uint8((int(t)*int(top.A) + int(g)*(255-int(top.A))) / 255) }
	return color.NRGBA{mix(top.R, ground.R), mix(top.G, ground.G), mix(top.B, ground.B), 255}
}

// TestContrast holds every pair of text and ground that the screens use to 4.5, and edges and signs to 3 (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	l := newLook()
	tints := []fyne.ThemeColorName{colorTintDanger, colorTintUnsure, colorTintCareful, colorTintClear, colorTintPlain}
	for shade, variant := range variants {
		of := func(name fyne.ThemeColorName) color.NRGBA {
			return color.NRGBAModel.Convert(l.Color(name, variant)).(color.NRGBA)
		}
		pair := func(text, ground fyne.ThemeColorName, least float64, veils ...fyne.ThemeColorName) {
			t.Helper()
			back := of(ground)
			for _, name := range veils {
				back = over(of(name), back)
			}
			if got := contrast(of(text), back); got < least {
				t.Errorf("%s: %s on %s %v has a contrast of %.2f, want %.1f", shade, text, ground, veils, got, least)
			}
		}
		for _, ground := range append(tints, theme.ColorNameBackground, theme.ColorNameButton) {
			pair(theme.ColorNameForeground, ground, 4.5)
			pair(theme.ColorNameForeground, ground, 4.5, theme.ColorNameHover)
			pair(theme.ColorNameForeground, ground, 4.5, theme.ColorNameFocus)
		}
		pair(colorQuiet, theme.ColorNameBackground, 4.5)
		for text, ground := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameError: colorTintDanger, theme.ColorNameWarning: colorTintCareful, theme.ColorNameSuccess: colorTintClear, theme.ColorNamePrimary: colorTintPlain,
		} {
			pair(text, ground, 4.5)
			pair(text, theme.ColorNameBackground, 4.5)
		}
		for text, ground := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameForegroundOnError: theme.ColorNameError, theme.ColorNameForegroundOnWarning: theme.ColorNameWarning,
			theme.ColorNameForegroundOnSuccess: theme.ColorNameSuccess, theme.ColorNameForegroundOnPrimary: theme.ColorNamePrimary,
		} {
			pair(text, ground, 4.5)
			pair(text, ground, 4.5, theme.ColorNameHover)
			pair(text, ground, 4.5, theme.ColorNameFocus)
		}
		pair(colorOutline, theme.ColorNameBackground, 3)
		pair(theme.ColorNameForeground, theme.ColorNamePrimary, 1.4) // the ring of the focus against the button itself; against the page it has far more
	}
}

// TestSizes holds that the largest text is twice the usual one.
func TestSizes(t *testing.T) {
	usual, large := newLook(), newLook()
	large.zoom = 2
	for _, name := range []fyne.ThemeSizeName{theme.SizeNameText, sizeSmall, sizeLead} {
		if large.Size(name) != 2*usual.Size(name) {
			t.Errorf("%s grows from %g to %g", name, usual.Size(name), large.Size(name))
		}
	}
	for _, zoom := range zooms {
		l := newLook()
		l.zoom = zoom
		steps := []fyne.ThemeSizeName{sizeHeading1, sizeHeading2, sizeHeading3, sizeHeading4}
		for i := range steps[1:] {
			if l.Size(steps[i]) < l.Size(steps[i+1]) {
				t.Errorf("at %g, %s is smaller than %s", zoom, steps[i], steps[i+1])
			}
		}
		if l.Size(sizeHeading4) < l.Size(theme.SizeNameText) {
			t.Errorf("at %g, a heading is smaller than text", zoom)
		}
	}
	for in, want := range map[float32]float32{0: 1, 1: 1, 1.2: 1.25, 1.9: 2, 9: 2, -3: 1} {
		if got := nearest(in); got != want {
			t.Errorf("nearest(%g) = %g, want %g", in, got, want)
		}
	}
}
