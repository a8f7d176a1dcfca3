package words

import (
	"errors"
	"fmt"
	"strings"

	"qulyp/internal/data"
)

// readTexts reads a whole language: an object of texts, and of objects with a text for each plural category.
func readTexts(file string) (map[string]text, error) {
	texts := make(map[string]text, strings.Count(file, "\n"))
	var t text // one for all keys: it moves to the heap
	err := data.Read(file, func(r *data.Reader) error {
		return r.Map(func(key string) error {
			if _, twice := texts[key]; twice {
				return errors.New("stands twice")
			}
			t = text{}
			var err error
			if r.AtObject() {
				t.forms = make(map[Category]string, 4)
				err = r.Object(func(category string) error {
					var form string
					err := r.Text(&form)
					t.forms[Category(category)] = form
					return err
				})
			} else {
				err = r.Text(&t.plain)
			}
			if err != nil {
				return fmt.Errorf("neither a text nor an object of texts: %w", err)
			}
			texts[key] = t
			return nil
		})
	})
	return texts, err
}
