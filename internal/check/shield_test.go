package check

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// real is one of the real interception roots, which lie beside the project.
func real(t testing.TB, name string) cert.Certificate {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "certs", name))
	if err != nil {
		if os.Getenv("QULYP_NEED_SHARED") == "1" {
			t.Fatalf("the real certificate %s is not there: %v", name, err)
		}
		t.Skipf("the real certificate %s is not there", name)
	}
	for block := range cert.Blocks(data) {
		return block.Cert
	}
	t.Fatalf("%s holds no certificate", name)
	return cert.Certificate{}
}

// Browsers are asked about a known interception root, and about nothing else.
func TestShields(t *testing.T) {
	qaznet := real(t, "kz-qaznet-2016-00309c73.pem")
	h := newHome(t, "chromium")
	h.stores[0].place = evidence.Place{Kind: evidence.Chromium, Path: filepath.Join(h.top, "chromium", "Default", "ServerCertificate"), Program: "A browser"}
	header, err := json.Marshal(map[string]any{"ContentType": "CRLSet", "BlockedSPKIs": []string{base64.StdEncoding.EncodeToString(qaznet.Key[:])}})
	if err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(h.top, "chromium", "CertificateRevocation", "7", "crl-set")
	if err := os.MkdirAll(filepath.Dir(set), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(set, append(binary.LittleEndian.AppendUint16(nil, uint16(len(header))), header...), 0o600); err != nil {
		t.Fatal(err)
	}

	h.plant(t, 0, lookalike(t))
	h.plant(t, 0, harmless(t))
	if e, _ := h.Look(ctx, nil, nil); e.Shields != nil {
		t.Errorf("browsers were asked about what no browser can know: %+v", e.Shields)
	}
	h.plant(t, 0, qaznet.DER)
	e, _ := h.Look(ctx, nil, nil)
	want := evidence.Shield{Place: h.stores[0].place, Print: qaznet.Print, Does: evidence.ShieldBlocked, By: "crlset", Where: set}
	if len(e.Shields) != 1 || e.Shields[0] != want {
		t.Errorf("shields %+v, want %+v", e.Shields, want)
	}
}
