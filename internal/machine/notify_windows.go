package machine

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// notify shows a box of Windows itself. A message that goes away after some seconds would be missed at log-in, of all moments, and a box needs nothing: no
// shortcut in the start menu, no registration, no service. Whoever started the program from a terminal or a script is looking there, and must not be kept
// waiting by a box; nor may a box open where nobody can see it.
func notify(title, text string) error {
	if valid(windows.STD_OUTPUT_HANDLE) || !seen() {
		return ErrNoShowing
	}
	if box(title, text, windows.MB_OK|windows.MB_ICONWARNING|windows.MB_SETFOREGROUND|windows.MB_TOPMOST) == 0 {
		return ErrNoShowing
	}
	return nil
}

// seen tells whether what this process shows is on a screen: services and tasks of accounts that are not signed in have a window station that is not.
func seen() bool {
	user := windows.NewLazySystemDLL("user32.dll")
	station, _, _ := user.NewProc("GetProcessWindowStation").Call()
	if station == 0 {
		return false
	}
	var flags struct { // USEROBJECTFLAGS of winuser.h
		inherit, reserved int32
		flags             uint32
	}
	const (
		aboutFlags = 1 // UOI_FLAGS
		visible    = 1 // WSF_VISIBLE
	)
	ok, _, _ := user.NewProc("GetUserObjectInformationW").Call(station, aboutFlags, uintptr(unsafe.Pointer(&flags)), unsafe.Sizeof(flags), 0)
	return ok != 0 && flags.flags&visible != 0
}
