package machine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// What Windows starts for an account at log-in stands under Run («Run and RunOnce Registry Keys» of Microsoft Learn). The task manager shows it there and lets
// the person switch it off, which it writes under StartupApproved: a first byte that is odd means off.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	runName     = "Qulyp watch"
	runLongest  = 260 // characters, as the same page has it
)

// hasRun tells whether the value is there, is ours, and was not switched off.
func hasRun() bool {
	if ours, err := ownRun(); !ours || err != nil {
		return false
	}
	key, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return true
	}
	defer key.Close()
	state, _, err := key.GetBinaryValue(runName)
	return err != nil || len(state) == 0 || state[0]&1 == 0
}

// ownRun tells whether the value is there and starts «watch» of a program of this name: nobody else's is overwritten or deleted. One that is there and is
// somebody else's is fs.ErrExist.
func ownRun() (bool, error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open Run: %w", err)
	}
	defer key.Close()
	line, _, err := key.GetStringValue(runName)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil && !errors.Is(err, registry.ErrUnexpectedType) {
		return false, fmt.Errorf("read Run: %w", err)
	}
	words, split := windows.DecomposeCommandLine(line)
	if err != nil || split != nil || len(words) < 2 || words[1] != "watch" || !strings.Contains(strings.ToLower(filepath.Base(words[0])), "qulyp") {
		return false, fmt.Errorf("read Run: %q: %w", runName, fs.ErrExist)
	}
	return true, nil
}

func setRun(command []string) (string, error) {
	name := `HKCU\` + runKey + `\` + runName
	if len(command) == 0 {
		return name, fmt.Errorf("no program: %w", ErrNoAutostart)
	}
	if terminal, err := opensTerminal(command[0]); err != nil {
		return name, err
	} else if terminal {
		return name, fmt.Errorf("%s opens a terminal: %w", command[0], ErrNoAutostart)
	}
	line := windows.ComposeCommandLine(command)
	if len([]rune(line)) > runLongest {
		return name, fmt.Errorf("a command of more than %d characters: %w", runLongest, ErrNoAutostart)
	}
	if _, err := ownRun(); err != nil {
		return name, err
	}
	key, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return name, fmt.Errorf("open Run: %w", err)
	}
	defer key.Close()
	if err := key.SetStringValue(runName, line); err != nil {
		return name, fmt.Errorf("write Run: %w", err)
	}
	return name, dropApproved() // whoever asks for it now wants it, whatever was said in the task manager before
}

func dropRun() (bool, error) {
	ours, err := ownRun()
	if errors.Is(err, fs.ErrExist) || err == nil && !ours {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return true, fmt.Errorf("open Run: %w", err)
	}
	defer key.Close()
	if err := key.DeleteValue(runName); err != nil {
		return true, fmt.Errorf("take value of Run away: %w", err)
	}
	return true, dropApproved()
}

// dropApproved takes away what the task manager remembers of the value.
func dropApproved() error {
	key, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open StartupApproved: %w", err)
	}
	defer key.Close()
	if err := key.DeleteValue(runName); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("take value of StartupApproved away: %w", err)
	}
	return nil
}

// opensTerminal tells whether a program is one of the terminal, for which Windows opens one: the subsystem stands in the header of the file («PE Format» of
// Microsoft Learn).
func opensTerminal(program string) (bool, error) {
	const (
		newHeader = 0x3c // where the offset of the PE header stands
		subsystem = 4 + 20 + 68
		console   = 3 // IMAGE_SUBSYSTEM_WINDOWS_CUI
	)
	file, err := os.Open(program)
	if err != nil {
		return false, fmt.Errorf("open program: %w", err)
	}
	defer file.Close()
	var offset [4]byte
	if _, err := file.ReadAt(offset[:], newHeader); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read program: %w", err)
	}
	var kind [2]byte
	if _, err := file.ReadAt(kind[:], int64(binary.LittleEndian.Uint32(offset[:]))+subsystem); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read program: %w", err)
	}
	return binary.LittleEndian.Uint16(kind[:]) == console, nil
}
