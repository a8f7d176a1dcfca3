package store

import (
	"path/filepath"
	"time"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// unreachedFolders lists the folders of the person that are always there and that Windows says are not: a home, or a folder of settings, on a share or a network
// drive that is not connected. Windows gives the same errors for these as for a file that is missing (ERROR_BAD_NETPATH, ERROR_PATH_NOT_FOUND), so every search in
// them would end with nothing found. What hangs or is refused is said by the search for profiles.
func unreachedFolders(m *machine.Machine) []Store {
	self, ok := m.Self()
	if !ok || m.Offline() {
		return nil
	}
	folders := []string{self.Home}
	for _, name := range []string{"APPDATA", "LOCALAPPDATA"} {
		if folder := m.Env(name); folder != "" {
			folders = append(folders, folder)
		}
	}
	missing := make([]chan bool, len(folders))
	for i, folder := range folders {
		missing[i] = make(chan bool, 1)
		go func() {
			_, err := m.Stat(folder)
			if i > 0 && err != nil { // an account that has used no program yet lacks them; its disk it does not lack
				_, err = m.Stat(filepath.VolumeName(folder) + string(filepath.Separator))
			}
			missing[i] <- err != nil && absent(err)
		}()
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	var all []Store
	for i, folder := range folders {
		select {
		case gone := <-missing[i]:
			if gone {
				place := evidence.Place{Kind: evidence.NSS, Path: native(m, folder), Owner: self.Name, Program: "Firefox"}
				all = append(all, unseen{place, evidence.Trouble{Code: evidence.TimedOut, Path: folder}})
			}
		case <-late.C:
			return all
		}
	}
	return all
}
