package report

import (
	"strings"
	"unicode/utf8"
)

// Columns is how wide text for terminals and text files is.
const Columns = 80

// Plain is text with nothing in it that would make a terminal do something or turn the order of letters round: names of profiles, folders and accounts are foreign,
// and a disk of somebody else can be looked at. Line breaks and tabs are kept.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
		case r < 0x20, r >= 0x7F && r < 0xA0, r == 0x200E, r == 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, text)
}

// Wrap breaks text into lines of at most width letters, each made Plain, at spaces alone: U+00A0 and U+202F hold words together. The first line begins with first, the others
// with rest. A word that is longer than a line stands on a line of its own, unbroken, so that paths and codes can be copied. Line breaks in text are kept.
func Wrap(text string, width int, first, rest string) string {
	var out strings.Builder
	indent := first
	for paragraph := range strings.SplitSeq(Plain(text), "\n") {
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
