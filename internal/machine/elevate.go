package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// HelperVerb is the hidden verb with which the program is started again as administrator: it reads one job from its input and answers on its
// output, opens no window and takes no other arguments.
const HelperVerb = "elevated"

// elevate runs one job as administrator. It asks through pkexec, which shows the desktop's own question; where there is no pkexec but a terminal,
// through sudo, which asks in the terminal itself.
func elevate(ctx context.Context, job []byte) ([]byte, error) {
	if runtime.GOOS != "linux" {
		return elevateElsewhere(ctx, job)
	}
	self, clean, err := helper()
	if err != nil {
		return nil, err
	}
	defer clean()
	if name, err := Pkexec.Path(); err == nil && canAsk() {
		out, err := ask(ctx, job, name, "--disable-internal-agent", self, HelperVerb)
		if err == nil || !errors.Is(err, ErrNoAsking) {
			return out, err
		}
	}
	if name, err := Sudo.Path(); err == nil && hasTerminal() {
		return ask(ctx, job, name, "-p", "[sudo] ", "--", self, HelperVerb)
	}
	return nil, ErrNoAsking
}

// ask runs the asking program. The exit status tells a refusal from a failure: pkexec(1) gives 126 when the question was dismissed and 127 when
// permission could not be obtained, sudo(8) gives 1 when it did not run the program; the helper itself never gives these.
func ask(ctx context.Context, job []byte, name string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Stdin = bytes.NewReader(job)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, os.Stderr
	command.WaitDelay = 2 * time.Second
	err := command.Run()
	if err == nil {
		return out.Bytes(), nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		switch code := exit.ExitCode(); {
		case filepath.Base(name) == "pkexec" && code == 126:
			return nil, ErrRefused
		case filepath.Base(name) == "pkexec" && code == 127:
			return nil, ErrNoAsking
		case filepath.Base(name) == "sudo" && code == 1:
			return nil, ErrRefused
		}
	}
	return nil, fmt.Errorf("run elevated job: %w", err)
}

// helper is a path under which root can start this program. An AppImage is mounted for its user alone (AppImageKit#146), so the program is first
// copied to a folder that only this account can write; clean removes the copy.
func helper() (name string, clean func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("find own program: %w", err)
	}
	if os.Getenv("APPIMAGE") == "" {
		return self, func() {}, nil
	}
	folder, err := os.MkdirTemp(os.Getenv("XDG_RUNTIME_DIR"), "qulyp-")
	if err != nil {
		return "", nil, fmt.Errorf("make helper folder: %w", err)
	}
	clean = func() { os.RemoveAll(folder) }
	data, err := os.ReadFile(self)
	if err == nil {
		name = filepath.Join(folder, "qulyp")
		err = os.WriteFile(name, data, 0o700)
	}
	if err != nil {
		clean()
		return "", nil, fmt.Errorf("copy helper: %w", err)
	}
	return name, clean, nil
}

// canAsk tells whether a desktop that could show pkexec's question is likely to be there.
func canAsk() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }

func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	tty.Close()
	return true
}

// Command is what the person types to run this program with args as administrator, for the case that nothing can ask for permission. Words that the
// shell would change stand in quotes. Windows has no sudo: there it is the command for a terminal that was opened as administrator.
func Command(args ...string) string {
	self, err := os.Executable()
	if err != nil {
		self = "qulyp"
	}
	return command(runtime.GOOS, append([]string{self}, args...))
}

func command(goos string, words []string) string {
	quote, line := shellWord, []string{"sudo"}
	if goos == "windows" {
		quote, line = cmdWord, nil
	}
	for _, word := range words {
		line = append(line, quote(word))
	}
	return strings.Join(line, " ")
}

// quiet tells whether shells leave the word as it is: letters, digits and the signs that are named.
func quiet(word, signs string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(signs, r))
	})
}

func shellWord(word string) string {
	if quiet(word, "/._-+=:,") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// cmdWord is a word for cmd.exe that programs read by the rules of CommandLineToArgvW: a quotation mark has a backslash before it, and the backslashes that
// stand before one are doubled.
func cmdWord(word string) string {
	if quiet(word, `\/._-+:`) {
		return word
	}
	var out strings.Builder
	out.WriteByte('"')
	slashes := 0
	for _, r := range word {
		switch r {
		case '\\':
			slashes++
			continue
		case '"':
			slashes = 2*slashes + 1
		}
		out.WriteString(strings.Repeat(`\`, slashes) + string(r))
		slashes = 0
	}
	out.WriteString(strings.Repeat(`\`, 2*slashes) + `"`)
	return out.String()
}
