package store

import "qulyp/internal/machine"

// rule says what it means that a certificate lies in a source or an output.
type rule int

const (
	anchors    rule = iota // vouches for web sites, unless its file says otherwise
	described              // does what its file says: trust attributes of p11-kit or OpenSSL; a plain certificate does nothing
	blocked                // refused, wherever else it lies
	selected               // on Debian and its kin: vouches when the list of selected certificates names it
	output                 // generated, or put there by hand: programs read this and trust it
	otherUse               // generated for mail or programs, not for web sites
	unselected             // as selected, and the list does not name it, or switches it off
)

// folder is one folder of certificates.
type folder struct {
	path   string
	rule   rule
	deep   bool   // folders below it count
	only   string // ending of the names that count; empty: all
	vendor string // names (pattern of path.Match) that the distribution's own package brings, where no list of its files says so; empty: none
}

// file is one file that holds many certificates, by itself or in a folder of the family: it is cut, and never deleted, even when one certificate is all that is
// in it.
type file struct {
	path string
	rule rule
}

// family is how one kind of distribution keeps its trusted certificates. A folder stands before the links that lead to it.
type family struct {
	name    string
	ids     []string // ID and ID_LIKE of os-release
	marks   []string // one of these exists where the family is used; looked at only when os-release names no known family
	kin     string   // of families with the same marks, the first alone is taken
	place   string   // the main folder: what the place is called
	sources []folder
	conf    string // file with the selected certificates
	confAt  string // folder that its lines are relative to
	outputs []folder
	bundles []file
	tool    machine.Tool
	args    []string
	last    bool // taken only when no other is
	fixed   bool // made from a configuration of the whole system: cannot be changed here, only explained
	p11     bool // sources are read by p11-kit, in its own format too
	owned   func(*machine.Machine) owners
}

// families is the visible list. The facts come from the distributions' own scripts: update-ca-certificates of Debian, openSUSE and Alpine, update-ca-trust of
// Fedora and Arch, and the search order of p11-kit (trust/token.c) and OpenSSL (crypto/x509/by_dir.c).
var families = []family{
	{
		name:  "Fedora",
		ids:   []string{"fedora", "rhel", "centos", "rocky", "almalinux", "ol", "amzn", "altlinux", "redos", "mageia", "openmandriva", "openeuler", "rosa"},
		marks: []string{"/etc/pki/ca-trust", "/usr/share/pki/ca-trust-source"},
		place: "/etc/pki/ca-trust",
		sources: []folder{
			{path: "/etc/pki/ca-trust/source", rule: described},
			{path: "/etc/pki/ca-trust/source/anchors", rule: anchors},
			{path: "/etc/pki/ca-trust/source/blocklist", rule: blocked},
			{path: "/etc/pki/ca-trust/source/blacklist", rule: blocked}, // the name before p11-kit 0.23.21
			{path: "/usr/share/pki/ca-trust-source", rule: described, vendor: "ca-bundle.*"},
			{path: "/usr/share/pki/ca-trust-source/anchors", rule: anchors},
			{path: "/usr/share/pki/ca-trust-source/blocklist", rule: blocked},
			{path: "/usr/share/pki/ca-trust-source/blacklist", rule: blocked},
		},
		outputs: []folder{
			{path: "/etc/pki/ca-trust/extracted/pem/directory-hash", rule: output},
			{path: "/etc/pki/tls/certs", rule: output},
			{path: "/etc/ssl/certs", rule: output},
		},
		bundles: []file{
			{"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", output},
			{"/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem", otherUse},
			{"/etc/pki/ca-trust/extracted/pem/objsign-ca-bundle.pem", otherUse},
			{"/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt", output},
			{"/etc/pki/tls/certs/ca-bundle.crt", output},
			{"/etc/pki/tls/certs/ca-bundle.trust.crt", output},
			{"/etc/pki/tls/cert.pem", output},
			{"/etc/ssl/cert.pem", output},
		},
		tool: machine.UpdateCATrust,
		p11:  true,
	},
	{
		name:  "openSUSE",
		ids:   []string{"suse", "opensuse", "sles", "sled", "opensuse-leap", "opensuse-tumbleweed"},
		marks: []string{"/etc/pki/trust", "/usr/share/pki/trust", "/var/lib/ca-certificates/ca-bundle.pem"},
		place: "/etc/pki/trust",
		sources: []folder{
			{path: "/etc/pki/trust", rule: described},
			{path: "/etc/pki/trust/anchors", rule: anchors},
			{path: "/etc/pki/trust/blocklist", rule: blocked},
			{path: "/etc/pki/trust/blacklist", rule: blocked},
			{path: "/usr/share/pki/trust", rule: described, vendor: "*.trust.p11-kit"},
			{path: "/usr/share/pki/trust/anchors", rule: anchors}, // other programs put their own here
			{path: "/usr/share/pki/trust/blocklist", rule: blocked},
			{path: "/usr/share/pki/trust/blacklist", rule: blocked},
		},
		outputs: []folder{
			{path: "/var/lib/ca-certificates/pem", rule: output},
			{path: "/var/lib/ca-certificates/openssl", rule: output},
			{path: "/etc/ssl/certs", rule: output},
		},
		bundles: []file{
			{"/var/lib/ca-certificates/ca-bundle.pem", output},
			{"/etc/ssl/ca-bundle.pem", output},
			{"/etc/ssl/cert.pem", output},
		},
		tool: machine.UpdateCACertificates,
		args: []string{"--fresh"},
		p11:  true,
	},
	{
		name:  "Arch Linux",
		ids:   []string{"arch", "manjaro", "endeavouros", "cachyos", "archarm", "artix"},
		marks: []string{"/etc/ca-certificates/trust-source", "/usr/share/ca-certificates/trust-source"},
		place: "/etc/ca-certificates/trust-source",
		sources: []folder{
			{path: "/etc/ca-certificates/trust-source", rule: described},
			{path: "/etc/ca-certificates/trust-source/anchors", rule: anchors},
			{path: "/etc/ca-certificates/trust-source/blocklist", rule: blocked},
			{path: "/etc/ca-certificates/trust-source/blacklist", rule: blocked},
			{path: "/usr/share/ca-certificates/trust-source", rule: described, vendor: "mozilla.trust.p11-kit"},
			{path: "/usr/share/ca-certificates/trust-source/anchors", rule: anchors},
			{path: "/usr/share/ca-certificates/trust-source/blocklist", rule: blocked},
			{path: "/usr/share/ca-certificates/trust-source/blacklist", rule: blocked},
		},
		outputs: []folder{
			{path: "/etc/ca-certificates/extracted/cadir", rule: output},
			{path: "/etc/ssl/certs", rule: output},
		},
		bundles: []file{
			{"/etc/ca-certificates/extracted/tls-ca-bundle.pem", output},
			{"/etc/ca-certificates/extracted/email-ca-bundle.pem", otherUse},
			{"/etc/ca-certificates/extracted/objsign-ca-bundle.pem", otherUse},
			{"/etc/ca-certificates/extracted/ca-bundle.trust.crt", output},
			{"/etc/ssl/certs/ca-certificates.crt", output},
			{"/etc/ssl/cert.pem", output},
		},
		tool:  machine.UpdateCATrust,
		p11:   true,
		owned: archOwns,
	},
	{
		name:    "NixOS",
		ids:     []string{"nixos"},
		marks:   []string{"/etc/NIXOS"},
		place:   "/etc/ssl/certs",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}},
		bundles: []file{{"/etc/pki/tls/certs/ca-bundle.crt", output}},
		fixed:   true,
	},
	{
		name:    "Guix System",
		ids:     []string{"guix"},
		marks:   []string{"/gnu/store"},
		place:   "/etc/ssl/certs",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}, {path: "/run/current-system/profile/etc/ssl/certs", rule: output}},
		fixed:   true,
	},
	{
		name:  "Alpine Linux",
		ids:   []string{"alpine", "postmarketos", "chimera"},
		marks: []string{"/etc/alpine-release"},
		kin:   "debian",
		place: "/etc/ssl/certs",
		sources: []folder{
			{path: "/usr/share/ca-certificates", rule: selected, deep: true, only: ".crt"},
			{path: "/usr/local/share/ca-certificates", rule: anchors, deep: true}, // its own program takes every file, whatever its name
		},
		conf:    "/etc/ca-certificates.conf",
		confAt:  "/usr/share/ca-certificates",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}},
		bundles: []file{{"/etc/ssl/certs/ca-certificates.crt", output}, {"/etc/ssl/cert.pem", output}, {"/etc/ssl/ca-bundle.pem", output}},
		tool:    machine.UpdateCACertificates,
		args:    []string{"--fresh"},
		owned:   alpineOwns,
	},
	{
		name:  "Gentoo", // Debian's script under another roof
		ids:   []string{"gentoo"},
		marks: []string{"/etc/gentoo-release"},
		kin:   "debian",
		place: "/etc/ssl/certs",
		sources: []folder{
			{path: "/usr/share/ca-certificates", rule: selected, deep: true, only: ".crt"},
			{path: "/usr/local/share/ca-certificates", rule: anchors, deep: true, only: ".crt"},
		},
		conf:    "/etc/ca-certificates.conf",
		confAt:  "/usr/share/ca-certificates",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}},
		bundles: []file{{"/etc/ssl/certs/ca-certificates.crt", output}, {"/etc/ssl/cert.pem", output}},
		tool:    machine.UpdateCACertificates,
		args:    []string{"--fresh"},
		owned:   gentooOwns,
	},
	{
		name:  "Void",
		ids:   []string{"void"},
		marks: []string{"/var/db/xbps"},
		kin:   "debian",
		place: "/etc/ssl/certs",
		sources: []folder{
			{path: "/usr/share/ca-certificates", rule: selected, deep: true, only: ".crt", vendor: "mozilla/*"},
			{path: "/usr/local/share/ca-certificates", rule: anchors, deep: true, only: ".crt"},
		},
		conf:    "/etc/ca-certificates.conf",
		confAt:  "/usr/share/ca-certificates",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}},
		bundles: []file{{"/etc/ssl/certs/ca-certificates.crt", output}, {"/etc/ssl/cert.pem", output}},
		tool:    machine.UpdateCACertificates,
		args:    []string{"--fresh"},
	},
	{
		name:  "Debian", // Ubuntu, Mint, Astra and the rest of the kin say so in ID_LIKE; Slackware uses the same script
		ids:   []string{"debian", "ubuntu", "linuxmint", "astra", "kali", "raspbian", "slackware"},
		marks: []string{"/etc/ca-certificates.conf", "/usr/local/share/ca-certificates"},
		kin:   "debian",
		place: "/etc/ssl/certs",
		sources: []folder{
			{path: "/usr/share/ca-certificates", rule: selected, deep: true, only: ".crt"},
			{path: "/usr/local/share/ca-certificates", rule: anchors, deep: true, only: ".crt"},
		},
		conf:    "/etc/ca-certificates.conf",
		confAt:  "/usr/share/ca-certificates",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}},
		bundles: []file{
			{"/etc/ssl/certs/ca-certificates.crt", output},
			{"/etc/ssl/cert.pem", output},
			{"/usr/lib/ssl/cert.pem", output}, // the default CAfile of Debian's OpenSSL
			{"/etc/ssl/ca-bundle.pem", output},
		},
		tool:  machine.UpdateCACertificates,
		args:  []string{"--fresh"},
		owned: debianOwns,
	},
	{
		name:    "Linux", // none of the above: the places in which programs look, without sources and without a tool
		last:    true,
		marks:   []string{"/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem"},
		place:   "/etc/ssl/certs",
		outputs: []folder{{path: "/etc/ssl/certs", rule: output}, {path: "/etc/pki/tls/certs", rule: output}},
		bundles: []file{{"/etc/ssl/certs/ca-certificates.crt", output}, {"/etc/ssl/cert.pem", output}, {"/etc/ssl/ca-bundle.pem", output}, {"/etc/pki/tls/cert.pem", output}},
	},
}
