package store

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/machine"
)

// debianCacerts is the Java keystore that Debian's hook keeps.
const debianCacerts = "/etc/ssl/certs/java/cacerts"

// Finish has the distribution's own command make the outputs anew where a source was changed, and then sees to it that they say what they should:
//
//   - a certificate that was removed is in no output any more unless a source still has it;
//   - a certificate that was put back is again in each output that it was in, even in one that was edited by hand and that the command overwrote.
//
// Debian's command tells its hooks of certificates whose line got a "!", but not of files that are gone, so the Java keystore would go on trusting them: the
// hook is told here. On another disk no command is run; Remove and Restore have done everything. A command that is not installed is no error: without it there
// is nothing that would bring the certificate back.
func (s changeableStore) Finish(ctx context.Context, done []Saved) error {
	var troubles []error
	var records []record
	var back []bool // by record: it was put back
	sources := false
	for _, saved := range done {
		r, err := s.unpack(saved)
		if err != nil {
			return err
		}
		there := false
		for _, c := range r.Changes {
			now, err := s.now(c, saved.Print)
			there = there || err == nil && now == present && c.What != mirror
			sources = sources || c.Source
		}
		records, back = append(records, r), append(back, there)
	}
	if s.m.Run != nil && sources && s.f.tool != "" {
		troubles = append(troubles, s.run(ctx, s.f.tool, nil, s.f.args...))
		var names []string
		for i, r := range records {
			if !back[i] {
				names = append(names, r.javaNames()...)
			}
		}
		if len(names) > 0 && s.m.Exists(string(machine.JavaHook)) && s.m.Exists(debianCacerts) {
			troubles = append(troubles, s.run(ctx, machine.JavaHook, []byte(strings.Join(names, ""))))
		}
	}
	var removed []cert.Print
	for i, r := range records {
		if !back[i] {
			removed = append(removed, done[i].Print)
			continue
		}
		for _, c := range r.Changes {
			now, err := s.now(c, done[i].Print)
			if err == nil && !c.Source && (now == gone || c.What == mirror) {
				err = s.put(c)
			}
			if err != nil {
				troubles = append(troubles, trouble(c.Path, err))
			}
		}
	}
	if len(removed) > 0 {
		troubles = append(troubles, s.sweep(ctx, removed))
	}
	return errors.Join(troubles...)
}

func (s changeableStore) run(ctx context.Context, tool machine.Tool, input []byte, args ...string) error {
	if _, err := s.m.Run(ctx, tool, input, args...); err != nil && !errors.Is(err, machine.ErrNoTool) {
		return trouble(string(tool), err)
	}
	return nil
}

// sweep takes out of the outputs what no source has any more.
func (s changeableStore) sweep(ctx context.Context, prints []cert.Print) error {
	found, err := walk(ctx, s.m, s.f, true)
	if err != nil {
		return err
	}
	var troubles []error
	for _, print := range prints {
		kept := slices.ContainsFunc(found.spots, func(one spot) bool {
			return one.rule != output && one.rule != otherUse && one.rule != unselected && found.vouches(one, print)
		})
		if kept {
			continue
		}
		left, err := found.changes(print)
		if err != nil {
			troubles = append(troubles, err)
			continue
		}
		for _, c := range left {
			if c.Source {
				continue
			}
			if err := s.take(c, print); err != nil {
				troubles = append(troubles, trouble(c.Path, err))
			}
		}
	}
	return errors.Join(troubles...)
}

// javaNames is what the hook must be told to make the Java keystore forget a certificate: the names under which update-ca-certificates linked its files.
func (r record) javaNames() []string {
	var lines []string
	add := func(name string) {
		if line := "-" + name + "\n"; !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, c := range r.Changes {
		switch {
		case c.Source && c.What != cutOut && path.Ext(c.Path) == ".crt":
			name := strings.TrimSuffix(path.Base(c.Path), ".crt")
			add("/etc/ssl/certs/" + strings.NewReplacer(" ", "_", "(", "=", ")", "=", ",", "_").Replace(name) + ".pem")
		case !c.Source && c.What == wholeLink && strings.HasPrefix(c.Path, "/etc/ssl/certs/") && path.Ext(c.Path) == ".pem":
			add(c.Path)
		}
	}
	return lines
}
