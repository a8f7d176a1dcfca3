package check

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/store"
)

// TestLooseProven holds that files which lie around are proven gone by themselves: neither a bundle with the same certificate, which is nobody's to delete, nor a folder with
// more names than are looked at makes a removal one in part.
func TestLooseProven(t *testing.T) {
	h := newHome(t, "firefox")
	bad, other := lookalike(t), lookalike(t)
	h.plant(t, 0, bad)
	person := t.TempDir()
	downloads := filepath.Join(person, "Downloads")
	lay := func(name string, data []byte) string {
		t.Helper()
		name = filepath.Join(downloads, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	armour := func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}) }
	first, second := lay("a.crt", bad), lay("a (1).crt", armour(bad))
	bundle := lay("bundle.pem", bytes.Join([][]byte{armour(bad), armour(other)}, nil))
	for i := range 4100 {
		lay(fmt.Sprint("unpacked/", i), nil)
	}
	h.Machine.Env = func(string) string { return "" }
	h.Machine.People = []machine.Person{{Name: "aigul", Home: person, Self: true}}
	made := h.Stores
	h.Stores = func(m *machine.Machine) []store.Store {
		all := made(m)
		for _, s := range store.All(m) {
			if s.Place().Kind == evidence.Loose {
				all = append(all, s)
			}
		}
		return all
	}

	e, _ := h.Look(ctx, nil, nil)
	plan := h.Plan(ctx, e, Pick{})
	if len(plan.Items) != 2 || len(plan.Left) != 0 {
		t.Fatalf("%d to be removed, %d left", len(plan.Items), len(plan.Left))
	}
	done, err := h.Do(ctx, plan, nil)
	if err != nil || !done.Good() || len(done.Outcomes) != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	gone := func(name string) bool { _, err := os.Lstat(name); return os.IsNotExist(err) }
	if !gone(first) || !gone(second) || gone(bundle) {
		t.Error("wrong files are gone")
	}
	if err := os.Mkdir(first, 0o700); err != nil { // something else in the place of one of them
		t.Fatal(err)
	}
	if undone, err := h.Undo(ctx, done.Receipt, nil); err != nil || undone.Good() {
		t.Errorf("one of two files was put back: %+v, %v", undone, err)
	}
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if undone, err := h.Undo(ctx, done.Receipt, nil); err != nil || !undone.Good() || gone(first) || gone(second) {
		t.Errorf("%+v, %v", undone, err)
	}

	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	made = func(*machine.Machine) []store.Store { return nil } // the bundle alone: that it stays is then the answer
	e, _ = h.Look(ctx, nil, nil)
	if plan := h.Plan(ctx, e, Pick{}); !plan.Empty() || len(plan.Left) != 2 {
		t.Errorf("%d to be removed, %d left", len(plan.Items), len(plan.Left))
	}
}
