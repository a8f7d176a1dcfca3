package store

import (
	"errors"

	"golang.org/x/sys/windows"

	"qulyp/internal/evidence"
)

// systemCode gives errors that only this system knows their name; empty for all others.
func systemCode(err error) evidence.Code {
	for _, known := range []struct {
		err  error
		code evidence.Code
	}{
		{windows.ERROR_DISK_FULL, evidence.DiskFull}, {windows.ERROR_HANDLE_DISK_FULL, evidence.DiskFull},
		{windows.ERROR_DISK_QUOTA_EXCEEDED, evidence.DiskFull}, {windows.ERROR_WRITE_PROTECT, evidence.ReadOnly},
		{windows.ERROR_SHARING_VIOLATION, evidence.Locked}, {windows.ERROR_LOCK_VIOLATION, evidence.Locked},
		{windows.ERROR_CANT_RESOLVE_FILENAME, evidence.LinkLoop}, // too many reparse points
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return ""
}
