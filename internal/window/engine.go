//go:build !nowindow

package window

import (
	"context"
	"io/fs"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/check"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// Engine is all that the window needs of the program under it. app makes one of check.Checker and package report; the made-up cases have one of their own. Methods
// are called one at a time, from a goroutine that is not that of the window; events may come from any goroutine.
type Engine interface {
	// Targets are the names that the live test would contact. None means that there is no such test here.
	Targets() []evidence.Target
	// Look checks the computer and, if live, the connection.
	Look(ctx context.Context, live bool, on func(check.Event)) (evidence.Evidence, judge.Verdict)
	// Plan, Block, Open, Do, Undo and Resume are those of check.Checker.
	Plan(ctx context.Context, e evidence.Evidence, pick check.Pick) check.Plan
	Block(ctx context.Context, plan check.Plan, block bool) check.Plan
	Open(ctx context.Context, plan check.Plan) []string
	Do(ctx context.Context, plan check.Plan, on func(check.Event)) (check.Done, error)
	Undo(ctx context.Context, receipt string, on func(check.Event)) (check.Done, error)
	Resume(ctx context.Context, receipt string, on func(check.Event)) (check.Done, error)
	// Receipts are what earlier removals left behind, the latest first.
	Receipts() ([]check.Receipt, error)
	// Forget deletes a receipt for good: what it took out cannot be put back any more.
	Forget(receipt string) error
	// Export writes what a receipt says for a helper, without what tells who the person is, and gives the path of the file.
	Export(receipt string) (path string, err error)
	// Code is the check code of a result, by which two people on the phone know that they look at the same one.
	Code(e evidence.Evidence, v judge.Verdict) string
	// Save writes the report as one HTML file, where the person will find it, and gives the path of the file.
	Save(language words.Language, e evidence.Evidence, v judge.Verdict) (path string, err error)
	// Show opens the same report in the browser.
	Show(language words.Language, e evidence.Evidence, v judge.Verdict) error
	// Portal opens the browser on an address that a network with a sign-in page catches.
	Portal() error
}

// Options are what the window is made of. Engine, Book, List, Choose and Env are needed.
type Options struct {
	Engine   Engine
	Book     *words.Book
	List     *catalog.List
	Choose   func(saved string) words.Language // the language to begin with; saved is what the person chose last time, or empty
	Version  string
	Self     func() (print string, err error) // SHA-256 of the program's own file, in hex; nil: not shown
	Licences string                           // of the program and of what it is made of; shown as it is
	Pictures fs.FS                            // icons/NAME.svg, see package assets
	Icon     []byte                           // PNG of the program

	Early    *Early          // what Begin has made; nil: Run makes it
	Until    <-chan struct{} // closed when the window must close by itself, as at the end of a session; nil: never
	Elevated bool            // the program was started as administrator
	NoTrace  bool            // nothing is remembered: no preferences
	Case     string          // begin with the result of this made-up case; see Cases
	GOOS     string
	Env      func(string) string
	Now      func() time.Time // nil: the clock
}
