package store

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// javaStore is one keystore that programs in Java trust: cacerts or jssecacerts of a runtime, the one that a distribution makes for all its runtimes, or one
// that the deployment settings of a person name.
//
// There are two formats, JKS and PKCS#12; see [readKeystore]. Both are written here byte for byte as they were, less the entries that go: names, dates and
// order of all others stay, and an undo gives the very same file. So no tool of the runtime is needed, many of which have none, and none is run.
type javaStore struct {
	m     *machine.Machine
	place evidence.Place
	file  string         // with "/" between the elements
	used  []string       // other names of the file: the runtimes that link to it
	trust evidence.Trust // what an entry is trusted for, if for anything
	needs evidence.Right // OtherUser or Never, whatever the file system says; else Own
}

// maxKeystore is the largest keystore that is read. All public authorities of the world take a quarter of a mebibyte.
const maxKeystore = maxBundle

// Place names the file. A file to which several runtimes link is one place.
func (s *javaStore) Place() evidence.Place { return s.place }

// List reads the keystore. No password is needed for that: where the entries are sealed, it is with one of those that are the same all over the world.
func (s *javaStore) List(ctx context.Context) ([]evidence.Entry, error) {
	data, err := s.m.Read(s.file, maxKeystore)
	if absent(err) {
		return nil, nil
	}
	if errors.Is(err, fs.ErrInvalid) {
		return nil, evidence.Trouble{Code: evidence.Damaged, Path: s.file, Err: err}
	}
	if err != nil {
		return nil, trouble(s.file, err)
	}
	if len(data) == 0 { // keytool takes an empty file for a keystore that is to be made
		return nil, nil
	}
	k, err := readKeystore(data)
	var troubles []error
	if err != nil {
		troubles = append(troubles, keystoreTrouble(s.file, err))
	}
	if k == nil {
		return nil, errors.Join(troubles...)
	}
	needs := s.right()
	if k.build == nil {
		needs = evidence.Never
	}
	var entries []evidence.Entry
	at := map[cert.Print]int{}
	for _, item := range k.items {
		if ctx.Err() != nil {
			return entries, errors.Join(append(troubles, trouble(s.file, ctx.Err()))...)
		}
		if item.der == nil {
			continue
		}
		trust := item.trust
		if trust == evidence.Web && s.trust != "" {
			trust = s.trust
		}
		right := needs
		if item.key && right != evidence.OtherUser { // it is the person's own, with its private key
			right = evidence.Never
		}
		where := s.file
		if item.alias != "" {
			where += ": " + strings.ToValidUTF8(item.alias, "?")
		}
		print := cert.Of(item.der)
		if n, again := at[print]; again {
			entry := &entries[n]
			entry.Trust = strongest(entry.Trust, trust)
			entry.Where = append(entry.Where, where)
			if right == evidence.Never {
				entry.Needs = right
			}
			continue
		}
		at[print] = len(entries)
		entries = append(entries, evidence.Entry{
			Cert: cert.Read(item.der), Trust: trust, Needs: right, Vendor: brought(print), Where: []string{where},
		})
	}
	if err := s.fromDistribution(ctx, entries); err != nil {
		troubles = append(troubles, err)
	}
	return entries, errors.Join(troubles...)
}

// fromDistribution marks the certificates of a distribution's keystore that came with the distribution's own package. The keystore does not say it.
func (s *javaStore) fromDistribution(ctx context.Context, entries []evidence.Entry) error {
	if !slices.Contains(distributionKeystores, s.file) {
		return nil
	}
	pool := catalog.Bundled()
	var asked []*evidence.Entry
	for i := range entries {
		if e := &entries[i]; !e.Vendor && !pool.Has(e.Cert.Print) { // the public ones are known by themselves
			asked = append(asked, e)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	for _, f := range pickFamilies(s.m, releaseOf(s.m)) {
		prints, err := s.brings(ctx, f, asked)
		if err != nil {
			return trouble(s.file, err)
		}
		for _, e := range asked {
			e.Vendor = e.Vendor || prints[e.Cert.Print]
		}
	}
	return nil
}

// brings is what the distribution's own package brought, unchanged. Debian and its kin keep one certificate a file, and name the entries of the keystore by the
// files; so those alone are read that could be asked for. What could not be read is told of by the distribution's own place.
func (s *javaStore) brings(ctx context.Context, f family, asked []*evidence.Entry) (map[cert.Print]bool, error) {
	prints := map[cert.Print]bool{}
	if f.owned != nil && f.confAt != "" {
		wanted := map[string]bool{}
		for _, e := range asked {
			for _, where := range e.Where {
				if _, name, ok := strings.Cut(where, ": debian:"); ok {
					wanted[strings.TrimSuffix(name, ".pem")] = true
				}
			}
		}
		owned, plainly := f.owned(s.m), strings.NewReplacer(" ", "_", "(", "=", ")", "=", ",", "_")
		for name := range owned {
			if !strings.HasPrefix(name, f.confAt+"/") || !wanted[strings.ToLower(plainly.Replace(strings.TrimSuffix(path.Base(name), ".crt")))] {
				continue
			}
			data, err := s.m.Read(name, maxBundle)
			if err != nil || !owned.brought(name, data) {
				continue
			}
			_, all := pieces(data, false)
			for _, p := range all {
				prints[p.print] = true
			}
		}
		return prints, nil
	}
	f.outputs, f.bundles = nil, nil
	found, err := walk(ctx, s.m, f, false)
	if err != nil {
		return nil, err
	}
	for _, one := range found.spots {
		for _, p := range one.text.pieces {
			if one.vendor && p.der != nil {
				prints[p.print] = true
			}
		}
	}
	return prints, nil
}

// right is what a change to the file needs.
func (s *javaStore) right() evidence.Right {
	if s.needs != evidence.Own {
		return s.needs
	}
	host, dir, err := s.real()
	if err != nil {
		return evidence.Admin
	}
	for _, err := range []error{writable(host), writable(dir)} {
		if errors.Is(err, syscall.EROFS) {
			return evidence.Never
		}
	}
	switch {
	case s.m.Admin && !s.m.Offline():
		return evidence.Own
	case runtime.GOOS == "windows" && s.place.Owner == "" && !s.m.Offline(): // where rights cannot be told by looking
		return evidence.Admin
	case writable(host) != nil, !mayWriteIn(dir):
		return evidence.Admin
	}
	return evidence.Own
}

// real is the file itself and its folder, as this process reaches them, no link among them.
func (s *javaStore) real() (host, dir string, err error) {
	if host, err = s.m.Host(s.file); err != nil {
		return "", "", err
	}
	if s.m.Root == "" {
		if host, err = filepath.EvalSymlinks(filepath.FromSlash(s.file)); err != nil {
			return "", "", err
		}
	}
	return host, filepath.Dir(host), nil
}

// keystoreTrouble says what is wrong with a keystore.
func keystoreTrouble(name string, err error) error {
	code := evidence.Damaged
	switch {
	case errors.Is(err, errKeystorePassword):
		code = evidence.Password
	case errors.Is(err, errKeystoreForm):
		code = evidence.Foreign
	case errors.Is(err, machine.ErrTooLarge):
		code = evidence.TooLarge
	}
	return evidence.Trouble{Code: code, Path: name, Err: err}
}

// runtimeName is what a runtime is called: by its folder, unless that is called as all are.
func runtimeName(home string) string {
	for {
		name := path.Base(home)
		switch strings.ToLower(name) {
		case "jre", "jbr", "jdk", "java", "runtime", "home", "contents", "resources", "plugins", "current", "jre64", "bin", "files", "active":
			if up := path.Dir(home); up != home && up != "/" && up != "." {
				home = up
				continue
			}
		}
		return strings.TrimSuffix(name, ".app")
	}
}
