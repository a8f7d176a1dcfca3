package store

import (
	"bytes"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// # The format of p11-kit
//
// A file of sections, each beginning with the line «[p11-kit-object-v1]» and holding attributes, one «name: value» a line, and at most one PEM block, which gives
// the certificate (p11-kit, trust/persist.c and common/lexer.c). «trusted: true» makes an anchor of it, «x-distrusted: true» refuses it. p11-kit throws a whole
// file away when one line of it is wrong; here each section counts by itself, since saying too much does less harm than missing something.

var (
	p11Header = []byte("p11-kit-object-v1")
	p11Begin  = []byte("-----BEGIN ")
	p11End    = []byte("\n-----END ")
)

// isP11 tells whether p11-kit would read data in its own format. It looks for the mark anywhere, as p11-kit does.
func isP11(data []byte) bool { return bytes.Contains(data, []byte("[p11-kit-object-v1]")) }

// p11Pieces yields each section from its header to its last line that says anything; comments and empty lines after that belong to no section.
func p11Pieces(data []byte) []piece {
	var all []piece
	var current *piece
	var trusted, refused bool
	done := func() {
		if current == nil {
			return
		}
		switch {
		case refused:
			current.trust = evidence.Distrusted
		case trusted:
			current.trust = evidence.Web
		}
		if current.der != nil {
			current.print = cert.Of(current.der)
		}
		all = append(all, *current)
		current, trusted, refused = nil, false, false
	}
	open := false // no END line follows any more; without this, a file of BEGIN lines would be searched to its end for each
	for at := 0; at < len(data); {
		if !open && bytes.HasPrefix(data[at:], p11Begin) {
			closing := bytes.Index(data[at:], p11End)
			open = closing < 0
			if !open {
				end := lineEnd(data, at+closing+1)
				if current != nil {
					for raw := range cert.Scan(data[at:end]) {
						if current.der == nil && raw.Aux == nil {
							current.der = raw.DER
						}
					}
					current.end = end
				}
				at = end
				continue
			}
		}
		end := lineEnd(data, at)
		line := bytes.TrimSpace(data[at:end])
		switch {
		case len(line) == 0 || line[0] == '#':
		case line[0] == '[' && line[len(line)-1] == ']':
			done()
			if bytes.Equal(line[1:len(line)-1], p11Header) {
				current = &piece{start: at, end: end}
			}
		case current != nil:
			current.end = end
			name, value, ok := bytes.Cut(line, []byte(":"))
			if !ok {
				break
			}
			value = bytes.TrimSpace(value)
			switch string(bytes.TrimSpace(name)) {
			case "trusted":
				trusted = string(value) == "true"
			case "x-distrusted":
				refused = string(value) == "true"
			case "value":
				if der := wholeDER(percent(value)); der != nil && current.der == nil {
					current.der = der
				}
			}
		}
		at = end
	}
	done()
	return all
}

// lineEnd is where the line that begins at or goes through at ends, with its line break.
func lineEnd(data []byte, at int) int {
	if next := bytes.IndexByte(data[at:], '\n'); next >= 0 {
		return at + next + 1
	}
	return len(data)
}

// percent decodes a value in quotes in which bytes are written as %XX; nil when it is none.
func percent(value []byte) []byte {
	n := len(value)
	if n < 2 || value[0] != '"' || value[n-1] != '"' {
		return nil
	}
	value = value[1 : n-1]
	decoded := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			decoded = append(decoded, value[i])
			continue
		}
		if i+2 >= len(value) {
			return nil
		}
		high, low := digit(value[i+1]), digit(value[i+2])
		if high < 0 || low < 0 {
			return nil
		}
		decoded = append(decoded, byte(high<<4|low))
		i += 2
	}
	return decoded
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
