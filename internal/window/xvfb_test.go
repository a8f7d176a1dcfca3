//go:build linux && !nowindow

package window

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/words"
)

// These tests drive the real program with real keys on a display of its own. QULYP_WINDOW is the program, built with its window and without migrated_fynedo, so that
// Fyne reports every call from a wrong goroutine. See packaging/window-test.sh.

// program is the program under test; without it the test is left out, with its reason.
func program(t *testing.T, tools ...string) string {
	t.Helper()
	path := os.Getenv("QULYP_WINDOW")
	if path == "" {
		t.Skip("QULYP_WINDOW names no program: packaging/window-test.sh builds one and runs this")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("QULYP_NEED_ALL") == "1" {
				t.Fatalf("%s is not there", tool)
			}
			t.Skipf("%s is not there", tool)
		}
	}
	return path
}

// display starts a display and gives its name.
func display(t *testing.T, arguments ...string) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	server := exec.Command("Xvfb", append([]string{"-displayfd", "3", "-noreset", "-nolisten", "tcp", "-screen", "0", "1280x800x24"}, arguments...)...)
	server.ExtraFiles = []*os.File{write}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	number := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(read).ReadString('\n')
		number <- strings.TrimSpace(line)
	}()
	select {
	case n := <-number:
		if n != "" {
			return ":" + n
		}
	case <-time.After(20 * time.Second):
	}
	t.Fatal("the display does not start")
	return ""
}

// person is an account of its own in a home of its own: the tests never run as administrator and never see the home of who runs them.
type person struct {
	home string
	id   *syscall.Credential
}

func newPerson(t *testing.T) person {
	t.Helper()
	home, err := os.MkdirTemp("", "qulyp-home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	p := person{home: home}
	if err := os.Mkdir(filepath.Join(home, ".cache"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(home, ".cache"), 0o777); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		p.id = &syscall.Credential{Uid: 65534, Gid: 65534}
		if err := os.Chown(home, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// command is a command that the person runs.
func (p person) command(ctx context.Context, environment []string, name string, arguments ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Env = append([]string{"HOME=" + p.home, "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LIBGL_ALWAYS_SOFTWARE=1", "TMPDIR=" + p.home}, environment...)
	c.Dir = p.home
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.id, Setpgid: true}
	return c
}

func (p person) run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := p.command(ctx, nil, name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, out)
	}
	return string(out)
}

// plant puts a made-up interception root into two databases of the person, and gives their folders.
func (p person) plant(t *testing.T) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		Subject:   pkix.Name{CommonName: "Information Security Certification Authority Test", Organization: []string{"ISCA"}, Country: []string{"KZ"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(20, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(p.home, "root.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file) // else it is found as a file that lies around
	folders := []string{filepath.Join(p.home, ".pki/nssdb"), filepath.Join(p.home, ".mozilla/firefox/test.default-esr")}
	for _, folder := range folders {
		p.run(t, "mkdir", "-p", folder)
		p.run(t, "certutil", "-N", "-d", "sql:"+folder, "--empty-password")
		p.run(t, "certutil", "-A", "-d", "sql:"+folder, "-n", "root", "-t", "C,,", "-i", file)
	}
	ini := "[Profile0]\nName=default\nIsRelative=1\nPath=test.default-esr\nDefault=1\n"
	if err := os.WriteFile(filepath.Join(p.home, ".mozilla/firefox/profiles.ini"), []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
	return folders
}

// planted counts the databases that have the root in them.
func (p person) planted(t *testing.T, folders []string) (n int) {
	t.Helper()
	for _, folder := range folders {
		n += strings.Count(p.run(t, "certutil", "-L", "-d", "sql:"+folder), "root ")
	}
	return n
}

// session is the program on its display.
type session struct {
	*testing.T
	person  person
	display string
	words   words.Printer
	said    *bytes.Buffer // what the program wrote
	ended   chan error
	process *exec.Cmd
	shots   string // folder for pictures of the screen; empty: none
	shot    int
}

func (s *session) tool(name string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, name, arguments...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display)
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

func (s *session) titles() (all []string) {
	ids, _ := s.tool("xdotool", "search", "--onlyvisible", "--name", ".*")
	for _, id := range strings.Fields(ids) {
		if name, err := s.tool("xdotool", "getwindowname", id); err == nil && name != "" {
			all = append(all, name)
		}
	}
	return all
}

// await waits for the screen with one of these titles, and tells which.
func (s *session) await(keys ...string) string {
	s.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for time.Now().Before(deadline) {
		for _, title := range s.titles() {
			for _, key := range keys {
				if strings.HasSuffix(title, " – "+s.words.Say(key)) {
					time.Sleep(900 * time.Millisecond) // drawn, and past the moment in which a screen does not answer
					s.picture(key)
					return key
				}
			}
		}
		select {
		case err := <-s.ended:
			s.Fatalf("the program ended (%v) before %v:\n%s", err, keys, s.said)
		case <-time.After(150 * time.Millisecond):
		}
	}
	s.Fatalf("%v does not come; windows: %q\n%s", keys, s.titles(), s.said)
	return ""
}

// strikes strikes keys.
func (s *session) strikes(keys ...string) {
	s.Helper()
	for _, key := range keys {
		if _, err := s.tool("xdotool", "key", "--clearmodifiers", key); err != nil {
			s.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
	}
}

func (s *session) picture(name string) {
	if s.shots == "" {
		return
	}
	s.shot++
	file := filepath.Join(s.shots, fmt.Sprintf("%s-%02d-%s.png", s.words.Language(), s.shot, name))
	if _, err := s.tool("import", "-window", "root", file); err != nil {
		s.Log(err)
	}
}

func launch(t *testing.T, p person, screen string, language words.Language, arguments ...string) *session {
	t.Helper()
	s := &session{
		T: t, person: p, display: screen, words: book(t).Printer(language), said: &bytes.Buffer{}, ended: make(chan error, 1), shots: os.Getenv("QULYP_SHOTS"),
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.process = p.command(ctx, []string{"DISPLAY=" + screen, "LANG=C.UTF-8"}, program(t), append(arguments, "--lang", string(language))...)
	s.process.Stdout, s.process.Stderr = s.said, s.said
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.process.Wait() }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-s.ended:
		case <-time.After(10 * time.Second):
		}
		if strings.Contains(s.said.String(), "Error in Fyne call thread") {
			t.Errorf("a call from a wrong goroutine:\n%s", s.said)
		}
		if strings.Contains(s.said.String(), "Translation failure") {
			t.Errorf("Fyne lacks words:\n%s", s.said)
		}
	})
	return s
}

// TestRealWindow goes from the start to the proof, the undo and the end with keys alone, in every language, on real databases.
func TestRealWindow(t *testing.T) {
	program(t, "Xvfb", "xdotool", "certutil", "import")
	for _, language := range languages(t) {
		t.Run(string(language), func(t *testing.T) {
			p := newPerson(t)
			folders := p.plant(t)
			s := launch(t, p, display(t, "+extension", "GLX"), language)
			s.await("screen.start.title")
			s.strikes("Return")
			s.await("screen.live.title")
			s.strikes("Tab", "space")
			s.await("finding.lookalike-installed.title")
			s.strikes("Return")
			s.await("screen.plan.title")
			s.strikes("Escape")
			s.await("finding.lookalike-installed.title")
			if n := p.planted(t, folders); n != 2 {
				t.Fatalf("the root is in %d databases before anything was agreed to, want 2", n)
			}
			s.strikes("Return")
			s.await("screen.plan.title")
			s.strikes("Return")
			s.await("screen.result.title")
			if n := p.planted(t, folders); n != 0 {
				t.Errorf("the root is still in %d databases", n)
			}
			s.strikes("Tab", "Return")
			s.await("screen.undo.title")
			s.strikes("Tab", "Return")
			s.await("screen.undo.done-title")
			if n := p.planted(t, folders); n != 2 {
				t.Errorf("the root is back in %d databases, want 2", n)
			}
			s.strikes("Escape")
			s.await("screen.start.title")
			s.strikes("F1")
			s.await("action.more")
			s.strikes("Escape")
			s.await("screen.start.title")
			for i, other := range s.words.Book().Languages() {
				s.strikes(fmt.Sprintf("ctrl+%d", i+1))
				s.words = s.words.Book().Printer(other)
				s.await("screen.start.title")
			}
			s.strikes("ctrl+q")
			select {
			case err := <-s.ended:
				if err != nil {
					t.Errorf("the program ends with %v\n%s", err, s.said)
				}
				s.ended <- nil
			case <-time.After(20 * time.Second):
				t.Error("the program does not end")
			}
		})
	}
}

// TestRealPractice opens every made-up case in the real window, one in each language in turn.
func TestRealPractice(t *testing.T) {
	program(t, "Xvfb", "xdotool", "import")
	screen := display(t, "+extension", "GLX")
	spoken := languages(t)
	for i, name := range Cases() {
		if testing.Short() && i > 2 {
			break
		}
		w, _ := raise(t, setting{language: spoken[i%len(spoken)]})
		w.rehearse(name)
		headline := w.found.verdict.Headline
		t.Run(name, func(t *testing.T) {
			s := launch(t, newPerson(t), screen, spoken[i%len(spoken)], "demo", name)
			s.await("finding." + string(headline) + ".title")
			s.strikes("ctrl+q")
		})
	}
}

// TestRealEnd: whenever the session ends, the program ends, also in the moment in which its window has appeared and Fyne does not listen yet.
func TestRealEnd(t *testing.T) {
	program(t, "Xvfb", "xdotool")
	screen := display(t, "+extension", "GLX")
	p := newPerson(t)
	for turn := range 12 {
		s := launch(t, p, screen, words.English)
		if turn%2 == 0 {
			s.tool("timeout", "30", "xdotool", "search", "--sync", "--onlyvisible", "--name", ".")
		} else {
			time.Sleep(time.Duration(turn) * 60 * time.Millisecond)
		}
		if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-s.ended:
			s.ended <- err
		case <-time.After(20 * time.Second):
			t.Fatalf("turn %d: it does not end\n%s", turn, s.said)
		}
	}
}

// TestRealWithout runs the program where no window can be opened: it must say so and go on in the terminal, and never hang.
func TestRealWithout(t *testing.T) {
	program(t, "Xvfb")
	for name, environment := range map[string][]string{
		"no display":          nil,
		"display unreachable": {"DISPLAY=:987"},
		"Wayland unreachable": {"WAYLAND_DISPLAY=wayland-987"},
		"Wayland, neither":    {"DISPLAY=:987", "WAYLAND_DISPLAY=wayland-987", "XDG_SESSION_TYPE=wayland"},
		"no OpenGL":           {"DISPLAY=" + display(t, "-extension", "GLX")},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			c := p.command(ctx, append(environment, "LANG=ru_RU.UTF-8"), program(t))
			out, err := c.CombinedOutput()
			syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // the browser in which it shows the report
			if ctx.Err() != nil {
				t.Fatalf("it hangs:\n%s", out)
			}
			if c.ProcessState.ExitCode() < 0 || c.ProcessState.ExitCode() == 2 && bytes.Contains(out, []byte("goroutine ")) {
				t.Errorf("it crashes: %v\n%s", err, out)
			}
			if code := c.ProcessState.ExitCode(); code > 3 { // the levels are 0 to 3
				t.Errorf("it gives up with status %d instead of going on:\n%s", code, out)
			}
			russian, said := book(t).Printer(words.Russian).Plain(), strings.Join(strings.Fields(string(out)), " ")
			for _, level := range []string{"clear", "careful", "unsure", "danger"} {
				if name == "no display" && strings.HasPrefix(said, russian.Say("level."+level)+":") { // piped, where nobody looks for a window: the result alone
					return
				}
			}
			if !strings.Contains(said, russian.Say("terminal.no-display")) && !strings.Contains(said, russian.Say("screen.noopengl.text")) {
				t.Errorf("it does not say why there is no window:\n%s", out)
			}
		})
	}
}
