package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/machine"
)

// Change is what is different since the last time that Watch looked.
type Change struct {
	Since   time.Time // when that was; zero: this is the first time, and nothing is known of before
	Verdict judge.Verdict
	New     []Noticed // came since; at the first time, what is hostile
	Gone    []Noticed // went since, and not by this program
}

// Any tells whether there is anything to tell.
func (c Change) Any() bool { return len(c.New)+len(c.Gone) > 0 }

// Hostile tells whether something came that stands for forged sites and is believed.
func (c Change) Hostile() bool {
	return slices.ContainsFunc(c.New, func(n Noticed) bool { return n.Trust && n.Match.Class.Hostile() })
}

// Noticed is one certificate that came or went.
type Noticed struct {
	Place evidence.Place
	Cert  cert.Certificate // of what went, no more than print and subject
	Match catalog.Match
	Trust bool             // the place lets it vouch for web sites; else it is only there, as a file that lies around is
	Back  bool             // this program had taken it out of this place before
	By    []evidence.Place // what puts it there, where that can be told: policies that name it
}

// watched is the file in which Watch keeps what it saw. It says no more of the computer than a receipt does, and can be deleted at any time.
type watched struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	Marks  []mark    `json:"marks"`
}

// mark is one certificate in one place.
type mark struct {
	Place   evidence.Place `json:"place"`
	Print   cert.Print     `json:"sha256"`
	Name    string         `json:"name"`
	Vouches bool           `json:"vouches"`
	by      []evidence.Place
	cert    cert.Certificate
}

const (
	watchSchema = "qulyp.watch/1"
	watchFile   = "watch.json"
	maxWatch    = 16 << 20
)

// id is what makes two marks the same.
func (m mark) id() [4]string {
	return [4]string{string(m.Place.Kind), m.Place.Path, m.Print.String(), fmt.Sprint(m.Vouches)}
}

// Watch looks into every place, without any network, and tells what is different since the last time. What it saw is kept for the next time, unless nothing is
// to be kept. A place that could not be read this time counts as it was. The error is for what concerns the whole: another copy of the program is changing
// things just now (machine.ErrOtherCopy), or what was seen could not be kept; the change is right all the same in the latter case.
func (c *Checker) Watch(ctx context.Context, on func(Event)) (Change, error) {
	unlock, err := machine.Lock(c.Machine.State)
	if errors.Is(err, machine.ErrOtherCopy) {
		return Change{}, err
	} else if err == nil {
		unlock() // what begins from now on can wait for nothing: it is told of next time
	}
	before, known := c.lastWatched()
	e, verdict := c.Look(ctx, nil, on)
	if err := ctx.Err(); err != nil {
		return Change{Verdict: verdict}, err
	}
	change := Change{Verdict: verdict}
	if known {
		change.Since = before.At
	}
	marks := c.marks(e)
	lost := map[key]bool{} // places that could not be read to the end
	for _, seen := range e.Places {
		if len(seen.Troubles) > 0 {
			lost[keyOf(seen.Place)] = true
		}
	}
	was, is := map[[4]string]bool{}, map[[4]string]bool{}
	for _, m := range before.Marks {
		was[m.id()] = true
	}
	for _, m := range marks {
		is[m.id()] = true
	}
	taken := c.taken()
	for _, m := range marks {
		if was[m.id()] {
			continue
		}
		match := c.List.Classify(m.cert)
		if !known && !match.Class.Hostile() {
			continue
		}
		_, back := taken[m.key()]
		change.New = append(change.New, Noticed{Place: m.Place, Cert: m.cert, Match: match, Trust: m.Vouches, Back: back, By: m.by})
	}
	for _, m := range before.Marks {
		switch {
		case is[m.id()]:
		case lost[keyOf(m.Place)]:
			marks = append(marks, m)
		case stillThere(marks, m): // it is there, and does something else now: that is told above
		case !taken[m.key()].IsZero() && !taken[m.key()].Before(before.At): // by this program, since
		default:
			gone := cert.Certificate{Print: m.Print, Subject: cert.Name{CommonName: m.Name}}
			change.Gone = append(change.Gone, Noticed{Place: m.Place, Cert: gone, Match: c.List.Classify(gone), Trust: m.Vouches})
		}
	}
	if c.Machine.NoTrace {
		return change, nil
	}
	return change, c.keepWatched(watched{Schema: watchSchema, At: c.now(), Marks: marks})
}

func stillThere(marks []mark, m mark) bool {
	return slices.ContainsFunc(marks, func(other mark) bool { return other.key() == m.key() })
}

// taken tells when this program last took each certificate out of each place.
func (c *Checker) taken() map[markKey]time.Time {
	receipts, _ := Receipts(c.Machine.State) // those that cannot be read explain nothing
	taken := map[markKey]time.Time{}
	for _, r := range receipts {
		for _, item := range r.Items {
			at := markKey{keyOf(item.Saved.Place), item.Saved.Print}
			if item.Acted && item.Verb() != Refused && r.Root == c.Machine.Root && r.Begun.After(taken[at]) {
				taken[at] = r.Begun
			}
		}
	}
	return taken
}

type markKey struct {
	place key
	print cert.Print
}

func (m mark) key() markKey { return markKey{keyOf(m.Place), m.Print} }

// marks are what is worth watching: all that is hostile and not refused, and every root beyond the public ones that vouches for web sites.
func (c *Checker) marks(e evidence.Evidence) []mark {
	policies := map[cert.Print][]evidence.Place{}
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			if seen.Place.Kind == evidence.Policy || entry.Managed {
				policies[entry.Cert.Print] = append(policies[entry.Cert.Print], seen.Place)
			}
		}
	}
	var marks []mark
	have := map[[4]string]bool{}
	for _, seen := range e.Places {
		for _, entry := range seen.Entries {
			one := entry.Cert
			c.List.Resolve(&one)
			match := c.List.Classify(one)
			hostile := match.Class.Hostile() && entry.Trust != evidence.Distrusted
			root := entry.Trust.Vouches() && match.Class != catalog.Public && !entry.Vendor && (one.Anchor() || entry.Orphan)
			if one.Print.IsZero() || !hostile && !root {
				continue
			}
			m := mark{Place: seen.Place, Print: one.Print, Name: one.Title(), Vouches: entry.Trust.Vouches(), by: policies[one.Print], cert: one}
			if !have[m.id()] {
				have[m.id()] = true
				marks = append(marks, m)
			}
		}
	}
	return marks
}

// lastWatched is what was kept the last time; ok is false when there is nothing of use.
func (c *Checker) lastWatched() (w watched, ok bool) {
	name := filepath.Join(c.Machine.State, watchFile)
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxWatch {
		return watched{}, false
	}
	data, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(data, &w) != nil || w.Schema != watchSchema {
		return watched{}, false
	}
	return w, true
}

// keepWatched writes the file whole or not at all.
func (c *Checker) keepWatched(w watched) error {
	data, err := json.MarshalIndent(w, "", " ")
	if err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	if err := os.MkdirAll(c.Machine.State, 0o700); err != nil {
		return fmt.Errorf("make state folder: %w", err)
	}
	file, err := os.CreateTemp(c.Machine.State, ".watch-*")
	if err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	_, err = file.Write(append(data, '\n'))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(c.Machine.State, watchFile))
	}
	if err != nil {
		os.Remove(file.Name())
		return fmt.Errorf("keep what was seen: %w", err)
	}
	return nil
}

// ForgetWatched deletes what Watch kept. That there is nothing is no error.
func ForgetWatched(state string) error {
	if err := os.Remove(filepath.Join(state, watchFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget what was seen: %w", err)
	}
	return nil
}
