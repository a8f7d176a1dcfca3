//go:build !nowindow

package window

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// resultScreen says how a removal or an undo ended, with the proof for each place.
type resultScreen struct {
	done     check.Done
	err      error
	plan     *planScreen // what was tried; nil when it was an undo or the end of an earlier removal
	restored bool
}

func (*resultScreen) name() string { return "result" }

func (s *resultScreen) draw(w *window) view {
	v := view{back: w.home}
	good, bad := count(s.done.Outcomes)
	held, unheld := count(s.done.Holds)
	if s.restored {
		good, bad = good+held, bad+unheld
	}
	failed := bad // and could be tried again
	bad += len(s.left())
	again := newButton("again", w.Say("action.check-again"), w.check).main(widget.MediumImportance)
	next := newButton("main", w.Say("screen.result.button"), func() { w.show(&nextScreen{from: s, steps: s.steps(w)}) }).main(widget.HighImportance)
	undo := newButton("undo", w.Say("screen.result.undo"), func() { w.show(&undoScreen{receipt: s.done.Receipt, from: s}) }).main(widget.MediumImportance)
	retry := newButton("main", w.Say("action.retry"), func() { w.remove(s.plan) }).main(widget.HighImportance)
	canUndo := s.done.Receipt != "" && good+held > 0 && !w.NoTrace
	switch {
	case !s.restored && s.limits():
		again.name = "main"
		switch {
		case unheld == 0:
			v.drawing, v.tone, v.title, v.sentence = drawWhole, toneOf(0), w.Say("screen.result.limit-title"), w.Say("screen.result.limit-text")
		case held > 0:
			v.drawing, v.tone, v.title, v.sentence = drawCracked, plain, w.Say("screen.result.limit-partial-title"), w.Say("screen.result.limit-partial-text")
		default:
			v.drawing, v.tone, v.title, v.sentence = drawCracked, plain, w.Say("screen.result.limit-none-title"), w.Say("screen.result.none-text")
		}
		v.buttons = []*button{again.main(widget.HighImportance)}
		if unheld > 0 && s.plan != nil {
			again.name = "again"
			v.buttons = []*button{retry, again.main(widget.MediumImportance)}
		}
		if canUndo && len(v.buttons) == 1 {
			v.buttons = append(v.buttons, undo)
		} else if canUndo {
			v.body = append(v.body, flowing(undo))
		}
	case s.restored && bad == 0:
		v.drawing, v.tone, v.title, v.sentence = drawLooked, plain, w.Say("screen.undo.done-title"), w.Say("screen.undo.done-text")
		again.name = "main"
		v.buttons = []*button{again.main(widget.HighImportance)}
	case s.restored:
		v.drawing, v.tone, v.title, v.sentence = drawFogged, plain, w.Say("screen.error.title"), w.Say("screen.undo.partial", words.N(bad))
		again.name = "main"
		v.buttons = []*button{again.main(widget.HighImportance)}
	case bad == 0 && s.others(w):
		v.drawing, v.tone, v.title, v.sentence = drawCracked, plain, w.Say("screen.result.others-title"), w.Say("screen.result.others")
		v.buttons = []*button{newButton("main", w.Say("action.remove-certificate"), func() { w.plan(check.Pick{}) }).main(widget.HighImportance)}
		if canUndo {
			v.buttons = append(v.buttons, undo)
		}
	case bad == 0:
		v.drawing, v.tone, v.title, v.sentence = drawWhole, toneOf(0), w.Say("screen.result.title"), w.Say("screen.result.text")
		if unheld > 0 {
			v.sentence = w.Say("screen.result.text-not-held")
		}
		v.buttons = []*button{next}
		if canUndo {
			v.buttons = append(v.buttons, undo)
		}
	default:
		v.drawing, v.tone = drawCracked, plain
		if good > 0 {
			v.title = w.Say("screen.result.partial-title")
			v.sentence = w.partly(check.Places(s.done.Outcomes, s.left()))
		} else {
			v.title, v.sentence = w.Say("screen.result.none-title"), w.Say("screen.result.none-text")
		}
		if s.plan != nil && failed > 0 {
			next.name = "next"
			v.buttons = []*button{retry, next.main(widget.MediumImportance)}
		} else {
			v.buttons = []*button{next}
		}
		if canUndo {
			v.body = append(v.body, flowing(undo))
		}
	}
	for _, outcome := range s.outcomes() {
		v.body = append(v.body, s.line(w, outcome))
	}
	if len(s.done.Holds) > 0 && len(s.done.Outcomes) > 0 {
		v.body = append(v.body, newSubheading(strings.TrimSuffix(w.Say("hold.title"), ":")))
	}
	for _, outcome := range s.done.Holds {
		v.body = append(v.body, s.holdLine(w, outcome))
	}
	if !s.restored && !s.limits() {
		v.body = append(v.body, flowing(newButton("check", w.Say("action.check-again"), w.check)))
	}
	return v
}

// partly says in how many places all of it is gone, and in how many something is left.
func (w *window) partly(clean, remaining int) string {
	if clean == 0 {
		return w.Say("screen.result.partial-only", words.N(remaining))
	}
	return w.Say("screen.result.partial-text", words.With("done", w.Say("screen.result.partial-done", words.N(clean))),
		words.With("left", w.Say("screen.result.partial-left", words.N(remaining))))
}

// limits tells whether nothing was to be removed: certificates were to be forbidden for web sites alone.
func (s *resultScreen) limits() bool {
	return len(s.done.Outcomes) == 0 && slices.ContainsFunc(s.done.Holds, func(one check.Outcome) bool { return one.Verb == check.Limited })
}

// count tells how many are as they should be, and how many are not.
func count(outcomes []check.Outcome) (good, bad int) {
	for _, outcome := range outcomes {
		if outcome.Why == "" {
			good++
		} else {
			bad++
		}
	}
	return good, bad
}

// line is one certificate in one place: how it stands, why, and what helps.
func (s *resultScreen) line(w *window, o check.Outcome) fyne.CanvasObject {
	name := w.placeName(o.Place)
	t := toneOf(0)
	var text string
	switch {
	case o.Why != "":
		t = tone{color: theme.ColorNameWarning, icon: theme.WarningIcon()}
		state := w.Say("screen.result.left")
		if s.restored {
			state = w.Say("screen.result.not-back")
		}
		text = state + ". " + w.reason(o.Why, "text", o.Place) + " " + w.reason(o.Why, "next", o.Place)
	case s.restored:
		text = w.Say("screen.result.back")
	case !o.Existed:
		text = w.Say("screen.result.was-gone")
	default:
		text = w.Say("screen.result.gone")
	}
	return w.outcomeLine(name, text, t, o)
}

// holdLine is one certificate that a place was to refuse, or to limit, or to do neither any more.
func (s *resultScreen) holdLine(w *window, o check.Outcome) fyne.CanvasObject {
	t := toneOf(0)
	done, failed := map[check.Verb]string{check.Refused: "hold.refused", check.Limited: "hold.limited"}, "hold.not-held"
	if s.restored {
		done, failed = map[check.Verb]string{check.Refused: "hold.released", check.Limited: "hold.unlimited"}, "hold.not-released"
	}
	text := w.Say(done[o.Verb])
	if o.Why != "" {
		t = tone{color: theme.ColorNameWarning, icon: theme.WarningIcon()}
		text = w.Say(failed) + " " + w.reason(o.Why, "text", o.Place) + " " + w.reason(o.Why, "next", o.Place)
	}
	return w.outcomeLine(w.placeName(o.Place), text, t, o)
}

func (w *window) outcomeLine(name, text string, t tone, o check.Outcome) fyne.CanvasObject {
	return hanging(newIcon(t.icon, t.color), stack(-2*theme.Padding(), newStrong(name), newText(text), newSmall(w.titleOf(o.Print, o.Title)), newCode(breakable(o.Place.Path))))
}

// outcomes are how all places stand, those that need the person first: the others may stand below what the window has room for.
func (s *resultScreen) outcomes() []check.Outcome {
	all := slices.Clone(s.done.Outcomes)
	for _, left := range s.left() {
		all = append(all, check.Outcome{Print: left.Entry.Cert.Print, Title: left.Entry.Cert.Title(), Place: left.Place, Why: left.Why})
	}
	slices.SortStableFunc(all, func(a, b check.Outcome) int {
		switch {
		case a.Why != "" && b.Why == "":
			return -1
		case a.Why == "" && b.Why != "":
			return 1
		}
		return 0
	})
	return all
}

// left is what the plan could not touch from the beginning, with the reasons: it is still there.
func (s *resultScreen) left() []check.Left {
	if s.plan == nil || s.restored || s.limits() {
		return nil
	}
	return s.plan.plan.Left
}

// others tells whether something dangerous is still trusted that was not to be removed now.
func (s *resultScreen) others(w *window) bool {
	return s.plan != nil && check.Trusted(s.plan.others(w))
}

// complete tells whether everything that the one click takes is gone.
func (s *resultScreen) complete(w *window) bool {
	return len(s.done.Outcomes) > 0 && s.done.Good() && len(s.left()) == 0 && (s.plan == nil || len(s.plan.others(w)) == 0)
}

// settles tells whether what the headline speaks of is gone as well: there may be a graver finding than the certificate that was removed.
func (s *resultScreen) settles(w *window) bool {
	head := w.found.verdict.Head()
	if a := w.actOf(head); !s.complete(w) || a != actRemove && a != actOffer {
		return false
	}
	for _, print := range head.Certs {
		if !slices.ContainsFunc(s.done.Outcomes, func(o check.Outcome) bool { return o.Print == print }) {
			return false
		}
	}
	return true
}

// steps are what to do now. Those that speak of the removal are left out when it worked; where the rest is out of reach, they tell whom to ask instead.
func (s *resultScreen) steps(w *window) []judge.Code {
	if w.found == nil {
		return stepsAfter
	}
	steps := w.found.verdict.WhatNow()
	if s.settles(w) {
		return w.found.verdict.StepsAfter()
	}
	if !s.done.Good() || s.plan != nil && len(s.plan.others(w)) > 0 {
		return steps
	}
	wanted := slices.DeleteFunc(slices.Clone(steps), func(step judge.Code) bool { return step == "remove" })
	for _, left := range s.left() {
		switch left.Why {
		case evidence.IsManaged:
			wanted = append(wanted, "ask-admin")
		case evidence.NeedsUser:
			wanted = append(wanted, "other-account")
		default:
			wanted = append(wanted, stepSaveReport, stepGetHelp)
		}
	}
	return slices.DeleteFunc(judge.Steps(), func(step judge.Code) bool { return !slices.Contains(wanted, step) })
}
