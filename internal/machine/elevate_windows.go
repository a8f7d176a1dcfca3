package machine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// On Windows the program starts itself once more through the question of User Account Control. A program started that way has no input and output in common
// with the one that asked, so both meet at a named pipe, whose random name is all that stands on the command line: no file is written, so there is none that
// another program could exchange meanwhile.

// pipeName is what a pipe of this program is called.
var pipeName = regexp.MustCompile(`^\\\\\.\\pipe\\qulyp-[0-9a-f]{32}$`)

// meeting is how long the two wait for each other after the person has agreed.
const meeting = 30 * time.Second

// shellExecuteInfo is SHELLEXECUTEINFOW of shellapi.h. golang.org/x/sys/windows has only the call that gives no process to wait for.
type shellExecuteInfo struct {
	size       uint32
	mask       uint32
	window     uintptr
	verb       *uint16
	file       *uint16
	parameters *uint16
	directory  *uint16
	show       int32
	instance   uintptr
	idList     uintptr
	class      *uint16
	classKey   uintptr
	hotKey     uint32
	icon       uintptr
	process    windows.Handle
}

// SEE_MASK_NOCLOSEPROCESS, SEE_MASK_NOASYNC and SEE_MASK_FLAG_NO_UI of shellapi.h: a handle to wait for, nothing left to another thread, no message of the
// shell's own.
const executeMask = 0x40 | 0x100 | 0x400

// elevateElsewhere runs one job as administrator, after Windows has asked the person.
func elevateElsewhere(ctx context.Context, job []byte) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	return elevateAs(ctx, job, "runas", self)
}

func elevateAs(ctx context.Context, job []byte, verb, program string) ([]byte, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("name pipe: %w", err)
	}
	name := `\\.\pipe\qulyp-` + hex.EncodeToString(random[:])
	pipe, err := makePipe(name)
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	owned := true
	defer func() {
		if owned {
			windows.CloseHandle(pipe)
		}
	}()
	process, err := start(ctx, verb, program, HelperVerb+" "+name)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(process)
	if err := meet(ctx, pipe, process); err != nil {
		return nil, fmt.Errorf("meet elevated program: %w", err)
	}
	file := os.NewFile(uintptr(pipe), name)
	owned = false
	defer file.Close()
	stop := context.AfterFunc(ctx, func() { file.SetDeadline(time.Now()) })
	defer stop()
	if err := writeFrame(file, job); err != nil {
		return nil, fmt.Errorf("send elevated job: %w", err)
	}
	answer, err := readFrame(file)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("read answer of elevated job: %w", err)
	}
	return answer, nil
}

// makePipe makes a pipe that the own account, administrators and the system may open, once, from this computer.
func makePipe(name string) (windows.Handle, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return 0, err
	}
	descriptor, err := windows.SecurityDescriptorFromString("D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;" + user.User.Sid.String() + ")")
	if err != nil {
		return 0, err
	}
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	security := windows.SecurityAttributes{SecurityDescriptor: descriptor}
	security.Length = uint32(unsafe.Sizeof(security))
	const size = 64 << 10
	return windows.CreateNamedPipe(wide, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_FIRST_PIPE_INSTANCE|windows.FILE_FLAG_OVERLAPPED,
		windows.PIPE_REJECT_REMOTE_CLIENTS, 1, size, size, 0, &security)
}

// start starts the program through the shell and gives its process. A question that is open when ctx ends stays open; what is agreed to then finds no pipe
// and does nothing.
func start(ctx context.Context, verb, program, parameters string) (windows.Handle, error) {
	type result struct {
		process windows.Handle
		err     error
	}
	done := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // COM belongs to a thread
		defer runtime.UnlockOSThread()
		if windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE) == nil {
			defer windows.CoUninitialize()
		}
		process, err := shellExecute(verb, program, parameters)
		done <- result{process, err}
	}()
	select {
	case r := <-done:
		return r.process, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				windows.CloseHandle(r.process)
			}
		}()
		return 0, ctx.Err()
	}
}

func shellExecute(verb, program, parameters string) (windows.Handle, error) {
	var wide [3]*uint16
	for i, text := range []string{verb, program, parameters} {
		p, err := windows.UTF16PtrFromString(text)
		if err != nil {
			return 0, fmt.Errorf("start %s: %w", program, err)
		}
		wide[i] = p
	}
	info := shellExecuteInfo{mask: executeMask, verb: wide[0], file: wide[1], parameters: wide[2], show: windows.SW_HIDE}
	info.size = uint32(unsafe.Sizeof(info))
	ok, _, err := windows.NewLazySystemDLL("shell32.dll").NewProc("ShellExecuteExW").Call(uintptr(unsafe.Pointer(&info)))
	if ok == 0 {
		return 0, asked(err)
	}
	if info.process == 0 {
		return 0, fmt.Errorf("start %s: %w", program, ErrNoAsking)
	}
	return info.process, nil
}

// asked gives what can come back from the question its name: ERROR_CANCELLED is the person's «no» (or the end of the time for an answer),
// ERROR_ACCESS_DENIED and its like are policies that let nobody be asked. A program on a share or network drive of the person can be out of reach for the account
// of the administrator, which then cannot be given it to start.
func asked(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_CANCELLED):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_ELEVATION_REQUIRED),
		errors.Is(err, windows.ERROR_ACCESS_DISABLED_BY_POLICY), errors.Is(err, windows.ERROR_NO_ASSOCIATION), errors.Is(err, fs.ErrNotExist),
		errors.Is(err, windows.ERROR_BAD_NET_NAME), errors.Is(err, windows.ERROR_LOGON_FAILURE):
		return fmt.Errorf("%w: %w", ErrNoAsking, err)
	}
	return fmt.Errorf("ask for permission: %w", err)
}

// meet waits until the process that was started has opened the pipe: it, and no other.
func meet(ctx context.Context, pipe, process windows.Handle) error {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(event)
	at := windows.Overlapped{HEvent: event}
	switch err := windows.ConnectNamedPipe(pipe, &at); {
	case errors.Is(err, windows.ERROR_PIPE_CONNECTED), err == nil:
	case errors.Is(err, windows.ERROR_IO_PENDING):
		if err := await(ctx, event, process); err != nil {
			var left uint32
			windows.CancelIoEx(pipe, &at)
			windows.GetOverlappedResult(pipe, &at, &left, true) // at must outlive the call
			return err
		}
	default:
		return err
	}
	var client uint32
	if err := windows.GetNamedPipeClientProcessId(pipe, &client); err != nil {
		return err
	}
	if own, err := windows.GetProcessId(process); err != nil || own != client {
		return fmt.Errorf("process %d came instead of %d: %w", client, own, ErrNoAsking)
	}
	return nil
}

// await waits for the event, not longer than the process lives.
func await(ctx context.Context, event, process windows.Handle) error {
	for begun := time.Now(); ; {
		which, err := windows.WaitForMultipleObjects([]windows.Handle{event, process}, false, 100)
		switch {
		case which == windows.WAIT_OBJECT_0:
			return nil
		case which == windows.WAIT_OBJECT_0+1:
			return errors.New("it ended before it came")
		case which != uint32(windows.WAIT_TIMEOUT):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(begun) > meeting:
			return context.DeadlineExceeded
		}
	}
}

// HelperPipe is the other side of Elevate: the pipe that args name, from which one job is read, and the arguments without it. What is written to it goes out
// when it is closed. It is nil when args do not ask for it.
func HelperPipe(args []string) (io.ReadWriteCloser, []string, error) {
	if len(args) != 2 || args[0] != HelperVerb || !pipeName.MatchString(args[1]) {
		return nil, args, nil
	}
	wide, err := windows.UTF16PtrFromString(args[1])
	if err != nil {
		return nil, args, err
	}
	// SECURITY_IDENTIFICATION: who holds the other end may ask who we are, and may not act in our name.
	handle, err := windows.CreateFile(wide, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
		windows.SECURITY_SQOS_PRESENT|windows.SECURITY_IDENTIFICATION, 0)
	if err != nil {
		return nil, args, fmt.Errorf("open pipe: %w", err)
	}
	return &framed{pipe: os.NewFile(uintptr(handle), args[1])}, args[:1], nil
}
