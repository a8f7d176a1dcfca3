package check

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// redirect makes every open handle of this process on the file lead to target, as if the disk had run full under it.
func redirect(t *testing.T, file, target string) {
	handles, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal("needs /proc: ", err)
	}
	full, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal("needs /dev/full: ", err)
	}
	defer full.Close()
	for _, handle := range handles {
		if leads, _ := os.Readlink("/proc/self/fd/" + handle.Name()); leads == file {
			var number int
			fmt.Sscan(handle.Name(), &number)
			if err := syscall.Dup3(int(full.Fd()), number, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
}
