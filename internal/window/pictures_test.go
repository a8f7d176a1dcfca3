//go:build !nowindow

package window

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
)

// TestPictures draws every screen in every language, light and dark, into the folder QULYP_PICTURES, for manuals and for the eye. It is packaging/pictures.sh.
func TestPictures(t *testing.T) {
	folder := os.Getenv("QULYP_PICTURES")
	if folder == "" {
		t.Skip("QULYP_PICTURES names no folder: see packaging/pictures.sh")
	}
	width, height, zoom := float32(720), float32(680), float32(1)
	if size := os.Getenv("QULYP_PICTURES_SIZE"); size != "" {
		if _, err := fmt.Sscanf(size, "%fx%f@%f", &width, &height, &zoom); err != nil {
			t.Fatalf("QULYP_PICTURES_SIZE is not WIDTHxHEIGHT@ZOOM: %v", err)
		}
	}
	only := os.Getenv("QULYP_PICTURES_ONLY")
	for _, language := range languages(t) {
		for shade, variant := range variants {
			for _, one := range scenes() {
				name := fmt.Sprintf("%s-%s-%s", one.name, language, shade)
				if only != "" && !strings.Contains(name, only) {
					continue
				}
				t.Run(name, func(t *testing.T) {
					w, p := raise(t, setting{language: language, variant: variant, plays: one.plays, change: one.change, width: width, height: height, zoom: zoom})
					one.enter(w, p)
					draw(t, w, filepath.Join(folder, name+".png"))
				})
			}
		}
	}
}

func draw(t *testing.T, w *window, path string) {
	t.Helper()
	w.win.Canvas().Refresh(w.win.Content())
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, w.win.Canvas().Capture()); err != nil {
		t.Fatal(err)
	}
	_ = test.Canvas
}
