//go:build !windows

package machine

// otherProfiles: this system keeps no list of homes besides its accounts.
func otherProfiles() (people []Person, ok bool) { return nil, false }
