//go:build unix

package machine

import "os"

func isAdmin() bool { return os.Geteuid() == 0 }
