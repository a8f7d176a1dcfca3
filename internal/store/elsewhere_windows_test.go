package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"software.sslmate.com/src/go-pkcs12"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// windowsHome is a computer with Windows and one person on it, whose home is a throw-away folder.
func windowsHome(t testing.TB) (*machine.Machine, string) {
	t.Helper()
	home, err := os.MkdirTemp("", "qulyp") // not t.TempDir: Wine cannot take away what Go makes, and says so
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	return &machine.Machine{GOOS: "windows", People: []machine.Person{{Name: "aigul", Home: home, Self: true}},
		Env: func(string) string { return "" }, Now: time.Now}, filepath.ToSlash(home)
}

// TestWindowsJava holds the keystores of Java to the contract on files of Windows, where a file in use cannot be replaced and folders cannot be flushed.
func TestWindowsJava(t *testing.T) {
	planted, twin := newAuthority(t, "Information Security Certification Authority", 7), newAuthority(t, "Information Security Certification Authority", 7)
	for kind, write := range map[string]func(...aliased) []byte{
		"JKS":    func(e ...aliased) []byte { return makeJKS(t, "changeit", e...) },
		"PKCS12": func(e ...aliased) []byte { return makePKCS12(t, pkcs12.Modern2023, "changeit", e...) },
	} {
		t.Run(kind, func(t *testing.T) {
			m, home := windowsHome(t)
			file := home + "/.jdks/x/lib/security/cacerts"
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			put := func(e ...aliased) {
				if err := os.WriteFile(file, write(e...), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			put(aliased{"twin", twin.Certificate})
			contract(t, fixture{
				open:    func() Remover { return javaAt(t, m, file) },
				plant:   func() { put(aliased{"bad", planted.Certificate}, aliased{"twin", twin.Certificate}) },
				planted: planted.Certificate, trust: evidence.Web, twin: twin.Certificate,
				bytes: func() string {
					data, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					return string(data)
				},
			})
			if list, err := os.ReadDir(filepath.Dir(file)); err != nil || len(list) != 1 {
				t.Errorf("left behind: %v, %v", list, err)
			}
		})
	}
}

// TestWindowsChromium does so for the database of a browser, and finds the browser running by its file «lockfile».
func TestWindowsChromium(t *testing.T) {
	m, home := windowsHome(t)
	profile := home + "/AppData/Local/Google/Chrome/User Data/Default"
	makeChromium(t, filepath.FromSlash(profile))
	planted, twin := newAuthority(t, "Information Security Certification Authority", 7), newAuthority(t, "Information Security Certification Authority", 7)
	execChromium(t, profile, chromiumStatement(twin.Certificate, trustTrusted))
	contract(t, fixture{
		open:    func() Remover { return chromiumAt(t, m, profile) },
		plant:   func() { execChromium(t, profile, chromiumStatement(planted.Certificate, trustTrusted)) },
		planted: planted.Certificate, trust: evidence.Web, twin: twin.Certificate,
		bytes: func() string { return dumpChromium(t, profile) },
	})
	s, ctx := chromiumAt(t, m, profile), context.Background()
	refused, err := s.SaveDistrust(ctx, planted.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Distrust(ctx, refused); err != nil {
		t.Fatal(err)
	}
	if got := find1(t, mustList(t, s), planted.Print).Trust; got != evidence.Distrusted {
		t.Errorf("trust %q", got)
	}
	if got := s.Busy(ctx); got != "" {
		t.Errorf("busy: %q", got)
	}
	release := holdAlone(t, filepath.FromSlash(filepath.Dir(profile)+"/lockfile"))
	if got := s.Busy(ctx); got != "Google Chrome" {
		t.Errorf("busy: %q, and the lock is held", got)
	}
	if err := s.Restore(ctx, refused); !errors.Is(err, ErrBusy) {
		t.Errorf("restored while the browser runs: %v", err)
	}
	release()
	if err := s.Restore(ctx, refused); err != nil {
		t.Error(err)
	}
}

// TestWindowsPolicies reads policies out of a real registry.
func TestWindowsPolicies(t *testing.T) {
	if os.Getenv("QULYP_THROW_AWAY") != "1" {
		t.Skip("writes into the registry: only where it is thrown away afterwards (QULYP_THROW_AWAY=1)")
	}
	m, home := windowsHome(t)
	trusted, refused, office := newAuthority(t, "Trusted", 1).Certificate, newAuthority(t, "Refused", 2).Certificate, newAuthority(t, "Office", 3).Certificate
	set := func(path, name, value string) {
		t.Helper()
		k, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.SET_VALUE)
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		if err := k.SetStringValue(name, value); err != nil {
			t.Fatal(err)
		}
	}
	set(`SOFTWARE\Policies\Google\Chrome\CACertificates`, "1", b64(trusted))
	set(`SOFTWARE\Policies\Google\Chrome\CADistrustedCertificates`, "1", b64(refused))
	set(`SOFTWARE\Policies\Mozilla\Firefox\Certificates\Install`, "1", "office.crt")
	write(t, home+"/AppData/Roaming/Mozilla/Certificates/office.crt", pemText(office))
	found := map[string]int{}
	for _, s := range append(chromiumPolicies(m), firefoxPolicies(m, nssStores(m))...) {
		for print, trust := range managed(t, s) {
			switch {
			case print == trusted.Print && trust == evidence.Web, print == refused.Print && trust == evidence.Distrusted:
				found["Google Chrome "+s.Place().Path]++
			case print == office.Print && trust == evidence.Web:
				found["Firefox "+s.Place().Path]++
			}
		}
	}
	if found[`Google Chrome HKCU\SOFTWARE\Policies\Google\Chrome`] != 2 || found[`Firefox HKCU\SOFTWARE\Policies\Mozilla\Firefox`] != 1 {
		t.Errorf("found %v", found)
	}
}

// holdAlone opens a file as a browser does that lets nobody else open it.
func holdAlone(t testing.TB, name string) (release func()) {
	t.Helper()
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(path, windows.GENERIC_WRITE, 0, nil, windows.CREATE_ALWAYS, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { windows.CloseHandle(h) }
}

// TestWindowsUnreached says that a home or a folder of settings could not be looked into when the share or drive it lies on is not connected, which Windows takes for
// a missing file. One that is there, and a folder of settings that was never made, are not named.
func TestWindowsUnreached(t *testing.T) {
	m, home := windowsHome(t)
	settings := map[string]string{"APPDATA": filepath.FromSlash(home + "/AppData/Roaming"), "LOCALAPPDATA": os.TempDir()}
	m.Env = func(name string) string { return settings[name] }
	if all := unreachedFolders(m); len(all) != 0 {
		t.Errorf("all are there, and named: %v", all[0].Place())
	}
	free := "" // a drive that is not there
	for letter := 'Z'; letter >= 'D' && free == ""; letter-- {
		if _, err := os.Stat(string(letter) + `:\`); errors.Is(err, os.ErrNotExist) {
			free = string(letter) + `:`
		}
	}
	settings["APPDATA"], m.People[0].Home = free+`\settings`, free+`\home`
	var found []string
	for _, s := range windowsStores(m) {
		if s.Place().Kind != evidence.Windows {
			found = append(found, s.Place().Owner+" "+s.Place().Path)
			if _, err := s.List(context.Background()); Code(err) != evidence.TimedOut {
				t.Errorf("%s: %v", s.Place().Path, err)
			}
		}
	}
	if want := []string{`aigul ` + free + `\home`, `aigul ` + free + `\settings`}; !slices.Equal(found, want) {
		t.Errorf("named: %q, want %q", found, want)
	}
}

// TestWindowsReadOnly says of a database that carries the mark «read only» that it is, and not that it belongs to somebody else.
func TestWindowsReadOnly(t *testing.T) {
	m, home := windowsHome(t)
	profile := home + "/AppData/Local/Google/Chrome/User Data/Default"
	makeChromium(t, filepath.FromSlash(profile))
	planted := newAuthority(t, "Information Security Certification Authority", 7)
	execChromium(t, profile, chromiumStatement(planted.Certificate, trustTrusted))
	s := chromiumAt(t, m, profile)
	entries, err := s.List(context.Background())
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	saved, err := s.Save(context.Background(), entries[0])
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.FromSlash(profile) + `\*`)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if err := os.Chmod(file, 0o444); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(file, 0o644) })
	}
	if err := s.Remove(context.Background(), saved); Code(err) != evidence.ReadOnly {
		t.Errorf("%q: %v", Code(err), err)
	}
}
