package store

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// looseStores finds the folders for downloads and the desktop of each person.
func looseStores(m *machine.Machine) []Store {
	var stores []Store
	var files []fs.FileInfo
	for _, person := range m.People {
		for _, dir := range looseFolders(m, person) {
			info, err := m.Stat(dir)
			if err != nil || !info.IsDir() || slices.ContainsFunc(files, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
				continue
			}
			files = append(files, info)
			place := evidence.Place{Kind: evidence.Loose, Path: native(m, dir), Owner: person.Name, Program: path.Base(dir)}
			s := &loose{m: m, place: place, dir: dir}
			if !person.Self && !m.Offline() {
				s.needs = evidence.OtherUser
			}
			stores = append(stores, s)
		}
	}
	return stores
}

// looseFolders are where the folders for downloads and the desktop can be. Their names depend on the language that was chosen when the account was made.
func looseFolders(m *machine.Machine, person machine.Person) []string {
	home := strings.TrimRight(filepath.ToSlash(person.Home), "/")
	if home == "" {
		return nil
	}
	names := []string{"Downloads", "Desktop"}
	var dirs []string
	switch m.GOOS {
	case "linux":
		names = append(names, "Загрузки", "Рабочий стол", "Жүктемелер", "Жүктеулер", "Жұмыс үстелі")
		if text, err := m.Read(home+"/.config/user-dirs.dirs", 64<<10); err == nil {
			dirs = userDirs(string(text), home)
		}
	case "windows":
		names = append(names, "OneDrive/Desktop", "OneDrive/Рабочий стол", "OneDrive/Жұмыс үстелі", "OneDrive/Downloads")
	}
	for _, name := range names {
		if dir := home + "/" + name; !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// userDirs reads user-dirs.dirs(5): lines of XDG_NAME_DIR="$HOME/path" or "/path", quoted as shells do. A folder that was given up is the home itself, which
// is not looked through.
func userDirs(text, home string) []string {
	var dirs []string
	eachLine(text, "#", func(_ int, line string) {
		name, value, ok := strings.Cut(line, "=")
		if !ok || name != "XDG_DOWNLOAD_DIR" && name != "XDG_DESKTOP_DIR" || len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
			return
		}
		value = value[1 : len(value)-1]
		below, inHome := strings.CutPrefix(value, "$HOME/")
		var plain strings.Builder
		escaped := false
		for _, r := range below {
			if r == '\\' && !escaped {
				escaped = true
				continue
			}
			escaped = false
			plain.WriteRune(r)
		}
		dir := plain.String()
		if inHome {
			dir = home + "/" + dir
		}
		if dir = path.Clean(dir); path.IsAbs(dir) && dir != home && !strings.HasPrefix(home+"/", dir+"/") && dir != "/" && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	})
	return dirs
}

// certificateName tells whether a file is by its name a certificate: by its ending, also behind what browsers and mail programs add to it, or by the names
// under which interception roots were given out.
func certificateName(name string) bool {
	lower := strings.ToLower(name)
	for _, end := range []string{".crt", ".cer", ".pem", ".der", ".p7b", ".p7c"} {
		if i := strings.LastIndex(lower, end); i >= 0 {
			switch rest := lower[i+len(end):]; {
			case rest == "", rest[0] == '.', rest[0] == ' ', rest[0] == '(', rest[0] == '_', rest[0] == '~':
				return true
			}
		}
	}
	for _, begin := range []string{"qazca", "qaznet", "information_security_certification_authority", "unified_state_internet_access_gateway", "isca", "russiantrustedca", "russian_trusted"} {
		if strings.HasPrefix(lower, begin) {
			return true
		}
	}
	return false
}

// otherKind tells whether the name promises something else, which is then not looked into.
func otherKind(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".heic", ".mp3", ".mp4", ".mkv", ".avi", ".mov", ".ogg", ".wav", ".flac", ".zip", ".rar", ".7z", ".gz", ".xz",
		".bz2", ".zst", ".tar", ".iso", ".exe", ".msi", ".dll", ".deb", ".rpm", ".dmg", ".pkg", ".apk", ".appimage", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt",
		".ods", ".epub", ".fb2", ".djvu", ".html", ".htm", ".css", ".js", ".json", ".xml", ".csv", ".torrent", ".lnk", ".desktop", ".part", ".crdownload", ".ico", ".ttf":
		return true
	}
	return false
}
