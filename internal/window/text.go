//go:build !nowindow

package window

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// drawable replaces the few characters of our texts that the font does not have. A test holds every character of every language against the font.
func drawable(text string) string {
	return strings.NewReplacer("→", "›", "−", "–").Replace(text)
}

// newText is text that wraps.
func newText(text string) *widget.Label {
	label := widget.NewLabel(drawable(text))
	label.Wrapping = fyne.TextWrapWord
	return label
}

// lead is the one sentence under the heading.
func newLead(text string) *widget.Label {
	label := newText(text)
	label.SizeName = sizeLead
	label.Alignment = fyne.TextAlignCenter
	return label
}

func newSmall(text string) *widget.Label {
	label := newText(text)
	label.SizeName = sizeSmall
	return label
}

func newStrong(text string) *widget.Label {
	label := newText(text)
	label.TextStyle.Bold = true
	return label
}

func newSmallStrong(text string) *widget.Label {
	label := newStrong(text)
	label.SizeName = sizeSmall
	return label
}

// newCode is text that is compared letter by letter. It cannot be selected, because each of them would be a stop of the Tab key; a button copies it.
func newCode(text string) *widget.Label {
	label := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
	label.SizeName = sizeSmall
	label.Wrapping = fyne.TextWrapWord
	return label
}

// heading is the title of a screen. It takes the largest size at which its longest word fits the width and at which it stays within four lines.
type heading struct {
	widget.Label
	steps []fyne.ThemeSizeName
}

func newHeading(text string) *heading {
	return makeHeading(text, fyne.TextAlignCenter, sizeHeading1, sizeHeading2, sizeHeading3, sizeHeading4)
}

// newSubheading is the title of a part of a screen.
func newSubheading(text string) *heading {
	return makeHeading(text, fyne.TextAlignLeading, sizeHeading3, sizeHeading4)
}

func makeHeading(text string, align fyne.TextAlign, steps ...fyne.ThemeSizeName) *heading {
	h := &heading{steps: steps}
	h.Text, h.Wrapping, h.Alignment = drawable(text), fyne.TextWrapWord, align
	h.TextStyle.Bold = true
	h.SizeName = steps[0]
	h.ExtendBaseWidget(h)
	return h
}

func (h *heading) fit(width float32) {
	chosen := h.steps[len(h.steps)-1]
	for _, step := range h.steps {
		size := theme.Size(step)
		room := width - 4*theme.InnerPadding()
		if widestWord(h.Text, size) <= room && measure(h.Text, size, true) <= room*3.5 {
			chosen = step
			break
		}
	}
	if h.SizeName != chosen {
		h.SizeName = chosen
		h.Refresh()
	}
}

func measure(text string, size float32, bold bool) float32 {
	return fyne.MeasureText(text, size, fyne.TextStyle{Bold: bold}).Width
}

func widestWord(text string, size float32) (widest float32) {
	for _, word := range strings.Split(text, " ") {
		widest = max(widest, measure(word, size, true))
	}
	return widest
}

// panel puts content on a quiet ground.
func panel(ground fyne.ThemeColorName, content fyne.CanvasObject) *fyne.Container {
	back := newGround(ground)
	inset := theme.Padding()
	return container.New(&inside{inset}, back, content)
}

// ground is a rounded area in a colour of the theme, which follows when the theme changes.
type ground struct {
	widget.BaseWidget
	name fyne.ThemeColorName
}

func newGround(name fyne.ThemeColorName) *ground {
	g := &ground{name: name}
	g.ExtendBaseWidget(g)
	return g
}

func (g *ground) CreateRenderer() fyne.WidgetRenderer {
	return &groundRenderer{ground: g, area: canvas.NewRectangle(theme.Color(g.name))}
}

type groundRenderer struct {
	ground *ground
	area   *canvas.Rectangle
}

func (r *groundRenderer) Destroy()                     {}
func (r *groundRenderer) Layout(size fyne.Size)        { r.area.Resize(size) }
func (r *groundRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *groundRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.area} }
func (r *groundRenderer) Refresh() {
	r.area.FillColor = theme.Color(r.ground.name)
	r.area.CornerRadius = theme.Size(theme.SizeNameButtonRadius)
	r.area.Refresh()
}

// inside lays the second object over the first, with some room around it.
type inside struct{ inset float32 }

func (l *inside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
	objects[1].Move(fyne.NewPos(l.inset, l.inset))
	settle(objects[1], max(0, size.Width-2*l.inset))
}

func (l *inside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[1].MinSize().AddWidthHeight(2*l.inset, 2*l.inset)
}

// pad keeps the object away from the edge.
func pad(o fyne.CanvasObject) *fyne.Container { return container.New(layout.NewPaddedLayout(), o) }

// picture is a drawing with its own size.
func newPicture(drawing fyne.Resource, high float32) *canvas.Image {
	image := canvas.NewImageFromResource(drawing)
	image.FillMode = canvas.ImageFillContain
	image.SetMinSize(fyne.NewSquareSize(high))
	return image
}

// newIcon is a small sign beside text, in a colour of the theme.
func newIcon(icon fyne.Resource, color fyne.ThemeColorName) *fyne.Container {
	image := canvas.NewImageFromResource(theme.NewColoredResource(icon, color))
	image.FillMode = canvas.ImageFillContain
	return newIconBox(image)
}

// newIconBox puts a sign level with the first line of the text beside it.
func newIconBox(image *canvas.Image) *fyne.Container {
	image.SetMinSize(fyne.NewSquareSize(theme.IconInlineSize()))
	return container.New(layout.NewCustomPaddedLayout(theme.InnerPadding(), 0, theme.Padding(), 0), image)
}

// under puts a button under the text of a line that has a sign before it.
func under(b *button) *fyne.Container {
	left := theme.IconInlineSize() + 2*theme.Padding() + theme.InnerPadding()
	return container.New(layout.NewCustomPaddedLayout(0, 0, left, 0), flowing(b))
}

// note is a line with a sign.
func note(icon fyne.Resource, color fyne.ThemeColorName, text string) fyne.CanvasObject {
	return hanging(newIcon(icon, color), newText(text))
}
