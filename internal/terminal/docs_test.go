package terminal

import (
	"os"
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
