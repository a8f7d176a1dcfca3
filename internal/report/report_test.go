package report

import (
	"archive/zip"
	"bytes"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestText keeps the text of a report in each language.
func TestText(t *testing.T) {
	book := theBook()
	for _, language := range book.Languages() {
		var out bytes.Buffer
		if err := scrubbed(everything()).Text(&out, book.Printer(language).Plain(), Style{}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > Columns && !strings.Contains(line, "SHA-256 ") {
				t.Errorf("%s: longer than %d letters: %q", language, Columns, line)
			}
		}
		if strings.ContainsAny(out.String(), "⟦⟧") {
			t.Errorf("%s: words are missing", language)
		}
		golden(t, "text-"+string(language)+".txt", out.String())
	}
}

// TestNothingPersonal looks for every name, address and number of the made-up person in every kind of report.
func TestNothingPersonal(t *testing.T) {
	book := theBook()
	r := scrubbed(everything())
	personal := issue(sign, pkix.Name{CommonName: "Some signing authority"}, false).Print
	for _, language := range book.Languages() {
		p := book.Printer(language)
		for kind, write := range map[string]func(io.Writer) error{
			"text": func(w io.Writer) error { return r.Text(w, p, Style{}) },
			"html": func(w io.Writer) error { return r.HTML(w, p) },
			"json": func(w io.Writer) error { return r.JSON(w, p) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"aigul", "serikova", "айгүл", "айгуль", "серикова", "бауыржан", "/home/", "Users", "10.1.2.3", "192.168", "87.240", "185.15", "850101400123", personal.String()} {
				if strings.Contains(strings.ToLower(out.String()), strings.ToLower(secret)) {
					t.Errorf("%s %s: holds %q", language, kind, secret)
				}
			}
		}
	}
}

// TestUnscrubbed: on the person's own screen the paths are there.
func TestUnscrubbed(t *testing.T) {
	var out bytes.Buffer
	if err := reportOf(everything()).JSON(&out, theBook().Printer("en")); err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{`"path": "/home/aigul/.mozilla/firefox/a1.default-release"`, `"owner": "aigul"`, `"address": "87.240.132.67"`} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("lacks %s", wanted)
		}
	}
}

// TestSchema keeps the names of the fields of the JSON, on which scripts rely: one line for each path.
func TestSchema(t *testing.T) {
	var out bytes.Buffer
	if err := reportOf(everything()).JSON(&out, theBook().Printer("en")); err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(out.Bytes(), &value); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, inner := range value {
				walk(path+"."+key, inner)
			}
			return
		case []any:
			for _, inner := range value {
				walk(path+"[]", inner)
			}
			path += "[]"
		}
		kind := map[bool]string{true: "number"}[isNumber(value)]
		switch value.(type) {
		case string:
			kind = "string"
		case bool:
			kind = "bool"
		case []any:
			kind = "list"
		case nil:
			t.Errorf("%s is null: lists are never null", path)
		}
		if line := strings.TrimPrefix(path, ".") + " " + kind; !slices.Contains(paths, line) {
			paths = append(paths, line)
		}
	}
	walk("", value)
	slices.Sort(paths)
	golden(t, "schema-check.txt", strings.Join(paths, "\n")+"\n")

	out.Reset()
	if err := reportOf(quiet()).JSON(&out, theBook().Printer("en")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "null") {
		t.Error("a list is null where nothing was found")
	}
}

func isNumber(value any) bool { _, ok := value.(float64); return ok }

// TestCode: the code stands for the result and for nothing else.
func TestCode(t *testing.T) {
	e := everything()
	code := reportOf(e).Code
	if !regexp.MustCompile(`^\d{4}-\d{4}$`).MatchString(code) {
		t.Fatalf("code %q", code)
	}
	same := everything()
	same.Places[1].Place.Path, same.Places[1].Place.Owner = "/home/other/.mozilla/firefox/z9.default-release", "other"
	same.Started = same.Started.AddDate(0, 0, -1)
	if got := reportOf(same).Code; got != code {
		t.Errorf("another person with the same result has %s, want %s", got, code)
	}
	if got := scrubbed(e).Code; got != code {
		t.Errorf("scrubbed it is %s, want %s", got, code)
	}
	for name, change := range map[string]func(*evidence.Evidence){
		"another day":              func(e *evidence.Evidence) { e.Finished = e.Finished.AddDate(0, 0, 1) },
		"one certificate less":     func(e *evidence.Evidence) { e.Places[1].Entries = e.Places[1].Entries[:1] },
		"a place could be read":    func(e *evidence.Evidence) { e.Places[3].Troubles = nil },
		"nothing forged":           func(e *evidence.Evidence) { e.Live = evidence.Live{} },
		"the certificate was gone": func(e *evidence.Evidence) { e.Places[0].Entries, e.Places[1].Entries = nil, nil },
	} {
		changed := everything()
		change(&changed)
		if got := reportOf(changed).Code; got == code {
			t.Errorf("%s: the code is the same", name)
		}
	}
}

// TestExport reads the archive as somebody who studies it would.
func TestExport(t *testing.T) {
	var out bytes.Buffer
	if err := scrubbed(everything()).Export(&out, theBook().Printer("ru")); err != nil {
		t.Fatal(err)
	}
	archive := must(zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len())))
	files := map[string][]byte{}
	for _, file := range archive.File {
		files[file.Name] = must(io.ReadAll(must(file.Open())))
	}
	chain := files["chains/001-vk.com-1.pem"]
	root := issue(isca, isca, true)
	count, found := 0, false
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		count++
		found = found || cert.Of(block.Bytes) == root.Print
	}
	if count != 2 || !found {
		t.Errorf("the forged chain has %d certificates, and the root is there: %v", count, found)
	}
	if len(files) != 3 {
		t.Errorf("%d files: chains that are the sites' own do not belong here", len(files))
	}
	var read struct {
		Handshakes []map[string]any
	}
	if err := json.Unmarshal(files["evidence.json"], &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Handshakes) != 3 || read.Handshakes[0]["outcome"] != "forged-lookalike" || read.Handshakes[0]["server"] != "87.240.132.67" {
		t.Errorf("handshakes: %v", read.Handshakes)
	}
	if strings.Contains(string(files["evidence.json"]), "192.168") {
		t.Error("a private address is in the evidence")
	}
	for _, handshake := range read.Handshakes { // every field is explained
		for field := range handshake {
			if !regexp.MustCompile(`(?m)^ +([a-z_]+, )*` + field + `\b`).Match(files["README.txt"]) {
				t.Errorf("README.txt does not explain %q", field)
			}
		}
	}
}

func TestFileName(t *testing.T) {
	for host, want := range map[string]string{"vk.com": "vk.com", "../../etc/passwd": "_._.._etc_passwd", "a/b": "a_b", "": "", "[::1]": "___1_"} {
		if got := fileName(host); got != want {
			t.Errorf("fileName(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestScrub(t *testing.T) {
	s := NewScrubber(people, "aigul-pc.local")
	for text, want := range map[string]string{
		"/home/aigul/.mozilla":                          "~/.mozilla",
		"/home/aigul":                                   "~",
		"/home/aigulim/x":                               "~/x",
		`C:\Users\Бауыржан\AppData`:                     `~\AppData`,
		`c:\users\somebody\AppData`:                     `~\AppData`,
		"/Users/someone/Library":                        "~/Library",
		"mkcert aigul@aigul-pc (Aigul Serikova)":        "mkcert …",
		"AIGUL-PC":                                      "…",
		"aigul-pc.local":                                "…",
		"paigulp":                                       "paigulp",
		"dial tcp 10.0.0.1:443: refused":                "dial tcp …: refused",
		"[2001:db8::1]:443":                             "[…]:443",
		"at 12:30:45":                                   "at 12:30:45",
		"version 1.2.3":                                 "version 1.2.3",
		"S-1-5-21-1004336348-1177238915-682003330-1001": "S-1-5-21-…",
		"CN=X, SERIALNUMBER=IIN850101400123, C=KZ":      "CN=X, SERIALNUMBER=…, C=KZ",
		"CN=Information Security Certification Authority, C=KZ": "CN=Information Security Certification Authority, C=KZ",
		"/usr/local/share/ca-certificates/isca.crt":             "/usr/local/share/ca-certificates/isca.crt",
		"/srv/shared/nssdb": "/srv/shared/nssdb",
		`HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT`: `HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT`,
	} {
		if got := s.Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
}

// FuzzScrub: whatever the text is, no name of the person stands in it as a word afterwards, and scrubbing again changes nothing.
func FuzzScrub(f *testing.F) {
	f.Add("/home/aigul/x aigul@aigul-pc 10.1.1.1")
	f.Add("AIGUL,aigul;aigul")
	f.Add("~aigul…aigul")
	s := NewScrubber(people, "aigul-pc")
	word := regexp.MustCompile(`(?i)(^|[^\p{L}\p{N}])(aigul|aigul-pc|бауыржан)([^\p{L}\p{N}]|$)`)
	f.Fuzz(func(t *testing.T, text string) {
		got := s.Text(text)
		if word.MatchString(got) {
			t.Errorf("Text(%q) = %q", text, got)
		}
	})
}

func TestWrap(t *testing.T) {
	for _, test := range []struct{ text, first, rest, want string }{
		{"", "", "", "\n"},
		{"short", "", "", "short\n"},
		{"one two three four", "", "", "one two\nthree four\n"},
		{"one two three four", "- ", "  ", "- one two\n  three\n  four\n"},
		{"a-very-long-word-that-stays-whole x", "", "", "a-very-long-word-that-stays-whole\nx\n"},
		{"қазақ\u00a0тілі және", "", "", "қазақ\u00a0тілі\nжәне\n"},
		{"a\nb", "", "", "a\nb\n"},
	} {
		if got := Wrap(test.text, 10, test.first, test.rest); got != test.want {
			t.Errorf("Wrap(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

// FuzzWrap: no word is lost, none is added, and a line is only too long where a single word is.
func FuzzWrap(f *testing.F) {
	f.Add("one two three", 10)
	f.Add("а ә б\n\nв", 1)
	f.Fuzz(func(t *testing.T, text string, width int) {
		if !utf8.ValidString(text) || width < 1 || width > 200 {
			t.Skip("no text of a width that is used")
		}
		got := Wrap(text, width, "", "")
		space := func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }
		if !slices.Equal(strings.FieldsFunc(got, space), strings.FieldsFunc(text, space)) {
			t.Errorf("Wrap(%q) = %q", text, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if utf8.RuneCountInString(line) > width && strings.Contains(line, " ") {
				t.Errorf("Wrap(%q, %d): line %q", text, width, line)
			}
		}
	})
}
