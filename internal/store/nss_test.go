package store

import (
	"context"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// testHome is a computer with one person on it, whose home is a throw-away folder.
func testHome(t testing.TB) (*machine.Machine, string) {
	t.Helper()
	home := t.TempDir()
	return &machine.Machine{
		GOOS:   "linux",
		People: []machine.Person{{Name: "aigul", Home: home, UID: os.Getuid(), Self: true}},
		Env:    func(string) string { return "" },
		Admin:  os.Geteuid() == 0,
		Now:    time.Now,
	}, home
}

// runNSSTool runs a tool and gives its output; whether it must succeed is for the caller to say.
func runNSSTool(t testing.TB, tool string, args ...string) (string, error) {
	t.Helper()
	command := exec.Command(tool, args...)
	command.Env = append(os.Environ(), "LC_ALL=C")
	out, err := command.CombinedOutput()
	return string(out), err
}

func certutil(t testing.TB, args ...string) string {
	t.Helper()
	out, err := runNSSTool(t, needTool(t, "certutil"), args...)
	if err != nil {
		t.Fatalf("certutil %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// makeNSS makes an empty database with the real certutil.
func makeNSS(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	certutil(t, "-N", "-d", "sql:"+dir, "--empty-password")
}

// plantNSS puts a certificate into a database with the real certutil.
func plantNSS(t testing.TB, dir, nickname, trust string, c cert.Certificate, more ...string) {
	t.Helper()
	certutil(t, append([]string{"-A", "-d", "sql:" + dir, "-n", nickname, "-t", trust, "-i", pemFile(t, c)}, more...)...)
}

func pemFile(t testing.TB, c cert.Certificate) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// nssAt is the store for the database in dir.
func nssAt(m *machine.Machine, dir string) *nss {
	return &nss{m: m, dir: dir, place: evidence.Place{Kind: evidence.NSS, Path: dir, Owner: "aigul", Program: "Firefox"}}
}

// execNSS changes a database by hand, as other versions of NSS and other tools leave it.
func execNSS(t testing.TB, dir string, statements ...string) {
	t.Helper()
	db := openNSS(t, dir)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func openNSS(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "cert9.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// dumpNSS is every row with all its values, in order.
func dumpNSS(t testing.TB, dir string) string {
	t.Helper()
	db := openNSS(t, dir)
	defer db.Close()
	rows, err := db.Query("SELECT rowid, * FROM nssPublic ORDER BY rowid")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			if value != nil {
				fmt.Fprintf(&b, "%s=%v ", names[i], newCell(value))
			}
		}
		b.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// newColumns are those that new versions of NSS add to an old database when they open it.
func newColumns() []string {
	var statements []string
	for _, column := range []string{"a62b", "a62c", "a62d", "a62e", "a62f", "a630", "a631", "a635", "a8c"} {
		statements = append(statements, "ALTER TABLE nssPublic ADD COLUMN "+column)
	}
	return statements
}

// trustStatement inserts a CKO_TRUST row, as NSS since 3.114 does. The server's trust is a number of CKT_*.
func trustStatement(id int, c cert.Certificate, server int) string {
	return fmt.Sprintf("INSERT INTO nssPublic (id, a0, a1, a2, a3, a81, a82, a635, a8c, a62c, a62d, a62e, a62f) "+
		"VALUES (%d, x'0000000b', x'01', x'00', x'a5005a', x'%x', x'%x', x'%s', x'00000250', x'%08x', x'00000000', x'00000000', x'00000000')",
		id, c.Issuer.Raw, c.Serial, c.Print, server)
}

// certStatement inserts a certificate row.
func certStatement(id int, c cert.Certificate) string {
	return fmt.Sprintf("INSERT INTO nssPublic (id, a0, a1, a11, a81, a82, a101) VALUES (%d, x'00000001', x'01', x'%x', x'%x', x'%x', x'%x')",
		id, c.DER, c.Issuer.Raw, c.Serial, c.Subject.Raw)
}

func find1(t testing.TB, entries []evidence.Entry, print cert.Print) evidence.Entry {
	t.Helper()
	var found []evidence.Entry
	for _, entry := range entries {
		if entry.Cert.Print == print {
			found = append(found, entry)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s is listed %d times among %d", print.Short(), len(found), len(entries))
	}
	return found[0]
}

func mustList(t testing.TB, s Store) []evidence.Entry {
	t.Helper()
	entries, err := s.List(context.Background())
	if err != nil {
		t.Fatalf("list %s: %v", s.Place().Path, err)
	}
	return entries
}

// TestContractNSS holds databases made by the real certutil to the contract, in each form in which trust is written.
func TestContractNSS(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	twin := newAuthority(t, "Information Security Certification Authority", 4711)
	other := newAuthority(t, "Another", 12)
	cases := []struct {
		name  string
		plant func(t *testing.T, dir string)
		trust evidence.Trust
		twin  bool
	}{
		{"old trust", func(t *testing.T, dir string) { plantNSS(t, dir, "Qaznet", "C,,", root.Certificate) }, evidence.Web, false},
		{"trusted peer", func(t *testing.T, dir string) { plantNSS(t, dir, "Qaznet", "P,,", root.Certificate) }, evidence.Web, false},
		{"for mail", func(t *testing.T, dir string) { plantNSS(t, dir, "Qaznet", ",C,", root.Certificate) }, evidence.Other, false},
		{"for clients", func(t *testing.T, dir string) { plantNSS(t, dir, "Qaznet", "T,,", root.Certificate) }, evidence.Other, false},
		{"no trust", func(t *testing.T, dir string) { plantNSS(t, dir, "Qaznet", ",,", root.Certificate) }, evidence.Other, false},
		{"refused", func(t *testing.T, dir string) { plantNSS(t, dir, "Qaznet", "p,p,p", root.Certificate) }, evidence.Distrusted, false},
		{"new trust", func(t *testing.T, dir string) {
			plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
			execNSS(t, dir, "DELETE FROM nssPublic WHERE a0 = x'ce534353' AND a81 = (SELECT a81 FROM nssPublic WHERE a3 = CAST('Qaznet' AS BLOB))")
			execNSS(t, dir, trustStatement(77001, root.Certificate, 2))
		}, evidence.Web, false},
		{"both kinds of trust", func(t *testing.T, dir string) {
			plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
			execNSS(t, dir, trustStatement(77001, root.Certificate, 2))
		}, evidence.Web, false},
		{"refused anew, trusted of old", func(t *testing.T, dir string) {
			plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
			execNSS(t, dir, trustStatement(77001, root.Certificate, 3))
		}, evidence.Unknown, false},
		{"trust of an unknown kind", func(t *testing.T, dir string) {
			plantNSS(t, dir, "Qaznet", ",,", root.Certificate)
			execNSS(t, dir, trustStatement(77001, root.Certificate, 9))
		}, evidence.Unknown, false},
		{"certificate twice", func(t *testing.T, dir string) {
			plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
			execNSS(t, dir, "CREATE TEMP TABLE copy AS SELECT * FROM nssPublic WHERE a3 = CAST('Qaznet' AS BLOB)",
				"UPDATE copy SET id = 77002, a3 = CAST('another name' AS BLOB)", "INSERT INTO nssPublic SELECT * FROM copy")
		}, evidence.Web, false},
		{"with a twin", func(t *testing.T, dir string) { // which certutil refuses to import; Firefox has let them in
			execNSS(t, dir, certStatement(77000, root.Certificate))
			execNSS(t, dir, trustStatement(77001, root.Certificate, 2))
		}, evidence.Web, true},
		{"values of other kinds", func(t *testing.T, dir string) {
			plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
			execNSS(t, dir, "UPDATE nssPublic SET a102 = x'', a84 = 5, a85 = 'text', a86 = 1.5 WHERE a3 = CAST('Qaznet' AS BLOB)")
		}, evidence.Web, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, home := testHome(t)
			dir := filepath.Join(home, ".pki/nssdb")
			makeNSS(t, dir)
			execNSS(t, dir, newColumns()...)
			plantNSS(t, dir, "Another", "C,,", other.Certificate)
			f := fixture{
				open:    func() Remover { return nssAt(m, dir) },
				plant:   func() { c.plant(t, dir) },
				planted: root.Certificate,
				trust:   c.trust,
				bytes:   func() string { return dumpNSS(t, dir) },
			}
			if c.twin {
				f.twin = twin.Certificate
				execNSS(t, dir, certStatement(88001, twin.Certificate), trustStatement(88002, twin.Certificate, 2))
			}
			contract(t, f)
			if c.twin {
				if entry := find1(t, mustList(t, nssAt(m, dir)), twin.Print); entry.Trust != evidence.Web {
					t.Errorf("the twin's trust has become %q", entry.Trust)
				}
			}
		})
	}
}

// TestOrphanTrust finds and removes a trust row whose certificate is gone: with it alone a server that sends the root is trusted.
func TestOrphanTrust(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	execNSS(t, dir, newColumns()...)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	refused := newAuthority(t, "Refused", 5)
	execNSS(t, dir, trustStatement(77001, root.Certificate, 2), trustStatement(77002, refused.Certificate, 3),
		"DELETE FROM nssPublic WHERE a0 = x'00000001'")
	full := dumpNSS(t, dir)
	entries := mustList(t, nssAt(m, dir))
	if len(entries) != 2 {
		t.Fatalf("%d entries, want one for each kind of trust and none for the refusal: %+v", len(entries), entries)
	}
	var journal []Saved
	for _, entry := range entries {
		if !entry.Orphan || entry.Trust != evidence.Web || entry.Cert.DER != nil || entry.Cert.Issuer.CommonName != root.Subject.CommonName ||
			!slices.Equal(entry.Cert.Serial, root.Serial) {
			t.Errorf("listed as %+v", entry)
		}
		if entry.Cert.Print != root.Print && entry.Cert.SHA1 != root.SHA1 {
			t.Error("neither hash of the certificate is known")
		}
		saved, err := nssAt(m, dir).Save(context.Background(), entry)
		if err != nil {
			t.Fatal(err)
		}
		journal = append(journal, throughJSON(t, saved))
	}
	for _, saved := range journal {
		if err := nssAt(m, dir).Remove(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
	}
	if left := mustList(t, nssAt(m, dir)); len(left) != 0 {
		t.Errorf("still listed: %+v", left)
	}
	for _, saved := range journal {
		if err := nssAt(m, dir).Restore(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
	}
	if got := dumpNSS(t, dir); got != full {
		t.Errorf("not what it was:\n%s\nwas:\n%s", got, full)
	}
}

// TestNaturalNickname is the case in which a removal by nickname reports success and leaves the root trusted: it was imported under another
// name than the tool gives. And the case of two roots under one nickname.
func TestNaturalNickname(t *testing.T) {
	first, second := needShared(t, "kz-isca-2020-2040-06fd2062.pem"), needShared(t, "kz-isca-2020-2040-0bd39de4.pem")
	qaznet := needShared(t, "kz-qaznet-2016-00309c73.pem")
	m, home := testHome(t)
	dir := filepath.Join(home, ".mozilla/firefox/x.default")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet Trust Network - Security Certificate", "C,,", qaznet)
	plantNSS(t, dir, "Information Security Certification Authority", "C,,", first)
	plantNSS(t, dir, "Information Security Certification Authority", "C,,", second)
	listing := certutil(t, "-L", "-d", "sql:"+dir)
	for _, c := range []cert.Certificate{qaznet, first} {
		saved := saveOne(t, nssAt(m, dir), c.Print)
		if err := nssAt(m, dir).Remove(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
		for _, entry := range mustList(t, nssAt(m, dir)) {
			if entry.Cert.Print == c.Print {
				t.Errorf("%s is still listed", c.Title())
			}
		}
		if entry := find1(t, mustList(t, nssAt(m, dir)), second.Print); entry.Trust != evidence.Web {
			t.Errorf("the other one under the same nickname has become %q", entry.Trust)
		}
		if out := certutil(t, "-L", "-d", "sql:"+dir); out == listing {
			t.Error("certutil sees no difference")
		}
		if err := nssAt(m, dir).Restore(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
		if out := certutil(t, "-L", "-d", "sql:"+dir); out != listing {
			t.Errorf("certutil lists after the undo:\n%s\nbefore:\n%s", out, listing)
		}
	}
}

func saveOne(t testing.TB, s *nss, print cert.Print) Saved {
	t.Helper()
	saved, err := s.Save(context.Background(), find1(t, mustList(t, s), print))
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// TestPrimaryPassword removes from a profile that is locked with a password, and restores; certutil, given the password, is the witness.
func TestPrimaryPassword(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	certutil(t, "-N", "-d", "sql:"+dir, "-f", password)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate, "-f", password)
	valid := func() bool {
		out, err := runNSSTool(t, needTool(t, "certutil"), "-V", "-d", "sql:"+dir, "-f", password, "-u", "L", "-e", "-n", "Qaznet")
		t.Logf("certutil -V: %v %s", err, strings.TrimSpace(out))
		return err == nil
	}
	if !valid() {
		t.Fatal("not valid before")
	}
	key, err := os.ReadFile(filepath.Join(dir, "key4.db"))
	if err != nil {
		t.Fatal(err)
	}
	saved := saveOne(t, nssAt(m, dir), root.Print)
	if err := nssAt(m, dir).Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	if valid() {
		t.Error("valid after the removal")
	}
	if err := nssAt(m, dir).Restore(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	if !valid() {
		t.Error("not valid after the undo")
	}
	if now, err := os.ReadFile(filepath.Join(dir, "key4.db")); err != nil || !slices.Equal(now, key) {
		t.Errorf("key4.db is not what it was (%v)", err)
	}
}

// TestChangedRow leaves alone what has become different since it was saved.
func TestChangedRow(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	saved := saveOne(t, nssAt(m, dir), root.Print)
	execNSS(t, dir, "UPDATE nssPublic SET ace536358 = x'ce53435a' WHERE a0 = x'ce534353'")
	before := dumpNSS(t, dir)
	for verb, act := range map[string]func(context.Context, Saved) error{"remove": nssAt(m, dir).Remove, "restore": nssAt(m, dir).Restore} {
		if err := act(context.Background(), saved); !errors.Is(err, ErrChanged) || Code(err) != evidence.Changed {
			t.Errorf("%s: %v, want ErrChanged", verb, err)
		}
	}
	if got := dumpNSS(t, dir); got != before {
		t.Error("changed all the same")
	}

	// an altered receipt
	other := newAuthority(t, "Another", 12)
	plantNSS(t, dir, "Another", "C,,", other.Certificate)
	forged := saveOne(t, nssAt(m, dir), other.Print)
	forged.Print = root.Print
	if err := nssAt(m, dir).Remove(context.Background(), forged); !errors.Is(err, ErrChanged) {
		t.Errorf("a receipt with another certificate in it: %v", err)
	}
	find1(t, mustList(t, nssAt(m, dir)), other.Print)
	forged = saveOne(t, nssAt(m, dir), other.Print)
	forged.Place.Path = "/elsewhere"
	if err := nssAt(m, dir).Remove(context.Background(), forged); !errors.Is(err, ErrChanged) {
		t.Errorf("a receipt of another place: %v", err)
	}
}

// TestAddedAgain restores into a database into which the person has meanwhile added the same certificate.
func TestAddedAgain(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	saved := saveOne(t, nssAt(m, dir), root.Print)
	if err := nssAt(m, dir).Remove(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	if err := nssAt(m, dir).Restore(context.Background(), saved); err != nil {
		t.Fatal(err)
	}
	entry := find1(t, mustList(t, nssAt(m, dir)), root.Print)
	if entry.Trust != evidence.Web || len(entry.Where) != 2 {
		t.Errorf("listed as %+v, want one certificate and one trust row", entry)
	}
}

// TestOlderDatabase refuses to restore rows into a table that lacks their columns, and changes nothing.
func TestOlderDatabase(t *testing.T) {
	root := newAuthority(t, "Information Security Certification Authority", 4711)
	m, home := testHome(t)
	dir := filepath.Join(home, "profile")
	makeNSS(t, dir)
	execNSS(t, dir, newColumns()...)
	plantNSS(t, dir, "Qaznet", "C,,", root.Certificate)
	execNSS(t, dir, trustStatement(77001, root.Certificate, 2))
	saved := saveOne(t, nssAt(m, dir), root.Print)
	for _, name := range []string{"cert9.db", "key4.db", "pkcs11.txt"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nssAt(m, dir).Remove(context.Background(), saved); err != nil {
		t.Errorf("removing from a profile that is gone: %v", err)
	}
	if err := nssAt(m, dir).Restore(context.Background(), saved); !errors.Is(err, ErrGone) {
		t.Errorf("restoring into a profile that is gone: %v, want ErrGone", err)
	}
	makeNSS(t, dir)
	before := dumpNSS(t, dir)
	if err := nssAt(m, dir).Restore(context.Background(), saved); Code(err) != evidence.Foreign {
		t.Errorf("%v, want %s", err, evidence.Foreign)
	}
	if got := dumpNSS(t, dir); got != before {
		t.Error("changed all the same")
	}
}
