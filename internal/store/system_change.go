package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"qulyp/internal/cert"
)

// Remove takes out every file, block, link and line that was saved, in sources and outputs alike, so that it holds at once and without any tool. Finish then
// has the distribution make its outputs anew. All is checked before anything is changed.
func (s changeableStore) Remove(ctx context.Context, saved Saved) error {
	r, err := s.unpack(saved)
	if err != nil {
		return err
	}
	changes := writingFirst(r.Changes)
	there := make([]state, len(changes))
	for i, c := range changes {
		now, err := s.now(c, saved.Print)
		there[i] = now
		switch {
		case err != nil:
			return trouble(c.Path, err)
		case now == altered:
			return trouble(c.Path, fmt.Errorf("remove from %s: %w", c.Path, ErrChanged))
		}
	}
	var cut []change // what this call has written; empty again once something is deleted, which is not taken back
	for i, c := range changes {
		err := ctx.Err()
		if err == nil {
			err = s.take(c, saved.Print)
		}
		switch {
		case err != nil:
			for _, c := range slices.Backward(cut) {
				if back := s.put(c); back != nil {
					err = errors.Join(err, back)
				}
			}
			return trouble(c.Path, err)
		case c.What != cutOut:
			cut = nil
		case there[i] != gone:
			cut = append(cut, c)
		}
	}
	return nil
}

// writingFirst puts what has to be written before what is deleted: on a full disk that fails, and then nothing may have been deleted either.
func writingFirst(changes []change) []change {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b change) int {
		switch {
		case a.What == b.What:
			return 0
		case a.What == cutOut:
			return -1
		case b.What == cutOut:
			return 1
		}
		return 0
	})
	return sorted
}

// Restore puts back what Remove took, with mode, owner and times.
func (s changeableStore) Restore(ctx context.Context, saved Saved) error {
	r, err := s.unpack(saved)
	if err != nil {
		return err
	}
	for _, c := range r.Changes {
		switch now, err := s.now(c, saved.Print); {
		case err != nil:
			return trouble(c.Path, err)
		case now == altered && c.What != cutOut:
			return trouble(c.Path, fmt.Errorf("restore to %s: something else is there: %w", c.Path, ErrChanged))
		}
	}
	for _, c := range r.Changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.put(c); err != nil {
			return trouble(c.Path, err)
		}
	}
	return nil
}

// now tells how the thing that a change is about stands.
func (s changeableStore) now(c change, print cert.Print) (state, error) {
	g, err := openGround(s.m, s.f, c.Path)
	if missing(err) {
		return gone, nil
	} else if err != nil {
		return altered, err
	}
	defer g.close()
	switch c.What {
	case wholeLink:
		info, err := g.root.Lstat(g.name)
		switch {
		case missing(err):
			return gone, nil
		case err != nil:
			return altered, err
		case info.Mode()&fs.ModeSymlink == 0:
			return altered, nil
		}
		if target, err := g.root.Readlink(g.name); err != nil {
			return altered, err
		} else if target != c.Link {
			return altered, nil
		}
		return present, nil
	case hashLink:
		links, err := g.chain(path.Base(g.name))
		if err != nil {
			return altered, err
		}
		if slices.ContainsFunc(links, func(l member) bool { return l.what == c.member() }) {
			return present, nil
		}
		return gone, nil
	case mirror:
		return present, nil // follows the folder that it mirrors; see take and put
	}
	data, _, err := g.read()
	switch {
	case missing(err):
		return gone, nil
	case errors.Is(err, ErrChanged):
		return altered, nil
	case err != nil:
		return altered, err
	case c.What == wholeFile && bytes.Equal(data, c.Data):
		return present, nil
	case c.What == wholeFile:
		return altered, nil
	}
	return c.Cuts.find(data, print), nil
}

// member is what a hash link is known by in its chain.
func (c change) member() string {
	if c.Link != "" {
		return c.Link
	}
	return "=" + mark(c.Data)
}

// take makes one change. What is gone already is passed over.
func (s changeableStore) take(c change, print cert.Print) error {
	now, err := s.now(c, print)
	if err != nil || now == gone {
		return err
	}
	if now == altered {
		return ErrChanged
	}
	g, err := openGround(s.m, s.f, c.Path)
	if err != nil {
		return err
	}
	defer g.close()
	switch c.What {
	case wholeFile, wholeLink:
		return g.remove()
	case hashLink:
		return g.unchain(c)
	case mirror:
		return g.unmirror(s, c)
	}
	data, info, err := g.read()
	if err != nil {
		return err
	}
	kept := metaOf(info)
	kept.Time = 0
	return g.write(c.Cuts.take(data), *kept)
}

// put undoes one change. What is there already is passed over.
func (s changeableStore) put(c change) error {
	g, err := openGround(s.m, s.f, c.Path)
	if err != nil {
		if missing(err) && !c.Source {
			return nil // an output folder that is not made any more
		}
		return err
	}
	defer g.close()
	switch c.What {
	case wholeFile:
		if _, err := g.root.Lstat(g.name); !missing(err) {
			return err
		}
		return g.write(c.Data, *c.Meta)
	case wholeLink:
		if _, err := g.root.Lstat(g.name); !missing(err) {
			return err
		}
		return g.link(c.Link)
	case hashLink:
		return g.enchain(c)
	case mirror:
		return g.remirror(s, c)
	}
	data, info, err := g.read()
	if missing(err) && !c.Source {
		return nil // the next update makes it
	} else if err != nil {
		return err
	}
	whole := c.Cuts.put(data)
	if bytes.Equal(whole, data) {
		return nil
	}
	kept := metaOf(info)
	kept.Time = 0
	if digestOf(whole) == c.Cuts.Whole {
		kept.Time = c.Meta.Time
	}
	return g.write(whole, *kept)
}

// unchain takes one member out of a chain and closes the gap.
func (g *ground) unchain(c change) error {
	stem := g.name
	links, err := g.chain(path.Base(stem))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(links, func(l member) bool { return l.what == c.member() })
	if i < 0 {
		return nil
	}
	free := links[i].number
	if err := g.root.Remove(stem + strconv.Itoa(free)); err != nil {
		return err
	}
	for _, l := range links[i+1:] {
		if l.number != free+1 {
			break // there was a gap before; it is not ours to close
		}
		if err := g.root.Rename(stem+strconv.Itoa(l.number), stem+strconv.Itoa(free)); err != nil {
			return err
		}
		free = l.number
	}
	return g.sync()
}

// enchain puts one member back into a chain, behind those that stood before it.
func (g *ground) enchain(c change) error {
	stem := g.name
	links, err := g.chain(path.Base(stem))
	if err != nil {
		return err
	}
	to := 0
	taken := map[int]bool{}
	for _, l := range links {
		if l.what == c.member() {
			return nil
		}
		taken[l.number] = true
		if slices.Contains(c.After, l.what) {
			to = l.number + 1
		}
	}
	last := to
	for taken[last] {
		last++
	}
	for ; last > to; last-- {
		if err := g.root.Rename(stem+strconv.Itoa(last-1), stem+strconv.Itoa(last)); err != nil {
			return err
		}
	}
	one := &ground{root: g.root, name: stem + strconv.Itoa(to)}
	if c.Link != "" {
		return one.link(c.Link)
	}
	return one.write(c.Data, *c.Meta)
}

// namesakes is how many members the chain has that is mirrored.
func (s changeableStore) namesakes(c change) (int, error) {
	dir := c.Link
	if !path.IsAbs(dir) {
		dir = path.Join(path.Dir(c.Path), dir)
	}
	other, err := openGround(s.m, s.f, dir+"/"+path.Base(c.Path))
	if missing(err) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	defer other.close()
	links, err := other.chain(path.Base(c.Path))
	return len(links), err
}

// unmirror takes away the links whose namesakes are gone.
func (g *ground) unmirror(s changeableStore, c change) error {
	count, err := s.namesakes(c)
	if err != nil {
		return err
	}
	links, err := g.chain(path.Base(g.name))
	if err != nil {
		return err
	}
	for _, l := range links {
		name := g.name + strconv.Itoa(l.number)
		if l.number >= count && l.what == path.Join(c.Link, path.Base(name)) {
			if err := g.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return g.sync()
}

// remirror makes the links anew whose namesakes have come back.
func (g *ground) remirror(s changeableStore, c change) error {
	count, err := s.namesakes(c)
	if err != nil {
		return err
	}
	for number := range count {
		one := &ground{root: g.root, name: g.name + strconv.Itoa(number)}
		if _, err := g.root.Lstat(one.name); !missing(err) {
			continue
		}
		if err := one.link(c.Link + "/" + path.Base(one.name)); err != nil {
			return err
		}
	}
	return nil
}
