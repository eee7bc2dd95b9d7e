package desktop

import (
	"image"
	"sync"
)

var (
	wallpapersMu sync.Mutex
	wallpapers   = map[image.Point]*bitmap{}
)

// maxWallpapers bounds what is kept for sizes that monitors once had.
const maxWallpapers = 6

// wallpaper is that of a monitor of a size, drawn once: a gradient with petals. Everything is in whole numbers.
func wallpaper(size image.Point) *bitmap {
	wallpapersMu.Lock()
	defer wallpapersMu.Unlock()
	if b := wallpapers[size]; b != nil {
		return b
	}
	if len(wallpapers) >= maxWallpapers {
		clear(wallpapers)
	}
	b := newBitmap(size)
	for y := range size.Y {
		for x := range size.X {
			red, green, bl := gradient(x*1024/size.X, y*1024/size.Y)
			for _, p := range petals {
				// The places of the petals are for 1280 × 800.
				k := p.cover(x*1280/size.X, y*800/size.Y)
				red, green, bl = red+(196-red)*k/1024, green+(222-green)*k/1024, bl+(244-bl)*k/1024
			}
			b.set(x, y, red, green, bl)
		}
	}
	wallpapers[size] = b
	return b
}

// gradient goes from dark at the upper left to light at the lower right; x and y go to 1024.
func gradient(x, y int) (red, green, bl int) {
	stops := [3][3]int{{0x12, 0x36, 0x5f}, {0x2a, 0x6a, 0xa6}, {0x7f, 0xb0, 0xd3}}
	t := (x*6 + y*10) / 16 // 0 to 1024
	from, t := stops[0], t*1024/560
	to := stops[1]
	if t > 1024 {
		from, to, t = stops[1], stops[2], min((t-1024)*560/464, 1024)
	}
	return from[0] + (to[0]-from[0])*t/1024, from[1] + (to[1]-from[1])*t/1024, from[2] + (to[2]-from[2])*t/1024
}

// petal is an ellipse that fades along its length: its middle, its half axes, and its direction as cosine and sine times
// 1024.
type petal struct{ x, y, a, b, cos, sin int }

var petals = []petal{
	{1000, 420, 300, 120, 362, -958},
	{1150, 560, 330, 130, 784, -658},
	{760, 640, 360, 120, -242, -995},
	{620, 760, 320, 110, -784, -658},
}

// cover is how much of the petal lies on a point, 0 to 1024.
func (p petal) cover(x, y int) int {
	dx, dy := x-p.x, y-p.y
	along, across := (dx*p.cos+dy*p.sin)/1024, (dy*p.cos-dx*p.sin)/1024
	d := along*along*1024/(p.a*p.a) + across*across*1024/(p.b*p.b)
	if d >= 1024 {
		return 0
	}
	edge := min((1024-d)*10, 1024) // soft, but not for long
	fade := 170 + 200*(along+p.a)/(2*p.a)
	return edge * fade / 1024
}
