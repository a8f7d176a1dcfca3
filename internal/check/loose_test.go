package check

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

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

// TestLooseChangedLater has a file written anew between the plan's saving and its removal, with the same certificate in it: it is not deleted, and not said to be gone.
func TestLooseChangedLater(t *testing.T) {
	h := newHome(t)
	bad := lookalike(t)
	person := t.TempDir()
	file := filepath.Join(person, "Downloads", "a.crt")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(bad)
	h.Machine.Env = func(string) string { return "" }
	h.Machine.People = []machine.Person{{Name: "aigul", Home: person, Self: true}}
	h.Stores = store.All
	again := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: bad})
	h.Step = func(step string) {
		if step == "saved" {
			write(again)
		}
	}
	e, _ := h.Look(ctx, nil, nil)
	done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
	if err != nil || len(done.Outcomes) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if one := done.Outcomes[0]; one.Gone || one.Why != evidence.Changed {
		t.Errorf("gone: %t, why: %q", one.Gone, one.Why)
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, again) {
		t.Errorf("the file is another: %v", err)
	}
}

// brokenProver is a place that cannot tell what became of what was saved.
type brokenProver struct {
	*folderStore
	fail func()
}

func (s brokenProver) There(context.Context, store.Saved) (some, all bool, err error) {
	s.fail()
	return false, false, nil
}

// TestProverBroken holds that a place which hangs or goes wrong when it is asked for the proof holds up nothing, and proves nothing.
func TestProverBroken(t *testing.T) {
	for why, fail := range map[evidence.Code]func(){
		evidence.TimedOut: func() { select {} }, // as a read from a dead network share does
		evidence.Internal: func() { panic("broken store") },
	} {
		h := newHome(t, "downloads")
		h.Patience = 100 * time.Millisecond
		h.plant(t, 0, lookalike(t))
		h.Stores = func(*machine.Machine) []store.Store { return []store.Store{brokenProver{h.stores[0], fail}} }
		e, _ := h.Look(ctx, nil, nil)
		done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
		if err != nil || len(done.Outcomes) != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		if one := done.Outcomes[0]; one.Gone || one.Why != why {
			t.Errorf("gone: %t, why: %q, want %q", one.Gone, one.Why, why)
		}
	}
}
