package store

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"qulyp/internal/cert"
)

// windowsKey is one key of the registry that holds a certificate. Windows names it by the SHA-1 of the certificate and has one for each. Whoever writes into the
// registry by other means can name it anything, and can put a certificate into two keys, with other properties in each: Windows then has it twice.
type windowsKey struct {
	Name string `json:"name"`
	Blob []byte `json:"blob"`
}

func (k windowsKey) element() element { e, _ := readElement(k.Blob); return e }

// nameOf is the name that Windows gives the key of a certificate.
func nameOf(der []byte) string {
	sum := cert.Read(der).SHA1
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// keyNamed is the key of that name among some. The registry does not care about the case of letters.
func keyNamed(keys []windowsKey, name string) (windowsKey, bool) {
	for _, k := range keys {
		if strings.EqualFold(k.Name, name) {
			return k, true
		}
	}
	return windowsKey{}, false
}

// hold tells whether an element says the same as one of some keys.
func hold(keys []windowsKey, e element) bool {
	return slices.ContainsFunc(keys, func(k windowsKey) bool { return k.element().same(e) })
}

// strange tells whether some of the keys hold what none of the others does.
func strange(keys, known []windowsKey) bool {
	return slices.ContainsFunc(keys, func(k windowsKey) bool { return !hold(known, k.element()) })
}

// limited are the keys with other purposes.
func limited(keys []windowsKey, purposes []byte) []windowsKey {
	var all []windowsKey
	for _, k := range keys {
		all = append(all, windowsKey{k.Name, k.element().with(propUsage, purposes).bytes()})
	}
	return all
}

// find reads the keys of a certificate afresh, that which Windows would name first; none when Windows does not have it.
func (w windowsOwn) find(print cert.Print) ([]windowsKey, error) {
	shown, err := w.shown(print)
	if shown == nil {
		return nil, err
	}
	// The values as they stand in the registry are more exact than what Windows makes of them when asked, which can have hashes added.
	keys, err := w.write.keysOf(w.at, print)
	if err != nil {
		return nil, err
	}
	name := nameOf(shown.der())
	if len(keys) == 0 {
		return []windowsKey{{name, shown.bytes()}}, nil
	}
	slices.SortStableFunc(keys, func(a, b windowsKey) int {
		switch first, second := strings.EqualFold(a.Name, name), strings.EqualFold(b.Name, name); {
		case first == second:
			return strings.Compare(a.Name, b.Name)
		case first:
			return -1
		}
		return 1
	})
	return keys, nil
}

// keys are those that were saved. A record without any is of a certificate in the one key that Windows gives it, or was written by a
// version that saved no other.
func (r windowsRecord) keys(e element) []windowsKey {
	if len(r.Keys) > 0 {
		return r.Keys
	}
	return []windowsKey{{nameOf(e.der()), r.Blob}}
}

// recordOf is the record of some keys.
func recordOf(keys []windowsKey) windowsRecord {
	record := windowsRecord{Blob: keys[0].Blob}
	if len(keys) > 1 || !strings.EqualFold(keys[0].Name, nameOf(keys[0].element().der())) {
		record.Keys = keys
	}
	return record
}

// fit tells whether all keys of a record hold the certificate of that print, and have names that lead nowhere else.
func (r windowsRecord) fit(print cert.Print) bool {
	return !slices.ContainsFunc(r.Keys, func(k windowsKey) bool {
		e, err := readElement(k.Blob)
		return err != nil || cert.Of(e.der()) != print || k.Name == "" || len(k.Name) > 255 || strings.ContainsAny(k.Name, "\\\x00")
	})
}

// putKeys writes those of the keys that are not there so. The certificate is there already, so nothing is trusted that was not.
func (w windowsOwn) putKeys(print cert.Print, keys []windowsKey) error {
	now, err := w.find(print)
	if err != nil {
		return trouble(w.at.key(), err)
	}
	for _, k := range keys {
		if there, ok := keyNamed(now, k.Name); ok && there.element().same(k.element()) {
			continue
		}
		if err := w.write.put(w.at, k); err != nil {
			return fmt.Errorf("write key %s of %s: %w", k.Name, w.at.key(), err)
		}
	}
	return nil
}
