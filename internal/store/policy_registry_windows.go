package store

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// thisPolicies is the registry of this computer.
func thisPolicies() policyReader { return policyRegistry{} }

type policyRegistry struct{}

// open opens a key for reading alone. Policies are looked up in the view of 64 bits, as browsers do.
func (policyRegistry) open(key string) (registry.Key, error) {
	hive, rest, _ := strings.Cut(key, `\`)
	root := registry.LOCAL_MACHINE
	if hive == "HKCU" {
		root = registry.CURRENT_USER
	}
	return registry.OpenKey(root, rest, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS|registry.WOW64_64KEY)
}

func (r policyRegistry) exists(key string) bool {
	k, err := r.open(key)
	if err == nil {
		k.Close()
	}
	return !errors.Is(err, registry.ErrNotExist)
}

func (r policyRegistry) keys(key string) []string {
	k, err := r.open(key)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, _ := k.ReadSubKeyNames(-1)
	return names
}

func (r policyRegistry) texts(key string) (map[string]string, error) {
	k, err := r.open(key)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	names, err := k.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, name := range names {
		if text, kind, err := k.GetStringValue(name); err == nil && (kind == registry.SZ || kind == registry.EXPAND_SZ) {
			values[name] = text
		} else if list, _, err := k.GetStringsValue(name); err == nil {
			values[name] = strings.Join(list, "\n")
		}
	}
	return values, nil
}

func (r policyRegistry) flag(key, value string) (on, there bool) {
	k, err := r.open(key)
	if err != nil {
		return false, false
	}
	defer k.Close()
	number, _, err := k.GetIntegerValue(value)
	return number != 0, err == nil
}
