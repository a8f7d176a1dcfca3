package terminal

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"qulyp/internal/report"
)

// Console is where a run reads and writes. Results go to Out; questions, progress and complaints go to Err, so that Out can be piped.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	Ask      bool       // somebody sits there: In and Err are a terminal, so questions and progress make sense
	Width    func() int // of the terminal behind Err, in letters; zero: unknown. Nil: it is as wide as the text
	Colour   bool       // Out is a terminal that shows colours, and nobody asked for none (https://no-color.org)

	lines *bufio.Reader
	dirty int             // letters of the progress line that stands on Err now
	begun bool            // something was written to Out
	stop  <-chan struct{} // closed when the person wants to stop; nil: never
}

// style is how a piece of text looks on a terminal: an SGR parameter of ECMA-48.
type style string

const (
	bold   style = "1"
	danger style = "1;31"
	unsure style = "1;35"
	care   style = "1;33"
	clear  style = "1;32"
)

// paint gives text the style where colours are shown. Colour never says what the words do not say too.
func (c *Console) paint(text string, s style) string {
	if !c.Colour || s == "" || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// print writes wrapped text to Out.
func (c *Console) print(text string) {
	io.WriteString(c.Out, report.Wrap(text, report.Columns, "", ""))
}

// item writes wrapped text to Out with an indent.
func (c *Console) item(text, first, rest string) {
	c.begun = true
	io.WriteString(c.Out, report.Wrap(text, report.Columns, first, rest))
}

// raw writes one line to Out with an indent, however long it is.
func (c *Console) raw(text string) {
	c.begun = true
	io.WriteString(c.Out, "  "+text+"\n")
}

// gap writes an empty line to Out, unless nothing stands there yet.
func (c *Console) gap() {
	if c.begun {
		io.WriteString(c.Out, "\n")
	}
}

// heading writes a line to Out, with an empty line before it.
func (c *Console) heading(text string) {
	c.gap()
	c.begun = true
	io.WriteString(c.Out, c.paint(strings.TrimSuffix(report.Wrap(text, report.Columns, "", ""), "\n"), bold)+"\n")
}

// tell writes wrapped text to Err.
func (c *Console) tell(text string) {
	c.wipe()
	io.WriteString(c.Err, report.Wrap(text, report.Columns, "", ""))
}

// progress shows what is going on now, in place of what it showed before. Where nobody sits it shows nothing.
func (c *Console) progress(text string) {
	if !c.Ask {
		return
	}
	columns := report.Columns
	if c.Width != nil {
		if width := c.Width(); width > 2 { // a longer line would break, and stand there for good
			columns = min(columns, width)
		}
	}
	if runes := []rune(text); len(runes) > columns-1 {
		text = string(runes[:columns-2]) + "…"
	}
	length := utf8.RuneCountInString(text)
	fmt.Fprintf(c.Err, "\r%s%s", text, strings.Repeat(" ", max(0, c.dirty-length)))
	c.dirty = length
}

// wipe takes the progress line away.
func (c *Console) wipe() {
	if c.dirty > 0 {
		fmt.Fprintf(c.Err, "\r%s\r", strings.Repeat(" ", c.dirty))
		c.dirty = 0
	}
}

// line reads one line of what the person types; ok is false at the end of the input, and when the person stops the program instead.
func (c *Console) line(prompt string) (answer string, ok bool) {
	c.wipe()
	io.WriteString(c.Err, strings.TrimSuffix(report.Wrap(prompt, report.Columns, "", ""), "\n")+" ")
	if c.lines == nil {
		c.lines = bufio.NewReader(c.In)
	}
	type typed struct {
		text string
		err  error
	}
	read := make(chan typed, 1)
	go func() {
		text, err := c.lines.ReadString('\n')
		read <- typed{text, err}
	}()
	select {
	case t := <-read:
		if t.err == nil || t.text != "" {
			return strings.TrimSpace(t.text), true
		}
	case <-c.stop: // the read is left behind; nothing is asked any more
	}
	io.WriteString(c.Err, "\n")
	return "", false
}
