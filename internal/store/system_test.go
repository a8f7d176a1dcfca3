package store

import (
	"context"
	"crypto/sha1"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// tree is a throw-away disk.
type tree struct {
	t    testing.TB
	root string
}

func newTree(t testing.TB) tree {
	if runtime.GOOS == "windows" {
		t.Skip("the disk of a Linux computer, with its links and owners, cannot be made on Windows")
	}
	return tree{t, t.TempDir()}
}

// changeable is what a system store can change, whether or not it can refuse as well.
func changeable(s Store) changeableStore {
	if blocks, ok := s.(blockingStore); ok {
		return blocks.changeableStore
	}
	return s.(changeableStore)
}

func (d tree) machine() *machine.Machine { return &machine.Machine{Root: d.root, GOOS: "linux"} }

func (d tree) host(name string) string { return filepath.Join(d.root, name) }

func (d tree) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d tree) file(name string, content ...string) {
	d.t.Helper()
	d.check(os.MkdirAll(filepath.Dir(d.host(name)), 0o755))
	os.Remove(d.host(name))
	d.check(os.WriteFile(d.host(name), []byte(strings.Join(content, "")), 0o644))
}

func (d tree) dir(names ...string) {
	d.t.Helper()
	for _, name := range names {
		d.check(os.MkdirAll(d.host(name), 0o755))
	}
}

func (d tree) link(name, target string) {
	d.t.Helper()
	d.check(os.MkdirAll(filepath.Dir(d.host(name)), 0o755))
	os.Remove(d.host(name))
	d.check(os.Symlink(target, d.host(name)))
}

// dump is everything on the disk: names, rights, owners, times of files, where links lead, content.
func (d tree) dump() string {
	d.t.Helper()
	var all []string
	d.check(filepath.WalkDir(d.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		inside, _ := filepath.Rel(d.root, name)
		uid, gid := ownerOf(info)
		line := fmt.Sprintf("%s %s %d:%d", inside, info.Mode(), uid, gid)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(name)
			line = fmt.Sprintf("%s -> %s", inside, target)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %d %s", info.ModTime().UnixNano(), digestOf(data)[:16])
		}
		all = append(all, line)
		return nil
	}))
	return strings.Join(all, "\n")
}

func pemOf(kind string, ders ...[]byte) string {
	var text strings.Builder
	for _, der := range ders {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return text.String()
}

func plain(all ...authority) string {
	var text string
	for _, a := range all {
		text += pemOf("CERTIFICATE", a.DER)
	}
	return text
}

// commented is a bundle as p11-kit writes it.
func commented(all ...authority) string {
	text := "# generated, do not edit\n"
	for _, a := range all {
		text += "\n# " + a.Subject.CommonName + "\n" + plain(a)
	}
	return text
}

// auxFor makes the CertAux of a TRUSTED CERTIFICATE.
func auxFor(t testing.TB, trust, reject []asn1.ObjectIdentifier) []byte {
	t.Helper()
	var body []byte
	if trust != nil {
		list, err := asn1.Marshal(trust)
		if err != nil {
			t.Fatal(err)
		}
		body = append(body, list...)
	}
	if reject != nil {
		list, err := asn1.MarshalWithParams(reject, "tag:0")
		if err != nil {
			t.Fatal(err)
		}
		body = append(body, list...)
	}
	aux, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: body})
	if err != nil {
		t.Fatal(err)
	}
	return aux
}

func trusted(t testing.TB, a authority, trust, reject []asn1.ObjectIdentifier) string {
	return pemOf("TRUSTED CERTIFICATE", slices.Concat(a.DER, auxFor(t, trust, reject)))
}

func section(a authority, attributes string) string {
	return "[p11-kit-object-v1]\nlabel: \"" + a.Subject.CommonName + "\"\n" + attributes + plain(a) + "\n"
}

// hashOf stands in for OpenSSL's hash of the subject: equal subjects, equal hash.
func hashOf(a authority) string {
	sum := sha1.Sum(a.Subject.Raw)
	return hex.EncodeToString(sum[:4])
}

// cast is the certificates of one test: public ones that must never change, and a target with its twin.
type cast struct {
	public       []authority
	target, twin authority
}

func newCast(t testing.TB) cast {
	c := cast{target: newAuthority(t, "Security Certificate", 7), twin: newAuthority(t, "Security Certificate", 7)}
	for i := range 3 {
		c.public = append(c.public, newAuthority(t, fmt.Sprintf("Public Root %d", i), int64(100+i)))
	}
	return c
}

// debianLinks makes what update-ca-certificates makes of a folder of links, with the target before its twin.
func (d tree) debianOutputs(files map[string]string, order []string, content map[string][]authority) {
	var bundle string
	numbers := map[string]int{}
	for _, name := range order {
		source := files[name]
		d.link("/etc/ssl/certs/"+name+".pem", source)
		for i, a := range content[name] {
			bundle += plain(a)
			if i == 0 {
				hash := hashOf(a)
				d.link(fmt.Sprintf("/etc/ssl/certs/%s.%d", hash, numbers[hash]), name+".pem")
				numbers[hash]++
			}
		}
	}
	d.file("/etc/ssl/certs/ca-certificates.crt", bundle)
}

// hashFolder makes a folder as p11-kit extracts it.
func (d tree) hashFolder(dir string, all ...authority) []string {
	numbers := map[string]int{}
	var names []string
	os.RemoveAll(d.host(dir))
	d.dir(dir)
	for i, a := range all {
		name := strings.ReplaceAll(a.Subject.CommonName, " ", "_") + fmt.Sprint(i) + ".pem"
		d.file(dir+"/"+name, "# "+a.Subject.CommonName+"\n", plain(a))
		hash := hashOf(a)
		link := fmt.Sprintf("%s.%d", hash, numbers[hash])
		d.link(dir+"/"+link, name)
		numbers[hash]++
		names = append(names, name, link)
	}
	return names
}

// layout builds the disk of one distribution with the certificates that it trusts. Each is one way in which a certificate gets there.
type layout struct {
	name    string
	family  string
	trust   evidence.Trust
	release string
	build   func(d tree, c cast, with bool)
}

const (
	debianRelease = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n"
	fedoraRelease = "NAME=\"Fedora Linux\"\nID=fedora\n"
	suseRelease   = "NAME=\"openSUSE Tumbleweed\"\nID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n"
	archRelease   = "NAME=\"Arch Linux\"\nID=arch\n"
	alpineRelease = "NAME=\"Alpine Linux\"\nID=alpine\n"
	gentooRelease = "NAME=Gentoo\nID=gentoo\n"
	voidRelease   = "NAME=\"Void\"\nID=\"void\"\n"
)

// debianBase is Debian with its packaged roots. extra are further names in order, with their files and content.
func debianBase(d tree, c cast, conf string, extra func(put func(name, file string, content ...authority))) {
	files, content := map[string]string{}, map[string][]authority{}
	var order []string
	put := func(name, file string, all ...authority) {
		order = append(order, name)
		files[name], content[name] = file, all
	}
	lines := "# comment\n"
	for i, p := range c.public {
		name := fmt.Sprintf("Root_%d", i)
		file := "/usr/share/ca-certificates/mozilla/" + name + ".crt"
		d.file(file, plain(p))
		put(name, file, p)
		lines += "mozilla/" + name + ".crt\n"
	}
	d.file("/etc/ca-certificates.conf", lines, conf)
	d.dir("/usr/local/share/ca-certificates")
	extra(put)
	d.debianOutputs(files, order, content)
	d.link("/usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")
}

func debianLocal(name string, text func(c cast, with bool) string) func(tree, cast, bool) {
	return func(d tree, c cast, with bool) {
		debianBase(d, c, "", func(put func(string, string, ...authority)) {
			if with {
				d.file("/usr/local/share/ca-certificates/"+name+".crt", text(c, with))
				put(filepath.Base(name), "/usr/local/share/ca-certificates/"+name+".crt", c.target)
			}
			d.file("/usr/local/share/ca-certificates/twin.crt", plain(c.twin))
			put("twin", "/usr/local/share/ca-certificates/twin.crt", c.twin)
		})
	}
}

func withTarget(c cast, with bool, rest ...authority) []authority {
	all := slices.Clone(c.public)
	if with {
		all = append(all, c.target)
	}
	return append(append(all, c.twin), rest...)
}

// fedoraOutputs is what update-ca-trust makes.
func fedoraOutputs(t testing.TB, d tree, all []authority) {
	var trust string
	for _, a := range all {
		trust += "# " + a.Subject.CommonName + "\n" + trusted(t, a, []asn1.ObjectIdentifier{serverAuth}, nil)
	}
	d.file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", commented(all...))
	d.file("/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem", commented(all...))
	d.file("/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt", trust)
	d.hashFolder("/etc/pki/ca-trust/extracted/pem/directory-hash", all...)
	d.link("/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")
	d.link("/etc/pki/tls/certs/ca-bundle.trust.crt", "/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt")
	d.link("/etc/pki/tls/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")
	d.link("/etc/ssl/certs", "../pki/tls/certs")
}

func fedoraBase(t testing.TB, d tree, c cast, with bool, source, content string) {
	var vendor string
	for _, p := range c.public {
		vendor += section(p, "trusted: true\nmodifiable: false\n")
	}
	d.file("/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit", "# vendor\n", vendor)
	d.dir("/etc/pki/ca-trust/source/anchors", "/etc/pki/ca-trust/source/blocklist", "/usr/share/pki/ca-trust-source/anchors")
	d.file("/etc/pki/ca-trust/source/anchors/twin.pem", plain(c.twin))
	d.file("/etc/pki/ca-trust/source/README", "put certificates into anchors\n")
	if with {
		d.file(source, content)
	}
	fedoraOutputs(t, d, withTarget(c, with))
}

func layouts(t testing.TB) []layout {
	single := func(c cast, _ bool) string { return plain(c.target) }
	fedora := func(source string, content func(c cast, with bool) string) func(tree, cast, bool) {
		return func(d tree, c cast, with bool) {
			always := content(c, false)
			fedoraBase(t, d, c, with || always != "", source, content(c, with))
			fedoraOutputs(t, d, withTarget(c, with))
		}
	}
	only := func(text func(c cast) string) func(c cast, with bool) string {
		return func(c cast, with bool) string {
			if !with {
				return ""
			}
			return text(c)
		}
	}
	return []layout{
		{"debian local", "Debian", evidence.Web, debianRelease, debianLocal("kz", single)},
		{"debian local in a folder", "Debian", evidence.Web, debianRelease, debianLocal("isca/kz (2)", single)},
		{"debian local with text around it", "Debian", evidence.Web, debianRelease,
			debianLocal("kz", func(c cast, _ bool) string { return "subject=KZ\r\n" + plain(c.target) + "the end" })},
		{"debian local twice in one file", "Debian", evidence.Web, debianRelease,
			debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) + plain(c.target) })},
		{"debian local with a key beside it", "Debian", evidence.Web, debianRelease,
			debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) + pemOf("PRIVATE KEY", []byte("not really a key")) })},
		{"debian local DER", "Debian", evidence.Web, debianRelease, debianLocal("kz", func(c cast, _ bool) string { return string(c.target.DER) })},
		{"debian many in one file", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			debianBase(d, c, "", func(put func(string, string, ...authority)) {
				all := []authority{c.twin}
				if with {
					all = []authority{c.twin, c.target, c.public[0]}
				}
				d.file("/usr/local/share/ca-certificates/all.crt", "# mine\n", plain(all...), "# end\n")
				put("all", "/usr/local/share/ca-certificates/all.crt", all...)
			})
		}},
		{"debian selected in the configuration", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			conf := "!mozilla/Gone.crt\n"
			if with {
				conf = "extra/kz.crt\n!mozilla/Gone.crt\n"
			}
			debianBase(d, c, conf, func(put func(string, string, ...authority)) {
				if with {
					d.file("/usr/share/ca-certificates/extra/kz.crt", plain(c.target))
					put("kz", "/usr/share/ca-certificates/extra/kz.crt", c.target)
				}
				d.file("/usr/local/share/ca-certificates/twin.crt", plain(c.twin))
				put("twin", "/usr/local/share/ca-certificates/twin.crt", c.twin)
			})
		}},
		{"debian selected from outside", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			conf := ""
			if with {
				conf = "../../../opt/kz.crt\n"
			}
			d.file("/opt/kz.crt", plain(c.target))
			debianBase(d, c, conf, func(put func(string, string, ...authority)) {
				if with {
					put("kz", "/usr/share/ca-certificates/../../../opt/kz.crt", c.target)
				}
				d.file("/usr/local/share/ca-certificates/twin.crt", plain(c.twin))
				put("twin", "/usr/local/share/ca-certificates/twin.crt", c.twin)
			})
		}},
		{"debian not selected", "Debian", evidence.Other, debianRelease, func(d tree, c cast, with bool) {
			debianBase(d, c, "!extra/kz.crt\n", func(put func(string, string, ...authority)) {
				if with {
					d.file("/usr/share/ca-certificates/extra/kz.crt", plain(c.target))
				}
				d.file("/usr/local/share/ca-certificates/twin.crt", plain(c.twin))
				put("twin", "/usr/local/share/ca-certificates/twin.crt", c.twin)
			})
		}},
		{"debian only in the bundle", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			debianLocal("unused", nil)(d, c, false)
			if with {
				d.file("/etc/ssl/certs/ca-certificates.crt", plain(c.public[:2]...), plain(c.target), plain(c.public[2], c.twin))
			}
		}},
		{"debian dropped into the folder of outputs", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			debianLocal("unused", nil)(d, c, false)
			if with { // as c_rehash numbers them: the twin was there before
				d.file("/etc/ssl/certs/dropped.pem", plain(c.target))
				d.link("/etc/ssl/certs/"+hashOf(c.target)+".1", "dropped.pem")
			}
		}},
		{"debian dropped before its twin", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			debianLocal("unused", nil)(d, c, false)
			if with {
				d.file("/etc/ssl/certs/dropped.pem", plain(c.target))
				d.link("/etc/ssl/certs/"+hashOf(c.target)+".0", "dropped.pem")
				d.link("/etc/ssl/certs/"+hashOf(c.target)+".1", "twin.pem")
			}
		}},
		{"debian a file in place of a hash link", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			debianLocal("unused", nil)(d, c, false)
			if with {
				d.file("/etc/ssl/certs/"+hashOf(c.target)+".0", plain(c.target))
				d.link("/etc/ssl/certs/"+hashOf(c.target)+".1", "twin.pem")
			}
		}},
		{"debian a link to a file of a person", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			d.file("/home/aigul/kz.pem", plain(c.target))
			debianLocal("unused", nil)(d, c, false)
			if with {
				d.link("/usr/local/share/ca-certificates/kz.crt", "/home/aigul/kz.pem")
				d.link("/etc/ssl/certs/kz.pem", "/usr/local/share/ca-certificates/kz.crt")
				d.link("/etc/ssl/certs/"+hashOf(c.target)+".1", "kz.pem")
			}
		}},
		{"debian cert.pem of OpenSSL", "Debian", evidence.Web, debianRelease, func(d tree, c cast, with bool) {
			debianLocal("unused", nil)(d, c, false)
			d.file("/etc/ssl/cert.pem", plain(withTarget(c, with)...))
		}},
		{"without os-release", "Debian", evidence.Web, "", debianLocal("kz", single)},
		{"gentoo local", "Gentoo", evidence.Web, gentooRelease, debianLocal("kz", single)},
		{"void local", "Void", evidence.Web, voidRelease, debianLocal("kz", single)},
		{"alpine local", "Alpine Linux", evidence.Web, alpineRelease, func(d tree, c cast, with bool) {
			debianBase(d, c, "", func(put func(string, string, ...authority)) {
				if with { // any name counts there
					d.file("/usr/local/share/ca-certificates/kz.pem", plain(c.target))
					put("ca-cert-kz.pem", "/usr/local/share/ca-certificates/kz.pem", c.target)
				}
				d.file("/usr/local/share/ca-certificates/twin.crt", plain(c.twin))
				put("ca-cert-twin", "/usr/local/share/ca-certificates/twin.crt", c.twin)
			})
			d.link("/etc/ssl/cert.pem", "certs/ca-certificates.crt")
		}},
		{"alpine without sources", "Alpine Linux", evidence.Web, alpineRelease, func(d tree, c cast, with bool) {
			d.file("/etc/ssl/certs/ca-certificates.crt", plain(withTarget(c, with)...))
			d.link("/etc/ssl/cert.pem", "certs/ca-certificates.crt")
		}},
		{"fedora anchor", "Fedora", evidence.Web, fedoraRelease, fedora("/etc/pki/ca-trust/source/anchors/kz.crt", only(func(c cast) string { return plain(c.target) }))},
		{"fedora anchor DER", "Fedora", evidence.Web, fedoraRelease, fedora("/etc/pki/ca-trust/source/anchors/kz.der", only(func(c cast) string { return string(c.target.DER) }))},
		{"fedora anchor of a package", "Fedora", evidence.Web, fedoraRelease, fedora("/usr/share/pki/ca-trust-source/anchors/kz.pem", only(func(c cast) string { return plain(c.target) }))},
		{"fedora anchor written by trust(1)", "Fedora", evidence.Web, fedoraRelease, fedora("/etc/pki/ca-trust/source/kz.p11-kit", only(func(c cast) string {
			return "# This file has been auto-generated and written by p11-kit.\n" + section(c.target, "trusted: true\n")
		}))},
		{"fedora anchor among others in p11-kit", "Fedora", evidence.Web, fedoraRelease, fedora("/etc/pki/ca-trust/source/many.p11-kit", func(c cast, with bool) string {
			text := "# mine\n" + section(c.public[0], "trusted: true\n")
			if with {
				text += "# the next\n" + section(c.target, "trusted: true\n") + "\n# after it\n"
			}
			return text + section(c.public[1], "trusted: true\n")
		})},
		{"fedora anchor with OpenSSL trust", "Fedora", evidence.Web, fedoraRelease, fedora("/etc/pki/ca-trust/source/kz.pem", only(func(c cast) string {
			return trusted(t, c.target, []asn1.ObjectIdentifier{serverAuth}, nil)
		}))},
		{"fedora only in the bundle", "Fedora", evidence.Web, fedoraRelease, func(d tree, c cast, with bool) {
			fedoraBase(t, d, c, false, "", "")
			if with {
				d.file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", commented(withTarget(c, true)...))
			}
		}},
		{"fedora bundle of its own in the old place", "Fedora", evidence.Web, fedoraRelease, func(d tree, c cast, with bool) {
			fedoraBase(t, d, c, false, "", "")
			d.file("/etc/pki/tls/certs/ca-bundle.crt", commented(withTarget(c, with)...))
		}},
		{"opensuse anchor", "openSUSE", evidence.Web, suseRelease, func(d tree, c cast, with bool) {
			suse(t, d, c, with, "/etc/pki/trust/anchors/kz.pem")
		}},
		{"opensuse anchor where mkcert puts it", "openSUSE", evidence.Web, suseRelease, func(d tree, c cast, with bool) {
			suse(t, d, c, with, "/usr/share/pki/trust/anchors/kz.pem")
		}},
		{"arch anchor", "Arch Linux", evidence.Web, archRelease, arch(t)},
		{"unknown linux", "Linux", evidence.Web, "NAME=Something\nID=something\n", func(d tree, c cast, with bool) {
			d.file("/etc/ssl/cert.pem", plain(withTarget(c, with)...))
			d.dir("/etc/ssl/certs")
		}},
	}
}

func suse(t testing.TB, d tree, c cast, with bool, source string) {
	var vendor, trust string
	for _, p := range c.public {
		vendor += section(p, "trusted: true\n")
	}
	d.file("/usr/share/pki/trust/ca-certificates-mozilla.trust.p11-kit", vendor)
	d.dir("/etc/pki/trust/anchors", "/etc/pki/trust/blocklist", "/usr/share/pki/trust/anchors")
	d.file("/etc/pki/trust/anchors/twin.pem", plain(c.twin))
	if with {
		d.file(source, plain(c.target))
	}
	all := withTarget(c, with)
	d.hashFolder("/var/lib/ca-certificates/pem", all...)
	for _, a := range all {
		trust += trusted(t, a, []asn1.ObjectIdentifier{anyPurpose}, nil)
	}
	d.file("/var/lib/ca-certificates/ca-bundle.pem", commented(all...))
	d.dir("/var/lib/ca-certificates/openssl")
	d.file("/var/lib/ca-certificates/openssl/all.pem", trust)
	d.link("/etc/ssl/certs", "../../var/lib/ca-certificates/pem")
	d.link("/etc/ssl/ca-bundle.pem", "../../var/lib/ca-certificates/ca-bundle.pem")
}

func arch(t testing.TB) func(tree, cast, bool) {
	return func(d tree, c cast, with bool) {
		var vendor, trust string
		for _, p := range c.public {
			vendor += section(p, "trusted: true\n")
		}
		d.file("/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit", vendor)
		d.dir("/etc/ca-certificates/trust-source/anchors", "/etc/ca-certificates/trust-source/blocklist")
		d.file("/etc/ca-certificates/trust-source/anchors/twin.pem", plain(c.twin))
		if with {
			d.file("/etc/ca-certificates/trust-source/anchors/kz.pem", plain(c.target))
		}
		all := withTarget(c, with)
		names := d.hashFolder("/etc/ca-certificates/extracted/cadir", all...)
		for _, a := range all {
			trust += trusted(t, a, []asn1.ObjectIdentifier{serverAuth}, nil)
		}
		d.file("/etc/ca-certificates/extracted/tls-ca-bundle.pem", commented(all...))
		d.file("/etc/ca-certificates/extracted/ca-bundle.trust.crt", trust)
		os.RemoveAll(d.host("/etc/ssl/certs"))
		for _, name := range names {
			d.link("/etc/ssl/certs/"+name, "../../ca-certificates/extracted/cadir/"+name)
		}
		d.link("/etc/ssl/certs/ca-certificates.crt", "../../ca-certificates/extracted/tls-ca-bundle.pem")
		d.link("/etc/ssl/cert.pem", "../ca-certificates/extracted/tls-ca-bundle.pem")
	}
}

// TestSystemContract holds each distribution, and each way in which a certificate gets into it, to the contract of every store.
func TestSystemContract(t *testing.T) {
	for _, l := range layouts(t) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			d, c := newTree(t), newCast(t)
			d.file("/etc/os-release", l.release)
			l.build(d, c, false)
			open := func() Remover {
				all := systemStores(d.machine())
				if len(all) != 1 {
					t.Fatalf("%d stores: %v", len(all), all)
				}
				s := changeable(all[0])
				if s.f.name != l.family {
					t.Fatalf("taken for %s", s.f.name)
				}
				return s
			}
			contract(t, fixture{
				open:    open,
				plant:   func() { l.build(d, c, true) },
				planted: c.target.Certificate,
				trust:   l.trust,
				twin:    c.twin.Certificate,
				bytes:   d.dump,
			})
			// Now it is there again. Taken out once more, not a byte of it may be left where a program would look, and no link may lead nowhere.
			entry := only1(t, open(), c.target.Certificate)
			saved, err := open().Save(context.Background(), entry)
			d.check(err)
			d.check(open().Remove(context.Background(), saved))
			for _, name := range leftovers(t, d, c.target.Certificate) {
				if !strings.HasPrefix(name, "/home/") && !strings.HasPrefix(name, "/opt/") {
					t.Errorf("still in %s", name)
				}
			}
			for _, list := range [][]folder{familyOf(l.family).outputs} {
				for _, dir := range list {
					dangling(t, d, dir.path)
				}
			}
			chained(t, d, c.twin)
		})
	}
}

func familyOf(name string) family {
	return families[slices.IndexFunc(families, func(f family) bool { return f.name == name })]
}

func only1(t testing.TB, s Store, c cert.Certificate) evidence.Entry {
	t.Helper()
	all, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var found []evidence.Entry
	for _, entry := range all {
		if entry.Cert.Print == c.Print {
			found = append(found, entry)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s: %d entries", c.Title(), len(found))
	}
	return found[0]
}

// leftovers names the files of the disk that hold the certificate in any form, looked for without the code under test.
func leftovers(t testing.TB, d tree, c cert.Certificate) []string {
	t.Helper()
	var all []string
	d.check(filepath.WalkDir(d.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found := strings.Contains(string(data), string(c.DER))
		for rest := data; !found; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			found = strings.HasPrefix(string(block.Bytes), string(c.DER))
		}
		if found {
			inside, _ := filepath.Rel(d.root, name)
			all = append(all, "/"+filepath.ToSlash(inside))
		}
		return nil
	}))
	return all
}

// dangling fails for links that lead nowhere.
func dangling(t testing.TB, d tree, dir string) {
	t.Helper()
	list, err := d.machine().ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	d.check(err)
	for _, entry := range list {
		if entry.Type()&fs.ModeSymlink != 0 {
			if _, err := d.machine().Stat(dir + "/" + entry.Name()); err != nil {
				t.Errorf("%s/%s leads nowhere", dir, entry.Name())
			}
		}
	}
}

// chained fails when the twin cannot be reached as OpenSSL reaches it any more: by its hash and the numbers from 0 on without a gap.
func chained(t testing.TB, d tree, twin authority) {
	t.Helper()
	for _, dir := range []string{"/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash", "/var/lib/ca-certificates/pem"} {
		links := d.machine().Glob(dir + "/" + hashOf(twin) + ".*")
		if len(links) == 0 {
			continue
		}
		data, err := d.machine().Read(dir+"/"+hashOf(twin)+".0", maxText)
		if err != nil {
			t.Errorf("chain in %s has a gap: %v", dir, err)
		} else if !strings.Contains(string(data), plain(twin)) {
			t.Errorf("first of the chain in %s is not the twin", dir)
		}
	}
}
