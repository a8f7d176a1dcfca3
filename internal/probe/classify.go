package probe

import (
	"crypto/x509"
	"net/netip"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// Env is what is known beside the handshake itself.
type Env struct {
	List      *catalog.List                 // the known authorities; nil: none are known
	Roots     []cert.Certificate            // what users or administrators let vouch for web sites on this computer
	Originals map[string][]cert.Certificate // by host: leaves that were genuine, to compare with
	Beside    []cert.Certificate            // what stood above the leaves that other servers of this run presented
	Shared    map[netip.Addr]bool           // addresses that the resolver gives for many sites that have nothing to do with each other

	Offline, Portal, ClockWrong bool
}

// Classify says what one handshake showed, and fills in Outcome, Signer, Product and Marks. It reads nothing but h and env.
//
// A chain speaks first. A listed interception authority in it is said whatever else is true: portal, clock, dates or an intermediate that
// expired do not excuse it. A chain that the public roots accept is genuine only if the handshake went through, which proves that the other
// side holds the key. What no list and no root explains is «unknown», unless a portal, a wrong clock or a resolver that lies explains it better.
func Classify(h *evidence.Handshake, env Env) {
	h.Outcome = decide(h, env)
}

func decide(h *evidence.Handshake, env Env) evidence.Outcome {
	h.Signer, h.Product = cert.Print{}, ""
	if len(h.Chain) > 0 {
		outcome := byChain(h, env)
		if outcome.Forged() {
			h.Marks = marks(h, env)
		}
		if outcome != "" {
			return outcome
		}
	}
	switch why := WhyOf(h.Cause); {
	case h.Stop == evidence.AtCancel:
		return evidence.Unreachable
	case env.Offline && (h.Stop == evidence.AtName || h.Stop == evidence.AtConnect):
		return evidence.Offline
	case env.Portal:
		return evidence.Portal
	case why == NoName, why == Strange, h.Stop == evidence.AtConnect && env.Shared[h.Addr.Addr()]:
		return evidence.BlockedDNS
	case (h.Stop == evidence.AfterHello || h.Stop == evidence.AtTLS || h.Stop == evidence.AtChain) && why == Reset:
		return evidence.BlockedReset
	case h.Stop == evidence.AfterHello && why == Closed:
		return evidence.BlockedReset // closed in order, with not a word said: the same thing done politely
	case (h.Stop == evidence.AfterHello || h.Stop == evidence.AtChain) && why == Silence:
		return evidence.BlockedTimeout
	}
	return evidence.Unreachable
}

// byChain judges the presented chain. An empty outcome: the chain itself is in order, but the handshake did not go through.
func byChain(h *evidence.Handshake, env Env) evidence.Outcome {
	var root cert.Certificate
	var who catalog.Match
	var local, known bool
	if h.Public == evidence.OK {
		who, known = proven(h, env)
	} else {
		steps := path(h.Chain, env.Beside)
		root, local = voucher(steps, env.Roots)
		who, known = signer(h, env, steps, root, local)
	}
	if known {
		h.Signer = who.Print
		if local && h.Signer.IsZero() {
			h.Signer = root.Print // its places on this computer can then be named
		}
		switch who.Class {
		case catalog.StateInterception:
			return evidence.ForgedState
		case catalog.StateLookalike:
			return evidence.ForgedLookalike
		}
	}
	// A resolver that lies leads to a server that knows nothing of the site. A certificate in the site's name is another matter: a forgery.
	misled := (WhyOf(h.Cause) == Strange || env.Shared[h.Addr.Addr()]) && !speaksFor(h.Chain[0], h.Target.Host)
	switch h.Public {
	case evidence.OK:
		switch {
		case h.Stop != evidence.Done:
			return ""
		case h.Stamped:
			return evidence.Genuine
		}
		return evidence.Unstamped
	case evidence.BadName:
		switch {
		case env.Portal:
			return evidence.Portal
		case misled:
			return evidence.BlockedDNS
		}
		return evidence.WrongName
	case evidence.BadTime:
		return evidence.ExpiredOrClock
	}
	switch {
	case local:
		h.Signer, h.Product = root.Print, who.Product
		return evidence.ForgedLocal
	case who.Class == catalog.Inspector:
		h.Product = who.Product
		return evidence.ForgedInspector
	case env.Portal:
		return evidence.Portal
	case misled:
		return evidence.BlockedDNS
	case env.ClockWrong:
		return evidence.ExpiredOrClock
	}
	// The signer may be named all the same, when it is on the list for other reasons: Superfish, the e-signature, another state.
	return evidence.ForgedUnknown
}

// maxAsked is about how many certificates of an absurd chain the list is asked.
const maxAsked = 256

// proven asks the list about a chain that the public roots accept. Only a proof counts, and only about the path that leads up from the leaf: anybody
// may lay a foreign certificate beside a genuine chain.
func proven(h *evidence.Handshake, env Env) (catalog.Match, bool) {
	state := func(chain []cert.Certificate) (catalog.Match, bool) {
		who, known := env.List.Signer(chain)
		return who, known && who.Class == catalog.StateInterception && who.By.Proven()
	}
	if env.List == nil {
		return catalog.Match{}, false
	}
	if _, suspect := state(h.Chain[:min(len(h.Chain), maxAsked)]); !suspect { // nearly always, and cheaper than the path
		return catalog.Match{}, false
	}
	if who, known := state(path(h.Chain, nil)); known {
		return who, true
	}
	return catalog.Match{}, false
}

// signer asks the list about the whole chain, and about the path with a root of this computer that signed it.
func signer(h *evidence.Handshake, env Env, steps []cert.Certificate, root cert.Certificate, local bool) (catalog.Match, bool) {
	if env.List == nil {
		return catalog.Match{}, false
	}
	who, known := env.List.Signer(h.Chain[:min(len(h.Chain), maxAsked)])
	if who.Class == catalog.StateInterception {
		return who, known
	}
	if local {
		steps = append(append([]cert.Certificate(nil), steps...), root)
	}
	if better, ok := env.List.Signer(steps); ok {
		return better, true
	}
	return who, known
}

// speaksFor tells whether a certificate is made out to the name, whoever signed it.
func speaksFor(leaf cert.Certificate, host string) bool {
	parsed, err := x509.ParseCertificate(leaf.DER)
	return err == nil && parsed.VerifyHostname(host) == nil
}
