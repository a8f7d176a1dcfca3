// Package store reaches every trust store of a computer: it lists certificates, takes one out, and puts it back.
//
// A store is one place: one Firefox profile, one Linux distribution's anchors, one location of the Windows registry. What a store cannot do, it has
// no method for: there is no method that returns nil without doing the work.
//
// # Removing
//
// Removal has two steps, so that the journal can stand between them. [Remover.Save] reads the exact bytes that make the certificate trusted, and
// changes nothing. The caller writes them to the journal and waits until they are on the disk. [Remover.Remove] takes out exactly what was saved:
// what is in no journal cannot be removed. Then the caller lists the place again, through a fresh handle; only that says whether it is gone.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// Store is one trust store. Making one does no work and touches nothing.
type Store interface {
	Place() evidence.Place

	// List reads the place afresh. Both results may be non-nil: the entries that were read, and an error (often several, joined, each an
	// [evidence.Trouble]) for what could not be. A place that does not exist any more has no entries and no error.
	List(ctx context.Context) ([]evidence.Entry, error)
}

// Remover can be implemented by a [Store] that can take certificates out and put them back.
type Remover interface {
	Store

	// Save reads everything that Remove would take away for this entry. It changes nothing. It returns an error wrapping [ErrGone] when the
	// entry is not there any more.
	Save(ctx context.Context, entry evidence.Entry) (Saved, error)

	// Remove takes out what was saved, no more. What has meanwhile become different is left alone, and an error wrapping [ErrChanged] returned.
	// Removing what is already gone is no error: a removal that was cut short is finished by doing it again.
	Remove(ctx context.Context, saved Saved) error

	// Restore puts back what Remove took, byte for byte, and nothing else. Restoring what is there already is no error.
	Restore(ctx context.Context, saved Saved) error
}

// Prover can be implemented by a [Remover] that can tell better than a list what became of what was saved: where the list does not reach everything, and where the
// certificate stays in what is not taken out.
type Prover interface {
	Remover

	// There tells, through a fresh handle, whether the certificate is in some of what was saved, and whether all of that is there as it was saved.
	There(ctx context.Context, saved Saved) (some, all bool, err error)
}

// Busy can be implemented by a [Store] that must not be written while the program that owns it runs.
type Busy interface {
	// Busy names the program that is running and owns the place («Firefox»); empty when none does.
	Busy(ctx context.Context) string
}

// Finisher can be implemented by a [Remover] whose changes take effect only when the system has rebuilt its outputs. Finish is called once after all
// entries of the place were removed or restored. It must not leave a certificate in an output that is not in any source.
type Finisher interface {
	Finish(ctx context.Context, done []Saved) error
}

// Distruster can be implemented by a [Store] that can refuse a certificate from now on, even one that is not in it. The two steps are those of
// Remover: Saved holds what stood there before, Distrust writes the refusal, and Restore takes it out again.
type Distruster interface {
	Store
	// DistrustNeeds tells what a refusal here needs: [evidence.Never] when none can be written, as where a browser has not made its database yet. It changes nothing.
	DistrustNeeds() evidence.Right
	SaveDistrust(ctx context.Context, c cert.Certificate) (Saved, error)
	Distrust(ctx context.Context, saved Saved) error
}

// Saved is what Remove takes out of one place, for one certificate, or what Distrust or Limit changes there.
type Saved struct {
	Place evidence.Place  `json:"place"`
	Print cert.Print      `json:"sha256"`         // zero only when nothing but a trust record without any SHA-256 was there
	Title string          `json:"title"`          // a name for people
	Verb  string          `json:"verb,omitempty"` // "" for a removal, else VerbDistrust or VerbLimit
	Data  json.RawMessage `json:"data"`           // the store's own record: rows, files, blocks, in their exact bytes
}

// The errors that a caller acts upon.
var (
	ErrGone    = errors.New("not there any more")            // nothing to do: list again
	ErrChanged = errors.New("different from what was saved") // nothing was changed: look again, and plan again
	ErrBusy    = errors.New("program is running")            // nothing was changed: close the program, then try again
)

// Code gives the reason behind err its name. Unknown reasons are [evidence.Failed].
func Code(err error) evidence.Code {
	var trouble evidence.Trouble
	switch {
	case errors.As(err, &trouble):
		return trouble.Code
	case errors.Is(err, context.DeadlineExceeded):
		return evidence.TimedOut
	case errors.Is(err, ErrBusy):
		return evidence.BrowserOpen
	case errors.Is(err, ErrChanged):
		return evidence.Changed
	case errors.Is(err, machine.ErrLinkLoop), errors.Is(err, machine.ErrOutside):
		return evidence.LinkLoop
	case errors.Is(err, machine.ErrTooLarge):
		return evidence.TooLarge
	case errors.Is(err, machine.ErrRefused), errors.Is(err, machine.ErrNoAsking):
		return evidence.NeedsAdmin
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return evidence.DiskFull
	case errors.Is(err, syscall.EROFS):
		return evidence.ReadOnly
	case errors.Is(err, fs.ErrPermission):
		return evidence.NoPermission
	}
	if code := systemCode(err); code != "" {
		return code
	}
	return evidence.Failed
}

// trouble makes an [evidence.Trouble] of err, with the code that err carries.
func trouble(path string, err error) error {
	return evidence.Trouble{Code: Code(err), Path: path, Err: err}
}

// pack makes a Saved of a store's own record.
func pack(place evidence.Place, c cert.Certificate, record any) (Saved, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return Saved{}, fmt.Errorf("pack %s: %w", c.Title(), err)
	}
	return Saved{Place: place, Print: c.Print, Title: c.Title(), Data: data}, nil
}

// All lists the stores of the computer. The list is made afresh at each call; places that do not exist are not in it. A place that may exist but
// could not be looked at is in it, and says so when listed.
func All(m *machine.Machine) []Store {
	return gather(m, parts(m), searching)
}

// searching is how long all searches may take: less than whoever asks for the stores waits, so that what was found gets there.
const searching = 8 * time.Second

// gather searches side by side, since each search waits for the disk most of the time. One that hangs, as in a home on a dead network share, is left behind: it hides
// nothing that the others find. It is said by the place that the search for NSS databases names in that case.
func gather(m *machine.Machine, searches []func(*machine.Machine) []Store, limit time.Duration) []Store {
	type answer struct {
		stores []Store
		fallen any
	}
	answers := make([]chan answer, len(searches))
	for i, search := range searches {
		answers[i] = make(chan answer, 1)
		go func() {
			var a answer
			defer func() {
				a.fallen = recover()
				answers[i] <- a
			}()
			a.stores = search(m)
		}()
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	var all []Store
	hung := false
	for _, one := range answers {
		var a answer
		select {
		case a = <-one:
		case <-late.C:
			late.Reset(0) // nobody else is waited for
			select {
			case a = <-one: // it has come to an end meanwhile
			default:
				hung = true
			}
		}
		if a.fallen != nil {
			panic(a.fallen) // where the caller can catch it
		}
		all = append(all, a.stores...)
	}
	if !hung {
		return all
	}
	people := m.People
	if len(people) == 0 {
		people = []machine.Person{{}}
	}
	for _, person := range people {
		place := evidence.Place{Kind: evidence.NSS, Path: native(m, person.Home), Owner: person.Name, Program: "Firefox"}
		all = append(all, unseen{place, evidence.Trouble{Code: evidence.TimedOut, Path: person.Home}})
	}
	return all
}

// parts is the visible list of what this program knows how to find on each system. A new kind of store is one line here and one file beside it.
func parts(m *machine.Machine) []func(*machine.Machine) []Store {
	switch m.GOOS {
	case "linux":
		return []func(*machine.Machine) []Store{systemStores, mozillaStores, chromiumStores, chromiumPolicies, javaStores, environmentStores, looseStores}
	case "windows":
		return []func(*machine.Machine) []Store{windowsStores, mozillaStores, chromiumStores, chromiumPolicies, javaStores, environmentStores, looseStores}
	case "darwin":
		return []func(*machine.Machine) []Store{keychainStores, mozillaStores, chromiumStores, chromiumPolicies, javaStores, environmentStores, looseStores}
	}
	return nil
}
