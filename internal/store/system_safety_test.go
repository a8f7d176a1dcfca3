//go:build unix

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// planted is a disk with the target on it, saved.
func (l layout) planted(t *testing.T) (tree, cast, changeableStore, Saved) {
	t.Helper()
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", l.release)
	l.build(d, c, true)
	s := changeable(systemStores(d.machine())[0])
	return d, c, s, save1(t, s, c.target.Certificate)
}

func layoutOf(t *testing.T, name string) layout {
	t.Helper()
	all := layouts(t)
	i := slices.IndexFunc(all, func(l layout) bool { return l.name == name })
	if i < 0 {
		t.Fatalf("no layout %s", name)
	}
	return all[i]
}

// save1 saves the only entry of a certificate, as it comes back from the journal.
func save1(t *testing.T, s Store, c cert.Certificate) Saved {
	t.Helper()
	saved, err := s.(Remover).Save(context.Background(), only1(t, s, c))
	if err != nil {
		t.Fatal(err)
	}
	return throughJSON(t, saved)
}

func must1(entries []evidence.Entry, err error) []evidence.Entry {
	if err != nil {
		panic(err)
	}
	return entries
}

// TestSystemCutShort stops a removal after each of its changes, as a power cut would. Afterwards it can be finished, and it can be undone.
func TestSystemCutShort(t *testing.T) {
	ctx := context.Background()
	for _, l := range layouts(t) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			d, c, s, saved := l.planted(t)
			whole := d.dump()
			r, err := s.unpack(saved)
			d.check(err)
			changes := writingFirst(r.Changes)
			if len(changes) == 0 {
				t.Fatal("nothing to change")
			}
			for steps := range len(changes) + 1 {
				some := func() {
					for _, c := range changes[:steps] {
						d.check(s.take(c, saved.Print))
					}
				}
				some()
				d.check(s.Remove(ctx, saved))
				d.check(s.Finish(ctx, []Saved{saved}))
				for _, name := range leftovers(t, d, c.target.Certificate) {
					if !strings.HasPrefix(name, "/home/") && !strings.HasPrefix(name, "/opt/") {
						t.Errorf("finished after %d changes: still in %s", steps, name)
					}
				}
				for _, c := range r.Changes[:steps] { // an undo that is cut short too
					d.check(s.put(c))
				}
				d.check(s.Restore(ctx, saved))
				if got := d.dump(); got != whole {
					t.Fatalf("finished after %d changes, and undone: not what it was:\n%s\nwas\n%s", steps, got, whole)
				}
				some()
				d.check(s.Restore(ctx, saved))
				if got := d.dump(); got != whole {
					t.Fatalf("undone after %d changes: not what it was:\n%s\nwas\n%s", steps, got, whole)
				}
			}
		})
	}
}

// askedOften is a context that ends after it was asked so many times.
type askedOften struct {
	context.Context
	left int
}

func (c *askedOften) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestSystemStopped ends a removal before each of its changes: as long as nothing was deleted everything is what it was, since it is said that nothing was changed.
func TestSystemStopped(t *testing.T) {
	for _, l := range layouts(t) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			d, _, s, saved := l.planted(t)
			whole := d.dump()
			r, err := s.unpack(saved)
			d.check(err)
			for steps := range r.Changes {
				if err := s.Remove(&askedOften{context.Background(), steps}, saved); !errors.Is(err, context.Canceled) {
					t.Fatalf("stopped after %d changes: %v", steps, err)
				}
				deleted := false
				for _, c := range r.Changes {
					now, err := s.now(c, saved.Print)
					d.check(err)
					deleted = deleted || c.What != cutOut && now != present
				}
				if got := d.dump(); !deleted && got != whole {
					t.Errorf("stopped after %d changes, nothing deleted, and not what it was:\n%s\nwas\n%s", steps, got, whole)
				}
				d.check(s.Restore(context.Background(), saved))
				if got := d.dump(); got != whole {
					t.Fatalf("stopped after %d changes, and undone: not what it was:\n%s\nwas\n%s", steps, got, whole)
				}
			}
		})
	}
}

// TestSystemSeveral takes out several certificates that were all saved before the first was touched, and puts them back in both orders. Their subjects are the
// same, as those of the real ones are, so their hash links stand in one chain.
func TestSystemSeveral(t *testing.T) {
	ctx := context.Background()
	for _, l := range layouts(t) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range [][]int{{0, 1}, {1, 0}} {
				d, c, s, _ := l.planted(t)
				whole := d.dump()
				var saved []Saved
				for _, a := range []authority{c.target, c.twin} {
					saved = append(saved, save1(t, s, a.Certificate))
				}
				for _, one := range saved {
					d.check(s.Remove(ctx, one))
				}
				d.check(s.Finish(ctx, saved))
				for _, a := range []authority{c.target, c.twin} {
					if entries := must1(s.List(ctx)); slices.ContainsFunc(entries, func(e evidence.Entry) bool { return e.Cert.Print == a.Print }) {
						t.Errorf("%s is still listed", a.Print.Short())
					}
				}
				for _, dir := range s.f.outputs {
					dangling(t, d, dir.path)
				}
				for _, i := range order {
					d.check(s.Restore(ctx, saved[i]))
				}
				d.check(s.Finish(ctx, saved))
				if got := d.dump(); got != whole {
					t.Errorf("put back in order %v: not what it was:\n%s\nwas\n%s", order, got, whole)
				}
			}
		})
	}
}

// TestSystemChanged: what is not what it was when it was saved is left alone.
func TestSystemChanged(t *testing.T) {
	ctx := context.Background()
	const local = "/usr/local/share/ca-certificates/kz.crt"
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("do not touch"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		layout string
		change func(d tree, c cast)
		want   error // of Remove
	}{
		"another certificate":  {"debian local", func(d tree, c cast) { d.file(local, plain(c.public[0])) }, ErrChanged},
		"one more certificate": {"debian local", func(d tree, c cast) { d.file(local, plain(c.target, c.public[0])) }, ErrChanged},
		"other line breaks":    {"debian local", func(d tree, c cast) { d.file(local, strings.ReplaceAll(plain(c.target), "\n", "\r\n")) }, ErrChanged},
		"a link to a secret":   {"debian local", func(d tree, _ cast) { d.link(local, secret) }, ErrChanged},
		"a folder":             {"debian local", func(d tree, _ cast) { d.check(os.Remove(d.host(local))); d.dir(local) }, ErrChanged},
		"a link led elsewhere": {"debian local", func(d tree, _ cast) { d.link("/etc/ssl/certs/kz.pem", "twin.pem") }, ErrChanged},
		"a file for a link":    {"debian local", func(d tree, c cast) { d.file("/etc/ssl/certs/kz.pem", plain(c.public[0])) }, ErrChanged},
		"the block in other bytes": {"debian only in the bundle", func(d tree, c cast) {
			d.file("/etc/ssl/certs/ca-certificates.crt", strings.ReplaceAll(plain(c.target), "\n", "\r\n"))
		}, ErrChanged},
		"the bundle became a link": {"debian only in the bundle", func(d tree, _ cast) { d.link("/etc/ssl/certs/ca-certificates.crt", secret) }, ErrChanged},
		"gone already":             {"debian local", func(d tree, _ cast) { d.check(os.Remove(d.host(local))) }, nil},
		"the folder gone":          {"debian local", func(d tree, _ cast) { d.check(os.RemoveAll(d.host(filepath.Dir(local)))) }, nil},
		"the block elsewhere": {"debian only in the bundle", func(d tree, c cast) {
			d.file("/etc/ssl/certs/ca-certificates.crt", plain(c.twin, c.target, c.public[0]))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, c, s, saved := layoutOf(t, test.layout).planted(t)
			test.change(d, c)
			before := d.dump()
			err := s.Remove(ctx, saved)
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if test.want != nil {
				if Code(err) != evidence.Changed {
					t.Errorf("code %s", Code(err))
				}
				if d.dump() != before {
					t.Error("something was changed all the same")
				}
			} else if name == "the block elsewhere" {
				if data, err := os.ReadFile(d.host("/etc/ssl/certs/ca-certificates.crt")); err != nil || string(data) != plain(c.twin, c.public[0]) {
					t.Errorf("bundle is %q", data)
				}
			}
			if data, err := os.ReadFile(secret); err != nil || string(data) != "do not touch" {
				t.Fatalf("the secret is %q", data)
			}
		})
	}
	t.Run("something else where it was", func(t *testing.T) {
		d, c, s, saved := layoutOf(t, "debian local").planted(t)
		d.check(s.Remove(ctx, saved))
		d.file(local, plain(c.public[0]))
		before := d.dump()
		if err := s.Restore(ctx, saved); !errors.Is(err, ErrChanged) {
			t.Errorf("%v", err)
		}
		if d.dump() != before {
			t.Error("something was changed all the same")
		}
	})
	t.Run("a link where it was", func(t *testing.T) {
		d, _, s, saved := layoutOf(t, "debian local").planted(t)
		d.check(s.Remove(ctx, saved))
		d.link(local, secret)
		if err := s.Restore(ctx, saved); !errors.Is(err, ErrChanged) {
			t.Errorf("%v", err)
		}
		if data, _ := os.ReadFile(secret); string(data) != "do not touch" {
			t.Fatalf("the secret is %q", data)
		}
	})
	t.Run("a hard link keeps its content", func(t *testing.T) {
		d, c, s, saved := layoutOf(t, "debian many in one file").planted(t)
		other := filepath.Join(filepath.Dir(secret), "hard")
		d.check(os.Link(d.host("/usr/local/share/ca-certificates/all.crt"), other))
		d.check(s.Remove(ctx, saved))
		if data, _ := os.ReadFile(other); !strings.Contains(string(data), plain(c.target)) {
			t.Error("the other name of the file was written to")
		}
	})
}

// TestSystemForged: a receipt that this program did not write makes it write nothing.
func TestSystemForged(t *testing.T) {
	ctx := context.Background()
	d, c, s, saved := layoutOf(t, "debian local").planted(t)
	d.check(s.Remove(ctx, saved))
	d.dir("/etc/cron.d", "/usr/local/share/ca-certificates/sub")
	d.link("/usr/local/share/ca-certificates/out", "../../../../etc/cron.d")
	before := d.dump()
	evil := []byte("* * * * * root rm -rf /\n")
	mode := &meta{Mode: 0o644, UID: os.Geteuid(), GID: os.Getegid()}
	cutting := func(f form, data []byte) *cuts { return &cuts{Form: f, List: []cut{{Bytes: data}}} }
	good := []byte(plain(c.target))
	for name, forged := range map[string]change{
		"a path outside":            {What: wholeFile, Path: "/etc/cron.d/x", Data: good, Meta: mode},
		"a path with dots":          {What: wholeFile, Path: "/usr/local/share/ca-certificates/../../../../etc/cron.d/x", Data: good, Meta: mode},
		"a path that begins alike":  {What: wholeFile, Path: "/usr/local/share/ca-certificates.evil/x", Data: good, Meta: mode},
		"a path through a link":     {What: wholeFile, Path: "/usr/local/share/ca-certificates/out/x.crt", Data: good, Meta: mode},
		"a folder of the table":     {What: wholeFile, Path: "/usr/local/share/ca-certificates", Data: good, Meta: mode},
		"no path":                   {What: wholeFile, Data: good, Meta: mode},
		"a path below a flat one":   {What: wholeFile, Path: "/etc/ssl/certs/java/cacerts", Data: good, Meta: mode},
		"other content":             {What: wholeFile, Path: "/usr/local/share/ca-certificates/x.crt", Data: evil, Meta: mode},
		"another certificate":       {What: wholeFile, Path: "/usr/local/share/ca-certificates/x.crt", Data: []byte(plain(c.public[0])), Meta: mode},
		"no rights":                 {What: wholeFile, Path: "/usr/local/share/ca-certificates/x.crt", Data: good},
		"a link to nowhere":         {What: wholeLink, Path: "/usr/local/share/ca-certificates/x.crt"},
		"a hash of another name":    {What: hashLink, Path: "/etc/ssl/certs/x.", Link: "a.pem"},
		"a mirror of another name":  {What: mirror, Path: "/etc/ssl/certs/x.", Link: ".."},
		"another line":              {What: cutOut, Path: "/etc/ca-certificates.conf", Cuts: cutting(lineForm, []byte("a\nb\n")), Meta: mode},
		"a block that is no block":  {What: cutOut, Path: "/etc/ssl/certs/ca-certificates.crt", Cuts: cutting(pemForm, evil), Meta: mode},
		"a line that is no line":    {What: cutOut, Path: "/etc/ssl/certs/ca-certificates.crt", Cuts: cutting(lineForm, good), Meta: mode},
		"nothing to cut":            {What: cutOut, Path: "/etc/ssl/certs/ca-certificates.crt", Cuts: &cuts{}, Meta: mode},
		"no cuts":                   {What: cutOut, Path: "/etc/ssl/certs/ca-certificates.crt", Meta: mode},
		"a piece of no length":      {What: cutOut, Path: "/etc/ssl/certs/ca-certificates.crt", Cuts: cutting(pemForm, nil), Meta: mode},
		"a piece before everything": {What: cutOut, Path: "/etc/ssl/certs/ca-certificates.crt", Cuts: &cuts{Form: pemForm, List: []cut{{At: -1, Bytes: good}}}, Meta: mode},
		"another verb":              {What: "run", Path: "/etc/ssl/certs/x.pem", Data: good, Meta: mode},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(record{Family: "Debian", Changes: []change{forged}})
			d.check(err)
			bad := saved
			bad.Data = data
			if err := s.Restore(ctx, bad); err == nil {
				t.Error("restored")
			}
			if err := s.Remove(ctx, bad); err == nil && name != "a path through a link" {
				t.Error("removed")
			}
			if got := d.dump(); got != before {
				t.Fatalf("written:\n%s\nwas\n%s", got, before)
			}
		})
	}
	for name, spoil := range map[string]func(*Saved){
		"not JSON":         func(s *Saved) { s.Data = []byte("{") },
		"something more":   func(s *Saved) { s.Data = []byte(`{"family":"Debian","changes":[],"run":"sh"}`) },
		"another family":   func(s *Saved) { s.Data = []byte(`{"family":"Fedora","changes":[]}`) },
		"no print":         func(s *Saved) { s.Print = [32]byte{} },
		"another print":    func(s *Saved) { s.Print = c.twin.Print },
		"a refusal":        func(s *Saved) { s.Verb = "distrust" },
		"nothing whatever": func(s *Saved) { s.Data = nil },
	} {
		bad := saved
		spoil(&bad)
		if err := s.Restore(ctx, bad); err == nil {
			t.Errorf("%s: restored", name)
		}
		if err := s.Finish(ctx, []Saved{bad}); err == nil {
			t.Errorf("%s: finished", name)
		}
		if d.dump() != before {
			t.Fatalf("%s: written", name)
		}
	}
}

// TestSystemLinkedFolder: a folder of the table that leads out of the table is read, since programs read it, and never changed.
func TestSystemLinkedFolder(t *testing.T) {
	ctx := context.Background()
	d, c := newTree(t), newCast(t)
	d.file("/etc/os-release", debianRelease)
	debianLocal("unused", nil)(d, c, false)
	d.check(os.RemoveAll(d.host("/usr/local/share/ca-certificates")))
	d.file("/srv/certs/kz.crt", plain(c.target))
	d.file("/srv/more/deep.crt", plain(c.public[0]))
	d.link("/srv/certs/more", "../more")
	d.link("/usr/local/share/ca-certificates", "/srv/certs")
	before := d.dump()
	s := changeable(systemStores(d.machine())[0])
	entry := only1(t, s, c.target.Certificate)
	if entry.Trust != evidence.Web || entry.Needs != evidence.Never {
		t.Errorf("%+v", entry)
	}
	if _, err := s.Save(ctx, entry); Code(err) != evidence.CannotRemove {
		t.Errorf("save: %v", err)
	}
	forged, err := pack(s.place, c.target.Certificate, record{Family: "Debian", Changes: []change{
		{What: wholeFile, Source: true, Path: "/usr/local/share/ca-certificates/kz.crt", Data: []byte(plain(c.target)), Meta: &meta{}},
	}})
	d.check(err)
	if err := s.Remove(ctx, forged); !errors.Is(err, errLeadsOut) {
		t.Errorf("remove: %v", err)
	}
	if d.dump() != before {
		t.Error("changed all the same")
	}
}

// TestSystemHalfWritten: what a write that was cut short left behind is no certificate of anybody, and goes with the next write.
func TestSystemHalfWritten(t *testing.T) {
	d, c, s, saved := layoutOf(t, "debian many in one file").planted(t)
	const temp = "/usr/local/share/ca-certificates/" + tempPrefix + "0123456789abcdef" + tempSuffix
	d.file(temp, plain(c.target)[:300])
	d.check(s.Remove(context.Background(), saved))
	if d.machine().Exists(temp) {
		t.Error("still there")
	}
}

// rebuild is a tool of the distribution as far as a test needs one: it makes the bundle anew from the sources.
func rebuild(d tree, also ...authority) func(context.Context, machine.Tool, []byte, ...string) ([]byte, error) {
	return func(_ context.Context, tool machine.Tool, _ []byte, _ ...string) ([]byte, error) {
		if tool != machine.UpdateCACertificates {
			return nil, fmt.Errorf("unexpected %s", tool)
		}
		var bundle string
		for _, name := range d.machine().Glob("/usr/*/share/ca-certificates/*.crt") {
			data, err := os.ReadFile(d.host(name))
			if err != nil {
				return nil, err
			}
			bundle += string(data)
		}
		d.file("/etc/ssl/certs/ca-certificates.crt", bundle, plain(also...))
		return nil, nil
	}
}

// TestSystemFinish: what the distribution's command does, does not do, and does too much.
func TestSystemFinish(t *testing.T) {
	ctx := context.Background()
	const bundle = "/etc/ssl/certs/ca-certificates.crt"
	broken := errors.New("broken")
	there := func(d tree, a authority) bool {
		data, err := os.ReadFile(d.host(bundle))
		d.check(err)
		return strings.Contains(string(data), plain(a))
	}
	tools := func(d tree, c cast, kind string) func(context.Context, machine.Tool, []byte, ...string) ([]byte, error) {
		return map[string]func(context.Context, machine.Tool, []byte, ...string) ([]byte, error){
			"works":            rebuild(d),
			"brings it back":   rebuild(d, c.target),
			"is not installed": func(context.Context, machine.Tool, []byte, ...string) ([]byte, error) { return nil, machine.ErrNoTool },
			"fails":            func(context.Context, machine.Tool, []byte, ...string) ([]byte, error) { return nil, broken },
			"must not be asked": func(context.Context, machine.Tool, []byte, ...string) ([]byte, error) {
				t.Error("was run")
				return nil, nil
			},
		}[kind]
	}
	for _, test := range []struct {
		layout, tool string
		want         error
	}{
		{"debian local", "works", nil},
		{"debian local", "brings it back", nil},
		{"debian local", "is not installed", nil},
		{"debian local", "fails", broken},
		{"debian only in the bundle", "must not be asked", nil}, // it would throw away what others wrote there by hand
	} {
		t.Run(test.layout+", tool "+test.tool, func(t *testing.T) {
			d, c, s, saved := layoutOf(t, test.layout).planted(t)
			s.m.Run = tools(d, c, test.tool)
			d.check(s.Remove(ctx, saved))
			if err := s.Finish(ctx, []Saved{saved}); !errors.Is(err, test.want) {
				t.Errorf("after removing: %v", err)
			}
			if there(d, c.target) || !there(d, c.twin) {
				t.Errorf("after removing: target %v, twin %v", there(d, c.target), there(d, c.twin))
			}
			d.check(s.Restore(ctx, saved))
			if err := s.Finish(ctx, []Saved{saved}); !errors.Is(err, test.want) {
				t.Errorf("after putting back: %v", err)
			}
			if !there(d, c.target) || !there(d, c.twin) {
				t.Errorf("after putting back: target %v, twin %v", there(d, c.target), there(d, c.twin))
			}
		})
	}
	t.Run("written into the bundle by hand, beside a source", func(t *testing.T) {
		d, c := newTree(t), newCast(t)
		d.file("/etc/os-release", debianRelease)
		debianLocal("kz", func(c cast, _ bool) string { return plain(c.target) })(d, c, true)
		loose := newAuthority(t, "Loose", 99)
		data, err := os.ReadFile(d.host(bundle))
		d.check(err)
		d.file(bundle, string(data), plain(loose))
		s := changeable(systemStores(d.machine())[0])
		s.m.Run = rebuild(d)
		saved := []Saved{save1(t, s, c.target.Certificate), save1(t, s, loose.Certificate)}
		for _, one := range saved {
			d.check(s.Remove(ctx, one))
		}
		d.check(s.Finish(ctx, saved))
		if there(d, c.target) || there(d, loose) {
			t.Error("after removing: still there")
		}
		for _, one := range saved {
			d.check(s.Restore(ctx, one))
		}
		d.check(s.Finish(ctx, saved))
		if !there(d, c.target) || !there(d, loose) {
			t.Error("after putting back: the command has thrown it away")
		}
	})
	t.Run("Java", func(t *testing.T) {
		d, c, s, saved := layoutOf(t, "debian local in a folder").planted(t)
		d.file(string(machine.JavaHook), "#!/bin/sh\n")
		d.file(debianCacerts, "keystore")
		var told []string
		s.m.Run = func(ctx context.Context, tool machine.Tool, input []byte, args ...string) ([]byte, error) {
			if tool == machine.JavaHook {
				told = append(told, string(input))
				return nil, nil
			}
			return rebuild(d)(ctx, tool, input, args...)
		}
		d.check(s.Remove(ctx, saved))
		d.check(s.Finish(ctx, []Saved{saved}))
		if len(told) != 1 || !strings.Contains(told[0], "-/etc/ssl/certs/kz_=2=.pem\n") {
			t.Errorf("the hook was told %q", told)
		}
		d.check(s.Restore(ctx, saved))
		d.check(s.Finish(ctx, []Saved{saved}))
		if len(told) != 1 {
			t.Errorf("the hook was told %q", told)
		}
		_ = c
	})
}
