//go:build unix

package machine

import (
	"context"
	"os/exec"
	"runtime"
	"time"
)

func notify(title, text string) error {
	if runtime.GOOS != "linux" {
		return ErrNoShowing
	}
	name, err := NotifySend.Path()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// with the environment of the person, in which the desktop is named
	return exec.CommandContext(ctx, name, "--app-name=Qulyp", "--icon=security-medium", "--", title, text).Run()
}
