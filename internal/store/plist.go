package store

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// errPlist says that a file is no property list.
var errPlist = errors.New("not a property list")

// The bounds of what is read: a list of policies has a few hundred values, a few levels deep.
const (
	maxPlistValues = 100_000
	maxPlistDepth  = 64
)

// plistJSON reads a property list of macOS, in either of its formats, and gives it as JSON. Data becomes a text in base64; dates become numbers.
func plistJSON(data []byte) ([]byte, error) {
	var value any
	var err error
	if bytes.HasPrefix(data, []byte("bplist00")) {
		value, err = readBinaryPlist(data)
	} else {
		value, err = readXMLPlist(data)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// binaryPlist is the binary format: CFBinaryPList.c of Core Foundation. Objects lie one after the other; a table at the end tells where, and a trailer of 32 bytes
// tells about the table.
type binaryPlist struct {
	data    []byte
	offsets []byte
	size    int // of one offset
	ref     int // size of one number of an object
	count   uint64
	left    int // values that may still be read
}

func readBinaryPlist(data []byte) (any, error) {
	if len(data) < 8+32 {
		return nil, errPlist
	}
	trailer := data[len(data)-32:]
	p := binaryPlist{data: data[:len(data)-32], size: int(trailer[6]), ref: int(trailer[7]), count: binary.BigEndian.Uint64(trailer[8:]), left: maxPlistValues}
	top, table := binary.BigEndian.Uint64(trailer[16:]), binary.BigEndian.Uint64(trailer[24:])
	if p.size < 1 || p.size > 8 || p.ref < 1 || p.ref > 8 || table > uint64(len(p.data)) || p.count > uint64(len(p.data)) ||
		p.count*uint64(p.size) > uint64(len(p.data))-table {
		return nil, errPlist
	}
	p.offsets = p.data[table : table+p.count*uint64(p.size)]
	return p.object(top, maxPlistDepth)
}

func bigEndian(data []byte) uint64 {
	var n uint64
	for _, b := range data {
		n = n<<8 | uint64(b)
	}
	return n
}

// object reads the object of that number.
func (p *binaryPlist) object(number uint64, depth int) (any, error) {
	if p.left--; number >= p.count || depth == 0 || p.left < 0 {
		return nil, errPlist
	}
	at := bigEndian(p.offsets[number*uint64(p.size):][:p.size])
	if at >= uint64(len(p.data)) {
		return nil, errPlist
	}
	kind, rest := p.data[at], p.data[at+1:]
	take := func(n uint64) ([]byte, error) {
		if n > uint64(len(rest)) {
			return nil, errPlist
		}
		out := rest[:n]
		rest = rest[n:]
		return out, nil
	}
	low := uint64(kind & 15)
	switch kind >> 4 {
	case 0:
		return map[uint64]any{8: false, 9: true}[low], nil
	case 1, 2, 3: // integer, real, date
		n, err := take(1 << min(low, 4))
		switch {
		case err != nil:
			return nil, err
		case kind>>4 == 1:
			return int64(bigEndian(n)), nil
		case len(n) == 4:
			return number32(n), nil
		case len(n) == 8:
			return finite(math.Float64frombits(bigEndian(n))), nil
		}
		return nil, errPlist
	}
	if low == 15 { // the length follows, as an integer
		head, err := take(1)
		if err != nil || head[0]>>4 != 1 || head[0]&15 > 3 {
			return nil, errPlist
		}
		n, err := take(1 << (head[0] & 15))
		if err != nil {
			return nil, err
		}
		low = bigEndian(n)
	}
	switch kind >> 4 {
	case 4:
		raw, err := take(low)
		return base64.StdEncoding.EncodeToString(raw), err
	case 5:
		raw, err := take(low)
		return strings.ToValidUTF8(string(raw), "\ufffd"), err
	case 6:
		if low > uint64(len(rest)) {
			return nil, errPlist
		}
		raw, err := take(2 * low)
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
		return string(utf16.Decode(units)), err
	case 8:
		raw, err := take(low + 1)
		return int64(bigEndian(raw)), err
	case 10, 12:
		return p.list(rest, low, depth)
	case 13:
		if low > uint64(len(rest)) {
			return nil, errPlist
		}
		keys, err := p.list(rest, low, depth)
		if err != nil {
			return nil, err
		}
		if low*uint64(p.ref) > uint64(len(rest)) {
			return nil, errPlist
		}
		values, err := p.list(rest[low*uint64(p.ref):], low, depth)
		if err != nil {
			return nil, err
		}
		dict := map[string]any{}
		for i, key := range keys {
			if name, ok := key.(string); ok {
				dict[name] = values[i]
			}
		}
		return dict, nil
	}
	return nil, errPlist
}

// list reads as many objects as numbers say.
func (p *binaryPlist) list(numbers []byte, n uint64, depth int) ([]any, error) {
	if n > uint64(len(numbers)) || n*uint64(p.ref) > uint64(len(numbers)) {
		return nil, errPlist
	}
	list := []any{}
	for i := range n {
		value, err := p.object(bigEndian(numbers[i*uint64(p.ref):][:p.ref]), depth-1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

func number32(n []byte) any { return finite(float64(math.Float32frombits(uint32(bigEndian(n))))) }

// finite is a number that JSON can hold.
func finite(n float64) any {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return nil
	}
	return n
}

// readXMLPlist reads the format of text.
func readXMLPlist(data []byte) (any, error) {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	left := maxPlistValues
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, errors.Join(errPlist, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			if start.Name.Local == "plist" {
				continue
			}
			return xmlValue(decoder, start, maxPlistDepth, &left)
		}
	}
}

// xmlValue reads the value that begins with start.
func xmlValue(decoder *xml.Decoder, start xml.StartElement, depth int, left *int) (any, error) {
	if *left--; depth == 0 || *left < 0 {
		return nil, errPlist
	}
	switch kind := start.Name.Local; kind {
	case "array", "dict":
		list, dict, key := []any{}, map[string]any{}, ""
		for {
			token, err := decoder.Token()
			if err != nil {
				return nil, errors.Join(errPlist, err)
			}
			switch token := token.(type) {
			case xml.EndElement:
				if kind == "array" {
					return list, nil
				}
				return dict, nil
			case xml.StartElement:
				value, err := xmlValue(decoder, token, depth-1, left)
				if err != nil {
					return nil, err
				}
				switch text, isText := value.(string); {
				case kind == "array":
					list = append(list, value)
				case token.Name.Local == "key" && isText:
					key = text
				default:
					dict[key] = value
				}
			}
		}
	case "true", "false":
		return kind == "true", decoder.Skip()
	}
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return nil, errors.Join(errPlist, err)
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			return nil, fmt.Errorf("%s in %s: %w", token.Name.Local, start.Name.Local, errPlist)
		case xml.EndElement:
			return xmlText(start.Name.Local, text.String())
		}
	}
}

func xmlText(kind, text string) (any, error) {
	switch kind {
	case "integer":
		n, err := strconv.ParseInt(strings.TrimSpace(text), 0, 64)
		if err != nil {
			return nil, errors.Join(errPlist, err)
		}
		return n, nil
	case "real":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, errors.Join(errPlist, err)
		}
		return finite(n), nil
	case "data":
		return strings.Join(strings.Fields(text), ""), nil
	case "string", "key", "date":
		return text, nil
	}
	return nil, fmt.Errorf("%s: %w", kind, errPlist)
}
