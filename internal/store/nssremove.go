package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// Save reads the rows that make the certificate trusted: those of the certificate, be they several, and every statement of trust in it.
func (s *nss) Save(ctx context.Context, entry evidence.Entry) (Saved, error) {
	host, ok, err := s.database()
	if err != nil {
		return Saved{}, err
	}
	if !ok {
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrGone)
	}
	name := s.dir + "/cert9.db"
	d, err := openRead(ctx, host, name)
	if err != nil {
		return Saved{}, err
	}
	defer d.Close()
	certs, trusts, err := readRows(ctx, d, name)
	if err != nil {
		return Saved{}, err
	}
	var ids []int64
	for _, g := range joinTrust(certs, trusts) {
		if sameEntry(g.entry, entry) {
			ids = append(ids, g.ids...)
		}
	}
	if len(ids) == 0 {
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrGone)
	}
	slices.Sort(ids)
	record := nssRecord{}
	columns, err := tableColumns(ctx, d, name)
	if err != nil {
		return Saved{}, err
	}
	for _, id := range ids {
		row, ok, err := readRow(ctx, d, columns, id)
		if err != nil {
			return Saved{}, sqliteTrouble(ctx, name, err)
		}
		if !ok {
			return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrChanged)
		}
		record.Rows = append(record.Rows, row)
	}
	return pack(s.place, entry.Cert, record)
}

// sameEntry tells whether both are about one certificate in one way. An orphan has no bytes to compare: it is told by what its row says. The row of an old kind says
// no SHA-256; whoever knows it from elsewhere may have filled it in meanwhile (catalog.List.Resolve), and it is the same row all the same.
func sameEntry(a, b evidence.Entry) bool {
	if a.Orphan != b.Orphan {
		return false
	}
	if !a.Orphan {
		return a.Cert.Print == b.Cert.Print
	}
	return (a.Cert.Print == b.Cert.Print || a.Cert.Print.IsZero() || b.Cert.Print.IsZero()) && a.Cert.SHA1 == b.Cert.SHA1 &&
		bytes.Equal(a.Cert.Serial, b.Cert.Serial) && bytes.Equal(a.Cert.Issuer.Raw, b.Cert.Issuer.Raw)
}

// Remove deletes the saved rows in one transaction: all of them, or none. A process that is killed meanwhile leaves a journal of SQLite behind,
// with which whoever opens the database next takes the change back.
func (s *nss) Remove(ctx context.Context, saved Saved) error {
	err := s.change(ctx, saved, func(d *database, columns []string, record nssRecord) error {
		for _, row := range record.Rows {
			now, ok, err := readRow(ctx, d, columns, row.ID)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if !maps.Equal(now.Cells, row.Cells) {
				return fmt.Errorf("row %d: %w", row.ID, ErrChanged)
			}
			result, err := d.ExecContext(ctx, "DELETE FROM nssPublic WHERE id = ?", row.ID)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n != 1 {
				return fmt.Errorf("row %d is there %d times: %w", row.ID, n, errors.Join(ErrChanged, err))
			}
		}
		return nil
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Restore inserts the saved rows under their old ids, so that the signatures in key4.db, which were left there, fit again. What the person has
// added again meanwhile is not added a second time.
func (s *nss) Restore(ctx context.Context, saved Saved) error {
	return s.change(ctx, saved, func(d *database, columns []string, record nssRecord) error {
		ours := map[int64]bool{}
		for _, row := range record.Rows {
			ours[row.ID] = true
		}
		for _, row := range record.Rows {
			now, ok, err := readRow(ctx, d, columns, row.ID)
			if err != nil {
				return err
			}
			if ok {
				if !maps.Equal(now.Cells, row.Cells) {
					return fmt.Errorf("row %d: %w", row.ID, ErrChanged)
				}
				continue
			}
			again, err := elsewhere(ctx, d, columns, row, ours)
			if err != nil {
				return err
			}
			if again {
				continue
			}
			if err := insertRow(ctx, d, columns, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// change does work on the database inside one transaction, after everything that could forbid it was looked at, and keeps it only if the database
// is sound afterwards.
func (s *nss) change(ctx context.Context, saved Saved, work func(*database, []string, nssRecord) error) error {
	name := s.dir + "/cert9.db"
	record, err := s.unpack(saved)
	if err != nil {
		return err
	}
	if err := unguided(s.m, s.needs, s.dir, name, name+"-journal"); err != nil {
		return err
	}
	host, ok, err := s.database()
	if err != nil {
		return err
	}
	if !ok { // the profile was deleted as a whole
		return fmt.Errorf("change %s: %w", name, ErrGone)
	}
	if program := s.Busy(ctx); program != "" {
		return fmt.Errorf("%s: %w", program, ErrBusy)
	}
	return transact(ctx, host, name, func(d *database) error {
		columns, err := tableColumns(ctx, d, name)
		if err != nil {
			return err
		}
		return work(d, columns, record)
	})
}

// unpack reads the store's own record out of saved, and refuses what Save would not have written for this place and this certificate. A receipt
// is a file that could have been altered.
func (s *nss) unpack(saved Saved) (nssRecord, error) {
	var record nssRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return record, fmt.Errorf("read what was saved of %s: %w", saved.Title, errors.Join(ErrChanged, err))
	}
	if saved.Place.Kind != s.place.Kind || saved.Place.Path != s.place.Path || saved.Verb != "" || len(record.Rows) == 0 {
		return record, fmt.Errorf("saved in %s: %w", saved.Place.Path, ErrChanged)
	}
	for _, row := range record.Rows {
		class, err := cell(row.Cells["a0"]).bytes()
		if err != nil {
			return record, fmt.Errorf("row %d: %w", row.ID, errors.Join(ErrChanged, err))
		}
		var fits bool
		switch nssNumber(class) {
		case classCertificate:
			der, err := cell(row.Cells["a11"]).bytes()
			fits = err == nil && cert.Of(der) == saved.Print
		case classTrust:
			hash, err := cell(row.Cells["a635"]).bytes()
			fits = err == nil && (len(hash) != len(cert.Print{}) || bytes.Equal(hash, saved.Print[:]))
		case classNSSTrust:
			fits = true
		}
		if !fits {
			return record, fmt.Errorf("row %d is not of %s: %w", row.ID, saved.Title, ErrChanged)
		}
	}
	return record, nil
}
