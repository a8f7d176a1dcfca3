package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Printer says things in one language. It is a small value; the zero Printer has no words and is of no use.
type Printer struct {
	book     *Book
	language Language
	plain    bool
}

// Arg is the value of one placeholder. Numbers and days are written as the language writes them, names that differ by language are asked for this
// one, and texts are put in as they are: what stands in them is never read as a placeholder. Where the placeholder stands in quotation marks, those
// of the value become inner ones.
type Arg struct {
	Name  string
	Value any // string, int, int64, float64, time.Time, a Named or a fmt.Stringer
}

// Named is a name that differs by language.
type Named interface{ In(tag string) string }

// N is the argument {n}: it chooses the plural form.
func N(n int) Arg { return Arg{"n", n} }

// With is the argument of that name.
func With(name string, value any) Arg { return Arg{name, value} }

// Printer gives the printer of a language. A language that the book does not have gives the first that it has.
func (b *Book) Printer(l Language) Printer {
	if !b.Has(l) {
		l = b.order[0]
	}
	return Printer{book: b, language: l}
}

// Language is the language the printer speaks.
func (p Printer) Language() Language { return p.language }

// Book is the book the printer reads from.
func (p Printer) Book() *Book { return p.book }

// Plain gives the same printer without no-break spaces, for terminals and files that other programs search.
func (p Printer) Plain() Printer {
	p.plain = true
	return p
}

// Has tells whether there are words for key.
func (p Printer) Has(key string) bool {
	_, there := p.book.pages[p.language].texts[key]
	return there
}

// Say gives the text of key with its placeholders filled. What is missing is marked so that it can be seen and does no harm: ⟦key⟧ for a key without
// words, ⟦name⟧ for a placeholder without argument. Tests make both impossible.
func (p Printer) Say(key string, args ...Arg) string {
	page := p.book.pages[p.language]
	t, there := page.texts[key]
	if !there {
		return "⟦" + key + "⟧"
	}
	form := t.plain
	if t.forms != nil {
		form = t.forms[Other]
		for _, arg := range args {
			if n, isNumber := number(arg.Value); isNumber && arg.Name == "n" {
				form = t.forms[page.plurals.choose(n)]
			}
		}
	}
	return p.finish(p.fill(form, args))
}

func (p Printer) finish(text string) string {
	if p.plain {
		return strings.ReplaceAll(strings.ReplaceAll(text, "\u00a0", " "), "\u202f", " ")
	}
	return text
}

// fill puts the arguments into one text, in a single pass: a value that looks like a placeholder stays what it is.
func (p Printer) fill(form string, args []Arg) string {
	var out strings.Builder
	for {
		open := strings.IndexByte(form, '{')
		if open < 0 {
			out.WriteString(form)
			return out.String()
		}
		end := open + strings.IndexByte(form[open:], '}')
		out.WriteString(form[:open])
		value := p.value(form[open+1:end], args)
		if strings.HasSuffix(form[:open], p.shape("quote-open")) {
			value = p.inner(value)
		}
		out.WriteString(value)
		form = form[end+1:]
	}
}

func (p Printer) value(name string, args []Arg) string {
	for _, arg := range args {
		if arg.Name != name {
			continue
		}
		if n, isNumber := number(arg.Value); isNumber {
			return p.Number(n)
		}
		switch value := arg.Value.(type) {
		case time.Time:
			return p.LongDate(value)
		case Named:
			return value.In(string(p.language))
		}
		return fmt.Sprint(arg.Value)
	}
	return "⟦" + name + "⟧"
}

// inner turns the outer quotation marks of any of our languages into the inner ones of this language. Where the text begins with such a mark they
// are left out: two opening marks side by side are hard to read.
func (p Printer) inner(text string) string {
	open, end := p.shape("inner-open"), p.shape("inner-close")
	if strings.HasPrefix(text, "«") || strings.HasPrefix(text, "“") {
		open, end = "", ""
	}
	return strings.NewReplacer("«", open, "»", end, "“", open, "”", end).Replace(text)
}

func number(value any) (n float64, isNumber bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// shape reads a key that shapes the language.
func (p Printer) shape(name string) string { return p.book.pages[p.language].texts[own+name].plain }

// Number writes n with the signs of the language and at most two decimals: «1 234,5».
func (p Printer) Number(n float64) string {
	rounded := math.Round(n*100) / 100
	whole, decimals, _ := strings.Cut(strconv.FormatFloat(math.Abs(rounded), 'f', -1, 64), ".")
	var out strings.Builder
	if rounded < 0 {
		out.WriteString("−")
	}
	for i, digit := range whole {
		if left := len(whole) - i; i > 0 && left%3 == 0 {
			out.WriteString(p.shape("group"))
		}
		out.WriteRune(digit)
	}
	if decimals != "" {
		out.WriteString(p.shape("decimal") + decimals)
	}
	return p.finish(out.String())
}

// Date writes the day of t, in the time zone that t has, for lists: «23.11.2026», «23 Nov 2026». Day and month are never exchanged and the
// year has four digits.
func (p Printer) Date(t time.Time) string { return p.date(t, "date") }

// LongDate writes the day of t, in the time zone that t has, for sentences and reports: «23 ноября 2026 г.».
func (p Printer) LongDate(t time.Time) string { return p.date(t, "long-date") }

func (p Printer) date(t time.Time, shape string) string {
	month := fmt.Sprintf("%02d", t.Month())
	text := p.fill(p.shape(shape), []Arg{
		{"d", strconv.Itoa(t.Day())}, {"dd", fmt.Sprintf("%02d", t.Day())}, {"mm", month}, {"yyyy", fmt.Sprintf("%04d", t.Year())},
		{"month", p.shape("month." + month)}, {"mon", p.shape("month-short." + month)},
	})
	return p.finish(strings.ReplaceAll(text, " ", "\u00a0"))
}

// Time writes the time of day of t, in the time zone that t has, in 24 hours: «07:44».
func (p Printer) Time(t time.Time) string { return t.Format("15:04") }

// List joins items as the language does: «A, B және C».
func (p Printer) List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + p.shape("and") + items[last]
}

// Quote puts text into the quotation marks of the language.
func (p Printer) Quote(text string) string {
	return p.shape("quote-open") + text + p.shape("quote-close")
}

// Ago says how long before now the day of t was: «кеше», «3 күн бұрын». Days are counted in the time zone of now; a day in the future is written as a date.
func (p Printer) Ago(t, now time.Time) string {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(now.Location()).Date()
		return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	}
	switch days := int(day(now).Sub(day(t)).Hours()) / 24; {
	case day(t).After(day(now)):
		return p.Date(t)
	case days == 0:
		return p.Say("time.today")
	case days == 1:
		return p.Say("time.yesterday")
	default:
		return p.Say("time.days-ago", N(days))
	}
}
