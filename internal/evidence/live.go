package evidence

import (
	"net/netip"
	"time"

	"qulyp/internal/cert"
)

// Role says why a name is asked.
type Role string

// The roles.
const (
	Watched Role = "watched" // was intercepted in 2019 to 2024
	Control Role = "control" // never reported touched
	Neutral Role = "neutral" // a busy site of no special interest
)

// Target is one name to shake hands with.
type Target struct {
	Host string
	Port uint16
	Role Role
}

// Outcome says what one handshake showed. The values are part of the command-line contract.
type Outcome string

// The outcomes.
const (
	Genuine         Outcome = "genuine"          // chain of a public root, right name, in time, with a certificate time stamp (SCT)
	ForgedState     Outcome = "forged-state"     // signed by a listed interception authority, valid or not
	ForgedLookalike Outcome = "forged-lookalike" // signed by something shaped like one
	ForgedInspector Outcome = "forged-inspector" // signed by a known antivirus, office gateway or developer proxy
	ForgedLocal     Outcome = "forged-local"     // signed by a root found on this computer, which is named
	ForgedUnknown   Outcome = "forged-unknown"   // no public root, no known product
	Unstamped       Outcome = "public-unstamped" // chain of a public root without any SCT
	WrongName       Outcome = "wrong-name"       // chain of a public root for another name
	ExpiredOrClock  Outcome = "expired-or-clock" // fails by date alone
	BlockedTimeout  Outcome = "blocked-timeout"  // silence after the ClientHello
	BlockedReset    Outcome = "blocked-reset"    // reset after the ClientHello
	BlockedDNS      Outcome = "blocked-dns"      // the name resolves to nothing or to an address it cannot have
	BlockPage       Outcome = "block-page"       // plain HTTP answers with a page that blocks or asks to install a certificate
	Portal          Outcome = "portal"           // a sign-in page of the network is in the way
	Unreachable     Outcome = "unreachable"      // no connection, before any ClientHello, or an answer that is not TLS
	Offline         Outcome = "offline"          // no network at all
)

// Forged tells whether the outcome is a certificate made by somebody other than the site.
func (o Outcome) Forged() bool {
	switch o {
	case ForgedState, ForgedLookalike, ForgedInspector, ForgedLocal, ForgedUnknown:
		return true
	}
	return false
}

// Stop says where a handshake ended. The values are part of the command-line contract.
type Stop string

// The stops.
const (
	Done       Stop = "done"         // the handshake went through
	AtName     Stop = "dns"          // the name did not resolve
	AtConnect  Stop = "connect"      // no TCP connection
	AfterHello Stop = "client-hello" // ended after the ClientHello, before any answer
	AtTLS      Stop = "tls"          // answered with something that is not TLS, or TLS that broke off
	AtChain    Stop = "certificate"  // the chain was received, the handshake did not finish
	AtCancel   Stop = "cancelled"    // the person stopped the test
)

// Opinion is what a verifier thinks of a chain: "ok" or a reason. The values are part of the command-line contract.
type Opinion string

// The opinions.
const (
	NoOpinion   Opinion = ""
	OK          Opinion = "ok"
	UnknownRoot Opinion = "unknown-authority"
	BadName     Opinion = "wrong-name"
	BadTime     Opinion = "expired"
	BadChain    Opinion = "invalid"
)

// Handshake is one live attempt.
type Handshake struct {
	Target  Target
	At      time.Time
	Try     int // from 1
	Took    time.Duration
	Addr    netip.AddrPort     // whom we talked to
	Chain   []cert.Certificate // as presented, in the order of the wire
	Stamped bool               // an SCT was there: in the leaf, the TLS extension or the stapled OCSP answer
	Public  Opinion            // by the public roots shipped with the program
	System  Opinion            // by the system's verifier
	Stop    Stop
	Outcome Outcome
	Signer  cert.Print // the listed or local authority that signed, where the outcome names one
	Product string     // the antivirus or gateway, where the outcome names one
	Marks   []string   // marks of the measured interception box, codes
	Page    string     // the address of a page that blocks, asks to sign in or asks to install a certificate; never fetched
	Cause   error
}

// Live is the outcome of the live test as a whole.
type Live struct {
	Asked      bool // the test ran
	Handshakes []Handshake
	Offline    bool
	Portal     bool
	ClockWrong bool
	ClockOff   time.Duration // how far the computer's clock is ahead (negative: behind)
	Detour     string        // a VPN or proxy in the way: its kind, or empty
}
