package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// chromiumSchema is what Chromium 156 makes.
var chromiumSchema = []string{
	"CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)",
	"INSERT INTO meta VALUES('mmap_status','-1'),('version','1'),('last_compatible_version','1')",
	"CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY,der_cert BLOB NOT NULL,trust_settings BLOB NOT NULL)",
}

// makeChromium makes an empty database in the folder of a profile.
func makeChromium(t testing.TB, profile string) {
	t.Helper()
	if err := os.MkdirAll(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	execChromium(t, profile, chromiumSchema...)
}

func execChromium(t testing.TB, profile string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(profile, chromiumName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// chromiumStatement is the row that the settings of the browser write for a certificate that the person trusts (3) or refuses (2).
func chromiumStatement(c cert.Certificate, trust byte) string {
	return fmt.Sprintf("INSERT INTO certificates VALUES('%s', x'%x', x'0a0208%02x')", c.Print, c.DER, trust)
}

func dumpChromium(t testing.TB, profile string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(profile, chromiumName)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var lines []string
	for _, table := range []string{"meta", "certificates"} {
		columns := "key, value, ''"
		if table == "certificates" {
			columns = "sha256hash_hex, der_cert, trust_settings"
		}
		rows, err := db.Query("SELECT " + columns + " FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var a, b, c []byte
			if err := rows.Scan(&a, &b, &c); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%s %s %x %x", table, a, b, c))
		}
		rows.Close()
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func chromiumAt(t testing.TB, m *machine.Machine, profile string) *chromiumStore {
	t.Helper()
	for _, s := range chromiumStores(m) {
		if c, ok := s.(*chromiumStore); ok && c.dir == profile {
			return c
		}
	}
	t.Fatalf("%s is not found", profile)
	return nil
}

func TestContractChromium(t *testing.T) {
	m, home := testHome(t)
	profile := home + "/.config/google-chrome/Default"
	makeChromium(t, profile)
	planted := newAuthority(t, "Information Security Certification Authority", 7)
	twin := newAuthority(t, "Information Security Certification Authority", 7)
	execChromium(t, profile, chromiumStatement(twin.Certificate, trustTrusted))
	contract(t, fixture{
		open:    func() Remover { return chromiumAt(t, m, profile) },
		plant:   func() { execChromium(t, profile, chromiumStatement(planted.Certificate, trustTrusted)) },
		planted: planted.Certificate,
		trust:   evidence.Web,
		twin:    twin.Certificate,
		bytes:   func() string { return dumpChromium(t, profile) },
	})
}

// TestContractChromiumOddRow takes out a row under a key that is not the one of its certificate, with a column that a later version added.
func TestContractChromiumOddRow(t *testing.T) {
	m, home := testHome(t)
	profile := home + "/.config/chromium/Profile 3"
	makeChromium(t, profile)
	execChromium(t, profile, "ALTER TABLE certificates ADD COLUMN added REAL", "UPDATE meta SET value = 2 WHERE key = 'version'")
	planted := newAuthority(t, "Odd", 1)
	contract(t, fixture{
		open: func() Remover { return chromiumAt(t, m, profile) },
		plant: func() {
			execChromium(t, profile, fmt.Sprintf("INSERT INTO certificates VALUES('another', x'%x', x'0a02087f', 0.25)", planted.DER))
		},
		planted: planted.Certificate,
		trust:   evidence.Unknown,
		bytes:   func() string { return dumpChromium(t, profile) },
	})
}

// TestDistrustChromium refuses a certificate that is there, and one that is not, and takes the refusals back.
func TestDistrustChromium(t *testing.T) {
	for name, trust := range map[string]byte{"absent": 0, "trusted": trustTrusted, "hint": trustUnspecified, "refused": trustDistrusted} {
		t.Run(name, func(t *testing.T) {
			m, home := testHome(t)
			profile := home + "/.config/chromium/Default"
			makeChromium(t, profile)
			c := newAuthority(t, "Qaznet Trust Network", 5).Certificate
			if trust != 0 {
				execChromium(t, profile, chromiumStatement(c, trust))
			}
			before := dumpChromium(t, profile)
			ctx := context.Background()
			s := func() *chromiumStore { return chromiumAt(t, m, profile) }
			saved, err := s().SaveDistrust(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			if saved.Verb != verbDistrust || saved.Print != c.Print || dumpChromium(t, profile) != before {
				t.Errorf("saved %q %s", saved.Verb, saved.Print)
			}
			saved = throughJSON(t, saved)
			for range 2 { // a refusal that was cut short is finished by doing it again
				if err := s().Distrust(ctx, saved); err != nil {
					t.Fatal(err)
				}
				if got := find1(t, mustList(t, s()), c.Print); got.Trust != evidence.Distrusted {
					t.Errorf("trust %s", got.Trust)
				}
			}
			if err := s().Remove(ctx, saved); !errors.Is(err, ErrChanged) {
				t.Errorf("a refusal was taken for a removal: %v", err)
			}
			for range 2 {
				if err := s().Restore(ctx, saved); err != nil {
					t.Fatal(err)
				}
				if got := dumpChromium(t, profile); got != before {
					t.Errorf("restored:\n%s\nwas:\n%s", got, before)
				}
			}
			// what the person decided meanwhile stands
			if err := s().Distrust(ctx, saved); err != nil {
				t.Fatal(err)
			}
			execChromium(t, profile, fmt.Sprintf("UPDATE certificates SET trust_settings = x'0a0208031200' WHERE sha256hash_hex = '%s'", c.Print))
			between := dumpChromium(t, profile)
			if err := s().Restore(ctx, saved); !errors.Is(err, ErrChanged) {
				t.Errorf("restored over what the person wrote: %v", err)
			}
			if err := s().Distrust(ctx, saved); !errors.Is(err, ErrChanged) {
				t.Errorf("refused over what the person wrote: %v", err)
			}
			if got := dumpChromium(t, profile); got != between {
				t.Error("what the person wrote was changed")
			}
		})
	}
}

// TestRemoveThenBlockChromium is what «remove and keep out» does, and its undo in the opposite order.
func TestRemoveThenBlockChromium(t *testing.T) {
	m, home := testHome(t)
	profile := home + "/.config/chromium/Default"
	makeChromium(t, profile)
	c := newAuthority(t, "Qaznet Trust Network", 5).Certificate
	execChromium(t, profile, chromiumStatement(c, trustTrusted))
	before := dumpChromium(t, profile)
	s, ctx := chromiumAt(t, m, profile), context.Background()
	removed, err := s.Save(ctx, find1(t, mustList(t, s), c.Print))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, removed); err != nil {
		t.Fatal(err)
	}
	refused, err := s.SaveDistrust(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Distrust(ctx, refused); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(ctx, removed); !errors.Is(err, ErrChanged) {
		t.Errorf("a removal was undone through a refusal: %v", err)
	}
	if err := s.Restore(ctx, refused); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(ctx, removed); err != nil {
		t.Fatal(err)
	}
	if got := dumpChromium(t, profile); got != before {
		t.Errorf("restored:\n%s\nwas:\n%s", got, before)
	}
}

func TestChromiumReceiptAltered(t *testing.T) {
	m, home := testHome(t)
	profile := home + "/.config/chromium/Default"
	makeChromium(t, profile)
	c, other := newAuthority(t, "A", 1).Certificate, newAuthority(t, "B", 2).Certificate
	execChromium(t, profile, chromiumStatement(c, trustTrusted), chromiumStatement(other, trustTrusted))
	s, ctx := chromiumAt(t, m, profile), context.Background()
	saved, err := s.Save(ctx, find1(t, mustList(t, s), c.Print))
	if err != nil {
		t.Fatal(err)
	}
	before := dumpChromium(t, profile)
	for name, alter := range map[string]func(*Saved){
		"other certificate": func(x *Saved) { x.Print = other.Print },
		"other row": func(x *Saved) {
			x.Data = bytes.ReplaceAll(x.Data, []byte(hex.EncodeToString(c.DER)), []byte(hex.EncodeToString(other.DER)))
		},
		"other place": func(x *Saved) { x.Place.Path += "x" },
		"other kind":  func(x *Saved) { x.Place.Kind = evidence.NSS },
		"other verb":  func(x *Saved) { x.Verb = verbLimit },
		"nothing":     func(x *Saved) { x.Data = []byte(`{}`) },
		"junk":        func(x *Saved) { x.Data = []byte(`[1]`) },
	} {
		x := throughJSON(t, saved)
		alter(&x)
		for verb, do := range map[string]func(context.Context, Saved) error{"remove": s.Remove, "restore": s.Restore, "distrust": s.Distrust} {
			if err := do(ctx, x); !errors.Is(err, ErrChanged) {
				t.Errorf("%s, %s: %v", name, verb, err)
			}
		}
	}
	if dumpChromium(t, profile) != before {
		t.Error("changed by an altered receipt")
	}
}

// TestChromiumTroubles has each thing that can be wrong with a database told in one trouble, with the others listed.
func TestChromiumTroubles(t *testing.T) {
	m, home := testHome(t)
	dir := home + "/.config/chromium/"
	c := newAuthority(t, "Qaznet Trust Network", 5).Certificate
	for name, statements := range map[string][]string{
		"future":      append(slices.Clone(chromiumSchema), "UPDATE meta SET value = '2'"),
		"no version":  append(slices.Clone(chromiumSchema), "DELETE FROM meta"),
		"no meta":     append(slices.Clone(chromiumSchema), "DROP TABLE meta"),
		"other table": {chromiumSchema[0], chromiumSchema[1], "CREATE TABLE certificates(sha256hash_hex TEXT, der BLOB)"},
		"whole":       append(slices.Clone(chromiumSchema), chromiumStatement(c, trustTrusted)),
		"no tables":   {"PRAGMA user_version = 1"},
	} {
		if err := os.MkdirAll(dir+name, 0o700); err != nil {
			t.Fatal(err)
		}
		execChromium(t, dir+name, statements...)
	}
	for name, content := range map[string]string{"junk": strings.Repeat("junk ", 99), "empty": "", "short": "SQLite format 3\x00"} {
		write(t, dir+name+"/"+chromiumName, content)
	}
	whole, err := os.ReadFile(dir + "whole/" + chromiumName)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+"cut/"+chromiumName, string(whole[:len(whole)/2]))
	if err := os.MkdirAll(dir+"folder/"+chromiumName, 0o700); err != nil {
		t.Fatal(err)
	}
	want := map[string]evidence.Code{
		"future": evidence.Foreign, "no version": evidence.Foreign, "no meta": evidence.Foreign, "other table": evidence.Foreign, "whole": "", "no tables": "",
		"empty": "", "junk": evidence.Damaged, "short": evidence.Damaged, "cut": evidence.Damaged, "folder": evidence.Damaged,
	}
	seen := map[string]bool{}
	for _, s := range chromiumStores(m) {
		name := filepath.Base(filepath.Dir(s.Place().Path))
		seen[name] = true
		entries, err := s.List(context.Background())
		code := evidence.Code("")
		if err != nil {
			code = Code(err)
		}
		if code != want[name] {
			t.Errorf("%s: %v, want %q", name, err, want[name])
		}
		if got := len(entries); (name == "whole") != (got == 1) {
			t.Errorf("%s: %d entries", name, got)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("found %v", seen)
	}
	// what was found in order is not written when it is not any more
	s := chromiumAt(t, m, dir+"whole")
	saved, err := s.Save(context.Background(), find1(t, mustList(t, s), c.Print))
	if err != nil {
		t.Fatal(err)
	}
	execChromium(t, dir+"whole", "UPDATE meta SET value = '9' WHERE key = 'last_compatible_version'")
	if err := s.Remove(context.Background(), saved); Code(err) != evidence.Foreign {
		t.Errorf("removed from a database of a future version: %v", err)
	}
}

// TestChromiumLocked has another program hold the database.
func TestChromiumLocked(t *testing.T) {
	m, home := testHome(t)
	profile := home + "/.config/chromium/Default"
	makeChromium(t, profile)
	c := newAuthority(t, "Qaznet Trust Network", 5).Certificate
	execChromium(t, profile, chromiumStatement(c, trustTrusted))
	s, ctx := chromiumAt(t, m, profile), context.Background()
	saved, err := s.Save(ctx, find1(t, mustList(t, s), c.Print))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+profile+"/"+chromiumName)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"BEGIN IMMEDIATE", "UPDATE meta SET value = value"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustList(t, s); len(got) != 1 {
		t.Errorf("listed %d while another program writes", len(got))
	}
	if err := s.Remove(ctx, saved); Code(err) != evidence.Locked && !errors.Is(err, ErrBusy) {
		t.Errorf("removed while another program writes: %v", err)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if err := s.Remove(ctx, saved); err != nil {
		t.Errorf("removed after: %v", err)
	}
}

func TestChromiumFind(t *testing.T) {
	m, home := testHome(t)
	put := func(dirs ...string) {
		for _, dir := range dirs {
			touch(t, home+"/"+dir+"/"+chromiumName)
		}
	}
	put(".config/google-chrome/Default", ".config/google-chrome/Profile 1", ".config/google-chrome-beta/Default", ".config/chromium/Default",
		".config/microsoft-edge/Default", ".config/BraveSoftware/Brave-Browser/Default", ".config/yandex-browser/Default", ".config/opera",
		".config/opera/Default", ".config/vivaldi/Default", "snap/chromium/common/chromium/Default", "snap/opera/common/.config/opera",
		".var/app/com.google.Chrome/config/google-chrome/Default", ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/Default",
		".config/never-heard-of/Default", ".config/no-browser/Default", ".config/BraveSoftware/New/Default")
	write(t, home+"/.config/never-heard-of/Local State", "{}")
	write(t, home+"/.config/BraveSoftware/New/Local State", "{}")
	write(t, home+"/.config/google-chrome/Local State", `{"profile":{"info_cache":{"Profile 1":{"name":"Жұмыс"},"Default":{"name":""},"../x":{"name":"y"}}}}`)
	if err := os.Symlink("common", home+"/snap/chromium/current"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		".config/google-chrome/Default":                                         "Google Chrome|Default",
		".config/google-chrome/Profile 1":                                       "Google Chrome|Жұмыс",
		".config/google-chrome-beta/Default":                                    "Google Chrome Beta|",
		".config/chromium/Default":                                              "Chromium|",
		".config/microsoft-edge/Default":                                        "Microsoft Edge|",
		".config/BraveSoftware/Brave-Browser/Default":                           "Brave|",
		".config/BraveSoftware/New/Default":                                     "New|",
		".config/yandex-browser/Default":                                        "Yandex Browser|",
		".config/opera":                                                         "Opera|",
		".config/opera/Default":                                                 "Opera|Default",
		".config/vivaldi/Default":                                               "Vivaldi|",
		".config/never-heard-of/Default":                                        "never-heard-of|",
		"snap/chromium/common/chromium/Default":                                 "Chromium|snap",
		"snap/opera/common/.config/opera":                                       "Opera|snap",
		".var/app/com.google.Chrome/config/google-chrome/Default":               "Google Chrome|flatpak",
		".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/Default": "Brave|flatpak",
	}
	for _, s := range chromiumStores(m) {
		p := s.Place()
		key := strings.TrimSuffix(strings.TrimPrefix(p.Path, home+"/"), "/"+chromiumName)
		if got := p.Program + "|" + p.Label; got != want[key] || p.Owner != "aigul" || p.Kind != evidence.Chromium {
			t.Errorf("%s: %s, want %s", key, got, want[key])
		}
		delete(want, key)
	}
	for key := range want {
		t.Errorf("not found: %s", key)
	}
}

// TestChromiumFindElsewhere looks on the disks of other systems.
func TestChromiumFindElsewhere(t *testing.T) {
	for goos, want := range map[string]map[string]string{
		"windows": {
			"AppData/Local/Google/Chrome/User Data/Default":               "Google Chrome",
			"AppData/Local/Google/Chrome SxS/User Data/Profile 2":         "Google Chrome Canary",
			"AppData/Local/Microsoft/Edge/User Data/Default":              "Microsoft Edge",
			"AppData/Local/BraveSoftware/Brave-Browser/User Data/Default": "Brave",
			"AppData/Local/Yandex/YandexBrowser/User Data/Default":        "Yandex Browser",
			"AppData/Local/Vivaldi/User Data/Default":                     "Vivaldi",
			"AppData/Local/Chromium/User Data/Default":                    "Chromium",
			"AppData/Local/Mail.Ru/Atom/User Data/Default":                "Atom",
			"AppData/Roaming/Opera Software/Opera Stable":                 "Opera",
			"AppData/Roaming/Opera Software/Opera GX Stable/Default":      "Opera GX",
			"AppData/Local/Somebody/Else/User Data/Default":               "Else",
			"AppData/Local/Somebody/User Data/Default":                    "Somebody",
			"Desktop/GoogleChromePortable/Data/profile/Default":           "Google Chrome",
			"PortableApps/SomebodyPortable/Data/profile/Default":          "Somebody",
		},
		"darwin": {
			"Library/Application Support/Google/Chrome/Default":               "Google Chrome",
			"Library/Application Support/Google/Chrome Beta/Profile 1":        "Google Chrome Beta",
			"Library/Application Support/Microsoft Edge/Default":              "Microsoft Edge",
			"Library/Application Support/BraveSoftware/Brave-Browser/Default": "Brave",
			"Library/Application Support/Yandex/YandexBrowser/Default":        "Yandex Browser",
			"Library/Application Support/com.operasoftware.Opera":             "Opera",
			"Library/Application Support/Vivaldi/Default":                     "Vivaldi",
			"Library/Application Support/Chromium/Default":                    "Chromium",
			"Library/Application Support/Somebody/Default":                    "Somebody",
		},
	} {
		t.Run(goos, func(t *testing.T) {
			root := t.TempDir()
			m := &machine.Machine{Root: root, GOOS: goos, Env: func(string) string { return "" },
				People: []machine.Person{{Name: "aigul", Home: "/Users/aigul", Self: true}}}
			for dir := range want {
				touch(t, root+"/Users/aigul/"+dir+"/"+chromiumName)
				if strings.Contains(dir, "Somebody") || strings.Contains(dir, "Portable") {
					write(t, root+"/Users/aigul/"+filepath.Dir(dir)+"/Local State", "{}")
				}
			}
			got := map[string]string{}
			for _, s := range chromiumStores(m) {
				got[strings.TrimSuffix(strings.TrimPrefix(s.Place().Path, "/Users/aigul/"), "/"+chromiumName)] = s.Place().Program
			}
			for dir, program := range want {
				if got[dir] != program {
					t.Errorf("%s: %q, want %q", dir, got[dir], program)
				}
			}
			if len(got) != len(want) {
				t.Errorf("found %v", got)
			}
		})
	}
}

func TestChromiumTrust(t *testing.T) {
	for text, want := range map[string]evidence.Trust{
		"0a020803":                            evidence.Web,
		"0a020802":                            evidence.Distrusted,
		"0a020801":                            evidence.Other,
		"0a020800":                            evidence.Unknown,
		"":                                    evidence.Unknown,
		"0a00":                                evidence.Unknown,
		"0a020804":                            evidence.Unknown,
		"0a0308ff01":                          evidence.Unknown,
		"0a020802120a0a08676f7620":            evidence.Unknown, // cut short
		"0a020802120a0a08676f762e6b7a2e6b7a":  evidence.Unknown, // one byte too many
		"0a02080312090a07676f762e6b7a61":      evidence.Web,     // with names
		"0a0208030a020802":                    evidence.Distrusted,
		"120022000a020803":                    evidence.Web,
		"0803":                                evidence.Unknown,
		"0a0a0a0a":                            evidence.Unknown,
		"1d010203040a020803":                  evidence.Web,
		"1901020304050607080a020802":          evidence.Distrusted,
		"0a0b08ffffffffffffffffff01":          evidence.Unknown,
		"0a0208031bff":                        evidence.Unknown,
		"0a0408031802":                        evidence.Web,
		"12ffffffffffffffffff01" + "0a020803": evidence.Unknown,
	} {
		settings, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := chromiumTrust(settings); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func FuzzChromiumTrust(f *testing.F) {
	for _, text := range []string{"0a020803", "0a020802", "0a02080312090a07676f762e6b7a", "12ffffffffffffffffff010a020803"} {
		settings, _ := hex.DecodeString(text)
		f.Add(settings)
	}
	f.Fuzz(func(t *testing.T, settings []byte) {
		switch got := chromiumTrust(settings); got {
		case evidence.Web, evidence.Other, evidence.Distrusted, evidence.Unknown:
		default:
			t.Errorf("%x: %q", settings, got)
		}
	})
}

// TestYandexBrowser tells of the root that the browser has built in, in versions that have it.
func TestYandexBrowser(t *testing.T) {
	for version, want := range map[string]int{"24.4.1.951": 1, "22.3.0\n": 1, "21.11.4": 0, "": 1, "odd": 1} {
		m, home := testHome(t)
		dir := home + "/.config/yandex-browser"
		write(t, dir+"/Local State", "{}")
		if version != "" {
			write(t, dir+"/Last Version", version)
		}
		makeChromium(t, dir+"/Default")
		found := 0
		for _, s := range chromiumStores(m) {
			if s.Place().Kind != evidence.BuiltIn {
				continue
			}
			for _, entry := range mustList(t, s) {
				found++
				if entry.Cert.Print.String() != russianRoot || entry.Needs != evidence.Never || entry.Trust != evidence.Web || s.Place().Program != "Yandex Browser" {
					t.Errorf("%+v", entry)
				}
			}
			if _, removes := s.(Remover); removes {
				t.Error("what is built in could be removed")
			}
		}
		if found != want {
			t.Errorf("%q: %d", version, found)
		}
		if got := needShared(t, "ru-russian-trusted-root-ca-2022-d26d2d02.pem"); got.Print.String() != russianRoot {
			t.Error("another certificate")
		}
	}
	m, home := testHome(t) // a folder that another program left
	touch(t, home+"/.config/yandex-browser/x")
	for _, s := range chromiumStores(m) {
		t.Errorf("found %+v", s.Place())
	}
}
