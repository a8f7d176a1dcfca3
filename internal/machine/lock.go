package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrOtherCopy says that another copy of the program is changing this computer now.
var ErrOtherCopy = errors.New("another copy is at work")

// Lock keeps other copies of the program from changing anything until unlock is called or this process ends, however it ends.
func Lock(folder string) (unlock func(), err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make state folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR|noFollow, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
