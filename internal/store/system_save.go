package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// what a change does. The values stand in receipts.
const (
	wholeFile = "file"   // the file goes, or comes back
	wholeLink = "link"   // the link goes, or comes back
	hashLink  = "hash"   // a member of a chain of hash links; see chain
	mirror    = "mirror" // a chain of hash links in another folder, each of which leads to its namesake
	cutOut    = "cut"    // pieces of a file that stays
)

// change is one thing that must change on the disk so that a certificate is trusted no more.
type change struct {
	What   string   `json:"what"`
	Path   string   `json:"path"` // of a hash link or a mirror: without the number at its end
	Source bool     `json:"source,omitempty"`
	Meta   *meta    `json:"meta,omitempty"`
	Data   []byte   `json:"data,omitempty"`  // the whole file
	Link   string   `json:"link,omitempty"`  // where the link leads; of a mirror: the folder
	After  []string `json:"after,omitempty"` // of a hash link: the members of the chain before it
	Cuts   *cuts    `json:"cuts,omitempty"`
}

// meta is what a file has beside its content.
type meta struct {
	Mode fs.FileMode `json:"mode"`
	UID  int         `json:"uid"`
	GID  int         `json:"gid"`
	Time int64       `json:"mtime"` // nanoseconds of the Unix clock
}

func metaOf(info fs.FileInfo) *meta {
	uid, gid := ownerOf(info)
	return &meta{Mode: info.Mode().Perm(), UID: uid, GID: gid, Time: info.ModTime().UnixNano()}
}

// record is a system store's own part of Saved.
type record struct {
	Family  string   `json:"family"`
	Changes []change `json:"changes"`
}

// Save collects every file, block, link and line that makes the certificate trusted: sources and outputs, so that an undo is exact where no tool of the
// distribution can be run. A certificate that the distribution's own package brought is not taken out of it: the package would bring it again, and everything
// that checks packages would complain. What refuses a certificate (a blocklist) stays. Both are [evidence.CannotRemove] when nothing else is left.
func (s changeableStore) Save(ctx context.Context, entry evidence.Entry) (Saved, error) {
	found, err := walk(ctx, s.m, s.f, true)
	if err != nil {
		return Saved{}, trouble(s.place.Path, err)
	}
	there := false
	for _, h := range found.holdings() {
		if cert.Of(h.der) == entry.Cert.Print {
			there = true
			if h.vendor {
				return Saved{}, evidence.Trouble{Code: evidence.CannotRemove, Path: h.where[0]}
			}
		}
	}
	if !there {
		err := errors.Join(found.troubles...) // what could not be read may well hold it: that is not «gone»
		if err == nil {
			err = ErrGone
		}
		return Saved{}, fmt.Errorf("find %s in %s: %w", entry.Cert.Title(), s.place.Path, err)
	}
	changes, err := found.changes(entry.Cert.Print)
	if err != nil {
		return Saved{}, err
	}
	if len(changes) == 0 {
		return Saved{}, evidence.Trouble{Code: evidence.CannotRemove, Path: s.place.Path}
	}
	return pack(s.place, entry.Cert, record{Family: s.f.name, Changes: changes})
}

var hashName = regexp.MustCompile(`^[0-9a-f]{8}\.[0-9]+$`) // as OpenSSL looks certificates up in a folder (X509_LOOKUP_hash_dir)

// changes says what must change so that nothing vouches for the certificate any more: the line that selects it first, then sources, then outputs.
func (s *scan) changes(print cert.Print) ([]change, error) {
	var all []change
	if lines := s.cutLines(print); lines != nil {
		all = append(all, *lines)
	}
	mirrored := map[string]bool{}
	for _, one := range s.spots {
		if !s.vouches(one, print) || one.out {
			continue
		}
		info, err := s.m.Lstat(one.path)
		if missing(err) {
			continue
		} else if err != nil {
			return nil, trouble(one.path, err)
		}
		c := change{Path: one.path, Source: one.rule != output && one.rule != otherUse, Meta: metaOf(info)}
		stem, hashed := strings.TrimRight(one.path, "0123456789"), !c.Source && hashName.MatchString(path.Base(one.path))
		switch {
		case one.link != "" && s.stays(one, print):
			continue
		case one.link != "":
			c.What, c.Link, c.Meta = wholeLink, one.link, nil
			if hashed && path.Base(one.link) == path.Base(one.path) {
				if mirrored[stem] {
					continue
				}
				mirrored[stem] = true
				c.What, c.Path, c.Link = mirror, stem, path.Dir(one.link)
			} else if hashed {
				c.What, c.Path = hashLink, stem
			}
		case one.text.alone(print) && !one.bundle:
			c.What, c.Data = wholeFile, one.text.data
			if hashed {
				c.What, c.Path = hashLink, stem
			}
		default:
			c.What = cutOut
			taken := planCuts(one.text.form, one.text.data, one.text.pieces, func(p piece) bool {
				return p.der != nil && p.print == print && says(one.rule, p.trust) != evidence.Distrusted
			})
			c.Cuts = &taken
		}
		if c.What == hashLink {
			if c.After, err = s.before(one); err != nil {
				return nil, trouble(one.path, err)
			}
		}
		all = append(all, c)
	}
	return all, nil
}

// vouches tells whether the file does anything for the certificate but refuse it.
func (s *scan) vouches(one spot, print cert.Print) bool {
	return slices.ContainsFunc(one.text.pieces, func(p piece) bool {
		return p.der != nil && p.print == print && says(one.rule, p.trust) != evidence.Distrusted
	})
}

// only tells whether the file holds this certificate and no other.
func (t *content) only(print cert.Print) bool {
	return !slices.ContainsFunc(t.pieces, func(p piece) bool { return p.der == nil || p.print != print })
}

// alone tells whether the file is there for this certificate and nothing else. A private key beside it stays where it is.
func (t *content) alone(print cert.Print) bool {
	return t.only(print) && (t.form != pemForm || bytes.Count(t.data, p11Begin) == len(t.pieces))
}

// stays tells whether a link keeps its use when the certificate is gone: the file that it leads to has others.
func (s *scan) stays(one spot, print cert.Print) bool {
	if !one.text.only(print) {
		return true
	}
	return slices.ContainsFunc(s.spots, func(other spot) bool { return other.link == "" && other.text == one.text && other.bundle })
}

// cutLines takes the lines out of the configuration that select the certificate's files. Without them each later update would complain of a missing file.
func (s *scan) cutLines(print cert.Print) *change {
	var names []string
	for _, one := range s.spots {
		if one.rule == selected && s.vouches(one, print) && one.text.only(print) {
			names = append(names, one.path)
		}
	}
	if len(names) == 0 {
		return nil
	}
	lines := map[int]bool{}
	for _, c := range s.choices {
		if !c.off && slices.Contains(names, path.Join(s.f.confAt, c.name)) {
			lines[c.start] = true
		}
	}
	info, err := s.m.Lstat(s.f.conf)
	if len(lines) == 0 || err != nil || !info.Mode().IsRegular() {
		return nil
	}
	taken := planCuts(lineForm, s.conf, formPieces(lineForm, s.conf), func(p piece) bool { return lines[p.start] })
	return &change{What: cutOut, Path: s.f.conf, Source: true, Meta: metaOf(info), Cuts: &taken}
}

// before names the members of the chain before this one.
func (s *scan) before(one spot) ([]string, error) {
	g, err := openGround(s.m, s.f, one.path)
	if err != nil {
		return nil, err
	}
	defer g.close()
	stem := strings.TrimRight(one.path, "0123456789")
	links, err := g.chain(path.Base(stem))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range links {
		if stem+strconv.Itoa(l.number) == one.path {
			break
		}
		names = append(names, l.what)
	}
	return names, nil
}

// unpack reads a record and checks that it is one that Save could have written: every path lies in the table, and what would be put back is the certificate
// that the journal names. A receipt that was tampered with must not make an administrator write anything else.
func (s changeableStore) unpack(saved Saved) (record, error) {
	var r record
	decoder := json.NewDecoder(bytes.NewReader(saved.Data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("read what was saved of %s: %w", saved.Title, err)
	}
	if saved.Verb != "" || r.Family != s.f.name || saved.Print.IsZero() {
		return r, fmt.Errorf("read what was saved of %s: not from this place: %w", saved.Title, ErrChanged)
	}
	for _, c := range r.Changes {
		if !s.plausible(c, saved.Print) {
			return r, fmt.Errorf("read what was saved of %s: %s: %w", saved.Title, c.Path, errImplausible)
		}
	}
	return r, nil
}

var errImplausible = errors.New("not something that was ever saved")

func (s changeableStore) plausible(c change, print cert.Print) bool {
	if _, _, ok := s.f.within(c.Path); !ok {
		return false
	}
	holds := func(f form, data []byte) bool {
		return slices.ContainsFunc(formPieces(f, data), func(p piece) bool { return p.der != nil && p.print == print })
	}
	numbered := hashName.MatchString(path.Base(c.Path) + "0")
	switch c.What {
	case wholeFile:
		return c.Meta != nil && (holds(pemForm, c.Data) || s.f.p11 && holds(p11Form, c.Data))
	case wholeLink:
		return c.Link != ""
	case hashLink:
		return numbered && (c.Link != "" || c.Meta != nil && holds(pemForm, c.Data))
	case mirror:
		return numbered && c.Link != ""
	case cutOut:
		if c.Cuts == nil || c.Meta == nil || len(c.Cuts.List) == 0 {
			return false
		}
		lines := c.Path == s.f.conf
		for _, one := range c.Cuts.List {
			switch {
			case one.At < 0 || one.Gap < 0 || len(one.Bytes) == 0 || lines != (c.Cuts.Form == lineForm):
				return false
			case lines && len(readChoices(one.Bytes)) != 1:
				return false
			case !lines && !holds(c.Cuts.Form, one.Bytes):
				return false
			}
		}
		return true
	}
	return false
}
