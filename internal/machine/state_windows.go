package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// AdminState is the folder for the administrator's own receipts, made if need be. Only administrators can write there, so what an undo puts back as
// administrator is what an administrator took out. It must be called as administrator.
func AdminState() (string, error) {
	// From Windows itself, not from the environment, which the account that asked can write.
	data, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		return "", fmt.Errorf("find ProgramData: %w", err)
	}
	folder := filepath.Join(data, "Qulyp")
	if err := makeAdminFolder(folder); err != nil {
		return "", fmt.Errorf("make %s: %w", folder, err)
	}
	return folder, nil
}

// adminOnly is the owner and the rights of such a folder: full control for administrators (BA) and the system (SY), inherited by what is in it, and nothing
// from the folder above, in which everybody may make folders.
const adminOnly = "O:BAD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)"

// makeAdminFolder makes the folder, or makes sure that one that is there was not made by somebody else: an ordinary account may make folders in ProgramData
// and would own this one.
func makeAdminFolder(folder string) error {
	descriptor, err := windows.SecurityDescriptorFromString(adminOnly)
	if err != nil {
		return err
	}
	wide, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return err
	}
	security := windows.SecurityAttributes{SecurityDescriptor: descriptor}
	security.Length = uint32(unsafe.Sizeof(security))
	err = windows.CreateDirectory(wide, &security)
	if err == nil || !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return err
	}
	attributes, err := windows.GetFileAttributes(wide)
	if err != nil {
		return err
	}
	if attributes&windows.FILE_ATTRIBUTE_DIRECTORY == 0 || attributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		return ErrOutside
	}
	now, err := windows.GetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return err
	}
	owner, _, err := now.Owner()
	if err != nil {
		return err
	}
	// What an administrator's account makes without an administrator's rights belongs to the account; with them, to the group.
	if owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) || owner.IsWellKnown(windows.WinLocalSystemSid) {
		return nil
	}
	return fmt.Errorf("it belongs to %s: %w", owner, fs.ErrPermission)
}
