package store

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// blockingStore is a system store of a distribution whose anchors p11-kit reads. Such a distribution has a folder for certificates that nothing is to trust,
// whoever puts them among the anchors again: a copy in it is the refusal, and deleting the copy undoes it. p11-kit goes by the public key and by issuer and
// serial number too (trust/enumerate.c), so the same authority issued again is refused as well.
//
// Debian and its kin have nothing of the kind: a «!» in /etc/ca-certificates.conf switches off packaged certificates alone, and every file below
// /usr/local/share/ca-certificates is taken. So a system store of theirs cannot refuse.
//
// A certificate must be removed before it is refused: p11-kit 0.24.1 writes what is both an anchor and on the blocklist into OpenSSL's own bundle without a word
// of refusal, and OpenSSL trusts it.
type blockingStore struct{ changeableStore }

// blocklist is the administrator's folder of refusals; empty when there is none. One that p11-kit does not know is not made: «blacklist» is the name before 0.23.21.
func (s blockingStore) blocklist() string {
	for _, dir := range s.f.sources {
		if dir.rule != blocked || !strings.HasPrefix(dir.path, s.f.place+"/") {
			continue
		}
		if info, err := s.m.Lstat(dir.path); err == nil && info.IsDir() {
			return dir.path
		}
	}
	return ""
}

// DistrustNeeds is what it needs to write to the folder of refusals.
func (s blockingStore) DistrustNeeds() evidence.Right {
	dir := s.blocklist()
	if dir == "" {
		return evidence.Never
	}
	return s.needs(&holding{dirs: []string{dir}}, map[string]bool{})
}

// refusal is the file that refuses a certificate. Its name comes from the certificate alone, so that a receipt cannot name another.
func (s blockingStore) refusal(c cert.Certificate) change {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})
	return change{
		What: wholeFile, Path: s.blocklist() + "/qulyp-" + c.Print.String()[:16] + ".crt", Source: true,
		Meta: &meta{Mode: 0o644, UID: -1, GID: -1}, Data: text,
	}
}

// SaveDistrust prepares the copy. A file of that name that holds something else is not overwritten.
func (s blockingStore) SaveDistrust(_ context.Context, c cert.Certificate) (Saved, error) {
	switch {
	case c.DER == nil:
		return Saved{}, fmt.Errorf("refuse %s: %w", c.Title(), errNoBytes)
	case s.blocklist() == "":
		return Saved{}, evidence.Trouble{Code: evidence.CannotRemove, Path: s.place.Path}
	}
	copied := s.refusal(c)
	if now, err := s.now(copied, c.Print); err != nil {
		return Saved{}, trouble(copied.Path, err)
	} else if now == altered {
		return Saved{}, trouble(copied.Path, fmt.Errorf("refuse %s: %w", c.Title(), ErrChanged))
	}
	saved, err := pack(s.place, c, record{Family: s.f.name, Changes: []change{copied}})
	saved.Verb = verbDistrust
	return saved, err
}

// Distrust writes the copy. Finish then has the distribution go by it.
func (s blockingStore) Distrust(_ context.Context, saved Saved) error {
	copied, err := s.unpackRefusal(saved)
	if err != nil {
		return err
	}
	switch now, err := s.now(copied, saved.Print); {
	case err != nil:
		return trouble(copied.Path, err)
	case now == altered:
		return trouble(copied.Path, fmt.Errorf("refuse %s: %w", saved.Title, ErrChanged))
	case now == present:
		return nil
	}
	if err := s.put(copied); err != nil {
		return trouble(copied.Path, err)
	}
	return nil
}

// Restore puts back what was removed, or deletes the copy that refuses.
func (s blockingStore) Restore(ctx context.Context, saved Saved) error {
	if saved.Verb != verbDistrust {
		return s.changeableStore.Restore(ctx, saved)
	}
	copied, err := s.unpackRefusal(saved)
	if err != nil {
		return err
	}
	if err := s.take(copied, saved.Print); err != nil {
		return trouble(copied.Path, err)
	}
	return nil
}

// Finish has the distribution make its outputs anew, once for removals and refusals together.
func (s blockingStore) Finish(ctx context.Context, done []Saved) error {
	var removals []Saved
	var refused []cert.Print
	refusals := false
	for _, saved := range done {
		if saved.Verb != verbDistrust {
			removals = append(removals, saved)
			continue
		}
		copied, err := s.unpackRefusal(saved)
		if err != nil {
			return err
		}
		refusals = true
		if now, err := s.now(copied, saved.Print); err == nil && now == present {
			refused = append(refused, saved.Print)
		}
	}
	var troubles []error
	if refusals && s.m.Run != nil && s.f.tool != "" {
		troubles = append(troubles, s.run(ctx, s.f.tool, nil, s.f.args...))
	}
	if len(removals) > 0 {
		troubles = append(troubles, s.changeableStore.Finish(ctx, removals))
	}
	if len(refused) > 0 {
		troubles = append(troubles, s.sweep(ctx, refused))
	}
	return errors.Join(troubles...)
}

// unpackRefusal reads a refusal and checks that it is one that SaveDistrust could have written: that file in that folder, with that certificate and nothing else.
func (s blockingStore) unpackRefusal(saved Saved) (change, error) {
	var r record
	decoder := json.NewDecoder(bytes.NewReader(saved.Data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return change{}, fmt.Errorf("read refusal of %s: %w", saved.Title, err)
	}
	if saved.Verb != verbDistrust || r.Family != s.f.name || len(r.Changes) != 1 || s.blocklist() == "" {
		return change{}, fmt.Errorf("read refusal of %s: %w", saved.Title, ErrChanged)
	}
	var ders [][]byte
	for _, p := range formPieces(pemForm, r.Changes[0].Data) {
		ders = append(ders, p.der)
	}
	if len(ders) != 1 || cert.Of(ders[0]) != saved.Print {
		return change{}, fmt.Errorf("read refusal of %s: %w", saved.Title, errImplausible)
	}
	want := s.refusal(cert.Read(ders[0]))
	have := r.Changes[0]
	// The folder may have got its other name meanwhile: a copy in either is one of ours.
	known := slices.ContainsFunc(s.f.sources, func(dir folder) bool {
		return dir.rule == blocked && strings.HasPrefix(dir.path, s.f.place+"/") && have.Path == dir.path+want.Path[strings.LastIndexByte(want.Path, '/'):]
	})
	if !known || have.What != want.What || !have.Source || !bytes.Equal(have.Data, want.Data) || have.Meta == nil || *have.Meta != *want.Meta ||
		have.Link != "" || have.Cuts != nil || have.After != nil {
		return change{}, fmt.Errorf("read refusal of %s: %s: %w", saved.Title, have.Path, errImplausible)
	}
	return have, nil
}
