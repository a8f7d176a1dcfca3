package words

import (
	"slices"
	"strings"
)

// Choose picks the language in which the program begins: the one saved by the person, else the first of the system's languages that the book has, else
// Kazakh in Kazakhstan, else Russian where it is widely read, else English.
//
// system are the languages of the operating system's user interface, the best first, in any of the forms that systems use: «kk_KZ.UTF-8», «kk-KZ»,
// «ru:en», or several joined by colons as in LANGUAGE. region is the two-letter country of the system's formats; it may be empty, and then the
// countries in system are taken.
func (b *Book) Choose(saved string, system []string, region string) Language {
	if l := Language(saved); b.Has(l) {
		return l
	}
	regions := []string{strings.ToUpper(region)}
	var tags []string
	for _, entry := range system {
		for part := range strings.SplitSeq(entry, ":") {
			tag, country := split(part)
			if tag != "" {
				tags = append(tags, tag)
			}
			if region == "" && country != "" {
				regions = append(regions, country)
			}
		}
	}
	for _, tag := range tags {
		if l := Language(tag); b.Has(l) {
			return l
		}
	}
	if slices.Contains(regions, "KZ") && b.Has(Kazakh) {
		return Kazakh
	}
	readsRussian := func(list []string, of string) bool {
		return slices.ContainsFunc(list, func(one string) bool { return one != "" && slices.Contains(strings.Fields(of), one) })
	}
	if b.Has(Russian) && (readsRussian(tags, "be uk ky uz tg tk tt ba az hy ka") || readsRussian(regions, "RU BY KG UZ TJ TM AM AZ")) {
		return Russian
	}
	if b.Has(English) {
		return English
	}
	return b.order[0]
}

// split takes a locale apart: language in lower case and country in upper case; both empty for «C» and «POSIX», which are no language.
func split(locale string) (tag, country string) {
	locale, _, _ = strings.Cut(strings.TrimSpace(locale), ".")
	locale, _, _ = strings.Cut(locale, "@")
	parts := strings.FieldsFunc(locale, func(r rune) bool { return r == '_' || r == '-' })
	if len(parts) == 0 || strings.EqualFold(parts[0], "C") || strings.EqualFold(parts[0], "POSIX") {
		return "", ""
	}
	for _, part := range parts[1:] {
		if len(part) == 2 {
			country = strings.ToUpper(part)
		}
	}
	return strings.ToLower(parts[0]), country
}
