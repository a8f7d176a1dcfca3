package store

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"  //nolint:gosec // the digest that dpkg, pacman and portage keep; tells a changed file from an unchanged one, no more
	"crypto/sha1" //nolint:gosec // the digest that apk keeps
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"path"
	"strings"

	"qulyp/internal/machine"
)

// owners tells which files the distribution's own package brought, and by what digest they are known. An empty digest is none to compare with.
type owners map[string]string

// brought tells whether the file is the package's, unchanged.
func (o owners) brought(name string, data []byte) bool {
	digest, known := o[name]
	if !known {
		return false
	}
	switch {
	case digest == "":
		return true
	case len(digest) == 2*md5.Size:
		sum := md5.Sum(data) //nolint:gosec // see import
		return hex.EncodeToString(sum[:]) == strings.ToLower(digest)
	case len(digest) == 2*sha256.Size:
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:]) == strings.ToLower(digest)
	case strings.HasPrefix(digest, "Q1"):
		sum := sha1.Sum(data) //nolint:gosec // see import
		return base64.StdEncoding.EncodeToString(sum[:]) == digest[2:]
	}
	return false
}

// debianOwns reads what dpkg knows of the package ca-certificates: the digests, or where there are none, the list of files.
func debianOwns(m *machine.Machine) owners {
	o := owners{}
	if data, err := m.Read("/var/lib/dpkg/info/ca-certificates.md5sums", maxText); err == nil {
		for line := range strings.Lines(string(data)) {
			if digest, name, ok := strings.Cut(strings.TrimRight(line, "\n"), "  "); ok {
				o["/"+name] = digest
			}
		}
		return o
	}
	if data, err := m.Read("/var/lib/dpkg/info/ca-certificates.list", maxText); err == nil {
		for line := range strings.Lines(string(data)) {
			o[strings.TrimRight(line, "\n")] = ""
		}
	}
	return o
}

// alpineOwns reads the installed packages of apk: "P:" names the package, "F:" a folder, "R:" a file in it, "Z:" its digest.
func alpineOwns(m *machine.Machine) owners {
	o := owners{}
	data, err := m.Read("/lib/apk/db/installed", 64<<20)
	if err != nil {
		return o
	}
	var wanted bool
	var dir, name string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if len(line) < 2 || line[1] != ':' {
			wanted, dir, name = false, "", "" // an empty line ends a package
			continue
		}
		value := line[2:]
		switch line[0] {
		case 'P':
			wanted = strings.HasPrefix(value, "ca-certificates")
		case 'F':
			dir = value
		case 'R':
			name = "/" + path.Join(dir, value)
			if wanted {
				o[name] = ""
			}
		case 'Z':
			if wanted && name != "" {
				o[name] = value
			}
		}
	}
	return o
}

// gentooOwns reads CONTENTS of the installed package: «obj PATH MD5 MTIME», where PATH may hold spaces.
func gentooOwns(m *machine.Machine) owners {
	o := owners{}
	for _, list := range m.Glob("/var/db/pkg/app-misc/ca-certificates-*/CONTENTS") {
		data, err := m.Read(list, maxText)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			words := strings.Split(strings.TrimRight(line, "\n"), " ")
			if n := len(words); n >= 4 && words[0] == "obj" {
				o[strings.Join(words[1:n-2], " ")] = words[n-2]
			}
		}
	}
	return o
}

// archOwns reads the mtree(5) of the installed package: «./usr/… time=… size=… sha256digest=…», compressed.
func archOwns(m *machine.Machine) owners {
	o := owners{}
	for _, list := range m.Glob("/var/lib/pacman/local/ca-certificates-mozilla-*/mtree") {
		packed, err := m.Read(list, maxText)
		if err != nil {
			continue
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(unpacked, maxText))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			words := strings.Fields(line)
			if len(words) < 2 || !strings.HasPrefix(words[0], "./") {
				continue
			}
			for _, word := range words[1:] {
				if digest, ok := strings.CutPrefix(word, "sha256digest="); ok {
					o[words[0][1:]] = digest
				}
			}
		}
	}
	return o
}
