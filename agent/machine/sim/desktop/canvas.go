package desktop

import (
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// colour is 0xRRGGBB.
type colour uint32

const (
	white     colour = 0xffffff
	black     colour = 0x000000
	ink       colour = 0x1b1f24
	faint     colour = 0x6a7480
	paper     colour = 0xffffff
	pane      colour = 0xf1f4f8
	line      colour = 0xb9c3ce
	accent    colour = 0x1769c2
	selection colour = 0xb5d4f4
	covered   colour = 0x808080 // an excluded window
	blue      colour = 0x0b3a6b // Windows between two desktops
)

// canvas draws into a framebuffer, within clip. All points are the desktop's; origin is the one that the framebuffer begins
// at.
type canvas struct {
	fb     *rfb.Framebuffer
	origin image.Point
	clip   image.Rectangle
}

// within is the canvas with a smaller clip.
func (c *canvas) within(r image.Rectangle) *canvas {
	return &canvas{fb: c.fb, origin: c.origin, clip: c.clip.Intersect(r)}
}

// at is the index of a point's pixel.
func (c *canvas) at(x, y int) int { return (y-c.origin.Y)*c.fb.Stride + (x-c.origin.X)*4 }

func (c *canvas) fill(r image.Rectangle, col colour) {
	r = r.Intersect(c.clip)
	if r.Empty() {
		return
	}
	first := c.fb.Pix[c.at(r.Min.X, r.Min.Y):][:r.Dx()*4]
	for i := 0; i < len(first); i += 4 {
		first[i], first[i+1], first[i+2], first[i+3] = byte(col), byte(col>>8), byte(col>>16), 0xff
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(c.fb.Pix[c.at(r.Min.X, y):], first)
	}
}

// blend lays col over a pixel; alpha is 0 to 255.
func (c *canvas) blend(x, y int, col colour, alpha uint32) {
	if alpha == 0 || !(image.Point{X: x, Y: y}).In(c.clip) {
		return
	}
	p := c.fb.Pix[c.at(x, y):][:4]
	p[0] = mix(p[0], byte(col), alpha)
	p[1] = mix(p[1], byte(col>>8), alpha)
	p[2] = mix(p[2], byte(col>>16), alpha)
	p[3] = 0xff
}

func mix(under, over byte, alpha uint32) byte {
	return byte((uint32(under)*(255-alpha) + uint32(over)*alpha + 127) / 255)
}

// tint lays col over an area.
func (c *canvas) tint(r image.Rectangle, col colour, alpha uint32) {
	r = r.Intersect(c.clip)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c.blend(x, y, col, alpha)
		}
	}
}

// round fills a rectangle with round corners.
func (c *canvas) round(r image.Rectangle, radius int, col colour) {
	radius = min(radius, r.Dx()/2, r.Dy()/2)
	if r.Intersect(c.clip).Empty() {
		return
	}
	c.fill(image.Rect(r.Min.X, r.Min.Y+radius, r.Max.X, r.Max.Y-radius), col)
	c.fill(image.Rect(r.Min.X+radius, r.Min.Y, r.Max.X-radius, r.Min.Y+radius), col)
	c.fill(image.Rect(r.Min.X+radius, r.Max.Y-radius, r.Max.X-radius, r.Max.Y), col)
	for y := range radius {
		for x := range radius {
			a := quarter(radius, x, y)
			c.blend(r.Min.X+x, r.Min.Y+y, col, a)
			c.blend(r.Max.X-1-x, r.Min.Y+y, col, a)
			c.blend(r.Min.X+x, r.Max.Y-1-y, col, a)
			c.blend(r.Max.X-1-x, r.Max.Y-1-y, col, a)
		}
	}
}

// quarter is how much of the pixel x, y of an upper left corner lies within its circle: 0 to 255, from 16 samples, in
// whole numbers so that it is the same on every processor.
func quarter(radius, x, y int) uint32 {
	inside := uint32(0)
	limit := 8 * radius * 8 * radius
	for sy := range 4 {
		for sx := range 4 {
			dx, dy := 8*(radius-x)-2*sx-1, 8*(radius-y)-2*sy-1
			if dx*dx+dy*dy <= limit {
				inside++
			}
		}
	}
	return (inside*255 + 8) / 16
}

// bitmap is a picture without gaps between its rows.
type bitmap struct {
	pix  []byte // BGRX
	size image.Point
}

func newBitmap(size image.Point) *bitmap { return &bitmap{make([]byte, size.X*size.Y*4), size} }

func (b *bitmap) set(x, y int, red, green, bl int) {
	i := (y*b.size.X + x) * 4
	b.pix[i], b.pix[i+1], b.pix[i+2], b.pix[i+3] = level(bl), level(green), level(red), 0xff
}

func level(v int) byte { return byte(min(max(v, 0), 255)) }

// blit draws a bitmap with its upper left corner at a point.
func (c *canvas) blit(b *bitmap, at image.Point) {
	r := image.Rectangle{at, at.Add(b.size)}.Intersect(c.clip)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := ((y-at.Y)*b.size.X + r.Min.X - at.X) * 4
		copy(c.fb.Pix[c.at(r.Min.X, y):], b.pix[from:from+r.Dx()*4])
	}
}
