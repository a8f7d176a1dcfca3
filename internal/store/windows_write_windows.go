package store

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"qulyp/internal/cert"
	"qulyp/internal/machine"
)

// remove takes out what has that print. Contexts are gathered first: deleting while listing would lose the place in the list.
func (c crypto32) remove(l location, print cert.Print) error {
	runtime.LockOSThread() // Windows may ask, in a window that belongs to this thread
	defer runtime.UnlockOSThread()
	if l.flag == areaUser.flag && l.store == storeRoot {
		// Without this flag Windows asks once more for each root of a person. Taking trust away is not what that question is there to prevent, the person
		// has agreed already, and a question that stays hidden behind a window would leave the root in. Putting a root back goes without the flag.
		// What CryptoAPI shows and does not find to delete is swept before anything is asked again: that question would be about a key that it cannot delete.
		if err := c.delete(l, print, windows.CERT_SYSTEM_STORE_UNPROTECTED_FLAG); err == nil {
			if err = c.sweep(l, print); !c.has(l, print) {
				return err
			}
		}
	}
	if err := c.delete(l, print, 0); err != nil {
		return err // the person's «no» among others: that holds
	}
	return c.sweep(l, print)
}

// sweep deletes the keys that still hold the certificate after CryptoAPI has taken it out. That finds the key to delete by its name, the SHA-1 of the certificate
// in capitals, or by the SHA-1 among the properties, while whoever writes into the registry by other means can put anything in either.
func (c crypto32) sweep(l location, print cert.Print) error {
	keys, err := c.keysOf(l, print)
	troubles := []error{err}
	for _, key := range keys {
		troubles = append(troubles, c.drop(l, key.Name))
	}
	return errors.Join(troubles...)
}

// keysOf lists the keys that hold a certificate, whatever their names.
func (c crypto32) keysOf(l location, print cert.Print) ([]windowsKey, error) {
	key, err := openKey(l.key()+`\Certificates`, registry.ENUMERATE_SUB_KEYS)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", l.key(), err)
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.key(), err)
	}
	var all []windowsKey
	for _, name := range names {
		blob, err := c.binary(l.key()+`\Certificates\`+name, blobValue)
		if err != nil {
			continue // no certificate, or none that can be told
		}
		if e, err := readElement(blob); err == nil && cert.Of(e.der()) == print {
			all = append(all, windowsKey{name, blob})
		}
	}
	return all, nil
}

// put writes a key.
func (crypto32) put(l location, k windowsKey) error {
	key, _, err := registry.CreateKey(hiveOf(l.key()), belowHive(l.key())+`\Certificates\`+k.Name, registry.SET_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return err
	}
	defer key.Close()
	return key.SetBinaryValue(blobValue, k.Blob)
}

// drop deletes a key. One that is gone is no error.
func (crypto32) drop(l location, name string) error {
	key, err := openKey(l.key()+`\Certificates`, registry.ENUMERATE_SUB_KEYS)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", l.key(), err)
	}
	defer key.Close()
	if err := registry.DeleteKey(key, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete key %s: %w", name, err)
	}
	return nil
}

func (c crypto32) delete(l location, print cert.Print, flags uint32) error {
	h, err := c.open(l, windows.CERT_STORE_MAXIMUM_ALLOWED_FLAG|flags)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	var hits []*windows.CertContext
	err = each(h, func(context *windows.CertContext) error {
		if cert.Of(derOf(context)) == print {
			hits = append(hits, windows.CertDuplicateCertificateContext(context))
		}
		return nil
	})
	for _, hit := range hits {
		if bad := windows.CertDeleteCertificateFromStore(hit); bad != nil { // frees hit, even when it fails
			err = errors.Join(err, refused(bad))
		}
	}
	if bad := windows.CertCloseStore(h, 0); bad != nil {
		err = errors.Join(err, win32(bad))
	}
	return err
}

// has looks through a fresh handle.
func (c crypto32) has(l location, print cert.Print) bool {
	blobs, _ := c.elements(l)
	for _, blob := range blobs {
		if e, err := readElement(blob); err == nil && cert.Of(e.der()) == print {
			return true
		}
	}
	return false
}

// refused gives the person's «no» to a question of Windows its name here.
func refused(err error) error {
	if err = win32(err); errors.Is(err, errCancelled) {
		return fmt.Errorf("%w: %w", machine.ErrRefused, err)
	}
	return err
}

// add puts an element in. The key of the store may be missing, when its last certificate was taken out: then it is made.
func (c crypto32) add(l location, blob []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h, err := c.open(l, windows.CERT_STORE_MAXIMUM_ALLOWED_FLAG)
	if errors.Is(err, fs.ErrNotExist) {
		var name *uint16
		if name, err = windows.UTF16PtrFromString(l.name()); err == nil {
			h, err = windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM_REGISTRY_W, 0, 0, l.flag, uintptr(unsafe.Pointer(name)))
			runtime.KeepAlive(name)
		}
	}
	if err != nil {
		return fmt.Errorf("open store: %w", win32(err))
	}
	ok, _, err := c.addBlob.Call(uintptr(h), uintptr(unsafe.Pointer(&blob[0])), uintptr(len(blob)), windows.CERT_STORE_ADD_NEW, 0,
		certificateOnly, 0, 0)
	switch {
	case ok != 0, errors.Is(err, errExists):
		err = nil
	default:
		err = refused(err)
	}
	if bad := windows.CertCloseStore(h, 0); bad != nil {
		err = errors.Join(err, win32(bad))
	}
	return err
}

// set changes a property, and has the change written: Wine writes a store back only when it is told to, or after certificates came or went. The certificate is not
// out of the store for a moment.
func (c crypto32) set(l location, print cert.Print, id uint32, data []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h, err := c.open(l, windows.CERT_STORE_MAXIMUM_ALLOWED_FLAG)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	var whole []byte
	err = each(h, func(context *windows.CertContext) error {
		if cert.Of(derOf(context)) != print {
			return nil
		}
		var argument uintptr
		if data != nil {
			argument = uintptr(unsafe.Pointer(&windows.CryptDataBlob{Size: uint32(len(data)), Data: unsafe.SliceData(data)}))
		}
		if ok, _, bad := c.setProp.Call(uintptr(unsafe.Pointer(context)), uintptr(id), 0, argument); ok == 0 {
			return fmt.Errorf("set property %d: %w", id, refused(bad))
		}
		blob, bad := c.blobOf(context)
		whole = blob
		return bad
	})
	runtime.KeepAlive(data)
	if whole != nil {
		const commit, force = 3, 1 // CERT_STORE_CTRL_COMMIT and its flag, wincrypt.h; what comes of it is read below
		_, _, _ = c.control.Call(uintptr(h), force, commit, 0)
	}
	if bad := windows.CertCloseStore(h, 0); bad != nil {
		err = errors.Join(err, win32(bad))
	}
	if err != nil || whole == nil {
		return err
	}
	e, err := readElement(whole)
	if err != nil {
		return err
	}
	stored, err := c.binary(l.entry(cert.Read(e.der()).SHA1), blobValue)
	if err != nil {
		return err
	}
	if now, err := readElement(stored); err != nil || !now.same(e) {
		return fmt.Errorf("set property %d of %s: %w", id, l.key(), errNotWritten)
	}
	return nil
}
