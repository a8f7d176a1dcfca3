package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// hiveKey is a key of a hive that is made for a test.
type hiveKey struct {
	children map[string]*hiveKey
	values   map[string][]byte
	texts    map[string]string // values of the kind REG_SZ
}

func (k *hiveKey) at(path string) *hiveKey {
	for _, element := range strings.Split(path, `\`) {
		if k.children == nil {
			k.children = map[string]*hiveKey{}
		}
		if k.children[element] == nil {
			k.children[element] = &hiveKey{}
		}
		k = k.children[element]
	}
	return k
}

// hiveWriter writes a hive, with the kind of list that it is told to use.
type hiveWriter struct {
	cells bytes.Buffer
	list  string // lf, lh, li or ri
	wide  bool   // names in UTF-16
}

func (w *hiveWriter) cell(content []byte) uint32 {
	if w.cells.Len() == 0 {
		w.cells.Write(append([]byte("hbin"), make([]byte, 28)...))
	}
	at := uint32(w.cells.Len())
	size := (len(content) + 4 + 7) &^ 7
	var head [4]byte
	binary.LittleEndian.PutUint32(head[:], uint32(-int32(size)))
	w.cells.Write(head[:])
	w.cells.Write(content)
	w.cells.Write(make([]byte, size-4-len(content)))
	return at
}

func (w *hiveWriter) text(name string) []byte {
	if !w.wide {
		return []byte(name)
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(name)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

func (w *hiveWriter) keys(kind string, offsets []uint32) uint32 {
	if kind == "ri" {
		half := len(offsets) / 2
		offsets = []uint32{w.keys("lh", offsets[:half]), w.keys("li", offsets[half:])}
	}
	out := binary.LittleEndian.AppendUint16([]byte(kind), uint16(len(offsets)))
	for _, offset := range offsets {
		out = binary.LittleEndian.AppendUint32(out, offset)
		if kind == "lf" || kind == "lh" {
			out = append(out, 0, 0, 0, 0) // a hash, which a reader need not trust
		}
	}
	return w.cell(out)
}

func (w *hiveWriter) key(name string, k *hiveKey) uint32 {
	var names []string
	for child := range k.children {
		names = append(names, child)
	}
	sort.Strings(names)
	var offsets []uint32
	for _, child := range names {
		offsets = append(offsets, w.key(child, k.children[child]))
	}
	node := make([]byte, 76)
	copy(node, "nk")
	if !w.wide {
		binary.LittleEndian.PutUint16(node[2:], 0x20)
	}
	binary.LittleEndian.PutUint32(node[20:], uint32(len(offsets)))
	binary.LittleEndian.PutUint32(node[28:], 0xFFFFFFFF)
	if len(offsets) > 0 {
		binary.LittleEndian.PutUint32(node[28:], w.keys(w.list, offsets))
	}
	var values []byte
	count := 0
	for value, data := range k.values {
		values = binary.LittleEndian.AppendUint32(values, w.value(value, data, 3))
		count++
	}
	for value, text := range k.texts {
		var data []byte
		for _, unit := range utf16.Encode([]rune(text + "\x00")) {
			data = binary.LittleEndian.AppendUint16(data, unit)
		}
		values = binary.LittleEndian.AppendUint32(values, w.value(value, data, regText))
		count++
	}
	binary.LittleEndian.PutUint32(node[36:], uint32(count))
	binary.LittleEndian.PutUint32(node[40:], 0xFFFFFFFF)
	if count > 0 {
		binary.LittleEndian.PutUint32(node[40:], w.cell(values))
	}
	label := w.text(name)
	binary.LittleEndian.PutUint16(node[72:], uint16(len(label)))
	return w.cell(append(node, label...))
}

func (w *hiveWriter) value(name string, data []byte, kind uint32) uint32 {
	out := make([]byte, 20)
	copy(out, "vk")
	label := w.text(name)
	binary.LittleEndian.PutUint16(out[2:], uint16(len(label)))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(data)))
	binary.LittleEndian.PutUint32(out[12:], kind)
	if !w.wide {
		binary.LittleEndian.PutUint16(out[16:], 1)
	}
	const segment = 16344
	switch {
	case len(data) <= 4:
		binary.LittleEndian.PutUint32(out[4:], uint32(len(data))|1<<31)
		copy(out[8:12], data)
	case len(data) > segment:
		var list []byte
		count := 0
		for rest := data; len(rest) > 0; count++ {
			n := min(len(rest), segment)
			list = binary.LittleEndian.AppendUint32(list, w.cell(append(bytes.Clone(rest[:n]), 0, 0, 0, 0)))
			rest = rest[n:]
		}
		big := binary.LittleEndian.AppendUint16([]byte("db"), uint16(count))
		binary.LittleEndian.PutUint32(out[8:], w.cell(binary.LittleEndian.AppendUint32(big, w.cell(list))))
	default:
		binary.LittleEndian.PutUint32(out[8:], w.cell(data))
	}
	return w.cell(append(out, label...))
}

func (w *hiveWriter) file(root *hiveKey) []byte {
	offset := w.key("ROOT", root)
	w.cells.Write(make([]byte, -w.cells.Len()&4095))
	cells := w.cells.Bytes()
	binary.LittleEndian.PutUint32(cells[8:], uint32(len(cells)))
	head := make([]byte, hiveHead)
	copy(head, "regf")
	binary.LittleEndian.PutUint32(head[4:], 7)
	binary.LittleEndian.PutUint32(head[8:], 7)
	binary.LittleEndian.PutUint32(head[20:], 1)
	binary.LittleEndian.PutUint32(head[24:], 5)
	binary.LittleEndian.PutUint32(head[32:], 1)
	binary.LittleEndian.PutUint32(head[36:], offset)
	binary.LittleEndian.PutUint32(head[40:], uint32(len(cells)))
	var sum uint32
	for at := 0; at < 508; at += 4 {
		sum ^= binary.LittleEndian.Uint32(head[at:])
	}
	binary.LittleEndian.PutUint32(head[508:], sum)
	return append(head, cells...)
}

func TestHive(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 5000)
	for _, kind := range []string{"lf", "lh", "li", "ri"} {
		for _, wide := range []bool{false, true} {
			root := &hiveKey{}
			root.at(`Software\Microsoft\One`).values = map[string][]byte{"Blob": []byte("first value"), "Flags": {1, 0, 0, 0}, "Empty": {}}
			root.at(`Software\Microsoft\Two`).values = map[string][]byte{"Blob": long}
			root.at(`Software\Other`)
			w := &hiveWriter{list: kind, wide: wide}
			h, err := readHive(w.file(root))
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			for _, test := range []struct {
				path, value string
				want        []byte
			}{
				{`Software\Microsoft\One`, "Blob", []byte("first value")}, {`SOFTWARE\microsoft\ONE`, "blob", []byte("first value")},
				{`Software\Microsoft\One`, "Flags", []byte{1, 0, 0, 0}}, {`Software\Microsoft\One`, "Empty", []byte{}},
				{`Software\Microsoft\Two`, "Blob", long},
			} {
				node, ok := h.find(test.path)
				if !ok {
					t.Errorf("%s wide %t: %s is not found", kind, wide, test.path)
					continue
				}
				if got, ok := h.value(node, test.value); !ok || !bytes.Equal(got, test.want) {
					t.Errorf("%s wide %t: %s %s: %d bytes, %t", kind, wide, test.path, test.value, len(got), ok)
				}
			}
			for _, path := range []string{`Software\Micro`, `Software\Microsoft\Three`, `Other`} {
				if _, ok := h.find(path); ok {
					t.Errorf("%s: %s is found", kind, path)
				}
			}
		}
	}
}

// TestHiveDisk finds a root in the registry of a disk that lies there as files, with whose it is.
func TestHiveDisk(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 1)
	disk := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		file := filepath.Join(disk, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	hiveOf := func(locations ...location) []byte {
		keys := &hiveKey{}
		for _, l := range locations {
			_, path, _ := strings.Cut(l.entry(root.SHA1), `\`)
			if l.hive == "HKLM" {
				_, path, _ = strings.Cut(path, `\`)
			}
			keys.at(path).values = map[string][]byte{"Blob": elementOf(root.Certificate)}
		}
		return (&hiveWriter{list: "lh"}).file(keys)
	}
	write("Windows/System32/config/SOFTWARE", hiveOf(location{areaComputer, storeRoot, ""}, location{areaComputerPolicy, storeRoot, ""}))
	write("Users/Айгерім/NTUSER.DAT", hiveOf(location{areaUser, storeRoot, ""}))
	write("Users/dana/NTUSER.DAT", []byte("regf, but no more"))
	m, err := machine.Disk(disk)
	if err != nil {
		t.Fatal(err)
	}
	if m.GOOS != "windows" {
		t.Fatalf("taken for %s", m.GOOS)
	}
	var found []string
	damaged := 0
	for _, s := range windowsStores(m) {
		if _, ok := s.(Remover); ok {
			t.Errorf("%s can be changed", s.Place().Path)
		}
		entries, err := s.List(context.Background())
		if Code(err) == evidence.Damaged && err != nil && strings.Contains(s.Place().Path, "dana") {
			damaged++
		} else if err != nil {
			t.Errorf("%s: %v", s.Place().Path, err)
		}
		for _, entry := range entries {
			if entry.Cert.Print != root.Print || entry.Needs != evidence.Never || entry.Trust != evidence.Web {
				t.Errorf("%s: %+v", s.Place().Path, entry)
			}
			found = append(found, s.Place().Owner+" "+s.Place().Path)
		}
	}
	sort.Strings(found)
	want := []string{
		` /Windows/System32/config/SOFTWARE\SOFTWARE\Microsoft\SystemCertificates\Root`,
		` /Windows/System32/config/SOFTWARE\SOFTWARE\Policies\Microsoft\SystemCertificates\Root`,
		`Айгерім /Users/Айгерім/NTUSER.DAT\Software\Microsoft\SystemCertificates\Root`,
	}
	if strings.Join(found, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
	if damaged < len(everyStore) {
		t.Errorf("%d places of a damaged hive were said to be damaged", damaged)
	}
}

// TestHiveUnread says of what it cannot read in a store that something is there, and reads the rest, a certificate under a megabyte of other properties among it.
func TestHiveUnread(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 1)
	const certificates = `Software\Microsoft\SystemCertificates\Root\Certificates`
	l := location{areaUser, storeRoot, ""}
	heavy := append(element{{13, 1, make([]byte, 1<<20)}}.bytes(), elementOf(root.Certificate)...)
	for _, test := range []struct {
		name  string
		spoil func(data []byte)
		said  bool
	}{
		{"whole", func([]byte) {}, false},
		{"longer than the file", func(data []byte) { binary.LittleEndian.PutUint32(data[bytes.Index(data, []byte("vk"))+4:], 1<<21) }, true},
		{"list without its end", func(data []byte) {
			binary.LittleEndian.PutUint16(data[bytes.LastIndex(data, []byte("lh\x03\x00"))+2:], 2)
		}, true},
	} {
		keys := &hiveKey{}
		keys.at(certificates + `\00`).values = map[string][]byte{"Blob": []byte("no more than this")}
		keys.at(certificates + `\01`).values = map[string][]byte{"Blob": heavy}
		keys.at(certificates + `\02`) // holds nothing
		data := (&hiveWriter{list: "lh"}).file(keys)
		test.spoil(data)
		disk := t.TempDir()
		if err := os.WriteFile(filepath.Join(disk, "NTUSER.DAT"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := machine.Disk(disk)
		if err != nil {
			t.Fatal(err)
		}
		blobs, err := diskRegistry{map[string]string{"HKCU": "/NTUSER.DAT"}, &hiveFiles{machine: m, known: map[string]*knownHive{}}}.elements(l)
		if !slices.ContainsFunc(blobs, func(blob []byte) bool { return bytes.Equal(blob, heavy) }) {
			t.Errorf("%s: the heavy one is not among %d", test.name, len(blobs))
		}
		if said := err != nil && Code(err) == evidence.Damaged; said != test.said || err != nil && !said {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestHiveCircle reads a list of keys that holds itself many times: it must come to an end.
func TestHiveCircle(t *testing.T) {
	w := &hiveWriter{list: "lh"}
	list := binary.LittleEndian.AppendUint16([]byte("ri"), 0xFFFF)
	at := uint32(32) // where the first cell will be
	for range 0xFFFF {
		list = binary.LittleEndian.AppendUint32(list, at)
	}
	if w.cell(list) != at {
		t.Fatal("the list is elsewhere")
	}
	node := make([]byte, 80)
	copy(node, "nk")
	binary.LittleEndian.PutUint32(node[20:], 1)
	binary.LittleEndian.PutUint32(node[28:], at)
	root := w.cell(node)
	data := w.file(&hiveKey{})
	binary.LittleEndian.PutUint32(data[36:], root)
	h, err := readHive(data)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if _, ok := h.find(`Software\Microsoft`); ok || time.Since(begun) > 5*time.Second {
		t.Errorf("found %t in %s", ok, time.Since(begun))
	}
}

func FuzzHive(f *testing.F) {
	root := &hiveKey{}
	root.at(`Software\Microsoft\SystemCertificates\Root\Certificates\00`).values = map[string][]byte{"Blob": []byte("seed")}
	for _, kind := range []string{"lf", "ri"} {
		f.Add((&hiveWriter{list: kind}).file(root))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := readHive(data)
		if err != nil {
			return
		}
		node, ok := h.find(`Software\Microsoft\SystemCertificates\Root\Certificates`)
		if !ok {
			return
		}
		for _, offset := range h.children(node) {
			if child, ok := h.node(offset); ok {
				h.value(child, "Blob")
			}
		}
	})
}
