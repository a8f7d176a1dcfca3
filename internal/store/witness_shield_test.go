package store

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/shield"
)

// TestFirefoxShieldWitness has a real Firefox judge what package shield says: a root that the profile trusts loads its site, is refused as soon as it stands
// in the profile's copy of OneCRL, and that is what is said of it.
func TestFirefoxShieldWitness(t *testing.T) {
	needTool(t, "firefox-esr")
	t.Parallel()
	root := newAuthority(t, "Information Security Certification Authority", time.Now().UnixNano())
	web := newWebSites(t, root)
	m, home := testHome(t)
	dir := home + "/.config/mozilla/firefox/x.default"
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	place := firefoxStore(t, m, dir).Place()
	said := func() (says evidence.Stance) {
		for _, s := range shield.Ask(context.Background(), m, []evidence.Place{place}, []cert.Certificate{root.Certificate}) {
			says = s.Does
		}
		return says
	}

	browser := startFirefox(t, home, dir)
	web.want(t, "trusted", true, browser.open)
	browser.quit()
	if got := said(); got == evidence.ShieldBlocked {
		t.Errorf("said %q of a root whose site loads", got)
	}

	file := filepath.Join(dir, "security_state", "data.safe.bin")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, refusing(t, root.Certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := said(); got != evidence.ShieldBlocked {
		t.Errorf("said %q of a root in the profile's list", got)
	}
	browser = startFirefox(t, home, dir)
	web.want(t, "in the list", false, browser.open)
	browser.quit()
	if got := said(); got != evidence.ShieldBlocked { // Firefox has written the file anew, perhaps
		t.Errorf("said %q after Firefox ran", got)
	}
}

// refusing writes the file in which Firefox keeps its certificate states, with one record.
func refusing(t *testing.T, c cert.Certificate) []byte {
	t.Helper()
	serial := cryptobyte.String(c.Serial)
	var number cryptobyte.String
	if !serial.ReadASN1(&number, asn1.INTEGER) {
		t.Fatal("no serial number")
	}
	le := binary.LittleEndian
	text := func(out, text []byte) []byte { return append(le.AppendUint64(out, uint64(len(text))), text...) }
	out := text(append(le.AppendUint64(nil, 1), 1), []byte("cert_storage"))
	out = le.AppendUint64(append(out, 0, 0, 0, 0), 1)
	out = text(out, append(append([]byte("is"), c.Issuer.Raw...), number...))
	return text(out, le.AppendUint64([]byte{3}, 1))
}
