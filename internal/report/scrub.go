package report

import (
	"net/netip"
	"regexp"
	"sort"
	"strings"
	"unicode"

	"qulyp/internal/machine"
)

// Scrubber takes out of foreign text (paths, names in certificates, causes of errors) what tells who the person is or where: names of accounts and of the
// computer, home folders, e-mail and network addresses, account and personal numbers. It is not for sentences of this program, which hold none of these.
// The zero value takes out everything that can be told by its shape alone.
type Scrubber struct {
	homes []string // longest first
	words []string // names of accounts and computers, lower case
}

// gap stands where something was taken out.
const gap = "…"

// plainNames are names of accounts and computers that tell nothing about a person and occur as ordinary words.
var plainNames = map[string]bool{
	"root": true, "user": true, "admin": true, "administrator": true, "default": true, "public": true, "guest": true, "localhost": true, "home": true,
	"windows": true, "linux": true, "debian": true, "ubuntu": true, "firefox": true, "chromium": true, "java": true, "etc": true, "usr": true,
}

// NewScrubber makes a Scrubber that knows these accounts and the names of this computer.
func NewScrubber(people []machine.Person, hosts ...string) Scrubber {
	var s Scrubber
	for _, person := range people {
		if home := strings.TrimRight(person.Home, `/\`); len(home) > 1 {
			s.homes = append(s.homes, home)
		}
		s.add(person.Name)
		if at := strings.LastIndexByte(person.Name, '\\'); at >= 0 { // DOMAIN\name
			s.add(person.Name[:at])
			s.add(person.Name[at+1:])
		}
	}
	for _, host := range hosts {
		s.add(host)
		if first, _, dotted := strings.Cut(host, "."); dotted {
			s.add(first)
		}
	}
	sort.SliceStable(s.homes, func(a, b int) bool { return len(s.homes[a]) > len(s.homes[b]) })
	sort.SliceStable(s.words, func(a, b int) bool { return len(s.words[a]) > len(s.words[b]) })
	return s
}

func (s *Scrubber) add(word string) {
	word = strings.ToLower(word)
	if len([]rune(word)) > 1 && !plainNames[word] {
		s.words = append(s.words, word)
	}
}

// What is told by its shape: homes of accounts that are not known, e-mail addresses (mkcert writes user@host and the person's name behind it), security
// identifiers of Windows accounts, and long numbers (a personal number in Kazakhstan, IIN, has 12 digits).
var (
	homeShape    = regexp.MustCompile(`(?i)(?:[a-z]:)?[/\\](?:home|users|documents and settings)[/\\][^/\\,;:"]+`)
	mailShape    = regexp.MustCompile(`[^\s,;=<>()"/\\]+@[^\s,;=<>()"/\\]+(?:\s*\([^)]*\))?`)
	accountShape = regexp.MustCompile(`S-1-5-21(?:-\d+)+`)
	numberShape  = regexp.MustCompile(`\d{10,}`)
	serialShape  = regexp.MustCompile(`SERIALNUMBER=[^,]*`)
)

// Text is text without what it should not tell.
func (s Scrubber) Text(text string) string {
	for _, home := range s.homes {
		text = replaceFold(text, home, "~", func(before, after rune) bool { return after == 0 || after == '/' || after == '\\' || !letter(after) })
	}
	text = homeShape.ReplaceAllString(text, "~")
	text = serialShape.ReplaceAllString(text, "SERIALNUMBER="+gap)
	text = accountShape.ReplaceAllString(text, "S-1-5-21-"+gap)
	text = mailShape.ReplaceAllString(text, gap)
	text = scrubAddresses(text)
	text = numberShape.ReplaceAllString(text, gap)
	for _, word := range s.words {
		text = replaceFold(text, word, gap, func(before, after rune) bool { return !letter(before) && !letter(after) })
	}
	return text
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// replaceFold replaces old, in any case, where fits allows it by the runes around (0 at the ends).
func replaceFold(text, old, replacement string, fits func(before, after rune) bool) string {
	runes, wanted := []rune(text), []rune(strings.ToLower(old))
	if len(wanted) == 0 {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(runes); {
		if matches(runes[at:], wanted) {
			var before, after rune
			if at > 0 {
				before = runes[at-1]
			}
			if end := at + len(wanted); end < len(runes) {
				after = runes[end]
			}
			if fits(before, after) {
				out.WriteString(replacement)
				at += len(wanted)
				continue
			}
		}
		out.WriteRune(runes[at])
		at++
	}
	return out.String()
}

func matches(runes, wanted []rune) bool {
	if len(runes) < len(wanted) {
		return false
	}
	for i, r := range wanted {
		if unicode.ToLower(runes[i]) != r {
			return false
		}
	}
	return true
}

// scrubAddresses takes out network addresses, each with its port.
func scrubAddresses(text string) string {
	inside := func(r rune) bool {
		return r < 0x80 && (unicode.IsDigit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' || r == ':' || r == '.')
	}
	runes := []rune(text)
	var out strings.Builder
	for at := 0; at < len(runes); {
		end := at
		for end < len(runes) && inside(runes[end]) {
			end++
		}
		if end == at {
			out.WriteRune(runes[at])
			at++
			continue
		}
		token := string(runes[at:end])
		switch clean := strings.Trim(token, ".:"); {
		case isAddress(token):
			out.WriteString(gap)
		case isAddress(clean): // the signs around it belong to the sentence
			out.WriteString(strings.Replace(token, clean, gap, 1))
		default:
			out.WriteString(token)
		}
		at = end
	}
	return out.String()
}

func isAddress(token string) bool {
	if strings.Count(token, ".") < 3 && strings.Count(token, ":") < 2 {
		return false
	}
	if _, err := netip.ParseAddr(token); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(token)
	return err == nil
}
