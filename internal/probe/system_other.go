//go:build !windows

package probe

import (
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// SystemOpinion is what the system's own verifier thinks of a chain. On Linux it reads the bundle that most programs read; on macOS it asks the
// system, which may fetch a missing intermediate on its own.
func SystemOpinion(chain []cert.Certificate, host string, now time.Time) evidence.Opinion {
	return Verify(chain, host, nil, now)
}
