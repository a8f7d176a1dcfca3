//go:build linux

package store

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// blockingDisk is a disk of Fedora with a folder of refusals.
func blockingDisk(t *testing.T) (tree, cast, blockingStore) {
	t.Helper()
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", fedoraRelease)
	d.dir("/etc/pki/ca-trust/source/anchors", "/etc/pki/ca-trust/source/blocklist")
	d.file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", commented(c.public...))
	return d, c, systemStores(d.machine())[0].(blockingStore)
}

// TestBlocklist: a copy refuses, comes only once, and goes again without a trace.
func TestBlocklist(t *testing.T) {
	ctx := context.Background()
	d, c, s := blockingDisk(t)
	if got := s.DistrustNeeds(); got != evidence.Own {
		t.Errorf("needs %q on a disk of one's own", got)
	}
	before := d.dump()
	saved, err := s.SaveDistrust(ctx, c.target.Certificate)
	d.check(err)
	if d.dump() != before || saved.Verb != VerbDistrust {
		t.Errorf("saving changed the disk, or is labelled %q", saved.Verb)
	}
	saved = throughJSON(t, saved)
	for range 2 {
		d.check(s.Distrust(ctx, saved))
		d.check(s.Finish(ctx, []Saved{saved}))
	}
	if entry := only1(t, s, c.target.Certificate); entry.Trust != evidence.Distrusted {
		t.Errorf("%+v", entry)
	}
	full := d.dump()
	if again, err := s.SaveDistrust(ctx, c.target.Certificate); err != nil || string(again.Data) != string(saved.Data) {
		t.Errorf("what is refused is refused in another way the next time: %v", err)
	}
	if err := s.Remove(ctx, saved); err == nil {
		t.Error("a refusal was removed as if it were a certificate")
	}
	if d.dump() != full {
		t.Error("changed")
	}
	for range 2 {
		d.check(s.Restore(ctx, saved))
		d.check(s.Finish(ctx, []Saved{saved}))
	}
	if got := d.dump(); got != before {
		t.Errorf("after undo\n%s\nbefore\n%s", got, before)
	}
}

// TestBlocklistLimits: what is not there, not ours or not known is left alone.
func TestBlocklistLimits(t *testing.T) {
	ctx := context.Background()
	d, c, s := blockingDisk(t)
	if _, err := s.SaveDistrust(ctx, cert.Certificate{Print: c.target.Print}); !errors.Is(err, errNoBytes) {
		t.Errorf("a certificate of which only the print is known: %v", err)
	}
	saved, err := s.SaveDistrust(ctx, c.target.Certificate)
	d.check(err)
	file := "/etc/pki/ca-trust/source/blocklist/qulyp-" + c.target.Print.String()[:16] + ".crt"
	d.file(file, plain(c.twin))
	before := d.dump()
	if _, err := s.SaveDistrust(ctx, c.target.Certificate); Code(err) != evidence.Changed {
		t.Errorf("over another file: %v", err)
	}
	for what, do := range map[string]func(context.Context, Saved) error{"refuse": s.Distrust, "undo": s.Restore} {
		if err := do(ctx, saved); Code(err) != evidence.Changed {
			t.Errorf("%s: %v", what, err)
		}
	}
	if d.dump() != before {
		t.Error("changed what is not ours")
	}
	d.check(os.RemoveAll(d.host("/etc/pki/ca-trust/source/blocklist")))
	if got := s.DistrustNeeds(); got != evidence.Never {
		t.Errorf("without the folder it needs %q", got)
	}
	if _, err := s.SaveDistrust(ctx, c.target.Certificate); Code(err) != evidence.CannotRemove {
		t.Errorf("without the folder: %v", err)
	}
	if err := s.Distrust(ctx, saved); err == nil {
		t.Error("made the folder")
	}
	d.dir("/etc/pki/ca-trust/source/blacklist") // p11-kit before 0.23.21
	old, err := s.SaveDistrust(ctx, c.target.Certificate)
	d.check(err)
	d.check(s.Distrust(ctx, old))
	if entry := only1(t, s, c.target.Certificate); entry.Trust != evidence.Distrusted || !strings.Contains(entry.Where[0], "/blacklist/") {
		t.Errorf("%+v", entry)
	}
	d.check(s.Restore(ctx, old))

	admin := realMachine(t, nil)
	admin.Admin, admin.Root = false, ""
	here := blockingStore{changeableStore{systemStore{m: admin, f: s.f, place: s.place}}}
	here.f.sources = []folder{{path: "/etc/ssl", rule: blocked}} // any folder of this computer
	here.f.place = "/etc"
	if got := here.DistrustNeeds(); got != evidence.Admin {
		t.Errorf("on this computer it needs %q", got)
	}
}

// TestBlocklistForged: a receipt that this program did not write makes it write and delete nothing.
func TestBlocklistForged(t *testing.T) {
	ctx := context.Background()
	d, c, s := blockingDisk(t)
	saved, err := s.SaveDistrust(ctx, c.target.Certificate)
	d.check(err)
	d.file("/etc/pki/ca-trust/source/anchors/mine.pem", plain(c.target))
	before := d.dump()
	good := s.refusal(c.target.Certificate)
	with := func(do func(*change)) []change {
		one := good
		one.Meta = &meta{Mode: 0o644, UID: -1, GID: -1}
		do(&one)
		return []change{one}
	}
	for name, changes := range map[string][]change{
		"nothing":        nil,
		"two":            {good, good},
		"another folder": with(func(c *change) { c.Path = "/etc/pki/ca-trust/source/anchors/mine.pem" }),
		"the packaged folder": with(func(c *change) {
			c.Path = "/usr/share/pki/ca-trust-source/blocklist/" + c.Path[strings.LastIndexByte(c.Path, '/')+1:]
		}),
		"another name":          with(func(c *change) { c.Path += "x" }),
		"a way out":             with(func(c *change) { c.Path = "/etc/pki/ca-trust/source/blocklist/../anchors/mine.pem" }),
		"another certificate":   with(func(one *change) { one.Data = []byte(plain(c.public[0])) }),
		"two certificates":      with(func(one *change) { one.Data = []byte(plain(c.target, c.public[0])) }),
		"something beside it":   with(func(c *change) { c.Data = append([]byte("x\n"), c.Data...) }),
		"a program":             with(func(c *change) { c.Meta = &meta{Mode: 0o4755, UID: 0, GID: 0} }),
		"no rights":             with(func(c *change) { c.Meta = nil }),
		"a link":                with(func(c *change) { c.What, c.Link = wholeLink, "/etc/shadow" }),
		"no certificate at all": with(func(c *change) { c.Data = nil }),
	} {
		data, err := json.Marshal(record{Family: "Fedora", Changes: changes})
		d.check(err)
		bad := saved
		bad.Data = data
		for what, do := range map[string]func(context.Context, Saved) error{"refuse": s.Distrust, "undo": s.Restore} {
			if err := do(ctx, bad); err == nil {
				t.Errorf("%s: %s", name, what)
			}
		}
		if err := s.Finish(ctx, []Saved{bad}); err == nil {
			t.Errorf("%s: finished", name)
		}
		if d.dump() != before {
			t.Fatalf("%s: changed", name)
		}
	}
	for name, spoil := range map[string]func(*Saved){
		"not JSON":       func(s *Saved) { s.Data = []byte("{") },
		"something more": func(s *Saved) { s.Data = append(s.Data[:len(s.Data)-1:len(s.Data)-1], `,"run":"sh"}`...) },
		"another family": func(s *Saved) { s.Data = []byte(strings.Replace(string(s.Data), "Fedora", "Debian", 1)) },
		"another print":  func(s *Saved) { s.Print = c.twin.Print },
		"a limit":        func(s *Saved) { s.Verb = VerbLimit },
	} {
		bad := saved
		spoil(&bad)
		if err := s.Distrust(ctx, bad); err == nil {
			t.Errorf("%s: refused", name)
		}
		if err := s.Restore(ctx, bad); err == nil {
			t.Errorf("%s: undone", name)
		}
		if d.dump() != before {
			t.Fatalf("%s: changed", name)
		}
	}
}

// FuzzRefusal holds that no record of a receipt writes or deletes anything but the one copy that belongs to its certificate.
func FuzzRefusal(f *testing.F) {
	d, c := newTree(f), newCast(f)
	d.file("/etc/os-release", fedoraRelease)
	d.dir("/etc/pki/ca-trust/source/anchors", "/etc/pki/ca-trust/source/blocklist")
	d.file("/etc/pki/ca-trust/source/anchors/mine.pem", plain(c.target))
	s := systemStores(d.machine())[0].(blockingStore)
	saved, err := s.SaveDistrust(context.Background(), c.target.Certificate)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(saved.Data))
	f.Add([]byte(`{"family":"Fedora","changes":[{"what":"file","path":"/etc/pki/ca-trust/source/anchors/mine.pem","source":true}]}`))
	want := s.refusal(c.target.Certificate)
	f.Fuzz(func(t *testing.T, data []byte) {
		bad := saved
		bad.Data = data
		got, err := s.unpackRefusal(bad)
		if err == nil && (got.Path != want.Path && got.Path != strings.Replace(want.Path, "/blocklist/", "/blacklist/", 1) || string(got.Data) != string(want.Data) || got.Meta.Mode != 0o644) {
			t.Errorf("takes %+v", got)
		}
	})
}
