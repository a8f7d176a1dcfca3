package machine

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// LOCALE_NAME_MAX_LENGTH of winnls.h
const localeName = 85

func languages(env func(string) string) (tags []string, region string) {
	tags = byEnvironment(env)
	if list, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME); err == nil {
		tags = append(tags, list...)
	}
	var name [localeName]uint16
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetUserDefaultLocaleName") // the locale of the formats, «kk-KZ»
	if proc.Find() == nil {
		if length, _, _ := proc.Call(uintptr(unsafe.Pointer(&name[0])), localeName); length > 0 {
			format := windows.UTF16ToString(name[:])
			if at := strings.LastIndexByte(format, '-'); at >= 0 && len(format)-at == 3 {
				region = strings.ToUpper(format[at+1:])
			}
		}
	}
	return tags, region
}
