package terminal

import (
	"context"
	"errors"
	"sync"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/probe"
)

// Tester makes live tests for checks. It is shared by everything in one process, so that sites are not asked more often than the prober allows.
type Tester struct {
	Prober *probe.Prober // List and Roots are filled in here
	List   *catalog.List

	lock sync.Mutex
	last evidence.Live
}

// Live makes a live test of these targets. When it is asked for again too soon (after a removal the whole check is made once more), nobody is asked a second time:
// the handshakes of the last test are held against the certificates that are on the computer now.
func (t *Tester) Live(targets []evidence.Target) check.Live {
	return func(ctx context.Context, roots []cert.Certificate, on func(check.Event)) evidence.Live {
		t.lock.Lock()
		defer t.lock.Unlock()
		t.Prober.List, t.Prober.Roots = t.List, roots
		tries := t.Prober.Tries
		if tries == 0 {
			tries = probe.DefaultTries
		}
		seen := 0
		live, err := t.Prober.Live(ctx, targets, func(h evidence.Handshake) {
			seen++
			on(check.Shook{Handshake: h, Done: seen, Of: max(seen, len(targets)*tries)})
		})
		var soon *probe.TooSoon
		switch {
		case errors.As(err, &soon):
			return t.again(roots, on)
		case err != nil: // the roots inside the program could not be read: a broken program, not a network
			panic(err)
		}
		if ctx.Err() == nil {
			t.last = live
		}
		return live
	}
}

func (t *Tester) again(roots []cert.Certificate, on func(check.Event)) evidence.Live {
	live := probe.Review(t.last, t.List, roots)
	for i, h := range live.Handshakes {
		on(check.Shook{Handshake: h, Done: i + 1, Of: len(live.Handshakes)})
	}
	return live
}
