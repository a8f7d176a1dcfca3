//go:build unix

package machine

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

func languages(env func(string) string) ([]string, string) {
	tags := byEnvironment(env)
	if runtime.GOOS != "darwin" || len(tags) > 0 {
		return tags, ""
	}
	// A program that is started from the desktop of macOS has no such variables; defaults(1) prints «ru_KZ».
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/defaults", "read", "-g", "AppleLocale").Output()
	if err != nil {
		return nil, ""
	}
	return []string{strings.TrimSpace(string(out))}, ""
}
