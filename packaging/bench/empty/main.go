//go:build !nowindow

// Command empty opens a Fyne window with one label: the yardstick for how long the window of Qulyp takes to appear.
package main

import (
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.NewWithID("kz.qulyp.empty").NewWindow("Empty")
	w.SetContent(widget.NewLabel("Empty"))
	w.ShowAndRun()
}
