package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

const nonblock = 0 // no pipes among the files here

// writable asks whether host is marked as read-only, which anybody who may write it can take off again: no question of rights or of another account. Other
// obstacles show when it is opened.
func writable(host string) error {
	info, err := os.Stat(host)
	if err != nil {
		return err
	}
	if !info.IsDir() && info.Mode().Perm()&0o200 == 0 {
		return &os.PathError{Op: "write", Path: host, Err: windows.ERROR_WRITE_PROTECT}
	}
	return nil
}

// held tells whether another process keeps host open for itself alone, as Firefox does with parent.lock from its start to its end.
func held(host string) bool {
	f, err := os.Open(host)
	if err == nil {
		f.Close()
		return false
	}
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}

// ownFolder tells whether nobody else can have put a link into the folder. Here that is not known, so no link is followed.
func ownFolder(string) bool { return false }
