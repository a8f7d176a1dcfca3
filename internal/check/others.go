package check

import (
	"bytes"
	"slices"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
)

// Others are the entries that the one click takes and this plan says nothing of, neither of removing them nor of why they stay: the person picked other certificates.
// After such a plan it must not be said that all is well.
func (p Plan) Others(list judge.Namer, e evidence.Evidence) []evidence.Entry {
	var others []evidence.Entry
	for _, target := range judge.Removable(list, e) {
		place, entry := e.Places[target.Place].Place, e.Places[target.Place].Entries[target.Entry]
		same := func(item Item) bool {
			one, other := item.Entry.Cert, entry.Cert
			// To a trust record without its certificate the plan has given the print that the list knows for it.
			bare := other.Print.IsZero() && one.SHA1 == other.SHA1 && bytes.Equal(one.Serial, other.Serial)
			return item.Place == place && (one.Print == other.Print || bare)
		}
		if target.OneClick && !slices.ContainsFunc(p.Items, same) && !slices.ContainsFunc(p.Left, func(left Left) bool { return same(left.Item) }) {
			others = append(others, entry)
		}
	}
	return others
}

// Trusted tells whether a program may believe a web site by one of these entries.
func Trusted(entries []evidence.Entry) bool {
	return slices.ContainsFunc(entries, func(entry evidence.Entry) bool { return entry.Trust == evidence.Web || entry.Trust == evidence.Unknown })
}
