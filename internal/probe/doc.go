// Package probe makes the live handshakes: it asks a handful of web sites for their certificates, politely, and says what came back.
//
// It is the only package that dials. It observes with a research library (zcrypto) that keeps whatever a server says, and it judges chains with
// crypto/x509 against the public roots shipped inside the program; the system's own verifier is a second column. It sends TLS handshakes to the
// names it was given and a few plain HTTP requests to check hosts and to some of the same names, and nothing else: no data about the person, no
// measurement to anybody, no request after a handshake. It fetches no page that an answer points to.
//
// # From evidence to outcome
//
// [Classify] is a pure function: it reads a [evidence.Handshake] and an [Env], never the text of an error. Before anybody is blamed, [Prober.Live]
// finds out whether the computer is offline, behind a sign-in page, has a wrong clock, or talks through a VPN.
package probe
