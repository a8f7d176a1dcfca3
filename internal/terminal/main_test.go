package terminal

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/term"

	"qulyp/internal/catalog"
	"qulyp/internal/machine"
	"qulyp/internal/probe"
	"qulyp/internal/store"
	"qulyp/internal/words"
)

var update = flag.Bool("update", false, "write the goldens afresh")

// today is when the tests are run, so that goldens stay what they are.
var today = time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){Name: func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		program := testProgram()
		if os.Getenv("QULYP_TEST_REAL") != "" {
			program.Console.Ask = term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))
		}
		os.Exit(int(program.Run(ctx, os.Args[1:])))
	}})
}

// testProgram is the program with the real data and the real stores, and with a clock that stands still. Two variables stand in for a person at a terminal:
// QULYP_TEST_ASK (somebody sits there) and QULYP_TEST_COLOUR.
func testProgram() *Program {
	data := os.DirFS(os.Getenv("QULYP_TEST_ASSETS"))
	list, err := catalog.Parse(must(os.ReadFile(filepath.Join(os.Getenv("QULYP_TEST_ASSETS"), "authorities.json"))))
	noError(err)
	hosts, err := catalog.ParseHosts(must(os.ReadFile(filepath.Join(os.Getenv("QULYP_TEST_ASSETS"), "hosts.json"))))
	noError(err)
	book, err := words.Load(data)
	noError(err)
	still := func() time.Time { return today }
	return &Program{
		Version: "0.0.0", List: list, Hosts: hosts, Book: book, Zone: time.UTC,
		Console: &Console{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Ask: os.Getenv("QULYP_TEST_ASK") != "", Colour: os.Getenv("QULYP_TEST_COLOUR") != ""},
		Local:   func() *machine.Machine { return testLocal(still) },
		Disk: func(root string) (*machine.Machine, error) {
			m, err := machine.Disk(root)
			if err == nil {
				m.Now = still
				m.Admin = os.Getenv("QULYP_TEST_ADMIN") != "" // whoever runs the tests
			}
			return m, err
		},
		Stores: store.All, Languages: func() ([]string, string) { return machine.Languages(os.Getenv) },
		Notify: func(title, text string) error {
			return os.WriteFile(os.Getenv("QULYP_TEST_NOTICE"), []byte(title+"\n"+text+"\n"), 0o600)
		},
		Tester: &Tester{Prober: &probe.Prober{}, List: list}, Seed: func() uint64 { return 1 },
		Step: func(name string) { // a script can have the program killed in the middle of a removal
			if name == os.Getenv("QULYP_TEST_KILL") {
				self, _ := os.FindProcess(os.Getpid())
				self.Kill()
				select {}
			}
		},
	}
}

// testLocal is this computer; or, where QULYP_TEST_LOCAL names a disk, that disk as if it were this computer, with the person's own home and state.
func testLocal(now func() time.Time) *machine.Machine {
	m := machine.Local()
	m.Now = now
	if root := os.Getenv("QULYP_TEST_LOCAL"); root != "" {
		disk := must(machine.Disk(root))
		disk.Admin, disk.Now, disk.State = false, now, must(filepath.Abs("local"))
		disk.People = append([]machine.Person{{Name: "aigul", Home: m.People[0].Home, Self: true}}, disk.People...)
		return disk
	}
	return m
}

func must[T any](value T, err error) T { noError(err); return value }

func noError(err error) {
	if err != nil {
		panic(err)
	}
}

func TestScripts(t *testing.T) {
	assets := must(filepath.Abs("../../assets"))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("QULYP_TEST_ASSETS", assets)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Setenv("LANG", "en_US.UTF-8")
			env.Setenv("QULYP_BIN", must(os.Executable()))
			return os.MkdirAll(filepath.Join(env.WorkDir, "home"), 0o755)
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			}
			// [lacks:TOOL] skip 'why': where everything must be proven, a tool that is not there is an error.
			if tool, ok := strings.CutPrefix(name, "lacks:"); ok {
				_, err := exec.LookPath(tool)
				if err != nil && os.Getenv("QULYP_NEED_ALL") == "1" {
					return false, fmt.Errorf("QULYP_NEED_ALL=1: %w", err)
				}
				return err != nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "debian": debian, "golden": golden, "lookalike": lookalike, "firefox": firefox, "watch": watch, "fedora": fedora, "chromium": chromium,
		},
	})
}

// status N qulyp WORDS... runs the program and holds its exit status against N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// watch WORDS... runs «qulyp watch», whatever it found, and has its messages written to the file notice.
func watch(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("QULYP_TEST_NOTICE", ts.MkAbs("notice"))
	err := ts.Exec(Name, append([]string{"watch"}, args...)...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() <= int(Unsure) {
		return
	}
	ts.Check(err)
}

// debian DIR makes the disk of a Debian computer with one account, aigul.
func debian(ts *testscript.TestScript, _ bool, args []string) {
	root := ts.MkAbs(args[0])
	for _, folder := range []string{"etc/ssl/certs", "etc/ca-certificates", "usr/share/ca-certificates/mozilla", "usr/local/share/ca-certificates", "home/aigul"} {
		ts.Check(os.MkdirAll(filepath.Join(root, folder), 0o755))
	}
	files := map[string]string{
		"etc/os-release":                    "NAME=\"Debian GNU/Linux\"\nID=debian\n",
		"etc/passwd":                        "root:x:0:0:root:/root:/bin/bash\naigul:x:1000:1000:Aigul:/home/aigul:/bin/bash\n",
		"etc/hostname":                      "aigul-pc\n",
		"etc/ca-certificates.conf":          "",
		"etc/ssl/certs/ca-certificates.crt": "",
	}
	for name, content := range files {
		ts.Check(os.WriteFile(filepath.Join(root, name), []byte(content), 0o644))
	}
}

// fedora DIR makes the disk of a computer with Fedora and one account, aigul.
func fedora(ts *testscript.TestScript, _ bool, args []string) {
	root := ts.MkAbs(args[0])
	for _, folder := range []string{"etc/pki/ca-trust/source/anchors", "etc/pki/ca-trust/source/blocklist", "home/aigul"} {
		ts.Check(os.MkdirAll(filepath.Join(root, folder), 0o755))
	}
	ts.Check(os.WriteFile(filepath.Join(root, "etc/os-release"), []byte("NAME=\"Fedora Linux\"\nID=fedora\n"), 0o644))
	ts.Check(os.WriteFile(filepath.Join(root, "etc/passwd"), []byte("aigul:x:1000:1000:Aigul:/home/aigul:/bin/bash\n"), 0o644))
}

// chromium ROOT [CERTIFICATE] makes a profile of Chromium of aigul, in which a certificate may be trusted, with the real SQLite.
func chromium(ts *testscript.TestScript, _ bool, args []string) {
	profile := filepath.Join(ts.MkAbs(args[0]), "home/aigul/.config/chromium/Default")
	ts.Check(os.MkdirAll(profile, 0o700))
	sql := "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR); INSERT INTO meta VALUES('version', '1'), ('last_compatible_version', '1');" +
		"CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL);"
	if len(args) > 1 {
		block, _ := pem.Decode([]byte(ts.ReadFile(args[1])))
		sum := sha256.Sum256(block.Bytes)
		sql += fmt.Sprintf("INSERT INTO certificates VALUES('%x', x'%x', x'0a020803');", sum, block.Bytes)
	}
	ts.Check(ts.Exec("sqlite3", filepath.Join(profile, "ServerCertificate"), sql))
}

// lookalike FILE [COMMON NAME [ORGANIZATION]] makes a root certificate. It is always the same for the same names: without a source of
// chance an ECDSA signature is made as RFC 6979 has it.
func lookalike(ts *testscript.TestScript, _ bool, args []string) {
	name := pkix.Name{CommonName: "Information Security Certification Authority", Organization: []string{"ISCA"}, Country: []string{"KZ"}}
	if len(args) > 1 {
		name = pkix.Name{CommonName: args[1]}
	}
	if len(args) > 2 {
		name.Organization = []string{args[2]}
	}
	seed := sha256.Sum256([]byte(name.String()))
	key := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: name, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 2, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	ts.Check(err)
	sum := sha256.Sum256(der)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
	ts.Setenv("PRINT", hex.EncodeToString(sum[:]))
}

// firefox ROOT PROFILE CERTIFICATE NICKNAME puts a certificate into a Firefox profile of aigul with the real certutil, trusted for web sites.
func firefox(ts *testscript.TestScript, _ bool, args []string) {
	folder := filepath.Join(ts.MkAbs(args[0]), "home/aigul/.mozilla/firefox")
	profile := filepath.Join(folder, args[1])
	if _, err := os.Stat(profile); err != nil {
		ts.Check(os.MkdirAll(profile, 0o700))
		ts.Check(ts.Exec("certutil", "-N", "-d", "sql:"+profile, "--empty-password"))
		ini, err := os.OpenFile(filepath.Join(folder, "profiles.ini"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		ts.Check(err)
		info, err := ini.Stat()
		ts.Check(err)
		number := 0
		if info.Size() > 0 {
			number = strings.Count(string(must(os.ReadFile(ini.Name()))), "[Profile")
		}
		fmt.Fprintf(ini, "[Profile%d]\nName=%s\nIsRelative=1\nPath=%s\n\n", number, args[1][strings.IndexByte(args[1], '.')+1:], args[1])
		ts.Check(ini.Close())
	}
	if len(args) > 2 {
		ts.Check(ts.Exec("certutil", "-A", "-d", "sql:"+profile, "-n", args[3], "-t", "C,,", "-i", ts.MkAbs(args[2])))
	}
}

// What is different in every run.
var changing = []struct {
	shape *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`\d{8}-\d{6}-[0-9a-f]{6}`), "RECEIPT"},
	{regexp.MustCompile(`"ms": \d+`), `"ms": 0`},
	{regexp.MustCompile(`\d+ (ms|мс)\b`), "0 $1"},
	{regexp.MustCompile(`: \d+ мс`), ": 0 мс"},
}

// golden NAME holds the output of the last command against testdata/golden/NAME.
func golden(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile("stdout")
	text = strings.ReplaceAll(text, ts.Getenv("WORK"), "$WORK")
	for _, one := range changing {
		text = one.shape.ReplaceAllString(text, one.with)
	}
	for number, line := range strings.Split(text, "\n") {
		if len([]rune(line)) > 80 && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "SHA-256") && !strings.HasPrefix(line, "  qulyp ") && !strings.Contains(line, `"`) {
			ts.Fatalf("line %d is longer than 80 letters: %q", number+1, line)
		}
	}
	if strings.ContainsAny(text, "⟦⟧") {
		ts.Fatalf("words are missing:\n%s", text)
	}
	name := filepath.Join(must(os.Getwd()), "testdata", "golden", args[0])
	if *update {
		ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
		ts.Check(os.WriteFile(name, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(name)
	ts.Check(err)
	if text != string(want) {
		ts.Fatalf("differs from %s (run with -update to accept):\n%s", name, text)
	}
}
