package report

import (
	"slices"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

// settings are the sentences that name the lines by which programs were told to trust the certificate: this program does not change them.
func (r *Report) settings(p words.Printer, print string) []string {
	wanted, err := cert.ParsePrint(print)
	if err != nil {
		return nil
	}
	var lines []string
	for _, seen := range r.Evidence.Places {
		if seen.Place.Kind != evidence.Environment {
			continue
		}
		for _, entry := range seen.Entries {
			if entry.Cert.Print != wanted || len(entry.Where) == 0 {
				continue
			}
			if line := p.Say("place.setting", words.With("line", r.clean(entry.Where[0]))); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
