package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrNoTool says that a tool of the system is not installed.
var ErrNoTool = errors.New("tool is not installed")

// Path is where the tool lies, in the folders of the system alone.
func (t Tool) Path() (string, error) {
	if filepath.IsAbs(string(t)) {
		if runnable(string(t)) {
			return string(t), nil
		}
		return "", fmt.Errorf("find %s: %w", t, ErrNoTool)
	}
	for _, folder := range toolFolders {
		if name := filepath.Join(folder, string(t)); runnable(name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("find %s: %w", t, ErrNoTool)
}

func runnable(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// run runs a tool with a clean environment, in which it speaks English and finds only the system's own programs, and gives what it printed.
func run(ctx context.Context, tool Tool, input []byte, args ...string) ([]byte, error) {
	name, err := tool.Path()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, name, args...)
	command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/", "TMPDIR=/tmp"}
	command.Dir = "/"
	command.Stdin = bytes.NewReader(input)
	command.WaitDelay = 2 * time.Second
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("run %s: %w", tool, err)
	}
	return out.Bytes(), nil
}
