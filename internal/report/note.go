package report

import (
	"slices"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// SayNote is what decides on trust in a place without naming a certificate, in words. program is what the place belongs to, file what the note names.
func SayNote(p words.Printer, program string, note evidence.Note) string {
	key := "note." + string(note.Code)
	if note.Code == evidence.ExtraModule {
		key += "-" + string(judge.KindOfModule(note.Value))
	}
	return p.Say(key, words.With("program", program), words.With("file", judge.Printable(note.Value)))
}

// SayReturn is what can bring a certificate back, in sentences, for the time before it is removed.
func SayReturn(p words.Printer, program string, note evidence.Note) string {
	line := SayNote(p, program, note) + "."
	if note.Code == evidence.AutoConfigAdds {
		line += " " + p.Say("note.unless")
	}
	return line
}

// noteLines are the notes of all places, each sentence once.
func (r *Report) noteLines(p words.Printer) []string {
	var lines []string
	for _, seen := range r.Evidence.Places {
		for _, note := range seen.Notes {
			note.Value = r.clean(note.Value)
			if line := SayNote(p, seen.Place.Program, note); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

type noteJSON struct {
	Code   evidence.NoteCode `json:"code"`
	Path   string            `json:"path"`
	Value  string            `json:"value"`
	Forced bool              `json:"forced"`
}

func (r *Report) notesJSON(seen evidence.Seen) []noteJSON {
	all := []noteJSON{}
	for _, note := range seen.Notes {
		all = append(all, noteJSON{note.Code, r.notePath(seen, note.Path), r.clean(note.Value), note.Forced})
	}
	return all
}

// notePath is where a note was read. A file in the folder of a profile stands below what is told of that folder; of others a report for giving away tells the name alone.
func (r *Report) notePath(seen evidence.Seen, path string) string {
	if r.scrub == nil {
		return path
	}
	if rest, below := cutFolder(path, seen.Place.Path); below {
		return r.path(seen.Place) + r.clean(rest)
	}
	return r.clean(judge.FileName(path))
}

func cutFolder(path, folder string) (rest string, below bool) {
	rest, below = strings.CutPrefix(path, folder)
	if below && rest != "" && rest[0] != '/' && rest[0] != '\\' { // another folder, whose name begins alike
		return path, false
	}
	return rest, below
}
