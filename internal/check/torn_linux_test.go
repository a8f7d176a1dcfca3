package check

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// TestTornThenFree is a disk that runs full in the middle of a line and has room again for the next: what is announced then must not be lost behind the torn line.
func TestTornThenFree(t *testing.T) {
	state := t.TempDir()
	j, err := newJournal(state, "1", "test", "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	info, err := os.Stat(j.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	tight := was
	tight.Cur = uint64(info.Size()) + 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		t.Fatal(err)
	}
	err = j.add(line{Step: "elevated", Elevated: "first"})
	if limitErr := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); limitErr != nil {
		t.Fatal(limitErr)
	}
	if err == nil {
		t.Fatal("written although there was no room")
	}
	if err := j.add(line{Step: "elevated", Elevated: "second"}); err != nil {
		t.Fatal(err)
	}
	r, err := readReceipt(state, j.id)
	if err != nil || r.Elevated != "second" || !r.Torn {
		t.Errorf("%+v, %v", r, err)
	}
}
