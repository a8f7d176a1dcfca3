package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// mozillaPolicy is one set of policies of Firefox or of a program made from it: a file policies.json, or a key of the registry of Windows. Its list
// Certificates.Install names files with certificates, and the browser imports those that it does not trust yet at each start (Policies.sys.mjs). So a certificate
// that was taken out of a profile comes back with the next start, and only whoever made the policy can end that: the certificates are listed as managed.
type mozillaPolicy struct {
	m       *machine.Machine
	place   evidence.Place
	needs   evidence.Right
	read    func() ([]byte, error) // the policies, as JSON
	folders []string               // in which files are looked for that are named without a folder
	inside  string                 // of a program in a box of Flatpak: the folder that it sees as /app/etc and its own name; else empty
}

// Place says whose policies they are.
func (s mozillaPolicy) Place() evidence.Place { return s.place }

// mozillaPolicies is the part of the file that decides on trust.
type mozillaPolicies struct {
	Policies struct {
		Certificates struct {
			Install               []any `json:"Install"`
			ImportEnterpriseRoots *bool `json:"ImportEnterpriseRoots"`
		} `json:"Certificates"`
		SecurityDevices map[string]any `json:"SecurityDevices"`
	} `json:"policies"`
}

var errMozillaPolicy = errors.New("policies that do not follow their form")

func readMozillaPolicies(text []byte) (mozillaPolicies, error) {
	var p mozillaPolicies
	err := unmarshalJSON(text, &p)
	return p, err
}

func (s mozillaPolicy) policies() (mozillaPolicies, error) {
	text, err := s.read()
	switch {
	case absent(err) || err == nil && text == nil:
		return mozillaPolicies{}, nil
	case errors.Is(err, fs.ErrInvalid):
		return mozillaPolicies{}, evidence.Trouble{Code: evidence.Damaged, Path: s.place.Path, Err: err}
	case err != nil && text == nil:
		return mozillaPolicies{}, trouble(s.place.Path, err)
	case err != nil: // in a part of it
		p, _ := readMozillaPolicies(text)
		return p, trouble(s.place.Path, err)
	}
	p, err := readMozillaPolicies(text)
	if err != nil {
		return p, evidence.Trouble{Code: evidence.Damaged, Path: s.place.Path, Err: fmt.Errorf("%w: %w", errMozillaPolicy, err)}
	}
	return p, nil
}

// List reads the certificates that the policies install. A file that is named and not there installs nothing.
func (s mozillaPolicy) List(ctx context.Context) ([]evidence.Entry, error) {
	p, err := s.policies()
	troubles := []error{err}
	var entries []evidence.Entry
	at := map[cert.Print]int{}
	for _, item := range p.Policies.Certificates.Install {
		if ctx.Err() != nil {
			return entries, errors.Join(append(troubles, trouble(s.place.Path, ctx.Err()))...)
		}
		name, ok := item.(string)
		if !ok {
			continue
		}
		for _, file := range s.files(name) {
			data, err := s.m.Read(file, maxBundle)
			if absent(err) {
				continue
			}
			if err != nil {
				if errors.Is(err, fs.ErrInvalid) {
					err = evidence.Trouble{Code: evidence.Damaged, Path: file, Err: err}
				}
				troubles = append(troubles, trouble(file, err))
				continue
			}
			_, all := pieces(data, false)
			for _, one := range all {
				if n, again := at[one.print]; again {
					entries[n].Where = append(entries[n].Where, file)
					continue
				}
				at[one.print] = len(entries)
				entries = append(entries, evidence.Entry{Cert: cert.Read(one.der), Trust: evidence.Web, Needs: s.needs, Managed: true, Where: []string{file}})
			}
		}
	}
	return entries, errors.Join(troubles...)
}

// files are the paths at which the browser would look for a file that a policy names.
func (s mozillaPolicy) files(name string) []string {
	if absolute(name, s.m.GOOS) {
		all := []string{filepath.ToSlash(name)}
		if s.m.GOOS == "windows" && s.m.Offline() { // where this may be another system, and its disk has no letter
			all[0] = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), drive(name))
		}
		if rest, ok := strings.CutPrefix(path.Clean(name), "/app/etc/"); ok && s.inside != "" {
			if _, below, ok := strings.Cut(rest, "/"); ok {
				all = append(all, s.inside+"/"+below)
			}
		}
		if rest, ok := strings.CutPrefix(path.Clean(name), "/run/host/"); ok && s.inside != "" { // how it sees the folders of the computer
			all = append(all, "/"+rest)
		}
		return all
	}
	if name == "" || strings.ContainsAny(name, `/\`) || name == ".." {
		return nil
	}
	var all []string
	for _, folder := range s.folders {
		all = append(all, folder+"/"+name)
	}
	return all
}

// Notes tells what the policies decide without naming a certificate.
func (s mozillaPolicy) Notes(context.Context) ([]Note, error) {
	p, err := s.policies()
	var notes []Note
	if on := p.Policies.Certificates.ImportEnterpriseRoots; on != nil {
		code := SystemRootsOff
		if *on {
			code = SystemRoots
		}
		notes = append(notes, Note{Code: code, Path: s.place.Path, Forced: true})
	}
	for name, value := range p.Policies.SecurityDevices {
		switch v := value.(type) {
		case string:
			notes = append(notes, Note{Code: ExtraModule, Path: s.place.Path, Value: v, Forced: true})
		case map[string]any: // Add and, for Firefox before 114, nothing else
			if name != "Add" {
				continue
			}
			for _, file := range v {
				if text, ok := file.(string); ok {
					notes = append(notes, Note{Code: ExtraModule, Path: s.place.Path, Value: text, Forced: true})
				}
			}
		}
	}
	slices.SortFunc(notes, func(a, b Note) int { return strings.Compare(string(a.Code)+a.Value, string(b.Code)+b.Value) })
	return notes, err
}

// mozillaNames are the programs made from Firefox, by the name of their folder.
var mozillaNames = map[string]string{
	"firefox": "Firefox", "firefox-esr": "Firefox", "Mozilla Firefox": "Firefox", "Firefox.app": "Firefox", "firefox-devedition": "Firefox",
	"thunderbird": "Thunderbird", "Mozilla Thunderbird": "Thunderbird", "Thunderbird.app": "Thunderbird",
	"librewolf": "LibreWolf", "LibreWolf": "LibreWolf", "LibreWolf.app": "LibreWolf", "zen": "Zen Browser", "zen-browser": "Zen Browser", "zen-bin": "Zen Browser",
	"waterfox": "Waterfox", "Waterfox": "Waterfox", "floorp": "Floorp", "icecat": "IceCat", "seamonkey": "SeaMonkey",
}

func mozillaName(folder string) string {
	if name := mozillaNames[folder]; name != "" {
		return name
	}
	return strings.TrimSuffix(folder, ".app")
}

// mozillaStores finds the databases of NSS and what puts certificates back into those of Firefox: profiles tell where else the program is installed.
func mozillaStores(m *machine.Machine) []Store {
	databases := nssStores(m)
	policies := func(m *machine.Machine) []Store { return firefoxPolicies(m, databases) }
	return append(databases, gather(m, []func(*machine.Machine) []Store{policies}, searching-patience)...) // a home that hangs takes the databases of the computer from nobody
}

// firefoxPolicies finds the policies and the automatic configuration of Firefox and of the programs made from it. databases are those that nssStores found.
func firefoxPolicies(m *machine.Machine, databases []Store) []Store {
	s := policyScout{m: m, seen: map[string]bool{}}
	if m.GOOS == "linux" {
		for _, file := range s.m.Glob("/etc/*/policies/policies.json") { // SysConfD: /etc and the name of the program
			s.policies(file, path.Base(path.Dir(path.Dir(file))), "")
		}
		for _, dir := range s.m.Glob("/etc/*/defaults/pref") {
			s.configuration(path.Dir(path.Dir(dir)), path.Base(path.Dir(path.Dir(dir))), "")
		}
		s.flatpak()
	}
	for _, pattern := range mozillaInstalls[m.GOOS] {
		s.installs(pattern, "")
	}
	if m.GOOS == "darwin" {
		s.managed()
	}
	if m.GOOS == "windows" {
		for _, dir := range (&javaScout{m: m}).programFiles() {
			s.installs(dir+"/*", "")
		}
		s.registry(policyHives(m))
	}
	for _, person := range m.People {
		if homeBarred(m, person) {
			continue
		}
		home := strings.TrimRight(filepath.ToSlash(person.Home), "/")
		for _, pattern := range mozillaHomeInstalls[m.GOOS] {
			s.installs(home+pattern, person.Name)
		}
	}
	for _, one := range databases { // wherever a profile was last used from
		if profile, ok := one.(*nss); ok {
			s.lastUsed(profile)
		}
	}
	return s.stores
}

// Where the programs are installed, as patterns: the folder that holds application.ini. {m} stands for the names of mozillaNames; what is installed elsewhere is
// found by the profiles that were used with it.
var (
	mozillaInstalls = map[string][]string{
		"linux": {
			"/usr/lib/{m}", "/usr/lib64/{m}", "/usr/share/{m}", "/usr/local/{m}", "/usr/local/lib/{m}", "/opt/*", "/opt/*/*",
			"/snap/*/current/usr/lib/{m}", "/var/lib/flatpak/app/*/current/active/files/lib/{m}",
		},
		"darwin": {"/Applications/*.app/Contents/Resources"},
	}
	mozillaHomeInstalls = map[string][]string{
		"linux":   {"/*", "/.local/{m}", "/.local/lib/{m}", "/.local/share/flatpak/app/*/current/active/files/lib/{m}"},
		"darwin":  {"/Applications/*.app/Contents/Resources"},
		"windows": {"/AppData/Local/*", "/AppData/Local/Programs/*"},
	}
)

// policyScout looks for policies.
type policyScout struct {
	m      *machine.Machine
	stores []Store
	seen   map[string]bool // installations and files
}

// installs looks at what is installed in folders of a pattern.
func (s *policyScout) installs(pattern, owner string) {
	for _, dir := range s.below(pattern, "/application.ini") {
		if mozillaNames[path.Base(dir)] == "" && barred(s.m, dir) {
			continue // nothing says that it is one of these programs: a file that may not be looked for counts as there
		}
		s.install(dir, owner)
	}
}

// below lists the folders of a pattern that hold a file or folder of this name. {m} at the end stands for the names of the programs.
func (s *policyScout) below(pattern, name string) []string {
	parents, ok := []string{pattern}, false
	if pattern, ok = strings.CutSuffix(pattern, "/{m}"); ok {
		parents[0] = pattern
	}
	if strings.Contains(pattern, "*") { // else it is quicker to ask for the whole
		parents = s.m.Glob(pattern)
	}
	dirs := parents
	if ok {
		dirs = nil
		for _, parent := range parents {
			if !s.m.Exists(parent) {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(mozillaNames)) {
				if strings.ToLower(name) == name && !strings.Contains(name, " ") { // as folders of Linux are called
					dirs = append(dirs, parent+"/"+name)
				}
			}
		}
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return !s.m.Exists(dir + name) })
}

// install looks at one installation.
func (s *policyScout) install(dir, owner string) {
	if s.seen[dir] {
		return
	}
	s.seen[dir] = true
	name := path.Base(dir)
	if strings.HasSuffix(dir, "/Contents/Resources") {
		name = path.Base(path.Dir(path.Dir(dir)))
	}
	if file := dir + "/distribution/policies.json"; s.m.Exists(file) {
		s.policies(file, name, owner)
	}
	s.configuration(dir, name, owner)
}

// lastUsed looks at the installation from which a profile was last used: compatibility.ini, nsAppRunner.cpp.
func (s *policyScout) lastUsed(profile *nss) {
	text, err := s.m.Read(profile.dir+"/compatibility.ini", 1<<16)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "LastPlatformDir="); ok && absolute(dir, s.m.GOOS) {
			dir = path.Clean(filepath.ToSlash(strings.ReplaceAll(dir, `\`, "/")))
			owner := ""
			for _, person := range s.m.People {
				if strings.HasPrefix(dir, strings.TrimRight(filepath.ToSlash(person.Home), "/")+"/") {
					owner = person.Name
				}
			}
			if s.m.Exists(dir) {
				s.install(dir, owner)
			}
		}
	}
}

// policies notes one file of policies.
func (s *policyScout) policies(file, folder, owner string) {
	if s.seen[file] {
		return
	}
	s.seen[file] = true
	inside := ""
	if strings.Contains(file, "/flatpak/extension/") {
		inside = path.Dir(path.Dir(file))
	}
	s.stores = append(s.stores, mozillaPolicy{
		m: s.m, place: evidence.Place{Kind: evidence.Policy, Path: native(s.m, file), Owner: owner, Program: mozillaName(folder)}, needs: s.needs(owner),
		read:    func() ([]byte, error) { return s.m.Read(file, maxPolicy) },
		folders: s.folders(path.Dir(file)), inside: inside,
	})
}

func (s *policyScout) needs(owner string) evidence.Right {
	for _, person := range s.m.People {
		if owner == person.Name && person.Self {
			return evidence.Own
		}
	}
	return evidence.Admin
}

// folders are those in which the browser looks for a certificate that is named without a folder. distribution is the one beside the policies.
func (s *policyScout) folders(distribution string) []string {
	name := "/Certificates"
	var dirs []string
	switch s.m.GOOS {
	case "linux":
		name = "/certificates"
		dirs = []string{"/usr/lib/mozilla", "/usr/lib64/mozilla"}
	case "darwin":
		dirs = []string{"/Library/Application Support/Mozilla"}
	}
	if path.Base(distribution) == "distribution" {
		dirs = append([]string{distribution}, dirs...)
	} else { // the system's own policies: those of whatever is installed
		for _, pattern := range mozillaInstalls[s.m.GOOS] {
			for _, dir := range s.below(pattern, "/distribution"+name) {
				dirs = append(dirs, dir+"/distribution")
			}
		}
	}
	for _, person := range s.m.People {
		home := strings.TrimRight(filepath.ToSlash(person.Home), "/")
		switch s.m.GOOS {
		case "linux":
			dirs = append(dirs, home+"/.mozilla", home+"/.config/mozilla", home+"/snap/firefox/common/.mozilla", home+"/.var/app/org.mozilla.firefox/.mozilla")
		case "darwin":
			dirs = append(dirs, home+"/Library/Application Support/Mozilla")
		case "windows":
			dirs = append(dirs, home+"/AppData/Roaming/Mozilla", home+"/AppData/Local/Mozilla")
		}
	}
	for i := range dirs {
		dirs[i] += name
	}
	return dirs
}
