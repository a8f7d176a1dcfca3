package judge

import (
	"fmt"
	"slices"
)

// Level says how the person should feel about it. The order is that of the exit status: the highest wins.
type Level int

// The levels, the calmest first.
const (
	Clear   Level = iota // nothing was found, and nothing that matters was left unseen
	Careful              // something to look at; nobody can read anything because of it
	Unsure               // something that matters could not be seen
	Danger               // somebody else can read what this computer sends
)

var levels = []string{"clear", "careful", "unsure", "danger"}

// String is the level as the command-line contract names it.
func (l Level) String() string {
	if l < Clear || l > Danger {
		return fmt.Sprintf("level-%d", int(l))
	}
	return levels[l]
}

// ParseLevel reads what String wrote.
func ParseLevel(text string) (Level, error) {
	at := slices.Index(levels, text)
	if at < 0 {
		return 0, fmt.Errorf("read level %q: unknown", text)
	}
	return Level(at), nil
}

// MarshalText writes the level as the command-line contract names it.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Level) UnmarshalText(text []byte) error {
	read, err := ParseLevel(string(text))
	if err != nil {
		return err
	}
	*l = read
	return nil
}
