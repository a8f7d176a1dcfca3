package terminal

import (
	"bytes"
	"errors"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

// The JSON of receipts for a helper: what was done, without the saved bytes, and without what tells who the person is.
type (
	exportJSON struct {
		Schema   string              `json:"schema"`
		Version  string              `json:"version"` // of the program that wrote this
		List     report.ListJSON     `json:"list"`
		Receipts []exportReceiptJSON `json:"receipts"`
	}
	exportReceiptJSON struct {
		Receipt string           `json:"receipt"`
		Begun   time.Time        `json:"begun"`
		Version string           `json:"version"` // of the program that did it
		Ended   bool             `json:"ended"`   // false: it was cut short
		Undone  bool             `json:"undone"`
		Torn    bool             `json:"torn"` // its last line was cut short
		Admin   bool             `json:"admin"`
		Items   []exportItemJSON `json:"items"`
	}
	exportItemJSON struct {
		SHA256   cert.Print    `json:"sha256"`
		Class    string        `json:"class"`
		Title    string        `json:"title"` // «…» where it could be the name of a person
		Verb     string        `json:"verb"`  // empty: a removal
		Kind     evidence.Kind `json:"kind"`
		Program  string        `json:"program"`
		Path     string        `json:"path"`
		Admin    bool          `json:"admin"` // the administrator's part: how it went stands in his own receipt, not here
		Acted    bool          `json:"acted"`
		Gone     bool          `json:"gone"`
		Restored bool          `json:"restored"`
	}
)

// exportReceipts writes receipts for a helper. «-» is the standard output.
func (p *Program) exportReceipts(receipts []check.Receipt) Status {
	data, err := p.helperCopy(receipts, p.machine)
	if err != nil {
		return p.fail(Failed, "save-failed", p.words.Say("screen.error.save-failed"), err)
	}
	if p.options.export == "-" {
		p.Console.Out.Write(data)
		return Clear
	}
	if err := write(p.options.export, data); err != nil {
		return p.fail(Failed, "save-failed", p.words.Say("screen.error.save-failed"), err)
	}
	if !p.options.json {
		p.Console.tell(p.words.Say("report.saved", words.With("file", p.options.export)))
	}
	return Clear
}

// SaveReceipts saves the copy of receipts for a helper where the person will find it, as [Program.SavePage] does with a report, and gives the path of the file.
func (p *Program) SaveReceipts(receipts []check.Receipt, m *machine.Machine) (string, error) {
	data, err := p.helperCopy(receipts, m)
	if err != nil {
		return "", err
	}
	return p.saveNew(m, "qulyp-receipt-"+time.Now().In(p.zone()).Format("2006-01-02"), ".json", data)
}

// helperCopy is the JSON of receipts for a helper.
func (p *Program) helperCopy(receipts []check.Receipt, m *machine.Machine) ([]byte, error) {
	scrub := p.scrubber(m)
	out := exportJSON{Schema: "qulyp.receipt/1", Version: p.Version, List: p.listJSON(), Receipts: []exportReceiptJSON{}}
	for _, r := range receipts {
		one := exportReceiptJSON{
			Receipt: r.ID, Begun: r.Begun.UTC(), Version: r.Version, Ended: r.Ended, Undone: r.Undone(), Torn: r.Torn, Admin: r.Elevated != "", Items: []exportItemJSON{},
		}
		tell := func(print cert.Print, title string, place evidence.Place, verb check.Verb) exportItemJSON {
			// No more is in a receipt than print and title. A title that the list does not know may be the name of a person.
			match := p.List.Classify(cert.Certificate{Print: print, Subject: cert.Name{CommonName: title, Text: "CN=" + title}})
			shown := "…"
			if match.Class != catalog.Unknown {
				shown = scrub.Text(title)
			}
			return exportItemJSON{
				SHA256: print, Class: string(match.Class), Title: shown, Verb: string(verb), Kind: place.Kind, Program: place.Program, Path: scrub.Text(place.Path),
			}
		}
		for _, item := range r.Items {
			told := tell(item.Saved.Print, item.Saved.Title, item.Saved.Place, item.Verb())
			told.Acted, told.Gone, told.Restored = item.Acted, item.Gone, item.Restored
			one.Items = append(one.Items, told)
		}
		for _, a := range r.Delegated() {
			told := tell(a.Print, a.Title, a.Place, a.Verb)
			told.Admin, told.Restored = true, r.Returned
			one.Items = append(one.Items, told)
		}
		out.Receipts = append(out.Receipts, one)
	}
	var data bytes.Buffer
	err := report.WriteJSON(&data, out)
	return data.Bytes(), err
}

// forget asks, and deletes receipts for good.
func (p *Program) forget(receipts []check.Receipt) Status {
	if !p.options.json {
		p.Console.heading(p.words.Say("screen.undo.forget"))
		for _, r := range receipts {
			p.Console.item(r.ID, "", "  ")
			for _, line := range p.contents(r) {
				p.Console.item(line, "  - ", "    ")
			}
		}
		text := "screen.undo.forget-text"
		if check.Limits(receipts...) {
			text = "screen.undo.forget-text-limit"
		}
		p.Console.print(p.words.Say(text))
	}
	if !p.options.yes && !p.yes("terminal.ask-forget") {
		p.Console.tell(p.words.Say("terminal.nothing-changed"))
		return Danger
	}
	var failed []error
	for _, r := range receipts {
		if err := check.Delete(p.machine.State, r.ID); err != nil {
			failed = append(failed, err)
		}
	}
	if err := errors.Join(failed...); err != nil {
		return p.fail(Danger, "not-deleted", p.words.Say("reason.failed.text"), err)
	}
	if p.options.json {
		rest, unreadable := p.receipts()
		p.receiptsJSON(rest, unreadable)
		return Clear
	}
	p.Console.print(p.words.Say("terminal.forgotten"))
	return Clear
}
