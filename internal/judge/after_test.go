package judge

import "testing"

// TestLevelAfter: what is gone frightens nobody any more, and what a removal does not change is not made green by it.
func TestLevelAfter(t *testing.T) {
	found := func(code Code, level Level, steps ...Code) Finding {
		return Finding{Code: code, Level: level, WhatNow: steps}
	}
	gone := found(StateInstalled, Danger, stepRemove)
	for _, test := range []struct {
		name  string
		other []Finding
		want  Level
	}{
		{"nothing else", nil, Clear},
		{"another one that is to be removed too", []Finding{found(LookalikeInstalled, Danger, stepRemove)}, Clear},
		{"a place that could not be looked at", []Finding{found(UnseenPlaces, Unsure)}, Unsure},
		{"a network that forges", []Finding{found(UnseenPlaces, Unsure), found(NetworkForgesState, Danger, stepNoSecrets)}, Danger},
	} {
		v := Verdict{Level: Danger, Headline: gone.Code, Findings: append([]Finding{gone}, test.other...)}
		if got := v.LevelAfter(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
