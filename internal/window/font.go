//go:build !nowindow

package window

import (
	"bytes"
	"encoding/binary"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// dotted is the font with its substitution rule «ccmp» switched off. The Noto Sans that Fyne ships (2.000) has a rule of that name for the Cyrillic script which puts a
// glyph without its dot in the place of every Kazakh «і» (notofonts/latin-greek-cyrillic issue 333). All letters of our three languages are single characters, so
// nothing else depends on the rule. The bytes of the font are copied, not changed. A font of another build than expected comes back as it was.
func dotted(font fyne.Resource) fyne.Resource {
	content, changed := withoutFeature(font.Content(), "ccmp")
	if !changed {
		return font
	}
	return fyne.NewStaticResource("dotted-"+font.Name(), content)
}

// mended puts the repaired font in the place of the one in Fyne. Fyne reads its own font beside that of a theme, to fall back on, and so would read each face twice,
// once without the dots: a tenth of the time until the window is there.
func mended(font fyne.Resource) fyne.Resource {
	repaired := dotted(font)
	if own, ok := font.(*fyne.StaticResource); ok && repaired != font {
		own.StaticContent = repaired.Content()
		return own
	}
	return repaired
}

// withoutFeature is a copy of an OpenType font in which the substitution feature of that tag has another tag, which no shaper asks for. Layout of the tables: OpenType
// 1.9.1, «Font file» (table directory) and «GSUB» (version 1.0 header: script list, feature list, lookup list; each a 16-bit offset).
func withoutFeature(font []byte, tag string) (out []byte, changed bool) {
	const directory, record = 12, 16
	out = bytes.Clone(font)
	if len(out) < directory {
		return out, false
	}
	for i := range int(binary.BigEndian.Uint16(out[4:])) {
		at := directory + record*i
		if at+record > len(out) {
			return out, false
		}
		if string(out[at:at+4]) != "GSUB" {
			continue
		}
		start, length := int(binary.BigEndian.Uint32(out[at+8:])), int(binary.BigEndian.Uint32(out[at+12:]))
		if start < 0 || length < 10 || start+length > len(out) {
			return out, false
		}
		table := out[start : start+length]
		list := int(binary.BigEndian.Uint16(table[6:]))
		if list+2 > len(table) {
			return out, false
		}
		for j := range int(binary.BigEndian.Uint16(table[list:])) {
			feature := list + 2 + 6*j
			if feature+6 > len(table) {
				return out, false
			}
			if string(table[feature:feature+4]) == tag {
				copy(table[feature:], "zzzz")
				changed = true
			}
		}
	}
	return out, changed
}

// fonts are the faces of the program. Italic is drawn upright: slanted Cyrillic reads worse, and no text of ours needs it.
type fonts struct{ regular, bold, mono, symbol fyne.Resource }

// loadFonts must be called before the first window: what Fyne has read of a font stays.
func loadFonts() fonts {
	return fonts{
		regular: mended(theme.DefaultTextFont()),
		bold:    mended(theme.DefaultTextBoldFont()),
		mono:    theme.DefaultTextMonospaceFont(), // DejaVu Sans Mono has all Kazakh letters, dots and all
		symbol:  theme.DefaultSymbolFont(),
	}
}

func (f fonts) face(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace:
		return f.mono
	case style.Symbol:
		return f.symbol
	case style.Bold:
		return f.bold
	}
	return f.regular
}
