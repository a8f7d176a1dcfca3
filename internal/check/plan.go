package check

import (
	"context"
	"slices"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
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
	Admin bool     // the system will ask for an administrator's permission, once
	Busy  []string // programs that must be closed first, each once
}

// Empty tells that there is nothing to remove.
func (p Plan) Empty() bool { return len(p.Items) == 0 }

// Prints are the certificates of the plan, each once, in the order of the plan.
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
}

// Plan makes the plan for what was seen. It reads which programs are open, and changes nothing.
func (c *Checker) Plan(ctx context.Context, e evidence.Evidence, pick Pick) Plan {
	var plan Plan
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			c.List.Resolve(&entry.Cert)
			match := c.List.Classify(entry.Cert)
			item := Item{seen.Place, entry, match}
			if len(pick.Prints) > 0 {
				if entry.Cert.Print.IsZero() || !slices.Contains(pick.Prints, entry.Cert.Print) {
					continue
				}
				if match.Class == catalog.Public || entry.Vendor {
					plan.Left = append(plan.Left, Left{item, evidence.CannotRemove})
					continue
				}
			} else if !match.Class.OneClick() || entry.Trust == evidence.Distrusted {
				continue
			}
			switch {
			case entry.Managed:
				plan.Left = append(plan.Left, Left{item, evidence.IsManaged})
			case entry.Needs == evidence.Never:
				plan.Left = append(plan.Left, Left{item, evidence.CannotRemove})
			case entry.Needs == evidence.OtherUser:
				plan.Left = append(plan.Left, Left{item, evidence.NeedsUser})
			default:
				plan.Items = append(plan.Items, item)
				plan.Admin = plan.Admin || entry.Needs == evidence.Admin && !c.Machine.Admin
			}
		}
	}
	plan.Busy = c.Open(ctx, plan)
	return plan
}

// Open names the programs that must be closed before the plan can be carried out, each once.
func (c *Checker) Open(ctx context.Context, plan Plan) []string {
	if plan.Empty() {
		return nil
	}
	stores, _ := c.find(ctx)
	var open []string
	asked := map[key]bool{}
	for _, item := range plan.Items {
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
