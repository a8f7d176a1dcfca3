package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/store"
)

// Verb says what was done to a certificate in a place. The values stand in receipts.
type Verb string

// The verbs.
const (
	Removed Verb = ""                 // taken out
	Refused Verb = store.VerbDistrust // the place refuses it from now on, should it come back
	Limited Verb = store.VerbLimit    // it stays for its other purposes, and vouches for web sites no more
)

// Hold is a certificate that a place is to refuse or to limit. Of a refusal the entry says what it needs in this place; the certificate was seen anywhere.
type Hold struct {
	Item
	Verb Verb
}

// Blockable tells whether a certificate, classified by the list as match, may be kept out: only what stands for forged sites, and is known by more than the name
// of its issuer, which anybody can copy. Never the e-signature, a public root, or a product that inspects connections with somebody's consent: whoever refuses
// these breaks something.
//
// Some places refuse by the public key, and by issuer and serial number, and a file can be made that has these of somebody else. So a certificate that shares
// them with a public root or with the e-signature is not refused, whatever it is called and whoever signed it. And unless the certificate itself is listed, or signed by
// a listed key, it must be signed with its own key: nobody can do that with the key of an intermediate or of an office.
func Blockable(list *catalog.List, c cert.Certificate, match catalog.Match) bool {
	if !match.Class.Hostile() || c.DER == nil || !list.Alone(c) {
		return false
	}
	switch match.By {
	case catalog.BySHA256, catalog.BySHA1, catalog.BySignature:
		return true
	case catalog.ByKey, catalog.ByRule:
		return catalog.SelfSigned(c)
	}
	return false
}

// offer lists what could be kept out: every place that can refuse, for every hostile certificate that was found. A place of one account refuses what was found in that account
// or in the computer as a whole; a place of the computer only what was found there, so that nobody is asked for a permission for the sake of one profile. A file
// that only lies around is no reason to refuse anything. Nothing is refused in a place where it is left.
func (c *Checker) offer(ctx context.Context, e evidence.Evidence, prints []cert.Print, left []Left, stores []store.Store) []Hold {
	type found struct {
		cert   cert.Certificate
		match  catalog.Match
		owners map[string]bool
	}
	var all []*found
	index := map[cert.Print]*found{}
	refused := map[markKey]bool{} // or left, beside which no refusal is to stand
	for _, item := range left {
		refused[markKey{keyOf(item.Place), item.Entry.Cert.Print}] = true
	}
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			c.List.Resolve(&entry.Cert)
			print := entry.Cert.Print
			if entry.Trust == evidence.Distrusted {
				refused[markKey{keyOf(seen.Place), print}] = true
				continue
			}
			if seen.Place.Kind == evidence.Loose || entry.Cert.DER == nil || len(prints) > 0 && !slices.Contains(prints, print) {
				continue
			}
			one := index[print]
			if one == nil {
				match := c.List.Classify(entry.Cert)
				if !Blockable(c.List, entry.Cert, match) {
					continue
				}
				one = &found{entry.Cert, match, map[string]bool{}}
				index[print] = one
				all = append(all, one)
			}
			one.owners[seen.Place.Owner] = true
		}
	}
	if len(all) == 0 {
		return nil
	}
	var holds []Hold
	refusals := c.refusals(ctx, stores)
	for _, one := range all {
		for i, s := range stores {
			place := s.Place()
			if !one.owners[""] && !one.owners[place.Owner] || place.Owner == "" && !one.owners[""] || refused[markKey{keyOf(place), one.cert.Print}] {
				continue
			}
			if needs, answered := refusals[i]; answered && (needs == evidence.Own || needs == evidence.Admin) {
				entry := evidence.Entry{Cert: one.cert, Trust: evidence.Distrusted, Needs: needs}
				holds = append(holds, Hold{Item{place, entry, one.match}, Refused})
			}
		}
	}
	return holds
}

// refusals is what a refusal needs in each of the stores, by its number; nothing for one that cannot refuse, or does not say so in time. All are asked side by side, since
// one that lies on a hanging share must not hold up the rest.
func (c *Checker) refusals(ctx context.Context, stores []store.Store) map[int]evidence.Right {
	type answer struct {
		store int
		needs evidence.Right
	}
	answers := make(chan answer, len(stores))
	asked := 0
	for i, s := range stores {
		refuser, ok := s.(store.Distruster)
		if _, undoes := s.(store.Remover); !ok || !undoes {
			continue
		}
		asked++
		go func() {
			a := answer{i, evidence.Never}
			guard(func() error { a.needs = refuser.DistrustNeeds(); return nil }) //nolint:errcheck // one that breaks down is not offered
			answers <- a
		}()
	}
	limit := time.NewTimer(c.patience())
	defer limit.Stop()
	needs := map[int]evidence.Right{}
	for range asked {
		select {
		case a := <-answers:
			needs[a.store] = a.needs
		case <-limit.C:
			return needs
		case <-ctx.Done():
			return needs
		}
	}
	return needs
}

// planLimit plans to forbid certificates of the e-signature for web sites, wherever they vouch for them.
func (c *Checker) planLimit(e evidence.Evidence, prints []cert.Print, stores []store.Store) Plan {
	var plan Plan
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			c.List.Resolve(&entry.Cert)
			if !entry.Trust.Vouches() || !slices.Contains(prints, entry.Cert.Print) {
				continue
			}
			item := Item{seen.Place, entry, c.List.Classify(entry.Cert)}
			_, limits := lookup(stores, seen.Place).(store.Limiter)
			_, undoes := lookup(stores, seen.Place).(store.Remover)
			why := fixed(entry)
			if item.Match.Class != catalog.NationalSigning || why == "" && !(limits && undoes) {
				why = evidence.CannotRemove
			}
			if why != "" {
				plan.Left = append(plan.Left, Left{item, why})
			} else {
				plan.Holds = append(plan.Holds, Hold{item, Limited})
			}
		}
	}
	return plan
}

// Wish is something that a removal was to keep out or to limit when it began: what of it was not saved yet when the removal was cut short is still to be done.
type Wish struct {
	Place evidence.Place `json:"place"`
	Verb  Verb           `json:"verb"`
	DER   []byte         `json:"der"`
}

// wished is the wish of a hold.
func (h Hold) wished() Wish { return Wish{h.Place, h.Verb, h.Entry.Cert.DER} }

// outcome is how the hold stands before anything was done.
func (h Hold) outcome() Outcome {
	return Outcome{Print: h.Entry.Cert.Print, Title: h.Entry.Cert.Title(), Place: h.Place, Verb: h.Verb}
}

var errNotRemoved = errors.New("it is there still")

// mayHold says why a certificate is not to be refused or limited in the store; nil: it may be. It asks again, right before the writing and in the process that
// writes: a receipt may have been edited, and meanwhile the certificate may have come back. Beside a certificate that is there no refusal is written: some
// programs then believe it all the same.
func (c *Checker) mayHold(ctx context.Context, s store.Store, verb Verb, certificate cert.Certificate) error {
	match := c.List.Classify(certificate)
	switch {
	case verb == Refused && Blockable(c.List, certificate, match):
	case verb == Limited && certificate.DER != nil && match.Class == catalog.NationalSigning:
		return nil
	default:
		return evidence.Trouble{Code: evidence.CannotRemove, Path: s.Place().Path}
	}
	seen := c.list(ctx, s)
	for _, entry := range seen.Entries {
		c.List.Resolve(&entry.Cert)
		if entry.Trust != evidence.Distrusted && entry.Cert.Print == certificate.Print {
			return evidence.Trouble{Code: evidence.StillThere, Path: s.Place().Path, Err: errNotRemoved}
		}
	}
	if len(seen.Troubles) > 0 { // what could not be read may hold it
		return seen.Troubles[0]
	}
	return nil
}

// holdAll saves, journals, writes and proves refusals and limits, one place after the other. next is the number of the next item of the journal. It tells
// how many were saved.
func (c *Checker) holdAll(ctx context.Context, journal *journal, wishes []Wish, outcomes []*Outcome, removed []Outcome, next int, on func(Event)) int {
	var all []*work
	var lines []line
	stores, _ := c.find(ctx)
	for i, wish := range wishes {
		outcome := outcomes[i]
		certificate := cert.Read(wish.DER)
		err := ctx.Err()
		for _, one := range removed {
			// What is still there in this very place is not refused as well (see mayHold), for the reason for which it is there.
			if one.Print == outcome.Print && keyOf(one.Place) == keyOf(outcome.Place) && one.Why != "" {
				outcome.Why = one.Why
				err = errNotRemoved
			}
		}
		w := &work{item: next + len(all), verb: wish.Verb, outcome: outcome}
		if err == nil {
			w.store, err = c.remover(ctx, stores, wish.Place)
		}
		if err == nil {
			err = c.mayHold(ctx, w.store, wish.Verb, certificate)
		}
		if err == nil {
			err = guard(func() (err error) { w.saved, err = saveHold(ctx, w.store, wish.Verb, certificate); return })
		}
		if err == nil && Verb(w.saved.Verb) != wish.Verb {
			err = fmt.Errorf("hold %s: saved as %q", certificate.Title(), w.saved.Verb)
		}
		if err != nil {
			outcome.fail(err)
			on(Held{*outcome})
			continue
		}
		all = append(all, w)
		lines = append(lines, line{Step: "saved", Item: w.item, Saved: &w.saved})
	}
	if len(all) == 0 {
		return 0
	}
	if err := journal.add(lines...); err != nil {
		for _, w := range all {
			w.outcome.fail(err)
			on(Held{*w.outcome})
		}
		return 0
	}
	c.step("hold saved")
	c.removeAll(ctx, journal, all, on)
	return len(all)
}

func (o *Outcome) fail(err error) {
	if o.Why == "" {
		o.Why = code(err)
	}
	o.Err = err
}

// saveHold reads what a refusal or a limit would change.
func saveHold(ctx context.Context, s store.Store, verb Verb, c cert.Certificate) (store.Saved, error) {
	switch verb {
	case Refused:
		if refuser, ok := s.(store.Distruster); ok {
			return refuser.SaveDistrust(ctx, c)
		}
	case Limited:
		if limiter, ok := s.(store.Limiter); ok {
			return limiter.SaveLimit(ctx, evidence.Entry{Cert: c})
		}
	}
	return store.Saved{}, evidence.Trouble{Code: evidence.CannotRemove, Path: s.Place().Path}
}

// act does what was saved.
func (w *work) act(ctx context.Context) error {
	switch w.verb {
	case Removed:
		return w.store.Remove(ctx, w.saved)
	case Refused:
		if refuser, ok := w.store.(store.Distruster); ok {
			return refuser.Distrust(ctx, w.saved)
		}
	case Limited:
		if limiter, ok := w.store.(store.Limiter); ok {
			return limiter.Limit(ctx, w.saved)
		}
	}
	return evidence.Trouble{Code: evidence.CannotRemove, Path: w.saved.Place.Path}
}

// holds tells whether the entries of a place, listed again, show the refusal or the limit. A place in which the certificate vouches as well does not hold it.
func (o *Outcome) holds(entries []evidence.Entry) (held, vouches bool) {
	for _, entry := range entries {
		if entry.Cert.Print != o.Print {
			continue
		}
		vouches = vouches || entry.Trust.Vouches()
		held = held || o.Verb == Limited || entry.Trust == evidence.Distrusted
	}
	return held, vouches
}

// settleHold says how a refusal or a limit stands after its place was listed again. undone: it was to be taken back.
func (o *Outcome) settleHold(entries []evidence.Entry, undone bool, unread []evidence.Trouble) {
	held, vouches := o.holds(entries)
	good := held && !vouches
	switch {
	case undone && o.Verb == Limited:
		good, o.Held = vouches, good
	case undone:
		good, o.Held = !held && len(unread) == 0, held
	default: // what could not be read may vouch for it
		good = good && len(unread) == 0
		o.Held = good
	}
	switch {
	case good:
		o.Why, o.Err = "", nil
	case len(unread) > 0:
		o.Why, o.Err = unread[0].Code, unread[0]
	case o.Why == "":
		o.Why = evidence.Failed
	}
}
