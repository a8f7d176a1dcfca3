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
	return nil
}
