package shield

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// programs are the files with the code of each browser, by the name that its places bear. In a folder named by a version the newest counts.
var programs = map[string]map[string][]string{
	"linux": {
		"Chromium": {
			"/usr/lib/chromium/chromium", "/usr/lib/chromium-browser/chromium-browser", "/usr/lib64/chromium-browser/chromium-browser",
			"/snap/chromium/current/usr/lib/chromium-browser/chrome", "/var/lib/flatpak/app/org.chromium.Chromium/current/active/files/chromium/chromium",
		},
		"Google Chrome":             {"/opt/google/chrome/chrome", "/var/lib/flatpak/app/com.google.Chrome/current/active/files/extra/chrome"},
		"Google Chrome Beta":        {"/opt/google/chrome-beta/chrome"},
		"Google Chrome Dev":         {"/opt/google/chrome-unstable/chrome"},
		"Google Chrome Canary":      {"/opt/google/chrome-canary/chrome"},
		"Microsoft Edge":            {"/opt/microsoft/msedge/msedge", "/var/lib/flatpak/app/com.microsoft.Edge/current/active/files/extra/msedge"},
		"Microsoft Edge Beta":       {"/opt/microsoft/msedge-beta/msedge"},
		"Microsoft Edge Dev":        {"/opt/microsoft/msedge-dev/msedge"},
		"Brave":                     {"/opt/brave.com/brave/brave", "/snap/brave/current/opt/brave.com/brave/brave"},
		"Brave Beta":                {"/opt/brave.com/brave-beta/brave"},
		"Brave Nightly":             {"/opt/brave.com/brave-nightly/brave"},
		"Yandex Browser":            {"/opt/yandex/browser/yandex_browser"},
		"Yandex Browser Beta":       {"/opt/yandex/browser-beta/yandex_browser"},
		"Opera":                     {"/usr/lib/x86_64-linux-gnu/opera/opera", "/usr/lib64/opera/opera", "/snap/opera/current/usr/lib/x86_64-linux-gnu/opera/opera"},
		"Opera Beta":                {"/usr/lib/x86_64-linux-gnu/opera-beta/opera-beta"},
		"Opera Developer":           {"/usr/lib/x86_64-linux-gnu/opera-developer/opera-developer"},
		"Vivaldi":                   {"/opt/vivaldi/vivaldi-bin"},
		"Vivaldi Snapshot":          {"/opt/vivaldi-snapshot/vivaldi-bin"},
		"Google Chrome for Testing": nil,
	},
	// below the folder of programs, or of a person's own
	"windows": {
		"Google Chrome":         {"Google/Chrome/Application/*/chrome.dll"},
		"Google Chrome Beta":    {"Google/Chrome Beta/Application/*/chrome.dll"},
		"Google Chrome Dev":     {"Google/Chrome Dev/Application/*/chrome.dll"},
		"Google Chrome Canary":  {"Google/Chrome SxS/Application/*/chrome.dll"},
		"Chromium":              {"Chromium/Application/*/chrome.dll"},
		"Microsoft Edge":        {"Microsoft/Edge/Application/*/msedge.dll"},
		"Microsoft Edge Beta":   {"Microsoft/Edge Beta/Application/*/msedge.dll"},
		"Microsoft Edge Dev":    {"Microsoft/Edge Dev/Application/*/msedge.dll"},
		"Microsoft Edge Canary": {"Microsoft/Edge SxS/Application/*/msedge.dll"},
		"Brave":                 {"BraveSoftware/Brave-Browser/Application/*/chrome.dll"},
		"Brave Beta":            {"BraveSoftware/Brave-Browser-Beta/Application/*/chrome.dll"},
		"Brave Nightly":         {"BraveSoftware/Brave-Browser-Nightly/Application/*/chrome.dll"},
		"Yandex Browser":        {"Yandex/YandexBrowser/Application/*/browser.dll"},
		"Yandex Browser Beta":   {"Yandex/YandexBrowserBeta/Application/*/browser.dll"},
		"Vivaldi":               {"Vivaldi/Application/*/vivaldi.dll", "Vivaldi/Application/*/chrome.dll"},
		"Opera":                 {"Opera/*/opera_browser.dll", "Programs/Opera/*/opera_browser.dll"},
		"Opera GX":              {"Programs/Opera GX/*/opera_browser.dll"},
	},
	// below the folder of applications
	"darwin": {
		"Google Chrome":        {"Google Chrome.app/Contents/Frameworks/Google Chrome Framework.framework/Versions/*/Google Chrome Framework"},
		"Google Chrome Beta":   {"Google Chrome Beta.app/Contents/Frameworks/Google Chrome Framework.framework/Versions/*/Google Chrome Framework"},
		"Google Chrome Dev":    {"Google Chrome Dev.app/Contents/Frameworks/Google Chrome Framework.framework/Versions/*/Google Chrome Framework"},
		"Google Chrome Canary": {"Google Chrome Canary.app/Contents/Frameworks/Google Chrome Framework.framework/Versions/*/Google Chrome Framework"},
		"Chromium":             {"Chromium.app/Contents/Frameworks/Chromium Framework.framework/Versions/*/Chromium Framework"},
		"Microsoft Edge":       {"Microsoft Edge.app/Contents/Frameworks/Microsoft Edge Framework.framework/Versions/*/Microsoft Edge Framework"},
		"Brave":                {"Brave Browser.app/Contents/Frameworks/Brave Browser Framework.framework/Versions/*/Brave Browser Framework"},
		"Yandex Browser":       {"Yandex.app/Contents/Frameworks/Yandex Framework.framework/Versions/*/Yandex Framework"},
		"Opera":                {"Opera.app/Contents/Frameworks/Opera Framework.framework/Versions/*/Opera Framework"},
		"Vivaldi":              {"Vivaldi.app/Contents/Frameworks/Vivaldi Framework.framework/Versions/*/Vivaldi Framework"},
	},
}

// programFile is the file with the code of the browser; empty when it was not found.
func programFile(m *machine.Machine, program string) string {
	var tops []string
	switch m.GOOS {
	case "windows":
		drive := ""
		if !m.Offline() {
			drive = "C:"
		}
		tops = []string{drive + "/Program Files", drive + "/Program Files (x86)"}
		for _, person := range m.People {
			tops = append(tops, slashed(m, person.Home)+"/AppData/Local")
		}
	case "darwin":
		tops = []string{"/Applications"}
		for _, person := range m.People {
			tops = append(tops, person.Home+"/Applications")
		}
	default:
		tops = []string{""}
	}
	newest, version := "", ""
	for _, pattern := range programs[m.GOOS][program] {
		for _, top := range tops {
			full := path.Join(top, pattern)
			if top == "" {
				full = pattern
			}
			for _, file := range m.Glob(full) {
				name := versionOf(pattern, file)
				if newest == "" || older(version, name) {
					newest, version = file, name
				}
			}
		}
	}
	return newest
}

// versionOf is the element of file that stands for the «*» of pattern.
func versionOf(pattern, file string) string {
	_, after, found := strings.Cut(pattern, "*")
	if !found {
		return ""
	}
	return path.Base(strings.TrimSuffix(file, after))
}

// readProgram looks for the keys of the certificates in the program file of the browser, in which the lists of SHA-256 of public keys are compiled in as they
// are (net/cert/cert_verify_proc_blocklist.inc of Chromium). One list refuses and another only warns, and a file does not tell which is which: so what is
// found is known, and no more.
func readProgram(ctx context.Context, m *machine.Machine, program string, certs []cert.Certificate) *list {
	l := &list{file: programFile(m, program)}
	if l.none = l.file == ""; l.none {
		return l
	}
	var keys [][]byte
	for _, c := range certs {
		if !c.Key.IsZero() {
			keys = append(keys, c.Key[:])
		}
	}
	if len(keys) == 0 {
		l.has = func(cert.Certificate) evidence.Stance { return "" }
		l.none = len(certs) > 0 // certificates without a readable key: nothing to look for
		return l
	}
	file, size, err := open(m, l.file)
	if err != nil {
		l.err, l.none = err, absent(err)
		return l
	}
	defer file.Close()
	found, err := search(ctx, io.NewSectionReader(file, 0, size), keys)
	known := map[cert.Print]bool{}
	for i, key := range keys {
		if found[i] {
			known[cert.Print(key)] = true
		}
	}
	if len(known) == 0 {
		l.err = err // a search that was broken off still counts for what it found
	}
	broken := err != nil
	l.has = func(c cert.Certificate) evidence.Stance {
		switch {
		case known[c.Key]:
			return evidence.ShieldKnown
		case broken || c.Key.IsZero():
			return evidence.ShieldUnseen
		}
		return ""
	}
	return l
}

// search tells which of the keys occur in r. It reads in pieces, each search through memory that is in the cache, and stops as soon as all were found.
func search(ctx context.Context, r io.Reader, keys [][]byte) ([]bool, error) {
	found := make([]bool, len(keys))
	left, overlap := len(keys), 0
	for _, key := range keys {
		overlap = max(overlap, len(key)-1)
	}
	piece := make([]byte, 256<<10)
	kept := 0
	for left > 0 {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		n, err := io.ReadFull(r, piece[kept:])
		filled := piece[:kept+n]
		for i, key := range keys {
			if !found[i] && bytes.Contains(filled, key) {
				found[i] = true
				left--
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		} else if err != nil {
			return found, err
		}
		kept = copy(piece, filled[max(0, len(filled)-overlap):])
	}
	return found, nil
}
