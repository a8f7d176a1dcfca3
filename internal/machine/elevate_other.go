//go:build !windows

package machine

import (
	"context"
	"io"
)

// elevateElsewhere cannot ask: there is no way yet on such a system.
func elevateElsewhere(context.Context, []byte) ([]byte, error) { return nil, ErrNoAsking }

// HelperPipe is nil: the job comes through the standard input.
func HelperPipe(args []string) (io.ReadWriteCloser, []string, error) { return nil, args, nil }
