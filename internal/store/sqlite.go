package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// maxDatabase is the largest database that is read. A thousand certificates take 3 MB; more than this is no certificate database.
const maxDatabase = 256 << 20

// database is one open SQLite file with a single connection, and what must be tidied away afterwards.
type database struct {
	*sql.Conn
	pool *sql.DB
	temp string // folder of a private copy, or empty
	cut  bool   // the file is shorter than its header says
}

func (d *database) Close() error {
	err := errors.Join(d.Conn.Close(), d.pool.Close())
	if d.temp != "" {
		err = errors.Join(err, os.RemoveAll(d.temp))
	}
	return err
}

// The pragmas of both ways to open: nothing that a strange schema could call is trusted, and cells that reach outside their page are refused.
const pragmas = "&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)"

// openRead opens an SQLite file for reading alone, without making or changing anything beside it: in place when that is possible, else as a copy
// in a private folder. In place is right while another program has it open, since SQLite's own locks then keep both apart. A copy is needed for a
// file with a write-ahead log, for reading which SQLite would make a file beside it, and for one whose last change was cut short, which SQLite
// would have to roll back. host is the path to open, name the one to put into errors.
func openRead(ctx context.Context, host, name string) (*database, error) {
	header, size, err := readHeader(host, name)
	if err != nil {
		return nil, err
	}
	var d *database
	if header[19] == 2 {
		d, err = openCopy(ctx, host)
	} else {
		d, err = openFile(ctx, host, "?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(400)"+pragmas, "")
		if code := sqliteCode(err); code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_CANTOPEN {
			d, err = openCopy(ctx, host)
		}
	}
	if err != nil {
		return nil, sqliteTrouble(ctx, name, err)
	}
	d.cut = isCut(header, size)
	return d, nil
}

var (
	errNotSQLite = errors.New("not an SQLite file")
	errNewer     = errors.New("made by a newer SQLite")
	errEmpty     = errors.New("empty file")
	errCut       = errors.New("shorter than it says it is")
	errNotFile   = errors.New("not a regular file")
)

// readHeader reads the first hundred bytes and refuses what is no SQLite file, or none of today:
// https://www.sqlite.org/fileformat.html section 1.3. A pipe or device of that name is refused unopened.
func readHeader(host, name string) (header [100]byte, size int64, err error) {
	refuse := func(code evidence.Code, err error) ([100]byte, int64, error) {
		return header, 0, evidence.Trouble{Code: code, Path: name, Err: err}
	}
	info, err := os.Stat(host)
	switch {
	case err != nil:
		return refuse(Code(err), err)
	case !info.Mode().IsRegular():
		return refuse(evidence.Damaged, errNotFile)
	case info.Size() > maxDatabase:
		return refuse(evidence.TooLarge, machine.ErrTooLarge)
	}
	f, err := os.OpenFile(host, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return refuse(Code(err), err)
	}
	defer f.Close()
	switch _, err := io.ReadFull(f, header[:]); {
	case errors.Is(err, io.EOF):
		return refuse(evidence.Damaged, errEmpty)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(evidence.Damaged, errCut)
	case err != nil:
		return refuse(Code(err), err)
	case string(header[:16]) != "SQLite format 3\x00":
		return refuse(evidence.Damaged, errNotSQLite)
	case header[19] > 2: // the version needed for reading: 1 has a rollback journal, 2 a write-ahead log
		return refuse(evidence.Foreign, errNewer)
	}
	return header, info.Size(), nil
}

// isCut tells whether pages are missing at the end: page size at 16, page count at 28, valid when the counters at 24 and 92 agree.
func isCut(header [100]byte, size int64) bool {
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	if binary.BigEndian.Uint32(header[24:]) != binary.BigEndian.Uint32(header[92:]) {
		return false
	}
	return size < page*int64(binary.BigEndian.Uint32(header[28:]))
}

// openFile opens host and reads its schema, so that what is wrong with the file is said here.
func openFile(ctx context.Context, host, options, temp string) (*database, error) {
	connector, err := sqlite.NewConnector(sqliteURI(host) + options)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	conn, err := pool.Conn(ctx)
	if err == nil {
		var tables int
		if err = conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err == nil {
			return &database{Conn: conn, pool: pool, temp: temp}, nil
		}
		conn.Close()
	}
	pool.Close()
	return nil, err
}

// openCopy opens a private copy of the file with its rollback journal or write-ahead log. The copy is recovered as SQLite would recover the
// original; that one stays as it is.
func openCopy(ctx context.Context, host string) (*database, error) {
	temp, err := os.MkdirTemp("", "qulyp-")
	if err != nil {
		return nil, err
	}
	d, err := func() (*database, error) {
		for range 3 {
			before := stamp(host)
			for _, suffix := range []string{"", "-journal", "-wal"} {
				if err := copyFile(host+suffix, filepath.Join(temp, "copy.db"+suffix), suffix != ""); err != nil {
					return nil, err
				}
			}
			if stamp(host) == before {
				break
			}
		}
		return openFile(ctx, filepath.Join(temp, "copy.db"), "?mode=rw"+pragmas, temp)
	}()
	if err != nil {
		os.RemoveAll(temp)
	}
	return d, err
}

// stamp changes when the file or its journal does.
func stamp(host string) string {
	var b strings.Builder
	for _, suffix := range []string{"", "-journal", "-wal"} {
		if info, err := os.Stat(host + suffix); err == nil {
			fmt.Fprint(&b, suffix, info.Size(), info.ModTime().UnixNano(), ";")
		}
	}
	return b.String()
}

func copyFile(from, to string, optional bool) error {
	look := os.Stat
	if optional { // SQLite follows no link to what lies beside the file, and on another disk such a link could lead out of it
		look = os.Lstat
	}
	info, err := look(from)
	if err != nil {
		if optional && absent(err) {
			os.Remove(to) // of an earlier try
			return nil
		}
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxDatabase {
		return evidence.Trouble{Code: evidence.Damaged, Path: from, Err: errNotFile}
	}
	in, err := os.OpenFile(from, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, maxDatabase))
	return errors.Join(err, out.Close())
}

// sqliteURI is host as a file: URI, https://www.sqlite.org/uri.html; the path is made safe against ?, # and %.
func sqliteURI(host string) string {
	if runtime.GOOS == "windows" {
		host = filepath.ToSlash(host)
		if !strings.HasPrefix(host, "/") {
			host = "/" + host
		}
	} else if !filepath.IsAbs(host) {
		if abs, err := filepath.Abs(host); err == nil {
			host = abs
		}
	}
	return "file://" + (&url.URL{Path: host}).EscapedPath()
}

// sqliteCode is the primary result code of SQLite behind err, https://www.sqlite.org/rescode.html; zero when it is no error of SQLite.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// sqliteTrouble says what an error of SQLite means for the person.
func sqliteTrouble(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return trouble(name, fmt.Errorf("%w: %w", ctx.Err(), err))
	}
	code := Code(err)
	switch sqliteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		code = evidence.Locked
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG:
		code = evidence.Damaged
	case sqlite3.SQLITE_FULL:
		code = evidence.DiskFull
	case sqlite3.SQLITE_READONLY:
		code = evidence.ReadOnly
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_CANTOPEN:
		code = evidence.NoPermission
	case sqlite3.SQLITE_IOERR:
		if e := (*sqlite.Error)(nil); errors.As(err, &e) && e.Code() == sqlite3.SQLITE_IOERR_SHORT_READ {
			code = evidence.Damaged
		}
	}
	return evidence.Trouble{Code: code, Path: name, Err: err}
}
