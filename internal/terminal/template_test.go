package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoTemplates holds that the command line says nothing by templates: those of cobra call methods, and text/template in the program for Windows calls none
// (packaging/windows/build.sh).
func TestNoTemplates(t *testing.T) {
	files := must(filepath.Glob("*.go"))
	for _, file := range append(files, must(filepath.Glob("../../app/*.go"))...) {
		for _, banned := range []string{"SetUsage" + "Template", "SetHelp" + "Template", "SetVersion" + "Template", "\"text" + "/template\""} {
			if strings.Contains(string(must(os.ReadFile(file))), banned) {
				t.Errorf("%s uses %s", file, banned)
			}
		}
	}
	if len(files) < 20 {
		t.Errorf("only %d files: the walk is broken", len(files))
	}
}
