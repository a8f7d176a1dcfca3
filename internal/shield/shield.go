// Package shield tells what browsers do by themselves with a certificate: refuse it, know it, or let it pass, whatever the trust stores say.
//
// Firefox and what is made from it refuse what stands in OneCRL, of which each profile keeps a copy and each installation brings one along. Chromium and
// what is made from it refuse what stands in the CRLSet that they fetch, and have lists compiled in. All of these are files that can be read; nothing is
// asked over the network, no browser is started, and nothing is changed.
//
// What is said is as strong as what was read. A record in the profile's own copy of OneCRL or in the blocking lists of a CRLSet is «blocked». A value found
// in the program file of a browser, where it cannot be told in which list it stands, and a list that an installation brings along and the profile has not
// taken over, are no more than «known». «Open» is said only where every list of the browser could be read.
package shield

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// Patience is how long the program files of browsers may be searched, in all. They are large, and a slow disk must not hold up the verdict.
const Patience = 2 * time.Second

// maxList is more than any list takes: OneCRL is 1 MB, a CRLSet 250 KB by design.
const maxList = 64 << 20

// the lists, as Shield.By names them
const (
	oneCRL  = "onecrl"
	crlSet  = "crlset"
	builtIn = "built-in"
)

// Ask asks every browser that has a place among places about each of the certificates. The answers are in the order of places. Several profiles of one
// browser of the Chromium family have one answer, at the first of them, since they share their lists.
func Ask(ctx context.Context, m *machine.Machine, places []evidence.Place, certs []cert.Certificate) []evidence.Shield {
	if len(certs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var shields []evidence.Shield
	installs := map[string]*list{}
	seen := map[string]bool{}
	for _, place := range places {
		switch place.Kind {
		case evidence.NSS:
			shields = append(shields, askFirefox(m, place, certs, installs)...)
		case evidence.Chromium:
			data := userData(m, place)
			if !seen[data] {
				seen[data] = true
				shields = append(shields, askChromium(ctx, m, place, data, certs)...)
			}
		}
	}
	return shields
}

// list is one list that could be read or not.
type list struct {
	file string
	err  error // why it could not be read
	none bool  // there is no such file
	has  func(cert.Certificate) evidence.Stance
}

// answer is the surest that the lists say of one certificate; ok is false when there is no list at all.
func answer(place evidence.Place, c cert.Certificate, by []string, lists []*list) (evidence.Shield, bool) {
	best := evidence.Shield{Place: place, Print: c.Print}
	rank := map[evidence.Stance]int{evidence.ShieldBlocked: 4, evidence.ShieldKnown: 3, evidence.ShieldUnseen: 2, evidence.ShieldOpen: 1}
	for i, l := range lists {
		if l.none {
			continue
		}
		one := evidence.Shield{Place: place, Print: c.Print, By: by[i], Where: l.file}
		if l.err != nil {
			one.Does, one.Why = evidence.ShieldUnseen, reason(l.err)
		} else if one.Does = l.has(c); one.Does == "" {
			one.Does, one.Where = evidence.ShieldOpen, ""
		} else if one.Does == evidence.ShieldUnseen {
			one.Why = evidence.TimedOut // its search was broken off
		}
		if rank[one.Does] > rank[best.Does] {
			best = one
		}
	}
	return best, best.Does != ""
}

// The reasons that lists themselves can give.
var errDamaged = errors.New("not the format it should be")

func reason(err error) evidence.Code {
	switch {
	case errors.Is(err, errDamaged):
		return evidence.Damaged
	case errors.Is(err, machine.ErrTooLarge):
		return evidence.TooLarge
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return evidence.TimedOut
	case errors.Is(err, machine.ErrLinkLoop), errors.Is(err, machine.ErrOutside):
		return evidence.LinkLoop
	case errors.Is(err, fs.ErrPermission):
		return evidence.NoPermission
	}
	return evidence.Failed
}

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

// open opens a regular file for reading at any place; the caller closes it.
func open(m *machine.Machine, name string) (file *os.File, size int64, err error) {
	host, err := m.Host(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(host)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	file, err = os.Open(host)
	return file, info.Size(), err
}

// slashed is a path of the computer with "/" between its elements, and on another disk without the letter of the drive.
func slashed(m *machine.Machine, name string) string {
	if m.GOOS == "windows" {
		name = filepath.ToSlash(name)
		for i := range name {
			if name[i] == '\\' {
				name = name[:i] + "/" + name[i+1:]
			}
		}
		if m.Offline() && len(name) > 2 && name[1] == ':' {
			name = name[2:]
		}
	}
	return path.Clean(name)
}
