package store

import (
	"context"
	"encoding/json"
	"testing"

	"qulyp/internal/evidence"
)

// TestWindowsAsks goes through places and verbs: Windows asks before a root comes back to the store of a person, and before nothing else.
func TestWindowsAsks(t *testing.T) {
	root := newAuthority(t, "Asked", 1)
	for name, test := range map[string]struct {
		at   location
		asks bool
	}{
		"root of a person":         {location{areaUser, storeRoot, ""}, true},
		"intermediate of a person": {location{areaUser, storeCA, ""}, false},
		"root of the computer":     {location{areaComputer, storeRoot, ""}, false},
	} {
		f := &fakeRegistry{blobs: map[string][]byte{test.at.entry(root.SHA1): elementOf(root.Certificate)}}
		s := at(t, windowsMachine(true), f, test.at).(Remover)
		saved, err := s.Save(context.Background(), evidence.Entry{Cert: root.Certificate})
		if err != nil {
			t.Fatal(err)
		}
		want := [20]byte{}
		if test.asks {
			want = root.SHA1
		}
		saved = throughJSON(t, saved)
		if sha1, asks := WindowsAsks(saved); asks != test.asks || sha1 != want {
			t.Errorf("%s: %x, %t", name, sha1, asks)
		}
		limited := saved
		limited.Verb = VerbLimit
		if _, asks := WindowsAsks(limited); asks {
			t.Errorf("%s: asked before a limit is taken off", name)
		}
		for _, data := range []string{`{}`, `{"blob":"AAAA"}`, `[`} { // no record that could be put back: no code to compare
			saved.Data = json.RawMessage(data)
			if sha1, asks := WindowsAsks(saved); asks != test.asks || sha1 != [20]byte{} {
				t.Errorf("%s with %s: %x, %t", name, data, sha1, asks)
			}
		}
	}
}
