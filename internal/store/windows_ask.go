package store

import (
	"encoding/json"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// WindowsAsks tells whether Windows shows a question of its own before Restore puts this back, as it does for every root of a person, and the SHA-1 by which
// the question names the certificate. The SHA-1 is zero when the record cannot be read. Taking a root out asks nothing: see windowsWriter.
func WindowsAsks(saved Saved) (sha1 [20]byte, asks bool) {
	if saved.Place.Kind != evidence.Windows || saved.Verb != "" || saved.Place.Path != (location{area: areaUser, store: storeRoot}).key() {
		return sha1, false
	}
	var record windowsRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return sha1, true
	}
	e, err := readElement(record.Blob)
	if err != nil {
		return sha1, true
	}
	if c := cert.Read(e.der()); c.Print == saved.Print {
		sha1 = c.SHA1
	}
	return sha1, true
}
