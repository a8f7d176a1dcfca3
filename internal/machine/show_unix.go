//go:build unix

package machine

import (
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// patience is how long the opening program is watched: xdg-open(1) tells within that time when there is no browser, and may otherwise stay as long as the browser does.
const patience = 2 * time.Second

func show(target string) error {
	opener := XdgOpen
	if runtime.GOOS == "darwin" {
		opener = "/usr/bin/open"
	}
	name, err := opener.Path()
	if err != nil {
		return err
	}
	command := exec.Command(name, target) // with the environment of the person, in which the display and the browser are named
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("run %s: %w", name, err)
		}
	case <-time.After(patience):
	}
	return nil
}
