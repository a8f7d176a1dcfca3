package store

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// patience is how long the search of one home may take. A home on a network share that hangs must not hold up the others.
const patience = 3 * time.Second

// nssStores finds every NSS database of the computer: those of each person's browsers and mail programs, and the shared ones.
func nssStores(m *machine.Machine) []Store {
	var finds []find
	if m.GOOS == "linux" {
		s := &scout{m: m}
		s.shared("/etc/pki/nssdb", sharedProgram, "", nil) // shared by all accounts: nsssysinit.c of NSS
		for _, f := range s.finds {
			if f.store.needs = evidence.Admin; m.Offline() { // where the rights of that computer do not count
				f.store.needs = evidence.Own
			}
		}
		finds = append(finds, s.finds...)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	scouts := make([]*scout, len(m.People))
	for i, person := range m.People {
		scouts[i] = &scout{m: m, person: person, done: make(chan struct{})}
		go func() {
			defer close(scouts[i].done)
			scouts[i].search()
		}()
	}
	for _, s := range scouts {
		select {
		case <-s.done:
		case <-late.C:
			late.Reset(0) // nobody else is waited for
		}
		finds = append(finds, s.found()...)
		if !closed(s.done) {
			place := s.placeOf(s.person.Home, "Firefox", "")
			finds = append(finds, find{lost: &unseen{place, evidence.Trouble{Code: evidence.TimedOut, Path: s.person.Home}}})
		}
	}
	return distinct(finds)
}

// closed tells whether done is closed.
func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// find is one database, or one place that could not be searched.
type find struct {
	store *nss
	info  fs.FileInfo // of cert9.db, links followed; nil when it could not be had
	lost  *unseen
}

// distinct drops what is the same file under another name, as snap's «current» is, and keeps the first. Two homes can lead to one file too.
func distinct(finds []find) []Store {
	var stores []Store
	var kept []find
next:
	for _, f := range finds {
		if f.lost != nil {
			stores = append(stores, *f.lost)
			continue
		}
		for _, k := range kept {
			if f.store.dir == k.store.dir || f.info != nil && k.info != nil && os.SameFile(f.info, k.info) {
				continue next
			}
		}
		kept = append(kept, f)
		stores = append(stores, f.store)
		if more := f.store.trustedFiles(); more != nil {
			stores = append(stores, more)
		}
	}
	return stores
}

// scout searches the home of one person. What it has found so far can be asked for while it is still searching, or stuck.
type scout struct {
	m      *machine.Machine
	person machine.Person
	done   chan struct{}            // closed at the end of the search
	listed map[string][]fs.DirEntry // folders that several patterns lead into

	mu    sync.Mutex
	finds []find
}

func (s *scout) add(f find) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds = append(s.finds, f)
}

func (s *scout) found() []find {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.finds)
}

// list reads a folder, once.
func (s *scout) list(dir string) []fs.DirEntry {
	list, ok := s.listed[dir]
	if ok {
		return list
	}
	list, err := s.m.ReadDir(dir)
	if err != nil && !absent(err) {
		s.lose(dir, "Firefox", "", err)
	}
	if s.listed == nil {
		s.listed = map[string][]fs.DirEntry{}
	}
	s.listed[dir] = list
	return list
}

// search looks into every place of the home where a database can be.
func (s *scout) search() {
	home := strings.TrimRight(filepath.ToSlash(s.person.Home), "/")
	if _, err := s.m.ReadDir(home + "/"); err != nil && !absent(err) {
		s.lose(home, "Firefox", "", err)
		return
	}
	live := s.person.Self && !s.m.Offline() // whose environment is that of this process
	switch s.m.GOOS {
	case "windows":
		s.windows(home, live)
	case "darwin":
		for _, p := range library {
			s.folder(home+"/Library/"+p.folder, p.program, "")
		}
	default:
		s.linux(home, live)
	}
}

func (s *scout) linux(home string, live bool) {
	env := func(name, fallback string) []string {
		dirs := []string{home + fallback}
		if !live {
			return dirs
		}
		if dir := s.m.Env(name); path.IsAbs(dir) && path.Clean(dir) != dirs[0] {
			dirs = append(dirs, path.Clean(dir))
		}
		return dirs
	}
	config, data := env("XDG_CONFIG_HOME", "/.config"), env("XDG_DATA_HOME", "/.local/share")
	s.base(home, config, data, "", "", config)
	for _, dir := range data {
		s.pattern(dir, product{"torbrowser/tbb/*/tor-browser*/Browser/TorBrowser/Data/Browser", "Tor Browser"}, "")
	}
	for _, app := range s.expand(home, "snap/*") {
		for _, version := range []string{"common", "current"} { // current is a link to the folder of a revision
			dir := app + "/" + version
			s.base(dir, []string{dir + "/.config"}, []string{dir + "/.local/share"}, "snap", path.Base(app), []string{dir, dir + "/.config"})
		}
	}
	for _, app := range s.expand(home, ".var/app/*") {
		configs := []string{app + "/config", app + "/.config"}
		s.base(app, configs, []string{app + "/data", app + "/.local/share"}, "flatpak", path.Base(app), configs)
		s.pattern(app+"/data", product{"torbrowser/tbb/*/tor-browser*/Browser/TorBrowser/Data/Browser", "Tor Browser"}, "flatpak")
	}
	for _, dir := range append([]string{home}, s.unpackedInto(home)...) { // last, since these can lie on a network share
		for _, p := range unpacked {
			s.pattern(dir, p, "")
		}
	}
}

// base looks below one folder that programs take for the home, with its folders of settings and of data. running are the folders in which the
// browsers that use its shared database keep theirs.
func (s *scout) base(home string, config, data []string, label, pack string, running []string) {
	s.folders(home, dotted, label)
	for _, dir := range config {
		s.folders(dir, settled, label)
	}
	program := sharedProgram
	if pack != "" {
		if program = packages[pack]; program == "" {
			program = pack
		}
	}
	use := &shared{folders: running}
	s.shared(home+"/.pki/nssdb", program, label, use)
	for _, dir := range data {
		s.shared(dir+"/pki/nssdb", program, label, use)
	}
}

// folders looks into the folders of programs below dir. One look at dir spares a look for each that is not there: on a network share each look takes its time.
func (s *scout) folders(dir string, products []product, label string) {
	list, err := s.m.ReadDir(dir + "/")
	if absent(err) {
		return
	}
	there := map[string]bool{}
	for _, entry := range list {
		there[entry.Name()] = true
	}
	for _, p := range products {
		if first, _, _ := strings.Cut(p.folder, "/"); err != nil || there[first] { // what may not be listed may be entered all the same
			s.folder(dir+"/"+p.folder, p.program, label)
		}
	}
}

func (s *scout) windows(home string, live bool) {
	roam, local := home+"/AppData/Roaming", home+"/AppData/Local"
	roams := []string{roam}
	if dir := filepath.ToSlash(s.m.Env("APPDATA")); live && dir != "" && !strings.EqualFold(dir, roam) {
		roams = append(roams, dir)
	}
	for _, dir := range roams {
		for _, p := range roaming {
			s.folder(dir+"/"+p.folder, p.program, "")
		}
	}
	for _, dir := range s.expand(local, "Packages/*") { // the store of Microsoft gives each program its own %APPDATA%
		if name := path.Base(dir); strings.Contains(name, "Mozilla") || strings.Contains(name, "Firefox") || strings.Contains(name, "Thunderbird") {
			for _, p := range roaming {
				s.folder(dir+"/LocalCache/Roaming/"+p.folder, p.program, "Microsoft Store")
			}
		}
	}
	for _, dir := range []string{home, home + "/Desktop", home + "/Downloads", home + "/OneDrive/Desktop", local} {
		for _, p := range unpacked {
			s.pattern(dir, p, "")
		}
	}
}

// unpackedInto lists the folders into which people unpack programs. Their names depend on the language and are told by user-dirs.dirs(5).
func (s *scout) unpackedInto(home string) []string {
	dirs := []string{home + "/Desktop", home + "/Downloads"}
	text, err := s.m.Read(home+"/.config/user-dirs.dirs", 1<<16)
	if err != nil {
		return dirs
	}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || name != "XDG_DESKTOP_DIR" && name != "XDG_DOWNLOAD_DIR" {
			continue
		}
		value = strings.Trim(value, `"`)
		if below, ok := strings.CutPrefix(value, "$HOME/"); ok {
			value = home + "/" + below
		}
		if value = strings.TrimRight(value, "/"); path.IsAbs(value) && value != home && value != dirs[0] && value != dirs[1] {
			dirs = append(dirs, value)
		}
	}
	return dirs
}

func (s *scout) pattern(dir string, p product, label string) {
	for _, found := range s.expand(dir, p.folder) {
		s.folder(found, p.program, label)
	}
}

// expand lists the folders below dir that match the pattern. A folder on the way that may not be read is lost, and said.
func (s *scout) expand(dir, pattern string) []string {
	found := []string{dir}
	for element := range strings.SplitSeq(pattern, "/") {
		var next []string
		for _, at := range found {
			if !strings.Contains(element, "*") {
				next = append(next, at+"/"+element)
				continue
			}
			for _, entry := range s.list(at) {
				if ok, _ := path.Match(element, entry.Name()); ok && mayBeFolder(entry) {
					next = append(next, at+"/"+entry.Name())
				}
			}
		}
		found = next
	}
	return found
}

func mayBeFolder(entry fs.DirEntry) bool { return entry.IsDir() || entry.Type()&fs.ModeSymlink != 0 }

// lose notes that dir could not be looked at.
func (s *scout) lose(dir, program, label string, err error) {
	for _, f := range s.finds {
		if f.lost != nil && f.lost.place.Path == native(s.m, dir) {
			return
		}
	}
	s.add(find{lost: &unseen{s.placeOf(dir, program, label), trouble(dir, err)}})
}

func (s *scout) placeOf(dir, program, label string) evidence.Place {
	return evidence.Place{Kind: evidence.NSS, Path: native(s.m, dir), Owner: s.person.Name, Program: program, Label: label}
}

// shared notes a shared database, if there is one.
func (s *scout) shared(dir, program, label string, use *shared) {
	s.candidate(dir, program, label, use)
}

// candidate notes the database in dir, if there is one or that cannot be told.
func (s *scout) candidate(dir, program, label string, use *shared) {
	info, err := s.m.Stat(dir + "/cert9.db")
	if err != nil {
		if absent(err) {
			return
		}
		info = nil // List says what is wrong
	}
	for _, f := range s.finds {
		if f.store != nil && f.store.dir == dir {
			return
		}
	}
	store := &nss{m: s.m, place: s.placeOf(dir, program, label), dir: dir, shared: use}
	store.person = s.person
	if !s.person.Self && !s.m.Offline() {
		store.needs = evidence.OtherUser
	}
	s.add(find{store: store, info: info})
	text, err := s.m.Read(dir+"/pkcs11.txt", maxSettings)
	if err != nil {
		return // Notes says what is wrong
	}
	for _, module := range readModules(text) {
		for _, further := range module.databases() {
			s.candidate(further, program, label, use)
		}
	}
}
