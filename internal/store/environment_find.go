package store

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// settings is a kind of files with settings, by pattern.
type settings struct {
	pattern string
	read    dialect
}

// The files of settings. Those of a person are below the home.
var (
	ownSettings = map[string][]settings{
		"linux": {
			{".profile", shellLines}, {".bash_profile", shellLines}, {".bash_login", shellLines}, {".bashrc", shellLines}, {".zshenv", shellLines},
			{".zprofile", shellLines}, {".zshrc", shellLines}, {".xprofile", shellLines}, {".xsessionrc", shellLines}, {".pam_environment", shellLines},
			{".bash_aliases", shellLines}, {".login", shellLines}, {".cshrc", shellLines}, {".tcshrc", shellLines}, {".wget2rc", wgetLines}, {".config/wget/wget2rc", wgetLines},
			{".config/environment.d/*.conf", shellLines}, {".config/fish/config.fish", shellLines}, {".config/fish/conf.d/*.fish", shellLines},
			{".config/plasma-workspace/env/*.sh", shellLines}, {".gitconfig", gitLines}, {".config/git/config", gitLines}, {".curlrc", curlLines},
			{".config/curlrc", curlLines}, {".wgetrc", wgetLines}, {".npmrc", npmLines}, {".config/pip/pip.conf", pipLines}, {".pip/pip.conf", pipLines},
			{".cargo/config.toml", cargoLines}, {".cargo/config", cargoLines}, {".config/pkcs11/modules/p11-kit-trust.module", trustModuleLines}, {".config/pkcs11/modules/*", moduleLines},
		},
		"darwin": {
			{".profile", shellLines}, {".bash_profile", shellLines}, {".bashrc", shellLines}, {".zshenv", shellLines}, {".zprofile", shellLines}, {".zshrc", shellLines},
			{".config/fish/config.fish", shellLines}, {".gitconfig", gitLines}, {".config/git/config", gitLines}, {".curlrc", curlLines}, {".config/curlrc", curlLines},
			{".wgetrc", wgetLines}, {".npmrc", npmLines}, {"Library/Application Support/pip/pip.conf", pipLines}, {".config/pip/pip.conf", pipLines},
			{".pip/pip.conf", pipLines}, {".cargo/config.toml", cargoLines},
		},
		"windows": {
			{".gitconfig", gitLines}, {".config/git/config", gitLines}, {".curlrc", curlLines}, {"_curlrc", curlLines}, {"AppData/Roaming/.curlrc", curlLines},
			{"AppData/Roaming/_curlrc", curlLines}, {".wgetrc", wgetLines}, {".npmrc", npmLines}, {"AppData/Roaming/pip/pip.ini", pipLines}, {"pip/pip.ini", pipLines},
			{".cargo/config.toml", cargoLines}, {".cargo/config", cargoLines}, {".bashrc", shellLines}, {".bash_profile", shellLines}, {".bash_login", shellLines}, {".profile", shellLines},
			{".zshrc", shellLines}, {".zshenv", shellLines}, {"AppData/Local/Programs/Git/etc/gitconfig", gitLines}, {"AppData/Roaming/npm/etc/npmrc", npmLines},
			{"Documents/WindowsPowerShell/*profile.ps1", shellLines}, {"Documents/PowerShell/*profile.ps1", shellLines}, // $PROFILE
			{"OneDrive/Documents/WindowsPowerShell/*profile.ps1", shellLines}, {"OneDrive/Documents/PowerShell/*profile.ps1", shellLines},
		},
	}
	sharedSettings = map[string][]settings{
		"linux": {
			{"/etc/environment", shellLines}, {"/etc/environment.d/*.conf", shellLines}, {"/etc/profile", shellLines}, {"/etc/profile.d/*.sh", shellLines},
			{"/etc/bash.bashrc", shellLines}, {"/etc/bashrc", shellLines}, {"/etc/zsh/z*", shellLines}, {"/etc/zshenv", shellLines}, {"/etc/zprofile", shellLines},
			{"/etc/zshrc", shellLines}, {"/etc/csh.cshrc", shellLines}, {"/etc/csh.login", shellLines}, {"/etc/security/pam_env.conf", shellLines},
			{"/etc/fish/config.fish", shellLines}, {"/etc/fish/conf.d/*.fish", shellLines}, {"/etc/gitconfig", gitLines}, {"/etc/wgetrc", wgetLines}, {"/etc/wget2rc", wgetLines}, {"/etc/npmrc", npmLines}, {"/usr/etc/npmrc", npmLines}, {"/etc/pip.conf", pipLines},
			{"/etc/xdg/pip/pip.conf", pipLines}, {"/etc/pkcs11/modules/*", moduleLines}, {"/usr/share/p11-kit/modules/*", moduleLines},
		},
		"darwin": {
			{"/etc/profile", shellLines}, {"/etc/zshenv", shellLines}, {"/etc/zprofile", shellLines}, {"/etc/zshrc", shellLines}, {"/etc/bashrc", shellLines},
			{"/etc/gitconfig", gitLines},
			{"/Library/Application Support/pip/pip.conf", pipLines}, {"/opt/homebrew/etc/gitconfig", gitLines}, {"/usr/local/etc/gitconfig", gitLines},
		},
		"windows": {
			{"/ProgramData/pip/pip.ini", pipLines}, {"/Program Files/Git/etc/gitconfig", gitLines}, {"/ProgramData/Git/config", gitLines},
			{"/Program Files (x86)/Git/etc/gitconfig", gitLines}, {"/Program Files/nodejs/node_modules/npm/npmrc", npmLines},
			{"/Windows/System32/WindowsPowerShell/v1.0/*profile.ps1", shellLines}, {"/Program Files/PowerShell/7/*profile.ps1", shellLines},
			{"/msys64/home/*/.bashrc", shellLines}, {"/msys64/home/*/.bash_profile", shellLines}, {"/cygwin64/home/*/.bashrc", shellLines}, {"/cygwin64/home/*/.bash_profile", shellLines},
		},
	}
)

// environmentStores finds the settings that make programs trust certificates of some other file. Settings that name none are no place.
func environmentStores(m *machine.Machine) []Store {
	late := time.NewTimer(patience)
	defer late.Stop()
	var stores []Store
	for _, person := range append([]machine.Person{{}}, m.People...) {
		done := make(chan []Store, 1)
		go func() { done <- settingsOf(m, person) }()
		select {
		case found := <-done:
			stores = append(stores, found...)
		case <-late.C:
			late.Reset(0) // for the others: they may have come to an end by now
			place := evidence.Place{Kind: evidence.Environment, Path: native(m, person.Home), Owner: person.Name}
			stores = append(stores, unseen{place, evidence.Trouble{Code: evidence.TimedOut, Path: person.Home}})
		}
	}
	stores = append(stores, registryVariables(m)...)
	return append(stores, ownVariables(m, stores)...)
}

// settingsOf finds the settings of one person; of nobody, those of the whole computer.
func settingsOf(m *machine.Machine, person machine.Person) []Store {
	if homeBarred(m, person) {
		return nil
	}
	home := strings.TrimRight(filepath.ToSlash(person.Home), "/")
	list, top := ownSettings[m.GOOS], home+"/"
	if home == "" {
		list, top = sharedSettings[m.GOOS], ""
		if m.GOOS == "windows" && !m.Offline() {
			top = "C:"
		}
	}
	var stores []Store
	seen := map[string]bool{}
	for _, one := range list {
		names := []string{top + one.pattern}
		if strings.Contains(one.pattern, "*") {
			names = m.Glob(names[0])
		}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			s := &environment{m: m, name: name, read: one.read, person: person}
			s.place = evidence.Place{Kind: evidence.Environment, Path: native(m, name), Owner: person.Name}
			refs, err := s.references()
			if err != nil {
				if home == "" || person.Self || m.Offline() {
					s.place.Program = path.Base(name)
					stores = append(stores, unseen{s.place, err})
				}
				continue
			}
			if len(refs) > 0 {
				s.place.Program = programsOf(refs)
				if refs[0].program == p11Kit {
					stores = append(stores, moduleSettings{s})
				} else {
					stores = append(stores, s)
				}
			}
		}
	}
	return stores
}

// programsOf names the programs that the settings are for, each once.
func programsOf(refs []reference) string {
	var names []string
	for _, ref := range refs {
		if !slices.Contains(names, ref.program) {
			names = append(names, ref.program)
		}
	}
	return strings.Join(names, ", ")
}

// ownVariables is the environment of this process, with what no file of settings accounts for.
func ownVariables(m *machine.Machine, files []Store) []Store {
	self, ok := m.Self()
	if !ok || m.Offline() || m.Env == nil {
		return nil
	}
	known := map[string]bool{}
	for _, s := range files {
		if file, ok := s.(*environment); ok {
			refs, _ := file.references()
			for _, ref := range refs {
				known[ref.setting+"="+ref.target] = true
			}
		}
	}
	variables := &environment{m: m, person: self, known: known}
	rest, _ := variables.references()
	if len(rest) == 0 {
		return nil
	}
	var names []string
	for _, ref := range rest {
		if !slices.Contains(names, ref.setting) {
			names = append(names, ref.setting)
		}
	}
	variables.place = evidence.Place{Kind: evidence.Environment, Path: strings.Join(names, ", "), Owner: self.Name, Program: programsOf(rest)}
	return []Store{variables}
}
