package store

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"qulyp/internal/cert"
	"qulyp/internal/evidence"
)

// TestHivePolicies finds what policies of browsers and variables in the registry of another disk make programs trust: nothing else on that disk tells of it.
func TestHivePolicies(t *testing.T) {
	m, disk := otherDisk(t, "windows")
	var c []cert.Certificate
	for i := range 7 {
		c = append(c, newAuthority(t, fmt.Sprint("Policy ", i), int64(i)).Certificate)
	}
	write(t, disk+"/certs/office.crt", pemText(c[1]))
	for i, name := range map[int]string{2: "person.pem", 3: "computer.pem", 5: "shell.pem", 6: "git.pem"} {
		write(t, disk+"/Users/aigul/"+name, pemText(c[i]))
	}
	write(t, disk+"/Users/aigul/Documents/PowerShell/Microsoft.PowerShell_profile.ps1", "$env:NODE_EXTRA_CA_CERTS = \"$env:USERPROFILE\\shell.pem\"\r\n")
	write(t, disk+"/Users/aigul/.bash_profile", "export GIT_SSL_CAINFO=/c/Users/aigul/git.pem\n")
	software, system, person := &hiveKey{}, &hiveKey{}, &hiveKey{}
	software.at(`Policies\Google\Chrome\CACertificates`).texts = map[string]string{"1": b64(c[0])}
	software.at(`Policies\Mozilla\Firefox\Certificates\Install`).texts = map[string]string{"1": `C:\certs\office.crt`}
	software.at(`Policies\Mozilla\Firefox\Certificates`).values = map[string][]byte{"ImportEnterpriseRoots": {1, 0, 0, 0}}
	person.at(`Software\Policies\Microsoft\Edge`).texts = map[string]string{"CACertificates": fmt.Sprintf(`["%s"]`, b64(c[4]))}
	person.at(`Environment`).texts = map[string]string{"Node_Extra_CA_Certs": `%USERPROFILE%\person.pem`, "Path": `C:\bin`}
	system.at(`Select`).values = map[string][]byte{"Current": {2, 0, 0, 0}}
	system.at(`ControlSet002\Control\Session Manager\Environment`).texts = map[string]string{"SSL_CERT_FILE": `%SystemDrive%\Users\aigul\computer.pem`}
	system.at(`ControlSet001\Control\Session Manager\Environment`).texts = map[string]string{"SSL_CERT_FILE": `C:\old.pem`}
	for name, keys := range map[string]*hiveKey{"Windows/System32/config/SOFTWARE": software, "Windows/System32/config/SYSTEM": system, "Users/aigul/NTUSER.DAT": person} {
		write(t, disk+"/"+name, string((&hiveWriter{list: "lf"}).file(keys)))
	}
	got := map[string][]int{}
	var notes []evidence.Note
	for _, s := range All(m) {
		if noter, ok := s.(Noter); ok {
			list, err := noter.Notes(context.Background())
			if err != nil {
				t.Error(err)
			}
			notes = append(notes, list...)
		}
		if s.Place().Kind == evidence.Loose { // the same files, as they lie there
			continue
		}
		for _, entry := range mustList(t, s) {
			for i, one := range c {
				if entry.Cert.Print == one.Print && entry.Trust == evidence.Web {
					place := s.Place().Owner + " " + s.Place().Path
					got[place] = append(got[place], i)
				}
			}
		}
	}
	want := map[string][]int{
		` /Windows/System32/config/SOFTWARE\SOFTWARE\Policies\Google\Chrome`:                 {0},
		` /Windows/System32/config/SOFTWARE\SOFTWARE\Policies\Mozilla\Firefox`:               {1},
		`aigul /Users/aigul/NTUSER.DAT\Environment`:                                          {2},
		` /Windows/System32/config/SYSTEM\ControlSet002\Control\Session Manager\Environment`: {3},
		`aigul /Users/aigul/NTUSER.DAT\SOFTWARE\Policies\Microsoft\Edge`:                     {4},
		`aigul /Users/aigul/Documents/PowerShell/Microsoft.PowerShell_profile.ps1`:           {5},
		`aigul /Users/aigul/.bash_profile`:                                                   {6},
	}
	for place, certs := range want {
		if !slices.Equal(got[place], certs) {
			t.Errorf("%s: %v, want %v", place, got[place], certs)
		}
	}
	if len(got) != len(want) {
		t.Errorf("found %v", got)
	}
	if !slices.ContainsFunc(notes, func(n evidence.Note) bool { return n.Code == evidence.SystemRoots }) {
		t.Errorf("notes %v", notes)
	}
}

// TestHivePoliciesBroken has files that are no registry: the stores in them say so, and nothing else does.
func TestHivePoliciesBroken(t *testing.T) {
	m, disk := otherDisk(t, "windows")
	write(t, disk+"/Windows/System32/config/SOFTWARE", "regf, but no more")
	write(t, disk+"/Users/aigul/NTUSER.DAT", "")
	for _, s := range slices.Concat(chromiumPolicies(m), environmentStores(m), firefoxPolicies(m, nil)) {
		t.Errorf("%s is taken for a place", s.Place().Path)
	}
}
