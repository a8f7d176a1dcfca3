package judge

import "slices"

// StepsAfter are the steps that are left when what the headline speaks of is gone. To remove what nobody needs stays a step only where another finding asks for it.
func (v Verdict) StepsAfter() []Code {
	steps := AfterRemoval(v.WhatNow())
	if slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Code != v.Headline && slices.Contains(f.WhatNow, stepRemoveIfUnused) }) {
		return steps
	}
	return slices.DeleteFunc(steps, func(step Code) bool { return step == stepRemoveIfUnused })
}

// LevelAfter is the level of the findings that are left when all that tell to remove something are gone with it: what could not be looked at, or a network that forges,
// is still there.
func (v Verdict) LevelAfter() Level {
	level := Clear
	for _, f := range v.Findings {
		if f.Code != v.Headline && !slices.Contains(f.WhatNow, stepRemove) {
			level = max(level, f.Level)
		}
	}
	return level
}
