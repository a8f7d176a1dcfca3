//go:build !windows

package probe

import "syscall"

var (
	resetErrnos   = []syscall.Errno{}
	refusedErrnos = []syscall.Errno{}
	routeErrnos   = []syscall.Errno{syscall.ENETDOWN}
)
