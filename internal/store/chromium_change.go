package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// chromiumRecord is what is taken out of one database, or what stood there before a refusal was written: every column of the rows of one certificate.
type chromiumRecord struct {
	Rows    []map[string]cell `json:"rows"`
	Refused []byte            `json:"refused,omitempty"` // the certificate that a refusal is written for; nil for a removal
}

// Save reads the rows of the certificate: one, unless another program than the browser has written there.
func (s *chromiumStore) Save(ctx context.Context, entry evidence.Entry) (Saved, error) {
	rows, err := s.rows(ctx, entry.Cert.Print)
	if err != nil {
		return Saved{}, err
	}
	if len(rows) == 0 {
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrGone)
	}
	return pack(s.place, entry.Cert, chromiumRecord{Rows: rows})
}

// DistrustNeeds is what a change to the profile needs. A file that the browser has not made is not this program's to make.
func (s *chromiumStore) DistrustNeeds() evidence.Right {
	if _, ok, err := s.database(); !ok || err != nil {
		return evidence.Never
	}
	return s.needs
}

// SaveDistrust reads what the database says of the certificate now, which may be nothing.
func (s *chromiumStore) SaveDistrust(ctx context.Context, c cert.Certificate) (Saved, error) {
	if c.DER == nil {
		return Saved{}, fmt.Errorf("refuse %s: %w", c.Title(), errNoBytes)
	}
	if _, ok, err := s.database(); err != nil {
		return Saved{}, err
	} else if !ok { // a file that the browser has not made is not this program's to make
		return Saved{}, fmt.Errorf("refuse %s in %s: %w", c.Title(), s.name(), ErrGone)
	}
	rows, err := s.rows(ctx, c.Print)
	if err != nil {
		return Saved{}, err
	}
	saved, err := pack(s.place, c, chromiumRecord{Rows: rows, Refused: c.DER})
	saved.Verb = verbDistrust
	return saved, err
}

var errNoBytes = errors.New("the certificate itself is not known")

// rows reads every column of the rows of one certificate.
func (s *chromiumStore) rows(ctx context.Context, print cert.Print) ([]map[string]cell, error) {
	host, ok, err := s.database()
	if !ok {
		return nil, err
	}
	d, err := openRead(ctx, host, s.name())
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return s.rowsOf(ctx, d, print)
}

func (s *chromiumStore) rowsOf(ctx context.Context, d *database, print cert.Print) ([]map[string]cell, error) {
	known, err := s.known(ctx, d)
	if !known || err != nil {
		return nil, err
	}
	set, err := s.columns(ctx, d)
	if err != nil {
		return nil, err
	}
	columns := slices.Sorted(maps.Keys(set))
	var query strings.Builder
	query.WriteString("SELECT der_cert")
	for _, column := range columns { // the kind tells an empty value from none
		fmt.Fprintf(&query, ", typeof(%s), %s", quoteName(column), quoteName(column))
	}
	query.WriteString(" FROM certificates ORDER BY rowid")
	found, err := d.QueryContext(ctx, query.String())
	if err != nil {
		return nil, sqliteTrouble(ctx, s.name(), err)
	}
	defer found.Close()
	var rows []map[string]cell
	var der []byte
	kinds, values := make([]string, len(columns)), make([]any, len(columns))
	into := []any{&der}
	for i := range columns {
		into = append(into, &kinds[i], &values[i])
	}
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return nil, sqliteTrouble(ctx, s.name(), err)
		}
		if cert.Of(der) != print {
			continue
		}
		row := map[string]cell{}
		for i, column := range columns {
			if kinds[i] != "null" {
				row[column] = newCell(values[i])
			}
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		return nil, sqliteTrouble(ctx, s.name(), err)
	}
	return rows, nil
}

// Remove deletes the saved rows in one transaction. Rows that are gone already are none to delete.
func (s *chromiumStore) Remove(ctx context.Context, saved Saved) error {
	err := s.change(ctx, saved, "", func(d *database, record chromiumRecord, now []map[string]cell) error {
		for _, row := range now {
			if !slices.ContainsFunc(record.Rows, func(was map[string]cell) bool { return maps.Equal(was, row) }) {
				return ErrChanged
			}
		}
		return s.delete(ctx, d, now)
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Distrust writes a row that refuses the certificate, in place of what was saved.
func (s *chromiumStore) Distrust(ctx context.Context, saved Saved) error {
	return s.change(ctx, saved, verbDistrust, func(d *database, record chromiumRecord, now []map[string]cell) error {
		refusal := s.refusal(saved.Print, record.Refused)
		if sameRows(now, []map[string]cell{refusal}) {
			return nil
		}
		if !sameRows(now, record.Rows) {
			return ErrChanged
		}
		if err := s.delete(ctx, d, now); err != nil {
			return err
		}
		return s.insert(ctx, d, []map[string]cell{refusal})
	})
}

// Restore puts the saved rows back; those of a refusal in its place. What the person or the browser wrote meanwhile is left alone.
func (s *chromiumStore) Restore(ctx context.Context, saved Saved) error {
	return s.change(ctx, saved, saved.Verb, func(d *database, record chromiumRecord, now []map[string]cell) error {
		if sameRows(now, record.Rows) {
			return nil
		}
		var ours []map[string]cell
		if saved.Verb == verbDistrust {
			ours = []map[string]cell{s.refusal(saved.Print, record.Refused)}
		}
		if !sameRows(now, ours) {
			return ErrChanged
		}
		if err := s.delete(ctx, d, now); err != nil {
			return err
		}
		return s.insert(ctx, d, record.Rows)
	})
}

// refusal is the row that refuses the certificate, as the browser's own settings write it.
func (s *chromiumStore) refusal(print cert.Print, der []byte) map[string]cell {
	return map[string]cell{
		"sha256hash_hex": newCell(print.String()), "der_cert": newCell(der), "trust_settings": newCell(chromiumRefusal),
	}
}

func sameRows(a, b []map[string]cell) bool {
	return slices.EqualFunc(a, b, func(x, y map[string]cell) bool { return maps.Equal(x, y) })
}

func (s *chromiumStore) delete(ctx context.Context, d *database, rows []map[string]cell) error {
	for _, row := range rows {
		key, err := row["sha256hash_hex"].value()
		if err != nil {
			return errors.Join(ErrChanged, err)
		}
		result, err := d.ExecContext(ctx, "DELETE FROM certificates WHERE sha256hash_hex IS ?", key)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("a row is there %d times: %w", n, errors.Join(ErrChanged, err))
		}
	}
	return nil
}

func (s *chromiumStore) insert(ctx context.Context, d *database, rows []map[string]cell) error {
	has, err := s.columns(ctx, d)
	if err != nil {
		return err
	}
	for _, row := range rows {
		var names, marks []string
		var values []any
		for _, column := range slices.Sorted(maps.Keys(row)) {
			if !has[column] {
				return evidence.Trouble{Code: evidence.Foreign, Path: s.name(), Err: fmt.Errorf("no column %q", column)}
			}
			value, err := row[column].value()
			if err != nil {
				return errors.Join(ErrChanged, err)
			}
			names, marks, values = append(names, quoteName(column)), append(marks, "?"), append(values, value)
		}
		_, err := d.ExecContext(ctx, "INSERT INTO certificates ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", values...)
		if sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT {
			return errors.Join(ErrChanged, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// change does work inside one transaction, after everything that could forbid it was looked at, and keeps it only if the database is sound afterwards. The work
// is given what the database says of the certificate now.
func (s *chromiumStore) change(ctx context.Context, saved Saved, verb string, work func(*database, chromiumRecord, []map[string]cell) error) error {
	record, err := s.unpack(saved, verb)
	if err != nil {
		return err
	}
	if err := unguided(s.m, s.needs, s.dir, s.name(), s.name()+"-journal"); err != nil {
		return err
	}
	host, ok, err := s.database()
	if err != nil {
		return err
	}
	if !ok { // the profile was deleted as a whole
		return fmt.Errorf("change %s: %w", s.name(), ErrGone)
	}
	if program := s.Busy(ctx); program != "" {
		return fmt.Errorf("%s: %w", program, ErrBusy)
	}
	return transact(ctx, host, s.name(), func(d *database) error {
		now, err := s.rowsOf(ctx, d, saved.Print)
		if err != nil {
			return err
		}
		return work(d, record, now)
	})
}

// unpack reads the store's own record out of saved, and refuses what Save and SaveDistrust would not have written for this place and this certificate. A
// receipt is a file that could have been altered.
func (s *chromiumStore) unpack(saved Saved, verb string) (chromiumRecord, error) {
	var record chromiumRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return record, fmt.Errorf("read what was saved of %s: %w", saved.Title, errors.Join(ErrChanged, err))
	}
	ofHere := saved.Place.Kind == s.place.Kind && saved.Place.Path == s.place.Path && saved.Verb == verb
	refused := record.Refused != nil && cert.Of(record.Refused) == saved.Print
	if !ofHere || verb == "" && (len(record.Rows) == 0 || record.Refused != nil) || verb == verbDistrust && !refused || verb != "" && verb != verbDistrust {
		return record, fmt.Errorf("saved in %s: %w", saved.Place.Path, ErrChanged)
	}
	for _, row := range record.Rows {
		der, err := row["der_cert"].bytes()
		if err != nil || cert.Of(der) != saved.Print || row["sha256hash_hex"] == "" {
			return record, fmt.Errorf("a row is not of %s: %w", saved.Title, errors.Join(ErrChanged, err))
		}
	}
	return record, nil
}

// unmarshalJSON reads JSON as browsers write and read it: a mark of the byte order before it does not matter.
func unmarshalJSON(text []byte, into any) error {
	return json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), into)
}
