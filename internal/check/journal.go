package check

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/store"
)

// Receipt is what one removal left behind: everything that is needed to finish it or to undo it, however it ended.
type Receipt struct {
	ID       string // as it is named on screen and in the command line
	Begun    time.Time
	Version  string // of the program that wrote it
	Root     string // the disk that was looked at, as machine.Machine.Root; empty: the computer itself
	Items    []ReceiptItem
	Wishes   []Wish  // what was to be refused or limited when the removal began
	Asked    []Asked // what only an administrator could do when the removal began
	Ended    bool    // the removal came to its end; false: it was cut short
	Elevated string  // the receipt of the part that was done as administrator, kept by the administrator; empty: none
	Returned bool    // the administrator's part was put back
	Torn     bool    // the last line was cut short, which happens when the program is killed while writing; it was never acted upon
}

// ReceiptItem is one certificate in one place.
type ReceiptItem struct {
	Saved    store.Saved
	Acted    bool // the change was begun
	Gone     bool // of a removal: it was listed again, and was gone
	Held     bool // of a refusal or a limit: it was listed again, and stood
	Restored bool // it was undone: put back, and was there; refused or limited no more
}

// Asked is something that an administrator was to be asked for. How it went stands in the administrator's own receipt.
type Asked struct {
	Print cert.Print     `json:"sha256"`
	Title string         `json:"title"`
	Place evidence.Place `json:"place"`
	Verb  Verb           `json:"verb,omitempty"`
}

// CutShort tells whether the removal ended before it was done, and what it changed was not all put back: then it can be finished, or undone.
func (r Receipt) CutShort() bool { return !r.Ended && !r.Undone() && len(r.Items)+len(r.Asked) > 0 }

// Verb is what was done.
func (i ReceiptItem) Verb() Verb { return Verb(i.Saved.Verb) }

// unsaved are the wishes that came to nothing before the removal was cut short.
func (r Receipt) unsaved() []Wish {
	var open []Wish
	for _, wish := range r.Wishes {
		if !slices.ContainsFunc(r.Items, func(item ReceiptItem) bool {
			return item.Verb() == wish.Verb && keyOf(item.Saved.Place) == keyOf(wish.Place) && item.Saved.Print == cert.Of(wish.DER)
		}) {
			open = append(open, wish)
		}
	}
	return open
}

// undoing tells whether an undo has begun, and put anything back.
func (r Receipt) undoing() bool {
	return slices.ContainsFunc(r.Items, func(item ReceiptItem) bool { return item.Restored }) || r.Returned
}

// Undone tells whether everything that the receipt took out was put back.
func (r Receipt) Undone() bool {
	for _, item := range r.Items {
		if item.Acted && !item.Restored {
			return false
		}
	}
	return r.Elevated == "" || r.Returned
}

// line is one line of a journal. A journal is only ever added to.
type line struct {
	Step     string       `json:"step"` // begin, wished, asked, saved, acting, gone, held, kept, restored, elevated, returned, end
	At       time.Time    `json:"at"`
	ID       string       `json:"id,omitempty"`
	Version  string       `json:"version,omitempty"`
	Root     string       `json:"root,omitempty"`
	Item     int          `json:"item"`
	Saved    *store.Saved `json:"saved,omitempty"`
	Wishes   []Wish       `json:"wishes,omitempty"`
	Asked    []Asked      `json:"asked,omitempty"`
	Elevated string       `json:"elevated,omitempty"`
}

const journalEnding = ".journal"

var (
	errNoReceipt  = errors.New("no such receipt")
	errBadReceipt = errors.New("receipt is not readable")
)

// journal is an open receipt.
type journal struct {
	file *os.File
	id   string
	now  func() time.Time
	torn bool // a write was cut short, as on a full disk: what comes next must begin a line of its own
}

func receiptFolder(state string) string { return filepath.Join(state, "receipts") }

// newID names a receipt: when, and a little chance.
func newID(now time.Time) (string, error) {
	var random [3]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("name receipt: %w", err)
	}
	return now.Format("20060102-150405") + "-" + hex.EncodeToString(random[:]), nil
}

// isID tells whether text can be the name of a receipt. A name comes from the command line or from another process, so nothing that could be a path is one.
func isID(text string) bool {
	return text != "" && len(text) <= 64 && strings.Trim(text, "0123456789abcdef-") == ""
}

// newJournal begins a receipt of that name. When it returns, the receipt is on the disk.
func newJournal(state, id, version, root string, now func() time.Time) (*journal, error) {
	folder := receiptFolder(state)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make receipt folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(folder, id+journalEnding), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make receipt: %w", err)
	}
	j := &journal{file: file, id: id, now: now}
	if err := j.add(line{Step: "begin", ID: id, Version: version, Root: root}); err != nil {
		j.drop()
		return nil, err
	}
	if err := syncFolder(folder); err != nil {
		j.drop()
		return nil, err
	}
	return j, nil
}

// openJournal opens a receipt to add to it. A line that was cut short is ended first, so that what is added stands on a line of its own.
func openJournal(state, id string, now func() time.Time) (*journal, error) {
	name, err := receiptFile(state, id)
	if err != nil {
		return nil, err
	}
	data, err := readJournal(name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("open receipt: %w", err)
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		if _, err := file.Write([]byte{'\n'}); err != nil {
			file.Close()
			return nil, fmt.Errorf("mend receipt: %w", err)
		}
	}
	return &journal{file: file, id: id, now: now}, nil
}

// add writes lines and waits until they are on the disk. After an error nothing that the lines announce may be done.
func (j *journal) add(lines ...line) error {
	var text bytes.Buffer
	if j.torn {
		text.WriteByte('\n')
	}
	for _, l := range lines {
		l.At = j.now()
		data, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("write receipt: %w", err)
		}
		text.Write(data)
		text.WriteByte('\n')
	}
	if n, err := j.file.Write(text.Bytes()); err != nil {
		j.torn = j.torn || n > 0
		return fmt.Errorf("write receipt: %w", err)
	}
	j.torn = false
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write receipt to disk: %w", err)
	}
	return nil
}

func (j *journal) close() { j.file.Close() }

// drop takes away a receipt under which nothing was done.
func (j *journal) drop() {
	j.file.Close()
	os.Remove(j.file.Name())
}

// syncFolder makes a new name in the folder survive a power failure. Windows has no such call, and needs none (NTFS journals names).
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("open receipt folder: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("write receipt folder to disk: %w", err)
	}
	return nil
}

// receiptFile is the file of a receipt.
func receiptFile(state, id string) (string, error) {
	if !isID(id) {
		return "", fmt.Errorf("find receipt %q: %w", id, errNoReceipt)
	}
	name := filepath.Join(receiptFolder(state), id+journalEnding)
	if _, err := os.Lstat(name); err != nil {
		return "", fmt.Errorf("find receipt %q: %w", id, errNoReceipt)
	}
	return name, nil
}

// maxJournal is more than any removal writes: a keystore or bundle that is kept whole takes some mebibytes in base64.
const maxJournal = 512 << 20

// readJournal reads the file of a receipt. A pipe in its place would be waited for without end, at each start of the program.
func readJournal(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxJournal {
		return nil, fmt.Errorf("read receipt %s: %w", name, errBadReceipt)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	return data, nil
}

// readReceipt reads one receipt.
func readReceipt(state, id string) (Receipt, error) {
	name, err := receiptFile(state, id)
	if err != nil {
		return Receipt{}, err
	}
	data, err := readJournal(name)
	if err != nil {
		return Receipt{}, err
	}
	return parseReceipt(id, data)
}

// parseReceipt replays a journal. Only the last line may be cut short: it was never acted upon, since every act waits for its line to be on the disk.
// A line that is broken elsewhere makes the receipt unreadable, unless a later copy of the program went on after a cut (see openJournal).
func parseReceipt(id string, data []byte) (Receipt, error) {
	r := Receipt{ID: id}
	scanner := bufio.NewScanner(bytes.NewReader(data))
	scanner.Buffer(nil, maxJournal)
	begun := false
	for scanner.Scan() {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		var l line
		decoder := json.NewDecoder(bytes.NewReader(scanner.Bytes()))
		if err := decoder.Decode(&l); err != nil {
			r.Torn = true
			continue
		}
		if l.Step == "begin" {
			begun, r.Begun, r.Version, r.Root = true, l.At, l.Version, l.Root
			continue
		}
		if l.Step == "saved" && l.Saved != nil {
			if l.Item != len(r.Items) {
				return r, fmt.Errorf("read receipt %s: %w", id, errBadReceipt)
			}
			r.Items = append(r.Items, ReceiptItem{Saved: *l.Saved})
			continue
		}
		if l.Step == "wished" {
			r.Wishes = append(r.Wishes, l.Wishes...)
			continue
		}
		if l.Step == "asked" {
			r.Asked = append(r.Asked, l.Asked...)
			continue
		}
		if l.Step == "elevated" {
			r.Elevated, r.Returned = l.Elevated, false
			continue
		}
		if l.Step == "returned" {
			r.Returned = true
			continue
		}
		if l.Step == "end" {
			r.Ended = true
			continue
		}
		if l.Item < 0 || l.Item >= len(r.Items) {
			return r, fmt.Errorf("read receipt %s: %w", id, errBadReceipt)
		}
		item := &r.Items[l.Item]
		switch l.Step {
		case "acting":
			item.Acted, item.Gone, item.Held, item.Restored = true, false, false, false
		case "gone":
			item.Gone = true
		case "held":
			item.Held = true
		case "kept":
			item.Gone, item.Held = false, false
		case "restored":
			item.Restored, item.Gone, item.Held = true, false, false
		}
	}
	if err := scanner.Err(); err != nil {
		return r, fmt.Errorf("read receipt %s: %w", id, err)
	}
	if !begun {
		return r, fmt.Errorf("read receipt %s: %w", id, errBadReceipt)
	}
	return r, nil
}

// Receipts lists the receipts in the state folder, the newest first. A receipt that cannot be read is named in the error; the others are given all the same.
func Receipts(state string) ([]Receipt, error) {
	list, err := os.ReadDir(receiptFolder(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	var receipts []Receipt
	var bad []error
	for _, entry := range list {
		id, isJournal := strings.CutSuffix(entry.Name(), journalEnding)
		if !isJournal {
			continue
		}
		r, err := readReceipt(state, id)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		receipts = append(receipts, r)
	}
	sort.SliceStable(receipts, func(a, b int) bool { return receipts[a].ID > receipts[b].ID })
	return receipts, errors.Join(bad...)
}

// Delete deletes a receipt for good: what it took out cannot be put back any more.
func Delete(state, id string) error {
	name, err := receiptFile(state, id)
	if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil {
		return fmt.Errorf("delete receipt: %w", err)
	}
	return nil
}
