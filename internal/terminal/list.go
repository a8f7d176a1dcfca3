package terminal

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/spf13/cobra"

	"qulyp/internal/cert"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

type (
	knownJSON struct {
		Schema      string          `json:"schema"`
		Version     int             `json:"version"`
		Date        string          `json:"date"`
		Authorities []authorityJSON `json:"authorities"`
	}
	authorityJSON struct {
		ID        string     `json:"id"`
		Class     string     `json:"class"`
		Name      string     `json:"name"`
		Subject   string     `json:"subject"`
		NotBefore string     `json:"not_before"`
		NotAfter  string     `json:"not_after"`
		SHA256    cert.Print `json:"sha256"`
		SHA1      string     `json:"sha1"`
		Key       cert.Print `json:"spki_sha256"`
		Source    string     `json:"source"`
	}
)

func (p *Program) listVerb() *cobra.Command {
	c := p.verb("list show", cobra.ArbitraryArgs, func(_ context.Context, args []string) error {
		return usageError{strings.Join(append([]string{"list"}, args...), " ")}
	})
	show := p.verb("show", noArgs, p.showList)
	show.Short = p.words.Say("terminal.verb.list")
	show.Long = show.Short
	c.AddCommand(show)
	return c
}

// showList shows the list of known authorities.
func (p *Program) showList(context.Context, []string) error {
	if p.options.json {
		out := knownJSON{"qulyp.list/1", p.List.Version, p.List.Date.Format("2006-01-02"), []authorityJSON{}}
		for _, a := range p.List.Authorities {
			one := authorityJSON{
				ID: a.ID, Class: string(a.Class), Name: a.Names.In(string(p.words.Language())), Subject: a.Subject, SHA256: a.SHA256, Key: a.Key, Source: a.Source,
			}
			if a.SHA1 != [20]byte{} {
				one.SHA1 = hex.EncodeToString(a.SHA1[:])
			}
			if !a.From.IsZero() {
				one.NotBefore, one.NotAfter = a.From.Format("2006-01-02"), a.Until.Format("2006-01-02")
			}
			out.Authorities = append(out.Authorities, one)
		}
		return report.WriteJSON(p.Console.Out, out)
	}
	p.Console.print(p.words.Say("terminal.version", words.With("version", p.Version), words.With("list", p.List.Version),
		words.With("date", p.words.Date(p.List.Date))))
	for _, a := range p.List.Authorities {
		p.Console.gap()
		p.Console.print(p.words.Quote(a.Names.In(string(p.words.Language()))))
		p.Console.item(p.words.Say("class."+string(a.Class)), "  ", "  ")
		if !a.From.IsZero() {
			p.Console.item(p.words.Say("screen.verdict.validity", words.With("from", p.words.Date(a.From)), words.With("until", p.words.Date(a.Until))), "  ", "  ")
		}
		switch {
		case !a.SHA256.IsZero():
			p.Console.item("SHA-256 "+a.SHA256.String(), "  ", "  ")
		case a.SHA1 != [20]byte{}:
			p.Console.item("SHA-1 "+hex.EncodeToString(a.SHA1[:]), "  ", "  ")
		}
	}
	return nil
}
