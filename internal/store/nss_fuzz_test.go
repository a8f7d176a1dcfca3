package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qulyp/internal/evidence"
)

// FuzzNSS reads databases of which bytes were changed. Nothing may crash, hang or be told without a reason.
func FuzzNSS(f *testing.F) {
	dir := f.TempDir()
	makeNSS(f, dir)
	execNSS(f, dir, newColumns()...)
	root := newAuthority(f, "Information Security Certification Authority", 4711)
	plantNSS(f, dir, "Qaznet", "C,,", root.Certificate)
	execNSS(f, dir, trustStatement(9, root.Certificate, 2))
	sound, err := os.ReadFile(filepath.Join(dir, "cert9.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte(nil), uint32(0))
	f.Add(uint32(100), []byte{0xff, 0xff, 0xff}, uint32(0))
	f.Add(uint32(4096), []byte("\r\n\r\n\r\n"), uint32(4000))
	m, home := testHome(f)
	f.Fuzz(func(t *testing.T, at uint32, patch []byte, cut uint32) {
		data := bytes.Clone(sound)
		for i, b := range patch {
			data[(int(at)+i)%len(data)] ^= b
		}
		data = data[:len(data)-int(cut)%(len(data)+1)]
		if err := os.WriteFile(home+"/cert9.db", data, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s := nssAt(m, home)
		entries, err := s.List(ctx)
		if err != nil {
			var trouble evidence.Trouble
			if !errors.As(err, &trouble) {
				t.Errorf("not a trouble: %v", err)
			}
		}
		for _, entry := range entries {
			saved, err := s.Save(ctx, entry)
			if err != nil {
				continue
			}
			if err := s.Remove(ctx, throughJSON(t, saved)); err != nil {
				continue
			}
			left, err := s.List(ctx)
			if err != nil {
				t.Errorf("sound enough to change, and not to list: %v", err)
			}
			for _, e := range left {
				if sameEntry(e, entry) {
					t.Error("removed, and still listed")
				}
			}
		}
	})
}
