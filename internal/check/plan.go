package check

import (
	"context"
	"slices"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/store"
)

// Item is one certificate in one place, with what it is.
type Item struct {
	Place evidence.Place
	Entry evidence.Entry
	Match catalog.Match
}

// Left is something that was asked for and stays, with the reason.
type Left struct {
	Item
	Why evidence.Code
}

// Plan is what a removal will do, shown before anything happens.
type Plan struct {
	Items []Item
	Left  []Left
	Offer []Hold   // what could be kept out as well, should the person want it: see Checker.Block
	Back  []Source // what could bring it back to the browsers that the plan touches: to be said before anything happens
	Holds []Hold   // what will be kept out, or limited: done after the removal, each with an outcome of its own
	Admin bool     // the system will ask for an administrator's permission, once
	Busy  []string // programs that must be closed first, each once
}

// Source is something that could bring a certificate back without naming it.
type Source struct {
	Place evidence.Place
	Note  evidence.Note
}

// Empty tells that there is nothing to do.
func (p Plan) Empty() bool { return len(p.Items) == 0 && len(p.Holds) == 0 }

// Prints are the certificates that the plan takes out, each once, in the order of the plan.
func (p Plan) Prints() []cert.Print {
	var prints []cert.Print
	for _, item := range p.Items {
		if !slices.Contains(prints, item.Entry.Cert.Print) {
			prints = append(prints, item.Entry.Cert.Print)
		}
	}
	return prints
}

// Pick chooses what a plan takes. The zero value is the one click: every certificate of a hostile class, wherever it is.
type Pick struct {
	Prints []cert.Print // these alone, of any class but public
	Block  bool         // and keep what is hostile of them from coming back, where a place can refuse it
	Limit  bool         // do not remove the Prints: forbid them for web sites and leave them their other purposes; for the e-signature alone
}

// Plan makes the plan for what was seen. It reads which programs are open, and changes nothing.
func (c *Checker) Plan(ctx context.Context, e evidence.Evidence, pick Pick) Plan {
	var plan Plan
	stores, _ := c.find(ctx)
	if pick.Limit {
		plan = c.planLimit(e, pick.Prints, stores)
	} else {
		plan = c.planRemoval(e, pick.Prints)
		plan.Offer = c.offer(ctx, e, pick.Prints, plan.Left, stores)
		plan.Back = Sources(e, plan)
	}
	if pick.Block {
		plan.Holds = plan.Offer
	}
	return c.needs(ctx, plan, stores)
}

// Block gives the plan with what it offers to keep out, or without. It reads which programs are open, and changes nothing.
func (c *Checker) Block(ctx context.Context, plan Plan, block bool) Plan {
	plan.Holds = nil
	if block {
		plan.Holds = plan.Offer
	}
	stores, _ := c.find(ctx)
	return c.needs(ctx, plan, stores)
}

// needs fills in what the plan needs: a permission, and programs to be closed.
func (c *Checker) needs(ctx context.Context, plan Plan, stores []store.Store) Plan {
	plan.Admin = false
	for _, item := range plan.everything() {
		plan.Admin = plan.Admin || c.elsewhere(item)
	}
	plan.Busy = openPrograms(ctx, plan, stores)
	return plan
}

// elsewhere tells whether the item is for the administrator's process.
func (c *Checker) elsewhere(item Item) bool {
	return item.Entry.Needs == evidence.Admin && !c.Machine.Admin
}

// everything that the plan changes.
func (p Plan) everything() []Item {
	all := slices.Clone(p.Items)
	for _, hold := range p.Holds {
		all = append(all, hold.Item)
	}
	return all
}

func (c *Checker) planRemoval(e evidence.Evidence, prints []cert.Print) Plan {
	var plan Plan
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			c.List.Resolve(&entry.Cert)
			match := c.List.Classify(entry.Cert)
			item := Item{seen.Place, entry, match}
			if match.Class.Hostile() && entry.Trust == evidence.Distrusted { // it protects
				continue
			}
			if len(prints) > 0 {
				if entry.Cert.Print.IsZero() || !slices.Contains(prints, entry.Cert.Print) {
					continue
				}
				if match.Class == catalog.Public || entry.Vendor {
					plan.Left = append(plan.Left, Left{item, evidence.CannotRemove})
					continue
				}
			} else if !match.Class.OneClick() {
				continue
			}
			if why := fixed(entry); why != "" {
				plan.Left = append(plan.Left, Left{item, why})
			} else {
				plan.Items = append(plan.Items, item)
			}
		}
	}
	if len(prints) == 0 && len(plan.Items) > 0 {
		// A file that only lies around, and holds more than the certificate, does no harm and is told of by the check. It does not make a removal one in part.
		plan.Left = slices.DeleteFunc(plan.Left, func(left Left) bool { return left.Place.Kind == evidence.Loose && left.Why == evidence.CannotRemove })
	}
	return plan
}

// Sources lists what could bring certificates back to the browsers from which the plan takes them: scripts that configure one at each start, and modules of the
// very profile that nobody knows.
func Sources(e evidence.Evidence, plan Plan) []Source {
	programs, places := map[string]bool{}, map[key]bool{}
	for _, item := range plan.Items {
		if item.Place.Kind == evidence.NSS {
			programs[item.Place.Program] = true
			places[keyOf(item.Place)] = true
		}
	}
	var all []Source
	for _, seen := range e.Places {
		for _, note := range seen.Notes {
			switch note.Code {
			case evidence.AutoConfig, evidence.AutoConfigAdds:
				if !programs[seen.Place.Program] {
					continue
				}
			case evidence.ExtraModule:
				mine := places[keyOf(seen.Place)] || note.Forced && programs[seen.Place.Program]
				if !mine || judge.KindOfModule(note.Value) != judge.ForeignModule {
					continue
				}
			default:
				continue
			}
			all = append(all, Source{seen.Place, note})
		}
	}
	return all
}

// fixed says why an entry cannot be changed from here at all; empty: it can.
func fixed(entry evidence.Entry) evidence.Code {
	switch {
	case entry.Managed:
		return evidence.IsManaged
	case entry.Needs == evidence.Never:
		return evidence.CannotRemove
	case entry.Needs == evidence.OtherUser:
		return evidence.NeedsUser
	}
	return ""
}

// Open names the programs that must be closed before the plan can be carried out, each once.
func (c *Checker) Open(ctx context.Context, plan Plan) []string {
	if plan.Empty() {
		return nil
	}
	stores, _ := c.find(ctx)
	return openPrograms(ctx, plan, stores)
}

func openPrograms(ctx context.Context, plan Plan, stores []store.Store) []string {
	var open []string
	asked := map[key]bool{}
	for _, item := range plan.everything() {
		place := keyOf(item.Place)
		if asked[place] {
			continue
		}
		asked[place] = true
		if busy, ok := lookup(stores, item.Place).(store.Busy); ok {
			if program := busy.Busy(ctx); program != "" && !slices.Contains(open, program) {
				open = append(open, program)
			}
		}
	}
	return open
}

// key finds a place again: what it is called for people may change meanwhile, where it is may not.
type key struct {
	kind evidence.Kind
	path string
}

func keyOf(place evidence.Place) key { return key{place.Kind, place.Path} }

// lookup is the store of that place; nil when it is not there any more.
func lookup(stores []store.Store, place evidence.Place) store.Store {
	for _, s := range stores {
		if keyOf(s.Place()) == keyOf(place) {
			return s
		}
	}
	return nil
}
