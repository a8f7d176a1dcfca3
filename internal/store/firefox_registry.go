package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qulyp/internal/evidence"
)

// mozillaPrograms are the programs that have a key below SOFTWARE\Policies\Mozilla: each is called there as it calls itself, Services.appinfo.name.
var mozillaPrograms = map[string]string{"firefox": "Firefox", "thunderbird": "Thunderbird", "librewolf": "LibreWolf", "zen": "Zen Browser", "waterfox": "Waterfox", "floorp": "Floorp"}

// registry looks for the policies of Firefox, and of the programs made from it, in the registry of Windows.
func (s *policyScout) registry(hives []policyHive) {
	for _, h := range hives {
		top := h.name + `\SOFTWARE\Policies\Mozilla`
		names := h.keys(top)
		for _, name := range []string{"Firefox", "Thunderbird"} { // also where their names may not be listed
			if !slices.Contains(names, name) && h.exists(top+`\`+name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			key, program := top+`\`+name, mozillaPrograms[strings.ToLower(name)]
			if program == "" {
				program = name
			}
			s.stores = append(s.stores, mozillaPolicy{
				m: s.m, place: evidence.Place{Kind: evidence.Policy, Path: h.place(key), Owner: h.person.Name, Program: program}, needs: h.needs, folders: s.folders(""),
				read: func() ([]byte, error) { return mozillaRegistry(h, key) },
			})
		}
	}
}

// mozillaRegistry gives the policies of a key of the registry in the form of policies.json, as WindowsGPOParser.sys.mjs of Firefox reads them: a list is a key
// with the values 1, 2, 3 …, an object is a key too or one text of JSON, and what is true or false is a number.
// With an error the rest comes all the same.
func mozillaRegistry(r policyReader, key string) ([]byte, error) {
	var p mozillaPolicies
	var broken []error // one policy that does not follow its form takes no other from sight: Firefox leaves out that one alone
	flat, err := r.texts(key)
	if err != nil {
		return nil, err
	}
	if text := flat["Certificates"]; text != "" {
		if err := json.Unmarshal([]byte(text), &p.Policies.Certificates); err != nil {
			broken = append(broken, fmt.Errorf("read Certificates: %w", err))
		}
	}
	list, err := r.texts(key + `\Certificates\Install`)
	if err != nil {
		return nil, err
	}
	for _, name := range inOrder(list) {
		p.Policies.Certificates.Install = append(p.Policies.Certificates.Install, name)
	}
	if on, there := r.flag(key+`\Certificates`, "ImportEnterpriseRoots"); there {
		p.Policies.Certificates.ImportEnterpriseRoots = &on
	}
	devices := map[string]any{}
	for _, below := range []string{`\SecurityDevices`, `\SecurityDevices\Add`} { // without «Add» before Firefox 114
		modules, err := r.texts(key + below)
		if err != nil {
			return nil, err
		}
		for name, library := range modules {
			devices[name] = library
		}
	}
	if text := flat["SecurityDevices"]; text != "" {
		if err := json.Unmarshal([]byte(text), &devices); err != nil {
			broken = append(broken, fmt.Errorf("read SecurityDevices: %w", err))
		}
	}
	p.Policies.SecurityDevices = devices
	text, err := json.Marshal(p)
	return text, errors.Join(append(broken, err)...)
}
