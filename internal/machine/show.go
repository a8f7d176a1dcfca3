package machine

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
)

// ErrNoShowing says that nothing here can open a file or address for the person.
var ErrNoShowing = errors.New("no program to show it")

// Show opens a file (an absolute path) or a plain http or https address in the program that the person has chosen for it, as a double click would. It does
// not wait until that program ends. Administrators are shown nothing: a browser must not run with their rights.
func Show(target string) error {
	if isAdmin() {
		return fmt.Errorf("show %s: as administrator: %w", target, ErrNoShowing)
	}
	if !filepath.IsAbs(target) {
		address, err := url.Parse(target)
		if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
			return fmt.Errorf("show %q: neither a path nor an address: %w", target, ErrNoShowing)
		}
	}
	if err := show(target); err != nil {
		return fmt.Errorf("show %s: %w", target, err)
	}
	return nil
}
