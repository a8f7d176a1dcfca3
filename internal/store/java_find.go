package store

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// distributionKeystores are those that distributions make out of their own certificates for all runtimes, which link to them.
var distributionKeystores = []string{
	"/etc/ssl/certs/java/cacerts",                 // Debian and its kin, Arch Linux
	"/etc/pki/ca-trust/extracted/java/cacerts",    // Fedora and its kin
	"/etc/pki/java/cacerts",                       // a link to the former
	"/var/lib/ca-certificates/java-cacerts",       // openSUSE
	"/etc/ca-certificates/extracted/java-cacerts", // Arch Linux
}

// Where runtimes are installed for all, as patterns.
var (
	javaLinux = []string{
		"/usr/lib/jvm/*", "/usr/lib64/jvm/*", "/usr/lib32/jvm/*", "/usr/java/*", "/usr/local/java/*", "/usr/local/lib/jvm/*", "/usr/local/*j[dr][ke]*",
		"/opt/*", "/opt/*/{j}", "/opt/*/*", "/opt/*/*/{j}", "/usr/local/*/{j}", "/opt/1C/1CE/components/*",
		"/usr/lib/*/jre", "/usr/lib/*/jbr", "/usr/share/*/jre", "/usr/share/*/jbr", // programs that the distribution packs
	}
	javaSealed = []string{ // in file systems that cannot be written
		"/snap/*/current/{j}", "/snap/*/current/usr/lib/jvm/*", "/var/lib/flatpak/app/*/current/active/files/{j}", "/var/lib/flatpak/app/*/current/active/files/*/{j}",
	}
	javaDarwin = []string{
		"/Library/Java/JavaVirtualMachines/*/Contents/Home", "/Library/Internet Plug-Ins/JavaAppletPlugin.plugin/Contents/Home",
		"/opt/homebrew/opt/*jdk*/libexec/openjdk.jdk/Contents/Home", "/usr/local/opt/*jdk*/libexec/openjdk.jdk/Contents/Home", "/Applications/1C/1CE/components/*",
	}
	javaApps = []string{ // inside of programs that are signed as a whole
		"/Applications/*.app/Contents/{j}", "/Applications/*.app/Contents/{j}/Contents/Home", "/Applications/*.app/Contents/PlugIns/*/Contents/Home",
		"/Applications/*.app/Contents/Resources/{j}",
	}
	javaSealedHome = map[string][]string{ // the same below a home
		"linux":  {"/.local/share/flatpak/app/*/current/active/files/{j}", "/.local/share/flatpak/app/*/current/active/files/*/{j}"},
		"darwin": javaApps,
	}
	javaWindows = []string{ // below a folder of programs
		"/Java/*", "/Eclipse Adoptium/*", "/Eclipse Foundation/*", "/AdoptOpenJDK/*", "/Zulu/*", "/BellSoft/*", "/Microsoft/jdk*", "/Amazon Corretto/*",
		"/Semeru/*", "/RedHat/*", "/OpenJDK/*", "/ojdkbuild/*", "/JetBrains/*/{j}", "/Android/*/{j}", "/*/{j}", "/1C/1CE/components/*", "/1cv8/*/{j}",
	}
	// below a home
	javaHome = map[string][]string{
		"linux": {
			"/.sdkman/candidates/java/*", "/.jdks/*", "/.jabba/jdk/*", "/.asdf/installs/java/*", "/.local/share/mise/installs/java/*", "/.gradle/jdks/*",
			"/.local/lib/jvm/*", "/.local/share/JetBrains/Toolbox/apps/*/{j}", "/.local/share/JetBrains/Toolbox/apps/*/*/*/{j}",
			"/.vscode/extensions/redhat.java-*/jre/*", "/.minecraft/runtime/*/*/*", "/.local/share/*/{j}", "/*/{j}", "/*j[dr][ke]*", "/*/*j[dr][ke]*",
		},
		"darwin": {
			"/Library/Java/JavaVirtualMachines/*/Contents/Home", "/.sdkman/candidates/java/*", "/.jdks/*", "/.jabba/jdk/*", "/.asdf/installs/java/*",
			"/.local/share/mise/installs/java/*", "/.gradle/jdks/*", "/.vscode/extensions/redhat.java-*/jre/*", "/*/{j}", "/*j[dr][ke]*", "/*/*j[dr][ke]*",
		},
		"windows": {
			"/.sdkman/candidates/java/*", "/.jdks/*", "/.gradle/jdks/*", "/.vscode/extensions/redhat.java-*/jre/*", "/scoop/apps/*jdk*/current",
			"/AppData/Local/Programs/*/{j}", "/AppData/Local/Programs/*/*", "/AppData/Local/JetBrains/Toolbox/apps/*/{j}", "/AppData/Roaming/*/{j}",
			"/AppData/Local/*/{j}", "/*/{j}", "/*j[dr][ke]*", "/*/*j[dr][ke]*",
		},
	}
	// what {j} stands for
	javaBundled = []string{"jre", "jbr", "jdk", "java", "runtime", "jre64"}

	// Programs whose runtime is looked for by the name of its keystore, wherever it lies below their folder. NCALayer is that of the e-signature of Kazakhstan;
	// it runs on nearly every computer there, with a runtime of its own.
	javaDeep = map[string][]product{
		"linux":   {{"~/NCALayer", "NCALayer"}, {"~/.config/NCALayer", "NCALayer"}, {"~/.local/share/NCALayer", "NCALayer"}, {"/opt/NCALayer", "NCALayer"}},
		"windows": {{"~/AppData/Roaming/NCALayer", "NCALayer"}, {"~/AppData/Local/NCALayer", "NCALayer"}, {"/Program Files/NCALayer", "NCALayer"}, {"/Program Files (x86)/NCALayer", "NCALayer"}},
		"darwin":  {{"/Applications/NCALayer.app", "NCALayer"}, {"~/Applications/NCALayer.app", "NCALayer"}, {"~/NCALayer", "NCALayer"}, {"~/Library/Application Support/NCALayer", "NCALayer"}},
	}
)

// deployment are the folders of the settings of a person for programs in Java that come over the network, and the keystores in them, with what they are
// trusted for. The names are those of the deployment properties of Oracle, and of IcedTea-Web.
var (
	deployment = []string{
		"/.java/deployment/security", "/.config/icedtea-web/security", "/.icedtea/security", "/AppData/LocalLow/Sun/Java/Deployment/security",
		"/Library/Application Support/Oracle/Java/Deployment/security", "/Library/Caches/Java/security",
	}
	deployed = map[string]evidence.Trust{
		"trusted.cacerts": evidence.Other, "trusted.jssecacerts": evidence.Web, "trusted.certs": evidence.Other, "trusted.jssecerts": evidence.Web,
		"trusted.libraries": evidence.Other,
	}
)

// javaStores finds the keystores that programs in Java trust: of the distribution, of each runtime, and of each person.
func javaStores(m *machine.Machine) []Store {
	done := make(chan []Store, 1)
	go func() {
		s := javaScout{m: m}
		s.search()
		done <- s.stores
	}()
	select {
	case found := <-done:
		return found
	case <-time.After(patience):
		place := evidence.Place{Kind: evidence.Java, Program: "Java"}
		if len(m.People) > 0 {
			place.Path, place.Owner = native(m, m.People[0].Home), m.People[0].Name
		}
		return []Store{unseen{place, evidence.Trouble{Code: evidence.TimedOut, Path: place.Path}}}
	}
}

type javaScout struct {
	m      *machine.Machine
	person machine.Person // whose home is searched; zero: none
	home   string         // of person
	sealed bool           // what is found cannot be changed by nature
	stores []Store
	found  []javaFile
}

type javaFile struct {
	info  fs.FileInfo
	store *javaStore
}

func (s *javaScout) search() {
	for _, name := range distributionKeystores {
		if s.m.GOOS == "linux" {
			s.keystore(name, "", "", "")
		}
	}
	switch s.m.GOOS {
	case "linux":
		s.patterns("", javaLinux)
		s.sealed = true
		s.patterns("", javaSealed)
	case "darwin":
		s.patterns("", javaDarwin)
		s.sealed = true
		s.patterns("", javaApps)
	case "windows":
		for _, dir := range s.programFiles() {
			s.patterns(dir, javaWindows)
		}
	}
	s.sealed = false
	s.deep("")
	for _, person := range s.m.People {
		if homeBarred(s.m, person) {
			continue
		}
		s.person, s.home = person, strings.TrimRight(filepath.ToSlash(person.Home), "/")
		if person.Self && !s.m.Offline() {
			s.environment()
		}
		s.patterns(s.home, javaHome[s.m.GOOS])
		s.sealed = true
		s.patterns(s.home, javaSealedHome[s.m.GOOS])
		s.sealed = false
		s.deep(s.home)
		for _, dir := range deployment {
			if barred(s.m, s.home+dir) {
				s.lose(s.home+dir, evidence.NoPermission, fs.ErrPermission)
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(deployed)) {
				s.keystore(s.home+dir+"/"+name, "", strings.TrimPrefix(name, "trusted."), deployed[name])
			}
		}
	}
}

// programFiles are the folders in which programs of Windows are installed.
func (s *javaScout) programFiles() []string {
	dirs := []string{"/Program Files", "/Program Files (x86)"}
	if s.m.Offline() {
		return dirs
	}
	dirs = nil
	for _, name := range []string{"ProgramFiles", "ProgramW6432", "ProgramFiles(x86)"} {
		if dir := strings.TrimRight(filepath.ToSlash(s.m.Env(name)), "/"); dir != "" && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// environment looks where the variables of this process lead.
func (s *javaScout) environment() {
	for _, name := range []string{"JAVA_HOME", "JDK_HOME", "JRE_HOME"} {
		if dir := filepath.ToSlash(s.m.Env(name)); absolute(dir, s.m.GOOS) {
			s.runtime(path.Clean(dir))
		}
	}
	program := "java"
	if s.m.GOOS == "windows" {
		program = "java.exe"
	}
	for _, dir := range filepath.SplitList(s.m.Env("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if real, err := filepath.EvalSymlinks(filepath.Join(dir, program)); err == nil {
			home := path.Dir(path.Dir(filepath.ToSlash(real)))
			s.runtime(home)
			if path.Base(home) == "jre" { // of a JDK 8
				s.runtime(path.Dir(home))
			}
		}
	}
}

func (s *javaScout) patterns(dir string, patterns []string) {
	for _, pattern := range patterns {
		if !strings.Contains(pattern, "{j}") {
			for _, home := range s.expand(dir, pattern) {
				s.runtime(home)
			}
			continue
		}
		before, after, _ := strings.Cut(pattern, "/{j}")
		for _, parent := range s.expand(dir, before) {
			for _, name := range javaBundled {
				_, err := s.m.Stat(parent + "/" + name)
				if errors.Is(err, fs.ErrPermission) {
					s.lost(parent)
					break
				}
				if !absent(err) {
					s.runtime(parent + "/" + name + after)
				}
			}
		}
	}
}

// expand lists the folders below dir that may match. Whether they are there is found out by looking for a keystore in them.
func (s *javaScout) expand(dir, pattern string) []string {
	found := []string{dir}
	for element := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		var next []string
		for _, at := range found {
			if !strings.ContainsAny(element, "*[") {
				next = append(next, at+"/"+element)
				continue
			}
			list, err := s.m.ReadDir(at + "/")
			if errors.Is(err, fs.ErrPermission) {
				s.lost(at)
			}
			if err != nil {
				continue
			}
			for _, entry := range list {
				hidden := strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(element, ".")
				if ok, _ := path.Match(element, entry.Name()); ok && !hidden && mayBeFolder(entry) {
					next = append(next, at+"/"+entry.Name())
				}
			}
		}
		found = next
	}
	return found
}

// runtime looks for the keystores of one runtime. That of a JDK up to 8 is in its folder «jre».
func (s *javaScout) runtime(home string) {
	if !s.m.Exists(home) { // as most that may match are not
		return
	}
	for _, inside := range []string{"", "/jre", "/Contents/Home"} {
		dir := home + inside + "/lib/security"
		_, err := s.m.Stat(dir)
		if absent(err) {
			continue
		}
		if errors.Is(err, fs.ErrPermission) || barred(s.m, dir) {
			s.lost(home)
			return
		}
		s.keystore(dir+"/cacerts", runtimeName(home), "", "")
		s.keystore(dir+"/jssecacerts", runtimeName(home), "jssecacerts", "")
	}
}

// lost notes that a folder which may hold runtimes could not be looked into, if its name says as much. Of others nothing is said: on many computers there are
// folders of other programs that only an administrator may enter, and what a person may not read, no program of that person trusts.
func (s *javaScout) lost(dir string) {
	if _, err := s.m.Lstat(dir); err == nil && javaNamed(strings.TrimPrefix(dir, s.home)) {
		s.lose(dir, evidence.NoPermission, fs.ErrPermission)
	}
}

// lose notes a folder that was not looked into, or not wholly.
func (s *javaScout) lose(dir string, code evidence.Code, err error) {
	place := evidence.Place{Kind: evidence.Java, Path: native(s.m, dir), Program: "Java", Label: runtimeName(dir)}
	if s.home != "" && strings.HasPrefix(dir, s.home+"/") {
		place.Owner = s.person.Name
	}
	if !slices.ContainsFunc(s.stores, func(other Store) bool { return other.Place().Path == place.Path }) {
		s.stores = append(s.stores, unseen{place, evidence.Trouble{Code: code, Path: dir, Err: err}})
	}
}

// keystore notes a file, if it is there. A file that is known already under another name gets this name too.
func (s *javaScout) keystore(name, label, kind string, trust evidence.Trust) {
	info, err := s.m.Stat(name)
	if absent(err) || err == nil && info.IsDir() {
		return
	}
	for _, f := range s.found {
		if f.store.file == name || info != nil && f.info != nil && os.SameFile(f.info, info) {
			if f.store.file != name && !slices.Contains(f.store.used, name) {
				f.store.used = append(f.store.used, name)
			}
			return
		}
	}
	if kind != "" && label != "" {
		label += ", " + kind
	} else if label == "" {
		label = kind
	}
	store := &javaStore{m: s.m, file: name, trust: trust,
		place: evidence.Place{Kind: evidence.Java, Path: native(s.m, name), Program: "Java", Label: label}}
	if strings.HasPrefix(label, "NCALayer") {
		store.place.Program, store.place.Label = "NCALayer", kind
	}
	if s.home != "" && strings.HasPrefix(name, s.home+"/") {
		store.place.Owner = s.person.Name
		if !s.person.Self && !s.m.Offline() {
			store.needs = evidence.OtherUser
		}
	}
	if s.sealed {
		store.needs = evidence.Never
	}
	s.found = append(s.found, javaFile{info, store})
	s.stores = append(s.stores, store)
}

// deep looks for keystores by their name, below the folders of the programs of which it is not known where in them the runtime is.
func (s *javaScout) deep(home string) {
	for _, p := range javaDeep[s.m.GOOS] {
		dir, below := strings.CutPrefix(p.folder, "~")
		if below != (home != "") {
			continue
		}
		seen := 0
		s.sealed = strings.HasSuffix(dir, ".app")
		if s.under(home+dir, p.program, 8, &seen); seen > maxDeep { // once, however deep that was
			s.lose(home+dir, evidence.TooLarge, nil)
		}
		s.sealed = false
	}
}

// maxDeep is how many names are looked at below one program's folder.
const maxDeep = 5000

func (s *javaScout) under(dir, program string, depth int, seen *int) {
	list, err := s.m.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		s.lost(dir)
	}
	if err != nil || depth == 0 {
		return
	}
	for _, entry := range list {
		if *seen++; *seen > maxDeep {
			return
		}
		switch name := entry.Name(); {
		case entry.IsDir():
			s.under(dir+"/"+name, program, depth-1, seen)
		case name == "cacerts":
			s.keystore(dir+"/"+name, program, "", "")
		case name == "jssecacerts":
			s.keystore(dir+"/"+name, program, name, "")
		}
	}
}
