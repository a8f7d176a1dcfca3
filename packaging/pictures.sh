#!/bin/sh
# Draws every screen of the window, on made-up cases, in every language, light and dark, as PNG: for manuals, and to look at after a change.
# Nothing is installed, opened or checked; no display is needed.
#
#   sh packaging/pictures.sh FOLDER                      all of them
#   sh packaging/pictures.sh FOLDER verdict-state        those whose name has this in it: SCREEN-LANGUAGE-SHADE, as in plan-kk-dark
#   SIZE=420x560@2 sh packaging/pictures.sh FOLDER       width x height @ size of text (1 to 2)
set -eu
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: sh packaging/pictures.sh FOLDER [NAME]" >&2
	exit 64
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
QULYP_PICTURES="$folder" QULYP_PICTURES_ONLY="${2:-}" QULYP_PICTURES_SIZE="${SIZE:-}" CGO_ENABLED=0 \
	go test -count=1 -timeout 60m -tags ci -run '^TestPictures$' ./internal/window/
echo "$(find "$folder" -name '*.png' | wc -l) pictures in $folder"
