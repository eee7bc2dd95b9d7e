package tight

import (
	"image"
	"math/bits"
)

const (
	tileSize = 16
	// minFill is the least area that is worth a rectangle of its own when it is of one colour: within a palette's area it is
	// nearly free.
	minFill = 1 << 14
	// minPhoto is the least area that is worth JPEG's tables, of about 600 bytes, or finding out how it is best sent without loss.
	minPhoto = 1 << 11
)

// kind is what an area is made of.
type kind uint8

const (
	kindDrawn kind = iota // text, lines, flat colours: anything but the others
	kindSolid             // one colour
	kindPhoto             // most pixels differ from their neighbours
	kindMixed             // many do; a photograph only if it is next to one
	kindDone              // its area is chosen
)

type area struct {
	rect image.Rectangle
	kind kind
}

// grid is a rectangle's tiles, row by row.
type grid struct {
	bounds  image.Rectangle
	w, h    int
	kinds   []kind
	colours []uint32 // of solid tiles
	areas   []area
}

// split divides r by content. The areas are disjoint and cover r; they are valid until the next call.
func (g *grid) split(e *Encoder, r image.Rectangle) []area {
	g.bounds = r
	g.w, g.h = (r.Dx()+tileSize-1)/tileSize, (r.Dy()+tileSize-1)/tileSize
	if n := g.w * g.h; cap(g.kinds) < n {
		g.kinds, g.colours = make([]kind, n), make([]uint32, n)
	}
	g.kinds, g.colours = g.kinds[:g.w*g.h], g.colours[:g.w*g.h]
	g.areas = g.areas[:0]
	for ty := range g.h {
		for tx := range g.w {
			at := ty*g.w + tx
			g.kinds[at], g.colours[at] = e.look(g.rect(tx, ty, tx+1, ty+1))
		}
	}
	if r.Dx()*r.Dy() >= minPhoto {
		g.spread()
		g.choose(kindPhoto, minPhoto)
	}
	if r.Dx()*r.Dy() >= minFill {
		g.choose(kindSolid, minFill)
	}
	for i, k := range g.kinds {
		if k != kindDone {
			g.kinds[i] = kindDrawn
		}
	}
	g.choose(kindDrawn, 0)
	return g.areas
}

// rect is the area of tiles.
func (g *grid) rect(x0, y0, x1, y1 int) image.Rectangle {
	return image.Rect(x0*tileSize, y0*tileSize, x1*tileSize, y1*tileSize).Add(g.bounds.Min).Intersect(g.bounds)
}

// look judges a tile.
func (e *Encoder) look(r image.Rectangle) (kind, uint32) {
	colour := pixel(e.pix[r.Min.Y*e.stride+r.Min.X*4:])
	if e.solid(r, colour) {
		return kindSolid, colour
	}
	// Every other row is enough to judge by. Colours are counted by their hashes: two may fall together, which is why the
	// limits are low.
	var seen [8]uint64
	same, total := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		row := e.row(r, y)
		above := row
		if y > r.Min.Y {
			above = e.row(r, y-1)
		}
		last := ^uint32(0)
		for x := 0; x+4 <= len(row); x += 4 {
			if x+8 <= len(row) && pair(row[x:]) == uint64(last)<<32|uint64(last) {
				same += 2
				x += 4
				continue
			}
			c := pixel(row[x:])
			if c == last || c == pixel(above[x:]) && y > r.Min.Y {
				same++
			}
			last = c
			h := c * 0x9E3779B1 >> (32 - 9)
			seen[h>>6] |= 1 << (h & 63)
		}
		total += len(row) / 4
	}
	colours := 0
	for _, s := range seen {
		colours += bits.OnesCount64(s)
	}
	switch {
	case same*5 <= total && colours*4 >= total:
		if e.hasEdge(r) {
			return kindDrawn, 0
		}
		return kindPhoto, 0
	case same*5 <= total*2 && colours*3 >= total:
		return kindMixed, 0
	}
	return kindDrawn, 0
}

// hasEdge says whether one of a tile's four outermost lines is drawn rather than photographed: then a window begins there, with a slice
// of its frame or text.
func (e *Encoder) hasEdge(r image.Rectangle) bool {
	top, bottom := r.Min.Y*e.stride, (r.Max.Y-1)*e.stride
	left, right := r.Min.X*4, (r.Max.X-1)*4
	return e.drawnLine(top+left, 4, r.Dx()) || e.drawnLine(bottom+left, 4, r.Dx()) ||
		e.drawnLine(top+left, e.stride, r.Dy()) || e.drawnLine(top+right, e.stride, r.Dy())
}

// drawnLine says whether two thirds of a line's n pixels, step bytes apart, are like the ones before them.
func (e *Encoder) drawnLine(at, step, n int) bool {
	same := 0
	last := pixel(e.pix[at:])
	for range n - 1 {
		at += step
		c := pixel(e.pix[at:])
		if c == last {
			same++
		}
		last = c
	}
	return n >= tileSize/2 && same*3 >= (n-1)*2
}

func (e *Encoder) solid(r image.Rectangle, colour uint32) bool {
	both := uint64(colour)<<32 | uint64(colour)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := e.row(r, y)
		for ; len(row) >= 8; row = row[8:] {
			if pair(row) != both {
				return false
			}
		}
		if len(row) > 0 && pixel(row) != colour {
			return false
		}
	}
	return true
}

// spread makes photographs of the mixed tiles that are next to two others.
func (g *grid) spread() {
	for ty := range g.h {
		for tx := range g.w {
			at := ty*g.w + tx
			if g.kinds[at] != kindMixed {
				continue
			}
			n := 0
			for _, d := range [4][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
				x, y := tx+d[0], ty+d[1]
				if x >= 0 && x < g.w && y >= 0 && y < g.h && g.kinds[y*g.w+x] == kindPhoto {
					n++
				}
			}
			if n >= 2 {
				g.kinds[at] = kindPhoto
			}
		}
	}
}

// choose gathers tiles of a kind, solid ones of the same colour, into rectangles, and takes those of the least area or more.
func (g *grid) choose(k kind, least int) {
	for ty := range g.h {
		for tx := 0; tx < g.w; tx++ {
			if g.kinds[ty*g.w+tx] != k {
				continue
			}
			x1, y1 := g.grow(tx, ty)
			r := g.rect(tx, ty, x1, y1)
			if r.Dx()*r.Dy() < least {
				continue
			}
			for y := ty; y < y1; y++ {
				for x := tx; x < x1; x++ {
					g.kinds[y*g.w+x] = kindDone
				}
			}
			g.areas = append(g.areas, area{r, k})
			tx = x1 - 1
		}
	}
}

// grow says how far the rectangle of like tiles that begins at a tile reaches: first to the right and then down, or the other way
// round, whichever gives more.
func (g *grid) grow(tx, ty int) (x1, y1 int) {
	first := ty*g.w + tx
	like := func(x, y int) bool {
		at := y*g.w + x
		return g.kinds[at] == g.kinds[first] && (g.kinds[at] != kindSolid || g.colours[at] == g.colours[first])
	}
	rowLike := func(x1, y int) bool {
		for x := tx; x < x1; x++ {
			if !like(x, y) {
				return false
			}
		}
		return true
	}
	columnLike := func(x, y1 int) bool {
		for y := ty; y < y1; y++ {
			if !like(x, y) {
				return false
			}
		}
		return true
	}
	wideX, wideY := tx+1, ty+1
	for wideX < g.w && like(wideX, ty) {
		wideX++
	}
	for wideY < g.h && rowLike(wideX, wideY) {
		wideY++
	}
	tallX, tallY := tx+1, ty+1
	for tallY < g.h && like(tx, tallY) {
		tallY++
	}
	for tallX < g.w && columnLike(tallX, tallY) {
		tallX++
	}
	if (wideX-tx)*(wideY-ty) >= (tallX-tx)*(tallY-ty) {
		return wideX, wideY
	}
	return tallX, tallY
}
