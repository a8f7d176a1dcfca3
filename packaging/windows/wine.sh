#!/bin/sh
# A throw-away Windows for tests: a Wine prefix in a folder of its own, without a display, in which programs made with Go run.
#
#   sh wine.sh make DIR                    makes it (about 10 s)
#   sh wine.sh run  DIR SECONDS PROGRAM..  runs a program in it, killed when it takes longer
#   sh wine.sh ask  DIR                    gives it the question of User Account Control and C:\ordinary.exe, see wine/consent.c and wine/ordinary.c
#   sh wine.sh stop DIR                    ends everything that runs in it, and nothing else
#
# Wine 8 has no bcryptprimitives.dll, without which no program of Go 1.22 or later starts ("bcryptprimitives.dll not found"); its one function that
# is wanted, ProcessPrng, is the same as SystemFunction036 of advapi32 (RtlGenRandom), so a library of 4 KB that forwards to it is put in its place.
# Wine 9 and later have their own, which is then left alone. Its uiautomationcore.dll, by which screen readers are told of changes, stops every program that
# tells them something; one that says yes to everything takes its place.
set -eu

usage() {
	echo "usage: wine.sh make|run|ask|stop DIR ..." >&2
	exit 64
}

[ $# -ge 2 ] || usage
here=$(cd "$(dirname "$0")" && pwd)
verb=$1
WINEPREFIX=$2
shift 2
case $WINEPREFIX in
/*) ;;
*) WINEPREFIX=$PWD/$WINEPREFIX ;;
esac

# mscoree and mshtml: no offer to fetch .NET and a browser. The home lies in the prefix: Wine would else link the desktop and the documents of the
# person who runs the test into it.
WINEARCH=win64
WINEDEBUG=${WINEDEBUG:--all}
WINEDLLOVERRIDES='mscoree,mshtml=;uiautomationcore=n,b'
[ ! -e "$WINEPREFIX/drive_c/windows/system32/shell32_wine.dll" ] || WINEDLLOVERRIDES="$WINEDLLOVERRIDES;shell32=n,b"
HOME=$WINEPREFIX/home
LC_ALL=C.UTF-8
XDG_RUNTIME_DIR=$WINEPREFIX/home
export WINEPREFIX WINEARCH WINEDEBUG WINEDLLOVERRIDES HOME LC_ALL XDG_RUNTIME_DIR
wine=$(command -v wine64 || command -v wine || echo /usr/lib/wine/wine64)
server=$(command -v wineserver || echo /usr/lib/wine/wineserver)

case $verb in
make)
	mkdir -p "$HOME"
	(
		unset DISPLAY WAYLAND_DISPLAY
		timeout 120 "$wine" wineboot --init >/dev/null 2>&1
		timeout 60 "$server" -w
	)
	system=$WINEPREFIX/drive_c/windows/system32
	[ -d "$system" ] || { echo "wine.sh: no Windows was made in $WINEPREFIX" >&2; exit 1; }
	if [ ! -e "$system/bcryptprimitives.dll" ]; then
		printf 'LIBRARY bcryptprimitives.dll\nEXPORTS\n  ProcessPrng = advapi32.SystemFunction036\n' >"$HOME/forward.def"
		x86_64-w64-mingw32-gcc -shared -nostdlib -Wl,--entry=0 -o "$system/bcryptprimitives.dll" "$HOME/forward.def"
		cat >"$HOME/automation.c" <<'C'
/* What Fyne 2.8 asks of UI Automation, on x86-64: a number that means success, or no object. */
#define NOTHING(name) __declspec(dllexport) long long name(void *a, void *b, void *c, void *d) { return 0; }
NOTHING(UiaReturnRawElementProvider)
NOTHING(UiaRaiseAutomationEvent)
NOTHING(UiaRaiseStructureChangedEvent)
NOTHING(UiaDisconnectProvider)
__declspec(dllexport) long long UiaHostProviderFromHwnd(void *window, void **provider) { *provider = 0; return 0; }
C
		x86_64-w64-mingw32-gcc -w -shared -nostdlib -Wl,--entry=0 -o "$system/uiautomationcore.dll" "$HOME/automation.c"
	fi
	;;
run)
	[ $# -ge 2 ] || usage
	seconds=$1
	shift
	exec timeout --kill-after=5 "$seconds" "$wine" "$@"
	;;
ask)
	system=$WINEPREFIX/drive_c/windows/system32
	[ ! -e "$system/shell32_wine.dll" ] || exit 0
	# Wine takes a file that is marked as its own from where it is installed, by its name; the mark stands at 0x40 (winebuild, "Wine builtin DLL").
	cp "$system/shell32.dll" "$system/shell32_wine.dll"
	dd if=/dev/zero of="$system/shell32_wine.dll" bs=1 seek=64 count=32 conv=notrunc 2>/dev/null
	{
		printf 'LIBRARY shell32.dll\nEXPORTS\n  ShellExecuteExW = consent\n'
		x86_64-w64-mingw32-objdump -p "$system/shell32_wine.dll" |
			sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/s/^[[:space:]]*\[ *[0-9]*\] *\([A-Za-z_][A-Za-z0-9_]*\)$/\1/p' | sort -u |
			sed '/^ShellExecuteExW$/d; s/.*/  & = shell32_wine.&/'
	} >"$HOME/consent.def"
	rm "$system/shell32.dll"
	x86_64-w64-mingw32-gcc -O2 -shared -nostdlib -Wl,--entry=0 -o "$system/shell32.dll" "$here/wine/consent.c" "$HOME/consent.def" -luser32 -ladvapi32 -lkernel32
	x86_64-w64-mingw32-gcc -O2 -o "$WINEPREFIX/drive_c/ordinary.exe" "$here/wine/ordinary.c" -ladvapi32
	;;
stop)
	# Only the server of this prefix: wineserver finds it by WINEPREFIX.
	timeout 30 "$server" -k || true
	timeout 30 "$server" -w || true
	;;
*) usage ;;
esac
