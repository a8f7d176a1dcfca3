package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Autostart is what the system starts for the person at each log-in: on Linux an entry of the desktop, on Windows a value in the registry of the account. Both
// are made only when the person asks for it, and both are taken away with one word.
type Autostart struct {
	Name    map[string]string // by language tag; "en" is needed
	Comment map[string]string // the same
	Command []string          // the program, an absolute path, and its arguments
}

// ErrNoAutostart says that this program does not know how to be started at log-in here.
var ErrNoAutostart = errors.New("no way to be started at log-in")

// autostartMark stands in the file, so that nobody else's is overwritten or deleted.
const autostartMark = "X-Qulyp=watch"

// autostartFile is where the entry stands on Linux: Desktop Application Autostart Specification of freedesktop.org.
func (m *Machine) autostartFile() (string, error) {
	self, ok := m.Self()
	if m.GOOS != "linux" || m.Offline() || !ok || self.Home == "" {
		return "", ErrNoAutostart
	}
	config := filepath.Join(self.Home, ".config")
	if dir := m.Env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		config = dir
	}
	return filepath.Join(config, "autostart", "qulyp-watch.desktop"), nil
}

// HasAutostart tells whether the entry is there.
func (m *Machine) HasAutostart() bool {
	if m.GOOS == "windows" && !m.Offline() {
		return hasRun()
	}
	name, err := m.autostartFile()
	if err != nil {
		return false
	}
	data, err := os.ReadFile(name)
	return err == nil && strings.Contains(string(data), autostartMark)
}

// SetAutostart makes the entry, or makes it afresh, and gives its path. What has that name and is not this program's is left alone: fs.ErrExist. On Windows a
// program that would open a terminal at each log-in is ErrNoAutostart.
func (m *Machine) SetAutostart(a Autostart) (string, error) {
	if m.GOOS == "windows" && !m.Offline() {
		return setRun(a.Command)
	}
	name, err := m.autostartFile()
	if err != nil {
		return "", err
	}
	if _, err := os.Lstat(name); err == nil && !m.HasAutostart() {
		return name, fmt.Errorf("make %s: %w", name, fs.ErrExist)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return name, fmt.Errorf("make autostart folder: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".qulyp-*")
	if err != nil {
		return name, fmt.Errorf("make autostart entry: %w", err)
	}
	_, err = file.WriteString(a.entry())
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
		return name, fmt.Errorf("make autostart entry: %w", err)
	}
	return name, nil
}

// DropAutostart takes the entry away, and tells whether there was one.
func (m *Machine) DropAutostart() (was bool, err error) {
	if m.GOOS == "windows" && !m.Offline() {
		return dropRun()
	}
	name, err := m.autostartFile()
	if err != nil {
		return false, err
	}
	if !m.HasAutostart() {
		return false, nil
	}
	if err := os.Remove(name); err != nil {
		return true, fmt.Errorf("take autostart entry away: %w", err)
	}
	return true, nil
}

// entry is the file in the form of the Desktop Entry Specification 1.5.
func (a Autostart) entry() string {
	var out strings.Builder
	out.WriteString("[Desktop Entry]\nType=Application\nVersion=1.5\n")
	texts := func(key string, by map[string]string) {
		tags := make([]string, 0, len(by))
		for tag := range by {
			tags = append(tags, tag)
		}
		slices.Sort(tags)
		out.WriteString(key + "=" + desktopString(by["en"]) + "\n")
		for _, tag := range tags {
			if tag != "en" {
				out.WriteString(key + "[" + tag + "]=" + desktopString(by[tag]) + "\n")
			}
		}
	}
	texts("Name", a.Name)
	texts("Comment", a.Comment)
	var words []string
	for _, word := range a.Command {
		words = append(words, execWord(word))
	}
	out.WriteString("Exec=" + desktopString(strings.Join(words, " ")) + "\n")
	if len(a.Command) > 0 {
		out.WriteString("TryExec=" + desktopString(a.Command[0]) + "\n")
	}
	out.WriteString("Terminal=false\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\nX-GNOME-Autostart-Delay=20\n" + autostartMark + "\n")
	return out.String()
}

// desktopString is a value of type string (section «Possible value types»).
func desktopString(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(text)
}

// execWord is one argument of Exec (section «The Exec key»).
func execWord(word string) string {
	word = strings.ReplaceAll(word, "%", "%%")
	if word != "" && !strings.ContainsAny(word, " \t\n\"'\\><~|&;$*?#()`") {
		return word
	}
	return `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", "$", `\$`, `\`, `\\`).Replace(word) + `"`
}
