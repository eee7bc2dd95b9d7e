package desktop

import (
	"image"
	"testing"

	"github.com/rejoin/rejoin/rfb"
)

// BenchmarkWhole is a whole picture of the primary monitor with three windows.
func BenchmarkWhole(b *testing.B) {
	d := New(Options{})
	d.SetStage(StageDesktop)
	d.Open(AppReader, AppPhotos, AppEditor)
	fb := blank(image.Pt(1280, 800))
	c := &canvas{fb: fb, clip: image.Rect(0, 0, 1280, 800)}
	for b.Loop() {
		d.paint(c, nil)
	}
}

// BenchmarkType is a character typed and drawn.
func BenchmarkType(b *testing.B) {
	d := New(Options{})
	d.SetStage(StageDesktop)
	d.Open(AppEditor)
	s := d.Screen(b.Context())
	c, err := s.Capture(`\\.\DISPLAY1`)
	if err != nil {
		b.Fatal(err)
	}
	fb := blank(c.Size())
	keys := []rfb.KeyEvent{{Keysym: 'x', Down: true}, {Keysym: 0xff08, Down: true}}
	for i := 0; b.Loop(); i++ {
		if err := s.Key(keys[i%2], true); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Draw(fb); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPicture is what the demo's page costs per picture.
func BenchmarkPicture(b *testing.B) {
	d := New(Options{})
	d.SetStage(StageDesktop)
	d.Open(AppReader, AppPhotos, AppEditor)
	for b.Loop() {
		d.touch()
		p, err := d.Picture(b.Context(), `\\.\DISPLAY1`, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(p.PNG)), "bytes")
	}
}
