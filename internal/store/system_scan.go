package store

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"qulyp/internal/machine"
)

const (
	maxBundle = 64 << 20 // a bundle of all public authorities of the world has less than one mebibyte
	maxNames  = 20000    // in one folder; real ones have some hundreds
	maxDepth  = 16       // of folders below a folder
	maxHops   = 8        // links from name to name that are followed without asking the system
)

// spot is one file or link of the place, with the certificates in it.
type spot struct {
	path   string
	rule   rule
	link   string   // where it leads, as written in it; empty: it is no link
	leads  string   // the file that a link ends at, as far as this scan knows it; else empty
	text   *content // shared by all links to one file
	vendor bool     // brought by the distribution's own package, unchanged
	out    bool     // lies outside the folders of the table, reached through a link or a line of the configuration: may be read, is never changed
	bundle bool     // see file
}

// content is what one file holds.
type content struct {
	path   string // of the file itself
	form   form
	pieces []piece
	data   []byte // kept only when the scan is told to
}

// scan is one walk through all files of a place.
type scan struct {
	ctx      context.Context
	m        *machine.Machine
	f        family
	keep     bool // keep the bytes of each file
	owned    owners
	spots    []spot
	choices  []choice
	on       map[string]bool // by path: selected by the configuration
	conf     []byte
	troubles []error

	known   map[string]*content // by path; nil: there is nothing to read at that path
	visited map[string]bool     // folders, by the path that no link leads to any more
	table   map[string]bool     // folders of the table that are no links, by the same
}

// walk looks through the whole place.
func walk(ctx context.Context, m *machine.Machine, f family, keep bool) (*scan, error) {
	s := &scan{ctx: ctx, m: m, f: f, keep: keep, known: map[string]*content{}, visited: map[string]bool{}, table: map[string]bool{}}
	if f.owned != nil {
		s.owned = f.owned(m)
	}
	for _, list := range [][]folder{f.sources, f.outputs} {
		for _, dir := range list {
			if info, err := m.Lstat(dir.path); err == nil && info.IsDir() {
				s.table[s.real(dir.path)] = true
			}
		}
	}
	s.readConf()
	for _, dir := range f.sources {
		s.walkFolder(dir)
	}
	s.walkChoices()
	for _, dir := range f.outputs {
		s.walkFolder(dir)
	}
	for _, one := range f.bundles {
		s.walkBundle(one)
	}
	return s, ctx.Err()
}

// real is the path of a folder that exists, without links on the way; the path itself where that cannot be told.
func (s *scan) real(dir string) string {
	if s.m.Root == "" {
		if found, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.ToSlash(found)
		}
		return dir
	}
	host, err := s.m.Host(dir)
	if err != nil {
		return dir
	}
	inside, err := filepath.Rel(s.m.Root, host)
	if err != nil {
		return dir
	}
	return path.Join("/", filepath.ToSlash(inside))
}

func (s *scan) readConf() {
	if s.f.conf == "" {
		return
	}
	data, err := s.m.Read(s.f.conf, maxText)
	if err != nil {
		s.complain(s.f.conf, err)
		return
	}
	s.conf, s.choices = data, readChoices(data)
	s.on = choiceMap(s.choices, s.f.confAt)
}

// complain notes what could not be read. What is not there, or leads nowhere, is no trouble: nobody else can read it either.
func (s *scan) complain(name string, err error) {
	if !missing(err) {
		s.troubles = append(s.troubles, trouble(name, err))
	}
}

func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// walkFolder looks through a folder of the table.
func (s *scan) walkFolder(dir folder) {
	info, err := s.m.Lstat(dir.path)
	if err != nil {
		s.complain(dir.path, err)
		return
	}
	real, out := dir.path, false
	if info.Mode()&fs.ModeSymlink != 0 {
		if info, err := s.m.Stat(dir.path); err != nil {
			s.complain(dir.path, err)
			return
		} else if !info.IsDir() {
			return
		}
		real = s.real(dir.path)
		out = !s.table[real]
	} else if !info.IsDir() {
		return
	} else {
		real = s.real(dir.path)
	}
	s.walkInto(dir, dir.path, real, 0, out)
}

// walkInto looks through one folder on the disk. at is its path as the table spells it, real the one without links.
func (s *scan) walkInto(dir folder, at, real string, depth int, out bool) {
	if s.visited[real] || s.ctx.Err() != nil {
		return
	}
	if depth > maxDepth {
		s.complain(at, machine.ErrTooLarge)
		return
	}
	s.visited[real] = true
	list, err := s.m.ReadDir(at)
	if err != nil {
		s.complain(at, err)
		return
	}
	if len(list) > maxNames {
		s.complain(at, machine.ErrTooLarge)
		list = list[:maxNames]
	}
	kinds := make(map[string]fs.FileMode, len(list))
	for _, entry := range list {
		kinds[entry.Name()] = entry.Type()
	}
	for _, entry := range list {
		if s.ctx.Err() != nil {
			return
		}
		name := entry.Name()
		full := at + "/" + name
		counts := dir.only == "" || strings.HasSuffix(name, dir.only)
		switch kind := entry.Type(); {
		case kind.IsDir():
			if dir.deep {
				s.walkInto(dir, full, real+"/"+name, depth+1, out)
			}
		case kind&fs.ModeSymlink != 0:
			s.walkLink(dir, at, real, name, kinds, counts, depth, out)
		case kind.IsRegular() && counts:
			if text := s.read(full, real+"/"+name); text != nil {
				s.add(dir, spot{path: full, text: text, out: out})
			}
		}
	}
}

// walkLink follows one link in a folder.
func (s *scan) walkLink(dir folder, at, real, name string, kinds map[string]fs.FileMode, counts bool, depth int, out bool) {
	full := at + "/" + name
	target, err := s.m.Readlink(full)
	if err != nil {
		s.complain(full, err)
		return
	}
	if dir.deep {
		if info, err := s.m.Stat(full); err == nil && info.IsDir() {
			s.walkInto(dir, full, s.real(full), depth+1, true) // what lies behind a link is not ours to change
			return
		}
	}
	if !counts {
		return
	}
	// A link to a neighbour, as all hash links are, or to a file that was read before needs no further look at the disk: /etc/ssl/certs has two links for each
	// certificate.
	next := target
	for hop := 0; hop < maxHops && !strings.Contains(next, "/"); hop++ {
		kind, there := kinds[next]
		if !there {
			return // leads nowhere
		}
		if kind&fs.ModeSymlink == 0 {
			break
		}
		if next, err = s.m.Readlink(at + "/" + next); err != nil {
			return
		}
	}
	if !path.IsAbs(next) {
		next = path.Join(real, next)
	}
	text, known := s.known[next]
	if !known {
		if next = s.real(full); next == full {
			return // leads nowhere, or in a circle
		}
		text = s.read(full, next)
	}
	if text != nil {
		s.add(dir, spot{path: full, link: target, leads: next, text: text, out: out})
	}
}

// add notes what was found in a folder, with what the table and the configuration say of it.
func (s *scan) add(dir folder, one spot) {
	one.rule = dir.rule
	if dir.rule == selected {
		if !s.on[one.path] {
			one.rule = unselected
		}
	}
	if dir.vendor != "" {
		rest := strings.TrimPrefix(one.path, dir.path+"/")
		match, _ := path.Match(dir.vendor, rest)
		_, listed := s.owned[one.path] // a list knows better: put looks there
		one.vendor = match && !listed
	}
	for _, known := range s.f.bundles {
		if known.path == one.path {
			one.bundle, one.rule = true, known.rule
		}
	}
	s.put(one)
}

func (s *scan) put(one spot) {
	if one.text.data != nil && one.link == "" && s.owned.brought(one.path, one.text.data) {
		one.vendor = true
	}
	if !s.keep {
		one.text.data = nil
	}
	s.spots = append(s.spots, one)
}

// walkChoices reads what the configuration selects and no folder of the table has: another ending, another folder.
func (s *scan) walkChoices() {
	if len(s.choices) == 0 {
		return
	}
	have := make(map[string]bool, len(s.spots))
	for _, one := range s.spots {
		have[one.path] = true
	}
	for _, c := range s.choices {
		name := path.Join(s.f.confAt, c.name)
		if have[name] || !s.on[name] {
			continue
		}
		have[name] = true
		if text := s.read(name, s.real(name)); text != nil {
			s.put(spot{path: name, rule: selected, text: text, out: true}) // only its line is ours
		}
	}
}

// walkBundle reads one file of the table.
func (s *scan) walkBundle(one file) {
	for _, have := range s.spots {
		if have.path == one.path {
			return
		}
	}
	info, err := s.m.Lstat(one.path)
	if err != nil {
		s.complain(one.path, err)
		return
	}
	real := s.real(path.Dir(one.path)) + "/" + path.Base(one.path)
	found := spot{path: one.path, rule: one.rule, bundle: true}
	if info.Mode()&fs.ModeSymlink != 0 {
		if found.link, err = s.m.Readlink(one.path); err != nil {
			s.complain(one.path, err)
			return
		}
		if _, err := s.m.Stat(one.path); err != nil {
			s.complain(one.path, err)
			return
		}
		real = s.real(one.path)
		found.leads = real
	} else if s.visited[path.Dir(real)] {
		return // seen in its folder, under another name of that
	}
	if text, ok := s.known[real]; ok {
		found.text = text
	} else {
		if info, err := s.m.Stat(one.path); err == nil && !info.Mode().IsRegular() {
			s.troubles = append(s.troubles, trouble(one.path, &fs.PathError{Op: "read", Path: one.path, Err: fs.ErrInvalid}))
			return
		}
		found.text = s.read(one.path, real)
	}
	if found.text != nil {
		s.put(found)
	}
}

// read takes apart what is at name; nil: no certificates. key is its path without links. Devices, pipes and folders are passed over: no program takes
// certificates from them.
func (s *scan) read(name, key string) *content {
	if text, ok := s.known[key]; ok {
		return text
	}
	s.known[key] = nil
	data, err := s.m.Read(name, maxBundle)
	if err != nil {
		if !errors.Is(err, fs.ErrInvalid) {
			s.complain(name, err)
		}
		return nil
	}
	text := &content{path: key, data: data}
	if text.form, text.pieces = pieces(data, s.f.p11); len(text.pieces) == 0 {
		return nil
	}
	s.known[key] = text
	return text
}
