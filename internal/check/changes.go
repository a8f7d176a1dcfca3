package check

import "slices"

// Delegated is what an administrator was asked for under the receipt, if it came to that or is still to come.
func (r Receipt) Delegated() []Asked {
	if r.Elevated == "" && !r.CutShort() {
		return nil
	}
	return r.Asked
}

// Changes is everything that the receipt stands for: what this account did, and what an administrator was asked for.
func (r Receipt) Changes() []Asked {
	var changes []Asked
	for _, item := range r.Items {
		changes = append(changes, Asked{Print: item.Saved.Print, Title: item.Saved.Title, Place: item.Saved.Place, Verb: item.Verb()})
	}
	return append(changes, r.Delegated()...)
}

// AnyOf tells whether anything of that kind stands in one of the receipts.
func AnyOf(verb Verb, receipts ...Receipt) bool {
	return slices.ContainsFunc(receipts, func(r Receipt) bool {
		return slices.ContainsFunc(r.Changes(), func(one Asked) bool { return one.Verb == verb })
	})
}

// Limits tells whether the receipts are of certificates that were forbidden for web sites and removed from nowhere.
func Limits(receipts ...Receipt) bool {
	return AnyOf(Limited, receipts...) && !AnyOf(Removed, receipts...)
}
