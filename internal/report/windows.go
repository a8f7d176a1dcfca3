package report

import (
	"strings"

	"qulyp/internal/evidence"
	"qulyp/internal/words"
)

// windowsStores are the stores of Windows by the names that the registry has for them, with the names under which Windows itself shows them to people (certmgr.msc).
// The store of roots, which is the one that matters, needs no name beside that of Windows.
var windowsStores = map[string]string{
	"AuthRoot":      "place.windows-store.authroot",
	"CA":            "place.windows-store.ca",
	"Disallowed":    "place.windows-store.disallowed",
	"SmartCardRoot": "place.windows-store.smartcardroot",
	"TrustedPeople": "place.windows-store.trustedpeople",
}

// windowsName is what a store of Windows is called before people: whom it concerns, who fills it when it is not the account or the computer itself, and which of
// the stores it is. The label of the place has the name in the registry, and behind it, in brackets, what manages it.
func windowsName(p words.Printer, place evidence.Place, program string) string {
	store, manager, _ := strings.Cut(strings.TrimSuffix(place.Label, ")"), " (")
	key := "place.windows-computer"
	switch {
	case manager == "Active Directory": // for the computer alone
		key = "place.windows-enterprise"
	case manager != "" && place.Owner != "":
		key = "place.windows-account-policy"
	case manager != "":
		key = "place.windows-computer-policy"
	case place.Owner != "":
		key = "place.windows-account"
	}
	name := p.Say(key, words.With("program", program))
	if key, known := windowsStores[store]; known {
		name = p.Say("place.windows-store", words.With("place", name), words.With("store", p.Quote(p.Say(key))))
	}
	return name
}
