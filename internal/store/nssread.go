package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// The nssColumns of NSS that are read. A column is named "a" and the number of the attribute in hexadecimal; every value is a BLOB, numbers
// are four bytes, big-endian. Numbers: PKCS #11 3.2 (CKA_*) and lib/util/pkcs11n.h of NSS (CKA_NSS_*).
var nssColumns = []string{
	"a0",        // CKA_CLASS
	"a11",       // CKA_VALUE: the certificate
	"a81",       // CKA_ISSUER: a Name
	"a82",       // CKA_SERIAL_NUMBER: an INTEGER with tag and length
	"a635",      // CKA_HASH_OF_CERTIFICATE, of a CKO_TRUST row
	"a62c",      // CKA_PKCS_TRUST_SERVER_AUTH
	"a62d",      // CKA_PKCS_TRUST_CLIENT_AUTH
	"a62e",      // CKA_PKCS_TRUST_CODE_SIGNING
	"a62f",      // CKA_PKCS_TRUST_EMAIL_PROTECTION
	"ace5363b4", // CKA_NSS_CERT_SHA1_HASH, of a CKO_NSS_TRUST row
	"ace536358", // CKA_NSS_TRUST_SERVER_AUTH
	"ace536359", // CKA_NSS_TRUST_CLIENT_AUTH
	"ace53635a", // CKA_NSS_TRUST_CODE_SIGNING
	"ace53635b", // CKA_NSS_TRUST_EMAIL_PROTECTION
}

// nssNeeded are the columns without which a table is not one of NSS as known here.
var nssNeeded = []string{"id", "a0", "a11", "a81", "a82"}

// Object classes.
const (
	classCertificate = 0x00000001 // CKO_CERTIFICATE
	classTrust       = 0x0000000b // CKO_TRUST, written by NSS since 3.114 (July 2025, Firefox 142)
	classNSSTrust    = 0xce534353 // CKO_NSS_TRUST, written before, and still honoured
)

// trustRow is one statement of trust, of either class.
type trustRow struct {
	id             int64
	class          uint32
	issuer, serial []byte
	sha256, sha1   []byte // of the certificate that is meant; nil when the row has none
	server         level
	other          bool // trusted for clients, code or mail
}

// level is what a trust attribute says.
type level int

const (
	saysNothing level = iota // nothing, or that the chain must be verified
	saysTrust                // trusted itself, or as an authority
	saysRefuse               // not trusted
	saysStrange              // a value that is not known here
)

// nssGroup is one certificate with all rows that belong to it.
type nssGroup struct {
	entry evidence.Entry
	ids   []int64
}

var (
	errNoTable  = errors.New("no table of certificates as known here")
	errManyRows = errors.New("more rows than a certificate database has")
)

const maxRows = 200_000

// readNSS reads a database. What was read before an error is returned with it. host is the path to open, name the one to put into errors.
func readNSS(ctx context.Context, host, name string) ([]nssGroup, error) {
	d, err := openRead(ctx, host, name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	rows, trusts, err := readRows(ctx, d, name)
	if d.cut {
		err = errors.Join(err, evidence.Trouble{Code: evidence.Damaged, Path: name, Err: errCut})
	}
	return joinTrust(rows, trusts), err
}

// certRow is one certificate object.
type certRow struct {
	id             int64
	cert           cert.Certificate
	issuer, serial []byte
}

// columnsOf lists the columns of nssPublic. Versions of NSS have from 120 to 193 of them.
func columnsOf(ctx context.Context, d *database, name string) (map[string]bool, error) {
	rows, err := d.QueryContext(ctx, "SELECT * FROM nssPublic LIMIT 0") // a third of the time that PRAGMA table_info takes
	if sqliteCode(err) == sqlite3.SQLITE_ERROR {
		return nil, evidence.Trouble{Code: evidence.Foreign, Path: name, Err: errNoTable}
	}
	if err != nil {
		return nil, sqliteTrouble(ctx, name, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, sqliteTrouble(ctx, name, err)
	}
	has := make(map[string]bool, len(columns))
	for _, column := range columns {
		has[column] = true
	}
	for _, column := range nssNeeded {
		if !has[column] {
			return nil, evidence.Trouble{Code: evidence.Foreign, Path: name, Err: errNoTable}
		}
	}
	return has, nil
}

func readRows(ctx context.Context, d *database, name string) ([]certRow, []trustRow, error) {
	has, err := columnsOf(ctx, d, name)
	if err != nil {
		return nil, nil, err
	}
	list := make([]string, len(nssColumns))
	for i, column := range nssColumns {
		if list[i] = "NULL"; has[column] {
			list[i] = column
		}
	}
	rows, err := d.QueryContext(ctx, "SELECT id, "+strings.Join(list, ", ")+
		" FROM nssPublic WHERE a0 IN (x'00000001', x'0000000b', x'ce534353')")
	if err != nil {
		return nil, nil, sqliteTrouble(ctx, name, err)
	}
	defer rows.Close()
	var certs []certRow
	var trusts []trustRow
	value := make([][]byte, len(nssColumns)) // fresh copies at each Scan
	into := []any{new(any)}
	for i := range value {
		into = append(into, &value[i])
	}
	for count := 0; rows.Next(); count++ {
		if count == maxRows {
			return certs, trusts, evidence.Trouble{Code: evidence.TooLarge, Path: name, Err: errManyRows}
		}
		if err := rows.Scan(into...); err != nil {
			return certs, trusts, sqliteTrouble(ctx, name, err)
		}
		id, ok := (*into[0].(*any)).(int64)
		if !ok {
			return certs, trusts, evidence.Trouble{Code: evidence.Foreign, Path: name, Err: errNoTable}
		}
		switch class := nssNumber(value[0]); class {
		case classCertificate:
			if len(value[1]) > 0 {
				certs = append(certs, certRow{id, cert.Read(value[1]), value[2], value[3]})
			}
		case classTrust, classNSSTrust:
			row := trustRow{id: id, class: class, issuer: value[2], serial: value[3]}
			if class == classTrust {
				row.sha256 = sized(value[4], len(cert.Print{}))
				row.server = pkcsLevel(value[5])
				row.other = pkcsLevel(value[6]) == saysTrust || pkcsLevel(value[7]) == saysTrust || pkcsLevel(value[8]) == saysTrust
			} else {
				row.sha1 = sized(value[9], len(cert.Certificate{}.SHA1))
				row.server = nssLevel(value[10])
				row.other = nssLevel(value[11]) == saysTrust || nssLevel(value[12]) == saysTrust || nssLevel(value[13]) == saysTrust
			}
			trusts = append(trusts, row)
		}
	}
	if err := rows.Err(); err != nil {
		return certs, trusts, sqliteTrouble(ctx, name, err)
	}
	return certs, trusts, nil
}

// nssNumber reads an attribute of four bytes.
func nssNumber(value []byte) uint32 {
	if len(value) != 4 {
		return 0xffffffff // CK_UNAVAILABLE_INFORMATION
	}
	return binary.BigEndian.Uint32(value)
}

func sized(hash []byte, size int) []byte {
	if len(hash) != size {
		return nil
	}
	return hash
}

// pkcsLevel reads a value of a CKO_TRUST row, CKT_* of PKCS #11 3.2.
func pkcsLevel(value []byte) level {
	if len(value) == 0 {
		return saysNothing
	}
	switch nssNumber(value) {
	case 1, 2: // CKT_TRUSTED, CKT_TRUST_ANCHOR
		return saysTrust
	case 3: // CKT_NOT_TRUSTED
		return saysRefuse
	case 0, 4: // CKT_TRUST_UNKNOWN, CKT_TRUST_MUST_VERIFY_TRUST
		return saysNothing
	}
	return saysStrange
}

// nssLevel reads a value of a CKO_NSS_TRUST row, CKT_NSS_* of lib/util/pkcs11n.h.
func nssLevel(value []byte) level {
	if len(value) == 0 {
		return saysNothing
	}
	switch nssNumber(value) {
	case 0xce534351, 0xce534352: // CKT_NSS_TRUSTED, CKT_NSS_TRUSTED_DELEGATOR
		return saysTrust
	case 0xce53435a: // CKT_NSS_NOT_TRUSTED
		return saysRefuse
	case 0xce534353, 0xce534355, 0xce53435b: // CKT_NSS_MUST_VERIFY_TRUST, CKT_NSS_TRUST_UNKNOWN, CKT_NSS_VALID_DELEGATOR
		return saysNothing
	}
	return saysStrange
}

// joinTrust puts certificates and statements of trust together, in the order of the rows. NSS looks trust up by issuer and serial number, so that is
// how rows are joined; where a row also carries a hash, it must be that of the certificate, or else the row speaks of another one.
func joinTrust(certs []certRow, trusts []trustRow) []nssGroup {
	byName := map[string][]int{}
	for i, row := range trusts {
		key := nameKey(row.issuer, row.serial)
		byName[key] = append(byName[key], i)
	}
	claimed := make([]bool, len(trusts))
	var groups []nssGroup
	at := map[cert.Print]int{}
	for _, row := range certs {
		n, again := at[row.cert.Print]
		if !again {
			n = len(groups)
			at[row.cert.Print] = n
			groups = append(groups, nssGroup{entry: evidence.Entry{Cert: row.cert}})
		}
		groups[n].ids = append(groups[n].ids, row.id)
	}
	meant := make([][]int, len(groups)) // indexes into trusts
	for _, row := range certs {
		n := at[row.cert.Print]
		// What the row says of issuer and serial number is what the certificate says, unless somebody else than NSS wrote it: then both count.
		keys := []string{nameKey(row.issuer, row.serial)}
		if key := nameKey(row.cert.Issuer.Raw, row.cert.Serial); key != keys[0] {
			keys = append(keys, key)
		}
		for _, key := range keys {
			for _, i := range byName[key] {
				if trusts[i].means(row.cert) && !slices.Contains(meant[n], i) {
					meant[n] = append(meant[n], i)
					claimed[i] = true
				}
			}
		}
	}
	for n := range groups {
		var rows []trustRow
		for _, i := range meant[n] {
			rows = append(rows, trusts[i])
			groups[n].ids = append(groups[n].ids, trusts[i].id)
		}
		groups[n].entry.Trust = trustOf(rows)
	}
	return append(groups, orphans(trusts, claimed)...)
}

// orphans are the statements of trust whose certificate is not there. One that trusts is a door left open; one that refuses does no harm.
func orphans(trusts []trustRow, claimed []bool) []nssGroup {
	var groups []nssGroup
	at := map[string]int{}
	for i, row := range trusts {
		if claimed[i] || row.server != saysTrust && row.server != saysStrange && !row.other {
			continue
		}
		key := nameKey(row.issuer, row.serial) + string(row.sha256) + "\x00" + string(row.sha1)
		n, again := at[key]
		if !again {
			n = len(groups)
			at[key] = n
			c := cert.Certificate{Issuer: cert.ReadName(row.issuer), Serial: bytes.Clone(row.serial)}
			copy(c.Print[:], row.sha256)
			copy(c.SHA1[:], row.sha1)
			groups = append(groups, nssGroup{entry: evidence.Entry{Cert: c, Trust: evidence.Other, Orphan: true}})
		}
		groups[n].ids = append(groups[n].ids, row.id)
		switch {
		case row.server == saysTrust:
			groups[n].entry.Trust = evidence.Web
		case row.server == saysStrange && groups[n].entry.Trust == evidence.Other:
			groups[n].entry.Trust = evidence.Unknown
		}
	}
	return groups
}

// means tells whether the row, whose issuer and serial number fit, speaks of c and not of a twin.
func (r trustRow) means(c cert.Certificate) bool {
	return (r.sha256 == nil || bytes.Equal(r.sha256, c.Print[:])) && (r.sha1 == nil || bytes.Equal(r.sha1, c.SHA1[:]))
}

// trustOf says what the statements about one certificate come to. New versions of NSS ask CKO_TRUST first and CKO_NSS_TRUST only in its absence;
// old ones know only the latter, and several programs of different age share one database. So the first decides, but no row that trusts is
// passed over: what one program refuses and another would trust is unknown.
func trustOf(rows []trustRow) evidence.Trust {
	var first *trustRow
	doubt := false
	for i := range rows {
		row := &rows[i]
		if first == nil || row.class == classTrust && first.class != classTrust {
			first = row
		}
		doubt = doubt || row.server == saysTrust || row.server == saysStrange
	}
	switch {
	case first == nil:
		return evidence.Other
	case first.server == saysTrust:
		return evidence.Web
	case doubt:
		return evidence.Unknown
	case first.server == saysRefuse:
		return evidence.Distrusted
	}
	return evidence.Other
}

func nameKey(issuer, serial []byte) string {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(issuer)))
	return string(length[:]) + string(issuer) + string(serial)
}
