package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// button is Fyne's button that also answers to Enter, has an edge, and shows by a ring that it has the focus. It keeps the focus when it is pressed by a key.
type button struct {
	widget.Button
	name    string // what it is found again by after the screen was drawn anew
	large   bool   // one of the buttons that the screen is about
	spoken  string // for the screen reader, where the text alone says too little; empty: the text
	focused bool
}

func newButton(name, text string, pressed func()) *button {
	b := &button{name: name}
	b.Text, b.OnTapped = text, pressed
	b.ExtendBaseWidget(b)
	return b
}

// main makes it one of the buttons that the screen is about.
func (b *button) main(importance widget.Importance) *button {
	b.large, b.Importance = true, importance
	return b
}

// quiet makes it a button without a ground, as for what is seldom used.
func (b *button) quiet() *button {
	b.Importance = widget.LowImportance
	return b
}

func (b *button) AccessibilityLabel() string {
	if b.spoken != "" {
		return b.spoken
	}
	return b.Text
}

func (b *button) TypedKey(event *fyne.KeyEvent) {
	switch event.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if !b.Disabled() && b.OnTapped != nil {
			b.OnTapped()
		}
	}
}

func (b *button) FocusGained() {
	b.focused = true
	b.Button.FocusGained()
}

func (b *button) FocusLost() {
	b.focused = false
	b.Button.FocusLost()
}

func (b *button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	edge := canvas.NewRectangle(nil)
	edge.FillColor = nil
	r := &buttonRenderer{WidgetRenderer: b.Button.CreateRenderer(), button: b, edge: edge}
	r.paint()
	return r
}

// buttonRenderer is that of Fyne with an edge over it.
type buttonRenderer struct {
	fyne.WidgetRenderer
	button *button
	edge   *canvas.Rectangle
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return append(append([]fyne.CanvasObject{}, r.WidgetRenderer.Objects()...), r.edge)
}

func (r *buttonRenderer) MinSize() fyne.Size {
	least := r.WidgetRenderer.MinSize()
	if r.button.large {
		least = least.AddWidthHeight(2*theme.Padding(), 2*theme.Padding())
	}
	return least
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.edge.Resize(size)
}

func (r *buttonRenderer) Refresh() {
	r.paint()
	r.WidgetRenderer.Refresh()
}

func (r *buttonRenderer) paint() {
	color, width := theme.Color(colorOutline), float32(1)
	switch {
	case r.button.focused:
		color, width = theme.Color(theme.ColorNameForeground), 3
	case r.button.Importance == widget.LowImportance:
		width = 0
	case r.button.Importance != widget.MediumImportance:
		width = 0
	}
	r.edge.StrokeColor, r.edge.StrokeWidth = color, width
	r.edge.CornerRadius = theme.Size(theme.SizeNameButtonRadius)
	r.edge.Refresh()
}
