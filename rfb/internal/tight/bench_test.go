package tight

import (
	"image"
	"math/rand/v2"
	"testing"

	"github.com/rejoin/rejoin/rfb/internal/jpeg"
)

var benchOptions = Options{Quality: 75, Sub: jpeg.Sub420, Level: 1}

func benchScreen() (*rand.Rand, *font, *screen) {
	rnd := rand.New(rand.NewPCG(7, 7))
	return rnd, newFont(rnd), newScreen(1280, 800, 0)
}

// run encodes frames in turn, each of which draw makes, and reports bytes a frame.
func run(b *testing.B, opt Options, frames int, draw func(i int) (*screen, image.Rectangle)) {
	type frame struct {
		s *screen
		r image.Rectangle
	}
	var all []frame
	for i := range frames {
		s, r := draw(i)
		c := &screen{append([]byte(nil), s.pix...), s.stride, s.size}
		all = append(all, frame{c, r})
	}
	e := New()
	dst := make([]byte, 0, 8<<20)
	sent, rects := 0, 0
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f := all[i%frames]
		out, n, _ := e.Encode(dst, f.s.pix, f.s.stride, f.r, opt)
		sent += len(out)
		rects += n
		i++
	}
	b.ReportMetric(float64(sent)/float64(i), "B/frame")
	b.ReportMetric(float64(rects)/float64(i), "rects/frame")
}

func BenchmarkTyping(b *testing.B) {
	rnd, f, s := benchScreen()
	s.fill(image.Rectangle{Max: s.size}, 255, 255, 255)
	run(b, benchOptions, 120, func(i int) (*screen, image.Rectangle) {
		x, y := 20+i*glyphW, 100+i/100*20
		s.fill(image.Rect(x, y, x+1, y+glyphH), 255, 255, 255)
		s.glyph(f, rnd.IntN(len(f)), x, y, black, white)
		s.fill(image.Rect(x+glyphW, y, x+glyphW+1, y+glyphH), 0, 0, 0) // the caret
		return s, image.Rect(x, y, x+glyphW+1, y+glyphH)
	})
}

// BenchmarkTypingTiles is typing whose damage is rounded to tiles of 16 × 16 by the capturer.
func BenchmarkTypingTiles(b *testing.B) {
	rnd, f, s := benchScreen()
	s.fill(image.Rectangle{Max: s.size}, 255, 255, 255)
	run(b, benchOptions, 120, func(i int) (*screen, image.Rectangle) {
		x, y := 20+i*glyphW, 100+i/100*20
		s.glyph(f, rnd.IntN(len(f)), x, y, black, white)
		return s, image.Rect(x/64*64, y/64*64, x/64*64+64, y/64*64+64)
	})
}

func BenchmarkScrolledIn(b *testing.B) { // the 48 rows that a scroll uncovers
	rnd, f, s := benchScreen()
	run(b, benchOptions, 20, func(i int) (*screen, image.Rectangle) {
		r := image.Rect(0, 700, 1280, 748)
		s.text(rnd, f, r, black, white)
		return s, r
	})
}

func BenchmarkTextPage(b *testing.B) {
	rnd, f, s := benchScreen()
	run(b, benchOptions, 3, func(i int) (*screen, image.Rectangle) {
		s.text(rnd, f, image.Rectangle{Max: s.size}, black, white)
		s.text(rnd, f, image.Rect(0, 0, 200, 800), blue, paper)
		return s, image.Rectangle{Max: s.size}
	})
}

func BenchmarkDesktop(b *testing.B) {
	rnd, f, s := benchScreen()
	s.desktop(rnd, f)
	run(b, benchOptions, 1, func(int) (*screen, image.Rectangle) { return s, image.Rectangle{Max: s.size} })
}

func BenchmarkDesktopExact(b *testing.B) {
	rnd, f, s := benchScreen()
	s.desktop(rnd, f)
	run(b, Options{Level: 1}, 1, func(int) (*screen, image.Rectangle) { return s, image.Rectangle{Max: s.size} })
}

// BenchmarkDrag is a window over a photograph: the box around where it was and is.
func BenchmarkDrag(b *testing.B) {
	rnd, f, base := benchScreen()
	base.photo(rnd, image.Rectangle{Max: base.size}, 0)
	w := newScreen(400, 300, 0)
	w.window(rnd, f, image.Rectangle{Max: w.size})
	run(b, benchOptions, 10, func(i int) (*screen, image.Rectangle) {
		s := &screen{append([]byte(nil), base.pix...), base.stride, base.size}
		at := image.Pt(200+i*13, 150+i*7)
		for y := range 300 {
			copy(s.pix[(at.Y+y)*s.stride+at.X*4:], w.pix[y*w.stride:][:w.stride])
		}
		return s, image.Rect(at.X-13, at.Y-7, at.X+400, at.Y+300)
	})
}

// BenchmarkUncovered is what a dragged window leaves to be sent once the window itself is copied.
func BenchmarkUncovered(b *testing.B) {
	rnd, _, s := benchScreen()
	s.photo(rnd, image.Rectangle{Max: s.size}, 0)
	run(b, benchOptions, 10, func(i int) (*screen, image.Rectangle) {
		at := image.Pt(200+i*13, 150+i*7)
		return s, image.Rect(at.X-13, at.Y-7, at.X, at.Y+300)
	})
}

func BenchmarkVideo(b *testing.B) {
	rnd, _, s := benchScreen()
	r := image.Rect(100, 100, 420, 340)
	run(b, benchOptions, 10, func(i int) (*screen, image.Rectangle) {
		s.photo(rnd, r, float64(i)/10)
		return s, r
	})
}

func BenchmarkNoise(b *testing.B) {
	rnd, _, s := benchScreen()
	s.noise(rnd, image.Rectangle{Max: s.size})
	run(b, Options{Level: 1}, 1, func(int) (*screen, image.Rectangle) { return s, image.Rectangle{Max: s.size} })
}
