//go:build !nowindow

package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours of our own, beside those of Fyne. A tint is a quiet background for text in the colour of the same level.
const (
	colorTintDanger  fyne.ThemeColorName = "qulyp-tint-danger"
	colorTintUnsure  fyne.ThemeColorName = "qulyp-tint-unsure"
	colorTintCareful fyne.ThemeColorName = "qulyp-tint-careful"
	colorTintClear   fyne.ThemeColorName = "qulyp-tint-clear"
	colorTintPlain   fyne.ThemeColorName = "qulyp-tint-plain"
	colorOutline     fyne.ThemeColorName = "qulyp-outline" // edges of things that can be pressed
	colorQuiet       fyne.ThemeColorName = "qulyp-quiet"   // text of less weight, and still readable
)

// Sizes of our own. Headings come in steps, because a long Kazakh word has to fit a narrow window at large text.
const (
	sizeHeading1 fyne.ThemeSizeName = "qulyp-heading-1"
	sizeHeading2 fyne.ThemeSizeName = "qulyp-heading-2"
	sizeHeading3 fyne.ThemeSizeName = "qulyp-heading-3"
	sizeHeading4 fyne.ThemeSizeName = "qulyp-heading-4"
	sizeLead     fyne.ThemeSizeName = "qulyp-lead" // the one sentence under the heading
	sizeSmall    fyne.ThemeSizeName = "qulyp-small"
)

// zooms are the sizes of text that a person can choose.
var zooms = []float32{1, 1.25, 1.5, 2}

// look is the theme: Fyne's own in all that is not named here.
type look struct {
	fyne.Theme
	fonts fonts
	zoom  float32            // how large text is, 1 to 2
	only  *fyne.ThemeVariant // light or dark for tests and pictures; nil: as the system wants it
}

func newLook() *look {
	return &look{Theme: theme.DefaultTheme(), fonts: loadFonts(), zoom: 1}
}

func (l *look) Font(style fyne.TextStyle) fyne.Resource { return l.fonts.face(style) }

func (l *look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if l.only != nil {
		variant = *l.only
	}
	shades := light
	if variant == theme.VariantDark {
		shades = dark
	}
	if shade, ours := shades[name]; ours {
		return shade
	}
	return l.Theme.Color(name, variant)
}

func (l *look) Size(name fyne.ThemeSizeName) float32 {
	const text = 15
	switch name {
	case theme.SizeNameText:
		return text * l.zoom
	case sizeSmall, theme.SizeNameCaptionText:
		return 13 * l.zoom
	case sizeLead, theme.SizeNameSubHeadingText:
		return 17 * l.zoom
	case sizeHeading1, theme.SizeNameHeadingText: // a heading is large already and grows less than text
		return 26 * (0.5 + 0.5*l.zoom)
	case sizeHeading2:
		return max(22*(0.5+0.5*l.zoom), text*l.zoom)
	case sizeHeading3:
		return max(18*(0.5+0.5*l.zoom), text*l.zoom)
	case sizeHeading4:
		return text * l.zoom
	case theme.SizeNameInlineIcon:
		return 20 * l.zoom
	case theme.SizeNameScrollBar:
		return 14
	case theme.SizeNameScrollBarSmall:
		return 6 // always to be seen: what lies below must not be missed
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameButtonRadius, theme.SizeNameInputRadius:
		return 8
	}
	return l.Theme.Size(name)
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xFF}
}

// veil is a colour that is laid over another one.
func veil(hex uint32, alpha uint8) color.NRGBA {
	c := rgb(hex)
	c.A = alpha
	return c
}

// The shades. Every pair of text and ground that is used has a contrast of at least 4.5; a test computes it.
var light = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          rgb(0xFAFBFC),
	theme.ColorNameForeground:          rgb(0x1A1F24),
	colorQuiet:                         rgb(0x4C5660),
	colorOutline:                       rgb(0x7D8891),
	theme.ColorNamePrimary:             rgb(0x0B6E75),
	theme.ColorNameForegroundOnPrimary: rgb(0xFFFFFF),
	theme.ColorNameHyperlink:           rgb(0x0B6E75),
	theme.ColorNameButton:              rgb(0xEDF0F2),
	theme.ColorNameHover:               veil(0x000000, 0x14),
	theme.ColorNameFocus:               veil(0x000000, 0x0A),
	theme.ColorNamePressed:             veil(0x000000, 0x28),
	theme.ColorNameSeparator:           rgb(0xD8DDE2),
	theme.ColorNameScrollBar:           veil(0x1A1F24, 0x80),
	theme.ColorNameInputBackground:     rgb(0xEDF0F2),
	theme.ColorNameInputBorder:         rgb(0x7D8891),
	theme.ColorNameSelection:           veil(0x0B6E75, 0x40),
	theme.ColorNameError:               rgb(0xB3261E),
	theme.ColorNameForegroundOnError:   rgb(0xFFFFFF),
	theme.ColorNameWarning:             rgb(0x855300),
	theme.ColorNameForegroundOnWarning: rgb(0xFFFFFF),
	theme.ColorNameSuccess:             rgb(0x1A6B3A),
	theme.ColorNameForegroundOnSuccess: rgb(0xFFFFFF),
	theme.ColorNameDisabled:            rgb(0x6C757D),
	colorTintDanger:                    rgb(0xFBE9E7),
	colorTintUnsure:                    rgb(0xE7EBEF),
	colorTintCareful:                   rgb(0xFBF0DA),
	colorTintClear:                     rgb(0xE3F3E8),
	colorTintPlain:                     rgb(0xE0F0F1),
}

var dark = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          rgb(0x14181C),
	theme.ColorNameForeground:          rgb(0xECEFF2),
	colorQuiet:                         rgb(0xB4BEC7),
	colorOutline:                       rgb(0x78838D),
	theme.ColorNamePrimary:             rgb(0x5CCBD1),
	theme.ColorNameForegroundOnPrimary: rgb(0x06282A),
	theme.ColorNameHyperlink:           rgb(0x5CCBD1),
	theme.ColorNameButton:              rgb(0x262C32),
	theme.ColorNameHover:               veil(0xFFFFFF, 0x18),
	theme.ColorNameFocus:               veil(0xFFFFFF, 0x0C),
	theme.ColorNamePressed:             veil(0xFFFFFF, 0x30),
	theme.ColorNameSeparator:           rgb(0x343B42),
	theme.ColorNameScrollBar:           veil(0xECEFF2, 0x90),
	theme.ColorNameInputBackground:     rgb(0x262C32),
	theme.ColorNameInputBorder:         rgb(0x78838D),
	theme.ColorNameSelection:           veil(0x5CCBD1, 0x50),
	theme.ColorNameError:               rgb(0xFF9A90),
	theme.ColorNameForegroundOnError:   rgb(0x3A0906),
	theme.ColorNameWarning:             rgb(0xF5C46B),
	theme.ColorNameForegroundOnWarning: rgb(0x2E1F00),
	theme.ColorNameSuccess:             rgb(0x7FD79C),
	theme.ColorNameForegroundOnSuccess: rgb(0x06290F),
	theme.ColorNameDisabled:            rgb(0x8B959E),
	colorTintDanger:                    rgb(0x3A1E1C),
	colorTintUnsure:                    rgb(0x262D33),
	colorTintCareful:                   rgb(0x352A14),
	colorTintClear:                     rgb(0x17301F),
	colorTintPlain:                     rgb(0x16302F),
}
