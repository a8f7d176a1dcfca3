package store

import (
	"context"
	"errors"
	"testing"

	"qulyp/internal/evidence"
)

// TestWindowsPhysical has stores that somebody registered beside those of Windows: what is in them is seen, what cannot be opened is said, and nothing is taken out.
func TestWindowsPhysical(t *testing.T) {
	root := newAuthority(t, "Registered", 1)
	l := location{areaUser, storeRoot, ""}
	f := &fakeRegistry{blobs: map[string][]byte{}, registered: map[string][][]byte{
		l.key() + `\PhysicalStores\mine`:                                           {elementOf(root.Certificate)},
		l.key() + `\PhysicalStores\closed`:                                         nil,
		location{areaUser, storeDisallowed, ""}.key() + `\PhysicalStores\refusals`: nil,
	}}
	seen := map[string]bool{}
	for _, s := range windowsPlaces(windowsMachine(false), f) {
		registered, ok := s.(windowsPhysical)
		if !ok {
			continue
		}
		seen[registered.name] = true
		if _, ok := s.(Remover); ok {
			t.Errorf("%s can be changed", s.Place().Path)
		}
		entries, err := s.List(context.Background())
		switch registered.name {
		case "mine":
			if err != nil || len(entries) != 1 || entries[0].Cert.Print != root.Print || entries[0].Trust != evidence.Web || entries[0].Needs != evidence.Never ||
				s.Place().Path != l.key()+`\PhysicalStores\mine` {
				t.Errorf("%s: %+v, %v", s.Place().Path, entries, err)
			}
		case "closed":
			var trouble evidence.Trouble
			if !errors.As(err, &trouble) || trouble.Path != s.Place().Path || len(entries) != 0 {
				t.Errorf("one that cannot be opened: %+v, %v", entries, err)
			}
		}
	}
	if len(seen) != 2 || !seen["mine"] || !seen["closed"] {
		t.Errorf("places %v", seen)
	}
}

// TestHivePhysical names those on another disk, which cannot be opened there.
func TestHivePhysical(t *testing.T) {
	m, disk := otherDisk(t, "windows")
	keys := &hiveKey{}
	keys.at(`Software\Microsoft\SystemCertificates\Root\PhysicalStores\mine`).texts = map[string]string{"OpenStoreProvider": "File"}
	write(t, disk+"/Users/aigul/NTUSER.DAT", string((&hiveWriter{list: "lf"}).file(keys)))
	for _, s := range windowsStores(m) {
		if s.Place().Path == `/Users/aigul/NTUSER.DAT\Software\Microsoft\SystemCertificates\Root\PhysicalStores\mine` {
			if _, err := s.List(context.Background()); err == nil {
				t.Error("nothing is said of it")
			}
			return
		}
	}
	t.Error("it is not named")
}
