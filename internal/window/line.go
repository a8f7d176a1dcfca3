//go:build !nowindow

package window

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// line is a whole line that can be pressed: a sign, and a text that wraps. (The texts of Fyne's own buttons and boxes do not wrap.)
type line struct {
	widget.BaseWidget
	name    string
	text    string
	more    string // a second, smaller text; often empty
	icon    fyne.Resource
	color   fyne.ThemeColorName
	pressed func()
	hovered bool
	focused bool
}

func newLine(name, text string, icon fyne.Resource, color fyne.ThemeColorName, pressed func()) *line {
	l := &line{name: name, text: drawable(text), icon: icon, color: color, pressed: pressed}
	l.ExtendBaseWidget(l)
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

func (l *line) Tapped(*fyne.PointEvent)                { l.pressed() }
func (l *line) TypedRune(rune)                         {}
func (l *line) AccessibilityLabel() string             { return strings.TrimSpace(l.text + "\n" + l.more) }
func (l *line) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (l *line) TypedKey(event *fyne.KeyEvent) {
	switch event.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		l.pressed()
	default:
		passOn(l, event)
	}
}

func (l *line) FocusGained() {
	l.focused = true
	l.Refresh()
}

func (l *line) FocusLost() {
	l.focused = false
	l.Refresh()
}

// MouseIn, MouseMoved and MouseOut make it a desktop.Hoverable.
func (l *line) MouseIn(*desktop.MouseEvent) {
	l.hovered = true
	l.Refresh()
}

func (l *line) MouseMoved(*desktop.MouseEvent) {}

func (l *line) MouseOut() {
	l.hovered = false
	l.Refresh()
}

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
