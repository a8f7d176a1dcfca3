//go:build !nowindow

package window

import (
	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
)

// demoCase is one made-up case.
type demoCase struct {
	shows  judge.Code    // the finding it is there for, and its name
	beside bool          // it is told of beside something graver, which is the headline
	stays  evidence.Code // why a removal from places of the whole computer does not work; empty: it works
	make   func(a *actor)
}

// The numbers of the usual places.
const (
	inFirefox = iota
	inChrome
	inSystem
	inJava
	inMail
	inFolder
)

// usualPlaces are the places of a made-up computer.
func usualPlaces(goos string) []evidence.Seen {
	places := []evidence.Place{
		inFirefox: {Kind: evidence.NSS, Path: "/home/aigerim/.mozilla/firefox/k2x7.default-esr", Owner: "aigerim", Program: "Firefox"},
		inChrome:  {Kind: evidence.Chromium, Path: "/home/aigerim/.config/google-chrome/Default", Owner: "aigerim", Program: "Google Chrome"},
		inSystem:  {Kind: evidence.System, Path: "/usr/local/share/ca-certificates", Program: "Ubuntu"},
		inJava:    {Kind: evidence.Java, Path: "/etc/ssl/certs/java/cacerts", Program: "Java"},
		inMail:    {Kind: evidence.NSS, Path: "/home/aigerim/.thunderbird/9a1b.default", Owner: "aigerim", Program: "Thunderbird"},
		inFolder:  {Kind: evidence.Loose, Path: "/home/aigerim/Downloads", Owner: "aigerim", Program: ""},
	}
	if goos == "windows" {
		places[inFirefox].Path = `C:\Users\Aigerim\AppData\Roaming\Mozilla\Firefox\Profiles\k2x7.default`
		places[inChrome] = evidence.Place{Kind: evidence.Windows, Path: `HKCU\Software\Microsoft\SystemCertificates\Root`, Owner: "Aigerim", Program: "Windows"}
		places[inSystem] = evidence.Place{Kind: evidence.Windows, Path: `HKLM\Software\Microsoft\SystemCertificates\Root`, Program: "Windows"}
		places[inJava].Path = `C:\Program Files\Java\jre\lib\security\cacerts`
		places[inMail].Path = `C:\Users\Aigerim\AppData\Roaming\Thunderbird\Profiles\9a1b.default`
		places[inFolder].Path = `C:\Users\Aigerim\Downloads`
		for i := range places {
			if places[i].Owner != "" {
				places[i].Owner = "Aigerim"
			}
		}
	}
	seen := make([]evidence.Seen, len(places))
	for i, place := range places {
		seen[i].Place = place
	}
	return seen
}

// refusing is the place that can refuse a certificate for the future. On Windows it is a store of its own.
func refusing(goos string) evidence.Place {
	if goos == "windows" {
		return evidence.Place{Kind: evidence.Windows, Path: `HKCU\Software\Microsoft\SystemCertificates\Disallowed`, Owner: "Aigerim", Program: "Windows", Label: "Disallowed"}
	}
	return usualPlaces(goos)[inChrome].Place
}

// scripted is an installation of Firefox that a script configures at each start.
func scripted(goos string) evidence.Seen {
	script := "/usr/lib/firefox/mozilla.cfg"
	if goos == "windows" {
		script = `C:\Program Files\Mozilla Firefox\mozilla.cfg`
	}
	return evidence.Seen{
		Place: evidence.Place{Kind: evidence.Policy, Path: script, Program: "Firefox"},
		Notes: []evidence.Note{{Code: evidence.AutoConfigAdds, Path: script, Value: script, Forced: true}},
	}
}

// cases are all made-up cases, the gravest first.
var cases = []demoCase{
	{shows: judge.StateUsed, make: func(a *actor) {
		root := a.listed(catalog.StateInterception, "")
		a.put(inFirefox, root, nil)
		a.put(inSystem, root, nil)
		a.live(evidence.ForgedState, &root, nil)
		a.e.Shields = []evidence.Shield{
			{Place: a.e.Places[inFirefox].Place, Print: root.Print, Does: evidence.ShieldBlocked, By: "onecrl"},
			{Place: a.e.Places[inChrome].Place, Print: root.Print, Does: evidence.ShieldOpen},
		}
	}},
	{shows: judge.StateInstalled, make: func(a *actor) {
		root := a.listed(catalog.StateInterception, "")
		a.put(inFirefox, root, nil)
		a.put(inChrome, root, nil)
		a.put(inSystem, root, nil)
		a.live(evidence.Genuine, nil, nil)
	}},
	{shows: judge.LookalikeUsed, make: func(a *actor) {
		root := lookalike()
		a.put(inChrome, root, nil)
		a.live(evidence.ForgedLookalike, &root, nil)
	}},
	{shows: judge.AbusedUsed, make: func(a *actor) {
		root := a.listed(catalog.Abused, "superfish")
		a.put(inFirefox, root, nil)
		a.live(evidence.ForgedLocal, &root, nil)
	}},
	{shows: judge.StateOtherUsed, make: func(a *actor) {
		root := a.listed(catalog.StateOther, "")
		a.put(inChrome, root, nil)
		a.live(evidence.ForgedLocal, &root, nil)
	}},
	{shows: judge.LookalikeInstalled, make: func(a *actor) { a.put(inChrome, lookalike(), nil) }},
	{shows: judge.AbusedInstalled, stays: evidence.NeedsAdmin, make: func(a *actor) {
		root := a.listed(catalog.Abused, "superfish")
		a.put(inFirefox, root, nil)
		a.put(inSystem, root, nil)
	}},
	{shows: judge.StateLeftover, make: func(a *actor) {
		a.put(inFirefox, a.listed(catalog.StateInterception, ""), func(e *evidence.Entry) { e.Orphan, e.Cert.DER = true, nil })
	}},
	{shows: judge.NetworkLocal, make: func(a *actor) {
		root := madeUp("Router Security CA", "", "")
		a.put(inChrome, root, nil)
		a.live(evidence.ForgedLocal, &root, nil)
	}},
	{shows: judge.SigningUsed, make: func(a *actor) {
		root := a.listed(catalog.NationalSigning, "")
		a.put(inSystem, root, nil)
		a.live(evidence.ForgedLocal, &root, nil)
	}},
	{shows: judge.NetworkForgesState, make: func(a *actor) {
		root := a.listed(catalog.StateInterception, "")
		a.live(evidence.ForgedState, &root, nil)
	}},
	{shows: judge.NetworkForgesLookalike, make: func(a *actor) {
		root := lookalike()
		a.live(evidence.ForgedLookalike, &root, nil)
	}},
	{shows: judge.NetworkForgesUnknown, make: func(a *actor) {
		root := madeUp("Gateway 7", "", "")
		a.live(evidence.ForgedUnknown, &root, nil)
	}},
	{shows: judge.UnseenPlaces, make: func(a *actor) {
		a.e.Places[inFirefox].Troubles = []evidence.Trouble{{Code: evidence.Damaged, Path: a.e.Places[inFirefox].Place.Path}}
		a.e.Places[inJava].Troubles = []evidence.Trouble{{Code: evidence.NoPermission, Path: a.e.Places[inJava].Place.Path}}
	}},
	{shows: judge.NoPlaces, make: func(a *actor) { a.e.Places = nil }},
	{shows: judge.Portal, make: func(a *actor) {
		a.live(evidence.Portal, nil, nil)
		a.e.Live.Portal = true
	}},
	{shows: judge.ClockWrong, make: func(a *actor) {
		a.live(evidence.ExpiredOrClock, nil, nil)
		a.e.Live.ClockWrong = true
	}},
	{shows: judge.Offline, make: func(a *actor) {
		a.live(evidence.Offline, nil, nil)
		a.e.Live.Offline = true
	}},
	{shows: judge.LiveInconclusive, make: func(a *actor) {
		a.live(evidence.Unreachable, nil, nil)
		for i := range a.e.Live.Handshakes {
			a.e.Live.Handshakes[i].Outcome = evidence.Unreachable
		}
	}},
	{shows: judge.ManagedHostile, beside: true, make: func(a *actor) {
		a.put(inSystem, a.listed(catalog.StateInterception, ""), func(e *evidence.Entry) { e.Managed = true })
	}},
	{shows: judge.ScriptAdds, beside: true, make: func(a *actor) {
		a.put(inFirefox, a.listed(catalog.StateInterception, ""), nil)
		a.e.Places = append(a.e.Places, scripted(a.goos))
	}},
	{shows: judge.ModuleLoaded, beside: true, make: func(a *actor) {
		a.put(inFirefox, a.listed(catalog.StateInterception, ""), nil)
		firefox := &a.e.Places[inFirefox]
		module := "/opt/agent/libroots.so"
		if a.goos == "windows" {
			module = `C:\Program Files\Agent\roots.dll`
		}
		firefox.Notes = []evidence.Note{{Code: evidence.ExtraModule, Path: firefox.Place.Path, Value: module}}
	}},
	{shows: judge.HostileDisabled, make: func(a *actor) {
		a.put(inMail, a.listed(catalog.StateInterception, ""), func(e *evidence.Entry) { e.Trust = evidence.Disabled })
	}},
	{shows: judge.HostileOther, make: func(a *actor) {
		a.put(inMail, a.listed(catalog.StateInterception, ""), func(e *evidence.Entry) { e.Trust = evidence.Other })
	}},
	{shows: judge.StateOtherInstalled, make: func(a *actor) { a.put(inChrome, a.listed(catalog.StateOther, ""), nil) }},
	{shows: judge.UnknownInstalled, make: func(a *actor) {
		a.put(inFirefox, madeUp("Home Media Server", "", ""), nil)
		a.live(evidence.Genuine, nil, nil)
	}},
	{shows: judge.NothingFound, make: func(a *actor) { a.live(evidence.Genuine, nil, nil) }},
	{shows: judge.NetworkInspector, make: func(a *actor) {
		root := a.inspector("antivirus")
		a.put(inSystem, root, nil)
		a.live(evidence.ForgedInspector, &root, nil)
	}},
	{shows: judge.Unstamped, make: func(a *actor) {
		a.live(evidence.Unstamped, nil, func(h *evidence.Handshake) { h.Stamped = false })
	}},
	{shows: judge.AntivirusInstalled, make: func(a *actor) { a.put(inSystem, a.inspector("antivirus"), nil) }},
	{shows: judge.OfficeInstalled, make: func(a *actor) { a.put(inSystem, a.inspector("office"), nil) }},
	{shows: judge.AdblockInstalled, make: func(a *actor) { a.put(inFirefox, a.inspector("adblock"), nil) }},
	{shows: judge.DeveloperInstalled, make: func(a *actor) { a.put(inChrome, a.inspector("developer"), nil) }},
	{shows: judge.SigningInstalled, make: func(a *actor) { a.put(inSystem, a.listed(catalog.NationalSigning, ""), nil) }},
	{shows: judge.HostileRefused, make: func(a *actor) {
		a.put(inFirefox, a.listed(catalog.StateInterception, ""), func(e *evidence.Entry) { e.Trust = evidence.Distrusted })
	}},
	{shows: judge.SitesBlocked, make: func(a *actor) { a.live(evidence.BlockedTimeout, nil, nil) }},
	{shows: judge.WrongName, make: func(a *actor) { a.live(evidence.WrongName, nil, nil) }},
	{shows: judge.SitesExpired, make: func(a *actor) { a.live(evidence.ExpiredOrClock, nil, nil) }},
	{shows: judge.BlockPage, make: func(a *actor) {
		a.live(evidence.BlockPage, nil, func(h *evidence.Handshake) { h.Marks = []string{"install-page"} })
	}},
	{shows: judge.LooseFile, make: func(a *actor) {
		a.put(inFolder, a.listed(catalog.StateInterception, ""), func(e *evidence.Entry) { e.Trust = evidence.Other })
	}},
}

// lookalike is shaped as the interception roots are, and is none of them.
func lookalike() cert.Certificate {
	return madeUp("Information Security Certification Authority Example", "ISCA", "KZ")
}

// inspector is a certificate as a product of that kind installs it: its name has the shape of the first rule of the kind.
func (a *actor) inspector(kind string) cert.Certificate {
	for _, rule := range a.list.Rules {
		if rule.Kind != kind {
			continue
		}
		for _, pattern := range rule.Match {
			c := madeUp(shape(pattern.CommonName), shape(pattern.Organization), shape(pattern.Country))
			c.Subject.Unit = shape(pattern.Unit)
			if match := a.list.Classify(c); match.Kind == kind {
				return c
			}
		}
	}
	return madeUp(kind, "", "")
}

// shape is a name that fits a pattern of the list.
func shape(pattern string) string {
	out := []rune{}
	for _, r := range pattern {
		switch r {
		case '*':
		case '#':
			out = append(out, '1')
		default:
			out = append(out, r)
		}
	}
	return string(out)
}
