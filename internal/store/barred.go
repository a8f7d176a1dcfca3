package store

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"qulyp/internal/machine"
)

// barred tells whether a folder is there that this account may not enter. A home that is closed is told of once, by the search for NSS databases: the other
// searches leave it out, or each of the hundreds of files that can be in a home would be a place of its own that could not be read.
func barred(m *machine.Machine, dir string) bool {
	_, err := m.Stat(dir + "/lib") // any name: whether it is there cannot even be asked
	return errors.Is(err, fs.ErrPermission)
}

// homeBarred tells so of the home of a person.
func homeBarred(m *machine.Machine, person machine.Person) bool {
	home := strings.TrimRight(filepath.ToSlash(person.Home), "/")
	return home != "" && barred(m, home)
}

// javaNames are parts of the names of folders in which runtimes of Java are.
var javaNames = []string{"java", "jdk", "jre", "jvm", "jbr", "jabba", "zulu", "corretto", "temurin", "semeru", "graalvm", "icedtea", "ncalayer"}

// javaNamed tells whether a folder promises by its name, or by that of one of the two above it, to hold a runtime of Java.
func javaNamed(dir string) bool {
	for range 3 {
		name := strings.ToLower(path.Base(dir))
		for _, part := range javaNames {
			if strings.Contains(name, part) {
				return true
			}
		}
		dir = path.Dir(dir)
	}
	return false
}
