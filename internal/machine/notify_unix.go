//go:build unix

package machine

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
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
	// What shows the message may take marks of HTML in it for what they are (Desktop Notifications Specification, section «Markup»).
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	// with the environment of the person, in which the desktop is named
	return exec.CommandContext(ctx, name, "--app-name=Qulyp", "--icon=security-medium", "--", title, text).Run()
}
