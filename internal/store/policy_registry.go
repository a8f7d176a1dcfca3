package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/machine"
)

// policyReader reads policies out of the registry of Windows.
type policyReader interface {
	// exists tells whether there is such a key.
	exists(key string) bool
	// keys are the names of the keys below a key; none when there is no such key.
	keys(key string) []string
	// texts are the values of a key that are text, by name; nil when there is no such key.
	texts(key string) (map[string]string, error)
	// flag is a value of a key that is a number, as a switch; there is false without such a value.
	flag(key, value string) (on, there bool)
}

// policyHive is one part of the registry that holds policies and variables: that of the computer, or of one person.
type policyHive struct {
	policyReader
	name   string         // HKLM or HKCU
	person machine.Person // zero for the computer
	needs  evidence.Right
	file   string // of another disk, that holds it; empty: this computer
}

// place is how a key is called on screen.
func (h policyHive) place(key string) string {
	if h.file == "" {
		return key
	}
	_, below, _ := strings.Cut(key, `\`)
	return h.file + `\` + below
}

// policyHives are those of the computer that is looked at; none where it has no registry.
func policyHives(m *machine.Machine) []policyHive {
	if m.Offline() {
		return diskHives(m)
	}
	if r := thisPolicies(); r != nil {
		return hivesOf(m, r)
	}
	return nil
}

// hivesOf are those of one registry.
func hivesOf(m *machine.Machine, r policyReader) []policyHive {
	hives := []policyHive{{policyReader: r, name: "HKLM", needs: evidence.Admin}}
	if self, ok := m.Self(); ok {
		hives = append(hives, policyHive{policyReader: r, name: "HKCU", person: self, needs: evidence.Own})
	}
	return hives
}

// policyKeys are the keys of policies, below HKLM or HKCU, by browser. Those of others are found by their form.
var policyKeys = []struct{ key, program string }{
	{`SOFTWARE\Policies\Google\Chrome`, "Google Chrome"},
	{`SOFTWARE\Policies\Chromium`, "Chromium"},
	{`SOFTWARE\Policies\Microsoft\Edge`, "Microsoft Edge"},
	{`SOFTWARE\Policies\BraveSoftware\Brave`, "Brave"},
	{`SOFTWARE\Policies\YandexBrowser`, "Yandex Browser"},
	{`SOFTWARE\Policies\Vivaldi`, "Vivaldi"},
	{`SOFTWARE\Policies\Opera Software\Opera`, "Opera"},
}

// registryPolicies finds the policies of browsers of the Chromium family in the registry.
func registryPolicies(hives []policyHive) []Store {
	var stores []Store
	for _, h := range hives {
		add := func(key, program string) {
			stores = append(stores, policySet{
				place: evidence.Place{Kind: evidence.Policy, Path: h.place(key), Owner: h.person.Name, Program: program},
				needs: h.needs,
				read:  func(ctx context.Context) ([]policyText, error) { return registryTexts(ctx, h, key) },
			})
		}
		known := map[string]bool{}
		for _, p := range policyKeys {
			key := h.name + `\` + p.key
			known[strings.ToLower(key)] = true
			if h.exists(key) {
				add(key, p.program)
			}
		}
		top := h.name + `\SOFTWARE\Policies`
		for _, vendor := range h.keys(top) { // SOFTWARE\Policies\VENDOR\PROGRAM, or without a program: chrome/common/chrome_constants.h and those who changed it
			for _, program := range append([]string{""}, h.keys(top+`\`+vendor)...) {
				key, name := top+`\`+vendor, vendor
				if program != "" {
					key, name = key+`\`+program, program
				}
				if !known[strings.ToLower(key)] && namesCertificates(h, key) {
					add(key, name)
				}
			}
		}
	}
	return stores
}

// namesCertificates tells whether a key has a policy that names certificates.
func namesCertificates(h policyHive, key string) bool {
	values, _ := h.texts(key)
	for name := range policyNames {
		if h.exists(key + `\` + name) {
			return true
		}
		for value := range values {
			if strings.EqualFold(value, name) {
				return true
			}
		}
	}
	return false
}

// registryTexts reads the policies of one browser. A list is a key with the values 1, 2, 3 …; a list of objects is one text of JSON.
func registryTexts(ctx context.Context, r policyReader, key string) ([]policyText, error) {
	all := map[string]any{}
	flat, err := r.texts(key)
	if err != nil {
		return nil, trouble(key, err)
	}
	for name := range policyNames {
		if ctx.Err() != nil {
			return nil, trouble(key, ctx.Err())
		}
		list, err := r.texts(key + `\` + name)
		if err != nil {
			return nil, trouble(key, err)
		}
		if list != nil {
			all[name] = inOrder(list)
		}
		for set, text := range flat {
			if strings.EqualFold(set, name) {
				all[name] = json.RawMessage(text)
			}
		}
		if text, ok := all[name].(json.RawMessage); ok && !json.Valid(text) {
			all[name] = string(text) // no list, which is said when it is read
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, trouble(key, err)
	}
	return []policyText{{key, text}}, nil
}

// inOrder is the values of a key whose names are numbers, in their order.
func inOrder(values map[string]string) []string {
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		if x != y {
			return x - y
		}
		return strings.Compare(a, b)
	})
	var list []string
	for _, name := range names {
		list = append(list, values[name])
	}
	return list
}
