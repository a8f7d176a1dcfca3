// Package report puts a verdict on paper: as text for a terminal or a file, as JSON for other programs, as one HTML page that can be printed, and
// as an archive of evidence. It decides nothing and opens no file; the words come from package words.
//
// # What a report may tell
//
// A report is made to be given away, so a [Report.Scrubbed] report holds no name of an account or computer, no home folder, no address and no personal
// number; see [Scrubber]. The same report on the person's own screen need not be scrubbed: there the paths are what helps.
package report

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"qulyp/internal/catalog"
	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/judge"
	"qulyp/internal/words"
)

// Report is one check with its verdict, ready to be written. It is not changed by writing.
type Report struct {
	Evidence evidence.Evidence
	Verdict  judge.Verdict
	List     *catalog.List
	Version  string // of the program
	Code     string // the check code, see Code

	zone  *time.Location
	scrub *Scrubber // nil: nothing is taken out
	known []known
}

// New makes a report. Times are shown in zone.
func New(e evidence.Evidence, v judge.Verdict, list *catalog.List, version string, zone *time.Location) *Report {
	return &Report{Evidence: e, Verdict: v, List: list, Version: version, Code: Code(e, v, list), zone: zone, known: notable(e, list)}
}

// Scrubbed is the same report for giving away.
func (r *Report) Scrubbed(s Scrubber) *Report {
	given := *r
	given.scrub = &s
	return &given
}

// clean is foreign text as this report may show it.
func (r *Report) clean(text string) string {
	if r.scrub == nil {
		return text
	}
	return r.scrub.Text(text)
}

// finding is a finding with what its words show made clean.
func (r *Report) finding(f judge.Finding) judge.Finding {
	if r.scrub == nil {
		return f
	}
	f.Args = slices.Clone(f.Args)
	for i, arg := range f.Args {
		if text, ok := arg.Value.(string); ok {
			f.Args[i].Value = r.scrub.Text(text)
		}
	}
	return f
}

// PlaceName is what a place is called before people: the program and, where there are several, the profile and the account. It is Plain, and one line.
func PlaceName(p words.Printer, place evidence.Place, owner bool) string {
	program := place.Program
	if program == "" {
		program = p.Say("kind." + string(place.Kind))
	}
	name := p.Say("place.program", words.With("program", program))
	switch {
	case place.Kind == evidence.Windows:
		name = windowsName(p, place, program)
	case place.Label != "":
		name = p.Say("place.profile", words.With("program", program), words.With("label", place.Label))
	}
	if owner && place.Owner != "" {
		name = p.Say("place.owner", words.With("place", name), words.With("owner", place.Owner))
	}
	return strings.NewReplacer("\n", "\uFFFD", "\t", "\uFFFD").Replace(Plain(name))
}

// place is the name of the place of that number in this report. In a report for giving away the account is not named, and a profile only by a name that
// browsers give by themselves.
func (r *Report) place(p words.Printer, index int) string {
	place := r.Evidence.Places[index].Place
	if r.scrub != nil {
		place.Label = r.label(index)
	}
	return PlaceName(p, place, r.scrub == nil && r.owners() > 1)
}

// ownLabel are the names that browsers give to profiles by themselves, and ownFolder the folders of such profiles: «a1b2c3d4.default-release».
var (
	ownLabel  = regexp.MustCompile(`^([Dd]efault(-[a-z]+)?|Default User|Profile \d+|)$`)
	ownFolder = regexp.MustCompile(`^([a-z0-9]+\.default(-[a-z]+)?(-\d+)?|Default|Profile \d+)$`)
)

// account is the number by which Windows knows an account.
var account = regexp.MustCompile(`S-1-[0-9-]+`)

// label is the name of a profile: the one that a person gave it becomes a number.
func (r *Report) label(index int) string {
	place := r.Evidence.Places[index].Place
	if ownLabel.MatchString(place.Label) || place.Kind == evidence.Windows { // named by Windows, not by a person
		return place.Label
	}
	number := 0
	for _, seen := range r.Evidence.Places[:index+1] {
		if seen.Place.Program == place.Program && seen.Place.Label != "" {
			number++
		}
	}
	return strconv.Itoa(number)
}

// path is where a place is. The folder of a profile bears the name that a person gave it, so only those that browsers name are told.
func (r *Report) path(place evidence.Place) string {
	path := place.Path
	if place.Kind == evidence.Windows {
		return r.clean(account.ReplaceAllString(path, gap))
	}
	if at := strings.LastIndexAny(path, `/\`); place.Label != "" && at >= 0 && !ownFolder.MatchString(path[at+1:]) {
		path = path[:at+1] + gap
	}
	return r.clean(path)
}

func (r *Report) owners() int {
	seen := map[string]bool{}
	for _, place := range r.Evidence.Places {
		if place.Place.Owner != "" {
			seen[place.Place.Owner] = true
		}
	}
	return len(seen)
}

// names are the places of a finding, each name once.
func (r *Report) names(p words.Printer, at []int) []string {
	var names []string
	for _, index := range at {
		if name := r.place(p, index); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// certificate is one certificate that is not public, as it is told to people.
type certificate struct {
	Name, Class, Print, SHA1 string
	Subject, Issuer          string
	Validity, Source         string
	Unread                   bool
	Places                   []string
	Shields                  []string // what browsers do with it by themselves
}

// certificates are all certificates that are not public, the dangerous ones first, as the window has them. What a person may have for signing (not an authority, not known) is told without its names.
func (r *Report) certificates(p words.Printer) []certificate {
	var all []certificate
	graver := slices.Clone(r.known)
	slices.SortStableFunc(graver, func(a, b known) int { return rank(a) - rank(b) })
	for _, k := range graver {
		one := certificate{
			Name: CertName(p, k.match, k.cert), Class: p.Say("class." + string(k.match.Class)), Subject: k.cert.Subject.Text, Issuer: k.cert.Issuer.Text,
			Unread: k.cert.Unread != nil, Source: k.match.Source,
		}
		if !k.cert.Print.IsZero() {
			one.Print = k.cert.Print.String()
		}
		if r.scrub != nil && personal(k) {
			one.Name, one.Subject, one.Issuer, one.Print = gap, gap, gap, ""
		}
		one.Name, one.Subject, one.Issuer = r.clean(one.Name), r.clean(one.Subject), r.clean(one.Issuer)
		if !k.cert.From.IsZero() && !k.cert.Until.IsZero() {
			one.Validity = p.Say("screen.verdict.validity", words.With("from", p.Date(k.cert.From)), words.With("until", p.Date(k.cert.Until)))
		}
		one.Places, one.Shields = r.names(p, r.where(k.cert)), r.Shields(p, k.cert.Print)
		all = append(all, one)
	}
	return all
}

// rank is lower the sooner a certificate is to be seen.
func rank(k known) int {
	if k.match.Class.Hostile() {
		return 0
	}
	return 1
}

// personal tells whether a certificate may be one that a person signs with: its names would tell who that is.
func personal(k known) bool {
	return k.match.Class == catalog.Unknown && k.cert.DER != nil && !k.cert.Anchor()
}

// where are the numbers of the places that hold the certificate.
func (r *Report) where(c cert.Certificate) []int {
	var at []int
	for i, seen := range r.Evidence.Places {
		if slices.ContainsFunc(seen.Entries, func(entry evidence.Entry) bool { return identity(entry.Cert) == identity(c) }) {
			at = append(at, i)
		}
	}
	return at
}

// CertName is what a certificate is called before people: the name that the list gives it, else its own.
func CertName(p words.Printer, match catalog.Match, c cert.Certificate) string {
	if match.Names != nil && (match.Class != catalog.StateLookalike || c.DER == nil) {
		return match.Names.In(string(p.Language()))
	}
	return c.Title()
}

// unseen is one place that could not be looked into.
type unseen struct{ Place, Reason, Next string }

func (r *Report) unseen(p words.Printer) []unseen {
	var all []unseen
	for _, one := range r.Verdict.Unseen {
		program := words.With("program", r.Evidence.Places[one.Place].Place.Program)
		key := "reason." + string(one.Code)
		all = append(all, unseen{r.place(p, one.Place), p.Say(key+".text", program), p.Say(key+".next", program)})
	}
	return all
}

// meta is the line that tells when and with what the check was made.
func (r *Report) meta(p words.Printer) string {
	at := r.Evidence.Finished.In(r.zone)
	return p.Say("report.meta", words.With("date", p.LongDate(at)), words.With("time", p.Time(at)), words.With("version", r.Version),
		words.With("list", strconv.Itoa(r.List.Version)))
}

// notes are the findings besides the headline, but for those that only say again what stands elsewhere in the report.
func (r *Report) notes() []judge.Finding {
	var notes []judge.Finding
	for _, f := range r.Verdict.Findings {
		if f.Code != r.Verdict.Headline && f.Code != judge.UnseenPlaces {
			notes = append(notes, r.finding(f))
		}
	}
	return notes
}
