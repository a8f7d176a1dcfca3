package store

import "context"

// Noter can be implemented by a [Store] that knows of something which decides on trust there, or brings certificates back, without naming a certificate.
type Noter interface {
	Store
	// Notes reads afresh. Both results may be non-nil, as with List.
	Notes(ctx context.Context) ([]Note, error)
}

// Note is one such thing.
type Note struct {
	Code   NoteCode
	Path   string // the file that says so
	Value  string // what is named there: the file of a module, of a configuration; may be empty
	Forced bool   // a policy says so, which the person cannot change in the browser
}

// NoteCode names it.
type NoteCode string

// The notes.
const (
	SystemRoots    NoteCode = "system-roots"     // the browser also trusts what somebody added to the certificates of the system
	SystemRootsOff NoteCode = "system-roots-off" // it was told not to
	ExtraModule    NoteCode = "extra-module"     // a PKCS #11 module was added, which can bring certificates with it
	AutoConfig     NoteCode = "autoconfig"       // a script configures the browser at each start, and can add certificates
)
