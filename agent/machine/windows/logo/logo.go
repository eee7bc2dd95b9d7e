// Package logo draws the product's icon at any size: an arrow that comes round again, and a dot. It needs no files and no
// Windows, so the same code serves the windows and the program file's icon.
package logo

import (
	"image"
	"image/color"
	"math"
)

// The drawing, on a field of 16 by 16.
const (
	field  = 16.0
	radius = 5.5
	dot    = 1.6
	half   = 0.95  // of the line's width
	opens  = 309.5 // degrees, clockwise from three o'clock; the ring is open from here to 360
)

var (
	arrow  = [3][2]float64{{13.8, 1.6}, {13.8, 4.5}, {10.9, 4.5}}
	accent = color.NRGBA{R: 18, G: 98, B: 196, A: 255}
)

// Image is the logo on a transparent ground, size pixels wide and high.
func Image(size int) *image.NRGBA {
	const sub = 4 // samples per pixel and axis
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	step := field / float64(size*sub)
	for y := range size {
		for x := range size {
			hits := 0
			for i := range sub * sub {
				px := (float64(x*sub+i%sub) + 0.5) * step
				py := (float64(y*sub+i/sub) + 0.5) * step
				if inside(px, py) {
					hits++
				}
			}
			c := accent
			c.A = uint8(255 * hits / (sub * sub))
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// BGRA is [Image] as rows of blue, green, red and alpha, as Windows likes it.
func BGRA(size int) []byte {
	img := Image(size)
	out := make([]byte, len(img.Pix))
	for i := 0; i < len(out); i += 4 {
		out[i], out[i+1], out[i+2], out[i+3] = img.Pix[i+2], img.Pix[i+1], img.Pix[i], img.Pix[i+3]
	}
	return out
}

func inside(x, y float64) bool {
	dx, dy := x-8, y-8
	d := math.Hypot(dx, dy)
	if d <= dot {
		return true
	}
	if math.Abs(d-radius) <= half {
		angle := math.Atan2(dy, dx) * 180 / math.Pi
		if angle < 0 {
			angle += 360
		}
		if angle <= opens {
			return true
		}
	}
	return toSegment(x, y, arrow[0], arrow[1]) <= half || toSegment(x, y, arrow[1], arrow[2]) <= half
}

// toSegment is the distance of a point to a line from a to b.
func toSegment(x, y float64, a, b [2]float64) float64 {
	vx, vy := b[0]-a[0], b[1]-a[1]
	t := ((x-a[0])*vx + (y-a[1])*vy) / (vx*vx + vy*vy)
	t = max(0, min(1, t))
	return math.Hypot(x-a[0]-t*vx, y-a[1]-t*vy)
}
