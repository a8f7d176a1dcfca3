//go:build !nowindow

package window

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

// placeName is what people call a place.
func (w *window) placeName(place evidence.Place) string {
	return report.PlaceName(w.Printer, place, w.severalOwners())
}

// severalOwners tells whether places of several accounts were seen, so that they have to be told apart.
func (w *window) severalOwners() bool {
	if w.found == nil {
		return false
	}
	owner := ""
	for _, seen := range w.found.evidence.Places {
		if seen.Place.Owner != "" && owner != "" && seen.Place.Owner != owner {
			return true
		}
		owner = max(owner, seen.Place.Owner)
	}
	return false
}

// placeLine is one place, with what is in it.
func (w *window) placeLine(place evidence.Place, extra string) fyne.CanvasObject {
	text := newStrong(w.placeName(place))
	parts := []fyne.CanvasObject{text}
	if extra != "" {
		parts = append(parts, newText(extra))
	}
	parts = append(parts, newCode(breakable(place.Path)))
	return hanging(newIcon(placeIcon(place.Kind), theme.ColorNameForeground), stack(-2*theme.Padding(), parts...))
}

// breakable lets a path break after its separators.
func breakable(path string) string {
	return path
}

func placeIcon(kind evidence.Kind) fyne.Resource {
	switch kind {
	case evidence.NSS, evidence.Chromium:
		return theme.ComputerIcon()
	case evidence.Loose:
		return theme.FileIcon()
	case evidence.Policy, evidence.Environment:
		return theme.SettingsIcon()
	}
	return theme.StorageIcon()
}

// subject is one certificate of the details.
type subject struct {
	cert   cert.Certificate
	match  catalog.Match
	at     []judge.Ref
	offers bool // it can be taken out, and the one click leaves it
	web    bool // it vouches for web sites somewhere
}

// subjects are the certificates that findings speak of, in the order of the findings, each once.
func (w *window) subjects() []subject {
	e, verdict := w.found.evidence, w.found.verdict
	offered := map[judge.Ref]bool{}
	for _, target := range judge.Removable(w.Options.List, e) {
		offered[target.Ref] = !target.OneClick
	}
	var all []subject
	index := map[cert.Print]int{}
	note := func(c cert.Certificate, ref *judge.Ref) {
		i, known := index[c.Print]
		if !known {
			i = len(all)
			index[c.Print] = i
			all = append(all, subject{cert: c, match: w.Options.List.Classify(c)})
		}
		if ref != nil {
			for _, there := range all[i].at {
				if there == *ref {
					return
				}
			}
			all[i].at = append(all[i].at, *ref)
			all[i].offers = all[i].offers || offered[*ref]
			all[i].web = all[i].web || e.Places[ref.Place].Entries[ref.Entry].Trust.Vouches()
		}
	}
	for _, f := range verdict.Findings {
		for _, ref := range f.Entries {
			note(e.Places[ref.Place].Entries[ref.Entry].Cert, &ref)
		}
		for _, i := range f.Handshakes {
			if h := e.Live.Handshakes[i]; h.Outcome.Forged() {
				for _, c := range h.Chain {
					if match := w.Options.List.Classify(c); match.Class != catalog.Public && match.Class != catalog.Unknown {
						note(c, nil)
					}
				}
			}
		}
	}
	return all
}

// unfold shows the details, or hides them. Whether certificates of the e-signature can be forbidden for web sites is found out when the details are first opened:
// not every place can do that.
func (w *window) unfold(s *verdictScreen) {
	s.details = !s.details
	w.redraw()
	if !s.details || s.limits != nil {
		return
	}
	var prints []cert.Print
	for _, one := range w.subjects() {
		if one.match.Class == catalog.NationalSigning && one.web {
			prints = append(prints, one.cert.Print)
		}
	}
	if len(prints) == 0 {
		return
	}
	e := w.found.evidence
	w.start(func(ctx context.Context, _ func(check.Event)) func() {
		plan := w.engine.Plan(ctx, e, check.Pick{Prints: prints, Limit: true})
		return func() {
			s.limits = map[cert.Print]bool{}
			for _, hold := range plan.Holds {
				s.limits[hold.Entry.Cert.Print] = true
			}
			if w.screen == s {
				w.redraw()
			}
		}
	}, func(check.Event) {})
}

// details are everything behind the verdict: certificates, where they are, how they are known, and the sites.
func (w *window) details(s *verdictScreen) []fyne.CanvasObject {
	var parts []fyne.CanvasObject
	for _, one := range w.subjects() {
		parts = append(parts, panel(colorTintPlain, w.subjectCard(s, one)))
	}
	e := w.found.evidence
	if len(e.Live.Handshakes) > 0 {
		parts = append(parts, newSubheading(w.Say("screen.verdict.sites")))
		for _, h := range e.Live.Handshakes {
			outcome := h.Outcome
			if outcome == "" {
				outcome = "none"
			}
			t := tone{color: theme.ColorNameSuccess, icon: theme.ConfirmIcon()}
			switch {
			case h.Outcome.Forged():
				t = toneOf(judge.Danger)
			case h.Outcome != evidence.Genuine:
				t = tone{color: colorQuiet, icon: theme.QuestionIcon()}
			}
			parts = append(parts, hanging(newIcon(t.icon, t.color), stack(-2*theme.Padding(), newStrong(h.Target.Host), newText(w.Say("outcome."+string(outcome))))))
		}
	}
	if len(w.found.verdict.Unseen) > 0 {
		parts = append(parts, newSubheading(w.Say("screen.verdict.limits")))
		for _, unseen := range w.found.verdict.Unseen {
			place := e.Places[unseen.Place].Place
			parts = append(parts, w.placeLine(place, w.reason(unseen.Code, "text", place)+" "+w.reason(unseen.Code, "next", place)))
		}
		parts = append(parts, w.askAdmin(s)...)
	}
	return parts
}

// askAdmin is the command by which an administrator sees what this account may not, for handing on: the window itself never runs as administrator. It is empty where
// no permission is missing.
func (w *window) askAdmin(s *verdictScreen) []fyne.CanvasObject {
	if !slices.ContainsFunc(w.found.verdict.Unseen, func(one judge.Unseen) bool {
		return one.Code == evidence.NoPermission || one.Code == evidence.NeedsAdmin
	}) {
		return nil
	}
	command := "sudo qulyp check"
	if w.GOOS == "windows" {
		command = "qulyp check"
	}
	return []fyne.CanvasObject{newText(w.Say("screen.verdict.ask-admin")), newCode(command), flowing(newButton("copy-command", w.Say("action.copy"), func() {
		w.app.Clipboard().SetContent(command)
		s.notice = "screen.verdict.copied"
		w.redraw()
	}))}
}

func (w *window) subjectCard(s *verdictScreen, one subject) fyne.CanvasObject {
	c := one.cert
	title := w.callIt(one.match, c)
	parts := []fyne.CanvasObject{newSubheading(title), newText(w.Say("class." + string(one.match.Class)))}
	field := func(key, text string) {
		if text != "" {
			parts = append(parts, stack(-2*theme.Padding(), newSmallStrong(w.Say(key)), newText(text)))
		}
	}
	code := func(key, text string) {
		parts = append(parts, stack(-2*theme.Padding(), newSmallStrong(w.Say(key)), newCode(grouped(text))))
	}
	var where []string
	for _, ref := range one.at {
		place := w.found.evidence.Places[ref.Place]
		entry := place.Entries[ref.Entry]
		text := w.placeName(place.Place) + ": " + strings.ToLower(w.Say("trust."+string(entry.Trust))) + "\n" + place.Place.Path
		if place.Place.Kind == evidence.Environment && len(entry.Where) > 0 { // this program does not change settings of others
			text += "\n" + w.Say("place.setting", words.With("line", report.Plain(entry.Where[0])))
		}
		where = add(where, text)
	}
	field("screen.verdict.where", strings.Join(where, "\n"))
	shields := (&report.Report{Evidence: w.found.evidence}).Shields(w.Printer, c.Print)
	field("shield.title", strings.Join(shields, "\n"))
	field("screen.verdict.issued-to", c.Subject.Text)
	field("screen.verdict.issued-by", c.Issuer.Text)
	if !c.From.IsZero() && !c.Until.IsZero() {
		field("screen.verdict.since", w.Say("screen.verdict.validity", words.With("from", w.Date(c.From)), words.With("until", w.Date(c.Until))))
	}
	if c.Unread != nil {
		parts = append(parts, newText(w.Say("screen.verdict.unreadable")))
	}
	field("screen.verdict.source", one.match.Source)
	if !c.Print.IsZero() {
		code("screen.verdict.print", c.Print.String())
		if c.SHA1 != [20]byte{} {
			code("screen.verdict.thumbprint", hex.EncodeToString(c.SHA1[:]))
		}
	}
	buttons := []fyne.CanvasObject{newButton("copy-"+c.Print.Short(), w.Say("action.copy"), func() {
		w.app.Clipboard().SetContent(w.cardText(title, c, where, shields))
		s.notice = "screen.verdict.copied"
		w.redraw()
	})}
	if one.offers {
		buttons = append(buttons, newButton("offer-"+c.Print.Short(), w.Say("action.remove-certificate"), func() {
			w.plan(check.Pick{Prints: []cert.Print{c.Print}})
		}))
	}
	if s.limits[c.Print] {
		parts = append(parts, newText(w.Say("screen.verdict.limit")))
		buttons = append(buttons, newButton("limit-"+c.Print.Short(), w.Say("action.ban-web"), func() {
			w.plan(check.Pick{Prints: []cert.Print{c.Print}, Limit: true})
		}))
	}
	parts = append(parts, flowing(buttons...))
	return stack(0, parts...)
}

// cardText is a certificate as text, for another person's eyes.
func (w *window) cardText(title string, c cert.Certificate, where, shields []string) string {
	var out strings.Builder
	line := func(key, text string) {
		if text != "" {
			fmt.Fprintf(&out, "%s: %s\n", w.Say(key), text)
		}
	}
	line("screen.verdict.certificate", title)
	line("screen.verdict.issued-to", c.Subject.Text)
	line("screen.verdict.issued-by", c.Issuer.Text)
	line("screen.verdict.print", c.Print.String())
	line("screen.verdict.where", strings.Join(where, "; "))
	line("shield.title", strings.Join(shields, " "))
	return out.String()
}

// targetList is the names that the live test will contact, by why they are asked.
func (w *window) targetList(targets []evidence.Target) []fyne.CanvasObject {
	var parts []fyne.CanvasObject
	for _, role := range []evidence.Role{evidence.Watched, evidence.Control, evidence.Neutral} {
		var hosts []string
		for _, target := range targets {
			if target.Role == role {
				hosts = add(hosts, target.Host)
			}
		}
		if len(hosts) > 0 {
			parts = append(parts, newStrong(w.Say("screen.live."+string(role))), newText(strings.Join(hosts, ", ")))
		}
	}
	return parts
}
