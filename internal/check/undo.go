package check

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// ErrNoReceipt says that there is no receipt of that name for the computer or disk that is looked at.
var ErrNoReceipt = errNoReceipt

// Undo puts back everything that the receipt took out, and takes back what it refused or limited, unless that was done already, and lists each place again.
// Outcomes have Gone or Held false where it worked. The
// error is for what concerns the whole: ErrNoReceipt, machine.ErrOtherCopy, or a receipt that cannot be read.
func (c *Checker) Undo(ctx context.Context, id string, on func(Event)) (Done, error) {
	return c.again(ctx, id, true, true, on)
}

// Resume finishes a removal that was cut short: what was saved is removed, once more where that had begun, and what was to be refused or limited is, where it may be.
// What only an administrator can do is asked for again, as the same job.
// Once anything was put back, nothing is refused or limited any more: that would ban what the person wanted back.
func (c *Checker) Resume(ctx context.Context, id string, on func(Event)) (Done, error) {
	return c.again(ctx, id, false, true, on)
}

// again goes through the items of a receipt, to restore or to remove them. Unless holding, nothing is refused or limited after a removal.
func (c *Checker) again(ctx context.Context, id string, restore, holding bool, on func(Event)) (Done, error) {
	if on == nil {
		on = func(Event) {}
	}
	unlock, err := machine.Lock(c.Machine.State)
	if err != nil {
		return Done{Receipt: id}, err
	}
	defer unlock()
	receipt, err := readReceipt(c.Machine.State, id)
	if err != nil {
		return Done{Receipt: id}, err
	}
	if receipt.Root != c.Machine.Root { // the paths in it are those of another disk: put back here, they would spoil this one
		return Done{Receipt: id}, fmt.Errorf("use receipt %s of %q: %w", id, receipt.Root, ErrNoReceipt)
	}
	journal, err := openJournal(c.Machine.State, id, c.now)
	if err != nil {
		return Done{Receipt: id}, err
	}
	defer journal.close()

	stores, lost := c.find(ctx)
	wishes := receipt.unsaved()
	holding = holding && !receipt.undoing()
	if !holding {
		wishes = nil
	}
	done := Done{Receipt: id, Outcomes: make([]Outcome, 0, len(receipt.Items)+len(receipt.Asked)), Holds: make([]Outcome, 0, len(receipt.Items)+len(wishes)+len(receipt.Asked))}
	var all, holds []*work // holds: of Resume, which removes before it refuses
	for i, item := range receipt.Items {
		if restore && (!item.Acted || item.Restored) || !restore && (item.Restored || item.Verb() != Removed && !holding) {
			continue
		}
		outcome := Outcome{Print: item.Saved.Print, Title: item.Saved.Title, Place: item.Saved.Place, Verb: item.Verb()}
		w := &work{item: i, saved: item.Saved, verb: item.Verb()}
		if w.verb == Removed {
			outcome.Existed, outcome.Gone = !restore, restore
			done.Outcomes = append(done.Outcomes, outcome)
			w.outcome = &done.Outcomes[len(done.Outcomes)-1]
		} else {
			outcome.Held = restore
			done.Holds = append(done.Holds, outcome)
			w.outcome = &done.Holds[len(done.Holds)-1]
		}
		if w.store, err = c.remover(ctx, stores, item.Saved.Place, lost...); err != nil {
			w.outcome.Why, w.outcome.Err = code(err), err
			if errors.Is(err, store.ErrGone) { // the profile or the whole browser was deleted meanwhile
				w.outcome.Why, w.outcome.Gone, w.outcome.Held = evidence.Changed, w.verb == Removed, false
			}
			continue
		}
		if restore || w.verb == Removed {
			all = append(all, w)
		} else {
			holds = append(holds, w)
		}
	}
	if restore {
		c.restoreAll(ctx, journal, all, on)
	} else {
		c.removeAll(ctx, journal, all, on)
		part := c.resumeElevated(ctx, journal, receipt, stores, on)
		done.Outcomes, done.Holds = append(done.Outcomes, part.Outcomes...), append(done.Holds, part.Holds...)
		c.removeAll(ctx, journal, c.stillHeld(ctx, receipt, holds, on), on)
		var wished []*Outcome
		for _, wish := range wishes {
			certificate := cert.Read(wish.DER)
			done.Holds = append(done.Holds, Outcome{Print: certificate.Print, Title: certificate.Title(), Place: wish.Place, Verb: wish.Verb})
			wished = append(wished, &done.Holds[len(done.Holds)-1])
		}
		c.holdAll(ctx, journal, wishes, wished, done.Outcomes, len(receipt.Items), on)
	}
	if receipt.Elevated != "" && !receipt.Returned && restore {
		part := c.restoreElevated(ctx, receipt, on)
		done.Outcomes, done.Holds = append(done.Outcomes, part.Outcomes...), append(done.Holds, part.Holds...)
		if part.Good() && part.Kept() {
			if err := journal.add(line{Step: "returned"}); err != nil {
				return done, err
			}
		}
	}
	if !receipt.Ended && ctx.Err() == nil { // what was stopped is offered again
		if err := journal.add(line{Step: "end"}); err != nil {
			return done, err
		}
	}
	return done, nil
}

// stillHeld are those of the saved refusals and limits that may be written now, when the removals of the receipt were done. The certificate is that of the wish: a
// refusal that nobody wished for when the removal began is none of this program's.
func (c *Checker) stillHeld(ctx context.Context, receipt Receipt, holds []*work, on func(Event)) []*work {
	return slices.DeleteFunc(holds, func(w *work) bool {
		var certificate cert.Certificate
		for _, wish := range receipt.Wishes {
			if wish.Verb == w.verb && keyOf(wish.Place) == keyOf(w.saved.Place) && cert.Of(wish.DER) == w.saved.Print {
				certificate = cert.Read(wish.DER)
			}
		}
		err := c.mayHold(ctx, w.store, w.verb, certificate)
		if err != nil {
			w.outcome.fail(err)
			on(Held{*w.outcome})
		}
		return err != nil
	})
}

func (c *Checker) restoreAll(ctx context.Context, journal *journal, all []*work, on func(Event)) {
	for _, group := range byPlace(all) {
		on(Acting{group[0].saved.Place})
		var acted []store.Saved
		for i := len(group) - 1; i >= 0; i-- { // the other way round, as what was built is taken down
			w := group[i]
			if ctx.Err() != nil {
				w.outcome.Why, w.outcome.Err = evidence.TimedOut, ctx.Err()
				continue
			}
			c.step("restoring")
			w.tried = true
			if err := guard(func() error { return w.store.Restore(ctx, w.saved) }); err != nil {
				w.outcome.Why, w.outcome.Err = code(err), err
			} else {
				acted = append(acted, w.saved)
			}
			c.step("put back")
		}
		c.finish(ctx, group, acted)
		c.step("finished")
		c.prove(ctx, journal, group, true, on)
		c.step("proved")
	}
}
