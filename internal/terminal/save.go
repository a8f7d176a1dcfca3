package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"qulyp/internal/machine"
	"qulyp/internal/report"
	"qulyp/internal/words"
)

// formats are the kinds of report, with the endings of files by which each is known.
var formats = map[string][]string{"html": {".html", ".htm"}, "text": {".txt"}, "json": {".json"}, "evidence": {".zip"}}

func (p *Program) reportVerb() *cobra.Command {
	c := p.verb("report --format html|text|json|evidence --out FILE", noArgs, p.saveReport)
	p.flag(c.Flags(), "format", func(s string) { c.Flags().StringVar(&p.options.format, "format", "", s) })
	p.flag(c.Flags(), "out", func(s string) { c.Flags().StringVar(&p.options.out, "out", "", s) })
	p.rootFlag(c)
	p.liveFlags(c)
	return c
}

func (p *Program) saveReport(ctx context.Context, _ []string) error {
	if p.options.out == "" {
		return usageError{"--out"}
	}
	format := p.options.format
	if format == "" {
		for name, endings := range formats {
			if slices.Contains(endings, strings.ToLower(filepath.Ext(p.options.out))) {
				format = name
			}
		}
	}
	if formats[format] == nil {
		return usageError{strings.TrimSpace("--format " + p.options.format)}
	}
	checker, clean, err := p.prepare()
	if err != nil {
		return err
	}
	defer clean()
	live, err := p.live()
	if err != nil {
		return err
	}
	e, v := p.look(ctx, checker, live)
	if ctx.Err() != nil {
		return done(p.stopped())
	}
	if err := p.save(p.report(e, v), format, p.options.out); err != nil {
		return done(p.fail(Failed, "save-failed", p.words.Say("screen.error.save-failed"), err))
	}
	if p.options.out != "-" && !p.options.json {
		p.Console.tell(p.words.Say("report.saved", words.With("file", p.options.out)))
	}
	return done(byLevel(v.Level))
}

// save writes a report for giving away: scrubbed, in one piece, readable by its owner alone. «-» is the standard output.
func (p *Program) save(r *report.Report, format, out string) error {
	given := r.Scrubbed(p.scrubber(p.machine))
	printer := p.Book.Printer(p.words.Language())
	var data bytes.Buffer
	var err error
	switch format {
	case "html":
		err = given.HTML(&data, printer)
	case "json":
		err = given.JSON(&data, printer)
	case "evidence":
		err = given.Export(&data, printer)
	default:
		err = given.Text(&data, printer.Plain(), report.Style{})
	}
	if err != nil {
		return err
	}
	if out == "-" {
		_, err = p.Console.Out.Write(data.Bytes())
		return err
	}
	return write(out, data.Bytes())
}

// write puts a file in its place at once: either the whole new file is there or what was there before.
func write(name string, data []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a device, as /dev/stdout
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		return errors.Join(err, file.Close())
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".qulyp-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(file, bytes.NewReader(data))
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// scrubber knows the names of this computer and of its accounts, and those of the disk that is looked at.
func (p *Program) scrubber(m *machine.Machine) report.Scrubber {
	people := slices.Concat(m.People, p.Local().People)
	var hosts []string
	if host, err := os.Hostname(); err == nil {
		hosts = append(hosts, host)
	}
	if name, err := m.Read("/etc/hostname", 1<<10); err == nil {
		hosts = append(hosts, strings.TrimSpace(string(name)))
	}
	return report.NewScrubber(people, hosts...)
}

// SavePage saves the report as a page where the person will find it, and gives the path of the file. Nothing that is there already is overwritten. With
// --no-trace the page lies in a folder for temporary files.
func (p *Program) SavePage(r *report.Report, language words.Language, m *machine.Machine) (string, error) {
	var data bytes.Buffer
	if err := r.Scrubbed(p.scrubber(m)).HTML(&data, p.Book.Printer(language)); err != nil {
		return "", err
	}
	return p.saveNew(m, "qulyp-"+r.Evidence.Finished.In(p.zone()).Format("2006-01-02"), ".html", data.Bytes())
}

// saveNew writes a new file of that name where the person will find it; a number goes before the ending where the name is taken.
func (p *Program) saveNew(m *machine.Machine, title, ending string, data []byte) (string, error) {
	folder := documents(p.Local())
	if m.NoTrace || folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "qulyp-"); err != nil {
			return "", fmt.Errorf("make report folder: %w", err)
		}
	}
	for n := 1; ; n++ {
		name := filepath.Join(folder, title+ending)
		if n > 1 {
			name = filepath.Join(folder, fmt.Sprintf("%s-%d%s", title, n, ending))
		}
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		} else if err != nil {
			return "", fmt.Errorf("make report: %w", err)
		}
		_, err = file.Write(data)
		if err = errors.Join(err, file.Close()); err != nil {
			os.Remove(name)
			return "", fmt.Errorf("write report: %w", err)
		}
		return name, nil
	}
}

// documents is the folder where a person keeps documents, or the home itself; empty when there is no home. A browser that is confined (a snap) can read neither
// hidden folders nor those for temporary files, so these are no place for a page.
func documents(m *machine.Machine) string {
	self, ok := m.Self()
	if !ok || self.Home == "" {
		return ""
	}
	candidates := []string{filepath.Join(self.Home, "Documents")}
	if m.GOOS == "linux" { // xdg-user-dirs(1): XDG_DOCUMENTS_DIR="$HOME/Құжаттар"
		data, _ := m.Read(filepath.Join(self.Home, ".config", "user-dirs.dirs"), 64<<10)
		for line := range strings.Lines(string(data)) {
			value, found := strings.CutPrefix(strings.TrimSpace(line), "XDG_DOCUMENTS_DIR=")
			if value = strings.Trim(value, `"`); found && strings.HasPrefix(value, "$HOME/") {
				candidates = []string{filepath.Join(self.Home, strings.TrimPrefix(value, "$HOME/"))}
			}
		}
	}
	for _, folder := range candidates {
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder
		}
	}
	return self.Home
}
