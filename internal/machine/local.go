package machine

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Local is this computer, seen by the account that runs the program. The own home is where HOME says (USERPROFILE on Windows), so that a program
// started with another HOME looks there. As administrator (root) the homes of the other accounts are looked at too, but not changed.
func Local() *Machine {
	m := &Machine{GOOS: runtime.GOOS, Env: os.Getenv, Admin: isAdmin(), Now: time.Now, Run: run}
	self := Person{UID: os.Getuid(), Self: true}
	self.Home, _ = os.UserHomeDir()
	if name, home, ok := ownAccount(); ok {
		self.Name = name
		if self.Home == "" {
			self.Home = home
		}
	} else if name := os.Getenv("USER"); name != "" { // no entry for this number in the accounts, as in a container
		self.Name = name
	}
	m.People = []Person{self}
	if m.Admin {
		for _, p := range m.accounts() {
			if p.Home != self.Home && (p.UID < 0 || p.UID != self.UID) { // Windows has no such numbers: all are -1
				m.People = append(m.People, p)
			}
		}
	} else {
		m.Elevate = elevate
	}
	m.State = stateFolder(m.GOOS, m.Env, self.Home)
	return m
}

// Shared is this computer without the home and the environment of anybody, as the elevated job sees it. Whoever uses it says where receipts are kept.
func Shared() *Machine {
	return &Machine{GOOS: runtime.GOOS, Env: func(string) string { return "" }, Admin: isAdmin(), Now: time.Now, Run: run}
}

// Disk is the computer whose disk is mounted (or unpacked) at root. All homes on it are looked at. No tool of it is ever run.
func Disk(root string) (*Machine, error) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	real, err = filepath.Abs(real)
	if err != nil {
		return nil, err
	}
	if list, err := os.ReadDir(real); err != nil {
		return nil, err
	} else if len(list) == 0 {
		return nil, os.ErrNotExist
	}
	m := &Machine{Root: real, GOOS: "windows", Env: func(string) string { return "" }, Admin: isAdmin(), Now: time.Now} // until it turns out to be another
	switch {
	case m.Exists("/Windows/System32"), m.Exists("/Users") && !m.Exists("/etc") && !m.Exists("/System"):
	case m.Exists("/System/Library/CoreServices"):
		m.GOOS = "darwin"
	default:
		m.GOOS = "linux"
	}
	m.People = m.accounts()
	for i := range m.People {
		m.People[i].Self = true // the person who named the disk answers for it
	}
	home, _ := os.UserHomeDir()
	if home == "" {
		_, home, _ = ownAccount()
	}
	m.State = stateFolder(runtime.GOOS, os.Getenv, home)
	return m, nil
}

// accounts lists the accounts with a home that is there: those of /etc/passwd that people use, and the folders where homes lie.
func (m *Machine) accounts() []Person {
	var people []Person
	known := map[string]bool{}
	add := func(p Person) {
		p.Home = strings.TrimRight(p.Home, "/")
		if p.Home == "" || known[p.Home] || !m.isDir(p.Home) {
			return
		}
		known[p.Home] = true
		people = append(people, p)
	}
	if !m.Offline() {
		if list, ok := otherProfiles(); ok {
			for _, p := range list {
				add(p)
			}
			return people
		}
	}
	if m.GOOS == "linux" {
		if data, err := m.Read("/etc/passwd", 8<<20); err == nil {
			for line := range strings.Lines(string(data)) { // name:password:UID:GID:comment:home:shell, passwd(5)
				field := strings.Split(strings.TrimRight(line, "\r\n"), ":")
				if len(field) < 7 {
					continue
				}
				uid, err := strconv.Atoi(field[2])
				if err == nil && (uid == 0 || uid >= 1000 && uid != 65534) { // 1000: first account of a person, login.defs(5) UID_MIN
					add(Person{Name: field[0], Home: field[5], UID: uid})
				}
			}
		}
	}
	for _, home := range m.homes() {
		name := path.Base(home)
		if name != "lost+found" && name != "Public" && name != "Default" && name != "All Users" && name != "Shared" {
			add(Person{Name: name, Home: home, UID: -1})
		}
	}
	return people
}

// homes lists the folders where homes lie. A Linux computer of an office may keep them one level deeper, in a folder for each domain (winbind makes
// /home/DOMAIN/user unless told otherwise: "template homedir" in smb.conf(5)). The folder of a domain is known by this: unlike a home it has no hidden file
// of its own, and a folder in it has.
func (m *Machine) homes() []string {
	if m.GOOS != "linux" {
		return m.Glob("/Users/*")
	}
	var homes []string
	for _, folder := range m.Glob("/home/*") {
		homes = append(homes, folder) // also where it is taken for that of a domain: nothing is lost by looking
	}
	below := make(chan []string, 1)
	go func() { below <- m.homesBelow(homes) }()
	select {
	case more := <-below:
		homes = append(homes, more...)
	case <-time.After(3 * time.Second): // one of them lies on a share that hangs
	}
	return homes
}

// homesBelow lists the homes in folders that are no homes.
func (m *Machine) homesBelow(folders []string) (homes []string) {
	for _, folder := range folders {
		hidden, inner := m.hidden(folder)
		if hidden {
			continue // a home: its folders are not looked into, since one of them may be a share that hangs
		}
		for _, one := range inner {
			if lived, _ := m.hidden(one); lived {
				homes = append(homes, one)
			}
		}
	}
	return homes
}

// hidden tells whether a folder has a hidden file or folder in it, and lists the other folders in it.
func (m *Machine) hidden(folder string) (hidden bool, folders []string) {
	list, err := m.ReadDir(folder)
	if err != nil {
		return false, nil
	}
	for _, entry := range list {
		switch {
		case strings.HasPrefix(entry.Name(), "."):
			hidden = true
		case entry.IsDir():
			folders = append(folders, folder+"/"+entry.Name())
		}
	}
	return hidden, folders
}

func (m *Machine) isDir(name string) bool {
	info, err := m.Stat(name)
	return err == nil && info.IsDir()
}

// stateFolder is where receipts live: XDG_STATE_HOME on Linux (XDG Base Directory Specification), the like elsewhere. It is the same folder when a variable is not
// set, as for a program that another one starts: whoever comes back for an undo finds the receipts.
func stateFolder(goos string, env func(string) string, home string) string {
	switch goos {
	case "windows":
		if local := env("LOCALAPPDATA"); filepath.IsAbs(local) {
			return filepath.Join(local, "Qulyp")
		}
		return filepath.Join(home, "AppData", "Local", "Qulyp")
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "Qulyp")
	default:
		if state := env("XDG_STATE_HOME"); filepath.IsAbs(state) {
			return filepath.Join(state, "qulyp")
		}
	}
	return filepath.Join(home, ".local", "state", "qulyp")
}
