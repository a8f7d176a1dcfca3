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
