// Package data reads the files that are compiled into the program: JSON, strictly, and without guessing what a file means.
//
// encoding/json takes the last of two fields with one name, a name in other capitals, and null for anything; and it costs every start of the program several
// times as much. This package never does more than read: what the fields are called and what may stand in them is known to the package that asks.
package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Reader goes through one JSON text from its beginning to its end. Each method reads one value and is an error when the value is of another kind. The texts
// that it gives share the memory of the whole.
type Reader struct{ rest string }

var errForm = errors.New("not JSON of the form that is wanted")

// Read reads a whole text by value, which must read exactly one value. It is an error when the text is not UTF-8 or when something follows the value.
func Read(text string, value func(r *Reader) error) error {
	if !utf8.ValidString(text) {
		return errors.New("not UTF-8")
	}
	r := &Reader{text}
	if err := value(r); err != nil {
		return err
	}
	if r.space(); r.rest != "" {
		return errors.New("something follows the value")
	}
	return nil
}

// File gives the text of a file.
func File(files fs.FS, name string) (string, error) {
	file, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var text strings.Builder
	if info, err := file.Stat(); err == nil {
		text.Grow(int(info.Size()))
	}
	_, err = io.CopyBuffer(&text, file, make([]byte, 8<<10))
	return text.String(), err
}

// Object reads an object with few fields. It calls field for each, which must read its value; a name that stands twice is an error.
func (r *Reader) Object(field func(name string) error) error {
	var room [24]string
	seen := room[:0]
	return r.Map(func(name string) error {
		if slices.Contains(seen, name) {
			return errors.New("stands twice")
		}
		seen = append(seen, name)
		return field(name)
	})
}

// Map reads an object with many names. It calls value for each, which must read its value; names that stand twice are left to the caller, who puts them into a
// map all the same. A name with an escape is an error.
func (r *Reader) Map(value func(name string) error) error {
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
		end := strings.IndexByte(r.rest, '"')
		if end < 0 || strings.IndexByte(r.rest[:end], '\\') >= 0 || !plain(r.rest[:end]) {
			return errForm
		}
		name := r.rest[:end]
		if r.rest = r.rest[end+1:]; !r.next(':') {
			return errForm
		}
		if err := value(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if r.next('}') {
			return nil
		}
		if !r.next(',') {
			return errForm
		}
	}
}

// Array reads an array. It calls element for each of its elements, which must read it.
func (r *Reader) Array(element func() error) error {
	if !r.next('[') {
		return errForm
	}
	if r.next(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if r.next(']') {
			return nil
		}
		if !r.next(',') {
			return errForm
		}
	}
}

// AtObject tells whether an object is next.
func (r *Reader) AtObject() bool {
	r.space()
	return strings.HasPrefix(r.rest, "{")
}

// Text reads a text.
func (r *Reader) Text(into *string) error {
	if !r.next('"') {
		return errForm
	}
	end := strings.IndexByte(r.rest, '"')
	if end < 0 {
		return errForm
	}
	if strings.IndexByte(r.rest[:end], '\\') < 0 {
		*into, r.rest = r.rest[:end], r.rest[end+1:]
		if !plain(*into) {
			return errForm
		}
		return nil
	}
	// With escapes, which are few: the library knows them.
	for end = 0; r.rest[end] != '"'; end++ {
		if r.rest[end] == '\\' {
			end++
		}
		if end+1 >= len(r.rest) {
			return errForm
		}
	}
	err := json.Unmarshal([]byte(`"`+r.rest[:end+1]), into)
	r.rest = r.rest[end+1:]
	return err
}

// plain tells whether the text has no control characters, which JSON wants to be escaped.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' {
			return false
		}
	}
	return true
}

// Number reads a whole number that is not negative.
func (r *Reader) Number(into *int) error {
	r.space()
	end := 0
	for end < len(r.rest) && r.rest[end] >= '0' && r.rest[end] <= '9' {
		end++
	}
	digits := r.rest[:end]
	if len(digits) > 1 && digits[0] == '0' {
		return errForm
	}
	var err error
	*into, err = strconv.Atoi(digits)
	r.rest = r.rest[end:]
	return err
}

// Yes reads true or false.
func (r *Reader) Yes(into *bool) error {
	r.space()
	rest, yes := strings.CutPrefix(r.rest, "true")
	if !yes {
		var no bool
		if rest, no = strings.CutPrefix(r.rest, "false"); !no {
			return errForm
		}
	}
	*into, r.rest = yes, rest
	return nil
}

// next goes over white space and over the sign, if that follows.
func (r *Reader) next(sign byte) bool {
	r.space()
	if r.rest == "" || r.rest[0] != sign {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *Reader) space() {
	at := 0
	for at < len(r.rest) && (r.rest[at] == ' ' || r.rest[at] == '\n' || r.rest[at] == '\t' || r.rest[at] == '\r') {
		at++
	}
	r.rest = r.rest[at:]
}
