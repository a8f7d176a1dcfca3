// Command man writes the manual pages of the command line, for packages:
//
//	go run ./packaging/man [-lang kk|ru|en] DIR
//
// It is no verb of the program itself: the library that writes the pages brings readers of YAML and Markdown, which made the program larger and slower to
// start for everybody, while only those who make packages need it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra/doc"

	"qulyp/assets"
	"qulyp/internal/catalog"
	"qulyp/internal/terminal"
	"qulyp/internal/words"
)

func main() {
	language := flag.String("lang", string(words.English), "language of the pages")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go run ./packaging/man [-lang kk|ru|en] DIR")
		os.Exit(64)
	}
	if err := write(flag.Arg(0), words.Language(*language)); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

// write fills the folder with one page for each verb that the help shows. The day on the pages is that of the list of authorities, so that writing them
// twice gives the same bytes.
func write(dir string, language words.Language) error {
	list, err := catalog.Parse(assets.Authorities)
	if err != nil {
		return err
	}
	book, err := words.Load(assets.Words)
	if err != nil {
		return err
	}
	if !book.Has(language) {
		return fmt.Errorf("choose language: no words in %q", language)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	verbs := (&terminal.Program{Book: book, List: list, Console: &terminal.Console{}}).Verbs(language)
	header := &doc.GenManHeader{Title: strings.ToUpper(terminal.Name), Section: "1", Date: &list.Date, Source: terminal.Name, Manual: terminal.Name}
	if err := doc.GenManTree(verbs, header, dir); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, terminal.Name+"*.1"))
	if err != nil {
		return fmt.Errorf("find pages: %w", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return fmt.Errorf("read page: %w", err)
		}
		if err := os.WriteFile(page, flags.ReplaceAllFunc(text, flagLine), 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}

// flags finds a flag as the library writes it, with what it takes for the value: \fB--root\fP="", \fB--yes\fP[=].
var flags = regexp.MustCompile(`\\fB--([a-z0-9-]+)\\fP(?:=""|\[=[a-z]*\]|=[0-9a-z\[\]]*)`)

// flagLine writes a flag as it is typed: with the kind of its value, or with none.
func flagLine(found []byte) []byte {
	name := string(flags.FindSubmatch(found)[1])
	line := `\fB--` + name + `\fP`
	if value := terminal.ValueName(name); value != "" {
		line += ` \fI` + value + `\fP`
	}
	return []byte(line)
}
