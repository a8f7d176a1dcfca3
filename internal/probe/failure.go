package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Why says what ended a handshake, or what is odd about it. It is evidence: the classifier reads it, never the text of an error.
type Why string

// The reasons.
const (
	Nothing     Why = ""
	NoName      Why = "no-such-name"    // the resolver says that the name does not exist
	NoAnswer    Why = "no-dns-answer"   // the resolver did not answer, or not sensibly
	Strange     Why = "strange-address" // the name resolved only to addresses that a public site cannot have
	NoRoute     Why = "no-route"        // this computer has no way to the address
	Refused     Why = "refused"         // the address refuses connections
	Silence     Why = "silence"         // nothing came in time
	Reset       Why = "reset"           // the connection was reset
	Closed      Why = "closed"          // the connection was closed in order, in the middle
	Alerted     Why = "alert"           // the server declined with a TLS alert
	NotTLS      Why = "not-tls"         // the answer is not TLS, or not a handshake that makes sense
	Stopped     Why = "stopped"         // the person, or the end of the time for the whole run, stopped it
	OwnMistake  Why = "internal"        // this program went wrong
	Unspecified Why = "unspecified"     // none of these
)

// Failure is the Cause of a handshake: a reason that can be compared, and the error behind it for the saved report.
type Failure struct {
	Why Why
	Err error
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return string(f.Why)
	}
	return string(f.Why) + ": " + f.Err.Error()
}

// Unwrap gives the error behind the reason.
func (f *Failure) Unwrap() error { return f.Err }

// WhyOf is the reason that a cause carries.
func WhyOf(cause error) Why {
	var f *Failure
	switch {
	case cause == nil:
		return Nothing
	case errors.As(cause, &f):
		return f.Why
	}
	return Unspecified
}

// reason sorts an error of a connection by its kind. The order matters: a deadline also looks like other things on some systems.
func reason(err error) Why {
	var timeout net.Error
	switch {
	case err == nil:
		return Nothing
	case errors.Is(err, context.Canceled):
		return Stopped
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Silence
	case isReset(err):
		return Reset
	case errors.Is(err, syscall.ECONNREFUSED) || isErrno(err, refusedErrnos):
		return Refused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL), isErrno(err, routeErrnos):
		return NoRoute
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return Closed
	}
	return Unspecified
}

// isReset tells that the other side, or somebody in between, tore the connection down.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.EPIPE) || isErrno(err, resetErrnos)
}

func isErrno(err error, numbers []syscall.Errno) bool {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		for _, number := range numbers {
			if errno == number {
				return true
			}
		}
	}
	return false
}

// lookup sorts an error of the resolver.
func lookup(err error) Why {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return Stopped
	case errors.As(err, &dns) && dns.IsNotFound:
		return NoName
	}
	return NoAnswer
}
