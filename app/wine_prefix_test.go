//go:build nowindow && !windows

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newWine makes a Windows for one test, and a folder for what the test makes, with the name of the program that is to be built there.
func newWine(t *testing.T) (w *wine, dir, program string) {
	t.Helper()
	if testing.Short() && os.Getenv("QULYP_NEED_ALL") != "1" {
		t.Skip("short: no Wine")
	}
	for _, tool := range []string{"wine", "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-windres", "certutil"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("QULYP_NEED_ALL") == "1" {
				t.Fatalf("%s is not installed, and everything must be proven", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	dir, err := os.MkdirTemp("", "qulyp-wine-")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join("..", "packaging", "windows", "wine.sh"))
	if err != nil {
		t.Fatal(err)
	}
	prefix := filepath.Join(dir, "prefix")
	t.Cleanup(func() {
		if out, err := exec.Command("sh", script, "stop", prefix).CombinedOutput(); err != nil {
			t.Errorf("stop Wine: %v\n%s", err, out)
		}
		os.RemoveAll(dir)
	})
	must(t, exec.Command("sh", script, "make", prefix))
	w = &wine{t: t, script: script, prefix: prefix}
	w.stay(t)
	return w, dir, filepath.Join(dir, "qulyp-console.exe")
}

type wine struct {
	t              *testing.T
	script, prefix string
	env            []string // besides that of the test
}

// notStarted is what Wine says of a program that it could not start, so that nothing of it ran.
const notStarted = "ShellExecuteEx failed: Internal error"

func (w *wine) run(words ...string) (string, error) {
	out, said, err := w.once(words...)
	// Now and then, while the computer is busy, a program hangs in Wine 8, or is not started, or ends before its first word, and runs when it is started again. One
	// that does so time after time is at fault itself, and one that fails says why.
	for try := 1; try < 3; try++ {
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != 124 && !strings.Contains(said, notStarted) && (exit.ExitCode() != 255 || out+said != "") { // 124 is that of timeout(1)
			break
		}
		w.t.Logf("%q ended with %d, and is started again: %s", words, exit.ExitCode(), said)
		out, said, err = w.once(words...)
	}
	if err != nil && said != "" {
		w.t.Logf("%q: %v\n%s", words, err, said)
	}
	return out, err
}

// once runs a program, and returns what it printed and what it said beside that.
func (w *wine) once(words ...string) (out, said string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", append([]string{w.script, "run", w.prefix, strconv.Itoa(90)}, words...)...)
	command.Env = append(os.Environ(), w.env...)
	// Into files and no pipes: Wine lets its own programs, which it starts when they are wanted and leaves running, hold the output open.
	output, errors := w.file("output-"), w.file("errors-")
	command.Stdout, command.Stderr = output, errors
	err = command.Run()
	return w.text(output), w.text(errors), err
}

func (w *wine) file(name string) *os.File {
	w.t.Helper()
	file, err := os.CreateTemp(w.prefix, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}

// text is what a program wrote into a file, which is closed and deleted.
func (w *wine) text(file *os.File) string {
	w.t.Helper()
	defer os.Remove(file.Name())
	defer file.Close()
	data, err := os.ReadFile(file.Name())
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

// stay keeps the Windows of the test running from one program to the next: it would else start anew for each.
func (w *wine) stay(t *testing.T) {
	t.Helper()
	command := exec.Command("sh", w.script, "run", w.prefix, "900", "cmd", "/c", "pause")
	input, err := command.StdinPipe() // pause waits for it
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { input.Close(); command.Process.Kill(); command.Wait() })
}

// json runs a verb and reads its answer; a status of -1 is any.
func (w *wine) json(status int, words ...string) map[string]any {
	w.t.Helper()
	out, err := w.run(words...)
	code := 0
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ExitCode()
	} else if err != nil {
		w.t.Fatal(err)
	}
	if status >= 0 && code != status {
		w.t.Errorf("%q: status %d, want %d", words[1:], code, status)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		w.t.Fatalf("%q: %v\n%s", words[1:], err, out)
	}
	return answer
}

// home is the home of the account in the prefix.
func (w *wine) home() string {
	w.t.Helper()
	homes, err := filepath.Glob(filepath.Join(w.prefix, "drive_c", "users", "*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, home := range homes {
		if filepath.Base(home) != "Public" {
			return home
		}
	}
	w.t.Fatal("no account in the prefix")
	return ""
}

// launcher starts a program as an account with another home would, whose name no shell of Wine can write. A program that Wine does not start is tried once more;
// nothing has happened then. What Wine said stands in the log of the test.
const launcher = `package main

import (
	"fmt"
	"os"
	"os/exec"
	"time"
)

func main() {
	home := os.Args[1]
	for try := 1; try <= 2; try++ {
		command := exec.Command(os.Args[2], os.Args[3:]...)
		command.Env = append(os.Environ(), "USERPROFILE="+home, "APPDATA="+home+"\\AppData\\Roaming", "LOCALAPPDATA="+home+"\\AppData\\Local")
		command.Stdout, command.Stderr = os.Stdout, os.Stderr
		err := command.Run()
		if err == nil {
			return
		}
		if command.ProcessState != nil {
			fmt.Fprintln(os.Stderr, "launcher:", command.ProcessState)
			os.Exit(command.ProcessState.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "launcher: not started:", err)
		time.Sleep(time.Second)
	}
	os.Exit(126)
}
`

// windowsPath is a path of this computer as Wine shows it.
func windowsPath(name string) string { return `Z:` + strings.ReplaceAll(name, "/", `\`) }
