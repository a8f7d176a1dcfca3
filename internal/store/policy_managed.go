package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// managedPreferences is where macOS keeps what configuration profiles set: in the folder itself for the computer, in folders below it for accounts.
const managedPreferences = "/Library/Managed Preferences"

// managedBrowsers are the browsers of the Chromium family, by the name of their preferences.
var managedBrowsers = map[string]string{
	"com.google.Chrome": "Google Chrome", "com.google.Chrome.beta": "Google Chrome Beta", "com.google.Chrome.canary": "Google Chrome Canary",
	"com.google.Chrome.dev": "Google Chrome Dev", "com.google.chrome.for.testing": "Google Chrome for Testing", "org.chromium.Chromium": "Chromium",
	"com.microsoft.Edge": "Microsoft Edge", "com.microsoft.Edge.Beta": "Microsoft Edge Beta", "com.microsoft.Edge.Dev": "Microsoft Edge Dev",
	"com.microsoft.Edge.Canary": "Microsoft Edge Canary", "com.brave.Browser": "Brave", "com.brave.Browser.beta": "Brave Beta",
	"com.brave.Browser.nightly": "Brave Nightly", "com.vivaldi.Vivaldi": "Vivaldi",
	"com.operasoftware.Opera": "Opera", "ru.yandex.desktop.yandex-browser": "Yandex Browser",
}

// managedMozilla are those made from Firefox.
var managedMozilla = map[string]string{"org.mozilla.firefox": "Firefox", "org.mozilla.thunderbird": "Thunderbird", "io.gitlab.librewolf-community": "LibreWolf"}

// managedFile is one property list of managed preferences.
type managedFile struct{ file, owner, program string }

// managedFiles lists the managed preferences of programs.
func managedFiles(m *machine.Machine, programs map[string]string) []managedFile {
	var all []managedFile
	for _, pattern := range []string{managedPreferences + "/*.plist", managedPreferences + "/*/*.plist"} {
		for _, file := range m.Glob(pattern) {
			program := programs[strings.TrimSuffix(path.Base(file), ".plist")]
			if program == "" {
				continue
			}
			owner := ""
			if folder := path.Dir(file); folder != managedPreferences {
				owner = path.Base(folder)
			}
			all = append(all, managedFile{file, owner, program})
		}
	}
	return all
}

// json reads the file as JSON; nil when it is gone.
func (f managedFile) json(m *machine.Machine) ([]byte, error) {
	data, err := m.Read(f.file, maxPolicy)
	switch {
	case absent(err):
		return nil, nil
	case errors.Is(err, fs.ErrInvalid):
		return nil, evidence.Trouble{Code: evidence.Damaged, Path: f.file, Err: err}
	case err != nil:
		return nil, trouble(f.file, err)
	}
	text, err := plistJSON(data)
	if err != nil {
		return nil, evidence.Trouble{Code: evidence.Damaged, Path: f.file, Err: err}
	}
	return text, nil
}

// managedPolicies finds the policies of browsers of the Chromium family on macOS.
func managedPolicies(m *machine.Machine) []Store {
	var stores []Store
	for _, f := range managedFiles(m, managedBrowsers) {
		stores = append(stores, policySet{
			place: evidence.Place{Kind: evidence.Policy, Path: f.file, Owner: f.owner, Program: f.program},
			needs: evidence.Admin,
			read: func(context.Context) ([]policyText, error) {
				text, err := f.json(m)
				if text == nil {
					return nil, err
				}
				return []policyText{{f.file, text}}, nil
			},
		})
	}
	return stores
}

// managed notes the policies of Firefox and its kin on macOS, where they stand without the object «policies» around them (macOSPoliciesParser.sys.mjs).
func (s *policyScout) managed() {
	for _, f := range managedFiles(s.m, managedMozilla) {
		s.stores = append(s.stores, mozillaPolicy{
			m: s.m, place: evidence.Place{Kind: evidence.Policy, Path: f.file, Owner: f.owner, Program: f.program}, needs: evidence.Admin, folders: s.folders(""),
			read: func() ([]byte, error) {
				text, err := f.json(s.m)
				if text == nil {
					return nil, err
				}
				return nestPolicies(text)
			},
		})
	}
}

// nestPolicies makes of flat names, as «Certificates__Install__1», what policies.json would have.
func nestPolicies(text []byte) ([]byte, error) {
	var flat map[string]any
	if err := json.Unmarshal(text, &flat); err != nil {
		return nil, fmt.Errorf("read managed preferences: %w", err)
	}
	top := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		at, parts := top, strings.Split(name, "__")
		for _, part := range parts[:len(parts)-1] {
			below, ok := at[part].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[part] = below
			}
			at = below
		}
		at[parts[len(parts)-1]] = flat[name]
	}
	if certificates, ok := top["Certificates"].(map[string]any); ok {
		if numbered, ok := certificates["Install"].(map[string]any); ok {
			list := []any{}
			for _, number := range slices.Sorted(maps.Keys(numbered)) {
				list = append(list, numbered[number])
			}
			certificates["Install"] = list
		}
	}
	return json.Marshal(map[string]any{"policies": top})
}
