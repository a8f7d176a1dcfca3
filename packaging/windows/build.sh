#!/bin/sh
# Builds the program for Windows (x86-64) on Linux with mingw-w64, into dist/windows or the folder that is named:
#
#   qulyp.exe          the window; with a verb it is a command-line tool in the terminal that it was started from
#   qulyp-console.exe  the same without the window: small, no OpenGL, for servers, scripts and computers without graphics
#
#   sh packaging/windows/build.sh [--console] [FOLDER]     --console: that one alone (a minute; the window takes several)
#
# The source tree is not touched: icon, manifest and version resource go into app/qulyp_windows_amd64.syso of a copy, where the go tool links it in for
# Windows on x86-64 alone, as its name says.
set -eu
console=
[ "${1:-}" != --console ] || { console=1; shift; }
tree=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$tree/dist/windows}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$tree"
for tool in x86_64-w64-mingw32-gcc x86_64-w64-mingw32-windres; do
	command -v "$tool" >/dev/null || { echo "build.sh needs $tool (Debian and Ubuntu: mingw-w64)" >&2; exit 1; }
done

version=$(sed -n 's/^[[:space:]]*version *= *"\([0-9.]*\)".*/\1/p' app/version.go)
build=$(sed -n 's/^[[:space:]]*build *= *\([0-9]*\).*/\1/p' app/version.go)
[ -n "$version" ] && [ -n "$build" ] || { echo "build.sh: no version in app/version.go" >&2; exit 1; }

here=$PWD/packaging/windows
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
cp -R app assets internal third_party go.mod go.sum "$work/tree/"
cp packaging/windows/qulyp.rc packaging/windows/qulyp.ico packaging/windows/qulyp.manifest "$work/"
sed -i "s/@VERSION@/$version.$build/" "$work/qulyp.manifest"

resources() { # NAME.exe
	figures=$(echo "$version.$build" | tr . ,)
	(cd "$work" && sed -e "s/FIGURES/$figures/" -e "s/TEXT/\"$version\"/" -e "s/NAME$/\"$1\"/" qulyp.rc >one.rc &&
		x86_64-w64-mingw32-windres -c 65001 -i one.rc -o tree/app/qulyp_windows_amd64.syso)
}

# As long as text/template is in a program, which it is through Fyne, the linker keeps every exported method of every type in it, since a template could name one: 4 MB here.
# No template of this program, of Fyne or of its translations calls a method of its data, so the program is built with a text/template that knows fields and
# functions alone. The file is that of the Go in use with one expression changed.
template=$(go env GOROOT)/src/text/template/exec.go
[ "$(grep -c 'ptr\.MethodByName(fieldName)' "$template")" = 1 ] || { echo "build.sh: $template is another than it was: look how it finds methods now" >&2; exit 1; }
sed 's/ptr\.MethodByName(fieldName)/(reflect.Value{})/' "$template" >"$work/exec.go"
printf '{"Replace": {"%s": "%s"}}\n' "$template" "$work/exec.go" >"$work/overlay.json"

# -trimpath: no path of this computer in the program. -s -w: no symbols. -funcalign=16: functions begin at each 16 bytes, not 32, which saves 0.2 MB.
# -gcflags …=-l: no function of our own packages, and of those that only carry words and bytes to and fro, is copied into its callers, which saves 0.55 MB and costs no
# time that could be measured.
set --
for packages in qulyp github.com/zmap github.com/spf13 github.com/pavlo-v-chernykh golang.org/x/net gopkg.in software.sslmate.com; do
	set -- "$@" -gcflags "$packages/...=-l"
done
export GOOS=windows GOARCH=amd64
cd "$work/tree"
resources qulyp-console.exe
CGO_ENABLED=0 go build -overlay "$work/overlay.json" -trimpath -buildvcs=false -tags nowindow "$@" -ldflags "-s -w -funcalign=16" -o "$out/qulyp-console.exe" ./app
if [ -z "$console" ]; then
	resources qulyp.exe
	x86_64-w64-mingw32-gcc -O2 -c -o "$work/opengl32.o" "$here/opengl32.c"
	x86_64-w64-mingw32-ar rc "$work/libopengl32.a" "$work/opengl32.o"
	# accessibility: screen readers; no_emoji, no_metadata: smaller; migrated_fynedo: the window keeps Fyne's rule of one thread.
	CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go build -overlay "$work/overlay.json" -trimpath -buildvcs=false -tags no_emoji,no_metadata,migrated_fynedo,accessibility \
		"$@" -ldflags "-s -w -funcalign=16 -H windowsgui '-extldflags=-L$work'" -o "$out/qulyp.exe" ./app
fi
cd "$out"
sha256sum qulyp*.exe
