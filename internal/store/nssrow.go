package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"qulyp/internal/evidence"
)

// nssRecord is what is taken out of one database: rows of nssPublic, complete.
type nssRecord struct {
	Rows []nssRow `json:"rows"`
}

// nssRow is one row: every column that is not NULL. NSS signs the trust in a row together with its id, and keeps the signature in key4.db. So a
// row that comes back under the same id with the same values is trusted as before, and no signature has to be made.
type nssRow struct {
	RowID int64             `json:"rowid"` // the order of the rows
	ID    int64             `json:"id"`    // the handle by which NSS knows the object
	Cells map[string]string `json:"cells"` // without id; see cell
}

// tableColumns lists the columns of nssPublic but id, sorted.
func tableColumns(ctx context.Context, d *database, name string) ([]string, error) {
	has, err := columnsOf(ctx, d, name)
	if err != nil {
		return nil, err
	}
	delete(has, "id")
	return slices.Sorted(maps.Keys(has)), nil
}

// readRow reads every column of one row; ok is false when there is no such row.
func readRow(ctx context.Context, d *database, columns []string, id int64) (row nssRow, ok bool, err error) {
	var query strings.Builder
	query.WriteString("SELECT rowid")
	for _, column := range columns { // the kind tells an empty value from none
		fmt.Fprintf(&query, ", typeof(%s), %s", quoteName(column), quoteName(column))
	}
	query.WriteString(" FROM nssPublic WHERE id = ?")
	row = nssRow{ID: id, Cells: map[string]string{}}
	into := make([]any, 1+2*len(columns))
	into[0] = &row.RowID
	kinds, values := make([]string, len(columns)), make([]any, len(columns))
	for i := range columns {
		into[1+2*i], into[2+2*i] = &kinds[i], &values[i]
	}
	if err := d.QueryRowContext(ctx, query.String(), id).Scan(into...); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return row, false, nil
		}
		return row, false, err
	}
	for i, column := range columns {
		if kinds[i] != "null" {
			row.Cells[column] = string(newCell(values[i]))
		}
	}
	return row, true, nil
}

// elsewhere tells whether the same object stands under another id than those that were saved: it was added again.
func elsewhere(ctx context.Context, d *database, columns []string, row nssRow, ours map[int64]bool) (bool, error) {
	keys := []string{"a0", "a11", "a81", "a82", "a635", "ace5363b4"} // what an object is about; see nssColumns
	var query strings.Builder
	query.WriteString("SELECT id FROM nssPublic WHERE typeof(id) = 'integer'")
	var values []any
	for _, key := range keys {
		if !slices.Contains(columns, key) {
			continue
		}
		fmt.Fprintf(&query, " AND %s IS ?", quoteName(key))
		value, err := cell(row.Cells[key]).value()
		if err != nil {
			return false, fmt.Errorf("row %d: %w", row.ID, errors.Join(ErrChanged, err))
		}
		values = append(values, value)
	}
	rows, err := d.QueryContext(ctx, query.String(), values...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return false, err
		}
		if !ours[id] {
			return true, nil
		}
	}
	return false, rows.Err()
}

// insertRow puts a row back: under its id, and in its old position among the rows where that is free.
func insertRow(ctx context.Context, d *database, columns []string, row nssRow) error {
	names, marks, values := []string{"id"}, []string{"?"}, []any{row.ID}
	for _, column := range slices.Sorted(maps.Keys(row.Cells)) {
		if !slices.Contains(columns, column) { // the database is of an older version than the row
			return evidence.Trouble{Code: evidence.Foreign, Path: "cert9.db", Err: fmt.Errorf("no column %q", column)}
		}
		value, err := cell(row.Cells[column]).value()
		if err != nil {
			return fmt.Errorf("row %d: %w", row.ID, errors.Join(ErrChanged, err))
		}
		names, marks, values = append(names, quoteName(column)), append(marks, "?"), append(values, value)
	}
	var taken int
	if err := d.QueryRowContext(ctx, "SELECT count(*) FROM nssPublic WHERE rowid = ?", row.RowID).Scan(&taken); err != nil {
		return err
	}
	if taken == 0 {
		names, marks, values = append(names, "rowid"), append(marks, "?"), append(values, row.RowID)
	}
	_, err := d.ExecContext(ctx, "INSERT INTO nssPublic ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", values...)
	if sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT {
		return fmt.Errorf("row %d: %w", row.ID, errors.Join(ErrChanged, err))
	}
	return err
}

func quoteName(column string) string { return `"` + strings.ReplaceAll(column, `"`, `""`) + `"` }

// cell is one value of a row as text, for the journal: a letter for its kind and the value. All values that NSS writes are BLOBs, «x» and
// hexadecimal digits; the other kinds are kept for exactness should another program have written them. The empty cell is NULL.
type cell string

func newCell(value any) cell {
	switch v := value.(type) {
	case int64:
		return cell("i" + strconv.FormatInt(v, 10))
	case float64:
		return cell("r" + strconv.FormatUint(math.Float64bits(v), 16))
	case string:
		return cell("t" + hex.EncodeToString([]byte(v)))
	case []byte:
		return cell("x" + hex.EncodeToString(v))
	}
	return "x" // a BLOB without bytes comes as nil
}

// value is what is bound to put the cell back.
func (c cell) value() (any, error) {
	if c == "" {
		return nil, nil
	}
	switch rest := string(c[1:]); c[0] {
	case 'i':
		return strconv.ParseInt(rest, 10, 64)
	case 'r':
		bits, err := strconv.ParseUint(rest, 16, 64)
		return math.Float64frombits(bits), err
	case 't':
		text, err := hex.DecodeString(rest)
		return string(text), err
	case 'x':
		data, err := hex.DecodeString(rest)
		if data == nil {
			data = []byte{}
		}
		return data, err
	}
	return nil, fmt.Errorf("value of unknown kind %q", c[:1])
}

// bytes is the value of a BLOB; nil for anything else.
func (c cell) bytes() ([]byte, error) {
	value, err := c.value()
	data, _ := value.([]byte)
	return data, err
}
