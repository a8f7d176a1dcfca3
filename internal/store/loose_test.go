package store

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/evidence"
)

func armoured(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// lay writes files below a folder, by name.
func lay(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// dumpFolder is everything in a folder: names, modes, times and content.
func dumpFolder(t testing.TB, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		fmt.Fprintf(&out, "%s %v %d %x\n", name, info.Mode(), info.ModTime().UnixNano(), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLooseContract(t *testing.T) {
	root, other := newAuthority(t, "Information Security Certification Authority", 1), newAuthority(t, "Information Security Certification Authority", 1)
	forms := map[string]map[string][]byte{
		"PEM":            {"qazca.pem": armoured(root.DER)},
		"DER":            {"qazca.cer": root.DER},
		"by content":     {"no ending": armoured(root.DER), "сертификат.txt": root.DER},
		"several copies": {"a.crt": root.DER, "a (1).crt": root.DER, "new/folder/a.crt.txt": armoured(root.DER)},
		"PKCS #7":        {"qazca.p7b": pkcs7(t, root.DER)},
	}
	if runtime.GOOS == "linux" { // archives of Windows leave names in other letters, here in CP866, and with «\\» between folders
		forms["odd names"] = map[string][]byte{"\xb1\xa5\xe0.crt": root.DER, "\x8f\xa0\xaf/\xb1.crt": root.DER, `folder\a.crt`: root.DER}
	}
	for name, files := range forms {
		t.Run(name, func(t *testing.T) {
			m, home := testHome(t)
			dir := filepath.Join(home, "Downloads")
			lay(t, dir, map[string][]byte{"other.crt": other.DER, "film.txt": []byte("text")})
			contract(t, fixture{
				open:    func() Remover { return onlyLoose(t, looseStores(m)) },
				plant:   func() { lay(t, dir, files) },
				planted: root.Certificate, twin: other.Certificate, trust: evidence.Other,
				bytes: func() string { return dumpFolder(t, dir) },
			})
		})
	}
}

func onlyLoose(t testing.TB, stores []Store) Remover {
	t.Helper()
	if len(stores) != 1 {
		t.Fatalf("%d folders, want one", len(stores))
	}
	return stores[0].(Remover)
}

// pkcs7 packs certificates as .p7b files have them.
func pkcs7(t testing.TB, certs ...[]byte) []byte {
	t.Helper()
	type info struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"optional"`
	}
	type signed struct {
		Version int
		Digests []asn1.RawValue `asn1:"set"`
		Inner   info
		Certs   asn1.RawValue
		Signers []asn1.RawValue `asn1:"set"`
	}
	body, err := asn1.Marshal(signed{
		Version: 1, Inner: info{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}},
		Certs: asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: bytes.Join(certs, nil)},
	})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := asn1.Marshal(info{Type: signedData, Content: asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: body}})
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// TestLoosePacked reads what OpenSSL packs.
func TestLoosePacked(t *testing.T) {
	openssl := needTool(t, "openssl")
	one, two := newAuthority(t, "One", 1), newAuthority(t, "Two", 2)
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"both.pem": append(armoured(one.DER), armoured(two.DER)...)})
	for _, form := range []string{"DER", "PEM"} {
		out, err := exec.Command(openssl, "crl2pkcs7", "-nocrl", "-certfile", filepath.Join(dir, "both.pem"), "-outform", form).Output()
		if err != nil {
			t.Fatal(err)
		}
		certs, alone := looseContent(out)
		if len(certs) != 2 || alone || !slices.ContainsFunc(certs, func(der []byte) bool { return bytes.Equal(der, one.DER) }) {
			t.Errorf("%s: %d certificates, alone %v", form, len(certs), alone)
		}
	}
}

// What is somebody's work is not deleted; what is elsewhere is not looked at.
func TestLooseLeft(t *testing.T) {
	root, other := newAuthority(t, "A", 1), newAuthority(t, "B", 2)
	m, home := testHome(t)
	dir := filepath.Join(home, "Downloads")
	lay(t, dir, map[string][]byte{
		"bundle.pem": append(armoured(root.DER), armoured(other.DER)...), "with key.pem": append(armoured(other.DER), "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"...),
		"1/2/3/deep.crt": root.DER, ".hidden/a.crt": root.DER, "film.mp4": root.DER, "big.crt": append(armoured(root.DER), make([]byte, 2<<20)...),
	})
	if err := os.Symlink("/etc/ssl/certs/ca-certificates.crt", filepath.Join(dir, "link.crt")); err != nil {
		t.Fatal(err)
	}
	s := onlyLoose(t, looseStores(m))
	entries := mustList(t, s)
	if len(entries) != 2 {
		t.Fatalf("%d entries, want two: %+v", len(entries), entries)
	}
	for _, entry := range entries {
		if entry.Needs != evidence.Never {
			t.Errorf("%s can be removed, although the file holds more", entry.Cert.Title())
		}
		if _, err := s.Save(context.Background(), entry); Code(err) != evidence.CannotRemove {
			t.Errorf("save: %v", err)
		}
	}
}

// A file that has become another meanwhile is left alone, and so is a record that leads out of the folder.
func TestLooseChanged(t *testing.T) {
	root, other := newAuthority(t, "A", 1), newAuthority(t, "B", 2)
	m, home := testHome(t)
	dir := filepath.Join(home, "Downloads")
	lay(t, dir, map[string][]byte{"a.crt": root.DER, "b.crt": root.DER})
	s := onlyLoose(t, looseStores(m))
	saved := saveOneLoose(t, s, root)
	lay(t, dir, map[string][]byte{"b.crt": other.DER})
	before := dumpFolder(t, dir)
	for what, err := range map[string]error{"remove": s.Remove(context.Background(), saved), "restore": s.Restore(context.Background(), saved)} {
		if !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v, want ErrChanged", what, err)
		}
	}
	if dumpFolder(t, dir) != before {
		t.Error("something was changed")
	}
	names := []looseSaved{{Name: "../a.crt"}, {Name: "/etc/passwd"}, {Name: ""}, {Name: "."}, {Name: "a/../../b"}, {Name: "a", Raw: []byte("../\xff")}, {Name: "a", Raw: []byte("a\x00")}}
	if filepath.Separator == '\\' {
		names = append(names, looseSaved{Name: `..\a`}, looseSaved{Name: `C:a`})
	}
	for _, name := range names {
		name.Data, name.Meta = root.DER, meta{Mode: 0o644}
		bad, err := pack(s.Place(), root.Certificate, looseRecord{Files: []looseSaved{name}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Restore(context.Background(), bad); err == nil {
			t.Errorf("a file was written as %q", name.path())
		}
	}
	bad, err := pack(s.Place(), root.Certificate, looseRecord{Files: []looseSaved{{Name: ".bashrc", Data: []byte("rm"), Meta: meta{Mode: 0o644}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(context.Background(), bad); !errors.Is(err, errImplausible) {
		t.Errorf("a file that is no certificate: %v", err)
	}
}

func saveOneLoose(t testing.TB, s Remover, a authority) Saved {
	t.Helper()
	for _, entry := range mustList(t, s) {
		if entry.Cert.Print == a.Print {
			saved, err := s.Save(context.Background(), entry)
			if err != nil {
				t.Fatal(err)
			}
			return saved
		}
	}
	t.Fatal("not listed")
	return Saved{}
}

func TestLooseFolders(t *testing.T) {
	m, home := testHome(t)
	lay(t, home, map[string][]byte{
		".config/user-dirs.dirs": []byte("# a comment\nXDG_DESKTOP_DIR=\"$HOME/\"\nXDG_DOWNLOAD_DIR=\"$HOME/Жүктеп алынғандар\"\nXDG_MUSIC_DIR=\"$HOME/Музыка\"\n"),
		"Жүктеп алынғандар/a":    nil, "Музыка/a": nil, "Рабочий стол/a": nil,
	})
	if err := os.Symlink("Рабочий стол", filepath.Join(home, "Desktop")); err != nil { // the same folder twice
		t.Fatal(err)
	}
	var got []string
	for _, s := range looseStores(m) {
		got = append(got, strings.TrimPrefix(s.Place().Path, home))
	}
	if want := []string{"/Жүктеп алынғандар", "/Desktop"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		`XDG_DOWNLOAD_DIR="/data/load"`: "/data/load", `XDG_DOWNLOAD_DIR="$HOME/a \"b\" \$c"`: `/h/a "b" $c`, `XDG_DOWNLOAD_DIR="$HOME/.."`: "", `XDG_DOWNLOAD_DIR="/"`: "",
		`XDG_DOWNLOAD_DIR=`: "", `XDG_DOWNLOAD_DIR="`: "", `XDG_DOWNLOAD_DIR="relative"`: "",
	} {
		if got := strings.Join(userDirs(text, "/h"), ","); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A typical folder for downloads: three hundred files of all kinds.
func typicalDownloads(t testing.TB) (dir string, planted authority) {
	t.Helper()
	dir = t.TempDir()
	files := map[string][]byte{}
	for i := range 300 {
		ending := []string{".pdf", ".jpg", ".zip", ".docx", ".txt", "", ".mp4", ".deb"}[i%8]
		files[fmt.Sprintf("file %03d%s", i, ending)] = bytes.Repeat([]byte{'x'}, 5000)
	}
	planted = newAuthority(t, "Information Security Certification Authority", 1)
	files["qazca.cer"] = planted.DER
	lay(t, dir, files)
	return dir, planted
}

func TestLooseFast(t *testing.T) {
	dir, planted := typicalDownloads(t)
	m, _ := testHome(t)
	s := &loose{m: m, dir: dir}
	best := time.Hour
	for range 20 {
		begun := time.Now()
		entries, err := s.List(context.Background())
		best = min(best, time.Since(begun))
		if err != nil || len(entries) != 1 || entries[0].Cert.Print != planted.Print {
			t.Fatalf("%+v, %v", entries, err)
		}
	}
	t.Logf("301 files in %v", best)
	if best > 25*time.Millisecond { // aim: 5 ms; the rest is for a computer that is busy with other things
		t.Errorf("a typical folder takes %v", best)
	}
}

// A folder with far too much in it is left off, and said.
func TestLooseMany(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{}
	for i := range looseNames + 10 {
		files[fmt.Sprintf("%05d.jpg", i)] = nil
	}
	lay(t, dir, files)
	m, _ := testHome(t)
	if _, err := (&loose{m: m, dir: dir}).List(context.Background()); Code(err) != evidence.TooLarge && Code(err) != evidence.TimedOut {
		t.Errorf("%v, want too-large", err)
	}
	if entries, err := (&loose{m: m, dir: dir + "/not there"}).List(context.Background()); entries != nil || err != nil {
		t.Errorf("a folder that is not there: %v, %v", entries, err)
	}
}

func FuzzLooseContent(f *testing.F) {
	root := newAuthority(f, "A", 1)
	f.Add(root.DER)
	f.Add(armoured(root.DER))
	f.Add(pkcs7(f, root.DER, root.DER))
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, alone := looseContent(data)
		if alone && len(certs) == 0 || len(certs) > looseCerts {
			t.Errorf("%d certificates, alone %v", len(certs), alone)
		}
	})
}

func FuzzUserDirs(f *testing.F) {
	f.Add("XDG_DOWNLOAD_DIR=\"$HOME/Загрузки\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, dir := range userDirs(text, "/home/a") {
			if dir == "/" || dir == "/home" || dir == "/home/a" || !filepath.IsAbs(dir) || filepath.Clean(dir) != dir {
				t.Errorf("%q is no folder to look through", dir)
			}
		}
	})
}
