//go:build unix

package check

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestReceiptNoFile holds that what is no file, or larger than a receipt, does not hold up the program and hides no other receipt.
func TestReceiptNoFile(t *testing.T) {
	h := newHome(t, "firefox")
	h.plant(t, 0, lookalike(t))
	e, _ := h.Look(ctx, nil, nil)
	done, err := h.Do(ctx, h.Plan(ctx, e, Pick{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	folder := receiptFolder(h.Machine.State)
	if err := syscall.Mkfifo(filepath.Join(folder, "20250101-000000-aaaaaa"+journalEnding), 0o600); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(folder, "20250101-000000-bbbbbb"+journalEnding)
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxJournal+1); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		receipts, err := Receipts(h.Machine.State)
		if err == nil || len(receipts) != 1 || receipts[0].ID != done.Receipt {
			t.Errorf("%d receipts, %v", len(receipts), err)
		}
	}()
	select {
	case <-read:
	case <-time.After(5 * time.Second):
		t.Fatal("waits for a pipe")
	}
}
