package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// policySet is one place from which browsers of the Chromium family take the policies of an administrator: a folder of files on Linux, a key of the registry on
// Windows. A certificate that a policy names is trusted for as long as the policy names it. It is read and told of, and never fought: it belongs to whoever
// administers the computer, and it would come back.
type policySet struct {
	place evidence.Place
	needs evidence.Right
	read  func(ctx context.Context) ([]policyText, error)
}

// policyText is the policies of one file or key, as a JSON object.
type policyText struct {
	where string
	text  []byte
}

// Place says whose policies they are.
func (s policySet) Place() evidence.Place { return s.place }

// List reads the certificates that the policies name. A file that cannot be read does not hide the others.
func (s policySet) List(ctx context.Context) ([]evidence.Entry, error) {
	texts, err := s.read(ctx)
	troubles := []error{err}
	var entries []evidence.Entry
	at := map[cert.Print]int{}
	for _, one := range texts {
		named, err := readPolicy(one.text)
		if err != nil {
			troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: one.where, Err: err})
		}
		for _, p := range named {
			c := cert.Read(p.der)
			if n, again := at[c.Print]; again {
				entries[n].Trust = strongest(entries[n].Trust, p.trust)
				entries[n].Where = append(entries[n].Where, one.where)
				continue
			}
			at[c.Print] = len(entries)
			entries = append(entries, evidence.Entry{Cert: c, Trust: p.trust, Needs: s.needs, Managed: true, Where: []string{one.where}})
		}
	}
	return entries, errors.Join(troubles...)
}

// policyCert is one certificate that a policy names.
type policyCert struct {
	der   []byte
	trust evidence.Trust
}

// The policies that name certificates: components/policy/resources/templates/policy_definitions/CertificateManagement of Chromium. What is refused is
// refused by its key, whatever certificate it is in.
var policyNames = map[string]evidence.Trust{
	"CACertificates":                evidence.Web,
	"CACertificatesWithConstraints": evidence.Web, // for some names; no less dangerous for those
	"CAHintCertificates":            evidence.Other,
	"CADistrustedCertificates":      evidence.Distrusted,
}

var errPolicy = errors.New("a policy that does not follow its form")

// readPolicy reads the certificates out of an object of policies. What was read is returned with the error for what could not be.
func readPolicy(text []byte) ([]policyCert, error) {
	var all map[string]json.RawMessage
	if err := unmarshalJSON(text, &all); err != nil {
		if err = unmarshalJSON(relaxJSON(text), &all); err != nil {
			return nil, err
		}
	}
	var found []policyCert
	var troubles []error
	for _, name := range []string{"CACertificates", "CACertificatesWithConstraints", "CAHintCertificates", "CADistrustedCertificates"} {
		value, set := all[name]
		if !set {
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			troubles = append(troubles, fmt.Errorf("%s: %w", name, errPolicy))
			continue
		}
		for _, item := range list {
			der := policyItem(item)
			if len(der) == 0 {
				troubles = append(troubles, fmt.Errorf("%s: %w", name, errPolicy))
				continue
			}
			found = append(found, policyCert{der, policyNames[name]})
		}
	}
	if len(troubles) > 1 { // one sentence a file is enough
		troubles = troubles[:1]
	}
	return found, errors.Join(troubles...)
}

// policyItem reads one element of such a list: a certificate, or an object with one and the names for which it counts; nil when it is neither.
func policyItem(item json.RawMessage) []byte {
	var encoded string
	if json.Unmarshal(item, &encoded) != nil {
		var with struct {
			Certificate string `json:"certificate"`
		}
		if json.Unmarshal(item, &with) != nil {
			return nil
		}
		encoded = with.Certificate
	}
	return decodeLoosely(encoded)
}

// decodeLoosely reads a certificate in base64, with or without line breaks, padding and the lines around it; nil when it is none.
func decodeLoosely(text string) []byte {
	for raw := range cert.Scan([]byte(text)) {
		return raw.DER
	}
	plain := strings.Map(func(r rune) rune {
		if r <= ' ' || r == '=' {
			return -1
		}
		return r
	}, text)
	der, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return nil
	}
	return der
}

// relaxJSON makes JSON of what Chromium takes for JSON too: with comments, and with commas after the last element.
func relaxJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	comma := -1 // where in out a comma stands after which nothing but space came
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b == '"':
			end := i + 1
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			out, comma = append(out, text[i:end]...), -1
			i = end - 1
		case b == '/' && i+1 < len(text) && text[i+1] == '/':
			for i < len(text) && text[i] != '\n' && text[i] != '\r' {
				i++
			}
			i--
		case b == '/' && i+1 < len(text) && text[i+1] == '*':
			end := bytes.Index(text[i+2:], []byte("*/"))
			if end < 0 {
				return out
			}
			i += 2 + end + 1
		case b == ',':
			comma = len(out)
			out = append(out, b)
		case b == ']' || b == '}':
			if comma >= 0 {
				out[comma] = ' '
			}
			out, comma = append(out, b), -1
		default:
			if b > ' ' {
				comma = -1
			}
			out = append(out, b)
		}
	}
	return out
}

// policyFolders are the folders of policies on Linux, by browser. The folders of others are found by their form.
var policyFolders = map[string]string{
	"/etc/opt/chrome":             "Google Chrome",
	"/etc/opt/chrome_for_testing": "Google Chrome for Testing",
	"/etc/chromium":               "Chromium",
	"/etc/chromium-browser":       "Chromium",
	"/etc/opt/edge":               "Microsoft Edge",
	"/etc/brave":                  "Brave",
	"/etc/opt/yandex/browser":     "Yandex Browser",
	"/etc/opt/vivaldi":            "Vivaldi",
	"/etc/vivaldi":                "Vivaldi",
	"/etc/opt/opera":              "Opera",
}

// policyLevels are the folders in each of these. What is only recommended, which the documents of the browser rule out for these policies, makes a certificate trusted all the same
// (tried with Chromium 156).
var policyLevels = []string{"managed", "recommended"}

// flatpakPolicies are the folders of policies for browsers of Flatpak, which do not see /etc: extensions that somebody put there by hand, and those that were
// installed, below the folder of all accounts or of one (README of flathub/org.chromium.Chromium, «Extension points»). A person needs no administrator for them.
var flatpakPolicies = []string{"/extension/*/*/*/policies/", "/runtime/*[Cc]hromium*/*/*/active/files/policies/"}

// flatpakFolders are where Flatpak keeps what is installed: for all, and for each person by the home.
func flatpakFolders(m *machine.Machine) map[string]machine.Person {
	folders := map[string]machine.Person{"/var/lib/flatpak": {}}
	for _, person := range m.People {
		if !homeBarred(m, person) {
			folders[strings.TrimRight(filepath.ToSlash(person.Home), "/")+"/.local/share/flatpak"] = person
		}
	}
	return folders
}

// flatpakProgram names the program that an extension of Flatpak is for: its name begins with that of the program.
func flatpakProgram(extension string) string {
	for at := len(extension); at > 0; at = strings.LastIndexByte(extension[:at], '.') {
		if name := packages[extension[:at]]; name != "" {
			return name
		}
	}
	return extension
}

// maxPolicy is the largest file of policies that is read.
const maxPolicy = 16 << 20

// chromiumPolicies finds the policies of browsers of the Chromium family.
func chromiumPolicies(m *machine.Machine) []Store {
	switch m.GOOS {
	case "linux":
		return linuxPolicies(m)
	case "darwin":
		return managedPolicies(m)
	case "windows":
		return registryPolicies(policyHives(m))
	}
	return nil
}

func linuxPolicies(m *machine.Machine) []Store {
	var stores []Store
	var dirs []string
	for _, level := range policyLevels {
		for _, pattern := range []string{"/etc/*", "/etc/opt/*", "/etc/opt/*/*"} {
			dirs = append(dirs, m.Glob(pattern+"/policies/"+level)...)
		}
		for browser := range policyFolders { // also one that may not be looked at, which is said
			if dir := browser + "/policies/" + level; m.Exists(dir) && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	add := func(dir, program, owner string, needs evidence.Right) {
		stores = append(stores, policySet{
			place: evidence.Place{Kind: evidence.Policy, Path: dir, Owner: owner, Program: program},
			needs: needs,
			read:  func(ctx context.Context) ([]policyText, error) { return policyFiles(ctx, m, dir) },
		})
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		browser := path.Dir(path.Dir(dir))
		program := policyFolders[browser]
		if program == "" {
			program = path.Base(browser)
		}
		add(dir, program, "", evidence.Admin)
	}
	folders := flatpakFolders(m)
	for _, top := range slices.Sorted(maps.Keys(folders)) {
		if !m.Exists(top) {
			continue
		}
		person := folders[top]
		needs := evidence.Admin
		if person.Self {
			needs = evidence.Own
		}
		for _, pattern := range flatpakPolicies {
			for _, level := range policyLevels {
				for _, dir := range m.Glob(top + pattern + level) {
					extension, _, _ := strings.Cut(strings.TrimPrefix(dir[len(top)+1:], strings.SplitN(pattern, "/", 3)[1]+"/"), "/")
					add(dir, flatpakProgram(extension), person.Name, needs)
				}
			}
		}
	}
	return stores
}

// policyFiles reads the files of a folder of policies: all of them, whatever their name, as the browser does (config_dir_policy_loader.cc).
func policyFiles(ctx context.Context, m *machine.Machine, dir string) ([]policyText, error) {
	list, err := m.ReadDir(dir)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, trouble(dir, err)
	}
	var texts []policyText
	var troubles []error
	for _, entry := range list {
		if ctx.Err() != nil {
			return texts, errors.Join(append(troubles, trouble(dir, ctx.Err()))...)
		}
		name := dir + "/" + entry.Name()
		info, err := m.Stat(name)
		if err == nil && info.IsDir() {
			continue
		}
		var text []byte
		if err == nil {
			text, err = m.Read(name, maxPolicy)
		}
		switch {
		case absent(err):
		case errors.Is(err, fs.ErrInvalid):
			troubles = append(troubles, evidence.Trouble{Code: evidence.Damaged, Path: name, Err: err})
		case err != nil:
			troubles = append(troubles, trouble(name, err))
		default:
			texts = append(texts, policyText{name, text})
		}
	}
	return texts, errors.Join(troubles...)
}
