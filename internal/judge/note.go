package judge

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"qulyp/internal/catalog"
	"qulyp/internal/evidence"
)

// ModuleKind says what a module of PKCS #11 is, as far as the name and the folder of its file tell.
type ModuleKind string

// The kinds of module.
const (
	OwnModule     ModuleKind = "own"     // comes with the browser: its own roots, or what asks the system for client certificates
	SystemModule  ModuleKind = "system"  // hands the certificates of the system to the browser: they are looked at where they are
	TokenModule   ModuleKind = "token"   // reads smart cards and tokens, for signing and signing in
	ForeignModule ModuleKind = "foreign" // anything else: it could bring certificates along
)

// The files of modules that are known, without «lib» before and the ending behind. Those of tokens come from OpenSC (src/pkcs11/Makefile.am), SafeNet, Rutoken, JaCarta,
// YubiKey and SoftHSM.
var (
	ownModules    = []string{"nssckbi", "osclientcerts", "ipcclientcerts", "softokn3"}
	systemModules = []string{"p11-kit-trust", "p11-kit-proxy", "p11-kit-client"}
	tokenModules  = []string{
		"opensc-pkcs11", "onepin-opensc-pkcs11", "etoken", "etpkcs11", "idprimepkcs11", "rtpkcs11", "rtpkcs11ecp", "jcpkcs11", "jcpkcs11-2", "ykcs11", "softhsm2", "beidpkcs11",
	}
	// Folders that only an administrator can write to, on Linux and macOS, and on Windows.
	unixFolder = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(/usr/|/lib(32|64|x32)?/|/opt/|/snap/|/app/|/nix/store/|/gnu/store/|/run/current-system/|/library/|/system/|/applications/)`)
	})
	windowsFolder = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^c:/(windows/(system32|syswow64)|program files( \(x86\))?)/`)
	})
)

// KindOfModule tells what an extra-module of the evidence is. A file that has the name of a known one, but lies where anybody can put it, is foreign. A name without a
// folder is looked for in those of the system.
func KindOfModule(file string) ModuleKind {
	folders := unixFolder()
	if strings.Contains(file, `\`) || len(file) > 1 && file[1] == ':' {
		folders = windowsFolder()
	}
	file = strings.ReplaceAll(file, `\`, "/")
	if strings.HasPrefix(file, "//") { // a share of another computer
		return ForeignModule
	}
	if file = path.Clean(file); strings.Contains(file, "/") && !folders.MatchString(file) {
		return ForeignModule
	}
	name := strings.ToLower(path.Base(file))
	for _, end := range []string{".so", ".dll", ".dylib", ".bundle"} {
		name, _, _ = strings.Cut(name, end) // what follows is a version
	}
	bare := strings.TrimPrefix(name, "lib")
	switch {
	case slices.Contains(ownModules, bare):
		return OwnModule
	case slices.Contains(systemModules, name) || slices.Contains(systemModules, bare):
		return SystemModule
	case slices.Contains(tokenModules, name) || slices.Contains(tokenModules, bare):
		return TokenModule
	}
	return ForeignModule
}

// FileName is the last part of a path of any system, in one line that can be shown: the path stands in a file that anybody may have written.
func FileName(file string) string { return Printable(path.Base(strings.ReplaceAll(file, `\`, "/"))) }

// Printable puts a mark in the place of everything in a text that is no visible letter: controls, line breaks, changes of direction.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// explained tells whether a certificate was read in a script that is judged by itself. A public root explains nothing: a script that adds one needs not add it.
func (d *decider) explained(seen evidence.Seen) bool {
	return slices.ContainsFunc(seen.Entries, func(entry evidence.Entry) bool { return d.names(entry.Cert).Class != catalog.Public })
}

// notes judges what decides on trust without naming a certificate. A module that nobody knows, and a script that adds certificates which cannot be read in it, may make
// the browser believe what no place shows: then all is not clear. A script without any word of certificates, as distributions ship them, a module of the system or of a
// token, and Firefox's own setting are facts for the details.
func (d *decider) notes() {
	for i, seen := range d.e.Places {
		for _, note := range seen.Notes {
			code := Code("")
			switch {
			case note.Code == evidence.ExtraModule && KindOfModule(note.Value) == ForeignModule:
				code = ModuleLoaded
			case note.Code == evidence.AutoConfigAdds && !d.explained(seen):
				code = ScriptAdds
			default:
				continue
			}
			f := d.find(code)
			if !slices.Contains(f.At, i) {
				f.At = append(f.At, i)
			}
			f.arg("program", seen.Place.Program)
			f.arg("file", FileName(note.Value))
			if note.Forced && code == ModuleLoaded {
				f.WhatNow = append(f.WhatNow[:len(f.WhatNow):len(f.WhatNow)], stepAskAdmin)
			}
		}
	}
}
