#!/bin/sh
# Measures the program for Windows against an empty Fyne window that is built with the same tags: the size of the file, and the time from the start to the
# window on the screen, under Wine. Prints ratios of medians; the two take turns, so that a busy machine slows both.
#
#   sh packaging/windows/bench.sh [FOLDER]     FOLDER with qulyp.exe, as build.sh made it; without, it is built
set -eu
built=
[ -z "${1:-}" ] || built=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
for tool in Xvfb xdotool wine x86_64-w64-mingw32-gcc python3; do
	command -v "$tool" >/dev/null || { echo "bench.sh needs $tool: run sh packaging/test.sh once, it installs it" >&2; exit 1; }
done
work=$(mktemp -d)
server=
trap 'sh packaging/windows/wine.sh stop "$work/prefix" >/dev/null 2>&1; [ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
if [ -z "$built" ]; then
	built=$work
	sh packaging/windows/build.sh "$built" >/dev/null
fi
GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go build -trimpath -buildvcs=false \
	-tags no_emoji,no_metadata,migrated_fynedo,accessibility -ldflags "-s -w -H windowsgui" -o "$work/empty.exe" ./packaging/bench/empty
python3 - "$built/qulyp.exe" "$work/empty.exe" <<'P'
import os, sys
ours, theirs = (os.path.getsize(name) for name in sys.argv[1:3])
print("size: %.1f MB; empty Fyne window: %.1f MB; ratio %.2f (aim at most 1.35)" % (ours / 1e6, theirs / 1e6, ours / theirs))
P
sh packaging/windows/wine.sh make "$work/prefix"
Xvfb -displayfd 3 -noreset -nolisten tcp -screen 0 1280x900x24 +extension GLX 3>"$work/display" >/dev/null 2>&1 &
server=$!
while [ ! -s "$work/display" ]; do sleep 0.2; done
DISPLAY=:$(cat "$work/display")
export DISPLAY
python3 - "$built/qulyp.exe" Qulyp "$work/empty.exe" Empty "$work/prefix" <<'P'
import statistics, subprocess, sys, time
programs = [(sys.argv[1], sys.argv[2]), (sys.argv[3], sys.argv[4])]
prefix = sys.argv[5]
script = ["sh", "packaging/windows/wine.sh"]
times = {name: [] for _, name in programs}
keep = subprocess.Popen(script + ["run", prefix, "600", "cmd", "/c", "pause"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # the server stays up
for turn in range(8):
    for program, name in programs:
        begun = time.monotonic()
        running = subprocess.Popen(script + ["run", prefix, "60", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        window = ""
        while not window and time.monotonic() - begun < 50:
            window = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", name], capture_output=True, text=True).stdout.strip()
            time.sleep(0.01)
        took = time.monotonic() - begun
        if not window:
            sys.exit("no window is called " + name)
        if turn:  # the first is for the caches
            times[name].append(took)
        subprocess.run(["xdotool", "windowkill", window.split()[0]])
        running.terminate()
        running.wait()
        time.sleep(0.5)
keep.terminate()
ours, theirs = (statistics.median(times[name]) for _, name in programs)
print("start to window under Wine: %.0f ms; empty Fyne window: %.0f ms; ratio %.2f (aim at most 1.3)" % (ours * 1000, theirs * 1000, ours / theirs))
P
