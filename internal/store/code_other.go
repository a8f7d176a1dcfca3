//go:build !windows

package store

import "qulyp/internal/evidence"

// systemCode gives errors that only this system knows their name: here there are none.
func systemCode(error) evidence.Code { return "" }
