package store

import (
	"context"
	"errors"
	"maps"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// twoKeys is a store with a root in two keys of the registry, with other properties in each, as Windows never writes it, and with a root beside it.
func twoKeys(t *testing.T, names ...string) (f *fakeRegistry, l location, root cert.Certificate) {
	t.Helper()
	a, other := newAuthority(t, "Twice", 1), newAuthority(t, "Beside", 2)
	l = location{areaComputer, storeRoot, ""}
	limit, err := writeUsages(notWeb)
	if err != nil {
		t.Fatal(err)
	}
	blobs := [][]byte{
		elementOf(a.Certificate, property{propFriendlyName, 1, []byte("o\x00n\x00e\x00\x00\x00")}, property{propUsage, 1, limit}),
		elementOf(a.Certificate, property{propFriendlyName, 1, []byte("t\x00w\x00o\x00\x00\x00")}),
	}
	f = &fakeRegistry{blobs: map[string][]byte{l.entry(other.SHA1): elementOf(other.Certificate)}}
	for i, name := range names {
		if name == "" {
			name = nameOf(a.DER)
		}
		f.blobs[l.key()+`\Certificates\`+name] = blobs[i]
	}
	return f, l, a.Certificate
}

// TestWindowsTwoKeys takes such a root out and puts it back, also when the work is cut short after any key: what was in each key comes back into it.
func TestWindowsTwoKeys(t *testing.T) {
	ctx := context.Background()
	for name, names := range map[string][]string{"beside the usual": {"", "odd"}, "both odd": {"odd", "other"}, "one odd": {"odd"}, "the usual": {""}} {
		f, l, root := twoKeys(t, names...)
		s := at(t, windowsMachine(true), f, l).(Remover)
		before := f.dump()
		was := maps.Clone(f.blobs)
		entries, err := s.List(ctx)
		if err != nil || len(entries) != 2 {
			t.Fatalf("%s: %d entries, %v: one certificate is listed once", name, len(entries), err)
		}
		if want := evidence.Web; len(names) == 2 && trustIn(t, s, root.Print) != want {
			t.Errorf("%s: trust %q, want %q, as one of the keys has it", name, trustIn(t, s, root.Print), want)
		}
		saved, err := s.Save(ctx, evidence.Entry{Cert: root})
		if err != nil {
			t.Fatal(err)
		}
		saved = throughJSON(t, saved)
		for cut := range names { // how many keys were deleted when the power failed
			for _, forward := range []bool{true, false} {
				f.blobs = maps.Clone(was)
				keys, _ := f.keysOf(l, root.Print)
				for _, k := range keys[:cut] {
					delete(f.blobs, l.key()+`\Certificates\`+k.Name)
				}
				if forward {
					if err := s.Remove(ctx, saved); err != nil {
						t.Errorf("%s, %d keys deleted: %v", name, cut, err)
					}
					if keys, _ := f.keysOf(l, root.Print); len(keys) != 0 {
						t.Errorf("%s, %d keys deleted: %d are left", name, cut, len(keys))
					}
				}
				for range 2 {
					if err := s.Restore(ctx, saved); err != nil {
						t.Errorf("%s, %d keys deleted: put back: %v", name, cut, err)
					}
				}
				if now := f.dump(); now != before {
					t.Errorf("%s, %d keys deleted, removed %t: put back as\n%swas\n%s", name, cut, forward, now, before)
				}
			}
		}
		// Somebody changed one key after it was saved: it is not in the receipt, and stays.
		f.blobs = maps.Clone(was)
		f.blobs[l.key()+`\Certificates\newer`] = elementOf(root, property{propFriendlyName, 1, []byte("n\x00\x00\x00")})
		changed := f.dump()
		if err := s.Remove(ctx, saved); !errors.Is(err, ErrChanged) || f.dump() != changed {
			t.Errorf("%s: removed what was not saved: %v", name, err)
		}
		// The person says no to the question of Windows: no key comes back by another way.
		f.blobs, f.refuse = map[string][]byte{}, machine.ErrRefused
		if err := s.Restore(ctx, saved); !errors.Is(err, machine.ErrRefused) || len(f.blobs) != 0 {
			t.Errorf("%s: %v, %d keys came back against the person's will", name, err, len(f.blobs))
		}
	}
}

// TestWindowsTwoKeysLimit forbids such a root for web sites, in each of its keys, and gives each its purposes back.
func TestWindowsTwoKeysLimit(t *testing.T) {
	ctx := context.Background()
	for name, names := range map[string][]string{"beside the usual": {"", "odd"}, "both odd": {"odd", "other"}} {
		f, l, root := twoKeys(t, names...)
		s := at(t, windowsMachine(true), f, l).(Limiter)
		before := f.dump()
		saved, err := s.SaveLimit(ctx, evidence.Entry{Cert: root})
		if err != nil {
			t.Fatal(err)
		}
		saved = throughJSON(t, saved)
		for range 2 {
			if err := s.Limit(ctx, saved); err != nil {
				t.Fatal(err)
			}
		}
		if trust := trustIn(t, s, root.Print); trust != evidence.Other {
			t.Errorf("%s: trust %q", name, trust)
		}
		for range 2 {
			if err := s.(Remover).Restore(ctx, saved); err != nil {
				t.Fatal(err)
			}
		}
		if now := f.dump(); now != before {
			t.Errorf("%s: the limit left\n%swas\n%s", name, now, before)
		}
	}
}

// TestWindowsKeysForged gives Restore keys that are not what was saved: names that lead elsewhere, and another certificate.
func TestWindowsKeysForged(t *testing.T) {
	ctx := context.Background()
	f, l, root := twoKeys(t, "", "odd")
	s := at(t, windowsMachine(true), f, l).(Remover)
	honest := windowsKey{nameOf(root.DER), elementOf(root)}
	f.blobs = map[string][]byte{}
	for name, bad := range map[string]windowsKey{
		"another certificate": {"odd", elementOf(newAuthority(t, "Forged", 3).Certificate)}, "another key": {`odd\..\..\other`, honest.Blob}, "no name": {"", honest.Blob},
		"no certificate": {"odd", []byte{1}},
	} {
		saved, err := pack(s.Place(), root, windowsRecord{Blob: honest.Blob, Keys: []windowsKey{honest, bad}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Restore(ctx, saved); !errors.Is(err, errBadRecord) || len(f.blobs) != 0 {
			t.Errorf("%s: %v, wrote %d keys", name, err, len(f.blobs))
		}
	}
}

// TestWindowsIgnored has the policy by which Windows passes over the roots of a person: whether a browser goes by it cannot be told, so the root is no less dangerous.
func TestWindowsIgnored(t *testing.T) {
	root := newAuthority(t, "Ignored", 1)
	l := location{areaUser, storeRoot, ""}
	f := &fakeRegistry{blobs: map[string][]byte{l.entry(root.SHA1): elementOf(root.Certificate)}, numbers: map[string]uint32{protectedRoots + `\Flags`: ignoreUserRoots | 0x20}}
	if trust := trustIn(t, at(t, windowsMachine(false), f, l), root.Print); !trust.Vouches() {
		t.Errorf("trust %q: nothing says that browsers pass over it", trust)
	}
}
