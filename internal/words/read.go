package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// readTexts reads a whole file: an object of texts, and of objects of texts. It decodes in one go instead of
// once more for each text, since every start of the program reads every language. Of two texts with one key the library takes the last; a test holds that no file has such.
func readTexts(data []byte) (map[string]text, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, errors.New("null is no language")
	}
	texts := make(map[string]text, len(raw))
	for key, value := range raw {
		t, err := textOf(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		texts[key] = t
	}
	return texts, nil
}

func textOf(value any) (text, error) {
	switch value := value.(type) {
	case string:
		return text{plain: value}, nil
	case map[string]any:
		t := text{forms: make(map[Category]string, len(value))}
		for category, form := range value {
			plain, ok := form.(string)
			if !ok {
				return text{}, fmt.Errorf("plural category %q: no text", category)
			}
			t.forms[Category(category)] = plain
		}
		return t, nil
	}
	return text{}, errors.New("neither a text nor an object of texts")
}
