//go:build unix

package machine

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// noFollow: where an administrator keeps the environment of a person, the folder is that person's, and a link in it could make a file anywhere.
const noFollow = unix.O_NOFOLLOW

func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrOtherCopy
	}
	if err != nil {
		return fmt.Errorf("lock state folder: %w", err)
	}
	return nil
}
