//go:build !nowindow

package window

import (
	"encoding/json"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"qulyp/internal/words"
)

// fyneKeys are all texts of Fyne itself: the keys of lang/translations/base.en.json of Fyne 2.8.1. A test compares them.
var fyneKeys = []string{
	"Advanced", "Cancel", "Confirm", "Copy", "Create Folder", "Cut", "Enter filename", "Error", "Favourites", "File", "Folder", "New Folder", "No", "OK", "Open",
	"Paste", "Quit", "Redo", "Save", "Select all", "Show Hidden Files", "Undo", "Yes", "file.name", "file.parent",
	"friday", "friday.short", "monday", "monday.short", "saturday", "saturday.short", "sunday", "sunday.short", "thursday", "thursday.short",
	"tuesday", "tuesday.short", "wednesday", "wednesday.short",
}

// teachFyne makes Fyne's own words (the menu of a right click) those of the language. Fyne chooses by the language of the system alone and cannot be told
// another one, so ours is put under the name of the system's.
func teachFyne(p words.Printer) {
	texts := map[string]string{}
	for _, key := range fyneKeys {
		texts[key] = p.Say("fyne." + key)
	}
	data, err := json.Marshal(texts)
	if err == nil {
		err = lang.AddTranslationsForLocale(data, lang.SystemLocale())
	}
	if err != nil {
		fyne.LogError("teach Fyne our language", err)
	}
}
