#!/bin/sh
# Takes the console program through a removal, its undo and a refusal on a Windows that is thrown away afterwards, with the registry as the witness. Runs in the
# shell that comes with Git for Windows, in a terminal with an administrator's rights, and on Linux under Wine:
#
#   sh packaging/windows/trial.sh PROGRAM              on Windows; only with QULYP_THROW_AWAY=1
#   sh packaging/windows/trial.sh PROGRAM PREFIX       under Wine, in a prefix of wine.sh
#
# A look-alike root goes into the intermediates of the person and the roots of the computer. The roots of the person are left out: when one is put back,
# Windows asks in a window of its own, and nobody answers here.
set -eu
cd "$(dirname "$0")/../.."
[ $# -ge 1 ] || { echo "usage: trial.sh PROGRAM [PREFIX]" >&2; exit 64; }
program=$1
prefix=${2:-}
if [ -n "$prefix" ]; then
	run() { sh packaging/windows/wine.sh run "$prefix" 120 "$@"; }
else
	[ "${QULYP_THROW_AWAY:-}" = 1 ] || { echo "trial.sh: QULYP_THROW_AWAY is not 1: this Windows is somebody's, and no root is put into it" >&2; exit 1; }
	run() { MSYS_NO_PATHCONV=1 "$@"; } # /v is no path
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "trial.sh: $*" >&2
	exit 1
}
digits() { od -An -v -tx1 | tr -d ' \n'; }

printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = name' 'x509_extensions = authority' \
	'[name]' 'C = KZ' 'O = ISCA' 'CN = Information Security Certification Authority' \
	'[authority]' 'basicConstraints = critical, CA:TRUE' >"$work/root.cnf"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -days 30 -config "$work/root.cnf" \
	-outform DER -out "$work/root.der" 2>/dev/null
sha1=$(openssl dgst -sha1 -binary "$work/root.der" | digits | tr a-f A-F)
print=$(openssl dgst -sha256 -binary "$work/root.der" | digits)
size=$(wc -c <"$work/root.der")
length=$(printf '%02x%02x0000' $((size % 256)) $((size / 256)))
blob=$(echo "030000000100000014000000${sha1}2000000001000000${length}$(digits <"$work/root.der")" | tr a-f A-F)
# The places, from the hive on, each with what may stand there afterwards.
person='HKCU\Software\Microsoft\SystemCertificates\CA'
computer='HKLM\SOFTWARE\Microsoft\SystemCertificates\Root'
refusals='HKCU\Software\Microsoft\SystemCertificates\Disallowed HKLM\SOFTWARE\Microsoft\SystemCertificates\Disallowed'

# holds PLACE: the digits that the registry has of the root there; nothing when it is not there.
holds() { run reg query "$1\\Certificates\\$sha1" /v Blob 2>/dev/null | tr -d '\r' | sed -n 's/^.*REG_BINARY *//p'; }
there() {
	for place in "$@"; do
		[ -n "$(holds "$place")" ] || fail "$place: it is not there"
	done
}
gone() {
	for place in "$@"; do
		[ -z "$(holds "$place")" ] || fail "$place: it is there"
	done
}
qulyp() { # STATUS WORDS..
	want=$1
	shift
	got=0
	run "$program" "$@" --json >"$work/answer.json" || got=$?
	[ "$got" = "$want" ] || { cat "$work/answer.json"; fail "$*: status $got, want $want"; }
}

for place in "$person" "$computer"; do
	run reg add "$place\\Certificates\\$sha1" /v Blob /t REG_BINARY /d "$blob" /f >/dev/null
done
trap 'for place in "$person" "$computer" $refusals; do run reg delete "$place\\Certificates\\$sha1" /f >/dev/null 2>&1 || :; done; rm -rf "$work"' EXIT
there "$person" "$computer"
before=$(holds "$computer")

qulyp 1 check
grep -q '"code": *"lookalike-installed"' "$work/answer.json" || fail "the check does not name it"
qulyp 0 remove --sha256 "$print" --yes
gone "$person" "$computer"
qulyp 0 restore --last --yes
there "$person" "$computer"
# Windows may add hashes of its own and keep the properties in another order: the certificate itself is the last and longest.
case $(holds "$computer") in
*"$(digits <"$work/root.der" | tr a-f A-F)"*) ;;
*) fail "put back as $(holds "$computer"), was $before" ;;
esac
qulyp 0 remove --sha256 "$print" --block --yes
gone "$person" "$computer"
# shellcheck disable=SC2086 # two places without a space
there $refusals
qulyp 0 restore --last --yes
there "$person" "$computer"
# shellcheck disable=SC2086
gone $refusals
echo "removed, put back, kept out and put back"
