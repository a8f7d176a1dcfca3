package store

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// The browsers of the Chromium family, by the folder in which they keep their profiles. A browser that is not named here is found all the same when it keeps
// its folder beside those of the others, and is called by the name of the folder.
var (
	// below the folder of settings, on Linux
	chromiumLinux = []product{
		{"google-chrome", "Google Chrome"},
		{"google-chrome-beta", "Google Chrome Beta"},
		{"google-chrome-unstable", "Google Chrome Dev"},
		{"google-chrome-canary", "Google Chrome Canary"},
		{"google-chrome-for-testing", "Google Chrome for Testing"},
		{"chromium", "Chromium"},
		{"chromium-gost", "Chromium GOST"},
		{"microsoft-edge", "Microsoft Edge"},
		{"microsoft-edge-beta", "Microsoft Edge Beta"},
		{"microsoft-edge-dev", "Microsoft Edge Dev"},
		{"microsoft-edge-canary", "Microsoft Edge Canary"},
		{"BraveSoftware/Brave-Browser", "Brave"},
		{"BraveSoftware/Brave-Browser-Beta", "Brave Beta"},
		{"BraveSoftware/Brave-Browser-Nightly", "Brave Nightly"},
		{"BraveSoftware/Brave-Origin", "Brave Origin"},
		{"yandex-browser", "Yandex Browser"},
		{"yandex-browser-beta", "Yandex Browser Beta"},
		{"opera", "Opera"},
		{"opera-beta", "Opera Beta"},
		{"opera-developer", "Opera Developer"},
		{"vivaldi", "Vivaldi"},
		{"vivaldi-snapshot", "Vivaldi Snapshot"},
		{"thorium", "Thorium"},
	}
	// below %LOCALAPPDATA% on Windows; the profiles are in «User Data» there
	chromiumLocal = []product{
		{"Google/Chrome", "Google Chrome"},
		{"Google/Chrome Beta", "Google Chrome Beta"},
		{"Google/Chrome Dev", "Google Chrome Dev"},
		{"Google/Chrome SxS", "Google Chrome Canary"},
		{"Google/Chrome for Testing", "Google Chrome for Testing"},
		{"Chromium", "Chromium"},
		{"Microsoft/Edge", "Microsoft Edge"},
		{"Microsoft/Edge Beta", "Microsoft Edge Beta"},
		{"Microsoft/Edge Dev", "Microsoft Edge Dev"},
		{"Microsoft/Edge SxS", "Microsoft Edge Canary"},
		{"BraveSoftware/Brave-Browser", "Brave"},
		{"BraveSoftware/Brave-Browser-Beta", "Brave Beta"},
		{"BraveSoftware/Brave-Browser-Nightly", "Brave Nightly"},
		{"Yandex/YandexBrowser", "Yandex Browser"},
		{"Yandex/YandexBrowserBeta", "Yandex Browser Beta"},
		{"Vivaldi", "Vivaldi"},
		{"Mail.Ru/Atom", "Atom"},
		{"CentBrowser", "Cent Browser"},
		{"Thorium", "Thorium"},
	}
	// below %APPDATA% on Windows, and with another name below ~/Library/Application Support on macOS
	chromiumOpera = []product{
		{"Opera Software/Opera Stable", "Opera"},
		{"Opera Software/Opera GX Stable", "Opera GX"},
		{"Opera Software/Opera Beta", "Opera Beta"},
		{"Opera Software/Opera Developer", "Opera Developer"},
		{"Opera Software/Opera Crypto Stable", "Opera Crypto"},
		{"Opera Software/Opera Air Stable", "Opera Air"},
	}
	// below ~/Library/Application Support on macOS
	chromiumLibrary = []product{
		{"Google/Chrome", "Google Chrome"},
		{"Google/Chrome Beta", "Google Chrome Beta"},
		{"Google/Chrome Dev", "Google Chrome Dev"},
		{"Google/Chrome Canary", "Google Chrome Canary"},
		{"Google/Chrome for Testing", "Google Chrome for Testing"},
		{"Chromium", "Chromium"},
		{"Microsoft Edge", "Microsoft Edge"},
		{"Microsoft Edge Beta", "Microsoft Edge Beta"},
		{"Microsoft Edge Dev", "Microsoft Edge Dev"},
		{"Microsoft Edge Canary", "Microsoft Edge Canary"},
		{"BraveSoftware/Brave-Browser", "Brave"},
		{"BraveSoftware/Brave-Browser-Beta", "Brave Beta"},
		{"BraveSoftware/Brave-Browser-Nightly", "Brave Nightly"},
		{"Yandex/YandexBrowser", "Yandex Browser"},
		{"com.operasoftware.Opera", "Opera"},
		{"com.operasoftware.OperaGX", "Opera GX"},
		{"Vivaldi", "Vivaldi"},
		{"Arc/User Data", "Arc"},
	}
)

// chromiumStores finds the database of each profile of each browser of the Chromium family.
func chromiumStores(m *machine.Machine) []Store {
	var stores []Store
	late := time.NewTimer(patience)
	defer late.Stop()
	for _, person := range m.People {
		done := make(chan []Store, 1)
		go func() {
			s := chromiumScout{m: m, person: person, seen: map[string]bool{}}
			s.search()
			done <- s.stores
		}()
		select {
		case found := <-done:
			stores = append(stores, found...)
		case <-late.C:
			late.Reset(0) // for the others: they may have come to an end by now
			place := evidence.Place{Kind: evidence.Chromium, Path: native(m, person.Home), Owner: person.Name, Program: "Chromium"}
			stores = append(stores, unseen{place, evidence.Trouble{Code: evidence.TimedOut, Path: person.Home}})
		}
	}
	if m.GOOS != "windows" {
		return stores
	}
	unpacked := make(chan []Store, 1) // last and apart, since these folders can lie on a network share that hangs: the search for NSS databases looks there too, and says so
	go func() {
		var found []Store
		for _, person := range m.People {
			s := chromiumScout{m: m, person: person, seen: map[string]bool{}}
			s.unpacked()
			found = append(found, s.stores...)
		}
		unpacked <- found
	}()
	select {
	case found := <-unpacked:
		stores = append(stores, found...)
	case <-late.C:
	}
	return stores
}

// Emptied finds the places that are none while nothing is in them, so that what was taken out of one can be put back: settings of browsers of the Chromium family.
func Emptied(m *machine.Machine) []Store {
	var stores []Store
	for _, person := range m.People {
		s := chromiumScout{m: m, person: person, seen: map[string]bool{}, bare: true}
		s.search()
		stores = append(stores, slices.DeleteFunc(s.stores, func(one Store) bool { _, ok := one.(*chromiumPrefs); return !ok })...)
	}
	return stores
}

// chromiumScout searches the home of one person.
type chromiumScout struct {
	m      *machine.Machine
	person machine.Person
	stores []Store
	seen   map[string]bool // folders of browsers
	files  []fs.FileInfo   // of databases
	bare   bool            // settings without certificates count too
}

func (s *chromiumScout) search() {
	if homeBarred(s.m, s.person) {
		return
	}
	home := strings.TrimRight(filepath.ToSlash(s.person.Home), "/")
	live := s.person.Self && !s.m.Offline() // whose environment is that of this process
	env := func(name, fallback string) []string {
		dirs := []string{home + fallback}
		dir := filepath.ToSlash(s.m.Env(name))
		if live && absolute(dir, s.m.GOOS) && !strings.EqualFold(path.Clean(dir), dirs[0]) {
			dirs = append(dirs, path.Clean(dir))
		}
		return dirs
	}
	switch s.m.GOOS {
	case "windows":
		for _, dir := range env("LOCALAPPDATA", "/AppData/Local") {
			for _, p := range chromiumLocal {
				s.browser(dir+"/"+p.folder+"/User Data", p.program, "")
			}
			s.others(dir, "/User Data", "")
			s.others(dir+"/*", "/User Data", "")
		}
		for _, dir := range env("APPDATA", "/AppData/Roaming") {
			for _, p := range chromiumOpera {
				s.browser(dir+"/"+p.folder, p.program, "")
			}
			s.others(dir+"/Opera Software", "", "")
		}
	case "darwin":
		dir := home + "/Library/Application Support"
		for _, p := range chromiumLibrary {
			s.browser(dir+"/"+p.folder, p.program, "")
		}
		for _, vendor := range []string{"", "/Google", "/BraveSoftware", "/Yandex"} {
			s.others(dir+vendor, "", "")
		}
	default:
		for _, dir := range append(env("XDG_CONFIG_HOME", "/.config"), env("CHROME_CONFIG_HOME", "/.config")[1:]...) {
			s.settings(dir, "")
		}
		for _, app := range s.folders(home + "/snap") {
			for _, version := range []string{"/common", "/current"} { // current is a link to the folder of a revision
				s.settings(app+version, "snap")
				s.settings(app+version+"/.config", "snap")
			}
		}
		for _, app := range s.folders(home + "/.var/app") {
			s.settings(app+"/config", "flatpak")
			s.settings(app+"/.config", "flatpak")
		}
	}
}

// unpacked looks for browsers that are unpacked rather than installed, as portableapps.com packs them: «GoogleChromePortable/Data/profile».
func (s *chromiumScout) unpacked() {
	if homeBarred(s.m, s.person) {
		return
	}
	home := strings.TrimRight(filepath.ToSlash(s.person.Home), "/")
	for _, dir := range []string{"", "/PortableApps", "/Desktop", "/Desktop/PortableApps", "/Downloads", "/Downloads/PortableApps", "/OneDrive/Desktop"} {
		list, err := s.m.ReadDir(home + dir)
		if err != nil {
			continue
		}
		for _, entry := range list {
			data := home + dir + "/" + entry.Name() + "/Data/profile"
			program, _, ok := strings.Cut(entry.Name(), "Portable")
			if !ok || program == "" || !s.m.Exists(data+"/Local State") {
				continue
			}
			if program == "GoogleChrome" {
				program = "Google Chrome"
			}
			s.browser(data, program, "")
		}
	}
}

// settings looks into one folder in which browsers of Linux keep theirs.
func (s *chromiumScout) settings(dir, label string) {
	list := s.folders(dir)
	if len(list) == 0 {
		return
	}
	for _, p := range chromiumLinux {
		if first, _, _ := strings.Cut(p.folder, "/"); slices.Contains(list, dir+"/"+first) {
			s.browser(dir+"/"+p.folder, p.program, label)
		}
	}
	s.othersIn(list, "", label)
	if vendor := dir + "/BraveSoftware"; slices.Contains(list, vendor) {
		s.others(vendor, "", label)
	}
}

// folders lists what may be folders in dir.
func (s *chromiumScout) folders(dir string) []string {
	list, err := s.m.ReadDir(dir)
	if err != nil {
		if !absent(err) {
			s.lose(dir, "Chromium", err)
		}
		return nil
	}
	var found []string
	for _, entry := range list {
		if mayBeFolder(entry) {
			found = append(found, dir+"/"+entry.Name())
		}
	}
	return found
}

// others looks for browsers that no list names.
func (s *chromiumScout) others(dir, below, label string) {
	if parent, ok := strings.CutSuffix(dir, "/*"); ok {
		for _, dir := range s.folders(parent) {
			s.others(dir, below, label)
		}
		return
	}
	s.othersIn(s.folders(dir), below, label)
}

func (s *chromiumScout) othersIn(list []string, below, label string) {
	for _, dir := range list {
		if _, err := s.m.Stat(dir + below + "/Local State"); err == nil {
			s.browser(dir+below, path.Base(dir), label)
		}
	}
}

// browser looks for the profiles of one browser, those of Opera in its folder itself.
func (s *chromiumScout) browser(dir, program, label string) {
	if s.seen[dir] {
		return
	}
	s.seen[dir] = true
	list, err := s.m.ReadDir(dir)
	if err != nil {
		if !absent(err) {
			s.lose(dir, program, err)
		}
		return
	}
	s.builtIn(dir, program, label)
	var profiles []string
	if s.has(dir) {
		profiles = append(profiles, dir)
	}
	s.settled(dir, dir, program, label)
	for _, entry := range list {
		if !mayBeFolder(entry) || entry.Name() == "Guest Profile" || entry.Name() == "System Profile" { // which keep nothing
			continue
		}
		below := dir + "/" + entry.Name()
		if s.has(below) {
			profiles = append(profiles, below)
		}
		s.settled(below, dir, program, label)
	}
	var names map[string]string
	if len(profiles) > 1 { // else there is nothing to tell apart
		if text, err := s.m.Read(dir+"/Local State", 16<<20); err == nil {
			names = profileNames(text)
		}
	}
	for _, profile := range profiles {
		called := ""
		if len(profiles) > 1 && profile != dir {
			if called = names[path.Base(profile)]; called == "" {
				called = path.Base(profile)
			}
		}
		if called != "" && label != "" {
			called += ", " + label
		} else if called == "" {
			called = label
		}
		s.profile(profile, dir, program, called)
	}
}

// has tells whether a database is there, or that this cannot be told, which List will say.
func (s *chromiumScout) has(profile string) bool { return s.m.Exists(profile + "/" + chromiumName) }

// settled notes the settings of one profile, if certificates stand in them.
func (s *chromiumScout) settled(dir, data, program, label string) {
	browser := &chromiumStore{m: s.m, place: s.place(dir+"/"+chromiumName, program, label), dir: dir, data: data}
	if !s.person.Self && !s.m.Offline() {
		browser.needs = evidence.OtherUser
	}
	prefs := &chromiumPrefs{browser: browser, place: s.place(dir+"/"+prefsName, program, label)}
	info, err := s.m.Stat(prefs.name())
	if err != nil || slices.ContainsFunc(s.files, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
		return
	}
	if items, err := prefs.items(); s.bare || len(items) > 0 || err != nil && !errors.Is(err, fs.ErrPermission) { // a folder that may not be entered is told of by its database
		s.files = append(s.files, info)
		s.stores = append(s.stores, prefs)
	}
}

// profile notes the database of one profile, unless it was found under another name.
func (s *chromiumScout) profile(dir, data, program, label string) {
	if info, err := s.m.Stat(dir + "/" + chromiumName); err == nil {
		if slices.ContainsFunc(s.files, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
			return
		}
		s.files = append(s.files, info)
	}
	store := &chromiumStore{m: s.m, place: s.place(dir+"/"+chromiumName, program, label), dir: dir, data: data}
	if !s.person.Self && !s.m.Offline() {
		store.needs = evidence.OtherUser
	}
	s.stores = append(s.stores, store)
}

func (s *chromiumScout) place(name, program, label string) evidence.Place {
	return evidence.Place{Kind: evidence.Chromium, Path: native(s.m, name), Owner: s.person.Name, Program: program, Label: label}
}

// lose notes a folder that could not be looked at. A home that may not be read at all is told of by the search for NSS databases.
func (s *chromiumScout) lose(dir, program string, err error) {
	s.stores = append(s.stores, unseen{s.place(dir, program, ""), trouble(dir, err)})
}
