//go:build !windows

package machine

// AdminState is the folder for the administrator's own receipts: only root can write there, so what an undo puts back as root is what root took out.
func AdminState() (string, error) { return "/var/lib/qulyp", nil }
