//go:build !nowindow

package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Fyne asks an object for its least size before the object knows how wide it will be, so a text that wraps says one thing before and another after. The layouts here give
// the width first and ask for the height then: right in one pass, in the window and in tests alike.

// fitting is an object that chooses its size of text by the width it gets.
type fitting interface{ fit(width float32) }

// settle gives an object its width and tells how high it then has to be.
func settle(o fyne.CanvasObject, width float32) (height float32) {
	if f, ok := o.(fitting); ok {
		f.fit(width)
	}
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	height = o.MinSize().Height
	if o.Size().Height != height {
		o.Resize(fyne.NewSize(width, height))
	}
	return height
}

// natural is the width that an object would like to have: for a text that can wrap, that at which it does not.
func natural(o fyne.CanvasObject) float32 {
	if wish, ok := o.(interface{ natural() float32 }); ok {
		return wish.natural()
	}
	return o.MinSize().Width
}

// column puts objects one under the other over the whole width.
type column struct{ gap float32 }

func stack(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&column{gap}, objects...)
}

func (c *column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if o.Visible() {
			o.Move(fyne.NewPos(0, y))
			y += settle(o, size.Width) + c.gap
		}
	}
}

func (c *column) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	shown := 0
	for _, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size.Width = max(size.Width, least.Width)
			size.Height += least.Height
			shown++
		}
	}
	size.Height += c.gap * float32(max(0, shown-1))
	return size
}

// hang puts a small object at the left, and the text that belongs to it in the rest of the width.
type hang struct {
	gap    float32
	middle bool // the small one in the middle of the height, not level with the first line
}

func hanging(small, text fyne.CanvasObject) *fyne.Container {
	return container.New(&hang{gap: theme.Padding()}, small, text)
}

func (h *hang) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	small, text := objects[0], objects[1]
	least := small.MinSize()
	left := least.Width + h.gap
	high := settle(text, max(0, size.Width-left))
	text.Move(fyne.NewPos(left, max(0, (least.Height-high)/2)))
	small.Resize(least)
	if h.middle {
		small.Move(fyne.NewPos(0, max(0, (high-least.Height)/2)))
	} else {
		small.Move(fyne.NewPos(0, 0))
	}
}

func (h *hang) MinSize(objects []fyne.CanvasObject) fyne.Size {
	small, text := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(small.Width+h.gap+text.Width, max(small.Height, text.Height))
}

// middle puts one object in the middle of the width, no wider than it wants to be.
type middle struct{}

func centred(o fyne.CanvasObject) *fyne.Container { return container.New(middle{}, o) }

func (middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	least := objects[0].MinSize()
	wide := min(least.Width, size.Width)
	objects[0].Resize(fyne.NewSize(wide, least.Height))
	objects[0].Move(fyne.NewPos((size.Width-wide)/2, 0))
}

func (middle) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// beside puts objects side by side, all as wide as the widest, where the width allows it; else one under the other.
type beside struct {
	gap     float32
	stacked bool
}

func sideBySide(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&beside{gap: 2 * theme.Padding()}, objects...)
}

func (b *beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	shown, widest := visible(objects)
	if len(shown) == 0 {
		return
	}
	n := float32(len(shown))
	b.stacked = widest*n+b.gap*(n-1) > size.Width
	if b.stacked {
		y := float32(0)
		for _, o := range shown {
			o.Move(fyne.NewPos(0, y))
			y += settle(o, size.Width) + b.gap
		}
		return
	}
	wide := (size.Width - b.gap*(n-1)) / n
	high := float32(0)
	for _, o := range shown {
		high = max(high, settle(o, wide))
	}
	for i, o := range shown {
		o.Move(fyne.NewPos(float32(i)*(wide+b.gap), 0))
		o.Resize(fyne.NewSize(wide, high))
	}
}

func (b *beside) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	shown, _ := visible(objects)
	for _, o := range shown {
		size.Width = max(size.Width, o.MinSize().Width)
	}
	for _, o := range shown {
		if high := o.MinSize().Height; b.stacked {
			size.Height += high + b.gap
		} else {
			size.Height = max(size.Height, high)
		}
	}
	if b.stacked && len(shown) > 0 {
		size.Height -= b.gap
	}
	return size
}

func visible(objects []fyne.CanvasObject) (shown []fyne.CanvasObject, widest float32) {
	for _, o := range objects {
		if o.Visible() {
			shown = append(shown, o)
			widest = max(widest, natural(o))
		}
	}
	return shown, widest
}

// flow puts objects in a row and begins a new row where the width ends.
type flow struct{ gap, width float32 }

func flowing(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{gap: theme.Padding()}, objects...)
}

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	for _, o := range objects {
		settle(o, min(natural(o), size.Width))
	}
	f.walk(objects, func(o fyne.CanvasObject, at fyne.Position) { o.Move(at) })
}

func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		widest = max(widest, o.MinSize().Width)
	}
	return fyne.NewSize(widest, f.walk(objects, func(fyne.CanvasObject, fyne.Position) {}))
}

func (f *flow) walk(objects []fyne.CanvasObject, place func(fyne.CanvasObject, fyne.Position)) (height float32) {
	x, y, high := float32(0), float32(0), float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		least := fyne.NewSize(natural(o), o.MinSize().Height)
		if x > 0 && x+least.Width > f.width {
			x, y, high = 0, y+high+f.gap, 0
		}
		place(o, fyne.NewPos(x, y))
		x, high = x+least.Width+f.gap, max(high, least.Height)
	}
	return y + high
}

// frame lays out a whole screen: a bar on top; in a column of readable width under it the head (picture, heading, sentence), the buttons, and a body that scrolls. Head
// and buttons stand outside of the scroller, because a screen reader does not go into one. Where the window is too small for the head to stand, a second head at the
// beginning of the body takes its place, so that everything can still be reached.
type frame struct {
	head, twin, foot, body, bar fyne.CanvasObject
	scroll                      *container.Scroll
	after                       bool // the buttons come after the body, which has to be read before they are pressed
	deep                        bool // the head scrolls with the body
}

// newFrame makes the container. Its order is the order in which a screen reader and the Tab key go: the bar comes last.
func newFrame(head, twin, foot, body, bar fyne.CanvasObject, after bool) *fyne.Container {
	f := &frame{head: head, twin: twin, foot: foot, bar: bar, after: after}
	twin.Hide()
	f.body = stack(2*theme.Padding(), twin, body)
	f.scroll = container.NewVScroll(container.New(besideBar{}, f.body))
	if after {
		return container.New(f, head, f.scroll, foot, bar)
	}
	return container.New(f, head, foot, f.scroll, bar)
}

func (f *frame) gap() float32 { return 3 * theme.Padding() }

// widest is the width of a column that reads well: some 40 letters of the size that the text has.
func (f *frame) widest() float32 { return 40 * theme.TextSize() }

func (f *frame) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	gap, margin := f.gap(), 4*theme.Padding()
	f.bar.Move(fyne.NewPos(0, 0))
	top := settle(f.bar, size.Width) + gap/2
	wide := max(0, min(size.Width-2*margin, f.widest()))
	left := (size.Width - wide) / 2
	room := size.Height - top - gap

	head := settle(f.head, wide)
	foot := settle(f.foot, wide)
	if foot > 0 {
		foot += gap
	}
	f.twin.Hide()
	body := settle(f.body, wide) + 2*barInset
	// At least some lines of the body must be seen beside the head, or all of it.
	tight := f.deep || head+gap+foot+min(body, 5*theme.TextSize()) > room
	if tight {
		f.head.Hide()
		f.twin.Show()
		body = settle(f.body, wide) + 2*barInset
		head = 0
	} else {
		f.head.Show()
		head += gap
	}
	bar := barRoom()
	body = max(0, min(body, room-head-foot))
	y := top
	if spare := room - head - foot - body; spare > 0 {
		y += min(spare*0.3, size.Height*0.12)
	}
	if !tight {
		f.head.Move(fyne.NewPos(left, y))
		y += head
	}
	after := f.after || tight // what matters is read before the buttons in any case
	place := func() {
		f.foot.Move(fyne.NewPos(left, y))
		y += foot
	}
	if !after {
		place()
	}
	f.scroll.Move(fyne.NewPos(left, y))
	f.scroll.Resize(fyne.NewSize(wide+bar, body))
	y += body
	if after {
		y += gap
		place()
	}
}

// barRoom is how much wider a scroller is than what it shows: its bar stands beside the text, not on it.
func barRoom() float32 { return theme.Size(theme.SizeNameScrollBar) }

// barInset is the room above and below what is scrolled, so that edges and rings are drawn whole.
const barInset = 2

type besideBar struct{}

func (besideBar) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, barInset))
	settle(objects[0], max(0, size.Width-barRoom()))
}

func (besideBar) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(barRoom(), 2*barInset)
}

func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size {
	bar, foot := f.bar.MinSize(), f.foot.MinSize()
	return fyne.NewSize(max(bar.Width, foot.Width+8*theme.Padding()), bar.Height+foot.Height+4*theme.TextSize())
}
