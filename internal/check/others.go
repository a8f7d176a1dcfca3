package check

import (
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
		same := func(item Item) bool { return item.Place == place && item.Entry.Cert.Print == entry.Cert.Print }
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
