package machine

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

const noFollow = 0 // nothing of the person's is written as administrator here: see AdminState

func lockFile(f *os.File) error {
	var at windows.Overlapped
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrOtherCopy
	}
	if err != nil {
		return fmt.Errorf("lock state folder: %w", err)
	}
	return nil
}
