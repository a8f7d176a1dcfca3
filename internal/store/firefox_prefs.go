package store

import (
	"context"
	"errors"
	"path"
	"regexp"
	"strings"
	"sync"

	"qulyp/internal/evidence"
)

// enterpriseRoots is the setting by which Firefox trusts what somebody added to the certificates of Windows and macOS. It is on unless somebody switched it off
// (Firefox 120 and later); on Linux it does nothing.
const enterpriseRoots = "security.enterprise_roots.enabled"

// Notes tells what decides on trust in the profile beside its database: the setting of [enterpriseRoots], and the modules that stand in pkcs11.txt.
func (s *nss) Notes(context.Context) ([]Note, error) {
	var notes []Note
	var troubles []error
	read := func(name string) []byte {
		text, err := s.m.Read(s.dir+"/"+name, maxPolicy)
		if err != nil && !absent(err) {
			troubles = append(troubles, trouble(s.dir+"/"+name, err))
		}
		return text
	}
	if prefs := read("prefs.js"); prefs != nil && (s.m.GOOS == "windows" || s.m.GOOS == "darwin") && s.place.Kind == evidence.NSS {
		note := Note{Code: SystemRoots, Path: s.dir + "/prefs.js"}
		for _, name := range []string{"prefs.js", "user.js"} { // which is read last, and wins
			text := prefs
			if name == "user.js" {
				text = read(name)
			}
			switch readPrefs(text)[enterpriseRoots] {
			case "false":
				note.Code, note.Path = SystemRootsOff, s.dir+"/"+name
			case "true":
				note.Code, note.Path = SystemRoots, s.dir+"/"+name
			}
		}
		notes = append(notes, note)
	}
	for _, module := range readModules(read("pkcs11.txt")) {
		notes = append(notes, Note{Code: ExtraModule, Path: s.dir + "/pkcs11.txt", Value: module.library})
	}
	return notes, errors.Join(troubles...)
}

// nssModule is one module in pkcs11.txt.
type nssModule struct{ library, parameters string }

// readModules lists the modules in pkcs11.txt but that of NSS itself, which has no library. The file has a block of lines «name=value» for each, and the case of the
// names makes no difference (lib/sysinit and lib/pk11wrap/pk11pars.c of NSS). Which of them are the browser's own is for the judge to say, who sees in which folder
// they lie.
func readModules(text []byte) []nssModule {
	var all []nssModule
	var now nssModule
	done := func() {
		if now.library != "" {
			all = append(all, now)
		}
		now = nssModule{}
	}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case !ok && name == "":
			done()
		case strings.EqualFold(name, "library"):
			if now.library != "" {
				done()
			}
			now.library = strings.Trim(value, `"'`)
		case strings.EqualFold(name, "parameters"):
			now.parameters += " " + value
		}
	}
	done()
	return all
}

var (
	moduleDatabases = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)configdir=[\\]*["']?(?:sql:|extern:)?([^"'\\<>\[\]]+)`)
	})
	modulePaths = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|\s)paths=("[^"]*"|'[^']*'|\S+)`) })
)

// databases are the folders of further databases that the module is told to open. NSS's own module can be loaded once more for that, and trusts what is in them as what
// is in the profile.
func (m nssModule) databases() []string {
	var all []string
	for _, found := range moduleDatabases().FindAllStringSubmatch(m.parameters, -1) {
		if dir := strings.TrimSpace(found[1]); path.IsAbs(dir) {
			all = append(all, path.Clean(dir))
		}
	}
	return all
}

// trustPaths reads the parameters of the module of p11-kit for what it is to trust instead of the certificates of the system: files, and folders with «anchors» below them
// (trust/module.c of p11-kit).
func trustPaths(parameters, setting string, line int) []reference {
	var refs []reference
	for _, found := range modulePaths().FindAllStringSubmatch(parameters, -1) { // the last counts; the others say what somebody had in mind
		for _, target := range strings.Split(plainValue(found[1]), ":") {
			for _, below := range []string{"", "/anchors"} {
				refs = append(refs, reference{program: p11Kit, setting: setting, line: line, target: strings.TrimRight(target, "/") + below})
			}
		}
	}
	return refs
}

// nssModuleLines reads pkcs11.txt for modules that trust files.
func nssModuleLines(text string) []reference {
	var refs []reference
	for _, module := range readModules([]byte(text)) {
		refs = append(refs, trustPaths(module.parameters, "parameters", 0)...)
	}
	return refs
}

// readPrefs reads a file of settings of Mozilla programs: calls like user_pref("name", value); between comments (modules/libpref/parser). Values come as they are
// written, texts without their quotes. What does not parse is passed over up to the next line.
func readPrefs(text []byte) map[string]string {
	prefs := map[string]string{}
	r := prefReader{text: string(text)}
	for r.skip(); r.text != ""; r.skip() {
		if !r.call(prefs) {
			if _, rest, ok := strings.Cut(r.text, "\n"); ok {
				r.text = rest
			} else {
				return prefs
			}
		}
	}
	return prefs
}

type prefReader struct{ text string }

// skip passes over space and comments.
func (r *prefReader) skip() {
	for {
		r.text = strings.TrimLeft(r.text, " \t\r\n\v\f\ufeff")
		switch {
		case strings.HasPrefix(r.text, "//"), strings.HasPrefix(r.text, "#"):
			_, r.text, _ = strings.Cut(r.text, "\n")
		case strings.HasPrefix(r.text, "/*"):
			_, r.text, _ = strings.Cut(r.text[2:], "*/")
		default:
			return
		}
	}
}

// call reads one setting. It has read nothing when it fails.
func (r *prefReader) call(prefs map[string]string) bool {
	begun := *r
	at := strings.IndexByte(r.text, '(')
	if at < 0 || at > 40 {
		return false
	}
	switch strings.TrimSpace(r.text[:at]) {
	case "user_pref", "pref", "sticky_pref", "defaultPref", "lockPref":
	default:
		return false
	}
	r.text = r.text[at+1:]
	r.skip()
	name, ok := r.quoted()
	if ok {
		r.skip()
		ok = r.take(",")
	}
	var value string
	if ok {
		r.skip()
		if value, ok = r.quoted(); !ok && !strings.HasPrefix(r.text, `"`) && !strings.HasPrefix(r.text, "'") {
			at := strings.IndexAny(r.text, ",) \t\r\n")
			if ok = at > 0; ok {
				value, r.text = r.text[:at], r.text[at:]
			}
		}
	}
	for ok { // attributes, as «locked»
		r.skip()
		if r.take(")") {
			break
		}
		at := strings.IndexAny(r.text, ")\n")
		if ok = at >= 0 && r.text[at] == ')'; ok {
			r.text = r.text[at:]
		}
	}
	if ok {
		r.skip()
		r.take(";")
		prefs[name] = value
		return true
	}
	*r = begun
	return false
}

func (r *prefReader) take(mark string) bool {
	rest, ok := strings.CutPrefix(r.text, mark)
	r.text = rest
	return ok
}

// quoted reads a text in quotes of either kind.
func (r *prefReader) quoted() (string, bool) {
	if r.text == "" || r.text[0] != '"' && r.text[0] != '\'' {
		return "", false
	}
	var out strings.Builder
	for i := 1; i < len(r.text); i++ {
		switch b := r.text[i]; {
		case b == r.text[0]:
			r.text = r.text[i+1:]
			return out.String(), true
		case b == '\n':
			return "", false
		case b == '\\' && i+1 < len(r.text):
			i++
			switch r.text[i] {
			case 'n':
				out.WriteByte('\n')
			case 'r':
				out.WriteByte('\r')
			default: // \" \' \\; the others stand for letters that no name or path here needs
				out.WriteByte(r.text[i])
			}
		default:
			out.WriteByte(b)
		}
	}
	return "", false
}
