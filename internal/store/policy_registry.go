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
	// texts are the values of a key that are text, by name; nil when there is no such key.
	texts(key string) (map[string]string, error)
	// flag is a value of a key that is a number, as a switch; there is false without such a value.
	flag(key, value string) (on, there bool)
}

// policyKeys are the keys of policies, below HKLM or HKCU, by browser.
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
func registryPolicies(m *machine.Machine, r policyReader) []Store {
	var stores []Store
	for _, hive := range []string{"HKLM", "HKCU"} {
		owner, needs := "", evidence.Admin
		if hive == "HKCU" {
			self, ok := m.Self()
			if !ok {
				continue
			}
			owner, needs = self.Name, evidence.Own
		}
		for _, p := range policyKeys {
			key := hive + `\` + p.key
			if !r.exists(key) {
				continue
			}
			stores = append(stores, policySet{
				place: evidence.Place{Kind: evidence.Policy, Path: key, Owner: owner, Program: p.program},
				needs: needs,
				read:  func(ctx context.Context) ([]policyText, error) { return registryTexts(ctx, r, key) },
			})
		}
	}
	return stores
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
