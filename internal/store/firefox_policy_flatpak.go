package store

import (
	"maps"
	"path"
	"slices"
)

// flatpak looks at the extensions by which those of Flatpak get what lies in /etc for others: they see the folder of the extension as /app/etc/firefox
// (taskcluster/docker/firefox-flatpak of Firefox, https://firefox-admin-docs.mozilla.org). The folder below a home needs no administrator.
func (s *policyScout) flatpak() {
	folders := flatpakFolders(s.m)
	for _, top := range slices.Sorted(maps.Keys(folders)) {
		if !s.m.Exists(top + "/extension") {
			continue
		}
		for _, dir := range s.m.Glob(top + "/extension/*.systemconfig/*/*") {
			program, owner := flatpakProgram(path.Base(path.Dir(path.Dir(dir)))), folders[top].Name
			if file := dir + "/policies/policies.json"; s.m.Exists(file) {
				s.policies(file, program, owner)
			}
			s.configuration(dir, program, owner)
		}
	}
}
