package judge

import (
	"testing"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestUnknownOrphan is a permission to trust whose certificate is gone and that nobody knows: browsers trust a server that sends the certificate along, so the
// computer is not clear.
func TestUnknownOrphan(t *testing.T) {
	seen := evidence.Seen{Place: evidence.Place{Kind: evidence.NSS, Program: "Firefox"}}
	seen.Entries = []evidence.Entry{{Cert: cert.Certificate{Print: cert.Of([]byte("stranger"))}, Trust: evidence.Web, Orphan: true}}
	v := Decide(&catalog.List{}, evidence.Evidence{Places: []evidence.Seen{seen}})
	if v.Level != Careful || v.Headline != UnknownInstalled {
		t.Errorf("level %v, headline %s", v.Level, v.Headline)
	}
}
