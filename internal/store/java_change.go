package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// javaRecord is what is taken out of one keystore.
type javaRecord struct {
	Form    keyForm     `json:"form"`
	Entries []javaEntry `json:"entries"`
}

// javaEntry is one entry, complete.
type javaEntry struct {
	Alias string `json:"alias"`
	Safe  int    `json:"safe,omitempty"` // see keyItem
	At    int    `json:"at"`             // the order of the entries
	Raw   []byte `json:"raw"`
}

// Save reads every entry with the certificate: the same one can be there under several names. Entries with private keys are not among them.
func (s *javaStore) Save(_ context.Context, entry evidence.Entry) (Saved, error) {
	g, err := s.ground()
	if errors.Is(err, ErrGone) {
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), err)
	}
	if err != nil {
		return Saved{}, err
	}
	defer g.close()
	k, _, err := s.read(g)
	if err != nil {
		return Saved{}, err
	}
	record := javaRecord{Form: k.form}
	kept := false
	for i, item := range k.items {
		if item.der == nil || cert.Of(item.der) != entry.Cert.Print {
			continue
		}
		if item.key {
			kept = true
			continue
		}
		record.Entries = append(record.Entries, javaEntry{Alias: item.alias, Safe: item.safe, At: i, Raw: item.raw})
	}
	switch {
	case len(record.Entries) == 0 && kept:
		return Saved{}, evidence.Trouble{Code: evidence.CannotRemove, Path: s.file}
	case len(record.Entries) == 0:
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrGone)
	}
	return pack(s.place, entry.Cert, record)
}

// Remove writes the keystore without the saved entries. An entry of the same name with another certificate is left alone.
func (s *javaStore) Remove(_ context.Context, saved Saved) error {
	err := s.change(saved, func(items []keyItem, record javaRecord) ([]keyItem, error) {
		var kept []keyItem
		for _, item := range items {
			ours := slices.IndexFunc(record.Entries, func(e javaEntry) bool { return !item.key && e.Alias == item.alias && e.Safe == item.safe })
			if ours >= 0 && cert.Of(item.der) == saved.Print { // its date may have changed: a distribution's hook writes all entries anew
				continue
			}
			if ours >= 0 && record.Form == jksForm {
				return nil, fmt.Errorf("%s: %w", record.Entries[ours].Alias, ErrChanged)
			}
			kept = append(kept, item)
		}
		return kept, nil
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Restore puts the saved entries back in their old order. What is there again meanwhile, under whatever name, is not added a second time.
func (s *javaStore) Restore(_ context.Context, saved Saved) error {
	return s.change(saved, func(items []keyItem, record javaRecord) ([]keyItem, error) {
		now := slices.Clone(items)
		for _, entry := range record.Entries {
			taken := slices.IndexFunc(items, func(item keyItem) bool { return item.alias == entry.Alias })
			switch {
			case taken >= 0 && items[taken].der != nil && cert.Of(items[taken].der) == saved.Print:
				continue
			case taken >= 0 && record.Form == jksForm: // where a name can be there but once
				return nil, fmt.Errorf("%s: %w", entry.Alias, ErrChanged)
			}
			again := slices.ContainsFunc(items, func(item keyItem) bool {
				return !item.key && cert.Of(item.der) == saved.Print &&
					!slices.ContainsFunc(record.Entries, func(e javaEntry) bool { return e.Alias == item.alias })
			})
			if again {
				continue
			}
			item, err := readKeyItem(record.Form, entry)
			if err != nil {
				return nil, err
			}
			now = slices.Insert(now, min(entry.At, len(now)), item)
		}
		return now, nil
	})
}

// ground opens the folder of the file. An administrator's process follows no link there that somebody else could have put.
func (s *javaStore) ground() (*ground, error) {
	if s.m.Admin && s.m.Root == "" {
		if runtime.GOOS != "windows" {
			root, name, err := openWay(s.file)
			var said evidence.Trouble
			switch {
			case absent(err):
				return nil, ErrGone
			case errors.As(err, &said):
				return nil, said
			case err != nil:
				return nil, trouble(s.file, err)
			}
			return &ground{root: root, name: name}, nil
		}
		if err := unguided(s.m, s.needs, path.Dir(s.file), s.file); err != nil {
			return nil, err
		}
	}
	host, dir, err := s.real()
	if absent(err) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, trouble(s.file, err)
	}
	root, err := os.OpenRoot(dir)
	if absent(err) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, trouble(s.file, err)
	}
	return &ground{root: root, name: filepath.Base(host)}, nil
}

// read reads the file. It must be one that can be written again.
func (s *javaStore) read(g *ground) (*keystore, *meta, error) {
	data, info, err := g.read()
	if absent(err) {
		return nil, nil, ErrGone
	}
	if err != nil {
		return nil, nil, trouble(s.file, err)
	}
	k, err := readKeystore(data)
	if err != nil {
		return nil, nil, keystoreTrouble(s.file, err)
	}
	if k.build == nil {
		return nil, nil, evidence.Trouble{Code: evidence.CannotRemove, Path: s.file}
	}
	return k, metaOf(info), nil
}

// change writes the file anew with the entries that work gives, under the same owner and rights, whole or not at all.
func (s *javaStore) change(saved Saved, work func([]keyItem, javaRecord) ([]keyItem, error)) error {
	record, err := s.unpack(saved)
	if err != nil {
		return err
	}
	switch s.needs {
	case evidence.OtherUser:
		return evidence.Trouble{Code: evidence.NeedsUser, Path: s.file}
	case evidence.Never:
		return evidence.Trouble{Code: evidence.CannotRemove, Path: s.file}
	}
	host, _, err := s.real()
	if absent(err) {
		return fmt.Errorf("change %s: %w", s.file, ErrGone)
	}
	if err != nil {
		return trouble(s.file, err)
	}
	g, err := s.ground()
	if err != nil {
		return fmt.Errorf("change %s: %w", s.file, err)
	}
	defer g.close()
	k, meta, err := s.read(g)
	if err != nil {
		return err
	}
	if k.form != record.Form {
		return fmt.Errorf("change %s: another format: %w", s.file, ErrChanged)
	}
	items, err := work(k.items, record)
	if err != nil {
		return fmt.Errorf("change %s: %w", s.file, err)
	}
	same := func(a, b keyItem) bool { return a.safe == b.safe && bytes.Equal(a.raw, b.raw) }
	if slices.EqualFunc(items, k.items, same) {
		return nil
	}
	data, err := k.build(items)
	if err != nil {
		return fmt.Errorf("change %s: %w", s.file, err)
	}
	// What is not read back as it was meant is not written at all.
	again, err := readKeystore(data)
	if err != nil || again.build == nil || !slices.EqualFunc(sorted(items), sorted(again.items), same) {
		return fmt.Errorf("change %s: would come out otherwise: %w", s.file, errors.Join(err, errKeystoreOdd))
	}
	if err := writable(host); err != nil { // a new file would go around a mark that says «read only»
		return trouble(s.file, err)
	}
	meta.Time = 0
	if err := g.write(data, *meta); err != nil {
		if now, _, readErr := g.read(); runtime.GOOS == "windows" && readErr == nil && bytes.Equal(now, data) {
			return nil // folders cannot be flushed there
		}
		return trouble(s.file, err)
	}
	return nil
}

// sorted is the entries as they stand in a file: one safe after the other.
func sorted(items []keyItem) []keyItem {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b keyItem) int { return a.safe - b.safe })
	return items
}

// unpack reads the store's own record out of saved, and refuses what Save would not have written for this place and this certificate. A receipt is a file that
// could have been altered.
func (s *javaStore) unpack(saved Saved) (javaRecord, error) {
	var record javaRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return record, fmt.Errorf("read what was saved of %s: %w", saved.Title, errors.Join(ErrChanged, err))
	}
	if saved.Place.Kind != s.place.Kind || saved.Place.Path != s.place.Path || saved.Verb != "" || len(record.Entries) == 0 {
		return record, fmt.Errorf("saved in %s: %w", saved.Place.Path, ErrChanged)
	}
	for _, entry := range record.Entries {
		item, err := readKeyItem(record.Form, entry)
		if err != nil || item.key || cert.Of(item.der) != saved.Print || item.alias != entry.Alias || entry.At < 0 || entry.Safe < 0 {
			return record, fmt.Errorf("an entry is not of %s: %w", saved.Title, errors.Join(ErrChanged, err))
		}
	}
	return record, nil
}

// readKeyItem reads one entry that was saved.
func readKeyItem(form keyForm, entry javaEntry) (keyItem, error) {
	switch form {
	case jksForm:
		for _, version := range []uint32{2, 1} {
			if item, size, err := readJKSItem(entry.Raw, version); err == nil && size == len(entry.Raw) {
				return item, nil
			}
		}
	case pkcs12Form:
		if item, err := readBag(entry.Raw); err == nil && cert.Length(entry.Raw) == len(entry.Raw) {
			item.safe, item.raw = entry.Safe, entry.Raw
			return item, nil
		}
	}
	return keyItem{}, fmt.Errorf("%s: %w", entry.Alias, errors.Join(ErrChanged, errKeystoreOdd))
}
