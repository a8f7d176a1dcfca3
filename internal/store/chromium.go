package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// chromiumStore is the database in which one profile of a browser of the Chromium family keeps the certificates that its person installed in the browser
// itself: «ServerCertificate», with the table
//
//	certificates(sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL)
//
// and a table meta with its version (components/server_certificate_database of Chromium). It is the only place of the browser's own; what else it trusts
// comes from the system, from the shared NSS database on Linux, and from policies. Each of those is a store by itself.
//
// A row that refuses a certificate wins over everything else that trusts it, so the database is also the place in which one can be refused.
type chromiumStore struct {
	m     *machine.Machine
	place evidence.Place
	dir   string         // the folder of the profile, with "/" between the elements
	data  string         // the browser's folder, in which all its profiles and its lock are
	needs evidence.Right // what a change needs
}

// chromiumName is the name of the database in the folder of a profile.
const chromiumName = "ServerCertificate"

// chromiumVersion is the version of the database that is known here. A later one that says it can be used by programs of this version is read too.
const chromiumVersion = 1

// Place says which profile of which browser this is.
func (s *chromiumStore) Place() evidence.Place { return s.place }

func (s *chromiumStore) name() string { return s.dir + "/" + chromiumName }

// database is the path of the database on this computer; ok is false when there is none, or when the browser has made the file and not yet filled it.
func (s *chromiumStore) database() (host string, ok bool, err error) {
	host, err = s.m.Host(s.name())
	if err != nil {
		return "", false, trouble(s.name(), err)
	}
	info, err := s.m.Stat(s.name())
	if err != nil {
		if absent(err) {
			return host, false, nil
		}
		return host, false, trouble(s.name(), err)
	}
	if !info.Mode().IsRegular() {
		return host, false, evidence.Trouble{Code: evidence.Damaged, Path: s.name(), Err: errNotFile}
	}
	if info.Size() == 0 {
		if _, err := os.Stat(host + "-journal"); absent(err) {
			return host, false, nil
		}
	}
	return host, true, nil
}

// List reads the rows. The file is not changed and nothing is made beside it, so it can be read while the browser runs.
func (s *chromiumStore) List(ctx context.Context) ([]evidence.Entry, error) {
	host, ok, err := s.database()
	if !ok {
		return nil, err
	}
	d, err := openRead(ctx, host, s.name())
	if err != nil {
		return nil, err
	}
	defer d.Close()
	rows, err := s.read(ctx, d)
	if d.cut {
		err = errors.Join(err, evidence.Trouble{Code: evidence.Damaged, Path: s.name(), Err: errCut})
	}
	var entries []evidence.Entry
	at := map[cert.Print]int{}
	for _, row := range rows {
		if n, again := at[row.cert.Print]; again { // under two keys: only another program could have written that
			entries[n].Trust = strongest(entries[n].Trust, row.trust)
			continue
		}
		at[row.cert.Print] = len(entries)
		entries = append(entries, evidence.Entry{Cert: row.cert, Trust: row.trust, Needs: s.needs, Where: []string{chromiumName}})
	}
	return entries, err
}

// chromiumRow is one row as List and Save see it.
type chromiumRow struct {
	key   cell
	cert  cert.Certificate
	trust evidence.Trust
}

var errChromiumTable = errors.New("no table of certificates as known here")

// read reads all rows. What was read before an error is returned with it.
func (s *chromiumStore) read(ctx context.Context, d *database) ([]chromiumRow, error) {
	known, err := s.known(ctx, d)
	if !known || err != nil {
		return nil, err
	}
	found, err := d.QueryContext(ctx, "SELECT sha256hash_hex, der_cert, trust_settings FROM certificates")
	if err != nil {
		return nil, sqliteTrouble(ctx, s.name(), err)
	}
	defer found.Close()
	var rows []chromiumRow
	for found.Next() {
		if len(rows) == maxRows {
			return rows, evidence.Trouble{Code: evidence.TooLarge, Path: s.name(), Err: errManyRows}
		}
		var key any
		var der, settings []byte
		if err := found.Scan(&key, &der, &settings); err != nil {
			return rows, sqliteTrouble(ctx, s.name(), err)
		}
		rows = append(rows, chromiumRow{newCell(key), cert.Read(der), chromiumTrust(settings)})
	}
	if err := found.Err(); err != nil {
		return rows, sqliteTrouble(ctx, s.name(), err)
	}
	return rows, nil
}

// known tells whether the database has the table; it has none before the browser has used it. A version that this program must not touch is an error.
func (s *chromiumStore) known(ctx context.Context, d *database) (bool, error) {
	foreign := func(err error) error { return evidence.Trouble{Code: evidence.Foreign, Path: s.name(), Err: err} }
	var tables int
	if err := d.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table'").Scan(&tables); err != nil {
		return false, sqliteTrouble(ctx, s.name(), err)
	}
	if tables == 0 {
		return false, nil
	}
	var version any
	err := d.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'last_compatible_version'").Scan(&version)
	if err != nil {
		if code := sqliteCode(err); code != 0 && code != sqlite3.SQLITE_ERROR { // not for want of the table
			return false, sqliteTrouble(ctx, s.name(), err)
		}
		if ctx.Err() != nil {
			return false, sqliteTrouble(ctx, s.name(), err)
		}
		return false, foreign(errChromiumTable)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(fmt.Sprint(textOf(version)))); err != nil || n < 1 || n > chromiumVersion {
		return false, foreign(fmt.Errorf("version %v of the database", textOf(version)))
	}
	columns, err := s.columns(ctx, d)
	if err != nil {
		return false, err
	}
	for _, name := range []string{"sha256hash_hex", "der_cert", "trust_settings"} {
		if !columns[name] {
			return false, foreign(errChromiumTable)
		}
	}
	return true, nil
}

func textOf(value any) any {
	if data, ok := value.([]byte); ok {
		return string(data)
	}
	return value
}

func (s *chromiumStore) columns(ctx context.Context, d *database) (map[string]bool, error) {
	rows, err := d.QueryContext(ctx, "SELECT name FROM pragma_table_info('certificates')")
	if err != nil {
		return nil, sqliteTrouble(ctx, s.name(), err)
	}
	defer rows.Close()
	columns := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, sqliteTrouble(ctx, s.name(), err)
		}
		columns[name] = true
	}
	if err := rows.Err(); err != nil {
		return nil, sqliteTrouble(ctx, s.name(), err)
	}
	return columns, nil
}

// Busy names the browser when it runs. It keeps its own copy of the table, and may write it back.
func (s *chromiumStore) Busy(context.Context) string {
	if host, err := s.m.Host(s.name()); err == nil && held(host) { // in the shared mode, from its start to its end
		return s.place.Program
	}
	// On Windows, «lockfile» in the browser's folder is open for the browser alone (process_singleton_win.cc).
	if host, err := s.m.Host(s.data + "/lockfile"); err == nil && held(host) {
		return s.place.Program
	}
	if s.m.Offline() || s.m.GOOS == "windows" {
		return ""
	}
	// Elsewhere, «SingletonLock» is a link to «computer-process» (process_singleton_posix.cc). It stays behind after a crash.
	target, err := os.Readlink(filepath.FromSlash(s.data + "/SingletonLock"))
	if err != nil {
		return ""
	}
	host, _ := os.Hostname()
	if at := strings.LastIndexByte(target, '-'); at >= 0 && target[:at] == host && browserOf(target[at+1:]) != "" {
		return s.place.Program
	}
	return ""
}

// strongest is the trust that lets a certificate do more.
func strongest(a, b evidence.Trust) evidence.Trust {
	for _, t := range []evidence.Trust{evidence.Web, evidence.Unknown, evidence.Other, evidence.Disabled} {
		if a == t || b == t {
			return t
		}
	}
	return a
}

// profileNames reads the names that people gave to the profiles of a browser, by folder: profile.info_cache of «Local State», a JSON file. A file that cannot
// be read has none: the folders then name themselves.
func profileNames(text []byte) map[string]string {
	var state struct {
		Profile struct {
			Info map[string]struct {
				Name string `json:"name"`
			} `json:"info_cache"`
		} `json:"profile"`
	}
	if unmarshalJSON(text, &state) != nil {
		return nil
	}
	names := map[string]string{}
	for folder, info := range state.Profile.Info {
		if path.Base(folder) == folder && info.Name != "" {
			names[folder] = info.Name
		}
	}
	return names
}
