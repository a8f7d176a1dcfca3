package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// reader reads the one form of JSON that a language has: an object of texts, and of objects of texts. It is stricter than encoding/json, which would take the
// last of two texts with one key, and several times quicker: every start of the program reads every language.
type reader struct {
	rest string // what was not read yet
}

var errForm = errors.New("not JSON of the form of a language")

// readTexts reads a whole file. The texts share the memory of one copy of it.
func readTexts(data []byte) (map[string]text, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	r := &reader{string(data)}
	texts := make(map[string]text, strings.Count(r.rest, "\n"))
	err := r.object(func(key string) error {
		var t text
		var err error
		switch {
		case r.next('"'):
			t.plain, err = r.text()
		case strings.HasPrefix(r.rest, "{"):
			t.forms = make(map[Category]string, 4)
			err = r.object(func(category string) error {
				if !r.next('"') {
					return errors.New("a form that is no text")
				}
				form, err := r.text()
				if _, twice := t.forms[Category(category)]; err == nil && twice {
					err = fmt.Errorf("plural category %q stands twice", category)
				}
				t.forms[Category(category)] = form
				return err
			})
		default:
			err = errors.New("neither a text nor an object of texts")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if _, twice := texts[key]; twice {
			return fmt.Errorf("%s: stands twice", key)
		}
		texts[key] = t
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.space(); r.rest != "" {
		return nil, errors.New("something follows the texts")
	}
	return texts, nil
}

// object reads an object, and calls value for each key when its value is next.
func (r *reader) object(value func(key string) error) error {
	if !r.next('{') {
		return errForm
	}
	if r.next('}') {
		return nil
	}
	for {
		if !r.next('"') {
			return errForm
		}
		key, err := r.text()
		if err != nil {
			return err
		}
		if !r.next(':') {
			return errForm
		}
		r.space()
		if err := value(key); err != nil {
			return err
		}
		if r.next('}') {
			return nil
		}
		if !r.next(',') {
			return errForm
		}
	}
}

// next goes over white space and over the sign, if that follows.
func (r *reader) next(sign byte) bool {
	r.space()
	if r.rest == "" || r.rest[0] != sign {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *reader) space() {
	at := 0
	for at < len(r.rest) && (r.rest[at] == ' ' || r.rest[at] == '\n' || r.rest[at] == '\t' || r.rest[at] == '\r') {
		at++
	}
	r.rest = r.rest[at:]
}

// text reads the rest of a text whose opening quotation mark was read.
func (r *reader) text() (string, error) {
	end := strings.IndexByte(r.rest, '"')
	if end < 0 {
		return "", errForm
	}
	found := r.rest[:end]
	if strings.IndexByte(found, '\\') < 0 {
		r.rest = r.rest[end+1:]
		for i := range len(found) {
			if found[i] < ' ' {
				return "", errForm
			}
		}
		return found, nil
	}
	// With escapes, which are few: the library knows them.
	for end = 0; r.rest[end] != '"'; end++ {
		if r.rest[end] == '\\' {
			end++
		}
		if end+1 >= len(r.rest) {
			return "", errForm
		}
	}
	err := json.Unmarshal([]byte(`"`+r.rest[:end+1]), &found)
	r.rest = r.rest[end+1:]
	return found, err
}
