package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// looseRecord is the store's own part of Saved: the files that hold the certificate alone.
type looseRecord struct {
	Files []looseSaved `json:"files"`
}

type looseSaved struct {
	Name string `json:"name"`          // relative to the folder, with "/"
	Raw  []byte `json:"raw,omitempty"` // the same, byte for byte, when it is not UTF-8 and so cannot stand in JSON
	Data []byte `json:"data"`
	Meta meta   `json:"meta"`
}

func (one looseSaved) path() string {
	if len(one.Raw) > 0 {
		return string(one.Raw)
	}
	return one.Name
}

// staysInside tells whether a name is that of a file in the folder or below it, in whatever letters.
func staysInside(name string) bool {
	if strings.ContainsRune(name, 0) || filepath.Separator == '\\' && strings.ContainsAny(name, `\:`) {
		return false
	}
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element == "." || element == ".." {
			return false
		}
	}
	return true
}

// open opens the folder and one file in it by a name that stays inside; the caller closes it.
func (s *loose) open(name string) (*ground, error) {
	if !staysInside(name) {
		return nil, fmt.Errorf("open %q: %w", name, errImplausible)
	}
	host, err := s.m.Host(s.dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(host)
	if err != nil {
		return nil, err
	}
	return &ground{root: root, name: name}, nil
}

// Save keeps every file that holds the certificate alone. It is CannotRemove when there are only others.
func (s *loose) Save(ctx context.Context, entry evidence.Entry) (Saved, error) {
	files, err := s.files(ctx)
	var record looseRecord
	shared := false
	for _, file := range files {
		if !slices.ContainsFunc(file.certs, func(der []byte) bool { return cert.Of(der) == entry.Cert.Print }) {
			continue
		}
		if !file.alone {
			shared = true
			continue
		}
		saved, err := s.keep(file.name, entry.Cert.Print)
		if err != nil {
			return Saved{}, err
		}
		record.Files = append(record.Files, saved)
	}
	switch {
	case len(record.Files) > 0:
		return pack(s.place, entry.Cert, record)
	case shared:
		return Saved{}, evidence.Trouble{Code: evidence.CannotRemove, Path: s.dir}
	case err != nil:
		return Saved{}, err
	}
	return Saved{}, fmt.Errorf("find %s in %s: %w", entry.Cert.Title(), s.dir, ErrGone)
}

// keep reads a file anew, and makes sure that it is still what was found.
func (s *loose) keep(name string, print cert.Print) (looseSaved, error) {
	g, err := s.open(name)
	if err != nil {
		return looseSaved{}, trouble(s.dir, err)
	}
	defer g.close()
	data, info, err := g.read()
	if err != nil {
		return looseSaved{}, trouble(s.dir+"/"+name, err)
	}
	if certs, alone := looseContent(data); !alone || cert.Of(certs[0]) != print {
		return looseSaved{}, fmt.Errorf("read %s: %w", name, ErrChanged)
	}
	saved := looseSaved{Name: shownName(name), Data: data, Meta: *metaOf(info)}
	if saved.Name != name {
		saved.Raw = []byte(name)
	}
	return saved, nil
}

// Remove deletes the files that were saved. Nothing is deleted when one of them is another now.
func (s *loose) Remove(_ context.Context, saved Saved) error {
	return s.change(saved, func(g *ground, one looseSaved, data []byte) error {
		if data == nil {
			return nil
		}
		return g.remove()
	})
}

// Restore writes the files again.
func (s *loose) Restore(_ context.Context, saved Saved) error {
	return s.change(saved, func(g *ground, one looseSaved, data []byte) error {
		if data != nil {
			return nil
		}
		if err := g.root.MkdirAll(path.Dir(one.path()), 0o700); err != nil {
			return err
		}
		return g.write(one.Data, one.Meta)
	})
}

// There looks for the files that were saved. The list is no proof: it ends after some thousands of names, and a bundle that stays may hold the certificate too.
func (s *loose) There(_ context.Context, saved Saved) (some, all bool, err error) {
	record, err := s.unpack(saved)
	if err != nil {
		return false, false, err
	}
	all = true
	for _, one := range record.Files {
		data, err := s.readAnew(one.path())
		switch {
		case err == nil && bytes.Equal(data, one.Data):
			some = true
		case err == nil: // written anew since: not what was saved, but the certificate may be in it all the same
			certs, _ := looseContent(data)
			some = some || slices.ContainsFunc(certs, func(der []byte) bool { return cert.Of(der) == saved.Print })
			all = false
		case absent(err), errors.Is(err, ErrChanged): // another thing of that name is not what was saved
			all = false
		default:
			return some, false, trouble(s.dir+"/"+one.Name, err)
		}
	}
	return some, all, nil
}

func (s *loose) readAnew(name string) ([]byte, error) {
	g, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer g.close()
	data, _, err := g.read()
	return data, err
}

// change makes sure that each file is as it was saved, or not there, and then does the work on each.
func (s *loose) change(saved Saved, work func(g *ground, one looseSaved, data []byte) error) error {
	record, err := s.unpack(saved)
	if err != nil {
		return err
	}
	var grounds []*ground
	defer func() {
		for _, g := range grounds {
			g.close()
		}
	}()
	contents := make([][]byte, len(record.Files))
	for i, one := range record.Files {
		g, err := s.open(one.path())
		if err != nil {
			return trouble(s.dir, err)
		}
		grounds = append(grounds, g)
		data, _, err := g.read()
		switch {
		case err == nil && !bytes.Equal(data, one.Data):
			return fmt.Errorf("compare %s: %w", one.Name, ErrChanged)
		case err == nil:
			contents[i] = data
		case !errors.Is(err, fs.ErrNotExist):
			return trouble(s.dir+"/"+one.Name, err)
		}
	}
	for i, one := range record.Files {
		if err := work(grounds[i], one, contents[i]); err != nil {
			return trouble(s.dir+"/"+one.Name, err)
		}
	}
	return nil
}

// unpack reads the store's own record out of saved, and refuses what Save would not have written for this place and this certificate. A receipt is a file that
// could have been altered.
func (s *loose) unpack(saved Saved) (looseRecord, error) {
	var record looseRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return record, fmt.Errorf("read what was saved of %s: %w", saved.Title, errors.Join(ErrChanged, err))
	}
	if saved.Place.Kind != s.place.Kind || saved.Place.Path != s.place.Path || saved.Verb != "" || len(record.Files) == 0 {
		return record, fmt.Errorf("saved in %s: %w", saved.Place.Path, ErrChanged)
	}
	for _, one := range record.Files {
		if certs, alone := looseContent(one.Data); !alone || cert.Of(certs[0]) != saved.Print || len(one.Data) > looseSize {
			return record, fmt.Errorf("use %s: %w", one.Name, errImplausible)
		}
	}
	return record, nil
}
