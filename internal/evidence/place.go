// Package evidence holds what was seen on the computer and on the network: places, certificates in them, handshakes, and what could not be
// read. It holds no opinion: what any of it means is said by package judge alone.
package evidence

import (
	"time"

	"qulyp/internal/cert"
)

// Kind says what sort of trust store a place is. The values are part of the command-line contract.
type Kind string

// The kinds of place.
const (
	NSS         Kind = "nss"         // a certificate database of Firefox, Thunderbird or another program with NSS (cert9.db)
	System      Kind = "system"      // the anchors of a Linux distribution with the bundles generated from them
	Windows     Kind = "windows"     // one location of the Windows certificate stores in the registry
	Keychain    Kind = "keychain"    // one keychain of macOS
	Java        Kind = "java"        // a cacerts or jssecacerts file of a Java runtime, or a deployment store of a user
	Chromium    Kind = "chromium"    // the ServerCertificate database of one profile
	Policy      Kind = "policy"      // a browser policy that installs certificates
	Environment Kind = "environment" // a variable or configuration file that names a CA file
	Loose       Kind = "loose-file"  // a certificate file that only lies around
	BuiltIn     Kind = "built-in"    // roots compiled into a program
)

// Place is one trust store.
type Place struct {
	Kind    Kind   `json:"kind"`
	Path    string `json:"path"`    // where it is: a folder, a file, a registry key; what it was called, not where a link leads
	Owner   string `json:"owner"`   // the account it belongs to; empty: the computer as a whole
	Program string `json:"program"` // the product that trusts it, as a proper name for people: «Firefox», «Debian»; never translated
	Label   string `json:"label"`   // tells two places of one program apart: a profile's name; often empty
}

// Trust is what a place lets a certificate do.
type Trust string

// The kinds of trust.
const (
	Web        Trust = "web"        // vouches for web sites
	Other      Trust = "other"      // present, trusted for something else or for nothing in particular (mail, signatures, an intermediate)
	Distrusted Trust = "distrusted" // present and refused
	Disabled   Trust = "disabled"   // present, switched off by a setting that can be switched on again
	Unknown    Trust = "unknown"    // present; what the place lets it do could not be told: treated as if it vouched for web sites
)

// Vouches tells whether a certificate with this trust must be reckoned as vouching for web sites.
func (t Trust) Vouches() bool { return t == Web || t == Unknown }

// Right is what a change to an entry needs.
type Right string

// The rights.
const (
	Own       Right = ""      // the person's own; nothing more is needed
	Admin     Right = "admin" // an administrator's permission
	OtherUser Right = "user"  // signing in as the account that owns the place
	Never     Right = "never" // cannot be changed at all: read-only by nature
)

// Entry is one certificate in one place.
type Entry struct {
	Cert    cert.Certificate
	Trust   Trust
	Needs   Right
	Managed bool     // an organisation's policy put it there and will again
	Vendor  bool     // came with the operating system's own packages, unchanged
	Orphan  bool     // only a trust record: the certificate itself is gone, yet a server that sends it along is trusted (Cert.DER is nil)
	Where   []string // where in the place: file names, row numbers; for details, never to act upon
}

// Code names a reason why something could not be seen or done. The values are part of the command-line contract, and each has words in every
// language.
type Code string

// The reasons.
const (
	NoPermission Code = "no-permission" // the account may not read or write it
	Locked       Code = "locked"        // another program holds it
	Damaged      Code = "damaged"       // not the format it should be, or cut short
	TooLarge     Code = "too-large"     // far larger than such a file ever is
	TimedOut     Code = "timed-out"     // did not answer in time, as a network share that hangs
	LinkLoop     Code = "link-loop"     // symbolic links that lead in a circle or outside the disk that was named
	Foreign      Code = "foreign"       // a newer or unknown version of the format
	Password     Code = "password"      // closed with a password that is not one of the usual ones
	BrowserOpen  Code = "browser-open"  // the browser that owns it is running
	ReadOnly     Code = "read-only"     // the file system does not take changes
	DiskFull     Code = "disk-full"     // no room for the journal or the change
	Failed       Code = "failed"        // anything else; the cause goes to the report
	NeedsAdmin   Code = "needs-admin"   // an administrator's permission was needed and not given
	NeedsUser    Code = "needs-user"    // belongs to another account, which must sign in itself
	IsManaged    Code = "managed"       // an organisation's policy holds it
	StillThere   Code = "still-there"   // the change was made without an error, and yet it is listed again
	CannotRemove Code = "cannot-remove" // this place cannot be changed by this program
	Changed      Code = "changed"       // it is not what it was when the plan was made or the receipt written
	Internal     Code = "internal"      // this program went wrong
)

// Trouble is one thing that could not be read.
type Trouble struct {
	Code Code
	Path string // the file or folder; may lie below the place
	Err  error  // for the saved report; never shown as it is
}

func (t Trouble) Error() string {
	if t.Err == nil {
		return string(t.Code) + ": " + t.Path
	}
	return string(t.Code) + ": " + t.Path + ": " + t.Err.Error()
}

// Unwrap gives the cause.
func (t Trouble) Unwrap() error { return t.Err }

// Seen is what one place held.
type Seen struct {
	Place    Place
	Entries  []Entry
	Notes    []Note
	Took     time.Duration
	Troubles []Trouble
}

// Evidence is everything that one check saw.
type Evidence struct {
	Started, Finished time.Time
	Places            []Seen
	Live              Live
	Shields           []Shield // what browsers do by themselves with the known interception certificates that were found
	Elevated          bool     // the program ran as administrator (root)
	Offline           bool     // another disk was looked at (--root), not this computer
}
