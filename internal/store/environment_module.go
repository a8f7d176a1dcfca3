package store

import (
	"context"
	"slices"
	"strings"

	"qulyp/internal/evidence"
)

// p11Kit is the program that hands modules of PKCS #11 to others: GNOME, GnuTLS, and Firefox where a distribution has it so.
const p11Kit = "p11-kit"

// moduleSettings is one file by which p11-kit loads a module whose certificates it trusts. A person can have some too (pkcs11.conf(5)).
type moduleSettings struct{ *environment }

// Notes tells of the modules themselves: which certificates they bring cannot be seen from outside.
func (s moduleSettings) Notes(context.Context) ([]Note, error) {
	refs, err := s.references()
	var notes []Note
	for _, ref := range refs {
		if ref.module != "" {
			notes = append(notes, Note{Code: evidence.ExtraModule, Path: s.place.Path, Value: ref.module, Forced: s.person.Home == ""})
		}
	}
	return notes, err
}

var yes = []string{"yes", "true", "1"}

// moduleLines reads a file of p11-kit for one module, as pkcs11.conf(5) has it: «name: value». Only a module with «trust-policy: yes» is asked for roots; others hold
// keys, as those for cards and tokens do. The module of p11-kit itself reads files, which its line x-init-reserved may name: folders with anchors below them.
func moduleLines(text string) []reference { return modules(text, false) }

// trustModuleLines reads the file of a person for the module of p11-kit itself. p11-kit adds what stands there to what stands in the file of that name of the system, where
// the module is one that is asked for roots.
func trustModuleLines(text string) []reference { return modules(text, true) }

func modules(text string, trusted bool) []reference {
	module, number, added := "", 0, trusted
	var refs []reference
	eachLine(text, "#", func(at int, line string) {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok {
			return
		}
		switch strings.TrimSpace(name) {
		case "module":
			module, number = value, at
		case "trust-policy":
			trusted = slices.Contains(yes, strings.ToLower(value))
		case "x-init-reserved":
			refs = append(refs, trustPaths(value, "x-init-reserved", at)...)
		}
	})
	if !trusted || module == "" && !added {
		return nil
	}
	if module != "" && (!strings.HasPrefix(module, "p11-kit-") || strings.Contains(module, "/")) { // those of the system, whose certificates are looked at where they are, have no folder
		refs = append(refs, reference{program: p11Kit, setting: "module", line: number, module: module})
	}
	return refs
}
