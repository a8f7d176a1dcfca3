package report

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

func page1(t *testing.T, e evidence.Evidence, language words.Language) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := scrubbed(e).HTML(&out, theBook().Printer(language)); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "⟦⟧") {
		t.Errorf("%s: words are missing:\n%s", language, out.String())
	}
	return out.Bytes()
}

// elements lists every element of the page, in order.
func elements(t *testing.T, data []byte) []*html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			all = append(all, node)
		}
	}
	return all
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(node *html.Node) string {
	var out strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			out.WriteString(inner.Data)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// TestPage holds the page to what a screen reader and a careful reader of its source need, in each language and for each kind of verdict.
func TestPage(t *testing.T) {
	for _, language := range theBook().Languages() {
		for name, e := range map[string]evidence.Evidence{"everything": everything(), "quiet": quiet()} {
			data := page1(t, e, language)
			level, ids, wanted := 0, map[string]bool{}, []string{}
			for _, node := range elements(t, data) {
				switch node.Data {
				case "html":
					if got := attribute(node, "lang"); got != string(language) {
						t.Errorf("lang is %q, want %q", got, language)
					}
				case "h1", "h2", "h3", "h4":
					now := int(node.Data[1] - '0')
					if now > level+1 {
						t.Errorf("%s %s: %s after h%d: %q", language, name, node.Data, level, text(node))
					}
					if level = now; text(node) == "" {
						t.Errorf("%s %s: empty %s", language, name, node.Data)
					}
				case "script", "link", "img", "iframe", "object", "embed", "form", "input", "a", "video", "audio", "base", "font":
					t.Errorf("%s %s: <%s>", language, name, node.Data)
				case "svg":
					if attribute(node, "aria-hidden") != "true" {
						t.Error("a picture that says nothing new is read out")
					}
				case "th":
					if attribute(node, "scope") == "" {
						t.Errorf("a head cell without scope: %q", text(node))
					}
				}
				if id := attribute(node, "id"); id != "" {
					if ids[id] {
						t.Errorf("id %q stands twice", id)
					}
					ids[id] = true
				}
				if label := attribute(node, "aria-labelledby"); label != "" {
					wanted = append(wanted, label)
				}
				for _, a := range node.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" || a.Key == "style" || a.Key == "srcset" {
						t.Errorf("%s %s: <%s %s=%q>", language, name, node.Data, a.Key, a.Val)
					}
				}
			}
			for _, id := range wanted {
				if !ids[id] {
					t.Errorf("aria-labelledby %q leads nowhere", id)
				}
			}
			if strings.Contains(string(data), "url(") || strings.Contains(string(data), "@import") {
				t.Error("the style refers to something outside the page")
			}
		}
	}
}

// TestOneMainHeading: the verdict is the one heading of the first level, and comes before everything else.
func TestOneMainHeading(t *testing.T) {
	var heads []string
	for _, node := range elements(t, page1(t, everything(), "en")) {
		if strings.HasPrefix(node.Data, "h") && len(node.Data) == 2 && node.Data != "hr" {
			heads = append(heads, node.Data+" "+text(node))
		}
	}
	want := []string{
		"h1 Right now others can read your data", "h2 What to do next", "h2 What else we noticed",
	}
	for i, head := range want {
		if i >= len(heads) || heads[i] != head {
			t.Fatalf("headings: %q", heads)
		}
	}
	if strings.Count(strings.Join(heads, "\n"), "h1 ") != 1 {
		t.Errorf("headings: %q", heads)
	}
}

// plain are the words in Latin letters that the Kazakh and the Russian page may have: proper names, units, and what stands in foreign certificates.
var plain = regexp.MustCompile(`^(Qulyp|SHA|SMS|VPN|Wi|Fi|Enter|Android|iPhone|iPad|Samsung|Xiaomi|Redmi|Poco|Qaznet|Information|Security|eGov|NCALayer|Firefox|Thunderbird|Debian|Windows|etc|ssl|certs|mozilla|firefox|default|release|AppData|Roaming|[a-z]+\.com|vk|com|mail|www|wikipedia|org|remove|all|qulyp|mkcert|TLS|http|https|development)$`)

// TestNoEnglish walks the words of the page that people read in Kazakh and Russian.
func TestNoEnglish(t *testing.T) {
	latin := regexp.MustCompile(`[A-Za-z]{3,}`)
	for _, language := range []words.Language{"kk", "ru"} {
		root, err := html.Parse(bytes.NewReader(page1(t, everything(), language)))
		if err != nil {
			t.Fatal(err)
		}
		var walk func(node *html.Node)
		walk = func(node *html.Node) {
			if node.Type == html.ElementNode && (node.Data == "style" || attribute(node, "lang") == "en" || strings.Contains(attribute(node, "class"), "mono")) {
				return
			}
			if node.Type == html.TextNode {
				said := node.Data
				for _, name := range []string{isca.CommonName, "ISCA", odd.CommonName} { // names in certificates are what they are
					said = strings.ReplaceAll(said, name, "")
				}
				for _, word := range latin.FindAllString(said, -1) {
					if !plain.MatchString(word) {
						t.Errorf("%s: %q in %q", language, word, strings.TrimSpace(node.Data))
					}
				}
			}
			for inner := node.FirstChild; inner != nil; inner = inner.NextSibling {
				walk(inner)
			}
		}
		walk(root)
	}
}

// chromium runs a real Chromium without a window in a home of its own.
func chromium(t *testing.T, args ...string) (out, complaints string) {
	t.Helper()
	program := needTool(t, "chromium")
	home := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-default-apps", "--disable-extensions", "--user-data-dir=" + filepath.Join(home, "data"),
		"--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND",
	}, args...)...)
	command.Env = append(os.Environ(), "HOME="+home, "DISPLAY=", "WAYLAND_DISPLAY=")
	command.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, stderr.String())
	}
	return stdout.String(), stderr.String()
}

// TestChromium opens the page in a real browser: nothing is said on its console, nothing is asked of the network, and it can be printed.
func TestChromium(t *testing.T) {
	needTool(t, "chromium")
	pdftotext := needTool(t, "pdftotext")
	for _, language := range theBook().Languages() {
		t.Run(string(language), func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "page.html")
			if err := os.WriteFile(file, page1(t, everything(), language), 0o600); err != nil {
				t.Fatal(err)
			}
			netlog := filepath.Join(folder, "net.json")
			dom, complaints := chromium(t, "--log-net-log="+netlog, "--dump-dom", "file://"+file)
			if strings.Contains(complaints, "CONSOLE") {
				t.Errorf("console:\n%s", complaints)
			}
			if strings.Contains(dom, "<script>") {
				t.Error("a name in a certificate became a script")
			}
			for _, url := range asked(t, netlog) {
				if !strings.HasPrefix(url, "file://"+folder) && !chromiumsOwn.MatchString(url) {
					t.Errorf("asked for %s", url)
				}
			}
			paper := filepath.Join(folder, "page.pdf")
			chromium(t, "--print-to-pdf="+paper, "--no-pdf-header-footer", "file://"+file)
			printed, err := exec.Command(pdftotext, "-enc", "UTF-8", paper, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			flat := strings.Join(strings.Fields(string(printed)), " ")
			r := scrubbed(everything())
			for _, wanted := range []string{r.Code, strings.Join(strings.Fields(r.Verdict.Head().Title(theBook().Printer(language))), " ")} {
				if !strings.Contains(flat, wanted) {
					t.Errorf("on paper %q is missing:\n%s", wanted, flat)
				}
			}
		})
	}
}

// chromiumsOwn are the addresses that Chromium asks for by itself, whatever page it shows.
var chromiumsOwn = regexp.MustCompile(`^https?://(clients2\.google\.com|update\.googleapis\.com|accounts\.google\.com|[a-z-]+\.googleapis\.com|www\.google\.com)/`)

// TestChromiumWouldTell: a page that does ask for something, and does complain, is caught by the same means.
func TestChromiumWouldTell(t *testing.T) {
	needTool(t, "chromium")
	folder := t.TempDir()
	file := filepath.Join(folder, "page.html")
	if err := os.WriteFile(file, []byte(`<!DOCTYPE html><title>x</title><img src="http://evil.example/x.png"><script>console.error("here")</script>`), 0o600); err != nil {
		t.Fatal(err)
	}
	netlog := filepath.Join(folder, "net.json")
	_, complaints := chromium(t, "--log-net-log="+netlog, "--dump-dom", "file://"+file)
	if !strings.Contains(complaints, "CONSOLE") {
		t.Errorf("the console is not heard:\n%s", complaints)
	}
	if all := strings.Join(asked(t, netlog), " "); !strings.Contains(all, "http://evil.example/x.png") {
		t.Errorf("the network is not seen: %s", all)
	}
}

// asked are the addresses that stand in the log of Chromium's network, with what started by itself left in.
func asked(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Constants struct {
			LogEventTypes map[string]int `json:"logEventTypes"`
		} `json:"constants"`
		Events []struct {
			Type   int            `json:"type"`
			Params map[string]any `json:"params"`
		} `json:"events"`
	}
	if err := json.Unmarshal(data, &log); err != nil {
		if err := json.Unmarshal(append(bytes.TrimRight(data, ",\n "), "]}"...), &log); err != nil { // Chromium was ended before it closed the log
			t.Fatal(err)
		}
	}
	start, known := log.Constants.LogEventTypes["URL_REQUEST_START_JOB"]
	if !known {
		t.Fatal("the log of the network has changed: URL_REQUEST_START_JOB is not in it")
	}
	var urls []string
	for _, event := range log.Events {
		if url, ok := event.Params["url"].(string); ok && event.Type == start {
			urls = append(urls, url)
		}
	}
	return urls
}

// TestPageHasNoMethods: the program for Windows is built with a text/template that finds fields and functions alone (packaging/windows/build.sh), so nothing that the
// page shows may have a method that the page could name.
func TestPageHasNoMethods(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(one reflect.Type) {
		if seen[one] {
			return
		}
		seen[one] = true
		if one.NumMethod() > 0 || reflect.PointerTo(one).NumMethod() > 0 {
			t.Errorf("%s has methods", one)
		}
		switch one.Kind() {
		case reflect.Struct:
			for i := range one.NumField() {
				look(one.Field(i).Type)
			}
		case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Array:
			look(one.Elem())
		case reflect.Interface, reflect.Func:
			t.Errorf("what %s holds is not known here", one)
		}
	}
	look(reflect.TypeFor[page]())
	if len(seen) < 8 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}

// TestPageAfterRemoval holds that the page of what to do now, printed after the removal, neither frightens with what is gone nor tells to remove it once more. The
// check that it comes from is named, with its code.
func TestPageAfterRemoval(t *testing.T) {
	for _, language := range theBook().Languages() {
		p := theBook().Printer(language)
		r := scrubbed(everything())
		r.Verdict.Removed = true
		var out bytes.Buffer
		if err := r.HTML(&out, p); err != nil {
			t.Fatal(err)
		}
		nodes := elements(t, out.Bytes())
		var head, box string
		for _, node := range nodes {
			switch {
			case node.Data == "h1":
				head = text(node)
			case strings.HasPrefix(attribute(node, "class"), "verdict"):
				box = attribute(node, "class")
			}
		}
		if head != p.Say("screen.result.title") || box != "verdict "+r.Verdict.LevelAfter().String() {
			t.Errorf("%s: after the removal %q stands in a box of the class %q", language, head, box)
		}
		for _, node := range nodes {
			if node.Data == "li" && (text(node) == p.Say("report.step.remove") || text(node) == p.Say("step.no-secrets")) {
				t.Errorf("%s: after the removal the page says %q", language, text(node))
			}
		}
		if page := out.String(); !strings.Contains(page, r.Verdict.Head().Title(p)) || !strings.Contains(page, r.Code) {
			t.Errorf("%s: the page does not say what was found, or not its code", language)
		}
	}
}

// TestPageHelp holds that what to do now ends with where to get help, said once.
func TestPageHelp(t *testing.T) {
	for _, language := range theBook().Languages() {
		p := theBook().Printer(language)
		for name, e := range map[string]evidence.Evidence{"everything": everything(), "quiet": quiet()} {
			page := string(page1(t, e, language))
			if said := strings.Count(page, p.Say("step.get-help")); said != 1 { // the sentence below the steps ends with the same words
				t.Errorf("%s %s: where to get help is said %d times", language, name, said)
			}
		}
	}
}

// TestCodeOnOneLine holds that a narrow page does not part the check code, which is read out on the phone, at its hyphen.
func TestCodeOnOneLine(t *testing.T) {
	for _, language := range theBook().Languages() {
		var whole []string
		data := page1(t, quiet(), language)
		for _, node := range elements(t, data) {
			if node.Data == "span" && node.Parent != nil && attribute(node.Parent, "class") == "code" {
				whole = append(whole, text(node))
			}
			if attribute(node, "class") == "code" && text(node) != theBook().Printer(language).Say("report.code", words.With("code", scrubbed(quiet()).Code)) {
				t.Errorf("%s: the page says %q", language, text(node))
			}
		}
		if len(whole) != 1 || whole[0] != scrubbed(quiet()).Code || !strings.Contains(string(data), ".code span { white-space: nowrap; }") {
			t.Errorf("%s: held together: %q", language, whole)
		}
	}
}

// TestDangerousFirst holds that the certificate that the headline speaks of stands before those of ordinary programs, wherever it was found.
func TestDangerousFirst(t *testing.T) {
	strange := evidence.Seen{Place: evidence.Place{Kind: evidence.System, Path: "/etc/ssl/certs", Program: "Debian"},
		Entries: []evidence.Entry{{Cert: issue(odd, odd, true), Trust: evidence.Web}, {Cert: issue(isca, isca, true), Trust: evidence.Web}}}
	e := quiet()
	e.Places = []evidence.Seen{strange}
	all := scrubbed(e).certificates(theBook().Printer("en"))
	if len(all) != 2 || !strings.Contains(all[0].Subject, isca.CommonName) {
		t.Errorf("the certificates are %v", all)
	}
}
