package check

import "qulyp/internal/evidence"

// Places counts the places of a removal, each once however many certificates lie there: those that nothing is left in of what was to go, and those that something is
// left in, because it could not be taken out or because the plan left it.
func Places(outcomes []Outcome, left []Left) (clean, remaining int) {
	dirty := map[evidence.Place]bool{}
	for _, one := range left {
		dirty[one.Place] = true
	}
	for _, outcome := range outcomes {
		dirty[outcome.Place] = dirty[outcome.Place] || !outcome.Gone || outcome.Why != ""
	}
	for _, some := range dirty {
		if some {
			remaining++
		} else {
			clean++
		}
	}
	return clean, remaining
}
