//go:build unix

package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// look lists the only system store of the disk.
func look(t testing.TB, d tree) (map[cert.Print]evidence.Entry, error) {
	t.Helper()
	all := systemStores(d.machine())
	if len(all) != 1 {
		t.Fatalf("%d stores", len(all))
	}
	entries, err := all[0].List(context.Background())
	found := map[cert.Print]evidence.Entry{}
	for _, entry := range entries {
		if _, twice := found[entry.Cert.Print]; twice {
			t.Errorf("%s is listed twice", entry.Cert.Title())
		}
		found[entry.Cert.Print] = entry
	}
	return found, err
}

// TestSystemTrust says what each way of lying about is worth.
func TestSystemTrust(t *testing.T) {
	mail := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	const (
		anchorsDir = "/etc/pki/ca-trust/source/anchors/kz.pem"
		blockDir   = "/etc/pki/ca-trust/source/blocklist/kz.pem"
		oldBlock   = "/etc/pki/ca-trust/source/blacklist/kz.pem"
		top        = "/etc/pki/ca-trust/source/kz.pem"
		bundle     = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
		mailBundle = "/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem"
		openssl    = "/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt"
	)
	web := []asn1.ObjectIdentifier{serverAuth}
	for name, test := range map[string]struct {
		files func(a authority) map[string]string
		want  evidence.Trust
	}{
		"anchor":                    {func(a authority) map[string]string { return map[string]string{anchorsDir: plain(a)} }, evidence.Web},
		"blocklist":                 {func(a authority) map[string]string { return map[string]string{blockDir: plain(a)} }, evidence.Distrusted},
		"blocklist by its old name": {func(a authority) map[string]string { return map[string]string{oldBlock: plain(a)} }, evidence.Distrusted},
		"blocklist wins over anchors": {func(a authority) map[string]string {
			return map[string]string{anchorsDir: plain(a), blockDir: plain(a)}
		}, evidence.Distrusted},
		"a bundle knows no blocklist": {func(a authority) map[string]string { return map[string]string{bundle: plain(a), blockDir: plain(a)} }, evidence.Web},
		"blocklisted and rejected in the bundle": {func(a authority) map[string]string {
			return map[string]string{openssl: trusted(t, a, nil, []asn1.ObjectIdentifier{anyPurpose}), blockDir: plain(a)}
		}, evidence.Distrusted},
		"plain at the top":     {func(a authority) map[string]string { return map[string]string{top: plain(a)} }, evidence.Other},
		"top, trusted for web": {func(a authority) map[string]string { return map[string]string{top: trusted(t, a, web, nil)} }, evidence.Web},
		"top, trusted for all": {func(a authority) map[string]string {
			return map[string]string{top: trusted(t, a, []asn1.ObjectIdentifier{anyPurpose}, nil)}
		}, evidence.Web},
		"top, trusted for mail": {func(a authority) map[string]string {
			return map[string]string{top: trusted(t, a, []asn1.ObjectIdentifier{mail}, nil)}
		}, evidence.Other},
		"top, rejected for web": {func(a authority) map[string]string { return map[string]string{top: trusted(t, a, nil, web)} }, evidence.Distrusted},
		"top, trusted for nothing": {func(a authority) map[string]string {
			return map[string]string{top: trusted(t, a, []asn1.ObjectIdentifier{}, nil)}
		}, evidence.Distrusted},
		"anchor for mail": {func(a authority) map[string]string {
			return map[string]string{anchorsDir: trusted(t, a, []asn1.ObjectIdentifier{mail}, nil)}
		}, evidence.Other},
		"mail bundle":           {func(a authority) map[string]string { return map[string]string{mailBundle: plain(a)} }, evidence.Other},
		"p11-kit, trusted":      {func(a authority) map[string]string { return map[string]string{top: section(a, "trusted: true\n")} }, evidence.Web},
		"p11-kit, nothing said": {func(a authority) map[string]string { return map[string]string{top: section(a, "")} }, evidence.Other},
		"p11-kit, refused":      {func(a authority) map[string]string { return map[string]string{top: section(a, "x-distrusted: true\n")} }, evidence.Distrusted},
		"p11-kit, nothing said, in anchors": {func(a authority) map[string]string {
			return map[string]string{anchorsDir: section(a, "")}
		}, evidence.Web},
		"p11-kit, refused, in anchors": {func(a authority) map[string]string {
			return map[string]string{anchorsDir: section(a, "x-distrusted: true\n")}
		}, evidence.Distrusted},
		"OpenSSL bundle": {func(a authority) map[string]string { return map[string]string{openssl: trusted(t, a, web, nil)} }, evidence.Web},
	} {
		t.Run(name, func(t *testing.T) {
			d, a := newTree(t), newAuthority(t, "Security Certificate", 7)
			d.file("/etc/os-release", fedoraRelease)
			d.dir("/etc/pki/ca-trust")
			for at, text := range test.files(a) {
				d.file(at, text)
			}
			found, err := look(t, d)
			d.check(err)
			if got := found[a.Print]; got.Trust != test.want || len(got.Where) == 0 || got.Vendor {
				t.Errorf("%+v, want trust %q", got, test.want)
			}
		})
	}
}

// TestSystemBlocked: what refuses a certificate is never taken out, with or without what vouches for it.
func TestSystemBlocked(t *testing.T) {
	ctx := context.Background()
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", fedoraRelease)
	fedoraBase(t, d, c, true, "/etc/pki/ca-trust/source/anchors/kz.pem", plain(c.target))
	d.file("/etc/pki/ca-trust/source/blocklist/kz.pem", plain(c.target))
	s := changeable(systemStores(d.machine())[0])
	saved, err := s.Save(ctx, evidence.Entry{Cert: c.target.Certificate})
	d.check(err)
	before := d.dump()
	d.check(s.Remove(ctx, saved))
	if got := leftovers(t, d, c.target.Certificate); !slices.Equal(got, []string{"/etc/pki/ca-trust/source/blocklist/kz.pem"}) {
		t.Errorf("left in %v", got)
	}
	found, err := look(t, d)
	d.check(err)
	if found[c.target.Print].Trust != evidence.Distrusted {
		t.Errorf("trust is %q", found[c.target.Print].Trust)
	}
	if _, err := s.Save(ctx, evidence.Entry{Cert: c.target.Certificate}); Code(err) != evidence.CannotRemove {
		t.Errorf("saving what is refused: %v", err)
	}
	d.check(s.Restore(ctx, saved))
	if d.dump() != before {
		t.Error("not what it was")
	}
}

// TestSystemVendor: a certificate of the distribution's package is the package's only while its file is the one that the package brought.
func TestSystemVendor(t *testing.T) {
	sum := func(text string) string {
		digest := md5.Sum([]byte(text))
		return hex.EncodeToString(digest[:])
	}
	const crt = "/usr/share/ca-certificates/mozilla/A.crt"
	a, b := newAuthority(t, "Public Root", 1), newAuthority(t, "Security Certificate", 2)
	for name, test := range map[string]struct {
		release string
		files   map[string]string
		vendor  bool
	}{
		"debian":                   {debianRelease, map[string]string{crt: plain(a), "/var/lib/dpkg/info/ca-certificates.md5sums": sum(plain(a)) + "  " + crt[1:] + "\n"}, true},
		"debian, changed":          {debianRelease, map[string]string{crt: plain(a), "/var/lib/dpkg/info/ca-certificates.md5sums": sum(plain(b)) + "  " + crt[1:] + "\n"}, false},
		"debian, another's":        {debianRelease, map[string]string{crt: plain(a), "/var/lib/dpkg/info/ca-certificates.md5sums": sum(plain(a)) + "  usr/share/ca-certificates/mozilla/B.crt\n"}, false},
		"debian, without digests":  {debianRelease, map[string]string{crt: plain(a), "/var/lib/dpkg/info/ca-certificates.list": "/.\n" + crt + "\n"}, true},
		"debian, unknown to dpkg":  {debianRelease, map[string]string{crt: plain(a)}, false},
		"gentoo":                   {gentooRelease, map[string]string{crt: plain(a), "/var/db/pkg/app-misc/ca-certificates-1/CONTENTS": "dir /usr\nobj " + crt + " " + sum(plain(a)) + " 1700000000\n"}, true},
		"gentoo, changed":          {gentooRelease, map[string]string{crt: plain(a), "/var/db/pkg/app-misc/ca-certificates-1/CONTENTS": "obj " + crt + " " + sum(plain(b)) + " 1700000000\n"}, false},
		"alpine":                   {alpineRelease, map[string]string{crt: plain(a), "/lib/apk/db/installed": "P:musl\nF:lib\nR:x\n\nP:ca-certificates\nF:usr/share/ca-certificates/mozilla\nR:A.crt\nZ:" + apkDigest(plain(a)) + "\n\n"}, true},
		"alpine, changed":          {alpineRelease, map[string]string{crt: plain(a), "/lib/apk/db/installed": "P:ca-certificates\nF:usr/share/ca-certificates/mozilla\nR:A.crt\nZ:" + apkDigest(plain(b)) + "\n\n"}, false},
		"alpine, another package":  {alpineRelease, map[string]string{crt: plain(a), "/lib/apk/db/installed": "P:evil\nF:usr/share/ca-certificates/mozilla\nR:A.crt\nZ:" + apkDigest(plain(a)) + "\n\n"}, false},
		"void":                     {voidRelease, map[string]string{crt: plain(a)}, true},
		"void, not of the package": {voidRelease, map[string]string{"/usr/share/ca-certificates/A.crt": plain(a)}, false},
		"fedora":                   {fedoraRelease, map[string]string{"/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit": section(a, "trusted: true\n")}, true},
		"fedora, beside":           {fedoraRelease, map[string]string{"/usr/share/pki/ca-trust-source/other.p11-kit": section(a, "trusted: true\n")}, false},
		"opensuse":                 {suseRelease, map[string]string{"/usr/share/pki/trust/ca-certificates-mozilla.trust.p11-kit": section(a, "trusted: true\n")}, true},
		"arch, by its list":        {archRelease, map[string]string{"/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit": section(a, "trusted: true\n"), "/var/lib/pacman/local/ca-certificates-mozilla-3.1-1/mtree": mtree(section(a, "trusted: true\n"))}, true},
		"arch, changed":            {archRelease, map[string]string{"/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit": section(a, "trusted: true\n") + section(b, ""), "/var/lib/pacman/local/ca-certificates-mozilla-3.1-1/mtree": mtree(section(a, "trusted: true\n"))}, false},
		"arch":                     {archRelease, map[string]string{"/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit": section(a, "trusted: true\n")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTree(t)
			d.file("/etc/os-release", test.release)
			d.file("/etc/ca-certificates.conf", "mozilla/A.crt\n")
			for at, text := range test.files {
				d.file(at, text)
			}
			d.file("/etc/ssl/certs/ca-certificates.crt", plain(a)) // a copy in an output is as much the package's
			found, err := look(t, d)
			d.check(err)
			entry := found[a.Print]
			if entry.Vendor != test.vendor {
				t.Errorf("vendor is %v: %+v", entry.Vendor, entry)
			}
			_, err = changeable(systemStores(d.machine())[0]).Save(context.Background(), entry)
			if test.vendor && Code(err) != evidence.CannotRemove || !test.vendor && err != nil {
				t.Errorf("save: %v", err)
			}
		})
	}
}

// mtree is pacman's list of a package with one file.
func mtree(text string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprintf(w, "#mtree\n/set type=file uid=0 gid=0 mode=644\n./usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit time=1.0 size=%d md5digest=0 sha256digest=%x\n", len(text), sha256.Sum256([]byte(text)))
	w.Close()
	return packed.String()
}

// apkDigest is how apk writes a digest down.
func apkDigest(text string) string {
	sum := sha1.Sum([]byte(text))
	return "Q1" + base64.StdEncoding.EncodeToString(sum[:])
}

// TestSystemFamily: which distribution it is, and when it is none.
func TestSystemFamily(t *testing.T) {
	for name, test := range map[string]struct {
		release string
		paths   []string
		want    string
	}{
		"debian":                    {debianRelease, []string{"/etc/ssl/certs/"}, "Debian: Debian"},
		"mint":                      {"NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", []string{"/etc/ssl/certs/"}, "Debian: Linux Mint"},
		"a child of ubuntu":         {"NAME='Pop!_OS'\nID=pop\nID_LIKE=\"ubuntu debian\"\n", []string{"/etc/ssl/certs/"}, "Debian: Pop!_OS"},
		"debian with p11 folders":   {debianRelease, []string{"/etc/ssl/certs/", "/etc/pki/ca-trust/source/anchors/"}, "Debian: Debian"},
		"debian without anything":   {debianRelease, nil, ""},
		"rhel":                      {"NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\n", []string{"/etc/pki/ca-trust/"}, "Fedora: Red Hat Enterprise Linux"},
		"os-release with junk":      {"\xff\xfe\x00=\nNAME\n=\nID=arch\nNAME=\"Arch\x1b[2J Linux\"\n", []string{"/etc/ssl/certs/"}, "Arch Linux: Arch[2J Linux"},
		"nixos":                     {"NAME=NixOS\nID=nixos\n", []string{"/etc/ssl/certs/"}, "NixOS: NixOS"},
		"no os-release, debian":     {"", []string{"/etc/ca-certificates.conf"}, "Debian: Debian"},
		"no os-release, alpine":     {"", []string{"/etc/ca-certificates.conf", "/etc/alpine-release"}, "Alpine Linux: Alpine Linux"},
		"no os-release, fedora":     {"", []string{"/etc/pki/ca-trust/", "/etc/ssl/certs/"}, "Fedora: Fedora"},
		"no os-release, both":       {"", []string{"/etc/pki/ca-trust/", "/etc/ca-certificates.conf"}, "Fedora: Fedora, Debian: Debian"},
		"no os-release, arch":       {"", []string{"/usr/share/ca-certificates/trust-source/", "/etc/ssl/certs/ca-certificates.crt"}, "Arch Linux: Arch Linux"},
		"no os-release, some linux": {"", []string{"/etc/ssl/certs/ca-certificates.crt"}, "Linux: Linux"},
		"an empty disk":             {"", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTree(t)
			if test.release != "" {
				d.file("/etc/os-release", test.release)
			}
			for _, at := range test.paths {
				if strings.HasSuffix(at, "/") {
					d.dir(at)
				} else {
					d.file(at)
				}
			}
			var got []string
			for _, s := range systemStores(d.machine()) {
				f, ok := s.(changeableStore)
				if blocks, can := s.(blockingStore); can {
					f, ok = blocks.changeableStore, true
				}
				if _, refuses := s.(Distruster); refuses != f.f.p11 {
					t.Errorf("%s: says that it refuses: %v", f.f.name, refuses)
				}
				if fixed, is := s.(fixedStore); is {
					f.systemStore, ok = fixed.systemStore, true
					if _, can := s.(Remover); can {
						t.Error("a store that cannot be changed says it can")
					}
				}
				if !ok {
					t.Fatalf("%T", s)
				}
				if place := s.Place(); place.Kind != evidence.System || place.Owner != "" || place.Path == "" {
					t.Errorf("place %+v", place)
				}
				got = append(got, f.f.name+": "+s.Place().Program)
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("%q, want %q", strings.Join(got, ", "), test.want)
			}
		})
	}
	other := newTree(t)
	other.dir("/etc/ssl/certs")
	m := other.machine()
	m.GOOS = "windows"
	if got := systemStores(m); got != nil {
		t.Errorf("%v on Windows", got)
	}
}

// TestSystemNix: a certificate of a system made from a configuration is listed, and nothing here can change it.
func TestSystemNix(t *testing.T) {
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", "NAME=NixOS\nID=nixos\n")
	d.file("/nix/store/aaaa-cacert/etc/ssl/certs/ca-bundle.crt", plain(c.public...), plain(c.target))
	d.link("/etc/static/ssl/certs/ca-bundle.crt", "/nix/store/aaaa-cacert/etc/ssl/certs/ca-bundle.crt")
	d.link("/etc/ssl/certs/ca-bundle.crt", "/etc/static/ssl/certs/ca-bundle.crt")
	d.link("/etc/ssl/certs/ca-certificates.crt", "/etc/static/ssl/certs/ca-bundle.crt")
	found, err := look(t, d)
	d.check(err)
	if got := found[c.target.Print]; got.Trust != evidence.Web || got.Needs != evidence.Never || len(got.Where) != 2 {
		t.Errorf("%+v", got)
	}
}

// TestSystemNeeds: who may change it.
func TestSystemNeeds(t *testing.T) {
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", debianRelease)
	debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) })(d, c, true)
	needs := func(m *machine.Machine) evidence.Right {
		s := systemStores(m)[0]
		return only1(t, s, c.target.Certificate).Needs
	}
	if got := needs(d.machine()); got != evidence.Own {
		t.Errorf("on a disk that may be written: %q", got)
	}
	live := &machine.Machine{GOOS: "linux"}
	s := systemStore{m: live, f: familyOf("Debian")}
	h := &holding{dirs: []string{"/etc/ssl/certs"}}
	if got := s.needs(h, map[string]bool{}); got != evidence.Admin {
		t.Errorf("on this computer: %q", got)
	}
	live.Admin = true
	if got := s.needs(h, map[string]bool{}); got != evidence.Own {
		t.Errorf("as administrator: %q", got)
	}
	if got := s.needs(&holding{}, map[string]bool{}); got != evidence.Never {
		t.Errorf("where nothing is ours to change: %q", got)
	}
}

// TestSystemBadInput: what a disk can hold instead of certificates. None of it may hang, hide the rest, or be passed over when it could hide something.
func TestSystemBadInput(t *testing.T) {
	const local = "/usr/local/share/ca-certificates/"
	for name, test := range map[string]struct {
		spoil func(d tree, c cast)
		code  evidence.Code // "": no trouble
		lost  bool          // the target itself cannot be seen
		root  string        // reason why this means nothing for root
	}{
		"junk in a .crt": {spoil: func(d tree, _ cast) {
			d.file(local+"junk.crt", "\x00\x01\xff\x30\x82", strings.Repeat("\xde\xad", 5000))
		}},
		"an empty .crt":     {spoil: func(d tree, _ cast) { d.file(local + "empty.crt") }},
		"a block cut short": {spoil: func(d tree, c cast) { d.file(local+"short.crt", plain(c.public[0])[:200]) }},
		"a request in DER":  {spoil: func(d tree, _ cast) { d.file(local+"r.crt", "\x30\x80", strings.Repeat("\x00", 126)) }},
		"a pipe":            {spoil: func(d tree, _ cast) { d.check(syscall.Mkfifo(d.host(local+"pipe.crt"), 0o644)) }},
		"a link to a pipe": {spoil: func(d tree, _ cast) {
			d.check(syscall.Mkfifo(d.host("/pipe"), 0o644))
			d.link(local+"pipe.crt", "/pipe")
		}},
		"a link that is dead": {spoil: func(d tree, _ cast) {
			d.link(local+"dead.crt", "/nowhere")
			d.link("/etc/ssl/certs/dead.pem", "nowhere.pem")
		}},
		"a link to itself":     {spoil: func(d tree, _ cast) { d.link(local+"loop.crt", "loop.crt"); d.link("/etc/ssl/certs/loop.0", "loop.0") }},
		"links in a circle":    {spoil: func(d tree, _ cast) { d.link("/etc/ssl/certs/a.pem", "b.pem"); d.link("/etc/ssl/certs/b.pem", "a.pem") }},
		"a folder in a circle": {spoil: func(d tree, _ cast) { d.link(local+"again", ".."); d.link(local+"self", ".") }},
		"a folder named .crt":  {spoil: func(d tree, _ cast) { d.dir(local + "folder.crt") }},
		"a folder full":        {code: evidence.TooLarge, spoil: func(d tree, _ cast) { fill(d, local) }},
		"a huge bundle": {code: evidence.TooLarge, spoil: func(d tree, _ cast) {
			d.file("/etc/ssl/cert.pem")
			d.check(os.Truncate(d.host("/etc/ssl/cert.pem"), 200<<20))
		}},
		"a pipe as bundle":     {code: evidence.Failed, spoil: func(d tree, _ cast) { d.check(syscall.Mkfifo(d.host("/etc/ssl/cert.pem"), 0o644)) }},
		"a bundle in a circle": {code: evidence.LinkLoop, spoil: func(d tree, _ cast) { d.link("/etc/ssl/cert.pem", "cert.pem") }},
		"a folder that loops":  {code: evidence.LinkLoop, spoil: func(d tree, _ cast) { os.RemoveAll(d.host(local)); d.link(local[:len(local)-1], "ca-certificates") }},
		"the list is a folder": {spoil: func(d tree, _ cast) {
			os.Remove(d.host("/etc/ca-certificates.conf"))
			d.dir("/etc/ca-certificates.conf")
		}, code: evidence.Failed},
		"no right to a file": {code: evidence.NoPermission, lost: true, root: "root may read everything",
			spoil: func(d tree, _ cast) { d.check(os.Chmod(d.host(local+"kz.crt"), 0)) }},
		"no right to a folder": {code: evidence.NoPermission, lost: true, root: "root may read everything",
			spoil: func(d tree, _ cast) { d.check(os.Chmod(d.host(local), 0)) }},
	} {
		t.Run(name, func(t *testing.T) {
			if test.root != "" && os.Geteuid() == 0 {
				asNobody(t)
				return
			}
			d, c := newTree(t), newCast(t)
			d.file("/etc/os-release", debianRelease)
			debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) })(d, c, true)
			if test.lost {
				d.file("/etc/ssl/certs/ca-certificates.crt", plain(c.public...))
			}
			t.Cleanup(func() { os.Chmod(d.host(local), 0o755) })
			test.spoil(d, c)
			begun := time.Now()
			found, err := look(t, d)
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if _, there := found[c.target.Print]; there == test.lost {
				t.Errorf("target listed: %v", there)
			}
			if _, there := found[c.public[0].Print]; !there {
				t.Error("the rest is hidden")
			}
			switch {
			case test.code == "" && err != nil:
				t.Errorf("trouble over nothing: %v", err)
			case test.code != "" && Code(err) != test.code:
				t.Errorf("%v, want %s", err, test.code)
			}
		})
	}
}

func fill(d tree, dir string) {
	for i := range maxNames + 1 {
		d.check(os.WriteFile(d.host(dir+fmt.Sprintf("zz%d.crt", i)), nil, 0o644))
	}
}

// asNobody runs the same test again as an account without rights.
func asNobody(t *testing.T) {
	t.Helper()
	runuser := needTool(t, "setpriv")
	binary := filepath.Join(t.TempDir(), "test")
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(binary); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	temp := filepath.Join(filepath.Dir(binary), "tmp")
	if err := os.Mkdir(temp, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(temp, 0o1777); err != nil {
		t.Fatal(err)
	}
	out, err := runTool(runuser, []string{"TMPDIR=" + temp, "PATH=/usr/bin:/bin"}, nil,
		"--reuid=65534", "--regid=65534", "--clear-groups", binary, "-test.run", "^"+t.Name()+"$", "-test.v")
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as another account: %v\n%s", err, out)
	}
}

// TestSystemVanishing: files that come and go while the place is looked at are no trouble.
func TestSystemVanishing(t *testing.T) {
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", debianRelease)
	debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) })(d, c, true)
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			name := d.host(fmt.Sprintf("/usr/local/share/ca-certificates/come-and-go%d.crt", i%50))
			os.WriteFile(name, []byte("x"), 0o644)
			os.Remove(name)
		}
	}()
	for range 200 {
		found, err := look(t, d)
		if err != nil {
			t.Errorf("trouble over a file that went: %v", err)
			break
		}
		if _, there := found[c.target.Print]; !there {
			t.Error("target missed")
			break
		}
	}
	close(stop)
	<-stopped
}

// TestSystemCancelled: a place on a slow disk can be left.
func TestSystemCancelled(t *testing.T) {
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", debianRelease)
	debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) })(d, c, true)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := systemStores(d.machine())[0].List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// runTool runs a program for a test and gives all that it printed.
func runTool(name string, env []string, input []byte, args ...string) ([]byte, error) {
	command := exec.Command(name, args...)
	command.Env = env
	command.Stdin = bytes.NewReader(input)
	return command.CombinedOutput()
}
