//go:build !nowindow

package window

import (
	"context"

	"qulyp/internal/check"
	"qulyp/internal/judge"
)

// act is what the button of a finding does.
type act int

const (
	actDone    act = iota // understood: back to the beginning
	actRemove             // plan the one click
	actOffer              // plan the certificates of this finding alone, which the one click leaves
	actDetails            // show the details
	actNext               // show what to do now
	actAgain              // check again
	actLive               // ask about the test of the connection
	actPhone              // lead through the phone
	actPortal             // open the sign-in page of the network
)

// acts names what the button of each finding does. What is not named needs no act: see actDone. A test holds the codes against judge.Codes.
var acts = map[judge.Code]act{
	judge.StateUsed: actRemove, judge.LookalikeUsed: actRemove, judge.AbusedUsed: actRemove,
	judge.StateInstalled: actRemove, judge.LookalikeInstalled: actRemove, judge.AbusedInstalled: actRemove, judge.StateLeftover: actRemove,
	judge.HostileDisabled: actRemove, judge.HostileOther: actRemove, judge.LooseFile: actRemove,
	judge.StateOtherUsed: actOffer, judge.StateOtherInstalled: actOffer,
	judge.UnknownInstalled: actDetails, judge.UnknownNoted: actDetails, judge.DeveloperInstalled: actDetails,
	judge.NetworkForgesState: actNext, judge.NetworkForgesLookalike: actNext, judge.NetworkForgesUnknown: actNext, judge.NetworkLocal: actNext,
	judge.SigningUsed: actNext, judge.ManagedHostile: actNext, judge.NoPlaces: actNext, judge.ModuleLoaded: actNext, judge.ScriptAdds: actNext,
	judge.ClockWrong: actAgain, judge.UnseenPlaces: actAgain, judge.Offline: actAgain, judge.LiveInconclusive: actAgain, judge.LiveStopped: actAgain,
	judge.Unstamped: actAgain, judge.Detour: actAgain,
	judge.LiveSkipped: actLive, judge.NothingFound: actPhone, judge.PhoneNotChecked: actPhone, judge.Portal: actPortal,
}

// actOf is what the button of this finding does here and now.
func (w *window) actOf(f judge.Finding) act {
	a := acts[f.Code]
	if a == actOffer && f.Variant == "built-in" { // nothing can be taken out of a program itself
		return actNext
	}
	if a == actRemove && w.found != nil && !w.removable() { // an organisation holds all of it, or nothing can change it
		return actNext
	}
	if a == actLive && len(w.engine.Targets()) == 0 {
		return actDone
	}
	return a
}

// removable tells whether the one click would take anything.
func (w *window) removable() bool {
	for _, target := range judge.Removable(w.Options.List, w.found.evidence) {
		if target.OneClick {
			return true
		}
	}
	return false
}

// perform does what the button of a finding says.
func (w *window) perform(s *verdictScreen, f judge.Finding) {
	switch w.actOf(f) {
	case actRemove:
		w.plan(check.Pick{})
	case actOffer:
		w.plan(check.Pick{Prints: f.Certs})
	case actDetails:
		w.unfold(s)
	case actNext:
		w.show(&nextScreen{from: s, steps: w.found.verdict.WhatNow()})
	case actAgain:
		w.check()
	case actLive:
		w.show(&consentScreen{})
	case actPhone:
		w.show(&phoneScreen{from: s})
	case actPortal:
		w.spawn(func() {
			if w.engine.Portal() != nil {
				w.hop(func() { w.show(&troubleScreen{text: "screen.error.no-browser"}) })
			}
		})
	default:
		w.home()
	}
}

// plan makes the plan and shows it.
func (w *window) plan(pick check.Pick) {
	e := w.found.evidence
	w.start(func(ctx context.Context, _ func(check.Event)) func() {
		plan := w.engine.Plan(ctx, e, pick)
		return func() { w.show(&planScreen{plan: plan, pick: pick}) }
	}, func(check.Event) {})
}
