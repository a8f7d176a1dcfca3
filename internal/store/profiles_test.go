package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// contestPlaces are sixteen places in one home in which programs of today keep a database. No other tool found more than four of them.
var contestPlaces = []struct{ dir, program, label string }{
	{".mozilla/firefox/a1b2c3.default-release", "Firefox", "default-release"},
	{".config/mozilla/firefox/b1.default", "Firefox", "default"},
	{"snap/firefox/common/.mozilla/firefox/c1.default", "Firefox", "default, snap"},
	{".var/app/org.mozilla.firefox/.mozilla/firefox/d1.default", "Firefox", "default, flatpak"},
	{".var/app/org.mozilla.firefox/config/mozilla/firefox/e1.default", "Firefox", "default, flatpak"},
	{".librewolf/f1.default", "LibreWolf", "default"},
	{".waterfox/g1.default", "Waterfox", "default"},
	{".zen/h1.Default (release)", "Zen Browser", "Default (release)"},
	{".thunderbird/i1.default-release", "Thunderbird", "default-release"},
	{"snap/thunderbird/common/.thunderbird/j1.default", "Thunderbird", "default, snap"},
	{".local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/profile.default", "Tor Browser", "default"},
	{".pki/nssdb", sharedProgram, ""},
	{".local/share/pki/nssdb", sharedProgram, ""},
	{"snap/chromium/current/.pki/nssdb", "Chromium", "snap"},
	{".var/app/com.google.Chrome/data/pki/nssdb", "Google Chrome", "flatpak"},
	{".var/app/org.chromium.Chromium/.pki/nssdb", "Chromium", "flatpak"},
}

// TestSixteenPlaces plants the real Qaznet root in sixteen databases made by the real certutil, and finds, removes and restores all of them.
func TestSixteenPlaces(t *testing.T) {
	qaznet := needShared(t, "kz-qaznet-2016-00309c73.pem")
	m, home := testHome(t)
	if err := os.MkdirAll(filepath.Join(home, "snap/chromium/2800"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("2800", filepath.Join(home, "snap/chromium/current")); err != nil {
		t.Fatal(err)
	}
	before := map[string]string{}
	for i, place := range contestPlaces {
		dir := filepath.Join(home, place.dir)
		makeNSS(t, dir)
		plantNSS(t, dir, []string{"Qaznet", "Qaznet Trust Network"}[i%2], "C,,", qaznet)
		before[dir] = certutil(t, "-L", "-d", "sql:"+dir)
	}
	ctx := context.Background()
	var journal []Saved
	for _, s := range nssStores(m) {
		for _, entry := range mustList(t, s) {
			if entry.Cert.Print != qaznet.Print || entry.Trust != evidence.Web || entry.Needs != evidence.Own {
				t.Errorf("%s: listed as %s %q %q", s.Place().Path, entry.Cert.Title(), entry.Trust, entry.Needs)
			}
			saved, err := s.(Remover).Save(ctx, entry)
			if err != nil {
				t.Fatal(err)
			}
			journal = append(journal, saved)
		}
	}
	var got, want []string
	for _, saved := range journal {
		below := strings.TrimPrefix(saved.Place.Path, home+"/")
		got = append(got, below+"|"+saved.Place.Program+"|"+saved.Place.Label)
	}
	for _, place := range contestPlaces {
		want = append(want, place.dir+"|"+place.program+"|"+place.label)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("found %d:\n%s\nwant %d:\n%s", len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
	}
	at := map[string]Remover{}
	for _, s := range nssStores(m) {
		at[s.Place().Path] = s.(Remover)
	}
	for _, saved := range journal {
		if err := at[saved.Place.Path].Remove(ctx, saved); err != nil {
			t.Fatal(err)
		}
	}
	stores := nssStores(m)
	if len(stores) != len(contestPlaces) {
		t.Errorf("%d places after the removal", len(stores))
	}
	for _, s := range stores {
		if left := mustList(t, s); len(left) != 0 {
			t.Errorf("%s: still listed: %+v", s.Place().Path, left)
		}
		if out := certutil(t, "-L", "-d", "sql:"+s.Place().Path); out == before[s.Place().Path] {
			t.Errorf("%s: certutil sees no difference", s.Place().Path)
		}
	}
	for _, saved := range journal {
		if err := at[saved.Place.Path].Restore(ctx, saved); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range before {
		if got := certutil(t, "-L", "-d", "sql:"+dir); got != want {
			t.Errorf("%s: after the undo:\n%s\nbefore:\n%s", dir, got, want)
		}
	}
	t.Logf("%d of %d found, removed, gone and restored", len(journal), len(contestPlaces))
}

// touch makes a file that stands for a database, where only its being found is tested.
func touch(t testing.TB, file string) {
	t.Helper()
	write(t, file, "")
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// places lists what is found, without root, one line a place: path|owner|program|label.
func places(m *machine.Machine, root string) []string {
	var found []string
	for _, s := range nssStores(m) {
		p := s.Place()
		found = append(found, strings.Join([]string{strings.TrimPrefix(p.Path, root), p.Owner, p.Program, p.Label}, "|"))
	}
	slices.Sort(found)
	return found
}

func wantPlaces(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLists finds profiles that only the programs' own lists name.
func TestLists(t *testing.T) {
	m, home := testHome(t)
	firefox := home + "/.mozilla/firefox"
	far := t.TempDir()
	touch(t, far+"/office/cert9.db")
	touch(t, firefox+"/deep/er/than/two/cert9.db")
	touch(t, firefox+"/Profiles/c3.switched/cert9.db")
	touch(t, firefox+"/only/by/group/cert9.db")
	touch(t, firefox+"/odd ; name # x/cert9.db")
	write(t, firefox+"/profiles.ini", "\ufeff[Install4F96D1932A9F858E]\r\nDefault=deep/er/than/two\r\nLocked=1\r\n\r\n[Profile1]\r\nName=Work\r\nIsRelative=0\r\nPath="+
		far+"/office\r\n[Profile0]\nName=Odd\nIsRelative=1\nPath=odd ; name # x\nDefault=1\n[General]\nStartWithLastProfile=1\nthis line is no line of an ini file\n"+
		"[Profile2]\nName=gone\nIsRelative=1\nPath=gone\n")
	if err := os.MkdirAll(firefox+"/Profile Groups", 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", firefox+"/Profile Groups/1a2b.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"PRAGMA journal_mode = WAL", "CREATE TABLE Profiles (id INTEGER PRIMARY KEY, path TEXT, name TEXT, avatar TEXT)",
		"INSERT INTO Profiles (path, name) VALUES ('only/by/group', 'Second'), ('Profiles/c3.switched', 'Үшінші')"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	before := footprints(t, firefox+"/Profile Groups")
	wantPlaces(t, places(m, home),
		far+"/office|aigul|Firefox|Work",
		"/.mozilla/firefox/deep/er/than/two|aigul|Firefox|two",
		"/.mozilla/firefox/odd ; name # x|aigul|Firefox|Odd",
		"/.mozilla/firefox/only/by/group|aigul|Firefox|Second",
		"/.mozilla/firefox/Profiles/c3.switched|aigul|Firefox|Үшінші")
	untouched(t, firefox+"/Profile Groups", before)
	db.Close()
}

// footprint is what is looked at to tell whether a file was touched.
type footprint struct {
	info  os.FileInfo
	print cert.Print
}

// footprints are every file of a folder.
func footprints(t testing.TB, dir string) map[string]footprint {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]footprint{}
	for _, entry := range list {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		f := footprint{info: info}
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			f.print = cert.Of(text)
		}
		files[entry.Name()] = f
	}
	return files
}

// untouched fails when anything in the folder is not as it was: other files, another inode, time or content.
func untouched(t testing.TB, dir string, before map[string]footprint) {
	t.Helper()
	after := footprints(t, dir)
	for name, f := range after {
		old, ok := before[name]
		switch {
		case !ok:
			t.Errorf("%s was made", name)
		case !os.SameFile(f.info, old.info) || f.info.ModTime() != old.info.ModTime() || f.info.Mode() != old.info.Mode() || f.print != old.print:
			t.Errorf("%s was changed", name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s has gone", name)
		}
	}
}

// TestEveryPlace finds every row of the tables, on each system, also on another disk.
func TestEveryPlace(t *testing.T) {
	cases := []struct {
		goos, home string
		files      []string
		want       []string
	}{
		{"linux", "/home/aigul", []string{
			"/etc/pki/nssdb",
			"/home/aigul/.config/librewolf/librewolf/x.a", "/home/aigul/.config/zen/x.b", "/home/aigul/.config/thunderbird/x.c", "/home/aigul/.floorp/x.d",
			"/home/aigul/.var/app/io.gitlab.librewolf-community/.librewolf/x.e", "/home/aigul/.var/app/app.zen_browser.zen/.zen/x.f",
			"/home/aigul/.var/app/org.mozilla.Thunderbird/.thunderbird/x.g", "/home/aigul/.var/app/net.waterfox.waterfox/.waterfox/x.h",
			"/home/aigul/tor-browser/Browser/TorBrowser/Data/Browser/profile.default",
			"/home/aigul/Жүктемелер/mullvad-browser/Browser/TorBrowser/Data/Browser/profile.default",
			"/home/aigul/.var/app/org.torproject.torbrowser-launcher/data/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/profile.default",
			"/home/aigul/snap/chromium/common/.pki/nssdb", "/home/aigul/snap/brave/common/.local/share/pki/nssdb",
			"/home/aigul/.var/app/org.example.Editor/.pki/nssdb",
		}, []string{
			"/etc/pki/nssdb||" + sharedProgram + "|",
			"/home/aigul/.config/librewolf/librewolf/x.a|aigul|LibreWolf|a", "/home/aigul/.config/zen/x.b|aigul|Zen Browser|b",
			"/home/aigul/.config/thunderbird/x.c|aigul|Thunderbird|c", "/home/aigul/.floorp/x.d|aigul|Floorp|d",
			"/home/aigul/.var/app/io.gitlab.librewolf-community/.librewolf/x.e|aigul|LibreWolf|e, flatpak",
			"/home/aigul/.var/app/app.zen_browser.zen/.zen/x.f|aigul|Zen Browser|f, flatpak",
			"/home/aigul/.var/app/org.mozilla.Thunderbird/.thunderbird/x.g|aigul|Thunderbird|g, flatpak",
			"/home/aigul/.var/app/net.waterfox.waterfox/.waterfox/x.h|aigul|Waterfox|h, flatpak",
			"/home/aigul/tor-browser/Browser/TorBrowser/Data/Browser/profile.default|aigul|Tor Browser|default",
			"/home/aigul/Жүктемелер/mullvad-browser/Browser/TorBrowser/Data/Browser/profile.default|aigul|Mullvad Browser|default",
			"/home/aigul/.var/app/org.torproject.torbrowser-launcher/data/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/profile.default|aigul|Tor Browser|default, flatpak",
			"/home/aigul/snap/chromium/common/.pki/nssdb|aigul|Chromium|snap", "/home/aigul/snap/brave/common/.local/share/pki/nssdb|aigul|Brave|snap",
			"/home/aigul/.var/app/org.example.Editor/.pki/nssdb|aigul|org.example.Editor|flatpak",
		}},
		{"windows", "/Users/aigul", []string{
			"/Users/aigul/AppData/Roaming/Mozilla/Firefox/Profiles/x.a",
			"/Users/aigul/AppData/Local/Packages/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox/Profiles/x.b",
			"/Users/aigul/AppData/Roaming/Thunderbird/Profiles/x.c", "/Users/aigul/AppData/Roaming/librewolf/Profiles/x.d",
			"/Users/aigul/AppData/Roaming/zen/Profiles/x.e", "/Users/aigul/AppData/Roaming/Waterfox/Profiles/x.f", "/Users/aigul/AppData/Roaming/Floorp/Profiles/x.g",
			"/Users/aigul/Desktop/Tor Browser/Browser/TorBrowser/Data/Browser/profile.default",
			"/Users/aigul/Downloads/FirefoxPortableESR/Data/profile", "/Users/aigul/PortableApps/ThunderbirdPortable/Data/profile",
			"/Data/elsewhere",
		}, []string{
			"/Users/aigul/AppData/Roaming/Mozilla/Firefox/Profiles/x.a|aigul|Firefox|a",
			"/Users/aigul/AppData/Local/Packages/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox/Profiles/x.b|aigul|Firefox|b, Microsoft Store",
			"/Users/aigul/AppData/Roaming/Thunderbird/Profiles/x.c|aigul|Thunderbird|c", "/Users/aigul/AppData/Roaming/librewolf/Profiles/x.d|aigul|LibreWolf|d",
			"/Users/aigul/AppData/Roaming/zen/Profiles/x.e|aigul|Zen Browser|e", "/Users/aigul/AppData/Roaming/Waterfox/Profiles/x.f|aigul|Waterfox|f",
			"/Users/aigul/AppData/Roaming/Floorp/Profiles/x.g|aigul|Floorp|g",
			"/Users/aigul/Desktop/Tor Browser/Browser/TorBrowser/Data/Browser/profile.default|aigul|Tor Browser|default",
			"/Users/aigul/Downloads/FirefoxPortableESR/Data/profile|aigul|Firefox|profile",
			"/Users/aigul/PortableApps/ThunderbirdPortable/Data/profile|aigul|Thunderbird|profile",
			"/Data/elsewhere|aigul|Firefox|Far away",
		}},
		{"darwin", "/Users/aigul", []string{
			"/Users/aigul/Library/Application Support/Firefox/Profiles/x.a", "/Users/aigul/Library/Thunderbird/Profiles/x.b",
			"/Users/aigul/Library/Application Support/librewolf/Profiles/x.c", "/Users/aigul/Library/Application Support/TorBrowser-Data/Browser/x.default",
		}, []string{
			"/Users/aigul/Library/Application Support/Firefox/Profiles/x.a|aigul|Firefox|a", "/Users/aigul/Library/Thunderbird/Profiles/x.b|aigul|Thunderbird|b",
			"/Users/aigul/Library/Application Support/librewolf/Profiles/x.c|aigul|LibreWolf|c",
			"/Users/aigul/Library/Application Support/TorBrowser-Data/Browser/x.default|aigul|Tor Browser|default",
		}},
	}
	for _, c := range cases {
		t.Run(c.goos, func(t *testing.T) {
			root := t.TempDir()
			for _, dir := range c.files {
				touch(t, root+dir+"/cert9.db")
			}
			switch c.goos {
			case "windows":
				write(t, root+c.home+"/AppData/Roaming/Mozilla/Firefox/profiles.ini", "[Profile0]\nName=Far away\nIsRelative=0\nPath=D:\\Data\\elsewhere\n")
			case "linux":
				write(t, root+c.home+"/.config/user-dirs.dirs", "# made by xdg-user-dirs-update\nXDG_DOWNLOAD_DIR=\"$HOME/Жүктемелер\"\nXDG_MUSIC_DIR=\"$HOME\"\n")
			}
			m := &machine.Machine{Root: root, GOOS: c.goos, Env: func(string) string { return "" },
				People: []machine.Person{{Name: "aigul", Home: c.home, Self: true}}}
			wantPlaces(t, places(m, ""), c.want...)
		})
	}
}

// TestEnvironment looks where the environment of the account says, for that account alone.
func TestEnvironment(t *testing.T) {
	m, home := testHome(t)
	config, data := t.TempDir(), t.TempDir()
	touch(t, config+"/mozilla/firefox/x.a/cert9.db")
	touch(t, data+"/pki/nssdb/cert9.db")
	other := t.TempDir()
	touch(t, other+"/.pki/nssdb/cert9.db")
	m.Env = func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": config, "XDG_DATA_HOME": data + "/"}[name]
	}
	m.People = append(m.People, machine.Person{Name: "bolat", Home: other, UID: 1001})
	wantPlaces(t, places(m, home),
		config+"/mozilla/firefox/x.a|aigul|Firefox|a", data+"/pki/nssdb|aigul|"+sharedProgram+"|", other+"/.pki/nssdb|bolat|"+sharedProgram+"|")
}

// TestHangingHome has one home never answer, as on a network share that is gone: the other is listed, and of the first it is said.
func TestHangingHome(t *testing.T) {
	m, home := testHome(t)
	other, hang := t.TempDir(), make(chan struct{})
	defer close(hang)
	touch(t, other+"/.pki/nssdb/cert9.db")
	touch(t, home+"/.pki/nssdb/cert9.db")
	m.Env = func(string) string { <-hang; return "" } // asked in the course of the search of the own home alone
	m.People = append(m.People, machine.Person{Name: "bolat", Home: other, UID: 1001})
	stores := nssStores(m)
	if len(stores) != 2 || stores[0].Place().Path != home || stores[1].Place().Path != other+"/.pki/nssdb" {
		t.Fatalf("found %q", places(m, ""))
	}
	if _, err := stores[0].List(context.Background()); Code(err) != evidence.TimedOut {
		t.Errorf("%v, want %s", err, evidence.TimedOut)
	}
}

// TestOneFileTwoNames lists a database once, by whichever names it can be reached.
func TestOneFileTwoNames(t *testing.T) {
	m, home := testHome(t)
	makeNSS(t, home+"/.mozilla/firefox/x.default")
	for from, to := range map[string]string{
		"/.librewolf": ".mozilla/firefox", "/.mozilla/firefox/again": "x.default", "/.pki": "nowhere", "/.waterfox": ".waterfox",
	} {
		if err := os.Symlink(to, home+from); err != nil {
			t.Fatal(err)
		}
	}
	var broken []string
	for _, s := range nssStores(m) {
		if _, err := s.List(context.Background()); err != nil {
			if code := Code(err); code != evidence.LinkLoop {
				t.Errorf("%s: %s (%v)", s.Place().Path, code, err)
			}
			broken = append(broken, strings.TrimPrefix(s.Place().Path, home))
			continue
		}
		if got := strings.TrimPrefix(s.Place().Path, home); got != "/.mozilla/firefox/x.default" && got != "/.mozilla/firefox/again" {
			t.Errorf("found %s", got)
		}
	}
	if len(nssStores(m)) != 2 || !slices.Equal(broken, []string{"/.waterfox"}) {
		t.Errorf("%d places; in a circle: %q", len(nssStores(m)), broken)
	}
}

// TestProfilesUTF16 reads a list of profiles that was saved as «Unicode» by the editor of Windows, as Firefox does.
func TestProfilesUTF16(t *testing.T) {
	text := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune("[Profile0]\r\nName=үй\r\nIsRelative=0\r\nPath=D:\\Профиль\\ff\r\n")) {
		text = binary.LittleEndian.AppendUint16(text, unit)
	}
	profiles, err := readProfiles(text, "C:/x", "windows", false)
	if want := []profile{{"D:/Профиль/ff", "үй"}}; err != nil || !slices.Equal(profiles, want) {
		t.Errorf("%q, %v; want %q", profiles, err, want)
	}
}

// FuzzProfilesINI reads lists of profiles of any content.
func FuzzProfilesINI(f *testing.F) {
	f.Add([]byte("[Profile0]\nName=default\nIsRelative=1\nPath=Profiles/x.default\n"), true)
	f.Add([]byte("[InstallABC]\r\nDefault=C:\\x\\y\r\n[Profile0]\nIsRelative=0\nPath=/a/b\n"), false)
	f.Add([]byte("IsRelative=0\nPath=00"), false) // says that it is complete, and is not
	f.Add([]byte("\xff\xfe[\x00P\x00"), false)
	f.Add([]byte("[a]\nPath=\"\"\"x\ny\nName=`z\nb=%(b)s\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, windows bool) {
		goos := "linux"
		if windows {
			goos = "windows"
		}
		profiles, err := readProfiles(text, "/home/x/.mozilla/firefox", goos, true)
		if err != nil && Code(err) != evidence.Damaged {
			t.Errorf("%v", err)
		}
		for _, p := range profiles {
			if !strings.HasPrefix(p.dir, "/") {
				t.Errorf("path %q is not complete", p.dir)
			}
		}
	})
}
