// Package check is the one conductor: it looks into every place, lets the judge decide, plans a removal, carries it out with a journal, and undoes
// it. It prints nothing and chooses no words; what happens is told by events and outcomes, which window and terminal put into words.
//
// # Safety
//
// Nothing is changed that is not in the journal first, in its exact bytes, and on the disk. Success is that the place was listed again through a
// fresh handle and the certificate was not there. See docs/architecture.md for the rules.
package check

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sort"
	"sync"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
	"qulyp/internal/shield"
	"qulyp/internal/store"
)

// Patience is how long one place may take before it counts as unreadable. A home on a network share that hangs must not hold up the rest.
const Patience = 10 * time.Second

// Live runs the live test. It is nil where no test was asked for. roots are the certificates of this computer that vouch for web sites.
type Live func(ctx context.Context, roots []cert.Certificate, on func(Event)) evidence.Live

// Checker looks and acts. Its fields are set once; its methods may be called one after another, from any goroutine.
type Checker struct {
	Machine  *machine.Machine
	List     *catalog.List
	Stores   func(*machine.Machine) []store.Store // store.All, or a test's own
	Patience time.Duration                        // zero means Patience
	Version  string                               // of the program, for receipts

	// Step is called before and after each durable step of a removal or an undo, with its name. Tests stop the program there. Usually nil.
	Step func(name string)
}

// Event is something that happened during a check, a removal or an undo.
type Event interface{ event() }

type (
	// Known tells how many places there are to look into.
	Known struct{ Places int }
	// Looking tells that a place is being looked into.
	Looking struct{ Place evidence.Place }
	// Looked tells that a place was looked into. Done counts up to Known.Places.
	Looked struct {
		Seen evidence.Seen
		Done int
	}
	// Shook tells of one live handshake.
	Shook struct {
		Handshake evidence.Handshake
		Done, Of  int
	}
	// Acting tells that a change to a place begins.
	Acting struct{ Place evidence.Place }
	// Asking tells that the system now asks for an administrator's permission.
	Asking struct{}
	// Proved tells how a place stands after it was listed again.
	Proved struct{ Outcome Outcome }
	// Held tells how a refusal or a limit stands after its place was listed again.
	Held struct{ Outcome Outcome }
)

func (Known) event()   {}
func (Looking) event() {}
func (Looked) event()  {}
func (Shook) event()   {}
func (Acting) event()  {}
func (Asking) event()  {}
func (Proved) event()  {}
func (Held) event()    {}

// Look looks into every place side by side and, when live is not nil, tests the connection. No socket is opened otherwise. Events come one at a time, from a
// goroutine of Look. The verdict is that of judge.Decide on the evidence.
func (c *Checker) Look(ctx context.Context, live Live, on func(Event)) (evidence.Evidence, judge.Verdict) {
	if on == nil {
		on = func(Event) {}
	}
	e := evidence.Evidence{Started: c.now(), Elevated: c.Machine.Admin, Offline: c.Machine.Offline()}
	stores, troubles := c.find(ctx)
	on(Known{len(stores)})
	e.Places = append(c.listAll(ctx, stores, on), troubles...)
	e.Shields = c.shields(ctx, e)
	if live != nil {
		e.Live = live(ctx, c.vouching(e), on)
	}
	e.Finished = c.now()
	return e, judge.Decide(c.List, e)
}

// shields asks the browsers what they do by themselves with the interception certificates that were found. It costs time, so where none was found nobody is
// asked, and neither about what is hostile by its name alone: no browser can have it in a list.
func (c *Checker) shields(ctx context.Context, e evidence.Evidence) []evidence.Shield {
	var known []cert.Certificate
	var places []evidence.Place
	asked := map[cert.Print]bool{}
	for _, seen := range e.Places {
		places = append(places, seen.Place)
		for _, entry := range seen.Entries {
			one := entry.Cert
			c.List.Resolve(&one)
			if match := c.List.Classify(one); match.Class.Hostile() && match.By.Proven() && !one.Print.IsZero() && !asked[one.Print] {
				asked[one.Print] = true
				if listed, ok := c.List.Authority(one.Print); ok && one.Key.IsZero() { // of a record whose certificate is gone
					one.Key = listed.Key
				}
				known = append(known, one)
			}
		}
	}
	if len(known) == 0 {
		return nil
	}
	var shields []evidence.Shield
	answered := make(chan []evidence.Shield, 1)
	go func() {
		var answer []evidence.Shield
		guard(func() error { answer = shield.Ask(ctx, c.Machine, places, known); return nil }) //nolint:errcheck // what went wrong here takes nothing from the rest
		answered <- answer
	}()
	limit := time.NewTimer(c.patience())
	defer limit.Stop()
	select {
	case shields = <-answered:
	case <-limit.C:
	}
	return shields
}

// vouching is every certificate of the computer that vouches for web sites, each once. What came with the system's own packages is left out, as the judge does: a site whose
// root the public programme has since left behind is not forged by this computer.
func (c *Checker) vouching(e evidence.Evidence) []cert.Certificate {
	var roots []cert.Certificate
	seen := map[cert.Print]bool{}
	for _, place := range e.Places {
		for _, entry := range place.Entries {
			if entry.Vendor && !c.List.Classify(entry.Cert).Class.Hostile() {
				continue
			}
			if entry.Trust.Vouches() && entry.Cert.DER != nil && !seen[entry.Cert.Print] {
				seen[entry.Cert.Print] = true
				roots = append(roots, entry.Cert)
			}
		}
	}
	return roots
}

// find makes the list of stores. Even finding them can hang, on a home that lies on a network share, so each account's stores are found on their own.
func (c *Checker) find(ctx context.Context) ([]store.Store, []evidence.Seen) {
	type answer struct {
		stores []store.Store
		err    error
	}
	var views []*machine.Machine
	for i := range c.Machine.People {
		view := *c.Machine
		view.People = c.Machine.People[i : i+1]
		views = append(views, &view)
	}
	if len(views) == 0 {
		views = append(views, c.Machine)
	}
	answers := make([]chan answer, len(views))
	for i, view := range views {
		answers[i] = make(chan answer, 1)
		go func() {
			var a answer
			a.err = guard(func() error { a.stores = c.Stores(view); return nil })
			answers[i] <- a
		}()
	}
	limit := time.NewTimer(c.patience())
	defer limit.Stop()
	var stores []store.Store
	var troubles []evidence.Seen
	known := map[evidence.Place]bool{}
	expired := false
	for i, view := range views {
		var a answer
		select {
		case a = <-answers[i]:
		default:
			if expired {
				a.err = context.DeadlineExceeded
				break
			}
			select {
			case a = <-answers[i]:
			case <-limit.C:
				expired, a.err = true, context.DeadlineExceeded
			case <-ctx.Done():
				expired, a.err = true, ctx.Err()
			}
		}
		for _, s := range a.stores {
			if place := s.Place(); !known[place] {
				known[place] = true
				stores = append(stores, s)
			}
		}
		if a.err != nil {
			place := evidence.Place{Kind: evidence.NSS, Program: "Firefox"}
			if len(view.People) > 0 {
				place.Path, place.Owner = view.People[0].Home, view.People[0].Name
			}
			troubles = append(troubles, evidence.Seen{Place: place, Troubles: flatten(place.Path, a.err)})
		}
	}
	return stores, troubles
}

// listAll lists all stores side by side, each with its own patience, and keeps their order.
func (c *Checker) listAll(ctx context.Context, stores []store.Store, on func(Event)) []evidence.Seen {
	type answer struct {
		index int
		seen  evidence.Seen
	}
	answers := make(chan answer, len(stores))
	var telling sync.Mutex
	for i, s := range stores {
		go func() {
			telling.Lock()
			on(Looking{s.Place()})
			telling.Unlock()
			answers <- answer{i, c.see(ctx, s)}
		}()
	}
	places := make([]evidence.Seen, len(stores))
	for done := 1; done <= len(stores); done++ {
		a := <-answers
		places[a.index] = a.seen
		telling.Lock()
		on(Looked{a.seen, done})
		telling.Unlock()
	}
	return places
}

// see lists one store and asks for its notes, all within its patience. What goes wrong with the notes takes no certificate from sight.
func (c *Checker) see(ctx context.Context, s store.Store) evidence.Seen {
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	begun := time.Now()
	seen := c.list(ctx, s)
	noter, ok := s.(store.Noter)
	if !ok || ctx.Err() != nil {
		return seen
	}
	type answer struct {
		notes []evidence.Note
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.err = guard(func() (err error) { a.notes, err = noter.Notes(ctx); return })
		answers <- a
	}()
	var a answer
	select {
	case a = <-answers:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	seen.Notes, seen.Took = a.notes, time.Since(begun)
	for _, trouble := range flatten(seen.Place.Path, a.err) {
		if !slices.ContainsFunc(seen.Troubles, func(known evidence.Trouble) bool { return known.Code == trouble.Code && known.Path == trouble.Path }) {
			seen.Troubles = append(seen.Troubles, trouble)
		}
	}
	return seen
}

// list lists one store and never hangs: a store that does not come back in time is left behind, and said to be unreadable.
func (c *Checker) list(ctx context.Context, s store.Store) evidence.Seen {
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	begun := time.Now()
	result := make(chan evidence.Seen, 1)
	go func() {
		seen := evidence.Seen{Place: s.Place()}
		err := guard(func() (err error) { seen.Entries, err = s.List(ctx); return })
		seen.Troubles = flatten(seen.Place.Path, err)
		seen.Took = time.Since(begun)
		result <- seen
	}()
	select {
	case seen := <-result:
		return seen
	case <-ctx.Done():
		return evidence.Seen{Place: s.Place(), Took: time.Since(begun), Troubles: flatten(s.Place().Path, ctx.Err())}
	}
}

// flatten makes single troubles of an error, which may be many joined.
func flatten(path string, err error) []evidence.Trouble {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []evidence.Trouble
		for _, one := range many.Unwrap() {
			all = append(all, flatten(path, one)...)
		}
		return all
	}
	var trouble evidence.Trouble
	if errors.As(err, &trouble) {
		return []evidence.Trouble{trouble}
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		return []evidence.Trouble{{Code: evidence.Internal, Path: path, Err: err}}
	}
	return []evidence.Trouble{{Code: store.Code(err), Path: path, Err: err}}
}

// panicError is a panic of one place: it must not take the others down with it.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

func guard(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value, debug.Stack()}
		}
	}()
	return do()
}

func (c *Checker) patience() time.Duration {
	if c.Patience > 0 {
		return c.Patience
	}
	return Patience
}

func (c *Checker) now() time.Time {
	if c.Machine.Now != nil {
		return c.Machine.Now().UTC()
	}
	return time.Now().UTC()
}

func (c *Checker) step(name string) {
	if c.Step != nil {
		c.Step(name)
	}
}

// sortPlaces puts the places of the computer before those of accounts, and keeps the order otherwise.
func sortPlaces(places []evidence.Place) {
	sort.SliceStable(places, func(a, b int) bool { return places[a].Owner == "" && places[b].Owner != "" })
}
