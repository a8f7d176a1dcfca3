//go:build !nowindow

package window

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// button is a button whose text wraps where the width ends, and that shows by a ring that it has the focus. Fyne's own does neither.
type button struct {
	pressable
	text       string
	icon       fyne.Resource
	importance widget.Importance
	large      bool   // one of the buttons that the screen is about
	spoken     string // for the screen reader, where the text alone says too little; empty: the text
}

func newButton(name, text string, pressed func()) *button {
	b := &button{pressable: pressable{name: name, pressed: pressed}, text: drawable(text), importance: widget.MediumImportance}
	b.become(b)
	return b
}

// main makes it one of the buttons that the screen is about.
func (b *button) main(importance widget.Importance) *button {
	b.large, b.importance = true, importance
	return b
}

// quiet makes it a button without a ground, as for what is seldom used.
func (b *button) quiet() *button {
	b.importance = widget.LowImportance
	return b
}

// AccessibilityLabel is what a screen reader says.
func (b *button) AccessibilityLabel() string {
	if b.spoken != "" {
		return b.spoken
	}
	return b.text
}

// natural is the width at which the text does not wrap.
func (b *button) natural() float32 { return b.width(measure(b.text, theme.TextSize(), true) + 1) }

// width is that of the whole button around a text of that width.
func (b *button) width(text float32) float32 {
	width := 2 * b.side()
	if b.icon != nil {
		width += theme.IconInlineSize()
		if b.text != "" {
			width += theme.Padding()
		}
	}
	if b.text != "" {
		width += text + 2*theme.InnerPadding()
	}
	return width
}

// side is the room left and right of what is inside.
func (b *button) side() float32 {
	if b.text == "" {
		return theme.InnerPadding()
	}
	return theme.Padding()
}

func (b *button) MinSize() fyne.Size {
	b.ExtendBaseWidget(b)
	return b.BaseWidget.MinSize()
}

func (b *button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	r := &buttonRenderer{
		button: b, ground: canvas.NewRectangle(color.Transparent), veil: canvas.NewRectangle(color.Transparent), edge: canvas.NewRectangle(color.Transparent),
		words: &widget.TextSegment{Text: b.text, Style: widget.RichTextStyle{Alignment: fyne.TextAlignCenter, SizeName: theme.SizeNameText, TextStyle: fyne.TextStyle{Bold: true}}},
	}
	r.text = widget.NewRichText(r.words)
	r.text.Wrapping = fyne.TextWrapWord
	r.objects = []fyne.CanvasObject{r.ground, r.veil}
	if b.text != "" {
		r.objects = append(r.objects, r.text)
	}
	if b.icon != nil {
		r.icon = canvas.NewImageFromResource(b.icon)
		r.icon.FillMode = canvas.ImageFillContain
		r.objects = append(r.objects, r.icon)
	}
	r.objects = append(r.objects, r.edge)
	r.paint()
	return r
}

type buttonRenderer struct {
	button             *button
	ground, veil, edge *canvas.Rectangle
	words              *widget.TextSegment
	text               *widget.RichText
	icon               *canvas.Image
	objects            []fyne.CanvasObject
}

func (r *buttonRenderer) Destroy()                     {}
func (r *buttonRenderer) Objects() []fyne.CanvasObject { return r.objects }

// room is what is above and below the text.
func (r *buttonRenderer) room() float32 {
	if r.button.large {
		return theme.Padding()
	}
	return 0
}

func (r *buttonRenderer) MinSize() fyne.Size {
	b := r.button
	high := theme.IconInlineSize() + 2*theme.InnerPadding()
	if b.text != "" {
		high = max(high, r.text.MinSize().Height)
	}
	widest := float32(0)
	for _, word := range strings.FieldsFunc(b.text, func(r rune) bool { return r == ' ' }) {
		widest = max(widest, measure(word, theme.TextSize(), true)+1)
	}
	return fyne.NewSize(b.width(widest), high+2*r.room())
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	b := r.button
	for _, area := range []*canvas.Rectangle{r.ground, r.veil, r.edge} {
		area.Resize(size)
	}
	inner := min(size.Width-2*b.side(), b.natural()-2*b.side())
	x := (size.Width - inner) / 2
	if r.icon != nil {
		edge := theme.IconInlineSize()
		r.icon.Resize(fyne.NewSquareSize(edge))
		r.icon.Move(fyne.NewPos(x, (size.Height-edge)/2))
		x += edge + theme.Padding()
		inner -= edge + theme.Padding()
	}
	if b.text != "" {
		high := settle(r.text, inner)
		r.text.Move(fyne.NewPos(x, (size.Height-high)/2))
	}
}

func (r *buttonRenderer) Refresh() {
	r.paint()
	for _, o := range r.objects {
		o.Refresh()
	}
}

func (r *buttonRenderer) paint() {
	b := r.button
	front, back, outline := theme.ColorNameForeground, fyne.ThemeColorName(""), float32(0)
	switch b.importance {
	case widget.HighImportance:
		front, back = theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary
	case widget.LowImportance:
	default:
		back, outline = theme.ColorNameButton, 1
	}
	r.words.Style.ColorName = front
	r.words.Text = b.text
	r.ground.FillColor = color.Transparent
	if back != "" {
		r.ground.FillColor = theme.Color(back)
	}
	r.veil.FillColor = color.Transparent
	if b.hovered {
		r.veil.FillColor = theme.Color(theme.ColorNameHover)
	}
	r.edge.StrokeColor, r.edge.StrokeWidth = theme.Color(colorOutline), outline
	if b.focused {
		r.edge.StrokeColor, r.edge.StrokeWidth = theme.Color(theme.ColorNameForeground), 3
	}
	for _, area := range []*canvas.Rectangle{r.ground, r.veil, r.edge} {
		area.CornerRadius = theme.Size(theme.SizeNameButtonRadius)
	}
	if r.icon != nil {
		r.icon.Resource = theme.NewColoredResource(b.icon, front)
	}
}
