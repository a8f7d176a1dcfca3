//go:build !nowindow

package window

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"qulyp/internal/words"
)

// TestScreens holds every screen in every language to its golden in testdata/screens, in the markup of Fyne: each object with its place, size and colour, and each line of text as it is
// broken. What differs is shown, and what the screen is now is written to testdata/failed. The goldens are written with -update.
func TestScreens(t *testing.T) {
	golden := func(one scene, language words.Language) string {
		return fmt.Sprintf("%s-%s.xml", one.name, language)
	}
	everyScreen(t, func(t *testing.T, one scene, w *window, _ *player) {
		c := w.win.Canvas()
		c.Refresh(w.win.Content())
		name := golden(one, w.Language())
		if *update {
			write(t, filepath.Join("testdata", "screens", name), []byte(test.RenderToMarkup(c)))
		}
		test.AssertRendersToMarkup(t, "screens/"+name, c)
	})
	var wanted []string
	for _, language := range languages(t) {
		for _, one := range scenes() {
			wanted = append(wanted, golden(one, language))
		}
	}
	unused(t, "screens", wanted)
}

// unused fails for each golden of a folder that no screen is held to any more; with -update it is deleted.
func unused(t *testing.T, folder string, wanted []string) {
	t.Helper()
	folder = filepath.Join("testdata", folder)
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range list {
		path := filepath.Join(folder, file.Name())
		switch {
		case slices.Contains(wanted, file.Name()):
		case *update:
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("no screen is held to %s any more: delete it, or run with -update", path)
		}
	}
}

// TestPixels holds the ten main screens to pictures, light and dark. Each is kept in one language; the markup has the others.
func TestPixels(t *testing.T) {
	spoken := languages(t)
	ten := 0
	var wanted []string
	for _, one := range scenes() {
		if !one.ten {
			continue
		}
		language := spoken[ten%len(spoken)]
		ten++
		for shade, variant := range variants {
			name := fmt.Sprintf("%s-%s-%s.png", one.name, language, shade)
			wanted = append(wanted, name)
			t.Run(name, func(t *testing.T) {
				w, p := raise(t, setting{language: language, variant: variant, plays: one.plays, change: one.change, width: 480, height: 620})
				one.enter(w, p)
				w.win.Canvas().Refresh(w.win.Content())
				have := w.win.Canvas().Capture()
				path := filepath.Join("testdata", "pixels", name)
				if *update {
					save(t, path, have)
				}
				file, err := os.Open(path)
				if err != nil {
					t.Fatalf("no golden, run with -update: %v", err)
				}
				defer file.Close()
				want, err := png.Decode(file)
				if err != nil {
					t.Fatal(err)
				}
				if differ := difference(have, want); differ > 0.002 {
					save(t, filepath.Join("testdata", "failed", name), have)
					t.Errorf("%.2f %% of the points differ from %s; the picture stands in testdata/failed", 100*differ, path)
				}
			})
		}
	}
	if ten < 10 {
		t.Errorf("%d main screens, want at least ten", ten)
	}
	unused(t, "pixels", wanted)
}

// difference is the part of points that differ visibly. Edges of letters differ in the last bits between processors.
func difference(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	bounds, differ := a.Bounds(), 0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if apart16(r1, r2) || apart16(g1, g2) || apart16(b1, b2) {
				differ++
			}
		}
	}
	return float64(differ) / float64(bounds.Dx()*bounds.Dy())
}

func apart16(a, b uint32) bool { return max(a, b)-min(a, b) > 0x1800 }

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, path string, picture image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(file, picture); err != nil {
		t.Fatal(err)
	}
}
