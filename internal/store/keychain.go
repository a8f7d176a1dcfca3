package store

import (
	"errors"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

var errKeychain = errors.New("keychains are not read by this program")

// keychainStores stands for the keychains of macOS, which this program cannot read yet. Safari and most other programs trust what is in them, so a check that passed
// over them in silence could call a deceived computer clear: it must say that it has not seen them.
func keychainStores(m *machine.Machine) []Store {
	if m.GOOS != "darwin" {
		return nil
	}
	const path = "/Library/Keychains/System.keychain"
	place := evidence.Place{Kind: evidence.Keychain, Path: path, Program: "macOS"}
	return []Store{unseen{place, evidence.Trouble{Code: evidence.Foreign, Path: path, Err: errKeychain}}}
}
