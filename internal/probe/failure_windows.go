package probe

import "syscall"

// Numbers of Winsock, winerror.h: package syscall gives ECONNRESET and its kind invented values on Windows.
var (
	resetErrnos   = []syscall.Errno{10053 /* WSAECONNABORTED */, 10054 /* WSAECONNRESET */}
	refusedErrnos = []syscall.Errno{10061 /* WSAECONNREFUSED */}
	routeErrnos   = []syscall.Errno{10051 /* WSAENETUNREACH */, 10065 /* WSAEHOSTUNREACH */, 10049 /* WSAEADDRNOTAVAIL */, 10050 /* WSAENETDOWN */}
)
