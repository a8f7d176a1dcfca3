//go:build !nowindow

package window

import (
	"bytes"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// glyphs shapes one character as Fyne does, and gives the glyphs that are drawn.
func glyphs(t *testing.T, face *font.Face, text []rune, script language.Script) []font.GID {
	t.Helper()
	out := (&shaping.HarfbuzzShaper{}).Shape(shaping.Input{
		Text: text, RunStart: 0, RunEnd: len(text), Direction: di.DirectionLTR, Face: face, Size: fixed.I(16), Script: script, Language: "kk",
	})
	var drawn []font.GID
	for _, g := range out.Glyphs {
		drawn = append(drawn, g.GlyphID)
	}
	return drawn
}

func face(t *testing.T, resource fyne.Resource) *font.Face {
	t.Helper()
	parsed, err := font.ParseTTF(bytes.NewReader(resource.Content()))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestEveryLetter shapes every character of every text in every language, in both faces and the mono one: each must be drawn by the glyph that the font names for it, so
// the Kazakh «і» with its dot, and none may be missing.
func TestEveryLetter(t *testing.T) {
	b := book(t)
	var runes []rune
	for _, l := range b.Languages() {
		for _, key := range b.Keys() {
			for _, form := range b.Forms(l, key) {
				for _, r := range drawable(form) {
					if !slices.Contains(runes, r) && r != '\n' && r != '\u202f' && r != '\u00a0' {
						runes = append(runes, r)
					}
				}
			}
		}
	}
	runes = append(runes, []rune("әғқңөұүһіӘҒҚҢӨҰҮҺІ")...)
	if len(runes) < 150 {
		t.Fatalf("only %d characters: the walk is broken", len(runes))
	}
	f := loadFonts()
	for name, resource := range map[string]fyne.Resource{"regular": f.regular, "bold": f.bold, "mono": f.mono} {
		parsed := face(t, resource)
		for _, r := range runes {
			nominal, there := parsed.NominalGlyph(r)
			if !there {
				t.Errorf("%s has no glyph for %q", name, r)
				continue
			}
			for _, script := range []language.Script{language.Cyrillic, language.Latin} {
				if got := glyphs(t, parsed, []rune{r}, script); !slices.Equal(got, []font.GID{nominal}) {
					t.Errorf("%s draws %q by the glyphs %v, want %v", name, r, got, nominal)
				}
			}
		}
	}
}

// shipped are the fonts as they come with Fyne, before any test has them mended.
var shipped = []fyne.Resource{
	fyne.NewStaticResource("shipped-regular", bytes.Clone(theme.DefaultTextFont().Content())),
	fyne.NewStaticResource("shipped-bold", bytes.Clone(theme.DefaultTextBoldFont().Content())),
}

// TestOneFont holds that Fyne has no font beside ours to read and to fall back on.
func TestOneFont(t *testing.T) {
	f := loadFonts()
	if f.regular != theme.DefaultTextFont() || f.bold != theme.DefaultTextBoldFont() {
		t.Error("Fyne keeps fonts of its own")
	}
	for i, resource := range []fyne.Resource{f.regular, f.bold} {
		if !bytes.Equal(resource.Content(), dotted(shipped[i]).Content()) {
			t.Errorf("%s is not mended", resource.Name())
		}
	}
}

// TestDot holds that the repair is needed, so that it can go when Fyne brings a newer font, and that it works within a word.
func TestDot(t *testing.T) {
	word := []rune("бір мүмкіндік")
	want := func(f *font.Face) (all []font.GID) {
		for _, r := range word {
			g, _ := f.NominalGlyph(r)
			all = append(all, g)
		}
		return all
	}
	for _, resource := range shipped {
		before, after := face(t, resource), face(t, dotted(resource))
		if slices.Equal(glyphs(t, before, word, language.Cyrillic), want(before)) {
			t.Errorf("%s draws the dot by itself: the repair in font.go can go", resource.Name())
		}
		if !slices.Equal(glyphs(t, after, word, language.Cyrillic), want(after)) {
			t.Errorf("%s loses the dot all the same", resource.Name())
		}
	}
}

// TestDottedKeepsBytes holds that the font that is read is not changed, and that anything else comes back whole.
func TestDottedKeepsBytes(t *testing.T) {
	resource := shipped[0]
	before := bytes.Clone(resource.Content())
	dotted(resource)
	if !bytes.Equal(before, resource.Content()) {
		t.Error("the font was changed")
	}
	for _, data := range [][]byte{nil, []byte("x"), before[:12], before[:300], before[:len(before)/2], bytes.Repeat([]byte{0xFF}, 64)} {
		out, changed := withoutFeature(data, "ccmp")
		if len(out) != len(data) || changed && bytes.Equal(out, data) {
			t.Errorf("%d bytes came back as %d, changed %v", len(data), len(out), changed)
		}
	}
}

func FuzzWithoutFeature(f *testing.F) {
	whole := shipped[0].Content()
	f.Add(whole[:400])
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00GSUB\x00\x00\x00\x00\x00\x00\x00\x1c\x00\x00\x00\x20\x00\x01\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x01ccmp\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, _ := withoutFeature(data, "ccmp"); len(out) != len(data) {
			t.Fatal("the length changed")
		}
	})
}
