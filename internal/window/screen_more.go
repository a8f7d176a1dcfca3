//go:build !nowindow

package window

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/words"
)

// moreScreen is everything that is not part of the flow.
type moreScreen struct {
	from screen
	list bool // of the sites of the live test is open
}

func (*moreScreen) name() string { return "more" }

func (s *moreScreen) draw(w *window) view {
	v := view{title: w.Say("action.more"), back: func() { w.show(s.from) }}
	v.body = append(v.body,
		newButton("receipts", w.Say("screen.undo.list-title"), func() { w.show(&receiptsScreen{from: s}) }),
		newButton("phone", w.Say("action.check-phone"), func() { w.show(&phoneScreen{from: s}) }),
		newButton("practice", w.Say("action.practice"), func() { w.show(&casesScreen{from: s}) }),
		newButton("about", w.Say("action.about"), func() { w.show(&aboutScreen{from: s}) }),
		newSubheading(w.Say("screen.more.text-size")))
	var sizes []fyne.CanvasObject
	for _, zoom := range zooms {
		b := newButton(fmt.Sprintf("zoom-%v", zoom), fmt.Sprintf("%d%%", int(zoom*100)), func() { w.enlarge(zoom) })
		if zoom != w.look.zoom {
			b.quiet()
		}
		sizes = append(sizes, b)
	}
	v.body = append(v.body, flowing(sizes...))
	if choice := w.liveChoice(&s.list); len(choice) > 0 {
		v.body = append(append(v.body, newSubheading(w.Say("screen.live.heading"))), choice...)
	}
	v.body = append(v.body, newSubheading(w.Say("screen.more.keys")), newText(w.Say("screen.more.keys-text")),
		newButton("quit", w.Say("action.quit"), w.close))
	return v
}

// aboutScreen says what the program is, which one it is, and what it is not.
type aboutScreen struct {
	from     screen
	print    string // of the program's own file; empty: not known yet
	asked    bool
	licences bool
}

func (*aboutScreen) name() string { return "about" }

// old is when the list of certificates has to be renewed.
const old = 180 * 24 * time.Hour

func (s *aboutScreen) draw(w *window) view {
	s.ask(w)
	v := view{
		drawing: drawWhole, tone: plain,
		title: w.Say("app.name"), sentence: w.Say("screen.about.text"),
		back: func() { w.show(s.from) },
	}
	v.body = append(v.body,
		newText(w.Say("screen.about.not")),
		newText(w.Say("screen.about.version", words.With("version", w.Version))+"\n"+
			w.Say("screen.about.list", words.With("date", w.Date(w.Options.List.Date)))))
	if age := w.Now().Sub(w.Options.List.Date); age > old {
		v.body = append(v.body, panel(colorTintCareful,
			hanging(newIcon(theme.WarningIcon(), theme.ColorNameWarning), newText(w.Say("screen.about.list-old", words.N(int(age.Hours()/24)))))))
	}
	if s.print != "" {
		v.body = append(v.body, newStrong(w.Say("screen.about.print")), newCode(grouped(s.print)),
			flowing(newButton("copy", w.Say("action.copy"), func() { w.app.Clipboard().SetContent(s.print) })))
	}
	v.body = append(v.body, newText(w.Say("screen.about.source")))
	if w.Licences != "" {
		text := w.Say("screen.about.licences")
		v.body = append(v.body, flowing(newButton("licences", text, func() {
			s.licences = !s.licences
			w.redraw()
		})))
		if s.licences {
			v.body = append(v.body, newSmall(w.Licences))
		}
	}
	return v
}

// ask computes the code of the program's own file, once.
func (s *aboutScreen) ask(w *window) {
	if s.asked || w.Self == nil {
		return
	}
	s.asked = true
	w.spawn(func() {
		print, err := w.Self()
		if err != nil {
			return // the line is left out: what cannot be read cannot be compared
		}
		w.hop(func() {
			s.print = print
			if w.screen == s {
				w.redraw()
			}
		})
	})
}

// grouped writes a code in groups of four, eight on a line, as it is read out on the phone.
func grouped(hex string) string {
	var out strings.Builder
	for i := 0; i < len(hex); i += 4 {
		switch {
		case i > 0 && i%32 == 0:
			out.WriteString("\n")
		case i > 0:
			out.WriteString(" ")
		}
		out.WriteString(hex[i:min(i+4, len(hex))])
	}
	return out.String()
}

// phoneScreen leads through a check of the phone, which this program cannot look into.
type phoneScreen struct {
	from screen
	kind string
}

func (*phoneScreen) name() string { return "phone" }

// phones are the kinds of phone; the words have four steps for each.
var phones = []string{"android", "samsung", "xiaomi", "iphone"}

func (s *phoneScreen) draw(w *window) view {
	v := view{
		title: w.Say("screen.phone.title"), sentence: w.Say("screen.phone.text"),
		back: func() { w.show(s.from) },
	}
	var kinds []fyne.CanvasObject
	for _, kind := range phones {
		kinds = append(kinds, newChoice("phone-"+kind, w.Say("screen.phone."+kind), kind == s.kind, func() {
			s.kind = kind
			w.redraw()
		}))
	}
	v.body = append(v.body, stack(0, kinds...))
	if s.kind != "" {
		v.body = append(v.body, newSubheading(w.Say("screen.phone."+s.kind)))
		for step := 1; step <= 4; step++ {
			v.body = append(v.body, numbered(w.Printer, step, w.Say(fmt.Sprintf("screen.phone.%s.%d", s.kind, step))))
		}
		v.body = append(v.body, newText(w.Say("screen.phone.other")), newSmall(w.Say("screen.phone.labels")))
	}
	return v
}

// numbered is a step with its number.
func numbered(p words.Printer, n int, text string) fyne.CanvasObject {
	number := widget.NewLabelWithStyle(p.Number(float64(n))+".", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return hanging(number, newText(text))
}
