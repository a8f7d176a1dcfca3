package store

import (
	"context"

	"qulyp/internal/evidence"
)

// Noter can be implemented by a [Store] that knows of something which decides on trust there, or brings certificates back, without naming a certificate.
type Noter interface {
	Store
	// Notes reads afresh. Both results may be non-nil, as with List.
	Notes(ctx context.Context) ([]Note, error)
}

// Note is one such thing.
type Note = evidence.Note

// The notes.
const (
	SystemRoots    = evidence.SystemRoots
	SystemRootsOff = evidence.SystemRootsOff
	ExtraModule    = evidence.ExtraModule
	AutoConfig     = evidence.AutoConfig
	AutoConfigAdds = evidence.AutoConfigAdds
)
