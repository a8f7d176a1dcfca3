//go:build !nowindow

package window

import (
	"errors"

	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// Cases are the names of the made-up cases, for people who learn or teach, and for pictures. Each is called by the finding that it shows.
func Cases() []string {
	var names []string
	for _, one := range cases {
		names = append(names, string(one.shows))
	}
	return names
}

// rehearse shows the result of a made-up case. It tells whether there is such a case.
func (w *window) rehearse(name string) bool {
	for _, one := range cases {
		if string(one.shows) != name {
			continue
		}
		stage := newStage(w.Options.List, one, w.GOOS, w.Now)
		w.stop()
		w.practice, w.engine = name, stage
		e := stage.seen(true)
		w.found, w.ticked = &found{e, judge.Decide(w.Options.List, e)}, map[string]bool{}
		w.show(&verdictScreen{})
		return true
	}
	return false
}

// endPractice goes back to this computer.
func (w *window) endPractice() {
	w.stop()
	w.practice, w.engine, w.found = "", w.Options.Engine, nil
	w.home()
}

// casesScreen lists the made-up cases.
type casesScreen struct{ from screen }

func (*casesScreen) name() string { return "cases" }

func (s *casesScreen) draw(w *window) view {
	v := view{title: w.Say("screen.demo.title"), back: func() { w.show(s.from) }}
	for _, one := range cases {
		stage := newStage(w.Options.List, one, w.GOOS, w.Now)
		verdict := judge.Decide(w.Options.List, stage.seen(true))
		f, there := verdict.Find(one.shows)
		if !there {
			continue
		}
		t := toneOf(verdict.Level)
		name := string(one.shows)
		choice := newLine("case-"+name, f.Title(w.Printer), t.icon, t.color, func() { w.rehearse(name) })
		choice.more = f.Text(w.Printer)
		v.body = append(v.body, choice)
	}
	return v
}

// errMadeUp is the answer to what a made-up case cannot do.
var errMadeUp = errors.New("a made-up case has no report")

func (s *stage) Receipts() ([]check.Receipt, error)                          { return s.receipts, nil }
func (s *stage) Export(string) (string, error)                               { return "", errMadeUp }
func (s *stage) Code(evidence.Evidence, judge.Verdict) string                { return "0000-0000" }
func (s *stage) Show(words.Language, evidence.Evidence, judge.Verdict) error { return errMadeUp }
func (s *stage) Save(words.Language, evidence.Evidence, judge.Verdict) (string, error) {
	return "", errMadeUp
}
func (s *stage) Portal() error { return errMadeUp }
