package store

import (
	"context"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// windowsWriter is a registry that can be changed, one certificate at a time, always through the calls of Windows.
type windowsWriter interface {
	windowsReader
	// remove takes out every certificate of the store with that print. None is no error.
	remove(l location, print cert.Print) error
	// add puts a serialized element into the store, which must not have the certificate yet. For a root of a person Windows itself asks whether to trust
	// it; an error wrapping machine.ErrRefused says that the person did not want that.
	add(l location, element []byte) error
	// set changes one property of a certificate; nil takes it off.
	set(l location, print cert.Print, id uint32, data []byte) error
	// keysOf are the keys that hold a certificate, as they stand in the registry.
	keysOf(l location, print cert.Print) ([]windowsKey, error)
	// put writes one key, and drop deletes one, without the calls of CryptoAPI, which know no key but the one that Windows would make. Never for a certificate that is
	// not in the store: Windows would not ask.
	put(l location, key windowsKey) error
	drop(l location, name string) error
}

// windowsOwn is a place whose certificates can be taken out and put back.
type windowsOwn struct {
	windowsStore
	write windowsWriter
}

// windowsRoots is a place whose certificates can be limited as well.
type windowsRoots struct{ windowsOwn }

// windowsRefusals is a place that refuses what is in it.
type windowsRefusals struct{ windowsOwn }

// windowsRecord is what is saved of one certificate: the whole value from the registry, with the friendly name, the purposes and all other properties.
type windowsRecord struct {
	Blob  []byte       `json:"blob"`            // the element as it stood there; for a refusal: the one that is to be written
	Limit []byte       `json:"limit,omitempty"` // for a limit: the purposes that are to be written, DER
	Keys  []windowsKey `json:"keys,omitempty"`  // all keys that held it, where these are not the one that Windows would make; Blob is that of the first
}

// shown is the element of a certificate as Windows has it; nil when it is not there.
func (w windowsOwn) shown(print cert.Print) (element, error) {
	blobs, err := w.reg.elements(w.at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, blob := range blobs {
		if e, bad := readElement(blob); bad == nil && cert.Of(e.der()) == print {
			return e, nil
		}
	}
	return nil, err
}

// Save reads the element with all its properties.
func (w windowsOwn) Save(_ context.Context, entry evidence.Entry) (Saved, error) {
	keys, err := w.find(entry.Cert.Print)
	if err != nil {
		return Saved{}, trouble(w.at.key(), err)
	}
	if keys == nil {
		return Saved{}, fmt.Errorf("save %s: %w", entry.Cert.Title(), ErrGone)
	}
	return pack(w.Place(), cert.Read(keys[0].element().der()), recordOf(keys))
}

// Remove takes out the certificate of that SHA-256, when its properties are still those that were saved.
func (w windowsOwn) Remove(_ context.Context, saved Saved) error {
	_, before, err := w.record(saved, "")
	if err != nil {
		return err
	}
	now, err := w.find(saved.Print)
	if err != nil {
		return trouble(w.at.key(), err)
	}
	if now == nil {
		return nil
	}
	if strange(now, before) {
		return fmt.Errorf("remove %s: %w", saved.Title, ErrChanged)
	}
	if err := w.write.remove(w.at, saved.Print); err != nil {
		return fmt.Errorf("remove %s from %s: %w", saved.Title, w.at.key(), err)
	}
	return nil
}

// Restore puts the element back with all its properties, takes off a limit, or withdraws a refusal.
func (w windowsOwn) Restore(_ context.Context, saved Saved) error {
	record, before, err := w.record(saved, saved.Verb)
	if err != nil {
		return err
	}
	now, err := w.find(saved.Print)
	if err != nil {
		return trouble(w.at.key(), err)
	}
	switch saved.Verb {
	case verbDistrust:
		if now == nil {
			return nil
		}
		if strange(now, before) {
			return fmt.Errorf("withdraw refusal of %s: %w", saved.Title, ErrChanged)
		}
		return w.write.remove(w.at, saved.Print)
	case verbLimit:
		return w.unlimit(saved, record, before, now)
	case "":
	default:
		return fmt.Errorf("restore %s: %q: %w", saved.Title, saved.Verb, errBadRecord)
	}
	if strange(now, before) {
		return fmt.Errorf("restore %s: %w", saved.Title, ErrChanged)
	}
	if now == nil {
		if err := w.write.add(w.at, record.Blob); err != nil {
			return fmt.Errorf("restore %s to %s: %w", saved.Title, w.at.key(), err)
		}
	}
	if record.Keys != nil {
		if err := w.putKeys(saved.Print, before); err != nil {
			return fmt.Errorf("restore %s: %w", saved.Title, err)
		}
		if name := nameOf(before[0].element().der()); now == nil { // the key that Windows has just made, where there was none
			if _, ok := keyNamed(before, name); !ok {
				if err := w.write.drop(w.at, name); err != nil {
					return fmt.Errorf("restore %s: %w", saved.Title, err)
				}
			}
		}
	}
	if now, err = w.find(saved.Print); err != nil {
		return trouble(w.at.key(), err)
	}
	if now == nil || strange(now, before) || strange(before, now) {
		return fmt.Errorf("restore %s with its properties: %w", saved.Title, ErrChanged)
	}
	return nil
}

var errBadRecord = errors.New("record does not fit")

// record reads what was saved, and makes sure that it is about what it says: a receipt is a file, and could have been changed.
func (w windowsOwn) record(saved Saved, verb string) (windowsRecord, []windowsKey, error) {
	var record windowsRecord
	if err := json.Unmarshal(saved.Data, &record); err != nil {
		return record, nil, fmt.Errorf("read record of %s: %w", saved.Title, err)
	}
	e, err := readElement(record.Blob)
	if err != nil {
		return record, nil, fmt.Errorf("read record of %s: %w", saved.Title, err)
	}
	if saved.Verb != verb || cert.Of(e.der()) != saved.Print || saved.Place.Path != w.at.key() || !record.fit(saved.Print) {
		return record, nil, fmt.Errorf("read record of %s: %w", saved.Title, errBadRecord)
	}
	return record, record.keys(e), nil
}

// DistrustNeeds is what a change to the store needs.
func (w windowsRefusals) DistrustNeeds() evidence.Right { return w.at.needs }

// SaveDistrust prepares the refusal of a certificate, wherever it may come from.
func (w windowsRefusals) SaveDistrust(_ context.Context, c cert.Certificate) (Saved, error) {
	if c.DER == nil {
		return Saved{}, fmt.Errorf("refuse %s: %w", c.Title(), errNoCertificate)
	}
	now, err := w.find(c.Print)
	if err != nil {
		return Saved{}, trouble(w.at.key(), err)
	}
	if now != nil {
		return Saved{}, fmt.Errorf("refuse %s: refused already: %w", c.Title(), ErrChanged)
	}
	refusal := element{{propSHA1, 1, c.SHA1[:]}, {propCertificate, 1, c.DER}}
	saved, err := pack(w.Place(), c, windowsRecord{Blob: refusal.bytes()})
	saved.Verb = verbDistrust
	return saved, err
}

// Distrust writes the refusal. Windows and the browsers that go by it (not Firefox, which reads roots and intermediates alone) then refuse the certificate
// even when it comes back among the roots.
func (w windowsRefusals) Distrust(_ context.Context, saved Saved) error {
	record, _, err := w.record(saved, verbDistrust)
	if err != nil {
		return err
	}
	now, err := w.find(saved.Print)
	if err != nil {
		return trouble(w.at.key(), err)
	}
	if now != nil {
		return nil
	}
	if err := w.write.add(w.at, record.Blob); err != nil {
		return fmt.Errorf("refuse %s: %w", saved.Title, err)
	}
	return nil
}

// notWeb are the purposes that stay when a certificate that was good for all is limited: what people sign, sign in and encrypt with.
var notWeb = []asn1.ObjectIdentifier{
	{1, 3, 6, 1, 5, 5, 7, 3, 2},          // id-kp-clientAuth
	{1, 3, 6, 1, 5, 5, 7, 3, 3},          // id-kp-codeSigning
	{1, 3, 6, 1, 5, 5, 7, 3, 4},          // id-kp-emailProtection
	{1, 3, 6, 1, 5, 5, 7, 3, 8},          // id-kp-timeStamping
	{1, 3, 6, 1, 5, 5, 7, 3, 9},          // id-kp-OCSPSigning
	{1, 3, 6, 1, 5, 5, 7, 3, 17},         // id-kp-ipsecIKE
	{1, 3, 6, 1, 5, 5, 7, 3, 36},         // id-kp-documentSigning, RFC 9336
	{1, 3, 6, 1, 5, 5, 8, 2, 2},          // iKEIntermediate
	{1, 3, 6, 1, 4, 1, 311, 20, 2, 2},    // szOID_KP_SMARTCARD_LOGON
	{1, 3, 6, 1, 4, 1, 311, 10, 3, 12},   // szOID_KP_DOCUMENT_SIGNING
	{1, 3, 6, 1, 4, 1, 311, 10, 3, 4},    // szOID_KP_EFS
	{1, 3, 6, 1, 4, 1, 311, 10, 3, 4, 1}, // szOID_EFS_RECOVERY
	{1, 3, 6, 1, 4, 1, 311, 10, 3, 11},   // szOID_KP_KEY_RECOVERY
	{1, 3, 6, 1, 4, 1, 311, 67, 1, 1},    // BitLocker drive encryption
	{1, 2, 840, 113583, 1, 1, 5},         // Adobe: document signing
	{1, 2, 398, 3, 3, 4, 1, 1},           // NUC of Kazakhstan: a person
	{1, 2, 398, 3, 3, 4, 1, 2},           // an organisation,
	{1, 2, 398, 3, 3, 4, 1, 2, 1},        // its first head,
	{1, 2, 398, 3, 3, 4, 1, 2, 2},        // one who may sign for it,
	{1, 2, 398, 3, 3, 4, 1, 2, 3},        // one who may sign its payments,
	{1, 2, 398, 3, 3, 4, 1, 2, 4},        // its personnel office,
	{1, 2, 398, 3, 3, 4, 1, 2, 5},        // an employee,
	{1, 2, 398, 3, 3, 4, 1, 2, 6},        // its information system
}

// SaveLimit reads the element, and prepares its purposes without that of web sites.
func (w windowsRoots) SaveLimit(_ context.Context, entry evidence.Entry) (Saved, error) {
	keys, err := w.find(entry.Cert.Print)
	if err != nil {
		return Saved{}, trouble(w.at.key(), err)
	}
	if keys == nil {
		return Saved{}, fmt.Errorf("limit %s: %w", entry.Cert.Title(), ErrGone)
	}
	e, keep := keys[0].element(), notWeb
	if own, ok := ownUsages(e.der()); ok {
		keep = own
	}
	if data, ok := e.get(propUsage); ok {
		if keep, err = readUsages(data); err != nil {
			return Saved{}, fmt.Errorf("limit %s: %w", entry.Cert.Title(), err)
		}
	}
	keep = slices.DeleteFunc(slices.Clone(keep), func(oid asn1.ObjectIdentifier) bool { return oid.Equal(purposeWeb) || oid.Equal(purposeAny) })
	limit, err := writeUsages(keep)
	if err != nil {
		return Saved{}, fmt.Errorf("limit %s: %w", entry.Cert.Title(), err)
	}
	record := recordOf(keys)
	record.Limit = limit
	saved, err := pack(w.Place(), cert.Read(e.der()), record)
	saved.Verb = verbLimit
	return saved, err
}

// Limit forbids the certificate for web sites.
func (w windowsRoots) Limit(_ context.Context, saved Saved) error {
	record, before, err := w.record(saved, verbLimit)
	if err != nil {
		return err
	}
	now, err := w.find(saved.Print)
	if err != nil {
		return trouble(w.at.key(), err)
	}
	after := limited(before, record.Limit)
	switch {
	case now == nil:
		return fmt.Errorf("limit %s: %w", saved.Title, ErrGone)
	case !strange(now, after):
		return nil
	case strange(now, slices.Concat(before, after)):
		return fmt.Errorf("limit %s: %w", saved.Title, ErrChanged)
	}
	if err := w.usages(saved.Print, record, after, record.Limit); err != nil {
		return fmt.Errorf("limit %s: %w", saved.Title, err)
	}
	return nil
}

// usages writes purposes: through Windows, which knows the key that it would make and no other.
func (w windowsOwn) usages(print cert.Print, record windowsRecord, keys []windowsKey, purposes []byte) error {
	if record.Keys != nil {
		return w.putKeys(print, keys)
	}
	return w.write.set(w.at, print, propUsage, purposes)
}

// unlimit gives the certificate the purposes back that it had.
func (w windowsOwn) unlimit(saved Saved, record windowsRecord, before, now []windowsKey) error {
	switch {
	case now == nil:
		return fmt.Errorf("take limit off %s: %w", saved.Title, ErrGone)
	case !strange(now, before) && !strange(before, now):
		return nil
	case strange(now, slices.Concat(before, limited(before, record.Limit))):
		return fmt.Errorf("take limit off %s: %w", saved.Title, ErrChanged)
	}
	had, _ := before[0].element().get(propUsage)
	if err := w.usages(saved.Print, record, before, had); err != nil {
		return fmt.Errorf("take limit off %s: %w", saved.Title, err)
	}
	return nil
}
