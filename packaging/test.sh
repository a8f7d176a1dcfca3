#!/bin/sh
# Sets up what the tests need on Debian or Ubuntu, and runs them all. A component that cannot be installed makes the tests that need it skip, with their
# reason; with QULYP_NEED_ALL=1 it makes them fail.
#
#   sh packaging/test.sh          everything
#   sh packaging/test.sh --quick  no real browsers, no window, no Wine
set -eu
cd "$(dirname "$0")/.."

quick=
for word in "$@"; do
	case $word in
	--quick) quick=1 ;;
	*) echo "usage: sh packaging/test.sh [--quick]" >&2; exit 64 ;;
	esac
done

# What is installed, and which program or file shows that it is there.
wanted='gcc:gcc libgl1-mesa-dev:/usr/include/GL/gl.h xorg-dev:/usr/include/X11/Xlib.h libwayland-dev:/usr/include/wayland-client.h
libxkbcommon-dev:/usr/include/xkbcommon/xkbcommon.h libegl1-mesa-dev:/usr/include/EGL/egl.h pkg-config:pkg-config
libnss3-tools:certutil p11-kit:trust openssl:openssl curl:curl ca-certificates:update-ca-certificates
ca-certificates-java:/etc/ca-certificates/update.d/jks-keystore openjdk-17-jre-headless|default-jre-headless:keytool
firefox-esr|firefox:firefox-esr chromium|chromium-browser:chromium mitmproxy:mitmdump nginx-light:nginx
iproute2:ip nftables:nft strace:strace unzip:unzip bsdutils:script
xvfb:Xvfb xauth:xauth xdotool:xdotool imagemagick:import libgl1-mesa-dri:/usr/lib/x86_64-linux-gnu/dri fonts-dejavu-core:/usr/share/fonts/truetype/dejavu
wine64|wine:wine gcc-mingw-w64-x86-64:x86_64-w64-mingw32-gcc hyperfine:hyperfine poppler-utils:pdftoppm'

there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 ;;
	esac
}

lacking=
for pair in $wanted; do
	there "${pair#*:}" || lacking="$lacking ${pair%%:*}"
done
if [ -n "$lacking" ]; then
	echo "Not installed yet:$lacking"
	if command -v apt-get >/dev/null 2>&1; then
		root=
		[ "$(id -u)" = 0 ] || root=sudo
		export DEBIAN_FRONTEND=noninteractive
		$root apt-get update -q || true
		for choice in $lacking; do
			for package in $(echo "$choice" | tr '|' ' '); do
				if $root apt-get install -y -q --no-install-recommends "$package"; then
					break
				fi
			done
		done
	else
		echo "This is not Debian or Ubuntu: please install them by hand."
	fi
fi
PATH="$PATH:/usr/sbin:/sbin"
export PATH

echo "== vet, for each system"
for os in linux windows darwin; do
	GOOS=$os CGO_ENABLED=0 go vet -tags nowindow ./...
done
unformatted=$(gofmt -l app assets internal)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }

echo "== everything but the window"
if [ -n "$quick" ]; then
	QULYP_QUICK=1 go test -short -tags nowindow ./...
	exit
fi
go test -timeout 45m -tags nowindow ./...

echo "== beside another program"
sh packaging/contest.sh || {
	status=$?
	[ "$status" = 69 ] && [ "${QULYP_NEED_ALL:-}" != 1 ] || exit "$status"
	echo "left out: what it needs is missing"
}

echo "== the window, without OpenGL"
CGO_ENABLED=0 go test -timeout 20m -tags ci ./internal/window/ ./app/

echo "== the window, as it is"
go vet ./...
sh packaging/window-test.sh
