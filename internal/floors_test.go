// Package internal_test holds the architecture as a test: which package may import which, and why not.
package internal_test

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// floors gives each package its floor. Imports go down only; packages on one floor do not import each other.
var floors = map[string]int{
	"qulyp/app":                6,
	"qulyp/internal/window":    5,
	"qulyp/internal/terminal":  5,
	"qulyp/internal/check":     4,
	"qulyp/internal/report":    4,
	"qulyp/internal/judge":     3,
	"qulyp/internal/store":     2,
	"qulyp/internal/shield":    2,
	"qulyp/internal/probe":     2,
	"qulyp/internal/catalog":   1,
	"qulyp/internal/machine":   1,
	"qulyp/internal/words":     1,
	"qulyp/internal/cert":      0,
	"qulyp/internal/evidence":  0,
	"qulyp/internal/adversary": 0,
	"qulyp/assets":             0,
}

// lower names the pairs on one floor that are allowed all the same: evidence is made of certificates.
var lower = map[[2]string]bool{
	{"qulyp/internal/evidence", "qulyp/internal/cert"}: true,
}

// fences are imports that belong to few packages alone.
var fences = []struct {
	path   string // the import path, or its beginning when it ends in "/"
	inside []string
	reason string
}{
	{"fyne.io/", []string{"window"}, "only the window draws; everything else works without display and without cgo"},
	{"net", []string{"probe", "adversary"}, "a check opens no socket: what cannot dial cannot leak"},
	{"net/http", []string{"probe", "adversary"}, "a check opens no socket: what cannot dial cannot leak"},
	{"crypto/tls", []string{"probe", "adversary"}, "handshakes are observed in one place"},
	{"github.com/zmap/zcrypto/", []string{"probe", "adversary"}, "a research library: it observes and never protects"},
	{"os/exec", []string{"machine"}, "programs are run from one closed list with absolute paths"},
	{"golang.org/x/sys/", []string{"machine", "store"}, "the operating system is spoken to on the low floors"},
	{"qulyp/assets", []string{"app"}, "embedded data is handed down, so that every package can be tried with other data"},
	{"qulyp/internal/adversary", nil, "the interception box is for tests and trainers; it is never in the program"},
}

func TestFloors(t *testing.T) {
	for _, goos := range []string{"windows", "darwin", "linux"} {
		for _, tags := range [][]string{nil, {"nowindow"}, {"ci"}} {
			context := build.Default
			context.GOOS, context.GOARCH, context.CgoEnabled, context.BuildTags = goos, "amd64", true, tags
			t.Run(goos+" "+strings.Join(tags, ","), func(t *testing.T) { climb(t, &context) })
		}
	}
}

func climb(t *testing.T, context *build.Context) {
	found := 0
	for _, top := range []string{"app", "internal", "assets"} {
		err := filepath.WalkDir(filepath.Join("..", top), func(dir string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) || entry == nil || !entry.IsDir() {
				return nil
			}
			if entry.Name() == "testdata" {
				return fs.SkipDir
			}
			pkg, err := context.ImportDir(dir, 0)
			if _, empty := err.(*build.NoGoError); empty {
				return nil
			} else if err != nil {
				return err
			}
			name := "qulyp/" + filepath.ToSlash(strings.TrimPrefix(dir, ".."+string(filepath.Separator)))
			if name == "qulyp/internal" {
				return nil // this test
			}
			found++
			check(t, name, pkg.Imports)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if found < 3 {
		t.Fatalf("looked at %d packages: the walk is broken", found)
	}
}

func check(t *testing.T, name string, imports []string) {
	floor, known := floors[name]
	if !known {
		t.Errorf("%s stands on no floor: name it in floors", name)
	}
	for _, path := range imports {
		if below, ours := floors[path]; ours && below >= floor && !lower[[2]string{name, path}] {
			t.Errorf("%s (floor %d) imports %s (floor %d): imports go down only", name, floor, path, below)
		} else if strings.HasPrefix(path, "qulyp/") && !ours {
			t.Errorf("%s imports %s, which stands on no floor", name, path)
		}
	fence:
		for _, fence := range fences {
			if path != strings.TrimSuffix(fence.path, "/") && !(strings.HasSuffix(fence.path, "/") && strings.HasPrefix(path, fence.path)) {
				continue
			}
			for _, inside := range fence.inside {
				if name == "qulyp/internal/"+inside || name == "qulyp/"+inside {
					continue fence
				}
			}
			t.Errorf("%s imports %s: %s", name, path, fence.reason)
		}
	}
}
