package store

import (
	"context"

	"qulyp/internal/evidence"
)

// Limiter can be implemented by a [Store] that can keep a certificate for its other purposes and forbid it for web sites. The steps are those of
// [Remover]: SaveLimit reads what stands there and changes nothing, Limit writes the limit, and Restore takes it off again. SaveLimit returns an error
// wrapping [ErrGone] when the entry is not there any more.
type Limiter interface {
	Store
	SaveLimit(ctx context.Context, entry evidence.Entry) (Saved, error)
	Limit(ctx context.Context, saved Saved) error
}

// The verbs of [Saved] beside that of a removal, which is empty. They stand in receipts.
const (
	VerbDistrust = "distrust" // a refusal was written
	VerbLimit    = "limit"    // forbidden for web sites

	verbDistrust = VerbDistrust
	verbLimit    = VerbLimit
)
