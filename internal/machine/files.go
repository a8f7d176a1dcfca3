package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"syscall"
)

// maxLinks is how many symbolic links one path may go through, as in the kernel of Linux (MAXSYMLINKS, 40).
const maxLinks = 40

// Host is the path under which this process reaches name. On this computer it is name itself. On another disk every symbolic link on the way is
// followed as that computer would follow it, so that an absolute link stays on the disk; the last element need not exist, and is followed too.
func (m *Machine) Host(name string) (string, error) { return m.resolve(name, true) }

// HostEntry is Host without following a link in the last element.
func (m *Machine) HostEntry(name string) (string, error) { return m.resolve(name, false) }

func (m *Machine) resolve(name string, last bool) (string, error) {
	if m.Root == "" {
		return name, nil
	}
	pending := strings.Split(path.Clean("/"+filepath.ToSlash(name)), "/")
	at := "/"
	for links := 0; len(pending) > 0; {
		element := pending[0]
		pending = pending[1:]
		switch element {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, m.spelled(at, element))
		host := filepath.Join(m.Root, filepath.FromSlash(next))
		if !last && len(pending) == 0 {
			return host, nil
		}
		target, err := os.Readlink(host)
		if err != nil { // not a link, or not there: what comes after will tell
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("follow %s: %w", name, ErrLinkLoop)
		}
		target = filepath.ToSlash(target)
		if path.IsAbs(target) {
			at = "/"
		}
		pending = append(strings.Split(target, "/"), pending...)
	}
	return filepath.Join(m.Root, filepath.FromSlash(at)), nil
}

// spelled is the name of an element as it is on the disk. Windows does not care about the case of letters, the system that looks at its disk may: what is config/SOFTWARE
// and NTUSER.DAT on one computer is config/software and ntuser.dat on another.
func (m *Machine) spelled(at, element string) string {
	if m.GOOS != "windows" || runtime.GOOS == "windows" {
		return element
	}
	folder := filepath.Join(m.Root, filepath.FromSlash(at))
	if _, err := os.Lstat(filepath.Join(folder, element)); !errors.Is(err, fs.ErrNotExist) {
		return element
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		return element
	}
	for _, entry := range list {
		if strings.EqualFold(entry.Name(), element) {
			return entry.Name()
		}
	}
	return element
}

// Read is the content of a regular file of at most limit bytes; ErrTooLarge when it is longer. Devices, pipes and sockets are refused without
// being opened for reading, since that could wait for ever.
func (m *Machine) Read(name string, limit int64) ([]byte, error) {
	host, err := m.Host(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(host)
	if err != nil {
		return nil, linkError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("read %s: %d bytes: %w", name, info.Size(), ErrTooLarge)
	}
	f, err := os.Open(host)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// Room for all of it at once, and for the read that finds the end: a system has hundreds of small files of certificates.
	data := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > limit {
		return nil, fmt.Errorf("read %s: %w", name, ErrTooLarge)
	}
	return data.Bytes(), nil
}

// Stat is os.Stat: it follows links.
func (m *Machine) Stat(name string) (fs.FileInfo, error) {
	host, err := m.Host(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(host)
	return info, linkError(err)
}

// Lstat is os.Lstat: it does not follow a link in the last element.
func (m *Machine) Lstat(name string) (fs.FileInfo, error) {
	host, err := m.HostEntry(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(host)
	return info, linkError(err)
}

// Readlink is where the link name leads, as written in it.
func (m *Machine) Readlink(name string) (string, error) {
	host, err := m.HostEntry(name)
	if err != nil {
		return "", err
	}
	return os.Readlink(host)
}

// ReadDir lists a folder, sorted by name.
func (m *Machine) ReadDir(name string) ([]fs.DirEntry, error) {
	host, err := m.Host(name)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(host)
	return list, linkError(err)
}

// Exists tells whether name is there, through links. A path that may not be looked at counts as there, so that it is not passed over in silence.
func (m *Machine) Exists(name string) bool {
	_, err := m.Stat(name)
	return err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// Glob lists the paths that match pattern, with "/" between the elements, as filepath.Match has it for each element; sorted. A folder that may
// not be read yields nothing.
func (m *Machine) Glob(pattern string) []string {
	found := []string{""}
	volume := filepath.VolumeName(pattern)
	elements := strings.Split(strings.Trim(strings.TrimPrefix(filepath.ToSlash(pattern), volume), "/"), "/")
	if volume != "" {
		found = []string{volume}
	}
	for i, element := range elements {
		var next []string
		for _, dir := range found {
			if !strings.ContainsAny(element, `*?[`) {
				if name := dir + "/" + element; m.Exists(name) {
					next = append(next, name)
				}
				continue
			}
			list, err := m.ReadDir(dir + "/")
			if err != nil {
				continue
			}
			for _, entry := range list {
				if last := i == len(elements)-1; entry.Type().IsRegular() && !last {
					continue // nothing lies below a file
				}
				if ok, _ := path.Match(element, entry.Name()); ok {
					next = append(next, dir+"/"+entry.Name())
				}
			}
		}
		found = next
	}
	sort.Strings(found)
	return found
}

// linkError gives the operating system's "too many links" its name here.
func linkError(err error) error {
	if errors.Is(err, syscall.ELOOP) {
		return fmt.Errorf("%w: %w", ErrLinkLoop, err)
	}
	return err
}
