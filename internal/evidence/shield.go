package evidence

import "qulyp/internal/cert"

// Stance is what a browser does with a certificate by itself, whatever its stores say. The values are part of the command-line contract.
type Stance string

// The stances.
const (
	ShieldBlocked Stance = "blocked" // refused: it stands in a list by which this browser refuses certificates
	ShieldKnown   Stance = "known"   // the browser names it somewhere; whether it refuses it could not be told
	ShieldOpen    Stance = "open"    // every list of this browser was read, and it is in none
	ShieldUnseen  Stance = "unseen"  // a list is there and could not be read
)

// Shield says how one browser stands to one certificate by itself. A browser of which no list was found has none.
type Shield struct {
	Place Place // a place of that browser, as in Evidence.Places
	Print cert.Print
	Does  Stance
	By    string // the list: «onecrl» of Firefox, «crlset» or «built-in» of Chromium; of several that say the same the surest
	Where string // the file in which it stands, or that could not be read; for details
	Why   Code   // why a list could not be read; else empty
}
