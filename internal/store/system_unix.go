//go:build unix

package store

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// mayWriteIn tells whether this process may create and delete in the folder.
func mayWriteIn(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }

// ownerOf is the owner and group of a file; -1 where they are not known.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid), int(stat.Gid)
	}
	return -1, -1
}
