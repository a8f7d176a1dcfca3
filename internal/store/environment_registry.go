package store

import (
	"fmt"
	"path/filepath"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// Where Windows keeps the variables that it gives to the programs it starts: those of a person, and those of the computer. A variable that was set a moment ago is not
// in those of this process, and those of another disk are nowhere else. CurrentControlSet is a link that Windows makes while it runs.
const (
	personVariables   = `HKCU\Environment`
	computerVariables = `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
	diskVariables     = `HKLM\SYSTEM\ControlSet%03d\Control\Session Manager\Environment`
)

// registryVariables finds the variables in the registry of Windows that make programs trust certificates of some other file.
func registryVariables(m *machine.Machine) []Store {
	if m.GOOS != "windows" {
		return nil
	}
	var stores []Store
	for _, h := range policyHives(m) {
		key, place := personVariables, ""
		if h.name == "HKLM" {
			key = computerVariables
			if disk, ok := h.policyReader.(diskPolicies); ok {
				key = fmt.Sprintf(diskVariables, max(1, disk.number(`HKLM\SYSTEM\Select`, "Current")))
				h.file = systemHive
			}
		}
		if place = h.place(key); h.file == systemHive {
			place = systemHive + strings.TrimPrefix(key, `HKLM\SYSTEM`)
		}
		s := &environment{m: m, person: h.person, values: func() (map[string]string, error) { return h.texts(key) }}
		s.place = evidence.Place{Kind: evidence.Environment, Path: place, Owner: h.person.Name}
		refs, err := s.references()
		if err != nil {
			stores = append(stores, unseen{s.place, err})
		} else if len(refs) > 0 {
			s.place.Program = programsOf(refs)
			stores = append(stores, s)
		}
	}
	return stores
}

// withVariables is a computer whose programs would have these variables. Windows does not care about the case of their names.
func withVariables(m *machine.Machine, values map[string]string) *machine.Machine {
	set := map[string]string{}
	for name, value := range values {
		set[strings.ToUpper(name)] = value
	}
	other := *m
	other.Env = func(name string) string {
		if variables[name] != "" {
			return set[name]
		}
		return m.Env(name)
	}
	return &other
}

// windowsFolders are the folders that stand for variables at the beginning of paths.
var windowsFolders = map[string]string{
	"USERPROFILE": "~", "HOMEDRIVE%%HOMEPATH": "~", "HOME": "~", "APPDATA": "~/AppData/Roaming", "LOCALAPPDATA": "~/AppData/Local", "SYSTEMDRIVE": "C:", "PROGRAMDATA": "C:/ProgramData",
	"ALLUSERSPROFILE": "C:/ProgramData", "PROGRAMFILES": "C:/Program Files", "PROGRAMFILES(X86)": "C:/Program Files (x86)", "SYSTEMROOT": "C:/Windows", "WINDIR": "C:/Windows",
}

// windowsTarget is a path with "/", as Windows would understand it where a setting names it: with a variable in front (%NAME% of Windows, $env:NAME of PowerShell), or
// with the letter of the drive as MSYS2 and Git for Windows (/c/) and Cygwin (/cygdrive/c/) write it.
func windowsTarget(m *machine.Machine, target, home string) string {
	if name, rest, ok := strings.Cut(strings.TrimPrefix(target, "%"), "%/"); ok && target[0] == '%' {
		target = windowsFolder(m, name, home, target) + "/" + rest
	} else if name, rest, ok := strings.Cut(target, "/"); ok && len(name) > 5 && strings.EqualFold(name[:5], "$env:") {
		target = windowsFolder(m, name[5:], home, name) + "/" + rest
	}
	for _, prefix := range []string{"/cygdrive/", "/"} {
		if rest, ok := strings.CutPrefix(target, prefix); ok && len(rest) > 1 && rest[1] == '/' && 'a' <= rest[0]|0x20 && rest[0]|0x20 <= 'z' {
			return strings.ToUpper(rest[:1]) + ":" + rest[1:]
		}
	}
	return target
}

// windowsFolder is the folder that a variable stands for; other when there is none of that name.
func windowsFolder(m *machine.Machine, name, home, other string) string {
	name = strings.ToUpper(name)
	folder, known := windowsFolders[name]
	below, own := strings.CutPrefix(folder, "~")
	switch {
	case !known || own && home == "":
		return other
	case own:
		return home + below
	}
	if set := m.Env(name); set != "" && !m.Offline() {
		return filepath.ToSlash(set)
	}
	return folder
}
