package main

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"qulyp/internal/machine"
)

// needTool is the path of a program that a test cannot do without. Where everything must be proven (QULYP_NEED_ALL=1) its absence is a failure.
func needTool(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err == nil {
		return found
	}
	if os.Getenv("QULYP_NEED_ALL") == "1" {
		t.Fatalf("QULYP_NEED_ALL=1: %v", err)
	}
	t.Skipf("%v (set QULYP_NEED_ALL=1 to make this an error)", err)
	return ""
}

// TestMetadata holds what the tools that make packages read against what is compiled in.
func TestMetadata(t *testing.T) {
	data, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"ID": `"` + appID + `"`, "Name": `"` + appName + `"`, "Version": `"` + version + `"`, "Build": "1", "Icon": `"assets/icon.png"`, "Languages": `["kk", "ru", "en"]`,
		"fyneDo": "true",
	} {
		found := regexp.MustCompile(`(?m)^` + key + ` = (.*)$`).FindSubmatch(data)
		if found == nil || string(found[1]) != want {
			t.Errorf("FyneApp.toml: %s is %q, want %s", key, found, want)
		}
	}
	if build != 1 {
		t.Errorf("build is %d: say so in FyneApp.toml and here", build)
	}
	if _, err := os.Stat("../assets/icon.png"); err != nil {
		t.Error(err)
	}
}

// TestWire: the embedded data fits. The program would not start otherwise.
func TestWire(t *testing.T) {
	program, err := wire(machine.Local, new(desktop))
	if err != nil {
		t.Fatal(err)
	}
	if program.List.Version < 1 || len(program.Hosts) == 0 || len(program.Book.Languages()) != 3 {
		t.Errorf("list %d, %d hosts, languages %v", program.List.Version, len(program.Hosts), program.Book.Languages())
	}
}

// TestComputer: the administrator's process knows of nobody's home, and every other one of that of the person.
func TestComputer(t *testing.T) {
	t.Setenv("QULYP_TRIAL", "asked")
	if m := computer([]string{machine.HelperVerb})(); len(m.People) != 0 || m.Env("QULYP_TRIAL") != "" || m.Elevate != nil || m.State != "" {
		t.Errorf("the administrator's process begins with %+v", m)
	}
	for _, args := range [][]string{nil, {"check"}, {"check", "--root=/mnt"}, {"remove", "--root", "/mnt", machine.HelperVerb}} {
		find := computer(args)
		for range 2 { // the second time it is looked at afresh
			if self, ok := find().Self(); !ok || self.Home == "" {
				t.Errorf("%q: %+v, %v", args, self, ok)
			}
		}
	}
}

var built = struct {
	sync.Once
	name string
	out  []byte
	err  error
}{}

// commandLine builds the program without window, once.
func commandLine(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the witnesses are those of Linux")
	}
	built.Do(func() {
		folder, err := os.MkdirTemp("", "qulyp-app-")
		if err != nil {
			built.err = err
			return
		}
		built.name = filepath.Join(folder, "qulyp")
		command := exec.Command("go", "build", "-buildvcs=false", "-tags", "nowindow", "-trimpath", "-ldflags", "-s -w", "-o", built.name, ".")
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		built.out, built.err = command.CombinedOutput()
	})
	if built.err != nil {
		t.Fatalf("build: %v\n%s", built.err, built.out)
	}
	return built.name
}

func TestMain(m *testing.M) {
	status := m.Run()
	if built.name != "" {
		os.RemoveAll(filepath.Dir(built.name))
	}
	os.Exit(status)
}

// TestStatic: the program without window needs nothing of the system: no loader, no libraries.
func TestStatic(t *testing.T) {
	file, err := elf.Open(commandLine(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Errorf("it asks for a loader: %v", part.Type)
		}
	}
}

// disk makes a small disk with one account.
func disk(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"etc/os-release": "NAME=\"Debian GNU/Linux\"\nID=debian\n", "etc/passwd": "aigul:x:1000:1000::/home/aigul:/bin/sh\n",
		"etc/ssl/certs/ca-certificates.crt": "", "usr/local/share/ca-certificates/none.txt": "", "home/aigul/.profile": "",
	} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// traced runs the program under strace and gives the calls that concern the network.
func traced(t *testing.T, env []string, args ...string) string {
	t.Helper()
	strace := needTool(t, "strace")
	log := filepath.Join(t.TempDir(), "strace")
	home := t.TempDir()
	command := exec.Command(strace, append([]string{"-f", "-qq", "-e", "trace=%network", "-o", log, commandLine(t)}, args...)...)
	command.Env = append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=en_US.UTF-8"}, env...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		if _, exited := err.(*exec.ExitError); !exited {
			t.Fatal(err)
		}
	}
	if out.Len() == 0 {
		t.Fatalf("%v did not run", args)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestNoSockets counts sockets, as the kernel sees them: without --live there are none at all, of no kind.
func TestNoSockets(t *testing.T) {
	needTool(t, "strace")
	root := disk(t)
	for _, args := range [][]string{
		{"check"}, {"check", "--json"}, {"check", "--root", root}, {"stores"}, {"remove", "--all", "--yes", "--root", root},
		{"report", "--out", filepath.Join(t.TempDir(), "page.html"), "--root", root}, {}, {"version"}, {"list", "show", "--json"},
	} {
		if calls := traced(t, nil, args...); strings.Contains(calls, "socket(") || strings.Contains(calls, "connect(") {
			t.Errorf("%v:\n%s", args, calls)
		}
	}
}

// TestSocketsOfTheProbe: the means by which the test above counts do see sockets; and a live test goes to the named host, the check hosts on port 80 and the
// resolver, and nowhere else.
func TestSocketsOfTheProbe(t *testing.T) {
	needTool(t, "strace")
	calls := traced(t, nil, "probe", "--target", "127.0.0.1:9", "--timeout", "1s", "--tries", "1", "--json")
	if !strings.Contains(calls, "htons(9)") {
		t.Fatalf("the named host was not asked:\n%s", calls)
	}
	connect := regexp.MustCompile(`connect\(.*htons\((\d+)\).*`)
	for _, call := range connect.FindAllStringSubmatch(calls, -1) {
		switch call[1] {
		case "9", "53", "80":
		default:
			if !strings.Contains(call[0], "SOCK_DGRAM") && call[1] != "0" {
				t.Errorf("connected elsewhere: %s", call[0])
			}
		}
	}
}
