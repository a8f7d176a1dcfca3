package judge

import (
	"qulyp/internal/catalog"
	"qulyp/internal/evidence"
)

// Target is one entry that can be taken out.
type Target struct {
	Ref
	Match    catalog.Match
	OneClick bool // the plan of the one click takes it; else it is offered, and taken only when the person picks it
}

// Removable lists the entries that can be taken out, in the order of the evidence. Not in it: public and vendor certificates, what an
// organisation manages, what cannot be changed by nature, and refusals of hostile certificates, which protect. Certificates of the e-signature are
// offered, never taken by the one click.
func Removable(list Namer, e evidence.Evidence) []Target {
	names := remember(list)
	var targets []Target
	for i, seen := range e.Places {
		for j, entry := range seen.Entries {
			match := names(entry.Cert)
			if match.Class == catalog.Public || entry.Vendor && !match.Class.Hostile() {
				continue
			}
			if entry.Managed || entry.Needs == evidence.Never || entry.Trust == evidence.Distrusted {
				continue
			}
			targets = append(targets, Target{Ref{i, j}, match, match.Class.OneClick()})
		}
	}
	return targets
}
