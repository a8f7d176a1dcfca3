package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"qulyp/internal/evidence"
)

// transact does work inside one transaction on the SQLite file at the path host, and keeps it only if the database is sound afterwards. name is the path to put
// into errors.
func transact(ctx context.Context, host, name string, work func(*database) error) (err error) {
	d, err := openWrite(ctx, host, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return sqliteTrouble(ctx, name, err)
	}
	err = work(d)
	if err == nil {
		err = sound(ctx, d, name)
	}
	if err == nil {
		_, err = d.ExecContext(context.WithoutCancel(ctx), "COMMIT") // milliseconds; half a commit is none
	}
	if err != nil {
		d.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // closing rolls back as well
		if sqliteCode(err) != 0 || ctx.Err() != nil {
			return sqliteTrouble(ctx, name, err)
		}
		return fmt.Errorf("change %s: %w", name, err)
	}
	return nil
}

// openWrite opens an SQLite file in place for a change.
func openWrite(ctx context.Context, host, name string) (*database, error) {
	if _, _, err := readHeader(host, name); err != nil {
		return nil, err
	}
	if err := writable(host); err != nil { // SQLite would silently open it for reading alone
		return nil, trouble(name, err)
	}
	if err := writable(filepath.Dir(host)); err != nil { // where the rollback journal must be made
		return nil, trouble(filepath.Dir(name), err)
	}
	d, err := openFile(ctx, host, "?mode=rw&_pragma=busy_timeout(2000)&_pragma=synchronous(2)"+pragmas, "")
	if err != nil {
		return nil, sqliteTrouble(ctx, name, err)
	}
	return d, nil
}

// sound asks SQLite to check the whole database, inside the transaction.
func sound(ctx context.Context, d *database, name string) error {
	var verdict string
	if err := d.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return evidence.Trouble{Code: evidence.Damaged, Path: name, Err: errors.New(verdict)}
	}
	return nil
}
