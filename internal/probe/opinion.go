package probe

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// maxLinks bounds how much of a presented chain a verifier is asked to think about. Browsers refuse longer ones as well.
const maxLinks = 32

// PublicRoots is the pool of the public programme shipped with the program: the roots of NSS as golang.org/x/crypto/x509roots carries them,
// each with its constraint (a root that is on its way out vouches only for certificates issued before a date).
func PublicRoots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		parsed, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read public root: %w", err)
		}
		if root.Constraint == nil {
			pool.AddCert(parsed)
		} else {
			pool.AddCertWithConstraint(parsed, root.Constraint)
		}
	}
	return pool, nil
}

// Verify is what a verifier with these roots thinks of the chain for host at a time. Nil roots mean the system's own verifier. The reasons are
// kept apart by asking again at a time at which the presented certificates are valid: what is good then fails by date alone.
func Verify(chain []cert.Certificate, host string, roots *x509.CertPool, now time.Time) evidence.Opinion {
	if len(chain) == 0 {
		return evidence.NoOpinion
	}
	leaf, err := x509.ParseCertificate(chain[0].DER)
	if err != nil {
		return evidence.BadChain
	}
	between := x509.NewCertPool()
	others := make([]*x509.Certificate, 0, maxLinks)
	for _, c := range chain[1:min(len(chain), maxLinks)] {
		if parsed, err := x509.ParseCertificate(c.DER); err == nil {
			between.AddCert(parsed)
			others = append(others, parsed)
		}
	}
	named := func(good evidence.Opinion) evidence.Opinion {
		if leaf.VerifyHostname(host) != nil {
			return evidence.BadName
		}
		return good
	}
	opinion, dated := evidence.BadChain, true
	for i, at := range moments(now, leaf, others) {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at})
		var unknown x509.UnknownAuthorityError
		var invalid x509.CertificateInvalidError
		var system x509.SystemRootsError
		switch {
		case err == nil && i == 0:
			return named(evidence.OK)
		case err == nil:
			return named(evidence.BadTime)
		case errors.As(err, &system):
			return evidence.NoOpinion
		case errors.As(err, &unknown):
			opinion = evidence.UnknownRoot
		case !errors.As(err, &invalid) || invalid.Reason != x509.Expired:
			dated = false
		}
	}
	if opinion == evidence.BadChain && dated {
		// At no time was the whole chain valid: the box was seen to sign with an intermediate that had expired before the leaf began.
		return evidence.UnknownRoot
	}
	return opinion
}

// moments gives now, and then a few times at which the presented certificates are valid, if there are any and now is none of them.
func moments(now time.Time, leaf *x509.Certificate, others []*x509.Certificate) []time.Time {
	list := []time.Time{now}
	good := true
	for _, c := range append([]*x509.Certificate{leaf}, others...) {
		good = good && !now.Before(c.NotBefore) && !now.After(c.NotAfter)
	}
	if good {
		return list // what fails now does not fail by date
	}
	add := func(from, until time.Time) {
		if from.Before(until) && len(list) < 6 {
			list = append(list, from.Add(until.Sub(from)/2))
		}
	}
	from, until := leaf.NotBefore, leaf.NotAfter
	add(from, until)
	for _, c := range others {
		add(later(leaf.NotBefore, c.NotBefore), earlier(leaf.NotAfter, c.NotAfter))
		from, until = later(from, c.NotBefore), earlier(until, c.NotAfter)
	}
	add(from, until)
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
