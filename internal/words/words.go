// Package words is everything the program says to people: one JSON file for each language, and the rules of its numbers, dates and lists.
//
// A language is one file: «kk.json» and so on. Its keys are flat («finding.state-used.title») and sorted, one on a line. A value is a text with
// named placeholders («{name}»), or an object with one text for each plural category of the language. The keys «language.…» are not said but obeyed:
// they name the plural rule, the shape of dates and the signs of numbers.
//
// [Load] refuses a file that could fail later: an unknown category, a category that is missing, a placeholder that another language does not
// have. So [Printer.Say] cannot fail; it has no errors. The package reads no environment, no clock and no preferences: all of it is handed in.
package words

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Language is the tag of a language, as BCP 47 has it: «kk».
type Language string

// The languages that come with the program.
const (
	Kazakh  Language = "kk"
	Russian Language = "ru"
	English Language = "en"
)

// Book holds the texts of every language. It is not changed after [Load], so it can be used from any goroutine.
type Book struct {
	pages map[Language]*page
	order []Language
}

// page is one language.
type page struct {
	texts   map[string]text
	plurals rule
}

// text is one message: either plain, or with a form for each category.
type text struct {
	plain string
	forms map[Category]string // nil for a plain text
}

// one is a form of the text, the plain one if there is one: the placeholders of all are the same.
func (t text) one() string {
	for _, form := range t.forms {
		return form
	}
	return t.plain
}

// own are the keys that shape a language; their placeholders are set by this package and may differ from language to language.
const own = "language."

// Load reads every words/*.json of files. It returns an error for a file that is not strictly of the form described above, and when the same
// key has different placeholders in two languages. Keys that are missing in one language are no error here: [Book.Missing] tells them.
func Load(files fs.FS) (*Book, error) {
	names, err := fs.Glob(files, "words/*.json")
	if err != nil {
		return nil, fmt.Errorf("look for languages: %w", err)
	}
	if len(names) == 0 {
		return nil, errors.New("look for languages: no words/*.json")
	}
	book := &Book{pages: map[Language]*page{}}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read language: %w", err)
		}
		read, err := readPage(data)
		if err != nil {
			return nil, fmt.Errorf("read language %s: %w", name, err)
		}
		language := Language(strings.TrimSuffix(path.Base(name), ".json"))
		book.pages[language] = read
		book.order = append(book.order, language)
	}
	slices.SortFunc(book.order, func(a, b Language) int { return rank(a) - rank(b) })
	if err := book.sameHoles(); err != nil {
		return nil, err
	}
	return book, nil
}

// rank puts the languages in the order in which they are offered: those of the country first.
func rank(l Language) int {
	if at := slices.Index([]Language{Kazakh, Russian, English}, l); at >= 0 {
		return at
	}
	return 3
}

func readPage(data []byte) (*page, error) {
	texts, err := readTexts(data)
	if err != nil {
		return nil, err
	}
	p := &page{texts: texts}
	name := p.texts[own+"plurals"].plain
	chosen, known := rules[name]
	if !known {
		return nil, fmt.Errorf("%splurals: unknown rule %q", own, name)
	}
	p.plurals = chosen
	join := strings.NewReplacer(" — ", "\u00a0— ", " – ", "\u00a0– ", " → ", "\u00a0→ ", "{n} ", "{n}\u00a0")
	for key, t := range p.texts {
		if err := p.check(t); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if !strings.HasPrefix(key, own) { // those are shapes, not texts
			p.texts[key] = t.bound(join)
		}
	}
	return p, nil
}

// check holds a text against the plural rule of its language, and its forms against each other.
func (p *page) check(t text) error {
	if t.forms == nil {
		_, err := holes(t.plain)
		return err
	}
	for category := range t.forms {
		if !slices.Contains(p.plurals.needs, category) {
			return fmt.Errorf("plural category %q is not one of this language", category)
		}
	}
	for _, category := range p.plurals.needs {
		if _, there := t.forms[category]; !there {
			return fmt.Errorf("plural category %q is missing", category)
		}
	}
	var first []string
	for i, category := range p.plurals.needs {
		found, err := holes(t.forms[category])
		if err != nil {
			return err
		}
		if i == 0 {
			first = found
		} else if !slices.Equal(first, found) {
			return fmt.Errorf("placeholders differ between plural forms: %v and %v", first, found)
		}
	}
	if !slices.Contains(first, "n") {
		return errors.New("plural forms without the placeholder {n}")
	}
	return nil
}

// holes are the names of the placeholders in a text, sorted, each once.
func holes(form string) ([]string, error) {
	if strings.IndexByte(form, '{') < 0 && strings.IndexByte(form, '}') < 0 {
		return nil, nil
	}
	var found []string
	for rest := form; ; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			slices.Sort(found)
			return slices.Compact(found), nil
		}
		end := strings.IndexAny(rest[open+1:], "{}")
		if rest[open] == '}' || end < 1 || rest[open+1+end] == '{' {
			return nil, fmt.Errorf("braces do not match in %q", form)
		}
		found = append(found, rest[open+1:open+1+end])
		rest = rest[open+end+2:]
	}
}

// bound puts no-break spaces where a line must not break: before a dash or an arrow, and between a number and its noun. The files have ordinary
// spaces there, because nobody who writes them can see the difference.
func (t text) bound(join *strings.Replacer) text {
	if mayBreak(t.plain) {
		t.plain = join.Replace(t.plain)
	}
	for category, form := range t.forms {
		t.forms[category] = join.Replace(form)
	}
	return t
}

// mayBreak tells whether there can be anything to bind, without looking closely: the signs all begin with one byte, and few texts have a number.
func mayBreak(form string) bool {
	return strings.IndexByte(form, "—"[0]) >= 0 || strings.Contains(form, "{n} ")
}

// sameHoles compares the placeholders of every key between the languages.
func (b *Book) sameHoles() error {
	first := b.order[0]
	for _, language := range b.order[1:] {
		for key, here := range b.pages[language].texts {
			there, known := b.pages[first].texts[key]
			if !known || strings.HasPrefix(key, own) {
				continue
			}
			mine, _ := holes(here.one())
			theirs, _ := holes(there.one())
			if !slices.Equal(mine, theirs) {
				return fmt.Errorf("%s: placeholders are %v in %s and %v in %s", key, mine, language, theirs, first)
			}
		}
	}
	return nil
}

// Languages are the languages of the book, those of the country first.
func (b *Book) Languages() []Language { return slices.Clone(b.order) }

// Has tells whether the book has the language.
func (b *Book) Has(l Language) bool { return b.pages[l] != nil }

// Keys are all keys that any language has, sorted.
func (b *Book) Keys() []string {
	all := map[string]bool{}
	for _, p := range b.pages {
		for key := range p.texts {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Missing are the keys that some other language has and this one has not, sorted.
func (b *Book) Missing(l Language) []string {
	var missing []string
	for _, key := range b.Keys() {
		if _, there := b.pages[l].texts[key]; !there {
			missing = append(missing, key)
		}
	}
	return missing
}

// Forms are the texts of a key in a language: one, or one for each plural category in the order of CLDR. For tests and for tools that
// measure or draw every text.
func (b *Book) Forms(l Language, key string) []string {
	p := b.pages[l]
	if p == nil {
		return nil
	}
	t, there := p.texts[key]
	switch {
	case !there:
		return nil
	case t.forms == nil:
		return []string{t.plain}
	}
	var forms []string
	for _, category := range p.plurals.needs {
		forms = append(forms, t.forms[category])
	}
	return forms
}
