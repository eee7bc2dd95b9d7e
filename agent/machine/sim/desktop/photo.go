package desktop

import (
	"fmt"
	"image"
	"sync"
)

// photoSize is that of every photograph.
var photoSize = image.Pt(520, 360)

// photos are landscapes with the grain of a camera, which no palette holds.
var photos = [3]struct {
	once   sync.Once
	bitmap *bitmap
}{}

func photo(i int) *bitmap {
	p := &photos[i]
	p.once.Do(func() { p.bitmap = takePhoto(i) })
	return p.bitmap
}

// skies are the colours of the photographs: the sky above and below, and the hills.
var skies = [len(photos)][3][3]int{
	{{92, 148, 208}, {226, 224, 206}, {58, 96, 70}},
	{{70, 66, 120}, {244, 164, 106}, {54, 44, 66}},
	{{150, 176, 190}, {222, 230, 232}, {84, 110, 120}},
}

func takePhoto(i int) *bitmap {
	b := newBitmap(photoSize)
	sky := skies[i]
	var ridges [3][]int
	for layer := range ridges {
		ridges[layer] = ridge(uint32(i*7+layer+1), photoSize.Y*(45+15*layer)/100, 70-16*layer)
	}
	for y := range photoSize.Y {
		for x := range photoSize.X {
			red, green, bl := blendOf(sky[0], sky[1], y*1024/photoSize.Y)
			for layer, r := range ridges {
				if y >= r[x] {
					light := (y - r[x]) / (4 + layer)
					near := 1024 - 340*(2-layer)
					red, green, bl = blendOf([3]int{red, green, bl}, [3]int{sky[2][0] + light, sky[2][1] + light, sky[2][2] + light/2}, near)
				}
			}
			grain := int(noise(uint32(x), uint32(y), uint32(i)))%19 - 9
			b.set(x, y, red+grain, green+grain, bl+grain)
		}
	}
	return b
}

func blendOf(a, b [3]int, t int) (red, green, bl int) {
	return a[0] + (b[0]-a[0])*t/1024, a[1] + (b[1]-a[1])*t/1024, a[2] + (b[2]-a[2])*t/1024
}

// ridge is the line of a range of hills: for each x its y, from noise of several widths.
func ridge(seed uint32, base, height int) []int {
	out := make([]int, photoSize.X)
	for x := range out {
		y, h := base, height
		for step := 128; step >= 4; step /= 2 {
			left, right := int(noise(uint32(x/step), 0, seed))%1024, int(noise(uint32(x/step+1), 0, seed))%1024
			t := x % step * 1024 / step
			t = t * t / 1024 * (3072 - 2*t) / 1024 // smoothly
			y -= (left + (right-left)*t/1024 - 512) * h / 1024
			h /= 2
		}
		out[x] = y
	}
	return out
}

// noise is the same 16 bits for the same place.
func noise(x, y, seed uint32) uint32 {
	h := x*0x9e3779b1 ^ y*0x85ebca77 ^ seed*0xc2b2ae3d
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return h & 0xffff
}

// album is a photo window's content: a click or an arrow key shows the next photograph.
type album struct {
	shown int
	at    image.Point
}

func newAlbum(size image.Point) *album { return &album{at: size.Sub(photoSize).Div(2)} }

func (a *album) paint(c *canvas, r image.Rectangle) {
	c.fill(r, 0x20242a)
	c.blit(photo(a.shown), r.Min.Add(a.at))
}

func (a *album) status() string { return fmt.Sprintf("%d / %d", a.shown+1, len(photos)) }

func (a *album) turn(by int) []change {
	a.shown = (a.shown + by + len(photos)) % len(photos)
	return []change{{rect: image.Rectangle{a.at, a.at.Add(photoSize)}}, {status: true}}
}

func (a *album) press(image.Point, bool) []change { return a.turn(1) }

func (a *album) key(k key) []change {
	switch {
	case k.name == keyRight || k.name == keyPageDown || k.char == ' ':
		return a.turn(1)
	case k.name == keyLeft || k.name == keyPageUp:
		return a.turn(-1)
	}
	return nil
}

func (a *album) drag(image.Point) []change { return nil }
func (a *album) release()                  {}
func (a *album) wheel(int) []change        { return nil }
func (a *album) focus(bool) []change       { return nil }
func (a *album) beam(image.Point) bool     { return false }
