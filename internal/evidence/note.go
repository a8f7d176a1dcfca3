package evidence

// Note is something that decides on trust in a place, or brings certificates to it, without naming one.
type Note struct {
	Code   NoteCode
	Path   string // the file that says so
	Value  string // what is named there: the file of a module, of a configuration; may be empty
	Forced bool   // a policy says so, which the person cannot change in the browser
}

// NoteCode names it. The values are part of the command-line contract.
type NoteCode string

// The notes.
const (
	SystemRoots    NoteCode = "system-roots"     // the browser also trusts what somebody added to the certificates of the system
	SystemRootsOff NoteCode = "system-roots-off" // it was told not to
	ExtraModule    NoteCode = "extra-module"     // a PKCS #11 module was added, which can bring certificates with it
	AutoConfig     NoteCode = "autoconfig"       // a script configures the browser at each start, and could add certificates
	AutoConfigAdds NoteCode = "autoconfig-adds"  // such a script, and it calls what adds certificates
)
