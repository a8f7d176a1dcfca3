#!/bin/sh
# Builds Qulyp from this folder and starts it: the window where there is a display, otherwise the same conversation in the terminal.
#
#   sh packaging/run.sh               installs what the window needs (asks first), builds, starts
#   sh packaging/run.sh -y            the same, without asking
#   sh packaging/run.sh -- check      hands what follows to the program, which then needs no window
#
# On Debian and Ubuntu what is missing is installed with apt-get. Go must be there already: https://go.dev/dl/
set -eu
cd "$(dirname "$0")/.."

usage() {
	echo "usage: sh packaging/run.sh [-y] [-- words for qulyp]" >&2
	exit 64
}

yes=
while [ $# -gt 0 ]; do
	case $1 in
	-y | --yes) yes=1 ;;
	--) shift; break ;;
	*) usage ;;
	esac
	shift
done

command -v go >/dev/null 2>&1 || PATH="$PATH:/usr/local/go/bin:/usr/lib/go/bin"
export PATH
if ! command -v go >/dev/null 2>&1; then
	echo "Go is not installed. Take it from https://go.dev/dl/ (or: sudo apt-get install golang-go), then start this again." >&2
	exit 69
fi

# A window needs a display. A verb of the command line needs none, except the made-up cases of demo.
window=
[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && window=1
[ $# -gt 0 ] && [ "$1" != demo ] && window=

# Package and the file that shows it is there. xorg-dev brings several, so the ones that are used are looked for.
lacking() {
	for pair in gcc:gcc pkg-config:pkg-config libgl1-mesa-dev:GL/gl.h libegl1-mesa-dev:EGL/egl.h xorg-dev:X11/Xlib.h \
		xorg-dev:X11/Xcursor/Xcursor.h xorg-dev:X11/extensions/Xrandr.h xorg-dev:X11/extensions/Xinerama.h \
		xorg-dev:X11/extensions/XInput2.h xorg-dev:X11/extensions/xf86vmode.h \
		libwayland-dev:wayland-client-core.h libxkbcommon-dev:xkbcommon/xkbcommon.h; do
		package=${pair%%:*} sign=${pair#*:}
		case $sign in
		*.h) [ -e "/usr/include/$sign" ] || echo "$package" ;;
		*) command -v "$sign" >/dev/null 2>&1 || echo "$package" ;;
		esac
	done | sort -u | tr '\n' ' '
}

if [ -n "$window" ]; then
	missing=$(lacking)
	if [ -n "$missing" ]; then
		root=
		[ "$(id -u)" = 0 ] || root=sudo
		agreed=$yes
		if ! command -v apt-get >/dev/null 2>&1; then
			echo "To build the window these are needed (names as in Debian): $missing"
			agreed=
		elif [ -n "$root" ] && ! command -v sudo >/dev/null 2>&1; then
			echo "To build the window, have an administrator run: apt-get install $missing"
			agreed=
		elif [ -z "$agreed" ] && [ -t 0 ]; then
			echo "To build the window these packages are needed: $missing"
			printf 'Install them now? [y/N] '
			read -r answer || answer=
			case $answer in [yYдДиИ]*) agreed=1 ;; esac
		elif [ -z "$agreed" ]; then
			echo "To build the window these packages are needed: $missing"
			echo "Start this with -y to have them installed."
		fi
		if [ -n "$agreed" ]; then
			DEBIAN_FRONTEND=noninteractive
			export DEBIAN_FRONTEND
			# shellcheck disable=SC2086 # several packages
			{ $root apt-get update -q && $root apt-get install -y -q --no-install-recommends $missing; } ||
				echo "The packages could not be installed." >&2
		fi
		if [ -n "$(lacking)" ]; then
			echo "Going on without the window, in the terminal."
			window=
		fi
	fi
fi

# build NAME TAGS: shows that it is alive, since the first build of the window takes minutes.
build() {
	mkdir -p dist
	log=$(mktemp)
	go build -buildvcs=false -trimpath -ldflags "-s -w" -tags "$2" -o "dist/$1" ./app >"$log" 2>&1 &
	job=$!
	trap 'kill "$job" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
	seconds=0
	while kill -0 "$job" 2>/dev/null; do
		if [ -t 2 ]; then
			printf '\rBuilding: %d s (the first time takes minutes) ' "$seconds" >&2
		elif [ $((seconds % 15)) = 0 ]; then
			echo "Building: $seconds s (the first time takes minutes)" >&2
		fi
		sleep 1
		seconds=$((seconds + 1))
	done
	[ -t 2 ] && printf '\r%60s\r' '' >&2
	trap - INT TERM
	if wait "$job"; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	return 1
}

if [ -n "$window" ]; then
	if build qulyp no_emoji,no_metadata,migrated_fynedo; then
		exec dist/qulyp "$@"
	fi
	echo "The window could not be built. Going on in the terminal." >&2
fi
CGO_ENABLED=0
export CGO_ENABLED
build qulyp-terminal nowindow || { echo "Qulyp could not be built: see above." >&2; exit 70; }
exec dist/qulyp-terminal "$@"
