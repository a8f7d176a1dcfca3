//go:build !windows

package machine

// A registry is on Windows alone; that of another disk is not for starting anything.

func hasRun() bool { return false }

func setRun([]string) (string, error) { return "", ErrNoAutostart }

func dropRun() (bool, error) { return false, ErrNoAutostart }
