//go:build unix

package machine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// disk makes a tree that stands for another computer, beside a file that must never be reached from it.
func disk(t *testing.T) (*Machine, string) {
	top := t.TempDir()
	root := filepath.Join(top, "disk")
	for name, text := range map[string]string{
		"disk/etc/ssl/certs/a.pem": "a", "disk/etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/bin/false\naida:x:1000:1000:Аида:/home/aida:/bin/sh\nghost:x:1001:1001::/home/ghost:/bin/sh\n",
		"disk/root/.profile": "", "disk/home/aida/x": "x", "disk/home/other folder/y": "y", "disk/home/other folder/sub/z": "z",
		"disk/home/OFFICE/dana/.bashrc": "", "disk/home/OFFICE/shared/plan": "", "disk/home/aida/.profile": "", "disk/home/aida/work/.git/config": "", "outside/secret": "secret",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("/etc/ssl/certs/a.pem", "absolute")
	link("../../../../../../etc/ssl/certs/a.pem", "upwards")
	link(filepath.Join(top, "outside", "secret"), "escape")
	link("../outside", "escape-folder")
	link("circle-b", "circle-a")
	link("circle-a", "circle-b")
	link("nowhere", "dangling")
	m, err := Disk(root)
	if err != nil {
		t.Fatal(err)
	}
	return m, top
}

func TestDiskStaysInside(t *testing.T) {
	m, _ := disk(t)
	for name, want := range map[string]string{"/absolute": "a", "/upwards": "a", "/etc/../absolute": "a", "/../../etc/ssl/certs/a.pem": "a"} {
		if got, err := m.Read(name, 100); err != nil || string(got) != want {
			t.Errorf("Read(%s) = %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"/escape", "/escape-folder/secret", "/dangling", "/../outside/secret"} {
		if got, err := m.Read(name, 100); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Read(%s) = %q, %v", name, got, err)
		}
	}
	if _, err := m.Read("/circle-a", 100); !errors.Is(err, ErrLinkLoop) {
		t.Errorf("circle: %v", err)
	}
	if !m.Exists("/circle-a") {
		t.Error("what cannot be looked at must not count as absent")
	}
	if m.Exists("/dangling") || m.Exists("/etc/passwd/below") {
		t.Error("absent counts as there")
	}
	if got := m.Glob("/etc/*/certs/*.pem"); !slices.Equal(got, []string{"/etc/ssl/certs/a.pem"}) {
		t.Errorf("Glob: %q", got)
	}
	if got := m.Glob("/escape-folder/*"); len(got) != 0 {
		t.Errorf("Glob outside: %q", got)
	}
}

func TestDiskPeople(t *testing.T) {
	m, _ := disk(t)
	var got []string
	for _, p := range m.People {
		if !p.Self {
			t.Errorf("%s is not answered for", p.Name)
		}
		got = append(got, p.Name+"="+p.Home)
	}
	want := []string{"root=/root", "aida=/home/aida", "OFFICE=/home/OFFICE", "other folder=/home/other folder", "dana=/home/OFFICE/dana"}
	if !slices.Equal(got, want) {
		t.Errorf("people %q, want %q", got, want)
	}
	if m.Run != nil || m.Elevate != nil {
		t.Error("a tool could be run for another disk")
	}
	if m.Env("HOME") != "" {
		t.Error("this computer's environment is seen on another disk")
	}
}

func TestReadRefuses(t *testing.T) {
	m, top := disk(t)
	if _, err := m.Read("/etc/ssl/certs/a.pem", 0); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := m.Read("/etc", 100); err == nil {
		t.Error("read a folder")
	}
	if err := mkfifo(filepath.Join(top, "disk", "pipe")); err != nil {
		t.Fatal(err)
	}
	finished := make(chan error, 1)
	go func() { _, err := m.Read("/pipe", 100); finished <- err }()
	select {
	case err := <-finished:
		if err == nil {
			t.Error("read a pipe")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("waits for a pipe")
	}
	if _, err := Disk(filepath.Join(top, "no such")); err == nil {
		t.Error("took a disk that is not there")
	}
}

func TestLock(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	unlock, err := Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(folder); !errors.Is(err, ErrOtherCopy) {
		t.Errorf("second copy: %v", err)
	}
	unlock()
	unlock, err = Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		goos, want string
		words      []string
	}{
		{"linux", `sudo /opt/a/qulyp remove --all 'it'\''s' 'a b' '$HOME' ''`, []string{"/opt/a/qulyp", "remove", "--all", "it's", "a b", "$HOME", ""}},
		{"darwin", `sudo '/opt/a b/qulyp' check`, []string{"/opt/a b/qulyp", "check"}},
		{"windows", `C:\a\qulyp.exe restore 1-a --state C:\ProgramData\Qulyp`, []string{`C:\a\qulyp.exe`, "restore", "1-a", "--state", `C:\ProgramData\Qulyp`}},
		{"windows", `"C:\Мои файлы\qulyp.exe" "" "a \"b\"" "c \\\"" "d e\\" f\`, []string{`C:\Мои файлы\qulyp.exe`, "", `a "b"`, `c \"`, `d e\`, `f\`}},
	} {
		if got := command(c.goos, c.words); got != c.want {
			t.Errorf("%s: %s, want %s", c.goos, got, c.want)
		}
	}
	if got := Command("check"); !strings.HasSuffix(got, " check") || strings.HasPrefix(got, "sudo ") != (runtime.GOOS != "windows") {
		t.Errorf("%s", got)
	}
}

// TestToolPath holds that no folder of the person is searched.
func TestToolPath(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "qulyp-no-such-tool"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	if name, err := Tool("qulyp-no-such-tool").Path(); !errors.Is(err, ErrNoTool) {
		t.Errorf("found %s, %v", name, err)
	}
}
