//go:build unix

package store

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// nonblock keeps the opening of a pipe, put there between the look and the opening, from waiting for ever.
const nonblock = unix.O_NONBLOCK

// writable asks whether this process may write host, without opening it. An error wraps EROFS, EACCES or what else the system says.
func writable(host string) error {
	if err := unix.Access(host, unix.W_OK); err != nil {
		return &os.PathError{Op: "write", Path: host, Err: err}
	}
	return nil
}

// held tells whether another process holds a lock on host, as Firefox does on .parentlock from its start to its end. The lock vanishes with
// the process, however that ends.
func held(host string) bool {
	f, err := os.OpenFile(host, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	ask := unix.Flock_t{Type: unix.F_WRLCK, Whence: 0}
	return unix.FcntlFlock(f.Fd(), unix.F_GETLK, &ask) == nil && ask.Type != unix.F_UNLCK
}

// ownFolder tells whether the folder belongs to the account of this process, so that nobody else can have put a link there.
func ownFolder(host string) bool {
	info, err := os.Lstat(host)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}
