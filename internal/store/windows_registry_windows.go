package store

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// thisRegistry is the registry of this computer.
func thisRegistry() windowsWriter {
	dll := windows.NewLazySystemDLL("crypt32.dll") // from the system's folder alone: a library beside the program is not loaded
	return crypto32{
		serialize: dll.NewProc("CertSerializeCertificateStoreElement"),
		addBlob:   dll.NewProc("CertAddSerializedElementToStore"),
		setProp:   dll.NewProc("CertSetCertificateContextProperty"),
		control:   dll.NewProc("CertControlStore"),
	}
}

// crypto32 speaks to CryptoAPI, with the four calls that golang.org/x/sys/windows lacks.
type crypto32 struct{ serialize, addBlob, setProp, control *windows.LazyProc }

const (
	encoding        = windows.X509_ASN_ENCODING | windows.PKCS_7_ASN_ENCODING
	certificateOnly = 2 // CERT_STORE_CERTIFICATE_CONTEXT_FLAG of wincrypt.h
)

// These come as errors of CryptoAPI; windows.Errno has them as plain numbers.
const (
	errNotFound  = syscall.Errno(windows.CRYPT_E_NOT_FOUND)
	errExists    = syscall.Errno(0x80092005) // CRYPT_E_EXISTS
	errCancelled = windows.ERROR_CANCELLED   // 1223: the person said no
)

// open opens one store. Opening never makes a key that is not there.
func (crypto32) open(l location, flags uint32) (windows.Handle, error) {
	if l.flag == 0 {
		return 0, errNoFlag
	}
	name, err := windows.UTF16PtrFromString(l.name())
	if err != nil {
		return 0, err
	}
	h, err := windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM_REGISTRY_W, 0, 0, l.flag|windows.CERT_STORE_OPEN_EXISTING_FLAG|flags,
		uintptr(unsafe.Pointer(name)))
	runtime.KeepAlive(name)
	return h, win32(err)
}

// errNotWritten says that the registry holds another thing than CryptoAPI was told to write.
var errNotWritten = errors.New("not written to the registry")

// errNoFlag says that CryptoAPI has no name for an area: its keys are read by themselves.
var errNoFlag = errors.New("no such system store")

// win32 gives an error of CryptoAPI that stands for one of Windows itself the form of that, so that errors.Is knows it: HRESULT_FROM_WIN32 of winerror.h.
func win32(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) && uint32(number)&0xFFFF0000 == 0x80070000 {
		return number & 0xFFFF
	}
	return err
}

// elements lists the store through CryptoAPI. An area that CryptoAPI does not know, as Wine does not know some, is read from its keys.
func (c crypto32) elements(l location) ([][]byte, error) {
	h, err := c.open(l, windows.CERT_STORE_READONLY_FLAG)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case errors.Is(err, errNoFlag), errors.Is(err, windows.ERROR_INVALID_PARAMETER), errors.Is(err, syscall.EINVAL): // EINVAL: failed without a reason
		return c.keys(l)
	case err != nil:
		return nil, fmt.Errorf("open store: %w", err)
	}
	return c.blobs(h)
}

// blobs lists an open store, and closes it.
func (c crypto32) blobs(h windows.Handle) ([][]byte, error) {
	defer windows.CertCloseStore(h, 0)
	var all [][]byte
	err := each(h, func(context *windows.CertContext) error {
		blob, err := c.blobOf(context)
		if err == nil {
			all = append(all, blob)
		}
		return err
	})
	return all, err
}

// physical lists a physical store that somebody registered.
func (c crypto32) physical(l location, name string) ([][]byte, error) {
	full, err := windows.UTF16PtrFromString(l.name() + `\` + name)
	if err != nil {
		return nil, err
	}
	h, err := windows.CertOpenStore(windows.CERT_STORE_PROV_PHYSICAL_W, 0, 0, l.flag|windows.CERT_STORE_OPEN_EXISTING_FLAG|windows.CERT_STORE_READONLY_FLAG,
		uintptr(unsafe.Pointer(full)))
	runtime.KeepAlive(full)
	if err != nil {
		return nil, fmt.Errorf("open physical store: %w", win32(err))
	}
	return c.blobs(h)
}

func (crypto32) below(path string) []string {
	key, err := openKey(path, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil
	}
	defer key.Close()
	names, _ := key.ReadSubKeyNames(-1)
	return names
}

// each calls do for every certificate of an open store. The context is good until do returns.
func each(h windows.Handle, do func(*windows.CertContext) error) error {
	var context *windows.CertContext
	var troubles []error
	for {
		next, err := windows.CertEnumCertificatesInStore(h, context) // frees the one before
		if next == nil {
			if err != nil && !errors.Is(err, errNotFound) && !errors.Is(err, windows.ERROR_NO_MORE_FILES) {
				troubles = append(troubles, fmt.Errorf("list store: %w", err))
			}
			return errors.Join(troubles...)
		}
		if err := do(next); err != nil {
			troubles = append(troubles, err)
		}
		context = next
	}
}

// blobOf is the serialized element of a certificate, in bytes of our own: those of Windows go with the store.
func (c crypto32) blobOf(context *windows.CertContext) ([]byte, error) {
	var size uint32
	ok, _, err := c.serialize.Call(uintptr(unsafe.Pointer(context)), 0, 0, uintptr(unsafe.Pointer(&size)))
	if ok == 0 || size == 0 {
		return nil, fmt.Errorf("measure certificate: %w", win32(err))
	}
	blob := make([]byte, size)
	ok, _, err = c.serialize.Call(uintptr(unsafe.Pointer(context)), 0, uintptr(unsafe.Pointer(&blob[0])), uintptr(unsafe.Pointer(&size)))
	if ok == 0 {
		return nil, fmt.Errorf("copy certificate: %w", win32(err))
	}
	return blob[:size], nil
}

// derOf is the certificate itself, in bytes of Windows: good until the context is freed.
func derOf(context *windows.CertContext) []byte {
	return unsafe.Slice(context.EncodedCert, context.Length)
}

// keys reads a store from the registry itself.
func (c crypto32) keys(l location) ([][]byte, error) {
	key, err := openKey(l.key()+`\Certificates`, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.key(), err)
	}
	var all [][]byte
	var troubles []error
	for _, name := range names {
		blob, err := c.binary(l.key()+`\Certificates\`+name, blobValue)
		switch {
		case errors.Is(err, fs.ErrNotExist): // a key that holds no certificate says nothing of the others
		case err != nil:
			troubles = append(troubles, err)
		default:
			all = append(all, blob)
		}
	}
	return all, errors.Join(troubles...)
}

// openKey opens a key of the 64-bit view, from the name of its hive on.
func openKey(path string, access uint32) (registry.Key, error) {
	return registry.OpenKey(hiveOf(path), belowHive(path), access|registry.WOW64_64KEY)
}

// hiveOf is the hive of a path, belowHive the rest.
func hiveOf(path string) registry.Key {
	hive, _, _ := strings.Cut(path, `\`)
	return map[string]registry.Key{"HKCU": registry.CURRENT_USER, "HKLM": registry.LOCAL_MACHINE, "HKU": registry.USERS}[hive]
}

func belowHive(path string) string {
	_, rest, _ := strings.Cut(path, `\`)
	return rest
}

func (crypto32) exists(path string) bool {
	key, err := openKey(path, registry.QUERY_VALUE)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) // what may not be looked at is there
	}
	key.Close()
	return true
}

func (crypto32) binary(path, value string) ([]byte, error) {
	key, err := openKey(path, registry.QUERY_VALUE)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	data, _, err := key.GetBinaryValue(value)
	return data, err
}

func (crypto32) number(path, value string) uint32 {
	key, err := openKey(path, registry.QUERY_VALUE)
	if err != nil {
		return 0
	}
	defer key.Close()
	number, _, err := key.GetIntegerValue(value)
	if err != nil {
		return 0
	}
	return uint32(number)
}

// profileList is where Windows keeps whose home lies where, by SID.
const profileList = `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`

// others are the accounts of people other than the own one: those with a profile. A hive is loaded as long as its account is signed in.
func (crypto32) others() []account {
	var self string
	if user, err := windows.GetCurrentProcessToken().GetTokenUser(); err == nil {
		self = user.User.Sid.String()
	}
	names := map[string]bool{} // SID -> loaded
	if key, err := openKey(profileList, registry.ENUMERATE_SUB_KEYS); err == nil {
		list, _ := key.ReadSubKeyNames(-1)
		key.Close()
		for _, sid := range list {
			names[sid] = false
		}
	}
	if list, err := registry.USERS.ReadSubKeyNames(-1); err == nil {
		for _, sid := range list {
			names[sid] = true
		}
	}
	var all []account
	for sid, loaded := range names {
		// S-1-5-21: accounts of a computer or domain; S-1-12-1: of Azure AD. The others are the system's own services. _Classes is no account.
		if sid == self || strings.HasSuffix(sid, "_Classes") || !strings.HasPrefix(sid, "S-1-5-21-") && !strings.HasPrefix(sid, "S-1-12-1-") {
			continue
		}
		all = append(all, account{SID: sid, Name: accountName(sid), Loaded: loaded})
	}
	sortAccounts(all)
	return all
}

// accountName is DOMAIN\name, or the SID itself where Windows knows no name for it.
func accountName(text string) string {
	sid, err := windows.StringToSid(text)
	if err != nil {
		return text
	}
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return text
	}
	if domain == "" {
		return name
	}
	return domain + `\` + name
}
