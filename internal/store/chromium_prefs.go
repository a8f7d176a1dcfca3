package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// chromiumPrefs is the file of settings of one profile of a browser of the Chromium family, where certificates stand in it. The policies of [policyNames] reach the
// browser by way of settings, and it does not ask whether a policy or the file gave them (profile_network_context_service.cc of Chromium, GetCertificatePolicy):
// what stands in the file is trusted as if an administrator had wished it, although anything that runs in the person's name can write there. The browser's
// own list of certificates shows it as one of the administrator's.
type chromiumPrefs struct {
	browser *chromiumStore
	place   evidence.Place
}

// prefsName is the name of the file in the folder of a profile.
const prefsName = "Preferences"

// Place says which profile of which browser this is.
func (s *chromiumPrefs) Place() evidence.Place { return s.place }

func (s *chromiumPrefs) name() string { return s.browser.dir + "/" + prefsName }

// Busy names the browser when it runs: it writes the file anew while it runs and when it ends.
func (s *chromiumPrefs) Busy(ctx context.Context) string { return s.browser.Busy(ctx) }

var errPrefs = errors.New("settings that do not follow their form")

// items reads what the file says of certificates. A file without a word of them is not taken apart.
func (s *chromiumPrefs) items() ([]prefsItem, error) {
	text, err := s.browser.m.Read(s.name(), maxPolicy)
	switch {
	case absent(err), errors.Is(err, fs.ErrInvalid):
		return nil, nil
	case err != nil:
		return nil, trouble(s.name(), err)
	}
	if !mayNameCertificates(text) {
		return nil, nil
	}
	found, err := readPrefsItems(text)
	if err != nil {
		err = evidence.Trouble{Code: evidence.Damaged, Path: s.name(), Err: errors.Join(errPrefs, err)}
	}
	return found.items, err
}

// List reads the certificates that the file names.
func (s *chromiumPrefs) List(context.Context) ([]evidence.Entry, error) {
	items, err := s.items()
	var entries []evidence.Entry
	at := map[cert.Print]int{}
	for _, one := range items {
		c := cert.Read(one.der)
		if n, again := at[c.Print]; again {
			entries[n].Trust = strongest(entries[n].Trust, prefsLists[one.list])
			continue
		}
		at[c.Print] = len(entries)
		entries = append(entries, evidence.Entry{Cert: c, Trust: prefsLists[one.list], Needs: s.browser.needs, Where: []string{prefsName}})
	}
	return entries, err
}

// prefsRecord is what is taken out of one file.
type prefsRecord struct {
	Items []prefsSaved `json:"items"`
}

type prefsSaved struct {
	List string          `json:"list"`
	At   int             `json:"at"` // in the list, from 0
	Item json.RawMessage `json:"item"`
}

// Save reads the elements of the lists that hold the certificate.
func (s *chromiumPrefs) Save(_ context.Context, entry evidence.Entry) (Saved, error) {
	items, err := s.items()
	var record prefsRecord
	for _, one := range items {
		if cert.Of(one.der) == entry.Cert.Print {
			record.Items = append(record.Items, prefsSaved{one.list, one.at, one.raw})
		}
	}
	if len(record.Items) == 0 {
		if err != nil {
			return Saved{}, err
		}
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrGone)
	}
	return pack(s.place, entry.Cert, record)
}

// Remove takes the saved elements out of their lists. The rest of the file stays as it is, byte for byte.
func (s *chromiumPrefs) Remove(ctx context.Context, saved Saved) error {
	err := s.change(ctx, saved, func(text []byte, found prefsLook, record prefsRecord) ([]byte, error) {
		for _, one := range slices.Backward(found.items) {
			if cert.Of(one.der) != saved.Print {
				continue
			}
			if !slices.ContainsFunc(record.Items, func(was prefsSaved) bool { return was.List == one.list && sameJSON(was.Item, one.raw) }) {
				return nil, ErrChanged
			}
			text = one.cut(text)
		}
		return text, nil
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Restore puts the saved elements back into their lists, which are made anew where the browser has dropped them.
func (s *chromiumPrefs) Restore(ctx context.Context, saved Saved) error {
	return s.change(ctx, saved, func(text []byte, found prefsLook, record prefsRecord) ([]byte, error) {
		there := slices.Clone(found.items)
		for _, one := range record.Items {
			if i := slices.IndexFunc(there, func(is prefsItem) bool { return is.list == one.List && sameJSON(is.raw, one.Item) }); i >= 0 {
				there = slices.Delete(there, i, i+1) // a list can hold a certificate twice
				continue
			}
			now, err := readPrefsItems(text) // anew: each change moves what is behind it
			if err != nil {
				return nil, err
			}
			text = now.put(text, one)
		}
		return text, nil
	})
}

// change writes the file anew with what work makes of it, unless that is the same.
func (s *chromiumPrefs) change(ctx context.Context, saved Saved, work func([]byte, prefsLook, prefsRecord) ([]byte, error)) error {
	record, err := s.unpack(saved)
	if err != nil {
		return err
	}
	if err := unguided(s.browser.m, s.browser.needs, s.browser.dir, s.name()); err != nil {
		return err
	}
	if program := s.Busy(ctx); program != "" {
		return fmt.Errorf("%s: %w", program, ErrBusy)
	}
	host, err := s.browser.m.Host(s.browser.dir)
	if err != nil {
		return trouble(s.name(), err)
	}
	root, err := os.OpenRoot(host)
	if absent(err) { // the profile was deleted as a whole
		return fmt.Errorf("change %s: %w", s.name(), ErrGone)
	} else if err != nil {
		return trouble(s.name(), err)
	}
	g := &ground{root: root, name: prefsName}
	defer g.close()
	text, info, err := g.read()
	if absent(err) {
		return fmt.Errorf("change %s: %w", s.name(), ErrGone)
	} else if err != nil {
		return trouble(s.name(), err)
	}
	found, err := readPrefsItems(text)
	if err != nil {
		return evidence.Trouble{Code: evidence.Damaged, Path: s.name(), Err: errors.Join(errPrefs, err)}
	}
	changed, err := work(slices.Clone(text), found, record)
	if err != nil {
		return fmt.Errorf("change %s: %w", s.name(), err)
	}
	if string(changed) == string(text) {
		return nil
	}
	if !json.Valid(bytes.TrimPrefix(changed, []byte("\xef\xbb\xbf"))) { // cannot be; the settings of a person are not risked for it
		return fmt.Errorf("change %s: %w", s.name(), errPrefs)
	}
	now := *metaOf(info)
	now.Time = 0
	if err := g.write(changed, now); err != nil {
		return trouble(s.name(), err)
	}
	return nil
}

// unpack reads the store's own record out of saved, and refuses what Save would not have written for this place and this certificate. A receipt is a file that could
// have been altered.
func (s *chromiumPrefs) unpack(saved Saved) (prefsRecord, error) {
	var record prefsRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return record, fmt.Errorf("read what was saved of %s: %w", saved.Title, errors.Join(ErrChanged, err))
	}
	if saved.Place.Kind != s.place.Kind || saved.Place.Path != s.place.Path || saved.Verb != "" || len(record.Items) == 0 {
		return record, fmt.Errorf("saved in %s: %w", saved.Place.Path, ErrChanged)
	}
	for _, one := range record.Items {
		if der := policyItem(one.Item); prefsLists[one.List] == "" || one.At < 0 || len(der) == 0 || cert.Of(der) != saved.Print {
			return record, fmt.Errorf("an item is not of %s: %w", saved.Title, ErrChanged)
		}
	}
	return record, nil
}
