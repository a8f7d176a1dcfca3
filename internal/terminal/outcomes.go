package terminal

import (
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
)

// The JSON of a removal and of an undo. The names of its fields are part of the command-line contract.
type (
	outcomesJSON struct {
		Schema     string        `json:"schema"`
		Receipt    string        `json:"receipt"` // empty: nothing was written down, and so nothing was changed
		Outcomes   []outcomeJSON `json:"outcomes"`
		Holds      []holdJSON    `json:"holds"` // what was to be refused or limited, each by itself
		LevelAfter judge.Level   `json:"level_after"`
	}
	outcomeJSON struct {
		SHA256  cert.Print     `json:"sha256"`
		Title   string         `json:"title"`
		Place   evidence.Place `json:"place"`
		Existed bool           `json:"existed"`
		Gone    bool           `json:"gone"`
		Why     evidence.Code  `json:"why"`
		Error   string         `json:"error"`
	}
	holdJSON struct {
		SHA256 cert.Print     `json:"sha256"`
		Title  string         `json:"title"`
		Place  evidence.Place `json:"place"`
		Verb   check.Verb     `json:"verb"`
		Held   bool           `json:"held"`
		Why    evidence.Code  `json:"why"`
		Error  string         `json:"error"`
	}
	receiptsJSON struct {
		Schema   string        `json:"schema"`
		Receipts []receiptJSON `json:"receipts"`
		Error    string        `json:"error"` // which receipts cannot be read; usually empty
	}
	receiptJSON struct {
		Receipt string            `json:"receipt"`
		Begun   time.Time         `json:"begun"`
		Ended   bool              `json:"ended"`
		Undone  bool              `json:"undone"`
		Admin   string            `json:"admin"` // the receipt of the administrator's part; empty: there was none
		Items   []receiptItemJSON `json:"items"`
	}
	receiptItemJSON struct {
		SHA256   cert.Print     `json:"sha256"`
		Title    string         `json:"title"`
		Place    evidence.Place `json:"place"`
		Verb     check.Verb     `json:"verb"` // empty: removed
		Gone     bool           `json:"gone"`
		Held     bool           `json:"held"`
		Restored bool           `json:"restored"`
		Admin    bool           `json:"admin,omitempty"` // an administrator was asked for it: how it went stands in the administrator's own receipt
	}
)

func (p *Program) outcomes(all, holds []check.Outcome, receipt string, after judge.Level) {
	out := outcomesJSON{"qulyp.outcomes/1", receipt, []outcomeJSON{}, []holdJSON{}, after}
	for _, o := range all {
		one := outcomeJSON{SHA256: o.Print, Title: o.Title, Place: o.Place, Existed: o.Existed, Gone: o.Gone, Why: o.Why}
		if o.Err != nil {
			one.Error = o.Err.Error()
		}
		out.Outcomes = append(out.Outcomes, one)
	}
	for _, o := range holds {
		one := holdJSON{SHA256: o.Print, Title: o.Title, Place: o.Place, Verb: o.Verb, Held: o.Held, Why: o.Why}
		if o.Err != nil {
			one.Error = o.Err.Error()
		}
		out.Holds = append(out.Holds, one)
	}
	p.printJSON(out)
}

func (p *Program) receiptsJSON(receipts []check.Receipt, unreadable error) {
	out := receiptsJSON{Schema: "qulyp.receipts/1", Receipts: []receiptJSON{}}
	if unreadable != nil {
		out.Error = unreadable.Error()
	}
	for _, r := range receipts {
		one := receiptJSON{Receipt: r.ID, Begun: r.Begun.UTC(), Ended: r.Ended, Undone: r.Undone(), Admin: r.Elevated, Items: []receiptItemJSON{}}
		for _, item := range r.Items {
			one.Items = append(one.Items, receiptItemJSON{item.Saved.Print, item.Saved.Title, item.Saved.Place, item.Verb(), item.Gone, item.Held, item.Restored, false})
		}
		for _, a := range r.Delegated() {
			one.Items = append(one.Items, receiptItemJSON{SHA256: a.Print, Title: a.Title, Place: a.Place, Verb: a.Verb, Restored: r.Returned, Admin: true})
		}
		out.Receipts = append(out.Receipts, one)
	}
	p.printJSON(out)
}
