package report

import (
	"strings"
	"unicode/utf8"
)

// Columns is how wide text for terminals and text files is.
const Columns = 80

// Wrap breaks text into lines of at most width letters, at spaces alone: U+00A0 and U+202F hold words together. The first line begins with first, the others
// with rest. A word that is longer than a line stands on a line of its own, unbroken, so that paths and codes can be copied. Line breaks in text are kept.
func Wrap(text string, width int, first, rest string) string {
	var out strings.Builder
	indent := first
	for paragraph := range strings.SplitSeq(text, "\n") {
		column := 0
		for word := range strings.FieldsFuncSeq(paragraph, func(r rune) bool { return r == ' ' || r == '\t' }) {
			length := utf8.RuneCountInString(word)
			switch {
			case column == 0:
				out.WriteString(indent)
				column = utf8.RuneCountInString(indent)
				indent = rest
			case column+1+length > width:
				out.WriteByte('\n')
				out.WriteString(indent)
				column = utf8.RuneCountInString(indent)
			default:
				out.WriteByte(' ')
				column++
			}
			out.WriteString(word)
			column += length
		}
		out.WriteByte('\n')
	}
	return out.String()
}
