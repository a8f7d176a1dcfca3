//go:build !nowindow

package window

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// visit calls each for every visible object, with its parent and with where it stands in the window.
func visit(root fyne.CanvasObject, each func(o, parent fyne.CanvasObject, at fyne.Position)) {
	var walk func(o, parent fyne.CanvasObject, at fyne.Position)
	walk = func(o, parent fyne.CanvasObject, at fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		each(o, parent, at)
		switch o := o.(type) {
		case *fyne.Container:
			for _, child := range o.Objects {
				walk(child, o, at)
			}
		case *container.Scroll:
			walk(o.Content, o, at)
		case *line, *ground:
			for _, child := range test.WidgetRenderer(o.(fyne.Widget)).Objects() {
				walk(child, o, at)
			}
		}
	}
	walk(root, nil, fyne.Position{})
}

// texts are all texts that a person can read on the screen, in the order of the tree.
func texts(root fyne.CanvasObject) []string {
	var all []string
	visit(root, func(o, _ fyne.CanvasObject, _ fyne.Position) {
		if text := textOf(o); text != "" {
			all = append(all, text)
		}
	})
	return all
}

func textOf(o fyne.CanvasObject) string {
	switch o := o.(type) {
	case *widget.Label:
		return o.Text
	case *heading:
		return o.Text
	case *button:
		return o.text
	case *canvas.Text:
		return o.Text
	}
	return ""
}

// describe tells which object it is, for messages.
func describe(o fyne.CanvasObject) string {
	text := textOf(o)
	if text == "" {
		visit(o, func(child, _ fyne.CanvasObject, _ fyne.Position) {
			if text == "" {
				text = textOf(child)
			}
		})
	}
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return fmt.Sprintf("%T %q %v", o, text, o.Size())
}

// focusables are all objects that take the focus, in the order of the tree.
func focusables(root fyne.CanvasObject) []fyne.Focusable {
	var all []fyne.Focusable
	visit(root, func(o, _ fyne.CanvasObject, _ fyne.Position) {
		if f, ok := o.(fyne.Focusable); ok {
			all = append(all, f)
		}
	})
	return all
}

// everyScreen enters every screen in every language.
func everyScreen(t *testing.T, do func(t *testing.T, one scene, w *window, p *player)) {
	for _, language := range languages(t) {
		for _, one := range scenes() {
			t.Run(one.name+"-"+string(language), func(t *testing.T) {
				w, p := raise(t, setting{language: language, plays: one.plays, change: one.change})
				one.enter(w, p)
				do(t, one, w, p)
			})
		}
	}
}
