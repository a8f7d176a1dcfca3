package store

import (
	"io/fs"
	"path"
	"slices"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// unguided tells whether this process may change files in dir without being led astray. What belongs to another account is never changed from here. An
// administrator's process must not follow a link that somebody else could have put on the way: neither to the folder, nor to one of the files. On another disk
// links were followed inside it alone.
func unguided(m *machine.Machine, needs evidence.Right, dir string, files ...string) error {
	if needs == evidence.OtherUser {
		return evidence.Trouble{Code: evidence.NeedsUser, Path: dir}
	}
	if !m.Admin || m.Offline() {
		return nil
	}
	way := slices.Clone(files)
	for name := dir; path.Dir(name) != name; name = path.Dir(name) {
		way = append(way, name)
	}
	for _, name := range way {
		info, err := m.Lstat(name)
		if err != nil {
			continue // what is missing is noticed later
		}
		if info.Mode()&fs.ModeSymlink != 0 && !ownFolder(path.Dir(name)) {
			return evidence.Trouble{Code: evidence.NeedsUser, Path: name}
		}
	}
	return nil
}
