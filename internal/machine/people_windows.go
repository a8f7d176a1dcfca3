package machine

import (
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// otherProfiles are the homes of the other people of this computer, as Windows keeps them by account: a home need not be called like its account, nor lie
// on the system's disk. ok is true: this system keeps such a list.
func otherProfiles() (people []Person, ok bool) {
	const list = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, list, registry.ENUMERATE_SUB_KEYS|registry.WOW64_64KEY)
	if err != nil {
		return nil, true
	}
	defer key.Close()
	sids, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return nil, true
	}
	var self string
	if user, err := windows.GetCurrentProcessToken().GetTokenUser(); err == nil {
		self = user.User.Sid.String()
	}
	for _, sid := range sids {
		// S-1-5-21: accounts of a computer or domain; S-1-12-1: of Azure AD. The others are the system's own services.
		if sid == self || !strings.HasPrefix(sid, "S-1-5-21-") && !strings.HasPrefix(sid, "S-1-12-1-") {
			continue
		}
		profile, err := registry.OpenKey(registry.LOCAL_MACHINE, list+`\`+sid, registry.QUERY_VALUE|registry.WOW64_64KEY)
		if err != nil {
			continue
		}
		home, kind, err := profile.GetStringValue("ProfileImagePath")
		profile.Close()
		if err != nil {
			continue
		}
		if kind == registry.EXPAND_SZ {
			if home, err = registry.ExpandString(home); err != nil {
				continue
			}
		}
		people = append(people, Person{Name: accountName(sid), Home: home, UID: -1})
	}
	return people, true
}

// ownAccount is the name and the home of the account that runs the program. Current of os/user would look for the full name of the person as well, and on a computer of
// an organisation wait for the organisation's server.
func ownAccount() (name, home string, ok bool) {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return "", "", false
	}
	home, _ = token.GetUserProfileDirectory() // empty: whoever asks knows no better either
	return accountName(user.User.Sid.String()), home, true
}

// accountName is DOMAIN\name, or the SID itself where Windows knows no name for it.
func accountName(text string) string {
	sid, err := windows.StringToSid(text)
	if err != nil {
		return text
	}
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return text
	}
	if domain == "" {
		return name
	}
	return domain + `\` + name
}
