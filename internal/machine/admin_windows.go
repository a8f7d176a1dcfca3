package machine

import "golang.org/x/sys/windows"

// isAdmin tells whether the process token is elevated; being in the group of administrators is not enough.
func isAdmin() bool { return windows.GetCurrentProcessToken().IsElevated() }
