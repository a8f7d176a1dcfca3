package store

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"qulyp/internal/evidence"
)

// TestFullAndReadOnlyDisk removes on a disk without room and on one that takes no changes: the reasons are told apart and nothing changes.
func TestFullAndReadOnlyDisk(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=400k"); err != nil {
		if os.Getenv("QULYP_NEED_ALL") == "1" && os.Geteuid() == 0 {
			t.Fatalf("a small disk cannot be mounted, and everything must be proven: %v", err)
		}
		t.Skipf("a small disk needs the right to mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(disk, 0) })
	m, _ := testHome(t)
	dir := filepath.Join(disk, "profile")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	saved := saveOne(t, nssAt(m, dir), root.Print)
	before := dumpNSS(t, dir)
	filler := filepath.Join(disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not get full: %v", err)
	}
	f.Close()
	if err := nssAt(m, dir).Remove(context.Background(), saved); Code(err) != evidence.DiskFull {
		t.Errorf("full: %v", err)
	}
	if got := dumpNSS(t, dir); got != before {
		t.Error("changed all the same")
	}
	os.Remove(filler)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if err := nssAt(m, dir).Remove(context.Background(), saved); Code(err) != evidence.ReadOnly {
		t.Errorf("read-only: %v", err)
	}
	find1(t, mustList(t, nssAt(m, dir)), root.Print)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
