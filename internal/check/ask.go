package check

import "qulyp/internal/store"

// WindowsAsks tells whether Windows itself will ask the person before the item is put back, and by which SHA-1 it names the certificate then. The SHA-1 is zero
// when the receipt does not tell it.
func (i ReceiptItem) WindowsAsks() (sha1 [20]byte, asks bool) { return store.WindowsAsks(i.Saved) }
