package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// TestMain is also the program that is started as administrator: it answers with what it was asked, as the real one does.
func TestMain(m *testing.M) {
	pipe, rest, err := HelperPipe(os.Args[1:])
	if err != nil {
		os.Exit(2)
	}
	if pipe == nil {
		os.Exit(m.Run())
	}
	job, err := io.ReadAll(pipe)
	if err != nil {
		os.Exit(3)
	}
	if string(job) == "die" {
		os.Exit(4)
	}
	fmt.Fprintf(pipe, "%q %s", rest, job)
	if err := pipe.Close(); err != nil {
		os.Exit(5)
	}
	os.Exit(0)
}

func TestWindowsElevate(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	job := strings.Repeat("жұмыс ", 40_000) // more than the pipe holds at once
	answer, err := elevateAs(ctx, []byte(job), "open", self)
	if want := `["elevated"] ` + job; err != nil || string(answer) != want {
		t.Errorf("%d bytes, %v, want %d bytes", len(answer), err, len(want))
	}
	if _, err := elevateAs(ctx, []byte("die"), "open", self); err == nil {
		t.Error("the other side died without an answer, and that is no error")
	}
	if _, err := elevateAs(ctx, []byte("job"), "open", filepath.Join(folder(t), "absent.exe")); err == nil {
		t.Error("a program that is not there was started")
	}
	late, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := elevateAs(late, []byte("job"), "open", self); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestWindowsElevateOther lets another program come to the pipe first: it must get no job.
func TestWindowsElevateOther(t *testing.T) {
	const name = `\\.\pipe\qulyp-00000000000000000000000000000000`
	pipe, err := makePipe(name)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(pipe)
	if _, err := makePipe(name); err == nil {
		t.Error("the pipe could be made twice")
	}
	go func() {
		if other, _, err := HelperPipe([]string{HelperVerb, name}); err == nil {
			time.Sleep(time.Second)
			other.(*framed).pipe.Close()
		}
	}()
	process, err := shellExecute("open", `C:\windows\system32\cmd.exe`, "/c exit") // not the one that comes
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(process)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := meet(ctx, pipe, process); err == nil {
		t.Error("another process was taken for the one that was started")
	}
}

// folder is a folder of the test's own. Wine 8 cannot delete folders as t.TempDir does; what is left goes with the prefix.
func folder(t *testing.T) string {
	t.Helper()
	name, err := os.MkdirTemp("", "qulyp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(name) })
	return name
}

func TestWindowsHelperPipe(t *testing.T) {
	for _, args := range [][]string{
		nil, {HelperVerb}, {"check"}, {HelperVerb, "file.txt"}, {HelperVerb, `\\server\pipe\qulyp-00000000000000000000000000000000`},
		{HelperVerb, `\\.\pipe\qulyp-0`}, {HelperVerb, `\\.\pipe\other`}, {"check", `\\.\pipe\qulyp-00000000000000000000000000000000`},
		{HelperVerb, `\\.\pipe\qulyp-00000000000000000000000000000000\..\x`},
	} {
		if pipe, rest, err := HelperPipe(args); pipe != nil || err != nil || len(rest) != len(args) {
			t.Errorf("%q: %v, %q, %v", args, pipe, rest, err)
		}
	}
}

func TestWindowsAsked(t *testing.T) {
	for _, test := range []struct{ err, want error }{
		{windows.ERROR_CANCELLED, ErrRefused}, {windows.ERROR_ACCESS_DISABLED_BY_POLICY, ErrNoAsking}, {windows.ERROR_OUTOFMEMORY, windows.ERROR_OUTOFMEMORY},
		{windows.ERROR_PATH_NOT_FOUND, ErrNoAsking}, {windows.ERROR_BAD_NETPATH, ErrNoAsking}, {windows.ERROR_LOGON_FAILURE, ErrNoAsking},
	} {
		if got := asked(test.err); !errors.Is(got, test.want) {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
}

// TestWindowsAdminFolder makes the folder of the administrator, and does not take over one that somebody else made.
func TestWindowsAdminFolder(t *testing.T) {
	own := filepath.Join(folder(t), "Qulyp")
	if err := makeAdminFolder(own); err != nil {
		t.Fatal(err)
	}
	descriptor, err := windows.GetNamedSecurityInfo(own, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("made with %s", descriptor)
	file := filepath.Join(folder(t), "Qulyp")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeAdminFolder(file); !errors.Is(err, ErrOutside) {
		t.Errorf("a file in its place: %v", err)
	}
	foreign := filepath.Join(folder(t), "Qulyp")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	// In Wine every file belongs to the account, whatever rights it was made with; on Windows an elevated test makes it as the group of administrators.
	if err := makeAdminFolder(foreign); !errors.Is(err, fs.ErrPermission) && !(err == nil && isAdmin()) {
		t.Errorf("made by an ordinary account: %v", err)
	}
}

func TestWindowsLocal(t *testing.T) {
	m := Local()
	self, ok := m.Self()
	if !ok || !strings.Contains(self.Name, `\`) || !filepath.IsAbs(self.Home) {
		t.Errorf("%+v", self)
	}
	for _, p := range m.People[1:] {
		if strings.EqualFold(p.Home, self.Home) || !filepath.IsAbs(p.Home) {
			t.Errorf("another account with %q, the own home is %q", p.Home, self.Home)
		}
	}
	if !filepath.IsAbs(m.State) || m.GOOS != "windows" {
		t.Errorf("%q %q", m.State, m.GOOS)
	}
}

// TestWindowsElevatedJob sends a real job to the real program, as the window does after the person has agreed. QULYP_PROGRAM names the program, QULYP_JOB
// the job; see TestWine of the program.
func TestWindowsElevatedJob(t *testing.T) {
	program, job := os.Getenv("QULYP_PROGRAM"), os.Getenv("QULYP_JOB")
	if program == "" || job == "" {
		t.Skip("no program and no job were named")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	answer, err := elevateAs(ctx, []byte(job), "open", program)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("answer: %s\n", answer)
}
