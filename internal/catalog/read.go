package catalog

import (
	"errors"

	"qulyp/internal/data"
)

// The readers of rows. A field that is not named here is an error: who adds one to a file must say here what it means.

var errField = errors.New("no such field")

// rows reads an array, one row after the other.
func rows[T any](r *data.Reader, into *[]T, read func(r *data.Reader, row *T) error) error {
	return r.Array(func() error {
		var row T
		err := read(r, &row)
		*into = append(*into, row)
		return err
	})
}

func (f *file) read(r *data.Reader) error {
	return r.Object(func(name string) error {
		switch name {
		case "version":
			return r.Number(&f.version)
		case "date":
			return r.Text(&f.date)
		case "authorities":
			return rows(r, &f.authorities, readAuthority)
		case "rules":
			return rows(r, &f.rules, readRule)
		case "once_public":
			return rows(r, &f.oncePublic, readOnce)
		}
		return errField
	})
}

func readAuthority(r *data.Reader, row *authorityRow) error {
	return r.Object(func(name string) error {
		switch name {
		case "id":
			return r.Text(&row.id)
		case "class":
			return r.Text(&row.class)
		case "sha256":
			return r.Text(&row.sha256)
		case "sha1":
			return r.Text(&row.sha1)
		case "key":
			return r.Text(&row.key)
		case "public_key":
			return r.Text(&row.publicKey)
		case "subject":
			return r.Text(&row.subject)
		case "issuer":
			return r.Text(&row.issuer)
		case "serial":
			return r.Text(&row.serial)
		case "from":
			return r.Text(&row.from)
		case "until":
			return r.Text(&row.until)
		case "intermediate":
			return r.Yes(&row.intermediate)
		case "blocked_by":
			return rows(r, &row.blockedBy, readBlock)
		case "names":
			return readNames(r, &row.names)
		case "note":
			return r.Text(&row.note)
		case "source":
			return r.Text(&row.source)
		}
		return errField
	})
}

func readBlock(r *data.Reader, row *blockRow) error {
	return r.Object(func(name string) error {
		switch name {
		case "program":
			return r.Text(&row.program)
		case "how":
			return r.Text(&row.how)
		case "since":
			return r.Text(&row.since)
		}
		return errField
	})
}

func readRule(r *data.Reader, row *ruleRow) error {
	return r.Object(func(name string) error {
		switch name {
		case "id":
			return r.Text(&row.id)
		case "class":
			return r.Text(&row.class)
		case "kind":
			return r.Text(&row.kind)
		case "product":
			return r.Text(&row.product)
		case "match":
			return rows(r, &row.match, readPattern)
		case "names":
			return readNames(r, &row.names)
		case "note":
			return r.Text(&row.note)
		case "source":
			return r.Text(&row.source)
		}
		return errField
	})
}

func readPattern(r *data.Reader, row *Pattern) error {
	return r.Object(func(name string) error {
		switch name {
		case "cn":
			return r.Text(&row.CommonName)
		case "o":
			return r.Text(&row.Organization)
		case "ou":
			return r.Text(&row.Unit)
		case "c":
			return r.Text(&row.Country)
		}
		return errField
	})
}

func readOnce(r *data.Reader, row *onceRow) error {
	return r.Object(func(name string) error {
		switch name {
		case "sha256":
			return r.Text(&row.sha256)
		case "subject":
			return r.Text(&row.subject)
		case "source":
			return r.Text(&row.source)
		}
		return errField
	})
}

// readNames reads a name for each language. More languages than are known are no error: a new one is one file of words.
func readNames(r *data.Reader, into *Names) error {
	names := make(Names, len(Languages))
	*into = names
	return r.Object(func(tag string) error {
		var name string
		err := r.Text(&name)
		names[tag] = name
		return err
	})
}

func readHosts(text string) (hosts []hostRow, err error) {
	return hosts, data.Read(text, func(r *data.Reader) error {
		return r.Object(func(name string) error {
			if name != "hosts" {
				return errField
			}
			return rows(r, &hosts, readHost)
		})
	})
}

func readHost(r *data.Reader, row *hostRow) error {
	return r.Object(func(name string) error {
		switch name {
		case "host":
			return r.Text(&row.host)
		case "role":
			return r.Text(&row.role)
		case "list":
			return r.Text(&row.list)
		case "skip":
			return r.Text(&row.skip)
		case "source":
			return r.Text(&row.source)
		case "date":
			return r.Text(&row.date)
		}
		return errField
	})
}
