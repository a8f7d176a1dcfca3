package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// hive is one file of the registry (NTUSER.DAT of a person, SOFTWARE of the computer), read without Windows: for the disk of another computer. The format is
// not published by Microsoft; it is described in «Windows NT Registry File (REGF) format specification» of libregf and by Maxim Suhanov. Every offset in it is
// a claim, checked before use, and no chain of them is followed without end.
type hive struct {
	cells []byte // from the first bin on: offsets count from here
	root  uint32
	dirty bool // the last changes may be in a log beside the file, which is not read
}

const (
	hiveHead  = 4096
	hiveDeep  = 3       // lists of lists of keys: Windows makes two levels
	hiveKeys  = 1 << 16 // more keys, and lists of keys, than any that matter have
	hiveValue = 1 << 22 // a certificate with its properties is far smaller, unless somebody wants it not to be read
	hiveStore = 1 << 28 // all certificates of a store together are far smaller
)

var errHive = errors.New("not a hive of the registry")

func readHive(data []byte) (*hive, error) {
	if len(data) < hiveHead || string(data[:4]) != "regf" {
		return nil, errHive
	}
	h := &hive{cells: data[hiveHead:], root: binary.LittleEndian.Uint32(data[36:])}
	h.dirty = binary.LittleEndian.Uint32(data[4:]) != binary.LittleEndian.Uint32(data[8:])
	if size := binary.LittleEndian.Uint32(data[40:]); uint64(size) <= uint64(len(h.cells)) {
		h.cells = h.cells[:size]
	}
	if _, ok := h.node(h.root); !ok {
		return nil, fmt.Errorf("read root key: %w", errHive)
	}
	return h, nil
}

// cell is the content of the cell at an offset; nil when there is none. A cell in use has a negative size, which counts its own four bytes.
func (h *hive) cell(offset uint32) []byte {
	if uint64(offset)+4 > uint64(len(h.cells)) {
		return nil
	}
	size := -int64(int32(binary.LittleEndian.Uint32(h.cells[offset:])))
	if size < 8 || int64(offset)+size > int64(len(h.cells)) {
		return nil
	}
	return h.cells[offset+4 : int64(offset)+size]
}

// node is the content of a key's cell.
func (h *hive) node(offset uint32) ([]byte, bool) {
	cell := h.cell(offset)
	if len(cell) < 76 || string(cell[:2]) != "nk" {
		return nil, false
	}
	return cell, true
}

// label reads a name of the given length: one byte a letter (Latin-1) or two (UTF-16).
func label(data []byte, length int, narrow bool) (string, bool) {
	if length > len(data) {
		return "", false
	}
	var text strings.Builder
	if narrow {
		for _, b := range data[:length] {
			text.WriteRune(rune(b))
		}
		return text.String(), true
	}
	var units []uint16
	for at := 0; at+1 < length; at += 2 {
		units = append(units, binary.LittleEndian.Uint16(data[at:]))
	}
	return string(utf16.Decode(units)), true
}

// name is the name of a key.
func (h *hive) name(node []byte) string {
	text, _ := label(node[76:], int(binary.LittleEndian.Uint16(node[72:])), binary.LittleEndian.Uint16(node[2:])&0x20 != 0)
	return text
}

// children are the keys below a key.
func (h *hive) children(node []byte) []uint32 {
	if binary.LittleEndian.Uint32(node[20:]) == 0 {
		return nil
	}
	var all []uint32
	left := hiveKeys
	h.subkeys(binary.LittleEndian.Uint32(node[28:]), 0, &left, &all)
	return all
}

// subkeys adds the keys of a list, which may be a list of lists. left counts down: a list that holds itself comes to an end.
func (h *hive) subkeys(list uint32, deep int, left *int, all *[]uint32) {
	cell := h.cell(list)
	if len(cell) < 4 || deep > hiveDeep {
		return
	}
	kind := string(cell[:2])
	step := map[string]int{"lf": 8, "lh": 8, "li": 4, "ri": 4}[kind]
	if step == 0 {
		return
	}
	for i := range int(binary.LittleEndian.Uint16(cell[2:])) {
		at := 4 + i*step
		if at+4 > len(cell) || *left == 0 {
			return
		}
		*left--
		offset := binary.LittleEndian.Uint32(cell[at:])
		if kind == "ri" {
			h.subkeys(offset, deep+1, left, all)
		} else {
			*all = append(*all, offset)
		}
	}
}

// find is the key at a path below the root. The registry does not care about the case of letters.
func (h *hive) find(path string) ([]byte, bool) {
	node, ok := h.node(h.root)
	if !ok {
		return nil, false
	}
walk:
	for _, element := range strings.Split(path, `\`) {
		for _, offset := range h.children(node) {
			if child, ok := h.node(offset); ok && strings.EqualFold(h.name(child), element) {
				node = child
				continue walk
			}
		}
		return nil, false
	}
	return node, true
}

// value is the data of a value of a key; ok is false when there is no such value, or none that can be read.
func (h *hive) value(node []byte, name string) (data []byte, ok bool) {
	cell := h.valueCell(node, name)
	if cell == nil {
		return nil, false
	}
	return h.data(cell)
}

// valueCell is the cell of a value of a key; nil when there is no such value.
func (h *hive) valueCell(node []byte, name string) []byte {
	count := binary.LittleEndian.Uint32(node[36:])
	list := h.cell(binary.LittleEndian.Uint32(node[40:]))
	for i := uint32(0); i < count && int(i)*4+4 <= len(list); i++ {
		cell := h.cell(binary.LittleEndian.Uint32(list[i*4:]))
		if len(cell) < 20 || string(cell[:2]) != "vk" {
			continue
		}
		text, ok := label(cell[20:], int(binary.LittleEndian.Uint16(cell[2:])), binary.LittleEndian.Uint16(cell[16:])&1 != 0)
		if !ok || !strings.EqualFold(text, name) {
			continue
		}
		return cell
	}
	return nil
}

// data is the data of a value: in the value itself (up to four bytes), in one cell, or, when it is long, in several.
func (h *hive) data(value []byte) ([]byte, bool) {
	size := binary.LittleEndian.Uint32(value[4:])
	if size&(1<<31) != 0 {
		size &^= 1 << 31
		if size > 4 {
			return nil, false
		}
		return value[8 : 8+size], true
	}
	if size > hiveValue {
		return nil, false
	}
	cell := h.cell(binary.LittleEndian.Uint32(value[8:]))
	const segment = 16344
	if size > segment && len(cell) >= 8 && string(cell[:2]) == "db" {
		var all []byte
		list := h.cell(binary.LittleEndian.Uint32(cell[4:]))
		for i := range int(binary.LittleEndian.Uint16(cell[2:])) {
			if i*4+4 > len(list) || uint32(len(all)) >= size {
				break
			}
			part := h.cell(binary.LittleEndian.Uint32(list[i*4:]))
			all = append(all, part[:min(len(part), segment, int(size)-len(all))]...)
		}
		return all, uint32(len(all)) == size
	}
	if uint32(len(cell)) < size {
		return nil, false
	}
	return cell[:size], true
}

// diskRegistry is the registry on another disk: the files of one person and of the computer. It cannot be written.
type diskRegistry struct {
	files map[string]string // HKCU, HKLM\SOFTWARE -> file on that disk
	read  *hiveFiles
}

// hiveFiles reads hives, each once for as long as its file stays the same: that of a computer has a hundred megabytes, and is asked for every certificate.
type hiveFiles struct {
	machine *machine.Machine
	mutex   sync.Mutex
	known   map[string]*knownHive
}

type knownHive struct {
	size  int64
	since time.Time
	hive  *hive
	err   error
}

// maxHive is more than the hive of any computer.
const maxHive = 1 << 30

func (f *hiveFiles) open(file string) (*hive, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	info, err := f.machine.Stat(file)
	if err != nil {
		return nil, err
	}
	if known := f.known[file]; known != nil && known.size == info.Size() && known.since.Equal(info.ModTime()) {
		return known.hive, known.err
	}
	fresh := &knownHive{size: info.Size(), since: info.ModTime()}
	data, err := f.machine.Read(file, maxHive)
	if err != nil {
		return nil, err
	}
	if fresh.hive, err = readHive(data); err != nil {
		fresh.err = evidence.Trouble{Code: evidence.Damaged, Path: file, Err: err}
	}
	f.known[file] = fresh
	return fresh.hive, fresh.err
}

// open reads the file that holds a key, and gives the rest of the key's path.
func (d diskRegistry) open(key string) (*hive, string, error) {
	for prefix, file := range d.files {
		if len(key) > len(prefix) && strings.EqualFold(key[:len(prefix)], prefix) && key[len(prefix)] == '\\' {
			h, err := d.read.open(file)
			return h, key[len(prefix)+1:], err
		}
	}
	return nil, "", fs.ErrNotExist
}

func (d diskRegistry) exists(key string) bool {
	h, rest, err := d.open(key)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	_, ok := h.find(rest)
	return ok
}

func (d diskRegistry) elements(l location) ([][]byte, error) {
	h, rest, err := d.open(l.key())
	if err != nil {
		return nil, err
	}
	var troubles []error
	if h.dirty {
		troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: l.key(), Err: errors.New("last changes are in a log that was not read")})
	}
	node, ok := h.find(rest + `\Certificates`)
	if !ok {
		return nil, errors.Join(troubles...)
	}
	var all [][]byte
	children := h.children(node)
	if uint64(len(children)) != uint64(binary.LittleEndian.Uint32(node[20:])) {
		troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: l.key(), Err: errHive})
	}
	size := 0
	for _, offset := range children {
		child, ok := h.node(offset)
		if !ok {
			troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: l.key(), Err: errHive})
			continue
		}
		value := h.valueCell(child, blobValue)
		if value == nil {
			continue // a key that holds no certificate
		}
		blob, ok := h.data(value)
		if size += len(blob); !ok || size > hiveStore {
			troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: l.key(), Err: errHive})
			continue
		}
		all = append(all, blob)
	}
	return all, errors.Join(troubles...)
}

func (d diskRegistry) binary(key, value string) ([]byte, error) {
	h, rest, err := d.open(key)
	if err != nil {
		return nil, err
	}
	if node, ok := h.find(rest); ok {
		if data, ok := h.value(node, value); ok {
			return data, nil
		}
	}
	return nil, fs.ErrNotExist
}

func (d diskRegistry) number(key, value string) uint32 {
	h, rest, err := d.open(key)
	if err != nil {
		return 0
	}
	if node, ok := h.find(rest); ok {
		if data, ok := h.value(node, value); ok && len(data) == 4 {
			return binary.LittleEndian.Uint32(data)
		}
	}
	return 0
}

func (d diskRegistry) others() []account { return nil }

// diskStore is a place of Windows on another disk. Nothing can be changed there: that would be writing into a registry while nobody keeps its logs.
type diskStore struct {
	windowsStore
	file string // the one that holds it
}

// Place names the file and the key in it.
func (d diskStore) Place() evidence.Place {
	place := d.windowsStore.Place()
	_, below, _ := strings.Cut(d.at.key(), `\`)
	place.Path = d.file + `\` + below
	return place
}
