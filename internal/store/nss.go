package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// nss is one certificate database of NSS: the folder of a Firefox profile, of a program made from it, or the one that Chromium and others share.
//
// The database is cert9.db, an SQLite file with one table, nssPublic, in which certificates and the trust in them are separate rows. A trust row
// alone is enough to be deceived, since a server can send the root along; so both are read, and both are removed. Beside it lies key4.db, which
// holds the key to all saved passwords: it is never opened here.
//
// The older format, cert8.db, is not read: nothing made since 2018 (Firefox 58) opens it, so nothing in it is trusted by anything.
type nss struct {
	m      *machine.Machine
	place  evidence.Place
	dir    string         // the folder, with "/" between the elements
	needs  evidence.Right // what a change needs
	person machine.Person // whose home it was found in
	shared *shared        // the programs that may hold it open, when it is not the profile of one; else nil
}

// Place says which profile or shared database this is.
func (s *nss) Place() evidence.Place { return s.place }

// database is the path of cert9.db on this computer; ok is false when there is none.
func (s *nss) database() (host string, ok bool, err error) {
	name := s.dir + "/cert9.db"
	host, err = s.m.Host(name)
	if err != nil {
		return "", false, trouble(name, err)
	}
	if _, err := s.m.Stat(name); err != nil {
		if absent(err) {
			return host, false, nil
		}
		return host, false, trouble(name, err)
	}
	// SQLite keeps its journal beside the file itself, not beside a link to it.
	if real, err := filepath.EvalSymlinks(host); err == nil {
		host = real
	}
	return host, true, nil
}

// List reads the certificates and trust rows. The file is never changed and nothing is made beside it, so it can be read while the browser runs.
func (s *nss) List(ctx context.Context) ([]evidence.Entry, error) {
	host, ok, err := s.database()
	if !ok {
		return nil, err
	}
	groups, err := readNSS(ctx, host, s.dir+"/cert9.db")
	entries := make([]evidence.Entry, len(groups))
	for i, g := range groups {
		entries[i] = g.entry
		entries[i].Needs = s.needs
		for _, id := range g.ids {
			entries[i].Where = append(entries[i].Where, fmt.Sprintf("cert9.db id %d", id))
		}
	}
	return entries, err
}

// trustedFiles is what the modules in pkcs11.txt are told to trust besides the database; nil: nothing.
func (s *nss) trustedFiles() Store {
	name := s.dir + "/pkcs11.txt"
	files := &environment{m: s.m, name: name, read: nssModuleLines, person: s.person,
		place: evidence.Place{Kind: evidence.Environment, Path: native(s.m, name), Owner: s.place.Owner, Program: s.place.Program, Label: s.place.Label}}
	if refs, err := files.references(); err != nil || len(refs) == 0 {
		return nil // Notes says what is wrong
	}
	return files
}

// absent tells whether err means that there is no such file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// unseen stands for a place that may hold a trust store and could not be looked at. It has no certificates to show, only the reason.
type unseen struct {
	place evidence.Place
	err   error
}

func (u unseen) Place() evidence.Place { return u.place }

func (u unseen) List(context.Context) ([]evidence.Entry, error) { return nil, u.err }

// native is name in the notation of the computer that is looked at, for people to read.
func native(m *machine.Machine, name string) string {
	if m.GOOS == "windows" && !m.Offline() {
		return filepath.FromSlash(name)
	}
	return name
}
