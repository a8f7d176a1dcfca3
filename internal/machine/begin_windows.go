package machine

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Begin is the first thing that the program does. From then on libraries are loaded from the system's folder alone: the folder in which the program lies is
// often that of downloads, where anybody may have put one. A program for the desktop that was started with a verb in a terminal gets that terminal as its
// input and output, unless they lead elsewhere already.
func Begin(args []string) {
	_ = windows.SetDefaultDllDirectories(windows.LOAD_LIBRARY_SEARCH_SYSTEM32) // older than Windows 8 without updates: nothing to be done
	nameFolders()
	if len(args) == 0 || args[0] == HelperVerb || valid(windows.STD_OUTPUT_HANDLE) {
		return
	}
	const parent = ^uintptr(0) // ATTACH_PARENT_PROCESS of wincon.h
	if ok, _, _ := kernel("AttachConsole", parent); ok != 0 {
		takeConsole(false)
	}
}

// nameFolders sets the variables by which programs find the folders of the person, where whoever started this one has left them out: what is kept there (receipts, and
// what the window remembers) would else be written into the folder where somebody happened to be.
func nameFolders() {
	if os.Getenv("USERPROFILE") != "" && os.Getenv("APPDATA") != "" && os.Getenv("LOCALAPPDATA") != "" {
		return
	}
	home := os.Getenv("USERPROFILE")
	if home == "" {
		var err error
		if home, err = windows.GetCurrentProcessToken().GetUserProfileDirectory(); err != nil {
			return
		}
	}
	for name, folder := range map[string]string{"USERPROFILE": home, "APPDATA": home + `\AppData\Roaming`, "LOCALAPPDATA": home + `\AppData\Local`} {
		if os.Getenv(name) == "" {
			_ = os.Setenv(name, folder) // it fails for names and values with a NUL alone
		}
	}
}

// OpenConsole gives the program a terminal of its own, for the conversation in text. It tells whether there is one now.
func OpenConsole() bool {
	if ok, _, _ := kernel("AllocConsole"); ok == 0 {
		return false
	}
	return takeConsole(true)
}

// OwnConsole tells whether the terminal belongs to this program alone, as when it was started by a double click: it closes as soon as the program ends.
func OwnConsole() bool {
	var processes [2]uint32
	count, _, _ := kernel("GetConsoleProcessList", uintptr(unsafe.Pointer(&processes[0])), uintptr(len(processes)))
	return count == 1
}

// Ask shows a question with «Yes» and «No» in a window of Windows itself, which needs nothing but Windows, and tells whether the answer was «Yes».
func Ask(title, text string) bool {
	const yes = 6 // IDYES of winuser.h
	answer := box(title, text, windows.MB_YESNO|windows.MB_ICONINFORMATION|windows.MB_SETFOREGROUND|windows.MB_TOPMOST)
	return answer == yes
}

// Tell says something in such a window, and returns when it is closed.
func Tell(title, text string) {
	box(title, text, windows.MB_OK|windows.MB_ICONINFORMATION|windows.MB_SETFOREGROUND|windows.MB_TOPMOST)
}

func box(title, text string, kind uint32) int32 {
	caption, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return 0
	}
	words, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return 0
	}
	answer, _ := windows.MessageBox(0, words, caption, kind)
	return answer
}

// valid tells whether a standard handle leads somewhere. For a program of the desktop that was started without redirection it does not.
func valid(which uint32) bool {
	handle, err := windows.GetStdHandle(which)
	if err != nil || handle == 0 || handle == windows.InvalidHandle {
		return false
	}
	_, err = windows.GetFileType(handle)
	return err == nil
}

// takeConsole makes the terminal the standard input, output and error: all, or those that lead nowhere.
func takeConsole(all bool) bool {
	for _, file := range []struct {
		which uint32
		name  string
		std   **os.File
	}{
		{windows.STD_INPUT_HANDLE, "CONIN$", &os.Stdin}, {windows.STD_OUTPUT_HANDLE, "CONOUT$", &os.Stdout}, {windows.STD_ERROR_HANDLE, "CONOUT$", &os.Stderr},
	} {
		if valid(file.which) && !all {
			continue
		}
		opened, err := os.OpenFile(file.name, os.O_RDWR, 0)
		if err != nil {
			return false
		}
		*file.std = opened
		_ = windows.SetStdHandle(file.which, windows.Handle(opened.Fd()))
	}
	return true
}

// kernel calls a function of kernel32 that golang.org/x/sys/windows lacks.
func kernel(name string, arguments ...uintptr) (uintptr, uintptr, error) {
	return windows.NewLazySystemDLL("kernel32.dll").NewProc(name).Call(arguments...)
}
