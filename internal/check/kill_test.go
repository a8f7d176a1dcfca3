package check

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// The walk of kills: a removal runs in a process of its own, which kills itself with SIGKILL at the n-th durable step, for every n there is. Whatever was on the
// disk then must be either untouched, or be finished and undone by the receipt.

const (
	killAt    = "QULYP_TEST_KILL_AT"
	killDisk  = "QULYP_TEST_DISK"
	killState = "QULYP_TEST_STATE"
	killVerb  = "QULYP_TEST_VERB"
	killBlock = "QULYP_TEST_BLOCK" // keep out as well
)

func TestMain(m *testing.M) {
	if os.Getenv(killAt) != "" {
		os.Exit(victim())
	}
	os.Exit(m.Run())
}

// victim is the process that kills itself.
func victim() int {
	at, _ := strconv.Atoi(os.Getenv(killAt))
	c, err := onDisk(os.Getenv(killDisk), os.Getenv(killState))
	if err != nil {
		fmt.Println(err)
		return 2
	}
	step := 0
	c.Step = func(string) {
		if step++; step == at {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Kill() //nolint:errcheck // see below
			}
			select {} // the signal is on its way
		}
	}
	var done Done
	if os.Getenv(killVerb) == "undo" {
		receipts, _ := Receipts(c.Machine.State)
		done, err = c.Undo(ctx, receipts[0].ID, nil)
	} else {
		e, _ := c.Look(ctx, nil, nil)
		done, err = c.Do(ctx, c.Plan(ctx, e, Pick{Block: os.Getenv(killBlock) != ""}), nil)
	}
	if err != nil || !done.Good() || !done.Kept() {
		fmt.Printf("%+v %v\n", done, err)
		return 1
	}
	return 0
}

func onDisk(disk, state string) (*Checker, error) {
	m, err := machine.Disk(disk)
	if err != nil {
		return nil, err
	}
	m.State = state
	data, err := os.ReadFile("../../assets/authorities.json")
	if err != nil {
		return nil, err
	}
	l, err := catalog.Parse(data)
	if err != nil {
		return nil, err
	}
	return &Checker{Machine: m, List: l, Stores: store.All, Version: "test"}, nil
}

// plantDisk makes a disk with a Debian system and two Firefox profiles, all with the same look-alike root, and one harmless root in each.
func plantDisk(t *testing.T) string {
	need(t, "certutil")
	disk := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(disk, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bad := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lookalike(t)}))
	good := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: harmless(t)}))
	write("etc/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\n")
	write("etc/ca-certificates.conf", "# none\n")
	write("etc/passwd", "aida:x:1000:1000::/home/aida:/bin/sh\n")
	write("usr/local/share/ca-certificates/isca.crt", bad)
	write("usr/local/share/ca-certificates/both.crt", "# two\n"+good+bad+"# end\n")
	write("etc/ssl/certs/ca-certificates.crt", good+bad)
	for _, profile := range []string{"home/aida/.mozilla/firefox/a.default", "home/aida/.config/mozilla/firefox/b.default-release"} {
		folder := filepath.Join(disk, profile)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		write("bad.pem", bad)
		write("good.pem", good)
		for _, arguments := range [][]string{
			{"-N", "--empty-password"}, {"-A", "-n", "isca", "-t", "C,,", "-i", filepath.Join(disk, "bad.pem")}, {"-A", "-n", "good", "-t", "C,,", "-i", filepath.Join(disk, "good.pem")},
		} {
			if out, err := exec.Command("certutil", append([]string{"-d", "sql:" + folder}, arguments...)...).CombinedOutput(); err != nil {
				t.Fatalf("certutil: %v\n%s", err, out)
			}
		}
	}
	os.Remove(filepath.Join(disk, "bad.pem"))
	os.Remove(filepath.Join(disk, "good.pem"))
	return disk
}

// need skips the test, with its reason, when a program is not installed; with QULYP_NEED_ALL it fails.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("QULYP_NEED_ALL") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

// plantKeeping makes a disk of Fedora, whose system can refuse, with a profile of Chromium, which can too, and a profile of Firefox, which cannot.
func plantKeeping(t *testing.T) string {
	need(t, "sqlite3")
	disk := plantDisk(t)
	for _, name := range []string{"etc/ca-certificates.conf", "etc/ssl/certs/ca-certificates.crt", "home/aida/.config/mozilla"} {
		if err := os.RemoveAll(filepath.Join(disk, name)); err != nil {
			t.Fatal(err)
		}
	}
	bad, err := os.ReadFile(filepath.Join(disk, "usr/local/share/ca-certificates/isca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(bad)
	for name, text := range map[string]string{
		"etc/os-release": "NAME=\"Fedora Linux\"\nID=fedora\n",
		"etc/pki/ca-trust/source/anchors/isca.crt":   string(bad),
		"etc/pki/ca-trust/source/blocklist/README":   "certificates that nothing is to trust\n",
		"home/aida/.config/chromium/Default/History": "",
	} {
		name = filepath.Join(disk, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(disk, "usr/local/share/ca-certificates")); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
		INSERT INTO meta VALUES('version', '1'), ('last_compatible_version', '1');
		CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL);
		INSERT INTO certificates VALUES('%s', x'%x', x'0a020803');`, cert.Of(block.Bytes), block.Bytes)
	command := exec.Command("sqlite3", filepath.Join(disk, "home/aida/.config/chromium/Default/ServerCertificate"))
	command.Stdin = strings.NewReader(script)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
	return disk
}

func TestKillAtEachStep(t *testing.T) {
	walkOfKills(t, plantDisk(t), false)
}

// TestKillAtEachStepOfBlock walks through a removal that keeps the certificate out as well, and through its undo.
func TestKillAtEachStepOfBlock(t *testing.T) {
	walkOfKills(t, plantKeeping(t), true)
}

func walkOfKills(t *testing.T, template string, block bool) {
	if testing.Short() {
		t.Skip("walks through dozens of processes: not in a short run")
	}
	c, err := onDisk(template, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, c)
	if strings.Count(before, "state-lookalike") != 3 {
		t.Fatalf("planted\n%s", before)
	}
	kills := 0
	for _, verb := range []string{"remove", "undo"} {
		for at := 1; ; at++ {
			if at > 200 {
				t.Fatal("the walk does not end")
			}
			disk, state := filepath.Join(t.TempDir(), "disk"), t.TempDir()
			copyTree(t, template, disk)
			c, err := onDisk(disk, state)
			if err != nil {
				t.Fatal(err)
			}
			if verb == "undo" { // something to undo
				e, _ := c.Look(ctx, nil, nil)
				if done, err := c.Do(ctx, c.Plan(ctx, e, Pick{Block: block}), nil); err != nil || !done.Good() || !done.Kept() || block != (len(done.Holds) == 2) {
					t.Fatalf("%+v, %v", done, err)
				}
			}
			killed := run(t, verb, at, disk, state, block)
			afterKill(t, c, verb, at, before, block)
			if !killed {
				break
			}
			kills++
		}
	}
	t.Logf("killed %d times", kills)
	if kills < 20 {
		t.Errorf("only %d steps: the walk is broken", kills)
	}
}

// run runs the victim and tells whether it was killed.
func run(t *testing.T, verb string, at int, disk, state string, block bool) bool {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = os.Environ()
	if block {
		command.Env = append(command.Env, killBlock+"=1")
	}
	command.Env = append(command.Env, killAt+"="+strconv.Itoa(at), killDisk+"="+disk, killState+"="+state, killVerb+"="+verb)
	out, err := command.CombinedOutput()
	if err == nil {
		return false
	}
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true
	}
	t.Fatalf("%s, step %d: %v\n%s", verb, at, err, out)
	return false
}

// afterKill undoes, finishes and undoes again, and looks at everything each time.
func afterKill(t *testing.T, c *Checker, verb string, at int, before string, block bool) {
	t.Helper()
	receipts, err := Receipts(c.Machine.State)
	if err != nil {
		t.Fatalf("%s, step %d: %v", verb, at, err)
	}
	if len(receipts) == 0 {
		if now := snapshot(t, c); now != before {
			t.Fatalf("%s, step %d: no receipt, and yet changed\n%s", verb, at, now)
		}
		return
	}
	id := receipts[0].ID
	check := func(what string, done Done, err error, want func(string) bool) {
		t.Helper()
		if err != nil || !done.Good() || !done.Kept() {
			t.Fatalf("%s, step %d: %s: %+v, %v", verb, at, what, done, err)
		}
		if now := snapshot(t, c); !want(now) {
			t.Fatalf("%s, step %d: after %s\n%s\nbefore\n%s", verb, at, what, now, before)
		}
	}
	clean := func(now string) bool {
		if refused := strings.Count(now, "distrusted state-lookalike"); block {
			return refused == 2 && strings.Count(now, "state-lookalike") == refused && strings.Count(now, "unknown") == strings.Count(before, "unknown")
		}
		return !strings.Contains(now, "state-lookalike") && strings.Count(now, "unknown") == strings.Count(before, "unknown")
	}
	same := func(now string) bool { return now == before }
	if len(receipts[0].Items) > 0 && verb == "remove" {
		done, err := c.Resume(ctx, id, nil)
		check("finishing", done, err, clean)
	}
	done, err := c.Undo(ctx, id, nil)
	check("undo", done, err, same)
}

// snapshot is everything that vouches for web sites on the disk, with the bytes of the system's files, as text to compare.
func snapshot(t *testing.T, c *Checker) string {
	t.Helper()
	e, _ := c.Look(ctx, nil, nil)
	var lines []string
	for _, seen := range e.Places {
		for _, trouble := range seen.Troubles {
			t.Fatalf("unreadable: %v", trouble)
		}
		for _, entry := range seen.Entries {
			lines = append(lines, fmt.Sprintf("%s %s %s %s %v", seen.Place.Path, entry.Cert.Print.Short(), entry.Trust, c.List.Classify(entry.Cert).Class, entry.Where))
		}
	}
	slices.Sort(lines)
	for _, name := range []string{"etc/pki/ca-trust/source/anchors/isca.crt", "usr/local/share/ca-certificates/isca.crt", "usr/local/share/ca-certificates/both.crt", "etc/ssl/certs/ca-certificates.crt"} {
		data, err := os.ReadFile(filepath.Join(c.Machine.Root, name))
		info, _ := os.Stat(filepath.Join(c.Machine.Root, name))
		if err == nil {
			lines = append(lines, fmt.Sprintf("%s %x %v", name, bytes.Count(data, []byte("\n")), info.Mode()))
		}
	}
	return strings.Join(lines, "\n")
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(name, from))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, data, 0o644); err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.Chtimes(target, time.Time{}, info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
}
