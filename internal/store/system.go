package store

import (
	"context"
	"errors"
	"path"
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// systemStores is the trust of the distribution: its anchors, and what is generated from them. It is one place, however many files it has: what is taken out
// of a source alone is still in the outputs, and what is taken out of an output alone comes back with the next update. A system whose configuration makes the
// whole of it (NixOS, Guix) is listed, and cannot be changed here.
func systemStores(m *machine.Machine) []Store {
	if m.GOOS != "linux" {
		return nil
	}
	var all []Store
	said := releaseOf(m)
	for _, f := range pickFamilies(m, said) {
		s := systemStore{m: m, f: f, place: evidence.Place{Kind: evidence.System, Path: f.place, Program: said.program(f)}}
		switch {
		case f.fixed:
			all = append(all, fixedStore{s})
		case f.p11:
			all = append(all, blockingStore{changeableStore{s}})
		default:
			all = append(all, changeableStore{s})
		}
	}
	return all
}

// pickFamilies picks the family that os-release names; where it names none that is known, each whose marks are on the disk.
func pickFamilies(m *machine.Machine, said release) []family {
	for _, id := range said.ids {
		for _, f := range families {
			if slices.Contains(f.ids, id) {
				if slices.ContainsFunc(append(f.paths(), f.place), m.Exists) {
					return []family{f}
				}
				return nil
			}
		}
	}
	var picked []family
	kin := map[string]bool{"": false}
	for _, f := range families {
		if !kin[f.kin] && (!f.last || len(picked) == 0) && slices.ContainsFunc(f.marks, m.Exists) {
			picked = append(picked, f)
			kin[f.kin] = f.kin != ""
		}
	}
	return picked
}

// paths is every folder and file of the table for the family.
func (f family) paths() []string {
	var all []string
	for _, list := range [][]folder{f.sources, f.outputs} {
		for _, dir := range list {
			all = append(all, dir.path)
		}
	}
	for _, one := range f.bundles {
		all = append(all, one.path)
	}
	if f.conf != "" {
		all = append(all, f.conf)
	}
	return all
}

// systemStore is what both kinds of system store can do: look.
type systemStore struct {
	m     *machine.Machine
	f     family
	place evidence.Place
}

// fixedStore is a system store that only the system's own configuration can change.
type fixedStore struct{ systemStore }

// changeableStore is a system store whose certificates can be taken out; see system_save.go.
type changeableStore struct{ systemStore }

func (s systemStore) Place() evidence.Place { return s.place }

// List gives one entry for each certificate, wherever it lies. A certificate of the distribution's own package has Vendor set, in its copies too.
func (s systemStore) List(ctx context.Context) ([]evidence.Entry, error) {
	found, err := walk(ctx, s.m, s.f, false)
	if err != nil {
		return nil, trouble(s.place.Path, err)
	}
	var entries []evidence.Entry
	rights := map[string]bool{}
	for _, h := range found.holdings() {
		entries = append(entries, evidence.Entry{
			Cert:   cert.Read(h.der),
			Trust:  h.trust(),
			Needs:  s.needs(h, rights),
			Vendor: h.vendor,
			Where:  h.where,
		})
	}
	return entries, errors.Join(found.troubles...)
}

// holding is one certificate with everything that the place says of it.
type holding struct {
	der    []byte
	where  []string
	dirs   []string // folders in which something would have to change
	vendor bool

	read    bool // something that programs read vouches for it
	vouched bool // a source vouches for it
	refused bool // a blocklist names it, or a source or an output refuses it
}

// holdings sorts what was found by certificate, in the order in which it was found.
func (s *scan) holdings() []*holding {
	index := map[cert.Print]*holding{}
	var all []*holding
	for _, one := range s.spots {
		for i, p := range one.text.pieces {
			if p.der == nil {
				continue
			}
			h := index[p.print]
			if h == nil {
				h = &holding{der: p.der}
				index[p.print] = h
				all = append(all, h)
			}
			if !slices.ContainsFunc(one.text.pieces[:i], func(q piece) bool { return q.print == p.print }) {
				h.where = append(h.where, one.path)
				if dir := path.Dir(one.path); s.mayTouch(one) && !slices.Contains(h.dirs, dir) {
					h.dirs = append(h.dirs, dir)
				}
			}
			h.vendor = h.vendor || one.vendor
			switch said := says(one.rule, p.trust); {
			case said == evidence.Distrusted:
				h.refused = true
			case said == evidence.Web && one.rule == output:
				h.read = true
			case said == evidence.Web:
				h.vouched = true
			}
		}
	}
	return all
}

// says is what it means that a certificate lies under a rule in a file that says something of it.
func says(r rule, file evidence.Trust) evidence.Trust {
	switch r {
	case blocked:
		return evidence.Distrusted
	case otherUse, unselected:
		return evidence.Other
	case described:
		if file == "" {
			return evidence.Other
		}
	}
	if file == "" {
		return evidence.Web
	}
	return file
}

// trust joins it all. A blocklist wins over sources, since the outputs are made without what it names; but what stands in an output is read by programs that
// know nothing of blocklists.
func (h *holding) trust() evidence.Trust {
	switch {
	case h.read:
		return evidence.Web
	case h.refused:
		return evidence.Distrusted
	case h.vouched:
		return evidence.Web
	}
	return evidence.Other
}

// mayTouch tells whether the file, or the line that selects it, is this program's to change.
func (s *scan) mayTouch(one spot) bool { return !s.f.fixed && (!one.out || one.rule == selected) }

func (s systemStore) needs(h *holding, rights map[string]bool) evidence.Right {
	switch {
	case len(h.dirs) == 0:
		return evidence.Never
	case s.m.Admin:
		return evidence.Own
	case !s.m.Offline():
		return evidence.Admin
	}
	for _, dir := range h.dirs {
		can, known := rights[dir]
		if !known {
			host, err := s.m.Host(dir)
			can = err == nil && mayWriteIn(host)
			rights[dir] = can
		}
		if !can {
			return evidence.Admin
		}
	}
	return evidence.Own
}
