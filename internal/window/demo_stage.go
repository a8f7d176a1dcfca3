//go:build !nowindow

package window

import (
	"context"
	"slices"
	"sync"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
)

// stage is the engine of a made-up case. It looks at nothing and changes nothing; the verdict on what it makes up is that of package judge.
type stage struct {
	list  *catalog.List
	made  demoCase
	goos  string
	now   func() time.Time
	pause time.Duration // how long one step takes, so that it can be followed

	mu       sync.Mutex
	gone     map[judge.Ref]bool
	limited  map[judge.Ref]bool        // forbidden for web sites
	refused  map[cert.Print]check.Hold // kept out for the future, by the certificate
	receipts []check.Receipt
}

func newStage(list *catalog.List, made demoCase, goos string, now func() time.Time) *stage {
	return &stage{list: list, made: made, goos: goos, now: now, pause: 120 * time.Millisecond,
		gone: map[judge.Ref]bool{}, limited: map[judge.Ref]bool{}, refused: map[cert.Print]check.Hold{}}
}

func (s *stage) Targets() []evidence.Target {
	return []evidence.Target{
		{Host: "www.google.com", Port: 443, Role: evidence.Watched}, {Host: "www.facebook.com", Port: 443, Role: evidence.Watched},
		{Host: "vk.com", Port: 443, Role: evidence.Watched}, {Host: "mail.ru", Port: 443, Role: evidence.Watched},
		{Host: "example.org", Port: 443, Role: evidence.Control}, {Host: "www.wikipedia.org", Port: 443, Role: evidence.Neutral},
	}
}

// seen is the evidence of the case as it stands.
func (s *stage) seen(live bool) evidence.Evidence {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := evidence.Evidence{Started: s.now(), Finished: s.now(), Places: usualPlaces(s.goos)}
	actor := &actor{list: s.list, goos: s.goos, e: &e}
	s.made.make(actor)
	for i := range e.Places {
		var kept []evidence.Entry
		for j, entry := range e.Places[i].Entries {
			if s.limited[judge.Ref{Place: i, Entry: j}] {
				entry.Trust = evidence.Other
			}
			if !s.gone[judge.Ref{Place: i, Entry: j}] {
				kept = append(kept, entry)
			}
		}
		e.Places[i].Entries = kept
	}
	for _, hold := range s.refused {
		for i := range e.Places {
			if e.Places[i].Place == hold.Place {
				e.Places[i].Entries = append(e.Places[i].Entries, hold.Entry)
			}
		}
	}
	if !live {
		e.Live = evidence.Live{}
	}
	return e
}

func (s *stage) wait(ctx context.Context) {
	if s.pause > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(s.pause):
		}
	}
}

func (s *stage) Look(ctx context.Context, live bool, on func(check.Event)) (evidence.Evidence, judge.Verdict) {
	e := s.seen(live)
	on(check.Known{Places: len(e.Places)})
	for i, seen := range e.Places {
		on(check.Looking{Place: seen.Place})
		s.wait(ctx)
		on(check.Looked{Seen: seen, Done: i + 1})
	}
	for i, h := range e.Live.Handshakes {
		s.wait(ctx)
		on(check.Shook{Handshake: h, Done: i + 1, Of: len(e.Live.Handshakes)})
	}
	return e, judge.Decide(s.list, e)
}

func (s *stage) Plan(_ context.Context, e evidence.Evidence, pick check.Pick) check.Plan {
	var plan check.Plan
	if pick.Limit {
		return s.planLimit(e, pick.Prints)
	}
	removable := judge.Removable(s.list, e)
	for i, seen := range e.Places {
		for j, entry := range seen.Entries {
			match := s.list.Classify(entry.Cert)
			item := check.Item{Place: seen.Place, Entry: entry, Match: match}
			wanted := match.Class.OneClick() && entry.Trust != evidence.Distrusted
			if len(pick.Prints) > 0 {
				wanted = slices.Contains(pick.Prints, entry.Cert.Print)
			}
			if !wanted {
				continue
			}
			if entry.Managed {
				plan.Left = append(plan.Left, check.Left{Item: item, Why: evidence.IsManaged})
				continue
			}
			if slices.ContainsFunc(removable, func(t judge.Target) bool { return t.Ref == judge.Ref{Place: i, Entry: j} }) {
				plan.Items = append(plan.Items, item)
			}
		}
	}
	plan.Offer, plan.Back = s.offer(plan.Items), check.Sources(e, plan)
	return s.Block(context.Background(), plan, pick.Block)
}

// offer is what the made-up computer can refuse for the future: where a real one can. Made-up certificates have no key that check.Blockable could look at, so their
// class decides.
func (s *stage) offer(items []check.Item) []check.Hold {
	var holds []check.Hold
	for _, item := range items {
		known := slices.ContainsFunc(holds, func(hold check.Hold) bool { return hold.Entry.Cert.Print == item.Entry.Cert.Print })
		_, refused := s.refused[item.Entry.Cert.Print]
		if known || refused || !item.Match.Class.Hostile() || item.Entry.Cert.DER == nil || item.Place.Kind == evidence.Loose {
			continue
		}
		entry := evidence.Entry{Cert: item.Entry.Cert, Trust: evidence.Distrusted}
		holds = append(holds, check.Hold{Item: check.Item{Place: refusing(s.goos), Entry: entry, Match: item.Match}, Verb: check.Refused})
	}
	return holds
}

// planLimit plans to forbid certificates for web sites: of the usual places those of Windows can do that.
func (s *stage) planLimit(e evidence.Evidence, prints []cert.Print) check.Plan {
	var plan check.Plan
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			if !entry.Trust.Vouches() || !slices.Contains(prints, entry.Cert.Print) {
				continue
			}
			item := check.Item{Place: seen.Place, Entry: entry, Match: s.list.Classify(entry.Cert)}
			if seen.Place.Kind == evidence.Windows {
				plan.Holds = append(plan.Holds, check.Hold{Item: item, Verb: check.Limited})
				plan.Admin = plan.Admin || entry.Needs == evidence.Admin
			} else {
				plan.Left = append(plan.Left, check.Left{Item: item, Why: evidence.CannotRemove})
			}
		}
	}
	return plan
}

func (s *stage) Block(_ context.Context, plan check.Plan, block bool) check.Plan {
	plan.Holds, plan.Admin = nil, false
	if block {
		plan.Holds = plan.Offer
	}
	for _, item := range plan.Items {
		plan.Admin = plan.Admin || item.Entry.Needs == evidence.Admin
	}
	return plan
}

func (s *stage) Open(context.Context, check.Plan) []string { return nil }
