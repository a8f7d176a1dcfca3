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
		return regexp.MustCompile(`(?:^|[\s;:])(` + strings.Join(slices.Sorted(maps.Keys(variables)), "|") + `)(?:\s*=\s*|\s+(?:DEFAULT=)?)("[^"]*"|'[^']*'|[^\s;&|]+)`)
	})
	trustStore = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`-Djavax\.net\.ssl\.trustStore=("[^"]*"|'[^']*'|\S+)`)
	})
)

// variable makes a reference of a variable and its value, unless the value names no file.
func variable(name, value string, line int) (reference, bool) {
	if variables[name] == "Java" {
		found := trustStore().FindStringSubmatch(value)
		if found == nil {
			return reference{}, false
		}
		value = found[1]
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

// shellLines reads the files in which shells and sessions set variables.
func shellLines(text string) []reference {
	var refs []reference
	if !slices.ContainsFunc(slices.Collect(maps.Keys(variables)), func(name string) bool { return strings.Contains(text, name) }) {
		return nil // the most of them, and fast
	}
	eachLine(text, "#", func(number int, line string) {
		for _, found := range assignment().FindAllStringSubmatch(line, -1) {
			if ref, ok := variable(found[1], plainValue(found[2]), number); ok {
				refs = append(refs, ref)
			}
		}
	})
	return refs
}

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
	sections(text, "#;", func(number int, section, key, value string) {
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

// sections reads files with [sections] of «key = value».
func sections(text, comments string, each func(number int, section, key, value string)) {
	section := ""
	eachLine(text, comments, func(number int, line string) {
		if line[0] == '[' {
			if end := strings.LastIndexByte(line, ']'); end > 0 {
				section = strings.TrimSpace(line[1:end])
			}
			return
		}
		if key, value, ok := strings.Cut(line, "="); ok {
			each(number, section, strings.TrimSpace(key), strings.TrimSpace(value))
		}
	})
}

// pipLines reads the settings of pip: «cert» in any section.
func pipLines(text string) []reference {
	var refs []reference
	sections(text, "#;", func(number int, _, key, value string) {
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

var curlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:--)?(cacert|capath)(?:\s*[=:]\s*|\s+)(.+)$`) })

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
