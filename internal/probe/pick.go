package probe

import (
	"math/rand/v2"

	"qulyp/internal/catalog"
	"qulyp/internal/evidence"
)

// How many names of each role a run asks. With two tries each that is a page load's worth of connections.
const (
	pickWatched = 9
	pickControl = 4
	pickNeutral = 3
)

// Pick takes a mix of targets for one run. The same seed gives the same mix. Names of one owner (google.com and mail.google.com) come together only
// when there are no others, and the roles are interleaved, so that a network that changes its mind in the middle of a run is seen by all of them.
func Pick(hosts []catalog.Host, seed uint64) []evidence.Target {
	random := rand.New(rand.NewPCG(seed, seed))
	shuffled := make([]catalog.Host, 0, len(hosts))
	for _, h := range hosts {
		if h.Skip == "" {
			shuffled = append(shuffled, h)
		}
	}
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	old := take(shuffled, evidence.Watched, "2019", pickWatched/2)
	watched := append(take(shuffled, evidence.Watched, "2021-2024", pickWatched-len(old)), old...)
	control := take(shuffled, evidence.Control, "", pickControl)
	neutral := take(shuffled, evidence.Neutral, "", pickNeutral)
	var mix []evidence.Target
	// Controls go first of each round: by the time a watched name answers there is something to compare it with.
	for len(watched)+len(control)+len(neutral) > 0 {
		for _, list := range []*[]evidence.Target{&control, &watched, &neutral, &watched} {
			if len(*list) > 0 {
				mix = append(mix, (*list)[0])
				*list = (*list)[1:]
			}
		}
	}
	return mix
}

// take takes up to n targets of a role and a list, of different owners first.
func take(hosts []catalog.Host, role evidence.Role, list string, n int) []evidence.Target {
	var first, spare []evidence.Target
	owners := map[string]bool{}
	for _, h := range hosts {
		target := evidence.Target{Host: h.Host, Port: 443, Role: h.Role}
		switch {
		case h.Role != role, h.List != list:
		case owners[site(h.Host)]:
			spare = append(spare, target)
		default:
			owners[site(h.Host)] = true
			first = append(first, target)
		}
	}
	first = append(first, spare...)
	return first[:min(n, len(first))]
}
