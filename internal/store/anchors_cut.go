package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"qulyp/internal/cert"
)

// cuts is what is taken out of one file that holds more than the certificate: the exact bytes of each piece, and where they stood.
//
// # Putting back
//
// A piece must come back to its own place even when other pieces were cut out of the same file after it was saved, in any order. So its place is told in terms
// that do not change when pieces go: its distance in the text between the pieces (the gaps), and which pieces stood before it at that distance. While the gaps
// are what they were, the file comes back byte for byte; where they are not, the piece is put after the one that it followed, else at the end.
type cuts struct {
	Form  form   `json:"form"`
	Whole digest `json:"whole"` // of the file as it was
	Rest  digest `json:"rest"`  // of the file without the pieces
	Gaps  digest `json:"gaps"`  // of the text between the pieces
	List  []cut  `json:"list"`
}

type cut struct {
	At    int      `json:"at"`              // offset in the file as it was
	Gap   int      `json:"gap"`             // offset in the text between the pieces
	After []string `json:"after,omitempty"` // marks of the pieces before it at the same Gap
	Prev  string   `json:"prev,omitempty"`  // mark of the piece before it
	Bytes []byte   `json:"bytes"`
}

// digest is a SHA-256 in hexadecimal digits.
type digest string

func digestOf(data []byte) digest {
	sum := sha256.Sum256(data)
	return digest(hex.EncodeToString(sum[:]))
}

// mark tells pieces of one file apart.
func mark(piece []byte) string {
	sum := sha256.Sum256(piece)
	return hex.EncodeToString(sum[:8])
}

// planCuts says how to take the pieces that want names out of data.
func planCuts(f form, data []byte, all []piece, want func(piece) bool) cuts {
	c := cuts{Form: f, Whole: digestOf(data)}
	var gaps, rest []byte
	at := 0
	var before []string
	for i, p := range all {
		if between := data[at:p.start]; len(between) > 0 {
			gaps, rest = append(gaps, between...), append(rest, between...)
			before = nil
		}
		raw := data[p.start:p.end]
		if want(p) {
			one := cut{At: p.start, Gap: len(gaps), After: slices.Clone(before), Bytes: bytes.Clone(raw)}
			if i > 0 {
				one.Prev = mark(data[all[i-1].start:all[i-1].end])
			}
			c.List = append(c.List, one)
		} else {
			rest = append(rest, raw...)
		}
		before = append(before, mark(raw))
		at = p.end
	}
	c.Gaps, c.Rest = digestOf(append(gaps, data[at:]...)), digestOf(append(rest, data[at:]...))
	return c
}

// state says how something that was saved stands now.
type state int

const (
	present state = iota // as it was saved
	gone                 // not there
	altered              // there, but different
)

// find tells whether the pieces are in data, byte for byte. print is the certificate that they hold; zero where they hold none.
func (c cuts) find(data []byte, print cert.Print) state {
	result := gone
	for _, p := range formPieces(c.Form, data) {
		if slices.ContainsFunc(c.List, func(one cut) bool { return bytes.Equal(one.Bytes, data[p.start:p.end]) }) {
			return present
		}
		if p.der != nil && p.print == print {
			result = altered
		}
	}
	return result
}

// take cuts the pieces out of data, wherever they stand now, each as often as it was saved.
func (c cuts) take(data []byte) []byte {
	left := make([][]byte, 0, len(c.List))
	for _, one := range c.List {
		left = append(left, one.Bytes)
	}
	rest := make([]byte, 0, len(data))
	at := 0
	for _, p := range formPieces(c.Form, data) {
		i := slices.IndexFunc(left, func(b []byte) bool { return bytes.Equal(b, data[p.start:p.end]) })
		if i < 0 {
			continue
		}
		left = slices.Delete(left, i, i+1)
		rest = append(rest, data[at:p.start]...)
		at = p.end
	}
	return append(rest, data[at:]...)
}

// put puts the pieces that are missing back into data.
func (c cuts) put(data []byte) []byte {
	switch digestOf(data) {
	case c.Whole:
		return data
	case c.Rest:
		whole := bytes.Clone(data)
		for _, one := range c.List {
			if one.At > len(whole) {
				return c.putEach(data)
			}
			whole = slices.Insert(whole, one.At, one.Bytes...)
		}
		if digestOf(whole) == c.Whole {
			return whole
		}
	}
	return c.putEach(data)
}

func (c cuts) putEach(data []byte) []byte {
	there := map[string]int{}
	for _, p := range formPieces(c.Form, data) {
		there[mark(data[p.start:p.end])]++
	}
	for _, one := range c.List {
		if m := mark(one.Bytes); there[m] > 0 {
			there[m]--
			continue
		}
		data = c.putOne(data, one)
	}
	return data
}

// putOne finds the place of one piece by the gaps and its neighbours.
func (c cuts) putOne(data []byte, one cut) []byte {
	all := formPieces(c.Form, data)
	var gaps []byte
	at := 0
	offset := make([]int, len(all)) // of each piece in the gaps
	for i, p := range all {
		gaps = append(gaps, data[at:p.start]...)
		offset[i], at = len(gaps), p.end
	}
	gaps = append(gaps, data[at:]...)
	if digestOf(gaps) == c.Gaps && one.Gap <= len(gaps) {
		to := one.Gap
		for i, p := range all {
			if offset[i] < one.Gap {
				to += p.end - p.start
			}
		}
		left := map[string]int{} // a file can hold a certificate twice: only as many count as stood before
		for _, m := range one.After {
			left[m]++
		}
		for i, p := range all {
			if m := mark(data[p.start:p.end]); offset[i] == one.Gap && left[m] > 0 {
				left[m]--
				to = p.end
			}
		}
		return slices.Insert(bytes.Clone(data), to, one.Bytes...)
	}
	to := len(data)
	for _, p := range all {
		if m := mark(data[p.start:p.end]); m == one.Prev || slices.Contains(one.After, m) {
			to = p.end
		}
	}
	piece := one.Bytes
	if to > 0 && data[to-1] != '\n' {
		piece = append([]byte("\n"), piece...)
	}
	if to < len(data) && piece[len(piece)-1] != '\n' {
		piece = append(bytes.Clone(piece), '\n')
	}
	return slices.Insert(bytes.Clone(data), to, piece...)
}
