// Package machine is everything the program may ask of a computer: its accounts, environment, files, running programs, tools of the system, and
// one elevated job. It knows nothing of certificates.
//
// A [Machine] is a value: tests and --root give one for another disk, on which no tool is ever run and no path leads outside. All paths that
// go in are those of the computer that is looked at ("/etc/ssl/certs"); [Machine.Host] alone turns one into a path that this process can open.
package machine

import (
	"context"
	"errors"
	"time"
)

// Person is one account with a home folder.
type Person struct {
	Name string
	Home string
	UID  int
	Self bool // the account this process acts for: its files may be changed without further ado
}

// Machine is one computer, this one or another disk.
type Machine struct {
	Root    string              // "" for this computer; else the folder that stands for its "/"
	GOOS    string              // runtime.GOOS of the computer that is looked at
	People  []Person            // the accounts whose homes are looked at, the own one first
	Env     func(string) string // environment of the process; empty for another disk
	Admin   bool                // this process acts as administrator (root)
	State   string              // host path of the folder for receipts and journals
	NoTrace bool                // nothing is kept: no receipts, no preferences
	Now     func() time.Time

	// Run runs a tool of the system and gives its output. It is nil for another disk.
	Run func(ctx context.Context, tool Tool, input []byte, args ...string) ([]byte, error)

	// Elevate runs one closed job as administrator and gives its answer. It is nil where that is impossible (another disk, or already root).
	Elevate func(ctx context.Context, job []byte) ([]byte, error)
}

// The ways in which an elevated job can end without being done. Each is a normal outcome, and none means that anything was changed.
var (
	ErrRefused  = errors.New("permission not given")                   // the person closed the question or the password was wrong
	ErrNoAsking = errors.New("no way to ask for permission")           // no pkexec, no terminal: say the command to type
	ErrOutside  = errors.New("path leads outside the disk")            // under --root
	ErrLinkLoop = errors.New("symbolic links lead in a circle")        // too many links on the way
	ErrTooLarge = errors.New("file is larger than such a file may be") // see Machine.Read
)

// Offline tells whether another disk is looked at.
func (m *Machine) Offline() bool { return m.Root != "" }

// Self is the account this process acts for; ok is false for another disk without one.
func (m *Machine) Self() (self Person, ok bool) {
	for _, p := range m.People {
		if p.Self {
			return p, true
		}
	}
	return Person{}, false
}
