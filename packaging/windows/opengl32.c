/* In place of the import library of OPENGL32.dll.

   Of that library the window's code names one function, and so Windows would load it before a line of the program runs: from the folder in which the program
   lies, if there is one of that name. This takes it from the system's folder, when it is first needed; and where there is none, the program starts and says so. */
#include <windows.h>

static PROC WINAPI from_system(LPCSTR name) {
	static PROC(WINAPI *real)(LPCSTR);
	if (real == NULL) {
		HMODULE library = LoadLibraryExA("opengl32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
		if (library != NULL)
			real = (PROC(WINAPI *)(LPCSTR))(void *)GetProcAddress(library, "wglGetProcAddress");
	}
	return real == NULL ? NULL : real(name);
}

PROC(WINAPI *__imp_wglGetProcAddress)(LPCSTR) = from_system;
