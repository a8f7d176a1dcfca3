#!/bin/sh
# Sets the program and mkcert v1.4.4 side by side at four tasks, in folders of its own, and prints what came of them. The witness is neither of the two: NSS
# itself tells whether it would still believe a site of the root (vfychain, with the root sent along as a site would) or the root (certutil -V).
#
#   sh packaging/contest.sh       exits with 0 when the program did everything it should, with 1 when not, with 69 when something is missing
#
#   C1  the same root in the sixteen places where programs keep an NSS database
#   C2  the root «Qaznet» as a browser imports it, under its own name; without the real one beside the project, a look-alike
#   C3  two roots under one name, as the interception roots of 2020 to 2024 have: both to be removed, or one of them alone
#   C4  a root whose files are lost
set -u
cd "$(dirname "$0")/.." || exit 70
version=v1.4.4

PATH="$PATH:/usr/sbin:/sbin:/usr/local/go/bin"
export PATH
for pair in go:golang-go certutil:libnss3-tools vfychain:libnss3-tools openssl:openssl python3:python3; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || { echo "contest: ${pair%%:*} is missing; it is in the package ${pair#*:}" >&2; exit 69; }
done
# The one place outside of its home that mkcert writes to, told to keep to NSS databases.
[ ! -e /etc/pki/nssdb ] || { echo "contest: this computer has /etc/pki/nssdb, which mkcert would change" >&2; exit 69; }

work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
CGO_ENABLED=0 go build -tags nowindow -o "$work/qulyp" ./app || { echo "contest: Qulyp could not be built" >&2; exit 70; }
(cd "$work" && GOFLAGS=-mod=mod GOBIN="$work" go install "filippo.io/mkcert@$version") >"$work/log" 2>&1 ||
	{ cat "$work/log" >&2; echo "contest: mkcert $version could not be built; the Go module proxy is needed for it" >&2; exit 69; }

places='.mozilla/firefox/a.default-release .config/mozilla/firefox/b.default-release snap/firefox/common/.mozilla/firefox/c.default
.var/app/org.mozilla.firefox/.mozilla/firefox/d.default .var/app/org.mozilla.firefox/config/mozilla/firefox/e.default .librewolf/f.default
.waterfox/g.default .zen/h.default .thunderbird/i.default snap/thunderbird/common/.thunderbird/j.default
.local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/profile.default .pki/nssdb .local/share/pki/nssdb
snap/chromium/current/.pki/nssdb .var/app/com.google.Chrome/.pki/nssdb .var/app/org.chromium.Chromium/data/pki/nssdb'

# Each contestant has the same computer: a folder that stands for its disk, with one home.
disk() { echo "$work/$1"; }
home() { echo "$work/$1/home/aigul"; }
new() { # new COMPUTER
	mkdir -p "$(home "$1")" "$(disk "$1")/etc"
	echo "aigul:x:$(id -u):$(id -g)::/home/aigul:/bin/sh" >"$(disk "$1")/etc/passwd"
}
database() { # database DIR
	mkdir -p "$1" && certutil -N -d "sql:$1" --empty-password
}
plant() { # plant DIR NAME FILE
	certutil -A -d "sql:$1" -n "$2" -t C,, -i "$3"
}

# What each is asked with. Both say with their exit status whether they think that it is done.
qulyp() { # qulyp COMPUTER words for the program
	computer=$1 && shift
	# not the real home: only what lies on that disk is looked at and changed
	env -i PATH="$PATH" HOME="$(home "$computer")" "$work/qulyp" "$@" --root "$(disk "$computer")" --state "$work/state.$computer" --json >"$work/said" 2>&1
}
mkcert() { # mkcert COMPUTER CAROOT words for the program
	computer=$1 root=$2 && shift 2
	env -i PATH="$PATH" HOME="$(home "$computer")" CAROOT="$root" TRUST_STORES=nss "$work/mkcert" "$@" >"$work/said" 2>&1
}
print_of() { openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'; }

# The witness.
trusted() { # trusted DIR SITE ROOT: whether NSS believes the site when it sends its root along
	vfychain -d "sql:$1" -u 1 -a "$2" -a "$3" >/dev/null 2>&1
}
believed() { # believed DIR NAME: whether NSS takes what is there under the name for an authority of web sites
	certutil -V -d "sql:$1" -u L -n "$2" >/dev/null 2>&1
}
word() { if "$@"; then echo "STILL TRUSTED"; else echo "not trusted"; fi; }

# root NAME SUBJECT SERIAL: makes NAME.pem, and NAME.site.pem that it signs
make_root() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -days 3650 -set_serial "$3" -subj "$2" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$work/$1.pem" 2>/dev/null &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/site.key" -subj /CN=site.example -out "$work/site.csr" 2>/dev/null &&
		printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:site.example\n' >"$work/site.ext" &&
		openssl x509 -req -in "$work/site.csr" -CA "$work/$1.pem" -CAkey "$work/$1.key" -set_serial "1$3" -days 90 -extfile "$work/site.ext" \
			-out "$work/$1.site.pem" 2>/dev/null
}

rows="$work/rows"
failed=
row() { printf '%s|%s|%s\n' "$1" "$2" "$3" >>"$rows"; }
must() { # must WHAT condition: what the program owes
	what=$1 && shift
	"$@" || failed="$failed
  $what"
}
is() { [ "$1" = "$2" ]; }
broken() { echo "contest: $1" >&2; [ ! -s "$work/said" ] || cat "$work/said" >&2; exit 70; }

# --- C1
mkcert none "$work/caroot" -cert-file "$work/own.site.pem" -key-file "$work/own.key" site.example || broken "mkcert made no certificate"
cp "$work/caroot/rootCA.pem" "$work/own.pem" || broken "mkcert made no root"
own=$(print_of "$work/own.pem")
# the name under which mkcert itself puts its root there
name=$(python3 -c 'import sys; print("mkcert development CA", int(sys.argv[1], 16))' "$(openssl x509 -in "$work/own.pem" -noout -serial | sed 's/.*=//')")
database "$work/one" && plant "$work/one" "$name" "$work/own.pem" || broken "certutil made no database"
trusted "$work/one" "$work/own.site.pem" "$work/own.pem" || broken "the witness does not believe what is planted"
believed "$work/one" "$name" || broken "the witness does not believe what is planted"
database "$work/empty" || broken "certutil made no database"
trusted "$work/empty" "$work/own.site.pem" "$work/own.pem" && broken "the witness believes what is not planted"

spread() { # spread COMPUTER FROM
	for place in $places; do
		mkdir -p "$(home "$1")/$place" && cp "$2"/* "$(home "$1")/$place/" || broken "could not plant"
	done
}
left() { # left COMPUTER: in how many places the site is believed
	n=0
	for place in $places; do
		if trusted "$(home "$1")/$place" "$work/own.site.pem" "$work/own.pem"; then n=$((n + 1)); fi
	done
	echo "$n"
}
new c1q && new c1m && spread c1q "$work/one" && spread c1m "$work/one"
is "$(left c1q) $(left c1m)" "16 16" || broken "not planted everywhere"
qulyp c1q check
found_q=$(python3 -c '
import json, sys
print(sum(1 for p in json.load(open(sys.argv[1]))["places"] if p["kind"] == "nss" and any(e["sha256"] == sys.argv[2] for e in p["entries"])))' "$work/said" "$own")
# mkcert has no command that looks: where it comes to is seen by where it puts its root
new c1f && spread c1f "$work/empty"
mkcert c1f "$work/caroot" -install
found_m=$(left c1f)
row "C1 places reached, of 16" "$found_q" "$found_m"
must "C1: reaches $found_q of 16 places" is "$found_q" 16
qulyp c1q remove --sha256 "$own" --yes
exit_q=$?
mkcert c1m "$work/caroot" -uninstall
exit_m=$?
left_q=$(left c1q) left_m=$(left c1m)
row "C1 cleaned, of 16" "$((16 - left_q)), exit $exit_q" "$((16 - left_m)), exit $exit_m"
row "C1 still believed by NSS" "$left_q" "$left_m"
must "C1: $left_q places still trust" is "$left_q" 0
must "C1: exit status $exit_q" is "$exit_q" 0
qulyp c1q restore --last --yes
exit_q=$? back=$(left c1q)
row "C1 put back on request, of 16" "$back, exit $exit_q" "has no way back"
must "C1: $back of 16 put back" is "$back" 16

# --- C2
real=$(ls ../shared/data/certs/kz-qaznet-*.pem 2>/dev/null | head -1)
if [ -n "$real" ]; then
	cp "$real" "$work/qaznet.pem"
else
	make_root qaznet "/C=KZ/CN=Qaznet Trust Network" 7 || broken "openssl made no root"
fi
for who in c2q c2m; do
	new $who
	database "$(home $who)/.pki/nssdb" && plant "$(home $who)/.pki/nssdb" "Qaznet Trust Network" "$work/qaznet.pem" || broken "could not plant"
	believed "$(home $who)/.pki/nssdb" "Qaznet Trust Network" || broken "the witness does not believe what is planted"
done
qulyp c2q remove --all --yes
exit_q=$?
mkdir "$work/caroot2" && cp "$work/qaznet.pem" "$work/caroot2/rootCA.pem"
mkcert c2m "$work/caroot2" -uninstall
exit_m=$?
row "C2 ${real:+the real }Qaznet root under its own name" "$(word believed "$(home c2q)/.pki/nssdb" "Qaznet Trust Network"), exit $exit_q" \
	"$(word believed "$(home c2m)/.pki/nssdb" "Qaznet Trust Network"), exit $exit_m"
must "C2: still trusted" is "$(word believed "$(home c2q)/.pki/nssdb" "Qaznet Trust Network")" "not trusted"
must "C2: exit status $exit_q" is "$exit_q" 0

# --- C3
isca="/CN=Information Security Certification Authority/O=ISCA/C=KZ"
make_root a "$isca" 101 && make_root b "$isca" 102 || broken "openssl made no root"
twins() { # twins COMPUTER: both under the name that mkcert looks for when asked to remove the first
	new "$1"
	database "$(home "$1")/.pki/nssdb" && plant "$(home "$1")/.pki/nssdb" "mkcert development CA 101" "$work/a.pem" &&
		plant "$(home "$1")/.pki/nssdb" "mkcert development CA 101" "$work/b.pem" || broken "could not plant"
	is "$(twins_left "$1")" "a b" || broken "the witness does not believe both twins: $(twins_left "$1")"
}
twins_left() {
	still=
	for one in a b; do
		if trusted "$(home "$1")/.pki/nssdb" "$work/$one.site.pem" "$work/$one.pem"; then still="$still $one"; fi
	done
	echo "${still# }"
}
for one in a b; do mkdir "$work/caroot.$one" && cp "$work/$one.pem" "$work/caroot.$one/rootCA.pem"; done
twins c3q && twins c3m
qulyp c3q remove --all --yes
exit_q=$?
mkcert c3m "$work/caroot.a" -uninstall && mkcert c3m "$work/caroot.b" -uninstall
exit_m=$?
left_q=$(twins_left c3q) left_m=$(twins_left c3m)
row "C3 two roots of one name, both to go: still trusted" "$(echo "$left_q" | wc -w), exit $exit_q" "$(echo "$left_m" | wc -w), exit $exit_m"
must "C3: still trusted: $left_q" is "$left_q" ""
must "C3: exit status $exit_q" is "$exit_q" 0
for one in a b; do
	other=$(echo ab | tr -d "$one")
	twins "c3q$one" && twins "c3m$one"
	qulyp "c3q$one" remove --sha256 "$(print_of "$work/$one.pem")" --yes
	exit_q=$?
	mkcert "c3m$one" "$work/caroot.$one" -uninstall
	exit_m=$?
	left_q=$(twins_left "c3q$one") left_m=$(twins_left "c3m$one")
	row "C3 only «$one» of «a b» to go: still trusted" "«$left_q», exit $exit_q" "«$left_m», exit $exit_m"
	must "C3: asked for $one alone, $left_q is left" is "$left_q" "$other"
done

# --- C4
new c4q && new c4m
for who in c4q c4m; do
	database "$(home $who)/.pki/nssdb" || broken "certutil made no database"
	cp -r "$work/caroot" "$work/caroot.$who"
	mkcert $who "$work/caroot.$who" -install || broken "mkcert did not install its root"
	trusted "$(home $who)/.pki/nssdb" "$work/own.site.pem" "$work/own.pem" || broken "mkcert did not install its root"
	rm -r "$work/caroot.$who"
done
mkcert c4m "$work/caroot.c4m" -uninstall
exit_m=$?
says=$(grep -o 'is now uninstalled.*' "$work/said" | head -1)
qulyp c4q check
lost=$(python3 -c '
import json, sys
print(" ".join(c["sha256"] for c in json.load(open(sys.argv[1]))["certificates"] if "mkcert" in c["subject"]))' "$work/said")
# shellcheck disable=SC2086 # several at once
qulyp c4q remove --sha256 $lost --yes
exit_q=$?
row "C4 a root whose files are lost" "$(word trusted "$(home c4q)/.pki/nssdb" "$work/own.site.pem" "$work/own.pem"), exit $exit_q" \
	"$(word trusted "$(home c4m)/.pki/nssdb" "$work/own.site.pem" "$work/own.pem"), exit $exit_m${says:+, «$says»}"
must "C4: found $lost" is "$lost" "$own"
must "C4: still trusted" is "$(word trusted "$(home c4q)/.pki/nssdb" "$work/own.site.pem" "$work/own.pem")" "not trusted"
must "C4: exit status $exit_q" is "$exit_q" 0

python3 - "$rows" "$version" <<'P'
import sys
rows = [["Task", "Qulyp", "mkcert " + sys.argv[2]]] + [line.rstrip("\n").split("|") for line in open(sys.argv[1], encoding="utf-8")]
width = [max(len(row[i]) for row in rows) for i in range(3)]
for n, row in enumerate(rows):
    print("  ".join(text.ljust(w) for text, w in zip(row, width)).rstrip())
    if n == 0:
        print("  ".join("-" * w for w in width))
P
if [ -n "$failed" ]; then
	echo "Qulyp fell short:$failed" >&2
	exit 1
fi
echo "Qulyp did everything it should."
