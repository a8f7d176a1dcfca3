//go:build unix

package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestTroublesNSS spoils a database in each way that occurs, and wants the right reason, while the store beside it is read as ever.
func TestTroublesNSS(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	template := t.TempDir()
	makeNSS(t, template)
	plantNSS(t, template, "Qaznet", "C,,", root.Certificate)
	sound, err := os.ReadFile(filepath.Join(template, "cert9.db"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(data []byte) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	junk := make([]byte, 40_000)
	rand.Read(junk)
	newer := bytes.Clone(sound)
	newer[18], newer[19] = 3, 3
	cases := []struct {
		name  string
		spoil func(t *testing.T, file string)
		want  evidence.Code // empty: no trouble
	}{
		{"sound", put(sound), ""},
		{"empty", put(nil), evidence.Damaged},
		{"short", put(sound[:60]), evidence.Damaged},
		{"cut after a page", put(sound[:4096]), evidence.Damaged},
		{"cut in the middle", put(sound[:len(sound)/2+100]), evidence.Damaged},
		{"last byte missing", put(sound[:len(sound)-1]), evidence.Damaged},
		{"junk, or encrypted", put(junk), evidence.Damaged},
		{"junk after the header", put(append(bytes.Clone(sound[:100]), junk[:len(sound)-100]...)), evidence.Damaged},
		{"old format under the new name", put(append([]byte{0x00, 0x06, 0x15, 0x61}, junk...)), evidence.Damaged},
		{"of a newer SQLite", put(newer), evidence.Foreign},
		{"of another program", func(t *testing.T, file string) {
			db := openNSS(t, filepath.Dir(file))
			defer db.Close()
			if _, err := db.Exec("CREATE TABLE bookmarks (id, url)"); err != nil {
				t.Fatal(err)
			}
		}, evidence.Foreign},
		{"of a later NSS that names things otherwise", func(t *testing.T, file string) {
			put(sound)(t, file)
			execNSS(t, filepath.Dir(file), "ALTER TABLE nssPublic RENAME COLUMN a11 TO b11")
		}, evidence.Foreign},
		{"a folder", func(t *testing.T, file string) {
			if err := os.Mkdir(file, 0o700); err != nil {
				t.Fatal(err)
			}
		}, evidence.Damaged},
		{"a pipe", func(t *testing.T, file string) {
			if err := syscall.Mkfifo(file, 0o600); err != nil {
				t.Fatal(err)
			}
		}, evidence.Damaged},
		{"a device", func(t *testing.T, file string) {
			if err := os.Symlink("/dev/zero", file); err != nil {
				t.Fatal(err)
			}
		}, evidence.Damaged},
		{"a link in a circle", func(t *testing.T, file string) {
			if err := os.Symlink("cert9.db", file); err != nil {
				t.Fatal(err)
			}
		}, evidence.LinkLoop},
		{"far too large", func(t *testing.T, file string) {
			put(sound)(t, file)
			if err := os.Truncate(file, maxDatabase+1); err != nil {
				t.Fatal(err)
			}
		}, evidence.TooLarge},
		{"locked by another program", func(t *testing.T, file string) {
			put(sound)(t, file)
			lockElsewhere(t, file)
		}, evidence.Locked},
		{"gone", func(*testing.T, string) {}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, home := testHome(t)
			dir, beside := home+"/.mozilla/firefox/x.spoilt", home+"/.mozilla/firefox/y.sound"
			for _, d := range []string{dir, beside} {
				if err := os.MkdirAll(d, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			put(sound)(t, beside+"/cert9.db")
			c.spoil(t, dir+"/cert9.db")
			seen := map[string]evidence.Code{}
			for _, s := range nssStores(m) {
				started := time.Now()
				entries, err := s.List(context.Background())
				if took := time.Since(started); took > 5*time.Second {
					t.Errorf("took %s", took)
				}
				code := evidence.Code("")
				if err != nil {
					var trouble evidence.Trouble
					if !errors.As(err, &trouble) || !strings.HasPrefix(trouble.Path, dir) {
						t.Errorf("not a trouble with the place: %v", err)
					}
					code = Code(err)
				} else {
					find1(t, entries, root.Print)
				}
				seen[filepath.Base(s.Place().Path)] = code
			}
			if code, ok := seen["y.sound"]; !ok || code != "" {
				t.Errorf("the sound one beside it: %v %q", ok, code)
			}
			if code, ok := seen["x.spoilt"]; code != c.want || ok == (c.name == "gone") {
				t.Errorf("%q (listed: %v), want %q", code, ok, c.want)
			}
			if r, ok := nssStoreAt(m, dir).(Remover); ok && c.want != "" { // nothing may be written either
				saved := saveOne(t, nssAt(m, beside), root.Print)
				saved.Place.Path = dir
				if err := r.Remove(context.Background(), saved); Code(err) != c.want {
					t.Errorf("removing from it: %v, want %q", err, c.want)
				}
			}
		})
	}
}

// nssStoreAt is the store that is found for the folder; nil when none is.
func nssStoreAt(m *machine.Machine, dir string) Store {
	for _, s := range nssStores(m) {
		if s.Place().Path == dir {
			return s
		}
	}
	return nil
}

// lockElsewhere holds an exclusive lock on a database from another process until the test ends: locks of one process do not hinder itself.
func lockElsewhere(t *testing.T, file string) {
	t.Helper()
	command := exec.Command(needTool(t, "sqlite3"), file)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); command.Wait() }) //nolint:errcheck // it ends with its input
	io.WriteString(in, "BEGIN EXCLUSIVE;\nSELECT 'held';\n")
	if got, err := io.ReadAll(io.LimitReader(out, 5)); err != nil || string(got) != "held\n" {
		t.Fatalf("lock: %q %v", got, err)
	}
}

// TestReadingTouchesNothing compares everything in the folder before and after: plain, with a write-ahead log, with a change that was cut short.
func TestReadingTouchesNothing(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	later := newAuthority(t, "Later", 3)
	sqlite := func(t *testing.T, dir, script string) {
		command := exec.Command(needTool(t, "sqlite3"), filepath.Join(dir, "cert9.db"))
		command.Stdin = strings.NewReader(script)
		if out, err := command.CombinedOutput(); err != nil && !strings.Contains(script, ".system kill") {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	cases := []struct {
		name   string
		script string
		files  string // that must be there for the case to be the case
		later  bool   // whether the second certificate is part of what a reader sees
	}{
		{"plain", "", "cert9.db key4.db pkcs11.txt", false},
		// the shell kills itself, so that the log is not folded back into the database
		{"write-ahead log", "PRAGMA journal_mode=WAL;\n" + certStatement(5, later.Certificate) + ";\n.system kill -9 $PPID\n", "cert9.db cert9.db-wal", true},
		// pages are written to the file before the end of the transaction, since the cache is too small: what a crash leaves
		{"cut short", "PRAGMA cache_size=1;\nPRAGMA cache_spill=1;\nBEGIN EXCLUSIVE;\n" + certStatement(5, later.Certificate) +
			";\nUPDATE nssPublic SET a11 = zeroblob(90000) WHERE a0 = x'00000001';\n.system kill -9 $PPID\n", "cert9.db cert9.db-journal", false},
	}
	for _, c := range cases {
		for _, mode := range []os.FileMode{0o700, 0o500} {
			t.Run(c.name+" "+mode.String(), func(t *testing.T) {
				m, home := testHome(t)
				dir := filepath.Join(home, "profile")
				makeNSS(t, dir)
				plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
				if c.script != "" {
					sqlite(t, dir, c.script)
				}
				for name := range strings.FieldsSeq(c.files) {
					if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
						t.Fatalf("the case was not made: %s is not there", name)
					}
				}
				if err := os.Chmod(dir, mode); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { os.Chmod(dir, 0o700) })
				before := footprints(t, dir)
				entries := mustList(t, nssAt(m, dir))
				entry := find1(t, entries, root.Print)
				if entry.Trust != evidence.Web {
					t.Errorf("trust %q", entry.Trust)
				}
				if got := len(entries) == 2; got != c.later {
					t.Errorf("%d certificates", len(entries))
				}
				saved := saveOne(t, nssAt(m, dir), root.Print)
				untouched(t, dir, before)
				if list, err := filepath.Glob(filepath.Join(os.TempDir(), "qulyp-*", "copy.db*")); err != nil || len(list) != 0 {
					t.Errorf("copies left behind: %q", list)
				}
				if mode == 0o700 { // and what was read can be removed, whatever state the file is in
					if err := nssAt(m, dir).Remove(context.Background(), saved); err != nil {
						t.Fatal(err)
					}
					if left := mustList(t, nssAt(m, dir)); slices.ContainsFunc(left, func(e evidence.Entry) bool { return e.Cert.Print == root.Print }) {
						t.Error("still listed")
					}
				}
			})
		}
	}
}

// withoutRights runs one test again as an account without rights, since an administrator is kept from nothing. It reports whether this is that run.
func withoutRights(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return true
	}
	dir, err := os.MkdirTemp("", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	data, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "-test.run=^"+t.Name()+"$", "-test.v")
	command.Dir = dir
	command.Env = append(os.Environ(), "HOME="+dir, "TMPDIR="+dir)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return false
}

// TestNoPermissionNSS wants what may not be read to be said, at each depth, and what may not be written to stay.
func TestNoPermissionNSS(t *testing.T) {
	if !withoutRights(t) {
		return
	}
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	ctx := context.Background()
	for _, shut := range []string{"", ".mozilla", ".mozilla/firefox", ".mozilla/firefox/x.a", ".mozilla/firefox/x.a/cert9.db", ".var/app", "snap",
		".pki", ".mozilla/firefox/profiles.ini", ".mozilla/firefox/Profile Groups"} {
		m, home := testHome(t)
		touch(t, home+"/.mozilla/firefox/x.a/cert9.db")
		write(t, home+"/.mozilla/firefox/profiles.ini", "[Profile0]\nPath=x.a\n")
		for _, dir := range []string{".var/app", "snap", ".pki/nssdb", ".mozilla/firefox/Profile Groups"} {
			if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(home, shut)
		if err := os.Chmod(file, 0); err != nil {
			t.Fatal(err)
		}
		var codes []evidence.Code
		for _, s := range nssStores(m) {
			if _, err := s.List(ctx); err != nil {
				codes = append(codes, Code(err))
			}
		}
		if !slices.Contains(codes, evidence.NoPermission) {
			t.Errorf("%q shut: %q", shut, codes)
		}
		os.Chmod(file, 0o700)
	}

	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	saved := saveOne(t, nssAt(m, dir), root.Print)
	for file, mode := range map[string]os.FileMode{"cert9.db": 0o400, "": 0o500} {
		file = filepath.Join(dir, file)
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if err := nssAt(m, dir).Remove(ctx, saved); Code(err) != evidence.NoPermission {
			t.Errorf("%s shut: %v", file, err)
		}
		os.Chmod(file, 0o700)
	}
	find1(t, mustList(t, nssAt(m, dir)), root.Print)
}

// TestOtherPeople wants an administrator to leave the databases of other accounts alone, and not to be led astray by their links.
func TestOtherPeople(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	ctx := context.Background()
	m, home := testHome(t)
	dir := home + "/.pki/nssdb"
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	saved := saveOne(t, nssAt(m, dir), root.Print)
	saved.Place.Program = sharedProgram
	m.People = []machine.Person{{Name: "root", Home: t.TempDir(), Self: true}, {Name: "aigul", Home: home, UID: 1000}}
	s := nssStoreAt(m, dir).(*nss)
	if entry := find1(t, mustList(t, s), root.Print); entry.Needs != evidence.OtherUser {
		t.Errorf("needs %q", entry.Needs)
	}
	if err := s.Remove(ctx, saved); Code(err) != evidence.NeedsUser {
		t.Errorf("removing from another account: %v", err)
	}
	find1(t, mustList(t, s), root.Print)

	needRoot(t, "only an administrator has more rights than the owner of the link")
	theirs := filepath.Join(t.TempDir(), "theirs")
	if err := os.Mkdir(theirs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(theirs, 1000, 1000); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir+"/cert9.db", theirs+"/cert9.db"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, theirs+"/whole"); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{theirs, theirs + "/whole"} {
		saved.Place.Path = place
		if err := nssAt(m, place).Remove(ctx, saved); Code(err) != evidence.NeedsUser {
			t.Errorf("%s: following the link of another account: %v", place, err)
		}
	}
	find1(t, mustList(t, s), root.Print)
}

// TestKilledNSS kills a process that removes and restores for ever, at any moment: the database is whole afterwards, with the certificate in it or
// without, and the receipt can both finish and undo the work.
func TestKilledNSS(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	ctx := context.Background()
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	full := dumpNSS(t, dir)
	saved := saveOne(t, nssAt(m, dir), root.Print)
	receipt := filepath.Join(home, "receipt")
	text, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(receipt, text, 0o600); err != nil {
		t.Fatal(err)
	}
	const kills = 40
	journals := 0
	for i := range kills {
		command := exec.Command(os.Args[0], "-test.run=^TestRemoveForEver$")
		command.Env = append(os.Environ(), "QULYP_TEST_RECEIPT="+receipt)
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(io.LimitReader(out, 6)); err != nil || string(got) != "began\n" {
			t.Fatalf("%q %v", got, err)
		}
		time.Sleep(time.Duration(i*317%23) * time.Millisecond)
		command.Process.Kill()
		command.Wait()
		if info, err := os.Stat(dir + "/cert9.db-journal"); err == nil && info.Size() > 0 {
			journals++
		}
		var listed bool
		for _, entry := range mustList(t, nssAt(m, dir)) {
			listed = listed || entry.Cert.Print == root.Print && entry.Trust == evidence.Web
			if entry.Trust != evidence.Web || entry.Orphan {
				t.Fatalf("half done: %+v", entry)
			}
		}
		if err := nssAt(m, dir).Remove(ctx, saved); err != nil {
			t.Fatalf("finish (it was listed: %v): %v", listed, err)
		}
		if left := mustList(t, nssAt(m, dir)); len(left) != 0 {
			t.Fatal("finished, and still listed")
		}
		if err := nssAt(m, dir).Restore(ctx, saved); err != nil {
			t.Fatalf("undo: %v", err)
		}
		if got := dumpNSS(t, dir); got != full {
			t.Fatalf("not what it was:\n%s\nwas:\n%s", got, full)
		}
	}
	t.Logf("%d of %d kills hit a transaction", journals, kills)
}

// TestRemoveForEver is no test: it is the process that TestKilledNSS kills.
func TestRemoveForEver(t *testing.T) {
	file := os.Getenv("QULYP_TEST_RECEIPT")
	if file == "" {
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var saved Saved
	if err := json.Unmarshal(text, &saved); err != nil {
		t.Fatal(err)
	}
	m, _ := testHome(t)
	s := nssAt(m, saved.Place.Path)
	os.Stdout.WriteString("began\n")
	for stop := time.Now().Add(time.Minute); time.Now().Before(stop); {
		if err := s.Remove(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
		if err := s.Restore(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
	}
}
