#!/bin/sh
# Drives the real window with real keys on a display of its own, in every language: from the start to the proof and the undo, and where no window can be opened.
# The program is built without migrated_fynedo, so that Fyne reports every call from a wrong goroutine. Pictures of each screen go to the folder QULYP_SHOTS, if set.
#
#   sh packaging/window-test.sh            builds it and runs the tests
#   sh packaging/window-test.sh PROGRAM    runs the tests on a program that is built already
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
chmod 755 "$work" # the tests run the program as another account
if [ $# -gt 0 ]; then
	cp "$1" "$work/qulyp"
else
	go build -trimpath -tags no_emoji -o "$work/qulyp" ./app
fi
chmod 755 "$work/qulyp"
if [ -n "${QULYP_SHOTS:-}" ]; then
	mkdir -p "$QULYP_SHOTS"
	QULYP_SHOTS=$(cd "$QULYP_SHOTS" && pwd)
	export QULYP_SHOTS
fi
QULYP_WINDOW="$work/qulyp" CGO_ENABLED=0 go test -count=1 -timeout 30m -tags ci -run '^TestReal' ./internal/window/
