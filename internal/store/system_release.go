package store

import (
	"path"
	"strings"

	"qulyp/internal/machine"
)

// release is what os-release(5) says of the distribution.
type release struct {
	name string   // NAME, for people
	ids  []string // ID, then ID_LIKE
}

// readRelease reads os-release leniently: lines that make no sense are passed over.
func readRelease(data []byte) release {
	var r release
	var like []string
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		value = unquote(value)
		switch key {
		case "NAME":
			r.name = value
		case "ID":
			if value != "" {
				r.ids = []string{strings.ToLower(value)}
			}
		case "ID_LIKE":
			like = strings.Fields(strings.ToLower(value))
		}
	}
	r.ids = append(r.ids, like...)
	return r
}

// unquote takes the quotes of a shell assignment away and the control characters out.
func unquote(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		quote := value[0]
		value = value[1 : n-1]
		if quote == '"' {
			value = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`, "\\`", "`").Replace(value)
		}
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(value, "")))
}

// program is the name of the distribution as a short proper name: NAME without the words that say it runs on Linux.
func (r release) program(f family) string {
	name := strings.TrimSuffix(strings.TrimSuffix(r.name, "/Linux"), " GNU")
	switch {
	case name == "" || len(name) > 60:
		return f.name
	case name == r.name:
		return name
	}
	return strings.TrimSpace(name)
}

const maxText = 4 << 20 // of a list or configuration file; real ones are some kilobytes

func releaseOf(m *machine.Machine) release {
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if data, err := m.Read(name, maxText); err == nil {
			return readRelease(data)
		}
	}
	return release{}
}

// choice is one line of ca-certificates.conf.
type choice struct {
	start, end int    // the line with its line break
	name       string // relative to the folder of the packages' certificates
	off        bool   // written with a leading "!"
}

// readChoices reads ca-certificates.conf as update-ca-certificates(8) does: "#" begins a comment, "!" switches off, all else is the name of a file.
func readChoices(data []byte) []choice {
	var all []choice
	at := 0
	for line := range strings.Lines(string(data)) {
		start := at
		at += len(line)
		name := strings.TrimSuffix(line, "\n")
		if name == "" || name[0] == '#' {
			continue
		}
		c := choice{start: start, end: at, name: name}
		if name[0] == '!' {
			c.off, c.name = true, name[1:]
		}
		if strings.Trim(c.name, " \t\r") == "" || strings.IndexByte(c.name, 0) >= 0 {
			continue
		}
		all = append(all, c)
	}
	return all
}

// choiceMap tells of each named file whether it is selected. A file that is both on and off is on: update-ca-certificates takes the links of the "!" lines away
// first, and makes those of the other lines after.
func choiceMap(choices []choice, base string) map[string]bool {
	on := make(map[string]bool, len(choices))
	for _, c := range choices {
		name := path.Join(base, c.name)
		on[name] = on[name] || !c.off
	}
	return on
}
