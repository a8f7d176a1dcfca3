package store

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"qulyp/internal/machine"
)

// dialect reads one kind of settings. What it does not understand it passes over: these files are other programs' own.
type dialect func(text string) []reference

// variables are the variables of the environment that make programs trust a file or folder, with the program that each belongs to.
var variables = map[string]string{
	"NODE_EXTRA_CA_CERTS": "Node.js",
	"SSL_CERT_FILE":       "OpenSSL",
	"SSL_CERT_DIR":        "OpenSSL",
	"REQUESTS_CA_BUNDLE":  "Python",
	"CURL_CA_BUNDLE":      "curl",
	"GIT_SSL_CAINFO":      "Git",
	"GIT_SSL_CAPATH":      "Git",
	"PIP_CERT":            "pip",
	"AWS_CA_BUNDLE":       "AWS",
	"CARGO_HTTP_CAINFO":   "Cargo",
	"DENO_CERT":           "Deno",
	"JAVA_TOOL_OPTIONS":   "Java",
	"_JAVA_OPTIONS":       "Java",
	"JDK_JAVA_OPTIONS":    "Java",
}

// The patterns are made when they are first needed: most checks need none, and making them would cost each start of the program several milliseconds.
var (
	// NAME=value and «export NAME=value» of shells, «setenv NAME value» of csh, «set -gx NAME value» of fish, «NAME DEFAULT=value» of pam_env
	assignment = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^|[\s;:])(` + strings.Join(slices.Sorted(maps.Keys(variables)), "|") + `)(?:\s*=\s*|\s+(?:DEFAULT=)?)((?:"[^"]*"|'[^']*'|[^\s;&|"'])+)`)
	})
	trustStore = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`-Djavax\.net\.ssl\.trustStore=("[^"]*"|'[^']*'|\S+)`)
	})
)

// variable makes a reference of a variable and its value, unless the value names no file. Of an option of Java that is given twice the last counts.
func variable(name, value string, line int) (reference, bool) {
	if variables[name] == "Java" {
		found := trustStore().FindAllStringSubmatch(value, -1)
		if found == nil {
			return reference{}, false
		}
		value = found[len(found)-1][1]
	}
	value = plainValue(value)
	return reference{program: variables[name], setting: name, line: line, target: value}, value != ""
}

func plainValue(value string) string {
	value = strings.TrimSpace(value)
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		return value[1 : len(value)-1]
	}
	return value
}

// shellLines reads the files in which shells and sessions set variables. A line that ends in a backslash goes on, and a variable that the file sets itself is known in
// what follows; what a shell would have to work out is passed over.
func shellLines(text string) []reference {
	var refs []reference
	if !slices.ContainsFunc(slices.Collect(maps.Keys(variables)), func(name string) bool { return strings.Contains(text, name) }) {
		return nil // the most of them, and fast
	}
	set := map[string]string{}
	text = strings.NewReplacer("\\\r\n", "", "\\\n", "").Replace(text)
	home := strings.NewReplacer("${HOME}", "", "$HOME", "") // settle knows it
	eachLine(text, "#", func(number int, line string) {
		for _, found := range simpleAssignment().FindAllStringSubmatch(line, -1) {
			if value := resolve(shellValue(found[2]), set); !strings.ContainsAny(home.Replace(value), "$`") {
				set[found[1]] = value
			}
		}
		for _, found := range assignment().FindAllStringSubmatch(line, -1) {
			if ref, ok := variable(found[1], resolve(shellValue(found[2]), set), number); ok {
				refs = append(refs, ref)
			}
		}
	})
	return refs
}

// simpleAssignment is NAME=value with any name.
var simpleAssignment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[\s;&])([A-Za-z_][A-Za-z0-9_]*)=((?:"[^"]*"|'[^']*'|[^\s;&|"'])+)`)
})

// shellValue is a word without its quotes, which may stand around a part of it: "$HOME"/ca.pem.
func shellValue(word string) string {
	if plain := plainValue(word); plain != word && !strings.ContainsAny(plain, `"'`) {
		return plain
	}
	var out strings.Builder
	quote := rune(0)
	for _, r := range word {
		switch {
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		default:
			out.WriteRune(r)
		}
	}
	if quote != 0 {
		return plainValue(word)
	}
	return out.String()
}

// resolve puts the values of known variables into a text.
func resolve(text string, set map[string]string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	return usedVariable().ReplaceAllStringFunc(text, func(use string) string {
		if value, ok := set[strings.Trim(use, "${}")]; ok {
			return value
		}
		return use
	})
}

var usedVariable = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\$(?:\{[A-Za-z_][A-Za-z0-9_]*\}|[A-Za-z_][A-Za-z0-9_]*)`)
})

// eachLine gives the lines of a file that are no comments.
func eachLine(text, comments string, each func(number int, line string)) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(line); line != "" && !strings.ContainsAny(line[:1], comments) {
			each(number, line)
		}
	}
}

// gitLines reads git-config(1): sslCAInfo and sslCAPath in [http], for all addresses or for one.
func gitLines(text string) []reference {
	var refs []reference
	sections(gitPlain(text), "#;", func(number int, section, key, value string) {
		name, _, _ := strings.Cut(strings.ToLower(section), " ")
		if name != "http" {
			return
		}
		switch strings.ToLower(key) {
		case "sslcainfo", "sslcapath":
			refs = append(refs, reference{program: "Git", setting: "http." + key, line: number, target: strings.ReplaceAll(plainValue(value), `\\`, `\`)})
		}
	})
	return refs
}

var gitHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^([ \t]*\[[^\]"\n]*(?:"[^"\n]*")?[ \t]*\])[ \t]*(\S)`)
})

// gitPlain brings a file of Git into a form of one thing a line: there a value may stand behind the name of its section, go on in the next line, have a remark behind it,
// and be quoted in part.
func gitPlain(text string) string {
	text = strings.ReplaceAll(text, "\\\n", "")
	text = gitHeader().ReplaceAllString(text, "$1\n$2")
	var out strings.Builder
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(strings.TrimSpace(line), "[") {
			quoted := false
			end := strings.IndexFunc(value, func(r rune) bool {
				quoted = quoted != (r == '"')
				return !quoted && (r == '#' || r == ';')
			})
			if end >= 0 {
				value = value[:end] + "\n"
			}
			line = key + "=" + strings.ReplaceAll(value, `"`, "")
		}
		out.WriteString(line)
	}
	return out.String()
}

// sections reads files with [sections] of «key = value».
func sectionsOf(text, comments string, colons bool, each func(number int, section, key, value string)) {
	section := ""
	eachLine(text, comments, func(number int, line string) {
		if line[0] == '[' {
			if end := strings.LastIndexByte(line, ']'); end > 0 {
				section = strings.TrimSpace(line[1:end])
			}
			return
		}
		mark := strings.IndexAny(line, "=")
		if colon := strings.Index(line, ": "); colons && colon >= 0 && (mark < 0 || colon < mark) {
			mark = colon
		}
		if mark >= 0 {
			key, value := line[:mark], line[mark+1:]
			each(number, section, strings.TrimSpace(key), strings.TrimSpace(value))
		}
	})
}

func sections(text, comments string, each func(number int, section, key, value string)) {
	sectionsOf(text, comments, false, each)
}

// pipLines reads the settings of pip: «cert» in any section.
func pipLines(text string) []reference {
	var refs []reference
	sectionsOf(text, "#;", true, func(number int, _, key, value string) { // configparser of Python takes a colon too
		if strings.ToLower(key) == "cert" {
			refs = append(refs, reference{program: "pip", setting: "cert", line: number, target: plainValue(value)})
		}
	})
	return refs
}

// cargoLines reads the settings of Cargo: cainfo in [http].
func cargoLines(text string) []reference {
	var refs []reference
	sections(text, "#", func(number int, section, key, value string) {
		if section == "http" && key == "cainfo" || section == "" && key == "http.cainfo" {
			refs = append(refs, reference{program: "Cargo", setting: "http.cainfo", line: number, target: plainValue(value)})
		}
	})
	return refs
}

var curlLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:--)?(cace(?:r|rt)?|capa(?:t|th)?)(?:\s*[=:]\s*|\s+)(.+)$`)
})

// curlLines reads the settings of curl(1), section --config.
func curlLines(text string) []reference {
	var refs []reference
	eachLine(text, "#", func(number int, line string) {
		if found := curlLine().FindStringSubmatch(line); found != nil {
			value := plainValue(found[2])
			if strings.HasPrefix(found[2], `"`) {
				value = strings.ReplaceAll(value, `\\`, `\`)
			}
			refs = append(refs, reference{program: "curl", setting: found[1], line: number, target: value})
		}
	})
	return refs
}

// wgetLines reads the settings of wget(1), where case, «-» and «_» make no difference.
func wgetLines(text string) []reference {
	var refs []reference
	sections(text, "#", func(number int, _, key, value string) {
		switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(key)) {
		case "cacertificate", "cadirectory":
			refs = append(refs, reference{program: "Wget", setting: key, line: number, target: plainValue(value)})
		}
	})
	return refs
}

// npmLines reads the settings of npm: «cafile» names a file, «ca» and «ca[]» hold the certificates themselves, with \n between the lines.
func npmLines(text string) []reference {
	var refs []reference
	sections(text, "#;", func(number int, _, key, value string) {
		switch key {
		case "cafile":
			refs = append(refs, reference{program: "npm", setting: key, line: number, target: plainValue(value)})
		case "ca", "ca[]":
			var plain string
			if json.Unmarshal([]byte(value), &plain) != nil {
				plain = strings.ReplaceAll(plainValue(value), `\n`, "\n")
			}
			refs = append(refs, reference{program: "npm", setting: key, line: number, inline: []byte(plain)})
		}
	})
	return refs
}

// processReferences are the variables of this process.
func processReferences(m *machine.Machine, home string) []reference {
	var refs []reference
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if ref, ok := variable(name, m.Env(name), 0); ok {
			refs = append(refs, ref)
		}
	}
	return settle(m, refs, home)
}
