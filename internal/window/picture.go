//go:build !nowindow

package window

import (
	"fmt"
	"image/color"
	"io/fs"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"qulyp/internal/judge"
)

// The drawings, by the name of their file in icons/. Each shows a padlock in a state that is understood without reading.
type drawing string

const (
	drawWhole   drawing = "whole"   // a closed padlock
	drawDoubled drawing = "doubled" // a second one has put itself before the first
	drawCracked drawing = "cracked" // broken in two
	drawWatched drawing = "watched" // broken, and an eye looks out of it
	drawFogged  drawing = "fogged"  // in fog
	drawLooked  drawing = "looked"  // under a magnifying glass
)

// pictures draws them in the colours of the theme. In the files, four colours stand for roles.
type pictures struct{ files fs.FS }

// The colours in the files, and what they stand for.
const (
	rolesLevel = "#010101" // the colour of the level
	rolesInk   = "#020202" // that of text
	rolesPage  = "#030303" // that of the page
	rolesTint  = "#040404" // the quiet ground of the level
)

// draw gives the drawing. A file that is missing gives nothing: the heading says all that the picture says.
func (p pictures) draw(d drawing, tone tone) fyne.Resource {
	if p.files == nil {
		return nil
	}
	text, err := fs.ReadFile(p.files, "icons/"+string(d)+".svg")
	if err != nil {
		return nil
	}
	level, ink, page, tint := hexColor(tone.color), hexColor(theme.ColorNameForeground), hexColor(theme.ColorNameBackground), hexColor(tone.tint)
	painted := strings.NewReplacer(rolesLevel, level, rolesInk, ink, rolesPage, page, rolesTint, tint).Replace(string(text))
	// Fyne keeps drawings by their name
	return fyne.NewStaticResource(fmt.Sprintf("%s-%s-%s.svg", d, level[1:], page[1:]), []byte(painted))
}

func hexColor(name fyne.ThemeColorName) string {
	r, g, b, _ := color.NRGBAModel.Convert(theme.Color(name)).(color.NRGBA).RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// tone is how a level looks: never by colour alone, always with its icon and its word.
type tone struct {
	color, tint fyne.ThemeColorName
	icon        fyne.Resource
}

var plain = tone{theme.ColorNamePrimary, colorTintPlain, nil}

func toneOf(level judge.Level) tone {
	switch level {
	case judge.Danger:
		return tone{theme.ColorNameError, colorTintDanger, theme.ErrorIcon()}
	case judge.Unsure:
		return tone{theme.ColorNameForeground, colorTintUnsure, theme.QuestionIcon()}
	case judge.Careful:
		return tone{theme.ColorNameWarning, colorTintCareful, theme.WarningIcon()}
	}
	return tone{theme.ColorNameSuccess, colorTintClear, theme.ConfirmIcon()}
}
