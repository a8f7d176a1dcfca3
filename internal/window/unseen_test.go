//go:build !nowindow

package window

import (
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// TestAskAdmin holds that the command for an administrator is shown where a permission is missing, and only there, fits the system, and can be copied.
func TestAskAdmin(t *testing.T) {
	for _, one := range []struct {
		goos    string
		trouble evidence.Code
		want    string
	}{
		{"linux", evidence.NoPermission, "sudo qulyp check"}, {"darwin", evidence.NoPermission, "sudo qulyp check"}, {"windows", evidence.NeedsAdmin, "qulyp check"},
		{"linux", evidence.Locked, ""},
	} {
		w, _ := raise(t, setting{language: words.Kazakh, plays: judge.NothingFound, change: func(o *Options, p *player) { o.GOOS, p.stage.goos = one.goos, one.goos }})
		press(w, "main", "skip")
		e := w.found.evidence
		e.Places[inFirefox].Troubles = []evidence.Trouble{{Code: one.trouble}}
		w.found = &found{e, judge.Decide(w.Options.List, e)}
		w.show(&verdictScreen{})
		press(w, "details")
		if there := findFocus(w.win.Content(), "copy-command") != nil; there != (one.want != "") {
			t.Fatalf("%s, %s: the command is shown %t", one.goos, one.trouble, there)
		}
		if one.want == "" {
			continue
		}
		press(w, "copy-command")
		if got := w.app.Clipboard().Content(); got != one.want || !said(w, one.want) || !said(w, w.Say("screen.verdict.copied")) {
			t.Errorf("%s: %q is copied, want %q", one.goos, got, one.want)
		}
	}
}
