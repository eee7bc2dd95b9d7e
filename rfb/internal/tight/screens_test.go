package tight

import (
	"image"
	"math"
	"math/rand/v2"
)

// screen is a picture to draw test workloads on.
type screen struct {
	pix    []byte
	stride int
	size   image.Point
}

func newScreen(w, h, pad int) *screen {
	stride := w*4 + pad
	return &screen{make([]byte, stride*h), stride, image.Pt(w, h)}
}

func (s *screen) set(x, y int, r, g, b byte) {
	if !image.Pt(x, y).In(image.Rectangle{Max: s.size}) {
		return
	}
	p := s.pix[y*s.stride+x*4:]
	p[0], p[1], p[2], p[3] = b, g, r, byte(x*7+y) // the last is to be ignored
}

func (s *screen) fill(a image.Rectangle, r, g, b byte) {
	for y := a.Min.Y; y < a.Max.Y; y++ {
		for x := a.Min.X; x < a.Max.X; x++ {
			s.set(x, y, r, g, b)
		}
	}
}

func (s *screen) noise(rnd *rand.Rand, a image.Rectangle) {
	for y := a.Min.Y; y < a.Max.Y; y++ {
		for x := a.Min.X; x < a.Max.X; x++ {
			v := rnd.Uint32()
			s.set(x, y, byte(v), byte(v>>8), byte(v>>16))
		}
	}
}

// photo draws a smooth picture with the noise of a camera.
func (s *screen) photo(rnd *rand.Rand, a image.Rectangle, phase float64) {
	for y := a.Min.Y; y < a.Max.Y; y++ {
		for x := a.Min.X; x < a.Max.X; x++ {
			fx, fy := float64(x)/90+phase, float64(y)/70
			v := 128 + 60*math.Sin(fx)*math.Cos(fy) + 30*math.Sin(fx*3.1+fy*2.3)
			n := rnd.NormFloat64() * 2.5
			s.set(x, y, byte(v+n), byte(v*0.8+20+n), byte(255-v+n))
		}
	}
}

const glyphW, glyphH = 8, 16

// font has glyphs as ClearType would draw them: each subpixel has a coverage of its own, smoothed over its neighbours.
type font [64][glyphH][glyphW * 3]byte

func newFont(rnd *rand.Rand) *font {
	var f font
	for g := range f {
		var raw [glyphH][glyphW*3 + 4]float64
		for range 3 + rnd.IntN(3) { // strokes
			x, y := 3+rnd.Float64()*15, 3+rnd.Float64()*10
			dx, dy := [4]float64{0, 1, 0.6, -0.6}[rnd.IntN(4)], [4]float64{1, 0, 0.8, 0.8}[rnd.IntN(4)]
			for t := 0.0; t < 8; t += 0.25 {
				px, py := int(x+3*dx*t), int(y+dy*t)
				for k := range 3 {
					if px+k >= 2 && px+k < glyphW*3-2 && py >= 2 && py < glyphH-2 {
						raw[py][px+k+2] = 1
					}
				}
			}
		}
		for y := range glyphH {
			for x := range glyphW * 3 {
				sum := 0.0
				for k, weight := range [5]float64{1, 2, 3, 2, 1} {
					sum += raw[y][x+k] * weight / 9
				}
				f[g][y][x] = byte(sum*255 + 0.5)
			}
		}
	}
	return &f
}

func (s *screen) glyph(f *font, g, x, y int, fg, bg [3]byte) {
	for dy := range glyphH {
		for dx := range glyphW {
			var c [3]byte
			for k := range 3 {
				a := int(f[g][dy][dx*3+k])
				c[k] = byte((int(fg[k])*a + int(bg[k])*(255-a)) / 255)
			}
			s.set(x+dx, y+dy, c[0], c[1], c[2])
		}
	}
}

// text fills a with lines of words.
func (s *screen) text(rnd *rand.Rand, f *font, a image.Rectangle, fg, bg [3]byte) {
	s.fill(a, bg[0], bg[1], bg[2])
	for y := a.Min.Y + 4; y+glyphH <= a.Max.Y-4; y += glyphH + 2 {
		end := a.Max.X - 8 - rnd.IntN(max(1, a.Dx()/3))
		for x := a.Min.X + 8; x+glyphW <= end; x += glyphW {
			if rnd.IntN(6) > 0 {
				s.glyph(f, rnd.IntN(len(f)), x, y, fg, bg)
			}
		}
	}
}

var (
	black = [3]byte{0, 0, 0}
	white = [3]byte{255, 255, 255}
	blue  = [3]byte{0, 90, 200}
	paper = [3]byte{250, 248, 240}
)

// desktop draws a photograph with a window of text, a title, and a task bar.
func (s *screen) desktop(rnd *rand.Rand, f *font) {
	s.photo(rnd, image.Rectangle{Max: s.size}, 0)
	s.window(rnd, f, image.Rect(s.size.X/8, s.size.Y/8, s.size.X*3/4, s.size.Y*3/4))
	s.fill(image.Rect(0, s.size.Y-40, s.size.X, s.size.Y), 30, 30, 40)
}

func (s *screen) window(rnd *rand.Rand, f *font, a image.Rectangle) {
	s.fill(a, 90, 90, 90)
	a = a.Inset(1)
	s.text(rnd, f, image.Rect(a.Min.X, a.Min.Y, a.Max.X, a.Min.Y+30), white, blue)
	s.text(rnd, f, image.Rect(a.Min.X, a.Min.Y+30, a.Max.X, a.Max.Y), black, white)
}
