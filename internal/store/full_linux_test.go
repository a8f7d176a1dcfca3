package store

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"qulyp/internal/evidence"
)

// TestFullDiskElsewhere removes from a browser's database and from a keystore on a disk without room, and on one that takes no changes: the reasons are told
// apart, and nothing changes.
func TestFullDiskElsewhere(t *testing.T) {
	c := newAuthority(t, "Information Security Certification Authority", 4711).Certificate
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=200k"); err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" && os.Geteuid() == 0 {
			t.Fatalf("a small disk cannot be mounted, and everything must be proven: %v", err)
		}
		t.Skipf("a small disk needs the right to mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(disk, 0) })
	m, _ := testHome(t)
	m.People[0].Home = disk
	profile, file := disk+"/.config/chromium/Default", disk+"/.jdks/x/lib/security/cacerts"
	makeChromium(t, profile)
	execChromium(t, profile, chromiumStatement(c, trustTrusted))
	write(t, file, string(makeJKS(t, "changeit", aliased{"bad", c})))
	open := map[string]func() Remover{
		"Chromium": func() Remover { return chromiumAt(t, m, profile) },
		"Java":     func() Remover { return javaAt(t, m, file) },
	}
	saved := map[string]Saved{}
	for name, s := range open {
		entry := find1(t, mustList(t, s()), c.Print)
		if entry.Needs != evidence.Own {
			t.Errorf("%s: needs %q", name, entry.Needs)
		}
		var err error
		if saved[name], err = s().Save(context.Background(), entry); err != nil {
			t.Fatal(err)
		}
	}
	rows, bytes := dumpChromium(t, profile), mustRead(t, file)
	same := func(when string) {
		t.Helper()
		if dumpChromium(t, profile) != rows || mustRead(t, file) != bytes {
			t.Errorf("%s: changed all the same", when)
		}
		if list, _ := os.ReadDir(disk + "/.jdks/x/lib/security"); len(list) != 1 {
			t.Errorf("%s: something is left behind: %v", when, list)
		}
	}
	filler, err := os.Create(disk + "/filler")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(filler, zeros{}); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not get full: %v", err)
	}
	filler.Close()
	for name, s := range open {
		if err := s().Remove(context.Background(), saved[name]); Code(err) != evidence.DiskFull {
			t.Errorf("full: %s: %v", name, err)
		}
	}
	same("full")
	os.Remove(disk + "/filler")
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for name, s := range open {
		if err := s().Remove(context.Background(), saved[name]); Code(err) != evidence.ReadOnly {
			t.Errorf("read-only: %s: %v", name, err)
		}
	}
	same("read-only")
	if entry := find1(t, mustList(t, open["Java"]()), c.Print); entry.Needs != evidence.Never {
		t.Errorf("read-only: needs %q", entry.Needs)
	}
}

func mustRead(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
