package store

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestKeychainSaid: what is not read must be said, or macOS would be called clear.
func TestKeychainSaid(t *testing.T) {
	said := false
	for _, s := range All(&machine.Machine{GOOS: "darwin", Env: func(string) string { return "" }}) {
		entries, err := s.List(context.Background())
		said = said || s.Place().Kind == evidence.Keychain && len(entries) == 0 && err != nil
	}
	if !said {
		t.Error("not a word of the keychains")
	}
}

// TestTooDeepSaid: the distribution's own program knows no depth at which it stops.
func TestTooDeepSaid(t *testing.T) {
	disk := t.TempDir()
	deep := filepath.Join(disk, "usr/local/share/ca-certificates", strings.Repeat("a/", maxDepth+2))
	err := errors.Join(os.MkdirAll(deep, 0o700), os.MkdirAll(filepath.Join(disk, "etc"), 0o700), os.WriteFile(filepath.Join(disk, "etc/os-release"), []byte("ID=debian\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	stores := systemStores(&machine.Machine{GOOS: "linux", Root: disk, Env: func(string) string { return "" }})
	if len(stores) != 1 {
		t.Fatalf("%d places", len(stores))
	}
	if _, err := stores[0].List(context.Background()); Code(err) != evidence.TooLarge {
		t.Errorf("passed over in silence: %v", err)
	}
}

// TestSealedKeystoreSaid is a keystore with a password of its own that a setting names: what is in it cannot be told.
func TestSealedKeystoreSaid(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4713)
	m, home := testHome(t)
	parsed, err := x509.ParseCertificate(root.DER)
	if err != nil {
		t.Fatal(err)
	}
	data, err := pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{parsed}, "a secret")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "trust.p12")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string, []byte) { t.Error("something was read") }
	if err := eachNamed(m, reference{target: file}, none); Code(err) != evidence.Password {
		t.Errorf("passed over in silence: %v", err)
	}
	if err := eachNamed(m, reference{target: home}, none); err != nil { // of a folder
		t.Error(err)
	}
}
