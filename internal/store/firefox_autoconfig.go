package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// autoConfig is a script that an administrator wrote and that Firefox runs at each start: a setting in the folder of the installation names it
// (extensions/pref/autoconfig). It can do anything, and the usual guides for offices have it add certificates. Which these are is told as far as it stands in the
// script: in base64, or as the path of a file. The script is not run here.
type autoConfig struct {
	m     *machine.Machine
	place evidence.Place
	file  string
	needs evidence.Right
	turn  byte // by how much each byte was turned, so that nobody reads it by chance
}

// Place says which installation it configures.
func (s autoConfig) Place() evidence.Place { return s.place }

func (s autoConfig) script() ([]byte, error) {
	text, err := s.m.Read(s.file, maxPolicy)
	switch {
	case absent(err):
		return nil, nil
	case errors.Is(err, fs.ErrInvalid):
		return nil, evidence.Trouble{Code: evidence.Damaged, Path: s.file, Err: err}
	case err != nil:
		return nil, trouble(s.file, err)
	}
	for i := range text {
		text[i] -= s.turn
	}
	return text, nil
}

// List reads the certificates that stand in the script or in files that it names.
func (s autoConfig) List(ctx context.Context) ([]evidence.Entry, error) {
	text, err := s.script()
	troubles := []error{err}
	ders, files := scriptCertificates(text)
	where := slices.Repeat([]string{s.file}, len(ders))
	for _, file := range files {
		if ctx.Err() != nil {
			break
		}
		data, err := s.m.Read(file, maxBundle)
		if err != nil {
			if !absent(err) && !errors.Is(err, fs.ErrInvalid) {
				troubles = append(troubles, trouble(file, err))
			}
			continue
		}
		_, all := pieces(data, false)
		for _, one := range all {
			ders, where = append(ders, one.der), append(where, file)
		}
	}
	var entries []evidence.Entry
	known := map[cert.Print]bool{}
	for i, der := range ders {
		if c := cert.Read(der); !known[c.Print] {
			known[c.Print] = true
			entries = append(entries, evidence.Entry{Cert: c, Trust: evidence.Web, Needs: s.needs, Managed: true, Where: []string{where[i]}})
		}
	}
	return entries, errors.Join(troubles...)
}

// Notes tells that there is such a script, and whether it calls what adds certificates. Many distributions ship one that does not.
func (s autoConfig) Notes(context.Context) ([]Note, error) {
	text, err := s.script()
	if text == nil {
		return nil, err
	}
	note := Note{Code: AutoConfig, Path: s.place.Path, Value: s.file, Forced: true}
	if addsCertificates().Match(text) {
		note.Code = AutoConfigAdds
	}
	return []Note{note}, nil
}

var (
	joints = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:\\[nr]|\\\r?\n)*["'` + "`" + `]\s*\+\s*["'` + "`" + `]`)
	}) // between the parts of a text that is put together
	inBase64 = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`MI[IHGFEDCB][A-Za-z0-9+/](?:[A-Za-z0-9+/]|\s|\\[nr])+={0,2}`)
	}) // a SEQUENCE longer than 127 bytes
	namedFiles = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)["'` + "`" + `]((?:/|[a-z]:\\)[^"'` + "`" + `\r\n]{1,400}\.(?:pem|crt|cer|der))["'` + "`" + `]`)
	}) // a path of a certificate
	addsCertificates = sync.OnceValue(func() *regexp.Regexp {
		// nsIX509CertDB.idl, nsIPKCS11ModuleDB.idl; the calls, and the names by which a script gets at them
		return regexp.MustCompile(`(?i)x509certdb|addcert|importcert|setcerttrust|pkcs11moduledb`)
	})
	spaces = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", `\n`, "", `\r`, "", "=", "")
)

// scriptCertificates finds the certificates that stand in a script, and the paths of files with certificates that it names.
func scriptCertificates(text []byte) (ders [][]byte, files []string) {
	joined := joints().ReplaceAllString(string(text), "")
	for _, found := range inBase64().FindAllString(joined, 200) {
		data, err := base64.RawStdEncoding.DecodeString(spaces.Replace(found))
		if err != nil {
			continue
		}
		if n := cert.Length(data); n > 0 && wholeDER(data[:n]) != nil {
			ders = append(ders, data[:n])
		}
	}
	for _, found := range namedFiles().FindAllStringSubmatch(joined, 200) {
		if name := path.Clean(strings.ReplaceAll(found[1], `\\`, "/")); !slices.Contains(files, name) {
			files = append(files, name)
		}
	}
	return ders, files
}

// configuration looks for the setting that names a script, in the folder of an installation or of the system's own settings. The setting can stand in any file of default
// settings (nsXREDirProvider.cpp): of the whole program, of the browser in it, or of the system's own, which Debian has in /etc and the name of the program without
// folders below. The script is beside the program, or with the settings of the system (nsReadConfig.cpp).
func (s *policyScout) configuration(dir, folder, owner string) {
	settings, scripts := []string{dir + "/defaults/pref", dir + "/browser/defaults/preferences"}, []string{dir}
	if s.m.GOOS == "linux" && !strings.Contains(folder, "/") {
		system := "/etc/" + folder
		settings = append(settings, system+"/defaults/pref", system)
		if system != dir {
			scripts = append(scripts, system)
		}
	}
	var names []string
	turn := byte(13) // extensions/pref/autoconfig/src/nsReadConfig.cpp
	for _, dir := range settings {
		list, err := s.m.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range list {
			if path.Ext(entry.Name()) != ".js" {
				continue
			}
			text, err := s.m.Read(dir+"/"+entry.Name(), maxPolicy)
			if err != nil || !bytes.Contains(text, []byte("general.config.")) {
				continue
			}
			prefs := readPrefs(text)
			if value := prefs["general.config.filename"]; value != "" && path.Base(value) == value && !slices.Contains(names, value) {
				names = append(names, value)
			}
			if value, set := prefs["general.config.obscure_value"]; set {
				n := 0
				for _, digit := range value {
					if digit < '0' || digit > '9' || n > 255 {
						n = 0
						break
					}
					n = n*10 + int(digit-'0')
				}
				turn = byte(n)
			}
		}
	}
	for _, dir := range scripts {
		for _, name := range names {
			file := dir + "/" + name
			if s.seen[file] || !s.m.Exists(file) {
				continue
			}
			s.seen[file] = true
			s.stores = append(s.stores, autoConfig{m: s.m, file: file, needs: s.needs(owner), turn: turn,
				place: evidence.Place{Kind: evidence.Policy, Path: native(s.m, file), Owner: owner, Program: mozillaName(folder)}})
		}
	}
}
