package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"qulyp/internal/machine"
)

// ground is one folder of the table, held open, with the name of one thing in it.
//
// # Why nothing can be put in the way
//
// An administrator's process works here on paths in which others may have planted links. So a path is split into a folder of the table, which only the table
// can name, and a name below it. The folder is opened once; everything else goes by names relative to the open folder, by means (os.Root) that refuse to leave
// it. A link is never followed to be changed: it is looked at with Lstat, and a file that is opened must be the very one that Lstat saw. A file is never
// written in place: a new one is made beside it and renamed over it, so that a second name of an old file (a hard link) keeps the old content.
type ground struct {
	root *os.Root
	name string // relative to root, with "/"
}

// errLeadsOut says that a folder of the table is a link to a folder that is none.
var errLeadsOut = errors.New("folder is a link to another folder")

// within splits a path of the table.
func (f family) within(name string) (dir, rest string, ok bool) {
	if name == "" || path.Clean(name) != name || !path.IsAbs(name) || strings.ContainsAny(name, "\x00\\") {
		return "", "", false
	}
	if name == f.conf || slices.ContainsFunc(f.bundles, func(one file) bool { return one.path == name }) {
		return path.Dir(name), path.Base(name), true
	}
	for _, list := range [][]folder{f.sources, f.outputs} {
		for _, one := range list {
			rest, below := strings.CutPrefix(name, one.path+"/")
			if below && rest != "" && (one.deep || !strings.Contains(rest, "/")) {
				return one.path, rest, true
			}
		}
	}
	return "", "", false
}

// openGround opens the folder of the table in which name lies.
func openGround(m *machine.Machine, f family, name string) (*ground, error) {
	dir, rest, ok := f.within(name)
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, errImplausible)
	}
	info, err := m.Lstat(dir)
	if err != nil {
		return nil, err
	}
	host, err := m.Host(dir)
	if err != nil {
		return nil, err
	}
	if m.Root == "" {
		if host, err = filepath.EvalSymlinks(dir); err != nil {
			return nil, err
		}
	}
	if info.Mode()&fs.ModeSymlink != 0 && !f.has(m, host) {
		return nil, fmt.Errorf("open %s: %w", dir, errLeadsOut)
	}
	root, err := os.OpenRoot(host)
	if err != nil {
		return nil, err
	}
	return &ground{root: root, name: rest}, nil
}

// has tells whether host is a folder of the table that is no link itself.
func (f family) has(m *machine.Machine, host string) bool {
	for _, list := range [][]folder{f.sources, f.outputs} {
		for _, one := range list {
			info, err := m.Lstat(one.path)
			if err != nil || !info.IsDir() {
				continue
			}
			other, err := m.Host(one.path)
			if err == nil && m.Root == "" {
				other, err = filepath.EvalSymlinks(one.path)
			}
			if err == nil && other == host {
				return true
			}
		}
	}
	return false
}

func (g *ground) close() { g.root.Close() }

// read is the content of a regular file, which is no link. Missing files are fs.ErrNotExist; anything that is no regular file is ErrChanged.
func (g *ground) read() ([]byte, fs.FileInfo, error) {
	seen, err := g.root.Lstat(g.name)
	if err != nil {
		return nil, nil, err
	}
	if !seen.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("read %s: not a file any more: %w", g.name, ErrChanged)
	}
	if seen.Size() > maxBundle {
		return nil, nil, fmt.Errorf("read %s: %w", g.name, machine.ErrTooLarge)
	}
	f, err := g.root.Open(g.name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !os.SameFile(seen, info) {
		return nil, nil, fmt.Errorf("read %s: another file in its place: %w", g.name, ErrChanged)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxBundle+1))
	return data, info, err
}

const (
	tempPrefix = ".qulyp-"
	tempSuffix = ".tmp"
)

// write puts a file with this content in place, whole or not at all. A zero time is now.
func (g *ground) write(data []byte, meta meta) (err error) {
	dir := path.Dir(g.name)
	g.tidy(dir)
	var random [8]byte
	rand.Read(random[:]) // never fails
	temp := path.Join(dir, tempPrefix+hex.EncodeToString(random[:])+tempSuffix)
	f, err := g.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			err = errors.Join(err, g.root.Remove(temp))
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if uid, gid := ownerOf(info); meta.UID >= 0 && (uid != meta.UID || gid != meta.GID) {
		if err = f.Chown(meta.UID, meta.GID); err != nil {
			return err
		}
	}
	if err = f.Chmod(meta.Mode.Perm()); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if meta.Time != 0 {
		at := time.Unix(0, meta.Time)
		if err = g.root.Chtimes(temp, at, at); err != nil {
			return err
		}
	}
	if err = g.root.Rename(temp, g.name); err != nil {
		return err
	}
	return g.sync()
}

// tidy takes away what a write that was cut short left behind: some programs take every file of a folder for a certificate.
func (g *ground) tidy(dir string) {
	f, err := g.root.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxNames)
	for _, name := range names {
		if strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix) {
			g.root.Remove(path.Join(dir, name)) // what stays is no worse than before
		}
	}
}

func (g *ground) remove() error {
	if err := g.root.Remove(g.name); err != nil {
		return err
	}
	return g.sync()
}

// link makes a link; there must be nothing of that name.
func (g *ground) link(target string) error {
	if err := g.root.Symlink(target, g.name); err != nil {
		return err
	}
	return g.sync()
}

// sync makes the names in the folder durable.
func (g *ground) sync() error {
	f, err := g.root.Open(path.Dir(g.name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// member is one of a chain of hash links.
type member struct {
	number int
	what   string // where the link leads; for a file in its place: "=" and the mark of its content
}

// chain lists what is at the numbers 0, 1, 2 … of one hash. OpenSSL looks at them in turn and stops at the first number that is missing: certificates with the
// same subject, as all roots of the Kazakhstan authority are, stand behind one another, and a gap hides those behind it.
func (g *ground) chain(stem string) ([]member, error) {
	dir, err := g.root.Open(path.Dir(g.name))
	if err != nil {
		return nil, err
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return nil, err
	}
	var all []member
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, stem)
		number, err := strconv.Atoi(digits)
		if !ok || err != nil || strconv.Itoa(number) != digits {
			continue
		}
		full := path.Join(path.Dir(g.name), name)
		if target, err := g.root.Readlink(full); err == nil {
			all = append(all, member{number, target})
			continue
		}
		file := &ground{root: g.root, name: full}
		if data, _, err := file.read(); err == nil {
			all = append(all, member{number, "=" + mark(data)})
		} else {
			all = append(all, member{number, ""})
		}
	}
	slices.SortFunc(all, func(a, b member) int { return a.number - b.number })
	return all, nil
}
