package store

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// maxLinks is how many links are followed on the way to one file, as by Linux.
const maxLinks = 40

// openWay opens the folder of a file, going down from the top one folder at a time, and tells the name of the file in it. It is for an administrator's process,
// which must not be led anywhere by somebody with fewer rights: a link is followed only where nobody else can have put it, that is where every folder on
// the way to it belongs to this account and takes changes from no other. What was looked at is what is opened, so nothing can be put in between.
func openWay(file string) (root *os.Root, name string, err error) {
	rest, links := elements(file), 0
start:
	at, own := "/", true
	root, err = os.OpenRoot("/")
	if err != nil {
		return nil, "", err
	}
	for {
		info, err := root.Stat(".")
		if err != nil || len(rest) == 0 {
			root.Close()
			if err == nil {
				err = &fs.PathError{Op: "open", Path: file, Err: fs.ErrInvalid} // leads to a folder
			}
			return nil, "", err
		}
		uid, _ := ownerOf(info)
		own = own && uid == os.Geteuid() && info.Mode().Perm()&0o022 == 0
		name := rest[0]
		if name == ".." { // out of the target of a link; no link is on the way up
			root.Close()
			rest = append(elements(path.Dir(at)), rest[1:]...)
			goto start
		}
		info, err = root.Lstat(name)
		if err != nil {
			root.Close()
			return nil, "", err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := root.Readlink(name)
			root.Close()
			switch links++; {
			case err != nil:
				return nil, "", err
			case links > maxLinks:
				return nil, "", fmt.Errorf("open %s: %w", file, machine.ErrLinkLoop)
			case !own:
				return nil, "", evidence.Trouble{Code: evidence.NeedsUser, Path: path.Join(at, name)}
			}
			if rest = append(elements(target), rest[1:]...); !path.IsAbs(target) {
				rest = append(elements(at), rest...)
			}
			goto start
		}
		if len(rest) == 1 {
			return root, name, nil
		}
		next, err := root.OpenRoot(name)
		root.Close()
		if err != nil {
			return nil, "", err
		}
		opened, err := next.Stat(".")
		if err == nil && !os.SameFile(info, opened) {
			err = fmt.Errorf("open %s: %w", file, ErrChanged)
		}
		if err != nil {
			next.Close()
			return nil, "", err
		}
		root, at, rest = next, path.Join(at, name), rest[1:]
	}
}

// elements are the names in a path, the ways up among them.
func elements(name string) []string {
	var all []string
	for element := range strings.SplitSeq(name, "/") {
		if element != "" && element != "." {
			all = append(all, element)
		}
	}
	return all
}
