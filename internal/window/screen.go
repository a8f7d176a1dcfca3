//go:build !nowindow

package window

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// screen is one step of the flow. It is drawn anew whenever something that it depends on changes.
type screen interface {
	// name is the same for the same screen in every language.
	name() string
	draw(w *window) view
}

// view is a drawn screen.
type view struct {
	drawing  drawing // empty: none
	tone     tone
	word     string // the word of the level; empty: no level
	title    string
	sentence string
	buttons  []*button           // what can be done; the first is what Enter does
	body     []fyne.CanvasObject // everything else; it scrolls
	after    bool                // the body has to be read before a button is pressed
	deep     bool                // the body is what is read now: the head scrolls with it
	calm     bool                // Enter does nothing: a key that was pressed twice must not stop what it started
	back     func()              // what Escape does; nil: nothing

	main   *button
	scroll *container.Scroll
	all    []*button // every button that has a name, to find the focus again
}

// show goes to a screen.
func (w *window) show(s screen) {
	if w.screen == nil || w.screen.name() != s.name() {
		w.saved = map[string]fyne.Position{}
	}
	w.screen, w.since = s, time.Now()
	w.paint("")
	if w.shown.main != nil {
		w.win.Canvas().Focus(w.shown.main)
	}
}

// redraw draws the same screen again: same place, same focus.
func (w *window) redraw() {
	if w.screen == nil {
		return
	}
	focused := ""
	switch o := w.win.Canvas().Focused().(type) {
	case *button:
		focused = o.name
	case *line:
		focused = o.name
	}
	if w.shown.scroll != nil {
		w.saved[w.screen.name()] = w.shown.scroll.Offset
	}
	w.paint(focused)
}

func (w *window) paint(focused string) {
	v := w.screen.draw(w)
	content := w.build(&v)
	w.shown = v
	w.win.SetContent(content)
	w.win.SetTitle(w.titleOfWindow())
	if at, known := w.saved[w.screen.name()]; known {
		v.scroll.ScrollToOffset(at)
	}
	if focused != "" {
		if target := findFocus(content, focused); target != nil {
			w.win.Canvas().Focus(target)
		}
	}
}

// titleOfWindow names the program and the screen: it is what a screen reader says first, and what stands in the list of windows.
func (w *window) titleOfWindow() string {
	title := w.Say("app.name")
	if w.shown.title != "" && w.shown.title != title {
		title += " – " + w.shown.title
	}
	return title
}

// unhurried does nothing in the first moments of a screen: a double click, or a key pressed twice, must not answer a question that was not read.
func (w *window) unhurried(press func()) func() {
	return func() {
		if time.Since(w.since) >= w.moment {
			press()
		}
	}
}

// build makes the tree of a view.
func (w *window) build(v *view) fyne.CanvasObject {
	if len(v.buttons) > 0 && !v.calm {
		v.main = v.buttons[0]
		v.main.pressed = w.unhurried(v.main.pressed)
	}
	var foot []fyne.CanvasObject
	for _, b := range v.buttons {
		foot = append(foot, b)
	}
	content := newFrame(w.head(v, true), w.head(v, w.look.zoom < 1.5), sideBySide(foot...), stack(3*theme.Padding(), v.body...), w.bar(v), v.after)
	v.scroll = content.Layout.(*frame).scroll
	content.Layout.(*frame).deep = v.deep
	return content
}

// head is what a person in a hurry reads: picture, level, heading, sentence. At large text there may be no room for the picture.
func (w *window) head(v *view, drawn bool) fyne.CanvasObject {
	var parts []fyne.CanvasObject
	if v.drawing != "" && drawn {
		if drawn := w.drawing(v.drawing, v.tone); drawn != nil {
			parts = append(parts, centred(newPicture(drawn, 92)))
		}
	}
	if v.word != "" {
		parts = append(parts, centred(newChip(v.tone, v.word)))
	}
	if v.title != "" {
		parts = append(parts, newHeading(v.title))
	}
	if v.sentence != "" {
		parts = append(parts, newLead(v.sentence))
	}
	return stack(theme.Padding(), parts...)
}

// bar is the line on top: back, or what the program is called; the languages; everything else. On a made-up case it says so.
func (w *window) bar(v *view) fyne.CanvasObject {
	var left fyne.CanvasObject
	if v.back != nil {
		back := newButton("back", w.Say("action.back"), v.back).quiet()
		back.icon, back.spoken = theme.NavigateBackIcon(), back.text
		if w.look.zoom >= 1.5 {
			back.text = ""
		}
		left = back
	} else {
		left = newStrong(w.Say("app.name"))
		left.(*widget.Label).Wrapping, left.(*widget.Label).Truncation = fyne.TextWrapOff, fyne.TextTruncateClip
	}
	var right []fyne.CanvasObject
	for _, language := range w.Options.Book.Languages() {
		printer := w.Options.Book.Printer(language)
		b := newButton("language-"+string(language), printer.Say("language.short"), func() { w.speak(language) }).quiet()
		b.spoken = printer.Say("language.name")
		if language == w.Language() {
			b.importance = widget.MediumImportance
		}
		right = append(right, b)
	}
	_, more := w.screen.(*moreScreen)
	_, working := w.screen.(*workingScreen)
	if !more && !working {
		more := newButton("more", w.Say("action.more"), w.more).quiet()
		right = append(right, more)
	}
	line := container.New(&apart{}, left, flowing(right...))
	if w.practice == "" {
		return pad(line)
	}
	banner := panel(colorTintCareful, hanging(newIcon(theme.InfoIcon(), theme.ColorNameWarning), newText(w.Say("screen.demo.banner"))))
	return stack(0, pad(line), pad(banner))
}

// apart puts two objects at the two ends of a line, or one under the other where the line is too short. A mere name gives way then.
type apart struct{ stacked bool }

func (a *apart) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left, right := fyne.NewSize(natural(objects[0]), objects[0].MinSize().Height), objects[1]
	room := size.Width - left.Width - theme.Padding()
	objects[0].Move(fyne.NewPos(0, 0))
	right.Resize(fyne.NewSize(size.Width, 1)) // so that it knows how much fits into one row
	wanted := rowWidth(right.(*fyne.Container))
	a.stacked = wanted > room
	if _, name := objects[0].(*widget.Label); a.stacked && name {
		a.stacked = false
		objects[0].Resize(fyne.NewSize(0, 0))
		right.Move(fyne.NewPos(max(0, size.Width-wanted), 0))
		settle(right, min(size.Width, wanted))
		return
	}
	if a.stacked {
		objects[0].Resize(left)
		right.Move(fyne.NewPos(0, left.Height))
		settle(right, size.Width)
		return
	}
	right.Move(fyne.NewPos(size.Width-wanted, 0))
	high := settle(right, wanted)
	objects[0].Resize(fyne.NewSize(left.Width, max(left.Height, high)))
}

func (a *apart) MinSize(objects []fyne.CanvasObject) fyne.Size {
	left, right := objects[0].MinSize(), objects[1].MinSize()
	if a.stacked {
		return fyne.NewSize(max(left.Width, right.Width), left.Height+right.Height)
	}
	return fyne.NewSize(max(left.Width, right.Width), max(left.Height, right.Height))
}

// rowWidth is the width of all objects of a flowing container in one row.
func rowWidth(c *fyne.Container) (width float32) {
	gap := c.Layout.(*flow).gap
	for i, o := range c.Objects {
		if i > 0 {
			width += gap
		}
		width += natural(o)
	}
	return width + 1
}

// newChip is the level in icon, word and colour.
func newChip(t tone, word string) fyne.CanvasObject {
	label := widget.NewLabelWithStyle(word, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	switch t.color {
	case theme.ColorNameError:
		label.Importance = widget.DangerImportance
	case theme.ColorNameWarning:
		label.Importance = widget.WarningImportance
	case theme.ColorNameSuccess:
		label.Importance = widget.SuccessImportance
	}
	return container.NewStack(newGround(t.tint), container.NewHBox(newIcon(t.icon, t.color), label, newGround(t.tint)))
}

// findFocus finds a button or a box to tick by its name.
func findFocus(root fyne.CanvasObject, name string) fyne.Focusable {
	switch o := root.(type) {
	case *button:
		if o.name == name {
			return o
		}
	case *line:
		if o.name == name {
			return o
		}
	case *container.Scroll:
		return findFocus(o.Content, name)
	case *fyne.Container:
		for _, child := range o.Objects {
			if !child.Visible() {
				continue
			}
			if found := findFocus(child, name); found != nil {
				return found
			}
		}
	}
	return nil
}

// scroll moves the body by a key.
func (w *window) scroll(key fyne.KeyName) {
	s := w.shown.scroll
	if s == nil {
		return
	}
	line := 3 * theme.TextSize()
	page := max(line, s.Size().Height-line)
	by := map[fyne.KeyName]float32{
		fyne.KeyDown: line, fyne.KeyUp: -line, fyne.KeyPageDown: page, fyne.KeyPageUp: -page,
		fyne.KeyHome: -s.Content.Size().Height, fyne.KeyEnd: s.Content.Size().Height,
	}[key]
	most := max(0, s.Content.Size().Height-s.Size().Height)
	s.ScrollToOffset(fyne.NewPos(0, min(most, max(0, s.Offset.Y+by))))
}

func (w *window) drawing(d drawing, t tone) fyne.Resource { return pictures{w.Pictures}.draw(d, t) }
