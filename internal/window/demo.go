//go:build !nowindow

package window

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// Cases are the names of the made-up cases, for people who learn or teach, and for pictures. Each is called by the finding that it shows.
func Cases() []string {
	var names []string
	for _, one := range cases {
		names = append(names, string(one.shows))
	}
	return names
}

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

// errMadeUp is the answer to what a made-up case cannot do.
var errMadeUp = errors.New("a made-up case has no report")

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
	actor := &actor{list: s.list, e: &e}
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
	plan.Offer = s.offer(plan.Items)
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
			receipt.Items = append(receipt.Items, receiptItem(outcome))
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
			receipt.Items = append(receipt.Items, receiptItem(outcome))
		}
		done.Holds = append(done.Holds, outcome)
		on(check.Held{Outcome: outcome})
	}
	s.receipts = append([]check.Receipt{receipt}, s.receipts...)
	return done, nil
}

// receiptItem is what the receipt of a made-up case holds: what was done, without a record of any place.
func receiptItem(o check.Outcome) check.ReceiptItem {
	item := check.ReceiptItem{Acted: true, Gone: o.Gone, Held: o.Held}
	item.Saved.Place, item.Saved.Title, item.Saved.Print, item.Saved.Verb = o.Place, o.Title, o.Print, string(o.Verb)
	return item
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
	s.made.make(&actor{list: s.list, e: &all})
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
		for j := range s.receipts[i].Items {
			item := &s.receipts[i].Items[j]
			on(check.Acting{Place: item.Saved.Place})
			s.wait(ctx)
			var back check.Item
			back.Place, back.Entry.Cert.Print = item.Saved.Place, item.Saved.Print
			item.Restored = true
			outcome := check.Outcome{Print: item.Saved.Print, Title: item.Saved.Title, Place: item.Saved.Place, Verb: item.Verb()}
			if item.Verb() != check.Removed {
				s.hold(check.Hold{Item: back, Verb: item.Verb()}, false)
				done.Holds = append(done.Holds, outcome)
				on(check.Held{Outcome: outcome})
				continue
			}
			s.take(back, false)
			done.Outcomes = append(done.Outcomes, outcome)
			on(check.Proved{Outcome: outcome})
		}
		return done, nil
	}
	return done, check.ErrNoReceipt
}

func (s *stage) Resume(ctx context.Context, id string, on func(check.Event)) (check.Done, error) {
	return check.Done{Receipt: id}, check.ErrNoReceipt
}

func (s *stage) Receipts() ([]check.Receipt, error)                          { return s.receipts, nil }
func (s *stage) Export(string) (string, error)                               { return "", errMadeUp }
func (s *stage) Code(evidence.Evidence, judge.Verdict) string                { return "0000-0000" }
func (s *stage) Show(words.Language, evidence.Evidence, judge.Verdict) error { return errMadeUp }
func (s *stage) Save(words.Language, evidence.Evidence, judge.Verdict) (string, error) {
	return "", errMadeUp
}
func (s *stage) Portal() error { return errMadeUp }

func (s *stage) Forget(id string) error {
	at := slices.IndexFunc(s.receipts, func(r check.Receipt) bool { return r.ID == id })
	if at < 0 {
		return check.ErrNoReceipt
	}
	s.receipts = slices.Delete(slices.Clone(s.receipts), at, at+1)
	return nil
}

// rehearse shows the result of a made-up case. It tells whether there is such a case.
func (w *window) rehearse(name string) bool {
	for _, one := range cases {
		if string(one.shows) != name {
			continue
		}
		stage := newStage(w.Options.List, one, w.GOOS, w.Now)
		w.stop()
		w.practice, w.engine = name, stage
		e := stage.seen(true)
		w.found, w.ticked = &found{e, judge.Decide(w.Options.List, e)}, map[string]bool{}
		w.show(&verdictScreen{})
		return true
	}
	return false
}

// endPractice goes back to this computer.
func (w *window) endPractice() {
	w.stop()
	w.practice, w.engine, w.found = "", w.Options.Engine, nil
	w.home()
}

// casesScreen lists the made-up cases.
type casesScreen struct{ from screen }

func (*casesScreen) name() string { return "cases" }

func (s *casesScreen) draw(w *window) view {
	v := view{title: w.Say("screen.demo.title"), back: func() { w.show(s.from) }}
	for _, one := range cases {
		stage := newStage(w.Options.List, one, w.GOOS, w.Now)
		verdict := judge.Decide(w.Options.List, stage.seen(true))
		f, there := verdict.Find(one.shows)
		if !there {
			continue
		}
		t := toneOf(verdict.Level)
		name := string(one.shows)
		choice := newLine("case-"+name, f.Title(w.Printer), t.icon, t.color, func() { w.rehearse(name) })
		choice.more = f.Text(w.Printer)
		v.body = append(v.body, choice)
	}
	return v
}

// actor makes up evidence.
type actor struct {
	list *catalog.List
	e    *evidence.Evidence
}

// print makes a certificate out of nothing: its bytes are no certificate, so no program could ever take it for one.
func madeUp(name, organization, country string) cert.Certificate {
	der := []byte("made up: " + name)
	return cert.Certificate{
		DER: der, Print: cert.Of(der), CA: true,
		Subject: cert.Name{CommonName: name, Organization: organization, Country: country, Text: nameText(name, organization, country)},
		Issuer:  cert.Name{CommonName: name, Organization: organization, Country: country, Text: nameText(name, organization, country)},
		From:    time.Date(2020, 2, 28, 0, 0, 0, 0, time.UTC), Until: time.Date(2040, 2, 23, 0, 0, 0, 0, time.UTC),
	}
}

func nameText(name, organization, country string) string {
	text := "CN=" + name
	if organization != "" {
		text += ", O=" + organization
	}
	if country != "" {
		text += ", C=" + country
	}
	return text
}

// listed is an authority of a class, as the list has it: the one whose ID has the hint in it, else the first.
func (a *actor) listed(class catalog.Class, hint string) cert.Certificate {
	var found cert.Certificate
	for _, one := range a.list.Authorities {
		if one.Class != class || one.Intermediate || one.SHA256.IsZero() || !found.Print.IsZero() && !strings.Contains(one.ID, hint) {
			continue
		}
		found = cert.Certificate{
			DER: []byte("made up: " + one.ID), Print: one.SHA256, SHA1: one.SHA1, Key: one.Key, CA: true,
			Subject: cert.Name{Text: one.Subject, CommonName: commonName(one.Subject)}, Issuer: cert.Name{Text: one.Issuer, CommonName: commonName(one.Issuer)},
			From: one.From, Until: one.Until,
		}
		if strings.Contains(one.ID, hint) {
			break
		}
	}
	return found
}

// commonName reads it out of the text of a name.
func commonName(text string) string {
	for _, part := range strings.Split(text, ", ") {
		if name, ok := strings.CutPrefix(part, "CN="); ok {
			return name
		}
	}
	return text
}

// put lays a certificate into the usual place of that number.
func (a *actor) put(place int, c cert.Certificate, change func(*evidence.Entry)) {
	entry := evidence.Entry{Cert: c, Trust: evidence.Web}
	if a.e.Places[place].Place.Owner == "" {
		entry.Needs = evidence.Admin
	}
	if change != nil {
		change(&entry)
	}
	a.e.Places[place].Entries = append(a.e.Places[place].Entries, entry)
}

// live makes up handshakes with that outcome on the watched names, and genuine ones on the others.
func (a *actor) live(outcome evidence.Outcome, signer *cert.Certificate, change func(*evidence.Handshake)) {
	a.e.Live.Asked = true
	for _, target := range (&stage{}).Targets() {
		h := evidence.Handshake{Target: target, At: a.e.Started, Try: 1, Stop: evidence.Done, Outcome: evidence.Genuine, Public: evidence.OK, System: evidence.OK, Stamped: true}
		if target.Role == evidence.Watched || outcome == evidence.Offline {
			h.Outcome = outcome
			if signer != nil {
				h.Signer, h.Chain, h.Public, h.Stamped = signer.Print, []cert.Certificate{madeUp(target.Host, "", ""), *signer}, evidence.UnknownRoot, false
				h.System = evidence.UnknownRoot
				h.Chain[0].Issuer = signer.Subject
			}
			if change != nil {
				change(&h)
			}
		}
		a.e.Live.Handshakes = append(a.e.Live.Handshakes, h)
	}
}
