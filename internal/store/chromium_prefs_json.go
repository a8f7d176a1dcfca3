package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"qulyp/internal/evidence"
)

// prefsGroup is the object of the settings with the lists, and prefsLists the lists that make something trusted, or help to. What is refused is no danger.
const prefsGroup = "certificates"

var prefsLists = map[string]evidence.Trust{
	"ca_certificates":                  evidence.Web,
	"ca_certificates_with_constraints": evidence.Web, // for some names; no less dangerous for those
	"ca_hint_certificates":             evidence.Other,
}

// mayNameCertificates tells whether a look inside is worth its time: the files are large, and next to none has the lists. A letter of a name can be written as
// its number too.
func mayNameCertificates(text []byte) bool {
	for _, mark := range []string{"ca_certificates", "ca_hint_certificates", `\u005f`, `\u005F`, `\u006`, `\u007`} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// prefsItem is one element of a list that holds a certificate, with its place in the text.
type prefsItem struct {
	list       string
	at         int // in the list, from 0
	start, end int

	raw json.RawMessage
	der []byte
}

// prefsLook is what stands in the text: the elements, and where each list and the object around them begin.
type prefsLook struct {
	items []prefsItem
	lists map[string]prefsSpan // the last of each name, which is the one that counts
	group prefsSpan            // the object of the lists
	whole prefsSpan            // the whole
}

// prefsSpan is the place of an array or object: behind its first bracket, and behind each element.
type prefsSpan struct {
	inside int   // offset; 0: there is none
	ends   []int // of elements; of an object, the number of members alone counts
}

// readPrefsItems finds the elements in a file of settings, with their offsets, so that everything else can stay as it is.
func readPrefsItems(text []byte) (prefsLook, error) {
	found := prefsLook{lists: map[string]prefsSpan{}}
	skip := len(text) - len(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	dec := json.NewDecoder(bytes.NewReader(text[skip:]))
	at := func() int { return skip + int(dec.InputOffset()) }
	members := func(each func(name string) error) (prefsSpan, error) {
		span := prefsSpan{}
		if token, err := dec.Token(); err != nil || token != json.Delim('{') {
			return span, fmt.Errorf("not an object: %w", cmpErr(err))
		}
		span.inside = at()
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return span, err
			}
			if err := each(name.(string)); err != nil {
				return span, err
			}
			span.ends = append(span.ends, at())
		}
		_, err := dec.Token()
		return span, err
	}
	pass := func() error {
		var raw json.RawMessage
		return dec.Decode(&raw)
	}
	list := func(name string) error {
		if !startsWith(text[at():], '[') {
			return pass()
		}
		if _, err := dec.Token(); err != nil {
			return err
		}
		span := prefsSpan{inside: at()}
		for dec.More() {
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return err
			}
			end := at()
			if der := policyItem(raw); len(der) > 0 {
				found.items = append(found.items, prefsItem{name, len(span.ends), end - len(raw), end, slices.Clone(raw), der})
			}
			span.ends = append(span.ends, end)
		}
		found.lists[name] = span
		_, err := dec.Token()
		return err
	}
	var err error
	found.whole, err = members(func(name string) error {
		if name != prefsGroup || !startsWith(text[at():], '{') {
			return pass()
		}
		var err error
		found.group, err = members(func(name string) error {
			if prefsLists[name] == "" {
				return pass()
			}
			return list(name)
		})
		return err
	})
	return found, err
}

func cmpErr(err error) error {
	if err == nil {
		return errPrefs
	}
	return err
}

// startsWith tells whether the value behind a name, its colon and space, begins with this mark.
func startsWith(text []byte, mark byte) bool {
	text = bytes.TrimLeft(text, ": \t\r\n")
	return len(text) > 0 && text[0] == mark
}

// cut takes the element out of the text, with the comma that divides it from its neighbour.
func (p prefsItem) cut(text []byte) []byte {
	start, end := p.start, p.end
	before, after := bytes.TrimRight(text[:start], " \t\r\n"), bytes.TrimLeft(text[end:], " \t\r\n")
	switch {
	case len(before) > 0 && before[len(before)-1] == ',':
		start = len(before) - 1
	case len(after) > 0 && after[0] == ',':
		end = len(text) - len(after) + 1
	}
	return slices.Delete(text, start, end)
}

// put writes an element back: to its place in the list, or into a list that is made for it.
func (l prefsLook) put(text []byte, one prefsSaved) []byte {
	if span := l.lists[one.List]; span.inside > 0 {
		n := min(one.At, len(span.ends))
		switch {
		case n > 0:
			return slices.Insert(text, span.ends[n-1], append([]byte{','}, one.Item...)...)
		case len(span.ends) > 0:
			return slices.Insert(text, span.inside, append(slices.Clone(one.Item), ',')...)
		}
		return slices.Insert(text, span.inside, one.Item...)
	}
	span, piece := l.group, fmt.Appendf(nil, `"%s":[%s]`, one.List, one.Item)
	if span.inside == 0 {
		span, piece = l.whole, fmt.Appendf(nil, `"%s":{%s}`, prefsGroup, piece)
	}
	if len(span.ends) > 0 {
		piece = append(piece, ',')
	}
	return slices.Insert(text, span.inside, piece...)
}

// sameJSON tells whether two values are the same but for the space in them, which going through a journal may change.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
