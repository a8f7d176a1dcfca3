package check

import (
	"testing"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestOthers: what a plan takes or leaves is not told of as another certificate, though it is a trust record of which the evidence has no SHA-256; what the person
// did not pick is.
func TestOthers(t *testing.T) {
	h := newHome(t, "firefox")
	var bare cert.Certificate
	for _, one := range h.List.Authorities {
		if one.Class == catalog.StateInterception && one.SHA1 != [20]byte{} && !one.SHA256.IsZero() {
			bare = cert.Certificate{SHA1: one.SHA1}
			break
		}
	}
	picked := cert.Read(lookalike(t))
	place := h.stores[0].place
	e := evidence.Evidence{Places: []evidence.Seen{{Place: place, Entries: []evidence.Entry{{Cert: bare, Trust: evidence.Web}, {Cert: picked, Trust: evidence.Web}}}}}
	plan := h.planRemoval(e, nil)
	if len(plan.Items) != 2 || plan.Items[0].Entry.Cert.Print.IsZero() {
		t.Fatalf("the plan is %+v", plan)
	}
	if others := plan.Others(h.List, e); len(others) != 0 {
		t.Errorf("of a plan that takes all, %d are told of as others", len(others))
	}
	if others := h.planRemoval(e, []cert.Print{picked.Print}).Others(h.List, e); len(others) != 1 || others[0].Cert.SHA1 != bare.SHA1 {
		t.Errorf("others than the one that was picked: %+v", others)
	}
}
