//go:build !nowindow

package window

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// line is a whole line that can be pressed: a sign, and a text that wraps. (The texts of Fyne's own buttons and boxes do not wrap.)
type line struct {
	pressable
	text  string
	more  string // a second, smaller text; often empty
	icon  fyne.Resource
	color fyne.ThemeColorName
}

func newLine(name, text string, icon fyne.Resource, color fyne.ThemeColorName, pressed func()) *line {
	l := &line{pressable: pressable{name: name, pressed: pressed}, text: drawable(text), icon: icon, color: color}
	l.become(l)
	return l
}

// newTick is a line that can be ticked.
func newTick(name, text string, on bool, changed func(on bool)) *line {
	icon, color := theme.CheckButtonIcon(), theme.ColorNameForeground
	if on {
		icon, color = theme.CheckButtonCheckedIcon(), theme.ColorNamePrimary
	}
	return newLine(name, text, icon, color, func() { changed(!on) })
}

// newChoice is a line of which one among several is chosen.
func newChoice(name, text string, on bool, chosen func()) *line {
	icon, color := theme.RadioButtonIcon(), theme.ColorNameForeground
	if on {
		icon, color = theme.RadioButtonCheckedIcon(), theme.ColorNamePrimary
	}
	return newLine(name, text, icon, color, chosen)
}

// AccessibilityLabel is what a screen reader says.
func (l *line) AccessibilityLabel() string { return strings.TrimSpace(l.text + "\n" + l.more) }

func (l *line) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	r := &lineRenderer{line: l, ring: canvas.NewRectangle(nil)}
	var text fyne.CanvasObject = newText(l.text)
	if l.more != "" {
		text = stack(-2*theme.Padding(), text, newSmall(l.more))
	}
	r.row = hanging(newIcon(l.icon, l.color), text)
	r.paint()
	return r
}

type lineRenderer struct {
	line *line
	row  *fyne.Container
	ring *canvas.Rectangle
}

func (r *lineRenderer) Destroy()                     {}
func (r *lineRenderer) MinSize() fyne.Size           { return r.row.MinSize() }
func (r *lineRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.ring, r.row} }

func (r *lineRenderer) Layout(size fyne.Size) {
	r.row.Resize(size)
	r.ring.Resize(size)
}

func (r *lineRenderer) Refresh() {
	r.paint()
	r.ring.Refresh()
}

func (r *lineRenderer) paint() {
	r.ring.StrokeWidth, r.ring.FillColor = 0, nil
	r.ring.CornerRadius = theme.Size(theme.SizeNameButtonRadius)
	if r.line.focused {
		r.ring.StrokeColor, r.ring.StrokeWidth = theme.Color(theme.ColorNameForeground), 3
	}
	if r.line.hovered {
		r.ring.FillColor = theme.Color(theme.ColorNameHover)
	}
}
