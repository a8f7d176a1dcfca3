//go:build !nowindow

package window

import (
	"context"
	"fmt"
	"slices"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
)

func (s *stage) Do(ctx context.Context, plan check.Plan, on func(check.Event)) (check.Done, error) {
	receipt := check.Receipt{ID: fmt.Sprintf("demo-%d", len(s.receipts)+1), Begun: s.now(), Ended: true}
	done := check.Done{Receipt: receipt.ID}
	for _, item := range plan.Items {
		on(check.Acting{Place: item.Place})
		s.wait(ctx)
		outcome := check.Outcome{Print: item.Entry.Cert.Print, Title: item.Entry.Cert.Title(), Place: item.Place, Existed: true}
		if s.made.stays != "" && item.Entry.Needs == evidence.Admin {
			outcome.Why = s.made.stays
		} else {
			outcome.Gone = true
			s.take(item, true)
			enter(&receipt, outcome, item.Entry.Needs)
		}
		done.Outcomes = append(done.Outcomes, outcome)
		on(check.Proved{Outcome: outcome})
	}
	for _, hold := range plan.Holds {
		on(check.Acting{Place: hold.Place})
		s.wait(ctx)
		outcome := check.Outcome{Print: hold.Entry.Cert.Print, Title: hold.Entry.Cert.Title(), Place: hold.Place, Verb: hold.Verb}
		if s.made.stays != "" && (hold.Verb == check.Refused || hold.Entry.Needs == evidence.Admin) {
			outcome.Why = s.made.stays
		} else {
			outcome.Held = true
			s.hold(hold, true)
			enter(&receipt, outcome, hold.Entry.Needs)
		}
		done.Holds = append(done.Holds, outcome)
		on(check.Held{Outcome: outcome})
	}
	s.receipts = append([]check.Receipt{receipt}, s.receipts...)
	return done, nil
}

// enter writes into the receipt of a made-up case what was done, without a record of any place. What an administrator does stands in a receipt of its own.
func enter(receipt *check.Receipt, o check.Outcome, needs evidence.Right) {
	if needs == evidence.Admin {
		receipt.Elevated = receipt.ID + "-admin"
		receipt.Asked = append(receipt.Asked, check.Asked{Print: o.Print, Title: o.Title, Place: o.Place, Verb: o.Verb})
		return
	}
	item := check.ReceiptItem{Acted: true, Gone: o.Gone, Held: o.Held}
	item.Saved.Place, item.Saved.Title, item.Saved.Print, item.Saved.Verb = o.Place, o.Title, o.Print, string(o.Verb)
	receipt.Items = append(receipt.Items, item)
}

// hold makes a place refuse or limit, or do so no more.
func (s *stage) hold(hold check.Hold, on bool) {
	if hold.Verb == check.Limited {
		s.mark(s.limited, hold.Item, on)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refused, hold.Entry.Cert.Print)
	if on {
		s.refused[hold.Entry.Cert.Print] = hold
	}
}

// take makes an entry gone, or back.
func (s *stage) take(item check.Item, gone bool) { s.mark(s.gone, item, gone) }

// mark marks an entry of the case, or takes the mark off.
func (s *stage) mark(marks map[judge.Ref]bool, item check.Item, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := evidence.Evidence{Places: usualPlaces(s.goos)}
	s.made.make(&actor{list: s.list, goos: s.goos, e: &all})
	for i, seen := range all.Places {
		for j, entry := range seen.Entries {
			if seen.Place == item.Place && entry.Cert.Print == item.Entry.Cert.Print {
				marks[judge.Ref{Place: i, Entry: j}] = on
			}
		}
	}
}

func (s *stage) Undo(ctx context.Context, id string, on func(check.Event)) (check.Done, error) {
	done := check.Done{Receipt: id}
	for i := range s.receipts {
		if s.receipts[i].ID != id {
			continue
		}
		for _, one := range s.receipts[i].Changes() {
			on(check.Acting{Place: one.Place})
			s.wait(ctx)
			var back check.Item
			back.Place, back.Entry.Cert.Print = one.Place, one.Print
			outcome := check.Outcome{Print: one.Print, Title: one.Title, Place: one.Place, Verb: one.Verb}
			if one.Verb != check.Removed {
				s.hold(check.Hold{Item: back, Verb: one.Verb}, false)
				done.Holds = append(done.Holds, outcome)
				on(check.Held{Outcome: outcome})
				continue
			}
			s.take(back, false)
			done.Outcomes = append(done.Outcomes, outcome)
			on(check.Proved{Outcome: outcome})
		}
		for j := range s.receipts[i].Items {
			s.receipts[i].Items[j].Restored = true
		}
		s.receipts[i].Returned = true
		return done, nil
	}
	return done, check.ErrNoReceipt
}

func (s *stage) Resume(ctx context.Context, id string, on func(check.Event)) (check.Done, error) {
	return check.Done{Receipt: id}, check.ErrNoReceipt
}

func (s *stage) Forget(id string) error {
	at := slices.IndexFunc(s.receipts, func(r check.Receipt) bool { return r.ID == id })
	if at < 0 {
		return check.ErrNoReceipt
	}
	s.receipts = slices.Delete(slices.Clone(s.receipts), at, at+1)
	return nil
}
