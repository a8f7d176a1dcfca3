package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// environment is one file of settings, or the variables of this process, that tells programs to trust the certificates of some other file.
//
// Nothing here is changed: the line may stand in a file that a person wrote by hand, between other things. What is listed names the file and the line.
type environment struct {
	m      *machine.Machine
	place  evidence.Place
	name   string // the file of settings, with "/"; empty: the variables of this process
	read   dialect
	person machine.Person                    // whose home «~» is; empty for a file of the whole computer
	known  map[string]bool                   // of the variables: those that a file accounts for, as setting=target
	values func() (map[string]string, error) // the variables by name, where these are neither in a file nor of this process
}

// reference is one line that makes a program trust a file or folder of certificates.
type reference struct {
	program string // proper name
	setting string // the variable or option
	line    int    // in the file, from 1; 0: a variable of this process
	target  string // the file or folder, an absolute path with "/"
	inline  []byte // or the certificates themselves
	module  string // or a module of PKCS #11, which can bring certificates along
}

// How much is read of what a setting names. The largest bundles that are made have a few hundred certificates.
const (
	maxSettings = 1 << 20
	maxNamed    = maxBundle
	maxInFolder = 2000 // files
)

// Place says which file it is.
func (s *environment) Place() evidence.Place { return s.place }

// List reads the settings, and the certificates that they name. What they name and is not there makes nothing trust anything.
func (s *environment) List(ctx context.Context) ([]evidence.Entry, error) {
	refs, err := s.references()
	if err != nil {
		return nil, err
	}
	var entries []evidence.Entry
	var troubles []error
	at := map[cert.Print]int{}
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return entries, errors.Join(append(troubles, err)...)
		}
		where := ref.setting
		if ref.line > 0 {
			where = fmt.Sprintf("%s:%d %s", s.place.Path, ref.line, ref.setting)
		}
		if ref.module != "" {
			continue
		}
		err := eachNamed(s.m, ref, func(file string, der []byte) {
			print := cert.Of(der)
			i, known := at[print]
			if !known {
				i = len(entries)
				at[print] = i
				entries = append(entries, evidence.Entry{Cert: cert.Read(der), Trust: evidence.Web, Needs: evidence.Never})
			}
			for _, text := range []string{where, file} {
				if text != "" && !slices.Contains(entries[i].Where, text) {
					entries[i].Where = append(entries[i].Where, text)
				}
			}
		})
		if err != nil {
			troubles = append(troubles, err)
		}
	}
	return entries, errors.Join(troubles...)
}

// references reads the settings afresh.
func (s *environment) references() ([]reference, error) {
	if s.values != nil {
		values, err := s.values()
		if err != nil {
			return nil, trouble(s.place.Path, err)
		}
		return processReferences(withVariables(s.m, values), s.person.Home), nil
	}
	if s.name == "" {
		return slices.DeleteFunc(processReferences(s.m, s.person.Home), func(r reference) bool { return s.known[r.setting+"="+r.target] }), nil
	}
	text, err := s.m.Read(s.name, maxSettings)
	if absent(err) {
		return nil, nil
	} else if err != nil {
		return nil, trouble(s.name, err)
	}
	return settle(s.m, s.read(string(text)), s.person.Home), nil
}

// eachNamed gives every certificate that a setting names, with the file in which it is.
func eachNamed(m *machine.Machine, ref reference, each func(file string, der []byte)) error {
	if ref.inline != nil {
		for raw := range cert.Scan(ref.inline) {
			each("", raw.DER)
		}
		return nil
	}
	info, err := m.Stat(ref.target)
	if absent(err) {
		return nil
	} else if err != nil {
		return trouble(ref.target, err)
	}
	if !info.IsDir() {
		return namedFile(m, ref, ref.target, each)
	}
	list, err := m.ReadDir(ref.target)
	if err != nil {
		return trouble(ref.target, err)
	}
	var troubles []error
	for i, entry := range list {
		if i == maxInFolder {
			troubles = append(troubles, evidence.Trouble{Code: evidence.TooLarge, Path: ref.target})
			break
		}
		if name := ref.target + "/" + entry.Name(); !entry.IsDir() {
			if err := namedFile(m, ref, name, each); err != nil && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, errSealedNamed) { // no program reads keystores of a folder
				troubles = append(troubles, err)
			}
		}
	}
	return errors.Join(troubles...)
}

var errSealedNamed = errors.New("keystore cannot be opened")

func namedFile(m *machine.Machine, ref reference, name string, each func(file string, der []byte)) error {
	data, err := m.Read(name, maxNamed)
	if absent(err) {
		return nil // a link that leads nowhere
	} else if err != nil {
		return trouble(name, err)
	}
	_, all := pieces(data, ref.program == p11Kit) // who reads its own format
	if len(all) == 0 {
		k, err := readKeystore(data) // of Java
		if k != nil {
			for _, item := range k.items {
				if item.der != nil && !item.key {
					each(native(m, name), item.der)
				}
			}
			if err != nil && !errors.Is(err, errKeystorePassword) { // which is not needed for reading where there is something to read
				return keystoreTrouble(name, err)
			}
			return nil
		}
		if ref.program == variables["JAVA_TOOL_OPTIONS"] && len(bytes.TrimSpace(data)) > 0 && errors.Is(err, errKeystoreForm) { // of a kind that only Java knows, or something added to it
			return evidence.Trouble{Code: evidence.Foreign, Path: name, Err: err}
		}
		for _, sealed := range []error{errKeystorePassword, errSealing, errOldSeal} { // what is no keystore at all, no program takes for one
			if errors.Is(err, sealed) {
				return keystoreTrouble(name, fmt.Errorf("%w: %w", errSealedNamed, err))
			}
		}
	}
	for _, one := range all {
		if one.der != nil && one.trust != evidence.Distrusted {
			each(native(m, name), one.der)
		}
	}
	return nil
}

// ownBundles are the bundles and folders of the systems themselves: the store of the system tells what is in them.
var ownBundles = []string{
	"/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/certs", "/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/tls/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
	"/etc/ssl/certs/java/cacerts", "/etc/pki/java/cacerts",
}

// settle makes absolute paths of what settings name, and leaves out what is no path, or is the system's own.
func settle(m *machine.Machine, refs []reference, home string) []reference {
	home = strings.TrimRight(filepath.ToSlash(home), "/")
	var all []reference
	for _, ref := range refs {
		if ref.inline != nil || ref.module != "" {
			all = append(all, ref)
			continue
		}
		list := []string{ref.target}
		if strings.HasSuffix(ref.setting, "_DIR") { // several folders, as in PATH
			separator := ":"
			if m.GOOS == "windows" {
				separator = ";"
			}
			list = strings.Split(ref.target, separator)
		}
		for _, target := range list {
			target = strings.ReplaceAll(target, `\`, "/")
			for _, prefix := range []string{"~/", "$HOME/", "${HOME}/"} {
				if rest, ok := strings.CutPrefix(target, prefix); ok && home != "" {
					target = home + "/" + rest
				}
			}
			if m.GOOS == "windows" && target != "" {
				target = windowsTarget(m, target, home)
			}
			if !absolute(target, m.GOOS) || strings.ContainsAny(target, "$\x00") {
				continue
			}
			if m.Offline() && drive(target) != "" {
				target = target[2:]
			}
			if target = path.Clean(target); !slices.Contains(ownBundles, target) {
				ref.target = target
				all = append(all, ref)
			}
		}
	}
	return all
}
