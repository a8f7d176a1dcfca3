//go:build !windows

package machine

import "os/user"

// otherProfiles: this system keeps no list of homes besides its accounts.
func otherProfiles() (people []Person, ok bool) { return nil, false }

// ownAccount is the name and the home of the account that runs the program.
func ownAccount() (name, home string, ok bool) {
	account, err := user.Current()
	if err != nil {
		return "", "", false
	}
	return account.Username, account.HomeDir, true
}
