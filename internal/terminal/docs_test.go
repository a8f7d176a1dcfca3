package terminal

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"qulyp/internal/words"
)

// TestDocumented: every verb and every flag stands on the page that scripts rely on, and has words in every language.
func TestDocumented(t *testing.T) {
	page := string(must(os.ReadFile("../../docs/command-line.md")))
	book := must(words.Load(os.DirFS("../../assets")))
	for _, language := range book.Languages() {
		p := &Program{Book: book, Console: &Console{}, words: book.Printer(language)}
		var walk func(c *cobra.Command)
		walk = func(c *cobra.Command) {
			if !c.Hidden && !strings.Contains(page, "qulyp "+strings.TrimPrefix(c.CommandPath(), Name+" ")) && c.HasParent() && c.Name() != "help" && c.Name() != "show" {
				t.Errorf("docs/command-line.md lacks the verb %q", c.CommandPath())
			}
			if !c.Hidden && (c.Short == "" || strings.ContainsAny(c.Short+c.Long, "⟦⟧")) {
				t.Errorf("%s: %q has no words: %q", language, c.CommandPath(), c.Short)
			}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if !strings.Contains(page, "--"+f.Name) && f.Name != "help" {
					t.Errorf("docs/command-line.md lacks --%s of %q", f.Name, c.CommandPath())
				}
				if f.Usage == "" || strings.ContainsAny(f.Usage, "⟦⟧") {
					t.Errorf("%s: --%s of %q has no words", language, f.Name, c.CommandPath())
				}
			})
			for _, sub := range c.Commands() {
				walk(sub)
			}
		}
		walk(p.commands())
	}
}

// TestSchemasDocumented: so does every kind of JSON object.
func TestSchemasDocumented(t *testing.T) {
	page := string(must(os.ReadFile("../../docs/command-line.md")))
	schema := regexp.MustCompile(`"(qulyp\.[a-z]+/[0-9]+)"`)
	seen := 0
	for _, folder := range []string{".", "../report"} {
		for _, name := range must(filepath.Glob(filepath.Join(folder, "*.go"))) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, match := range schema.FindAllStringSubmatch(string(must(os.ReadFile(name))), -1) {
				if seen++; match[1] != "qulyp.code/1" && !strings.Contains(page, match[1]) { // the code of a check is digested, and never written
					t.Errorf("docs/command-line.md lacks %s of %s", match[1], name)
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("found %d schemas", seen)
	}
}
