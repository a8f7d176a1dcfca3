#!/bin/sh
# Measures the program against yardsticks in the same run, and prints ratios of medians: machines differ, ratios less so.
#
#   sh packaging/bench.sh            everything
#   sh packaging/bench.sh check      the check against certutil
#   sh packaging/bench.sh stores     single stores against the tools of their makers
#   sh packaging/bench.sh live       the live test against its bounds, and against zgrab2
#   sh packaging/bench.sh window     the window against an empty one
set -eu
cd "$(dirname "$0")/.."
what=${1:-all}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in hyperfine certutil openssl python3; do
	command -v "$tool" >/dev/null || { echo "bench needs $tool: run sh packaging/test.sh once, it installs it" >&2; exit 1; }
done

median() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["results"][int(sys.argv[2])]["median"]*1000)' "$1" "$2"; }
ratio() { python3 -c 'import sys; n = float(sys.argv[1])/float(sys.argv[2]); print("%.2f" % n if n >= 0.1 else "%.3f" % n)' "$1" "$2"; }

# a database of 150 certificates: the roots of the system, and made ones up to the number
make_150() {
	mkdir -p "$work/big" "$work/pem"
	certutil -N -d "sql:$work/big" --empty-password
	awk -v dir="$work/pem" '/BEGIN/{n++} {print > sprintf("%s/%04d.pem", dir, n)}' /etc/ssl/certs/ca-certificates.crt
	n=$(ls "$work/pem" | wc -l)
	while [ "$n" -lt 150 ]; do
		n=$((n + 1))
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 3650 \
			-subj "/C=KZ/O=Bench/CN=Made $n" -out "$work/pem/$(printf %04d "$n").pem" 2>/dev/null
	done
	for file in $(ls "$work"/pem/*.pem | head -150); do
		certutil -A -d "sql:$work/big" -n "root $(basename "$file")" -t C,, -i "$file"
	done
}

look_alike() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 3650 \
		-subj "/CN=Information Security Certification Authority/O=ISCA/C=KZ" -out "$work/isca.pem" 2>/dev/null
}

# sixteen databases in the places where browsers keep them, each with one look-alike root
make_home() {
	look_alike
	mkdir -p "$work/one"
	certutil -N -d "sql:$work/one" --empty-password
	certutil -A -d "sql:$work/one" -n isca -t C,, -i "$work/isca.pem"
	for place in .mozilla/firefox/a.default-release .config/mozilla/firefox/b.default-release snap/firefox/common/.mozilla/firefox/c.default \
		.var/app/org.mozilla.firefox/.mozilla/firefox/d.default .var/app/org.mozilla.firefox/config/mozilla/firefox/e.default .librewolf/f.default \
		.waterfox/g.default .zen/h.default .thunderbird/i.default snap/thunderbird/common/.thunderbird/j.default \
		.local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/profile.default .pki/nssdb .local/share/pki/nssdb \
		snap/chromium/current/.pki/nssdb .var/app/com.google.Chrome/.pki/nssdb .var/app/org.chromium.Chromium/data/pki/nssdb; do
		mkdir -p "$work/home/$place"
		cp "$work"/one/* "$work/home/$place/"
	done
}

if [ "$what" = all ] || [ "$what" = check ]; then
	CGO_ENABLED=0 go build -tags nowindow -trimpath -ldflags "-s -w" -o "$work/qulyp" ./app
	make_150
	make_home
	found=$(HOME="$work/home" XDG_CONFIG_HOME= XDG_DATA_HOME= "$work/qulyp" check --json | python3 -c '
import json, sys
print(sum(1 for p in json.load(sys.stdin)["places"] if p["kind"] == "nss" and p["path"].startswith(sys.argv[1]) and p["entries"]))' "$work/home" || true)
	echo "stores with the look-alike found: $found of 16"
	HOME="$work/home" XDG_CONFIG_HOME='' XDG_DATA_HOME='' hyperfine -N -i --warmup 5 --runs 40 --export-json "$work/check.json" --style basic \
		"$work/qulyp check --json" "certutil -L -d sql:$work/big" >/dev/null 2>&1
	ours=$(median "$work/check.json" 0)
	theirs=$(median "$work/check.json" 1)
	printf 'check of 16 stores and the system: %.1f ms; certutil -L of 150: %.1f ms; ratio %s (aim at most 1.0)\n' "$ours" "$theirs" "$(ratio "$ours" "$theirs")"
	python3 - "$work" <<'P'
import os, resource, subprocess, sys
work = sys.argv[1]
env = dict(os.environ, HOME=work + "/home", XDG_CONFIG_HOME="", XDG_DATA_HOME="")
subprocess.run([work + "/qulyp", "check", "--json"], env=env, stdout=subprocess.DEVNULL)
print("peak memory of that check: %.1f MiB (aim under 80)" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
P
fi

# A home with the two largest stores that people have, each with one look-alike root among the others: the JKS that Debian makes of its 144 roots (or one that
# keytool fills), and a database of 800.
make_yardstick() {
	[ -e "$work/isca.pem" ] || look_alike
	mkdir -p "$work/yard/.jdks/jdk/lib/security" "$work/yard/.pki/nssdb" "$work/made"
	jks=$work/yard/.jdks/jdk/lib/security/cacerts
	keytool -importkeystore -noprompt -srckeystore "${1:-/etc/ssl/certs/java/cacerts}" -srcstorepass changeit -destkeystore "$jks" -deststoretype JKS -deststorepass changeit >/dev/null 2>&1
	keytool -importcert -noprompt -alias isca -file "$work/isca.pem" -keystore "$jks" -storepass changeit >/dev/null 2>&1
	certutil -N -d "sql:$work/yard/.pki/nssdb" --empty-password
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/made/key"
	echo "-A -n isca -t C,, -i $work/isca.pem" >"$work/made/batch"
	n=1
	while [ "$n" -lt 800 ]; do
		n=$((n + 1))
		openssl req -x509 -key "$work/made/key" -days 3650 -subj "/C=KZ/O=Bench/CN=Made $n" -out "$work/made/$n.pem" 2>/dev/null
		echo "-A -n made$n -t C,, -i $work/made/$n.pem" >>"$work/made/batch"
	done
	certutil -B -d "sql:$work/yard/.pki/nssdb" -i "$work/made/batch" >/dev/null
}

if [ "$what" = all ] || [ "$what" = stores ]; then
	command -v keytool >/dev/null || { echo "bench of the stores needs keytool" >&2; exit 1; }
	make_yardstick
	jks=$work/yard/.jdks/jdk/lib/security/cacerts
	QULYP_YARDSTICK=$work/yard go test -tags nowindow -run XXX -bench Yardstick -benchtime 20x -count 5 ./internal/check >"$work/stores.txt" || { cat "$work/stores.txt" >&2; exit 1; }
	hyperfine -N --warmup 2 --runs 10 --style basic --export-json "$work/list.json" "certutil -L -d sql:$work/yard/.pki/nssdb" "keytool -list -keystore $jks -storepass changeit" >/dev/null 2>&1
	ours() { # the median of one kind, in ms
		awk -v name="BenchmarkYardstick/$1" 'index($1, name) == 1 { print $3/1e6 }' "$work/stores.txt" | sort -n | sed -n 3p
	}
	count() { awk -v name="BenchmarkYardstick/$1" 'index($1, name) == 1 { print $5; exit }' "$work/stores.txt"; }
	printf 'JKS of %.0f listed and matched: %.1f ms; keytool -list: %.1f ms; ratio %s (aim at most 0.05)\n' "$(count java)" "$(ours java)" "$(median "$work/list.json" 1)" \
		"$(ratio "$(ours java)" "$(median "$work/list.json" 1)")"
	printf 'NSS of %.0f listed and matched: %.1f ms; certutil -L: %.1f ms; ratio %s (aim at most 0.2)\n' "$(count nss)" "$(ours nss)" "$(median "$work/list.json" 0)" \
		"$(ratio "$(ours nss)" "$(median "$work/list.json" 0)")"
fi

if [ "$what" = all ] || [ "$what" = live ]; then
	# zgrab2 is built in a folder of its own: it is a yardstick, not a part of the program.
	mkdir -p "$work/zgrab"
	printf 'module bench\n\ngo 1.26\n\nrequire github.com/zmap/zgrab2 v0.2.0\n' >"$work/zgrab/go.mod"
	(cd "$work/zgrab" && GOFLAGS=-mod=mod go build -o zgrab2 github.com/zmap/zgrab2/cmd/zgrab2 2>/dev/null) || echo "zgrab2 could not be built: no comparison with it"
	go test -tags nowindow -count=1 -run 'TestFigures|TestCancel' -v ./internal/probe | grep -E 'names|silent|answer|cancel|ok|FAIL' || true
	PATH="$work/zgrab:$PATH" go test -tags nowindow -run XXX -bench Handshakes -benchtime 4x ./internal/probe | grep Benchmark
fi

if [ "$what" = all ] || [ "$what" = window ]; then
	for tool in Xvfb xdotool; do
		command -v "$tool" >/dev/null || { echo "bench of the window needs $tool" >&2; exit 1; }
	done
	tags=no_emoji,no_metadata,migrated_fynedo
	go build -tags "$tags" -trimpath -ldflags "-s -w" -o "$work/window" ./app
	go build -tags "$tags" -trimpath -ldflags "-s -w" -o "$work/empty" ./packaging/bench/empty
	number=$((90 + $$ % 100))
	Xvfb ":$number" -noreset -screen 0 1280x800x24 +extension GLX >/dev/null 2>&1 &
	server=$!
	trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
	sleep 1
	mkdir -p "$work/home"
	cat >"$work/appear" <<'S'
#!/bin/sh
# starts the program $1 and ends it as soon as its window is on the screen
"$1" >/dev/null 2>&1 &
pid=$!
timeout 20 xdotool search --sync --onlyvisible --name . >/dev/null 2>&1 # the only window there is
kill $pid
wait $pid 2>/dev/null
exit 0
S
	chmod +x "$work/appear"
	env DISPLAY=":$number" HOME="$work/home" XDG_CONFIG_HOME= XDG_DATA_HOME= XDG_STATE_HOME= hyperfine -N -i --warmup 2 --runs 8 --export-json "$work/window.json" \
		--style basic "$work/appear $work/window" "$work/appear $work/empty" >/dev/null 2>&1
	ours=$(median "$work/window.json" 0)
	theirs=$(median "$work/window.json" 1)
	printf 'window on the screen: %.0f ms; empty Fyne window: %.0f ms; ratio %s (aim at most 1.2)\n' "$ours" "$theirs" "$(ratio "$ours" "$theirs")"
fi
