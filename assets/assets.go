// Package assets carries the files that are compiled into the program. It does nothing with them: each is read by the package that knows its format,
// to which app hands it down.
package assets

import "embed"

// Words are the texts of the program, one file a language: words/TAG.json.
//
//go:embed words/*.json
var Words embed.FS

// Authorities is the list of known authorities, for catalog.Parse.
//
//go:embed authorities.json
var Authorities []byte

// Hosts are the names for the live test, for catalog.ParseHosts.
//
//go:embed hosts.json
var Hosts []byte
