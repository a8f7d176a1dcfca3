//go:build linux

package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// TestRealBlocklist: what is refused stays refused when the anchor comes back, says the real p11-kit; and is trusted again once the refusal is taken back.
func TestRealBlocklist(t *testing.T) {
	for _, name := range []string{"trust", "openssl", "mount"} {
		needTool(t, name)
	}
	if !inNamespace(t) {
		return
	}
	ctx := context.Background()
	const source, vendor, extracted = "/etc/pki/ca-trust/source", "/usr/share/pki/ca-trust-source", "/etc/pki/ca-trust/extracted"
	p11World(t, source+":"+vendor)
	d, c := tree{t, ""}, newCast(t)
	d.file("/etc/os-release", fedoraRelease)
	d.dir(source+"/anchors", source+"/blocklist", vendor)
	other := newAuthority(t, "Office", 41)
	d.file(source+"/anchors/office.pem", plain(other))
	plant := func() { d.file(source+"/anchors/kz.pem", plain(c.target)) }
	plant()
	bundle := extracted + "/pem/tls-ca-bundle.pem"
	update := p11Update(t, [][]string{
		{"--format=openssl-bundle", "--filter=certificates", extracted + "/openssl/ca-bundle.trust.crt"},
		{"--format=pem-bundle", "--filter=ca-anchors", "--purpose=server-auth", bundle},
	})
	d.check(update(machine.UpdateCATrust))
	target, office := newSite(t, c.target), newSite(t, other)
	m := realMachine(t, update)
	open := func() blockingStore { return systemStores(m)[0].(blockingStore) }
	check := func(when string, trusted, refused bool) {
		t.Helper()
		if got := p11Trusts(t)[c.target.Print]; got != trusted {
			t.Errorf("%s: p11-kit trusts it: %v", when, got)
		}
		if got := target.openssl(t, "-CAfile", bundle); got != trusted {
			t.Errorf("%s: OpenSSL trusts it: %v", when, got)
		}
		list := must(t, "trust", "list", "--filter=blocklist")
		if got := strings.Contains(list, "label: Security Certificate"); got != refused {
			t.Errorf("%s: «trust list» says that it is refused: %v\n%s", when, got, list)
		}
		if !office.openssl(t, "-CAfile", bundle) || !p11Trusts(t)[other.Print] {
			t.Errorf("%s: another root is not trusted any more", when)
		}
	}
	if got := open().DistrustNeeds(); got != evidence.Own {
		t.Errorf("an administrator needs %q", got)
	}
	check("planted", true, false)
	removal := save1(t, open(), c.target.Certificate)
	d.check(open().Remove(ctx, removal))
	d.check(open().Finish(ctx, []Saved{removal}))
	check("removed", false, false)
	refusal, err := open().SaveDistrust(ctx, c.target.Certificate)
	d.check(err)
	refusal = throughJSON(t, refusal)
	d.check(open().Distrust(ctx, refusal))
	d.check(open().Finish(ctx, []Saved{refusal}))
	check("refused", false, true)
	if entry := only1(t, open(), c.target.Certificate); entry.Trust != evidence.Distrusted {
		t.Errorf("%+v", entry)
	}
	plant()
	d.check(update(machine.UpdateCATrust))
	check("come back", false, true)
	// p11-kit 0.24.1 writes what is an anchor as well into OpenSSL's own bundle: then a check must show beside the refusal that it is believed.
	believed := target.openssl(t, "-CAfile", filepath.Join(extracted, "openssl/ca-bundle.trust.crt"))
	entries, err := open().List(ctx)
	d.check(err)
	var beside, vouches bool
	var shown []string
	for _, entry := range entries {
		if entry.Cert.Print == c.target.Print {
			beside = beside || slices.ContainsFunc(entry.Where, func(where string) bool { return strings.HasPrefix(where, source+"/blocklist/") })
			vouches = vouches || entry.Trust.Vouches()
			shown = append(shown, fmt.Sprint(entry.Trust, entry.Where))
		}
	}
	t.Logf("come back: OpenSSL trusts it by its own bundle: %v; a check lists it as vouching: %v", believed, vouches)
	if !beside || vouches != believed {
		t.Errorf("a check lists it as %s, and OpenSSL trusts it: %v", shown, believed)
	}
	d.check(open().Restore(ctx, refusal))
	d.check(open().Finish(ctx, []Saved{refusal}))
	check("refusal taken back", true, false)
}
