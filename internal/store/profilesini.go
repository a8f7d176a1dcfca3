package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"gopkg.in/ini.v1"

	"qulyp/internal/evidence"
)

// profile is one profile that a program's own lists name.
type profile struct{ dir, name string }

// folder looks for profiles in the folder of one program: those that profiles.ini and installs.ini name, which can lie anywhere; those of the
// new profile switcher, which are only in a database; and whatever else lies one or two levels below, since profiles are copied, restored from
// backups and forgotten by the lists.
func (s *scout) folder(dir, program, label string) {
	list, err := s.m.ReadDir(dir)
	if err != nil {
		if !absent(err) {
			s.lose(dir, program, label, err)
		}
		return
	}
	named := func(name string) string {
		switch {
		case label == "":
			return name
		case name == "":
			return label
		}
		return name + ", " + label
	}
	for _, file := range []string{"profiles.ini", "installs.ini"} {
		text, err := s.m.Read(dir+"/"+file, 1<<20)
		if err == nil {
			var profiles []profile
			if profiles, err = readProfiles(text, dir, s.m.GOOS, s.m.Offline()); err == nil || len(profiles) > 0 {
				for _, p := range profiles {
					s.candidate(p.dir, program, named(p.name), nil)
				}
			}
		}
		if err != nil && !absent(err) {
			s.lose(dir+"/"+file, program, label, err)
		}
	}
	s.groups(dir, program, named)
	s.candidate(dir, program, label, nil)
	for _, entry := range list {
		if !mayBeFolder(entry) {
			continue
		}
		outer := dir + "/" + entry.Name()
		s.candidate(outer, program, named(profileName(entry.Name())), nil)
		inner, err := s.m.ReadDir(outer)
		if err != nil && !absent(err) {
			s.lose(outer, program, label, err)
		}
		for _, entry := range inner {
			if mayBeFolder(entry) {
				s.candidate(outer+"/"+entry.Name(), program, named(profileName(entry.Name())), nil)
			}
		}
	}
}

// profileName is what is told by the name of a profile's folder: «x1y2z3.default-release» is that of «default-release».
func profileName(folder string) string {
	if _, name, ok := strings.Cut(folder, "."); ok && name != "" {
		return name
	}
	return folder
}

// readProfiles reads profiles.ini or installs.ini, as nsToolkitProfileService.cpp of Firefox writes them. The paths come back complete, with "/"
// between the elements.
func readProfiles(text []byte, dir, goos string, offline bool) ([]profile, error) {
	// Firefox takes the mark of UTF-16 for what it is (nsINIParser.cpp), which the editor of Windows writes under the name «Unicode».
	if wide, ok := bytes.CutPrefix(text, []byte{0xFF, 0xFE}); ok {
		units := make([]uint16, len(wide)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(wide[2*i:])
		}
		text = []byte(string(utf16.Decode(units)))
	}
	file, err := ini.LoadSources(ini.LoadOptions{
		IgnoreInlineComment:         true, // «;» and «#» are letters in a path
		IgnoreContinuation:          true, // «\» is one too, on Windows
		SkipUnrecognizableLines:     true, // one odd line must not hide the other profiles
		PreserveSurroundedQuote:     true,
		KeyValueDelimiters:          "=",
		UnescapeValueDoubleQuotes:   false,
		AllowDuplicateShadowValues:  false,
		SpaceBeforeInlineComment:    true,
		UnescapeValueCommentSymbols: false,
	}, text)
	if err != nil {
		return nil, evidence.Trouble{Code: evidence.Damaged, Path: dir, Err: err}
	}
	var found []profile
	for _, section := range file.Sections() {
		value := func(key string) string {
			if !section.HasKey(key) {
				return ""
			}
			return section.Key(key).Value()
		}
		where, name := value("Path"), value("Name")
		relative := value("IsRelative") != "0"
		if where == "" {
			if where = value("Default"); where == "" || where == "0" || where == "1" { // the number is of a [Profile…] section without a path
				continue
			}
			relative = false // of an [Install…] section, and of those in installs.ini: either way
		}
		relative = relative || !absolute(where, goos)
		if goos == "windows" {
			where = strings.ReplaceAll(where, `\`, "/")
		}
		switch {
		case relative:
			where = below(dir, where)
		case goos == "windows" && offline:
			where = path.Clean("/" + strings.TrimPrefix(where, drive(where)))
		default:
			where = path.Clean(where)
		}
		if name == "" {
			name = profileName(path.Base(where))
		}
		found = append(found, profile{where, name})
	}
	return found, nil
}

// below is the path where, taken from dir. The two slashes with which a share of Windows begins are kept.
func below(dir, where string) string {
	joined := path.Join(dir, where)
	if strings.HasPrefix(dir, "//") {
		joined = "/" + joined
	}
	return joined
}

func absolute(name, goos string) bool {
	if goos == "windows" {
		return drive(name) != "" || strings.HasPrefix(name, `\`) || strings.HasPrefix(name, "/")
	}
	return path.IsAbs(name)
}

// drive is the letter of a path of Windows, also when this is another system.
func drive(name string) string {
	if len(name) >= 2 && name[1] == ':' {
		return name[:2]
	}
	return ""
}

// groups reads the databases in which the profile switcher of Firefox keeps its list: SelectableProfileService.sys.mjs, table Profiles.
func (s *scout) groups(dir, program string, named func(string) string) {
	list, err := s.m.ReadDir(dir + "/Profile Groups")
	if err != nil {
		if !absent(err) {
			s.lose(dir+"/Profile Groups", program, "", err)
		}
		return
	}
	for _, entry := range list {
		if path.Ext(entry.Name()) != ".sqlite" {
			continue
		}
		file := dir + "/Profile Groups/" + entry.Name()
		profiles, err := s.readGroup(file)
		if err != nil {
			s.lose(file, program, "", err)
		}
		for _, p := range profiles {
			where := filepath.ToSlash(p.dir)
			if s.m.GOOS == "windows" {
				where = strings.ReplaceAll(where, `\`, "/")
			}
			if absolute(where, s.m.GOOS) {
				s.candidate(path.Clean(where), program, named(p.name), nil)
				continue
			}
			s.candidate(below(dir, where), program, named(p.name), nil)
			s.candidate(below(dir, "Profiles/"+where), program, named(p.name), nil)
		}
	}
}

func (s *scout) readGroup(file string) ([]profile, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	host, err := s.m.Host(file)
	if err != nil {
		return nil, err
	}
	d, err := openRead(ctx, host, file)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	rows, err := d.QueryContext(ctx, "SELECT path, name FROM Profiles LIMIT 1000")
	if err != nil {
		return nil, sqliteTrouble(ctx, file, err)
	}
	defer rows.Close()
	var found []profile
	for rows.Next() {
		var where, name []byte
		if err := rows.Scan(&where, &name); err != nil {
			return found, sqliteTrouble(ctx, file, err)
		}
		if len(where) > 0 {
			found = append(found, profile{string(where), string(name)})
		}
	}
	if err := rows.Err(); err != nil {
		return found, sqliteTrouble(ctx, file, err)
	}
	return found, nil
}
