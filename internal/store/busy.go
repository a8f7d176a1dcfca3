package store

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// shared tells which browsers may hold a shared database open: those that keep their own data in one of the folders.
type shared struct{ folders []string }

// browsers are the programs that are asked to be closed, by the name of their executable. Other programs can hold a shared database too, and
// services in the background do so for ever; they are let be, since a change does them no harm and they see it when they start again.
var browsers = map[string]string{
	"firefox": "Firefox", "firefox-esr": "Firefox", "firefox-bin": "Firefox",
	"thunderbird": "Thunderbird", "thunderbird-bin": "Thunderbird",
	"librewolf": "LibreWolf", "librewolf-bin": "LibreWolf", "zen": "Zen Browser", "zen-bin": "Zen Browser",
	"waterfox": "Waterfox", "waterfox-bin": "Waterfox", "floorp": "Floorp", "floorp-bin": "Floorp",
	"chrome": "Google Chrome", "chromium": "Chromium", "chromium-browser": "Chromium", "chromium-browse": "Chromium",
	"msedge": "Microsoft Edge", "brave": "Brave", "opera": "Opera", "vivaldi-bin": "Vivaldi",
	"yandex_browser": "Yandex Browser", "browser": "Yandex Browser",
}

// Busy names the program that holds the database: the one whose profile it is, or a browser that uses the shared one. Other programs are not
// looked for on another disk, where none runs.
func (s *nss) Busy(ctx context.Context) string {
	for _, lock := range []string{".parentlock", "parent.lock"} { // of Unix and of Windows
		if host, err := s.m.Host(s.dir + "/" + lock); err == nil && held(host) {
			return s.place.Program
		}
	}
	if s.m.Offline() || s.m.GOOS != "linux" {
		return ""
	}
	// «lock» is a link to «address:+process», nsProfileLock.cpp. It stays behind after a crash, so the process must be there and be a browser.
	if target, err := os.Readlink(s.dir + "/lock"); err == nil {
		if _, pid, ok := strings.Cut(target, ":+"); ok && browserOf(pid) != "" {
			return s.place.Program
		}
	}
	if s.shared != nil {
		if name := s.shared.running(); name != "" {
			return name
		}
	}
	return holder(ctx, s.dir+"/cert9.db")
}

// running names the browser of the Chromium family that runs with its data in one of the folders: SingletonLock is a link to «host-process»,
// process_singleton_posix.cc.
func (u *shared) running() string {
	host, _ := os.Hostname()
	for _, folder := range u.folders {
		for _, depth := range []string{"/*/SingletonLock", "/*/*/SingletonLock"} { // chromium, BraveSoftware/Brave-Browser
			locks, _ := filepath.Glob(globQuote(folder) + depth)
			for _, lock := range locks {
				target, err := os.Readlink(lock)
				if err != nil {
					continue
				}
				if at := strings.LastIndexByte(target, '-'); at >= 0 && target[:at] == host {
					if name := browserOf(target[at+1:]); name != "" {
						return name
					}
				}
			}
		}
	}
	return ""
}

// globQuote makes a folder's name stand for itself in a pattern.
func globQuote(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// browserOf is the name of the browser that the process is; empty when there is no such process, or it is none.
func browserOf(pid string) string {
	if n, err := strconv.Atoi(pid); err != nil || n <= 1 {
		return ""
	}
	if exe, err := os.Readlink("/proc/" + pid + "/exe"); err == nil {
		return browsers[strings.TrimSuffix(path.Base(exe), " (deleted)")] // replaced by an update while it runs
	}
	comm, err := os.ReadFile("/proc/" + pid + "/comm")
	if err != nil {
		return ""
	}
	return browsers[strings.TrimSpace(string(comm))]
}

// holder names the browser that has the file open. It finds those with their data in unusual folders, and those in a sandbox, which count their
// processes in their own way. Only the processes of the same account can be looked at, which are those that matter.
func holder(ctx context.Context, file string) string {
	want, err := os.Stat(file)
	if err != nil {
		return ""
	}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return ""
	}
	for _, process := range processes {
		if ctx.Err() != nil {
			return ""
		}
		name := browserOf(process.Name())
		if name == "" {
			continue
		}
		files := "/proc/" + process.Name() + "/fd"
		list, err := os.ReadDir(files)
		if err != nil {
			continue
		}
		for _, fd := range list {
			at := files + "/" + fd.Name()
			if target, err := os.Readlink(at); err != nil || path.Base(target) != "cert9.db" {
				continue
			}
			if info, err := os.Stat(at); err == nil && os.SameFile(info, want) {
				return name
			}
		}
	}
	return ""
}
