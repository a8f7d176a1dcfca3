package store

import (
	"context"
	"path"
	"strconv"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// builtIn is a root that a browser has built in and that no other browser trusts. It stands in no database that could be read or changed: that the browser is
// there, in a version that has it, is all that can be seen. So the entry names the certificate by its SHA-256 and has no bytes.
type builtIn struct {
	m     *machine.Machine
	place evidence.Place
	data  string // the browser's folder
}

// The Russian Trusted Root CA of 2022. Yandex Browser accepts it for sites on a list of its own and for those in its own logs of certificates
// (https://browser.yandex.kz/help/en/security/policy-national-ca). That it is this very certificate stands in the signed file custom_root_certs.dat, by which the
// browser got it in March 2022 (https://github.com/koenrh/russian-trusted-root-ca, folder yandex).
const russianRoot = "d26d2d0231b7c39f92cc738512ba54103519e4405d68b5bd703e9788ca8ecf31"

// russianSince is the year of the first versions with it, with which their numbers begin.
const russianSince = 22

// withRussianRoot are the browsers that have it.
var withRussianRoot = map[string]bool{"Yandex Browser": true, "Yandex Browser Beta": true, "Atom": true}

// Place says which browser it is, and of which person.
func (s builtIn) Place() evidence.Place { return s.place }

// List gives the root, unless the browser was last used in a version that had none.
func (s builtIn) List(context.Context) ([]evidence.Entry, error) {
	text, err := s.m.Read(s.data+"/Last Version", 1<<10)
	if err != nil && !absent(err) {
		return nil, trouble(s.data+"/Last Version", err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), ".")
	if year, err := strconv.Atoi(first); err == nil && year < russianSince && strings.HasPrefix(s.place.Program, "Yandex") {
		return nil, nil
	}
	print, err := cert.ParsePrint(russianRoot)
	if err != nil {
		return nil, trouble(s.data, err)
	}
	return []evidence.Entry{{
		Cert:  cert.Certificate{Print: print, Subject: cert.Name{CommonName: "Russian Trusted Root CA", Country: "RU"}, CA: true},
		Trust: evidence.Web, Needs: evidence.Never, Where: []string{s.place.Program},
	}}, nil
}

// builtIn notes a browser that has the root.
func (s *chromiumScout) builtIn(dir, program, label string) {
	if !withRussianRoot[program] || !s.m.Exists(dir+"/Local State") {
		return
	}
	place := s.place(dir, program, label)
	place.Kind = evidence.BuiltIn
	place.Path = native(s.m, path.Clean(dir))
	s.stores = append(s.stores, builtIn{s.m, place, dir})
}
