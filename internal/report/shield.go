package report

import (
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

// Shields are the sentences that tell what each browser does by itself with the certificate, in the order of the places, each once. Profiles of one browser
// are told apart only where they differ.
func (r *Report) Shields(p words.Printer, print cert.Print) []string {
	stances := map[string][]evidence.Stance{}
	for _, s := range r.Evidence.Shields {
		if s.Print == print && !slices.Contains(stances[s.Place.Program], s.Does) {
			stances[s.Place.Program] = append(stances[s.Place.Program], s.Does)
		}
	}
	var lines []string
	for _, s := range r.Evidence.Shields {
		if s.Print != print {
			continue
		}
		name := s.Place.Program
		if len(stances[name]) > 1 {
			if at := slices.IndexFunc(r.Evidence.Places, func(seen evidence.Seen) bool { return seen.Place == s.Place }); at >= 0 {
				name = r.place(p, at)
			}
		}
		if line := p.Say("shield."+string(s.Does), words.With("program", name)) + "."; !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
