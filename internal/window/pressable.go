//go:build !nowindow

package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// pressable is what everything that can be pressed has in common: it answers to the mouse, to Enter and to Space, keeps the focus when a key presses it, and knows whether it has
// the focus or the mouse is over it, so that both can be drawn. Fyne's own button answers to Space alone.
type pressable struct {
	widget.BaseWidget
	name    string // what it is found again by after the screen was drawn anew
	pressed func()

	self             fyne.Widget // what it is a part of
	hovered, focused bool
}

// become makes it a part of self, which is the widget that Fyne knows.
func (p *pressable) become(self fyne.Widget) {
	p.self = self
	p.ExtendBaseWidget(self)
}

// AccessibilityRole is one half of a fyne.Accessible; the label is for each kind to say.
func (p *pressable) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped makes it a fyne.Tappable.
func (p *pressable) Tapped(*fyne.PointEvent) { p.pressed() }

// TypedKey, TypedRune, FocusGained and FocusLost make it a fyne.Focusable.
func (p *pressable) TypedKey(event *fyne.KeyEvent) {
	switch event.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.pressed()
	default:
		passOn(p.self, event)
	}
}

// passOn gives a key that the object has no use for to the window. Fyne gives a key to what has the focus, and to nobody else.
func passOn(o fyne.CanvasObject, event *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(event)
	}
}

func (p *pressable) TypedRune(rune) {}

func (p *pressable) FocusGained() {
	p.focused = true
	p.Refresh()
}

func (p *pressable) FocusLost() {
	p.focused = false
	p.Refresh()
}

// MouseIn, MouseMoved and MouseOut make it a desktop.Hoverable.
func (p *pressable) MouseIn(*desktop.MouseEvent) {
	p.hovered = true
	p.Refresh()
}

func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

func (p *pressable) MouseOut() {
	p.hovered = false
	p.Refresh()
}
