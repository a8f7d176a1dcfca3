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

// Outcome tells how one certificate in one place stands after a removal or an undo. Gone and Held come from a fresh list of the place, never from
// the success of a call.
type Outcome struct {
	Print   cert.Print
	Title   string
	Place   evidence.Place
	Verb    Verb          // what was to be done with it, or undone
	Existed bool          // of a removal: it was there when the work began
	Gone    bool          // of a removal: it is not there now
	Held    bool          // of a refusal or a limit: it stands now
	Why     evidence.Code // why it is not as it should be; empty: it is
	Err     error         // for the saved report
}

// Done is the result of a removal or an undo.
type Done struct {
	Receipt  string    // empty: nothing was journalled, and so nothing was changed
	Outcomes []Outcome // of what was taken out
	Holds    []Outcome // of what was to be refused or limited: a failure here takes nothing from the removal
}

// Kept tells whether everything that was to be refused or limited is, or after an undo is no more.
func (d Done) Kept() bool { return (Done{Outcomes: d.Holds}).Good() }

// Good tells whether everything that was to be removed is gone, or after an undo is back.
func (d Done) Good() bool {
	for _, outcome := range d.Outcomes {
		if outcome.Why != "" {
			return false
		}
	}
	return true
}

// work is one item on its way through a removal or an undo.
type work struct {
	item    int // its number in the journal
	saved   store.Saved
	store   store.Remover
	verb    Verb
	outcome *Outcome
	tried   bool // Remove or Restore was called: the place must be listed again
}

// Do carries out the plan. It never leaves a place half done without a receipt that can finish or undo it. The error is for what concerns the whole: another copy
// of the program is at work (machine.ErrOtherCopy), or the receipt could not be written (nothing was changed then). What concerns one place is in its outcome.
func (c *Checker) Do(ctx context.Context, plan Plan, on func(Event)) (Done, error) {
	id, err := newID(c.now())
	if err != nil {
		return failed(plan, err), err
	}
	return c.do(ctx, plan, id, on)
}

// do is Do under a receipt of that name.
func (c *Checker) do(ctx context.Context, plan Plan, id string, on func(Event)) (Done, error) {
	if on == nil {
		on = func(Event) {}
	}
	unlock, err := machine.Lock(c.Machine.State)
	if err != nil {
		return failed(plan, err), err
	}
	defer unlock()
	c.step("locked")
	journal, err := newJournal(c.Machine.State, id, c.Version, c.Machine.Root, c.now)
	if err != nil {
		return failed(plan, err), err
	}
	defer journal.close()
	c.step("begun")

	done := Done{Receipt: journal.id, Outcomes: make([]Outcome, len(plan.Items)), Holds: make([]Outcome, len(plan.Holds))}
	stores, lost := c.find(ctx)
	var own []*work
	var admin []*Outcome
	var wishes []Wish
	var wished, adminHolds []*Outcome
	for i, hold := range plan.Holds {
		done.Holds[i] = hold.outcome()
		if c.elsewhere(hold.Item) {
			adminHolds = append(adminHolds, &done.Holds[i])
		} else {
			wishes, wished = append(wishes, hold.wished()), append(wished, &done.Holds[i])
		}
	}
	for i, item := range plan.Items {
		outcome := &done.Outcomes[i]
		*outcome = Outcome{Print: item.Entry.Cert.Print, Title: item.Entry.Cert.Title(), Place: item.Place, Existed: true}
		if c.elsewhere(item) {
			admin = append(admin, outcome)
			continue
		}
		w := &work{outcome: outcome}
		if w.store, err = c.remover(ctx, stores, item.Place, lost...); err == nil {
			err = guard(func() (err error) { w.saved, err = w.store.Save(ctx, item.Entry); return })
		}
		if errors.Is(err, store.ErrGone) {
			outcome.Existed, outcome.Gone = false, true
			continue
		} else if err != nil {
			outcome.Why, outcome.Err = code(err), err
			continue
		}
		own = append(own, w)
	}

	// All that will be taken out is on the disk before the first change.
	var lines []line
	if len(wishes) > 0 {
		lines = append(lines, line{Step: "wished", Wishes: wishes})
	}
	if asked := askedFor(slices.Concat(admin, adminHolds)); len(asked) > 0 {
		lines = append(lines, line{Step: "asked", Asked: asked})
	}
	for i, w := range own {
		w.item = i
		lines = append(lines, line{Step: "saved", Item: i, Saved: &w.saved})
	}
	if len(lines) > 0 {
		if err := journal.add(lines...); err != nil {
			journal.drop()
			return failed(plan, err), err
		}
	}
	c.step("saved")
	c.removeAll(ctx, journal, own, on)
	if len(admin)+len(adminHolds) > 0 {
		c.removeElevated(ctx, journal, "", slices.Concat(admin, adminHolds), stores, on)
	}
	held := c.holdAll(ctx, journal, wishes, wished, done.Outcomes, len(own), on)
	if len(own)+len(admin)+len(adminHolds)+held == 0 {
		journal.drop()
		done.Receipt = ""
		return done, nil
	}
	if err := journal.add(line{Step: "end"}); err != nil {
		return done, err
	}
	c.step("ended")
	return done, nil
}

// remover is the store of the place, ready to be written.
func (c *Checker) remover(ctx context.Context, stores []store.Store, place evidence.Place, lost ...evidence.Seen) (store.Remover, error) {
	s := lookup(stores, place)
	if s == nil && place.Kind == evidence.Chromium {
		s = lookup(store.Emptied(c.Machine), place) // what was the last in its place can be put back all the same
	}
	switch {
	case s == nil && ctx.Err() != nil: // the search was broken off: not to have found a place proves nothing
		return nil, fmt.Errorf("find %s: %w", place.Path, ctx.Err())
	case s == nil && len(lost) > 0:
		return nil, evidence.Trouble{Code: evidence.TimedOut, Path: place.Path}
	case s == nil:
		return nil, fmt.Errorf("find %s: %w", place.Path, store.ErrGone)
	}
	remover, ok := s.(store.Remover)
	if !ok {
		return nil, evidence.Trouble{Code: evidence.CannotRemove, Path: place.Path}
	}
	if busy, ok := s.(store.Busy); ok {
		if program := busy.Busy(ctx); program != "" {
			return nil, fmt.Errorf("close %s: %w", program, store.ErrBusy)
		}
	}
	return remover, nil
}

// removeAll acts, lets each place finish, and lists each again.
func (c *Checker) removeAll(ctx context.Context, journal *journal, all []*work, on func(Event)) {
	for _, group := range byPlace(all) {
		on(Acting{group[0].saved.Place})
		var acted []store.Saved
		for _, w := range group {
			if ctx.Err() != nil {
				w.outcome.Why, w.outcome.Err = evidence.TimedOut, ctx.Err()
				continue
			}
			if err := journal.add(line{Step: "acting", Item: w.item}); err != nil {
				w.outcome.Why, w.outcome.Err = code(err), err
				continue
			}
			c.step("acting")
			w.tried = true
			if err := guard(func() error { return w.act(ctx) }); err != nil {
				w.outcome.Why, w.outcome.Err = code(err), err
			} else {
				acted = append(acted, w.saved)
			}
			c.step("acted")
		}
		c.finish(ctx, group, acted)
		c.step("finished")
		c.prove(ctx, journal, group, false, on)
		c.step("proved")
	}
}

func (c *Checker) finish(ctx context.Context, group []*work, acted []store.Saved) {
	finisher, ok := group[0].store.(store.Finisher)
	if !ok || len(acted) == 0 {
		return
	}
	if err := guard(func() error { return finisher.Finish(ctx, acted) }); err != nil {
		for _, w := range group {
			if w.tried && w.outcome.Why == "" {
				w.outcome.Why, w.outcome.Err = code(err), err
			}
		}
	}
}

// prove lists the place through a fresh handle and writes down what is there.
func (c *Checker) prove(ctx context.Context, journal *journal, group []*work, wanted bool, on func(Event)) {
	place := group[0].saved.Place
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.patience())
	defer cancel()
	stores, _ := c.find(ctx)
	s := lookup(stores, place)
	if s == nil { // not to have found a place again proves nothing: its home may hang now. Whether there is anything left is for the place to say.
		s = group[0].store
	}
	prover, own := s.(store.Prover)
	var seen evidence.Seen
	if !own {
		seen = c.list(ctx, s)
	}
	for _, w := range group {
		if w.verb != Removed {
			c.proveHold(journal, w, seen, wanted, on)
			continue
		}
		if w.tried {
			isThere, troubles := false, seen.Troubles
			if own {
				some, all, err := there(ctx, prover, w.saved)
				isThere, troubles = some && !wanted || all, flatten(place.Path, err)
			}
			for _, entry := range seen.Entries {
				c.List.Resolve(&entry.Cert)
				isThere = isThere || w.outcome.about(entry)
			}
			w.outcome.settle(isThere, wanted, troubles)
			step := "kept"
			switch {
			case wanted && isThere:
				step = "restored"
			case !wanted && w.outcome.Gone:
				step = "gone"
			}
			if err := journal.add(line{Step: step, Item: w.item}); err != nil && w.outcome.Why == "" {
				w.outcome.Err = err // it is as it should be; only the receipt does not say so
			}
		}
		on(Proved{*w.outcome})
	}
}

// there asks a place about the very things that were saved. Like a list, it may hang or go wrong: then it proves nothing.
func there(ctx context.Context, s store.Prover, saved store.Saved) (some, all bool, err error) {
	type answer struct {
		some, all bool
		err       error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.err = guard(func() (err error) { a.some, a.all, err = s.There(ctx, saved); return })
		answers <- a
	}()
	select {
	case a := <-answers:
		return a.some, a.all, a.err
	case <-ctx.Done():
		return false, false, ctx.Err()
	}
}

// proveHold judges a refusal or a limit by what its place, listed again, shows, and writes that down.
func (c *Checker) proveHold(journal *journal, w *work, seen evidence.Seen, undone bool, on func(Event)) {
	if w.tried {
		w.outcome.settleHold(seen.Entries, undone, seen.Troubles)
		step := "kept"
		switch {
		case undone && w.outcome.Why == "":
			step = "restored"
		case w.outcome.Held:
			step = "held"
		}
		if err := journal.add(line{Step: step, Item: w.item}); err != nil && w.outcome.Why == "" {
			w.outcome.Err = err
		}
	}
	on(Held{*w.outcome})
}

// about tells whether the entry is the certificate of the outcome, and not merely a refusal of it. A trust record of which no SHA-256 is known is told by its title, which is
// then the beginning of its SHA-1.
func (o *Outcome) about(entry evidence.Entry) bool {
	if entry.Trust == evidence.Distrusted || entry.Cert.Print != o.Print {
		return false
	}
	return !o.Print.IsZero() || entry.Cert.Title() == o.Title
}

// settle says how a certificate stands after its place was listed again: there or not, as wanted or not, with what could not be read. When it is as it should be, an
// error on the way does not matter any more; when it is not, no success on the way counts. What could not be read proves nothing.
func (o *Outcome) settle(there, wanted bool, unread []evidence.Trouble) {
	o.Gone = !there && len(unread) == 0
	switch {
	case there && wanted, o.Gone && !wanted:
		o.Why, o.Err = "", nil
	case !there && len(unread) > 0:
		o.Why, o.Err = unread[0].Code, unread[0]
	case o.Why != "": // the error on the way explains it
	case wanted:
		o.Why = evidence.Failed
	default:
		o.Why = evidence.StillThere
	}
}

// byPlace puts together what concerns one place, in the order in which the places first occur.
func byPlace(all []*work) [][]*work {
	var groups [][]*work
	index := map[key]int{}
	for _, w := range all {
		at, known := index[keyOf(w.saved.Place)]
		if !known {
			at = len(groups)
			index[keyOf(w.saved.Place)] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], w)
	}
	return groups
}

// failed is the result when nothing could be begun.
func failed(plan Plan, err error) Done {
	var done Done
	for _, item := range plan.Items {
		done.Outcomes = append(done.Outcomes, Outcome{
			Print: item.Entry.Cert.Print, Title: item.Entry.Cert.Title(), Place: item.Place, Existed: true, Why: code(err), Err: err,
		})
	}
	for _, hold := range plan.Holds {
		outcome := hold.outcome()
		outcome.Why, outcome.Err = code(err), err
		done.Holds = append(done.Holds, outcome)
	}
	return done
}

// code names the reason behind an error of any part of a removal.
func code(err error) evidence.Code {
	var panicked *panicError
	switch {
	case errors.As(err, &panicked):
		return evidence.Internal
	case errors.Is(err, machine.ErrOtherCopy):
		return evidence.Locked
	}
	return store.Code(err)
}
