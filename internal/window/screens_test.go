//go:build !nowindow

package window

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// TestRoom looks at every screen in every language, in a tiny and in a usual window, at usual and at the largest text: nothing stands outside of what it belongs to, no
// text is cut, nothing lies over another thing.
func TestRoom(t *testing.T) {
	everyScreen(t, func(t *testing.T, _ scene, w *window, _ *player) {
		for _, zoom := range []float32{1, 2} {
			w.enlarge(zoom)
			for _, size := range []fyne.Size{{Width: 420, Height: 560}, {Width: 1280, Height: 800}, {Width: 1024, Height: 600}} {
				w.win.Resize(size)
				w.redraw()
				roomy(t, fmt.Sprintf("%gx%g at %g%%", size.Width, size.Height, 100*zoom), w, size)
			}
		}
	})
}

func roomy(t *testing.T, where string, w *window, size fyne.Size) {
	t.Helper()
	const slack = 1.5 // sizes are not whole numbers
	content := w.win.Content()
	if got := w.win.Canvas().Size(); got.Width > size.Width+slack || got.Height > size.Height+slack {
		t.Errorf("%s: the content makes the window %v", where, got)
	}
	visit(content, func(o, parent fyne.CanvasObject, _ fyne.Position) {
		p, s := o.Position(), o.Size()
		if parent != nil {
			room := parent.Size()
			_, scrolls := parent.(*container.Scroll)
			if p.X < -slack && !scrolls || p.X+s.Width > room.Width+slack || !scrolls && (p.Y < -slack || p.Y+s.Height > room.Height+slack) {
				t.Errorf("%s: %s at %v stands outside of %s", where, describe(o), p, describe(parent))
			}
		}
		least := o.MinSize()
		switch o := o.(type) {
		case *widget.Label:
			if o.Truncation == fyne.TextTruncateOff && (s.Height < least.Height-slack || o.Wrapping == fyne.TextWrapOff && s.Width < least.Width-slack) {
				t.Errorf("%s: %s is cut, it needs %v", where, describe(o), least)
			}
		case *heading:
			if s.Height < least.Height-slack || widestWord(o.Text, theme.Size(o.SizeName)) > s.Width {
				t.Errorf("%s: %s is cut, it needs %v", where, describe(o), least)
			}
		case *button:
			if s.Height < least.Height-slack || s.Width < least.Width-slack {
				t.Errorf("%s: %s is cut, it needs %v", where, describe(o), least)
			}
		case *fyne.Container:
			if _, ok := o.Layout.(*column); ok {
				ordered(t, where, o.Objects)
			}
		}
	})
}

// ordered tells that the objects of a column do not lie over each other. Lines of one item are drawn a little closer than their padding.
func ordered(t *testing.T, where string, objects []fyne.CanvasObject) {
	t.Helper()
	var last fyne.CanvasObject
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		if last != nil {
			if end := last.Position().Y + last.Size().Height; o.Position().Y < end-2*theme.Padding()-1 {
				t.Errorf("%s: %s begins at %g, and %s ends at %g", where, describe(o), o.Position().Y, describe(last), end)
			}
		}
		last = o
	}
}

// TestSaid looks for words that are missing, for English in the other languages, and for buttons that say nothing.
func TestSaid(t *testing.T) {
	proper := regexp.MustCompile(`^[\d\s.,:/%‹›»«“”()\-–—…|]*$|^(/|[A-Z]:\\|HK)|^[0-9a-f \n]+$|^[0-9A-F ]+$`)
	names := []string{"Firefox", "Google Chrome", "Ubuntu", "Java", "Thunderbird", "Windows", "MIT", "Qulyp", "Superfish (Lenovo)", "sudo qulyp check", "Қаз", "Рус", "Eng", "Қазақша", "Русский", "English"}
	english := book(t).Printer(words.English)
	for _, one := range scenes() {
		t.Run(one.name, func(t *testing.T) {
			said := map[words.Language][]string{}
			for _, language := range languages(t) {
				w, p := raise(t, setting{language: language, plays: one.plays, change: one.change})
				one.enter(w, p)
				said[language] = texts(w.win.Content())
				for _, f := range focusables(w.win.Content()) {
					accessible, ok := f.(fyne.Accessible)
					if !ok || strings.TrimSpace(accessible.AccessibilityLabel()) == "" {
						t.Errorf("%s: %s takes the focus and says nothing", language, describe(f.(fyne.CanvasObject)))
					}
				}
				for _, text := range said[language] {
					if strings.ContainsAny(text, "⟦⟧{}") {
						t.Errorf("%s: words are missing in %q", language, text)
					}
				}
			}
			for language, texts := range said {
				if language == english.Language() {
					continue
				}
				for _, text := range texts {
					if !proper.MatchString(text) && !slices.Contains(names, text) && slices.Contains(said[words.English], text) && !target(text) && !made(text) {
						t.Errorf("%s says %q, as English does", language, text)
					}
				}
			}
		})
	}
}

// target tells whether the text is nothing but names of sites.
func target(text string) bool {
	for _, name := range strings.Split(text, ", ") {
		if !regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+$`).MatchString(name) {
			return false
		}
	}
	return true
}

// made tells whether the text is what stands in a certificate, which has no language.
func made(text string) bool {
	return strings.HasPrefix(text, "C=") || strings.HasPrefix(text, "CN=") || strings.HasPrefix(text, "https://") ||
		slices.Contains([]string{"Home Media Server", "Router Security CA", "Gateway 7", lookalike().Subject.CommonName}, text)
}

// TestButtons holds every text that stands on a button to 22 letters: such a text cannot wrap.
func TestButtons(t *testing.T) {
	everyScreen(t, func(t *testing.T, _ scene, w *window, _ *player) {
		visit(w.win.Content(), func(o, _ fyne.CanvasObject, _ fyne.Position) {
			if b, ok := o.(*button); ok && len([]rune(b.text)) > 22 {
				t.Errorf("%q has %d letters", b.text, len([]rune(b.text)))
			}
			if b, ok := o.(*button); ok && b.importance == widget.DangerImportance {
				t.Errorf("%q is red: what helps must not look like a threat", b.text)
			}
		})
	})
}

// TestPlain holds what a screen reader can reach: heading, sentence, buttons and languages stand in plain containers, outside of any scroller.
func TestPlain(t *testing.T) {
	everyScreen(t, func(t *testing.T, _ scene, w *window, _ *player) {
		var heard []string
		var walk func(o fyne.CanvasObject)
		walk = func(o fyne.CanvasObject) { // as accessibility_windows.go of Fyne 2.8 walks
			if !o.Visible() {
				return
			}
			if c, ok := o.(*fyne.Container); ok {
				for _, child := range c.Objects {
					walk(child)
				}
			} else if a, ok := o.(fyne.Accessible); ok {
				heard = append(heard, a.AccessibilityLabel())
			}
		}
		walk(w.win.Content())
		wanted := []string{w.shown.sentence}
		if w.shown.deep {
			wanted = nil // the details are being read
		} else {
			wanted = append(wanted, w.shown.title, w.shown.word)
		}
		for _, b := range w.shown.buttons {
			wanted = append(wanted, b.text)
		}
		for _, language := range w.Options.Book.Languages() { // three letters of it are drawn, the whole name is spoken
			wanted = append(wanted, w.Options.Book.Printer(language).Say("language.name"))
		}
		for _, text := range wanted {
			if text != "" && !slices.Contains(heard, drawable(text)) {
				t.Errorf("%q is not heard; heard are %q", text, heard)
			}
		}
	})
}

// TestLevels tells that no level is shown by colour alone.
func TestLevels(t *testing.T) {
	icons, drawn := map[string]bool{}, map[string]bool{}
	for _, level := range []judge.Level{judge.Clear, judge.Careful, judge.Unsure, judge.Danger} {
		icons[toneOf(level).icon.Name()] = true
		drawn[string(drawingOf(judge.Verdict{Level: level}))] = true
	}
	if len(icons) != 4 || len(drawn) != 4 {
		t.Errorf("four levels have %d icons and %d drawings", len(icons), len(drawn))
	}
}
