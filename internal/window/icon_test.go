//go:build !nowindow

package window

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestIcon holds the picture of the program to the drawing that it is made of.
func TestIcon(t *testing.T) {
	test.NewTempApp(t)
	drawn, err := os.ReadFile("../../assets/icons/app.svg")
	if err != nil {
		t.Fatal(err)
	}
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(canvas.NewImageFromResource(fyne.NewStaticResource("app.svg", drawn)))
	c.Resize(fyne.NewSquareSize(512))
	want := c.Capture()
	const path = "../../assets/icon.png"
	if *update {
		var out bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, want); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	have, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if have.Bounds() != want.Bounds() || have.Bounds() != image.Rect(0, 0, 512, 512) {
		t.Fatalf("icon.png is %v, the drawing %v", have.Bounds(), want.Bounds())
	}
	differ := 0
	for y := range 512 {
		for x := range 512 {
			r1, g1, b1, a1 := have.At(x, y).RGBA()
			r2, g2, b2, a2 := want.At(x, y).RGBA()
			if [4]uint32{r1 >> 10, g1 >> 10, b1 >> 10, a1 >> 10} != [4]uint32{r2 >> 10, g2 >> 10, b2 >> 10, a2 >> 10} {
				differ++
			}
		}
	}
	if differ > 512 {
		t.Errorf("icon.png differs from icons/app.svg in %d points: run the test with -update", differ)
	}
}
