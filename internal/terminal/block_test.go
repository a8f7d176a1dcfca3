package terminal

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// refusing is a made-up place of the computer that is empty, and can refuse with an administrator's permission.
type refusing struct{ madeUp }

func (*refusing) DistrustNeeds() evidence.Right { return evidence.Admin }
func (s *refusing) SaveDistrust(_ context.Context, c cert.Certificate) (store.Saved, error) {
	return store.Saved{Place: s.place, Print: c.Print, Title: c.Title(), Verb: store.VerbDistrust, Data: json.RawMessage(`{}`)}, nil
}
func (*refusing) Distrust(context.Context, store.Saved) error { return nil }

// TestBlockAnnounced: where only keeping the certificate out needs a permission, that is said after the person asked for it and before the system asks.
func TestBlockAnnounced(t *testing.T) {
	const said = "The system will ask for an administrator"
	flat := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	for _, test := range []struct {
		typed string
		asked bool
	}{{"y\ny\n", true}, {"y\nn\n", false}} {
		r := newRun(t, &madeUp{})
		r.stores = append(r.stores, &refusing{madeUp{gone: true, place: evidence.Place{Kind: evidence.System, Path: "/etc/pki", Program: "Fedora"}}})
		r.ask, r.typed = true, test.typed
		asked, announced := false, false
		r.machine.Elevate = func(context.Context, []byte) ([]byte, error) {
			asked = true
			announced = strings.Contains(flat(r.out.String()), said)
			return nil, machine.ErrRefused
		}
		want := Clear
		if test.asked {
			want = Refused
		}
		text := r.do(want, "remove", "--all")
		if asked != test.asked || announced != test.asked {
			t.Errorf("%q: asked for a permission: %v, announced before: %v\n%s", test.typed, asked, announced, text)
		}
		if !test.asked && strings.Contains(flat(text), said) {
			t.Errorf("announced a permission that nobody asks for\n%s", text)
		}
	}
}
