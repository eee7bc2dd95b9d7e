package motion

import (
	"bytes"
	"encoding/binary"
	"image"
	"math/bits"
	"slices"
)

const (
	cell    = 16 // pixels; a cell is one row high
	pairRGB = rgb<<32 | rgb
)

// same says whether two runs of pixels, of the same length, show the same.
func same(a, b []byte) bool {
	b = b[:len(a)]
	if bytes.Equal(a, b) { // mostly the ignored bytes are the same too
		return true
	}
	for len(a) >= 8 {
		if (binary.LittleEndian.Uint64(a)^binary.LittleEndian.Uint64(b))&pairRGB != 0 {
			return false
		}
		a, b = a[8:], b[8:]
	}
	return len(a) < 4 || (binary.LittleEndian.Uint32(a)^binary.LittleEndian.Uint32(b))&rgb == 0
}

// plain says whether all pixels are of one colour.
func plain(a []byte) bool {
	first := binary.LittleEndian.Uint32(a) & rgb
	pair := uint64(first)<<32 | uint64(first)
	for ; len(a) >= 8; a = a[8:] {
		if binary.LittleEndian.Uint64(a)&pairRGB != pair {
			return false
		}
	}
	return len(a) < 4 || binary.LittleEndian.Uint32(a)&rgb == first
}

// field is the area in which moves are looked for, in cells.
type field struct {
	p       pictures
	bounds  image.Rectangle
	rects   []image.Rectangle
	w, h    int
	words   int      // of a row of bits
	inside  []uint64 // bit: the cell is wholly inside of a changed area and not taken by a move
	matched []uint64 // bit: the vector holds
	worth   []uint8  // of a matched cell: what moving it saves, in pixels
	taken   []image.Rectangle
	gains   []int32 // of the cells above and to the left: a summed-area table, of (w+1) × (h+1)
	heights []int32
	stack   []span
}

type span struct{ x, height int32 }

func (f *field) begin(p pictures, bounds image.Rectangle, rects []image.Rectangle) {
	f.p, f.bounds, f.rects, f.taken = p, bounds, rects, f.taken[:0]
	f.w, f.h = (bounds.Dx()+cell-1)/cell, bounds.Dy()
	f.words = (f.w + 63) / 64
	n := f.words * f.h
	if cap(f.inside) < n {
		f.inside, f.matched = make([]uint64, n), make([]uint64, n)
		f.worth = make([]uint8, n*64)
	}
	f.inside, f.matched, f.worth = f.inside[:n], f.matched[:n], f.worth[:n*64]
	clear(f.inside)
	for _, r := range rects {
		x0, x1 := (r.Min.X-bounds.Min.X+cell-1)/cell, (r.Max.X-bounds.Min.X)/cell
		if r.Max.X == bounds.Max.X {
			x1 = f.w
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := f.inside[(y-bounds.Min.Y)*f.words:]
			for x := x0; x < x1; x++ {
				row[x>>6] |= 1 << (x & 63)
			}
		}
	}
}

// sum makes the summed-area table of what is worth moving.
func (f *field) sum() {
	w := f.w + 1
	if n := w * (f.h + 1); cap(f.gains) < n {
		f.gains = make([]int32, n)
	}
	f.gains = f.gains[:w*(f.h+1)]
	clear(f.gains[:w])
	for y := range f.h {
		above, row := f.gains[y*w:][:w], f.gains[(y+1)*w:][:w]
		row[0] = 0
		n := int32(0)
		for x, worth := range f.worth[y*f.words*64:][:f.w] {
			n += int32(worth)
			row[x+1] = above[x+1] + n
		}
	}
}

func (f *field) gain(x0, y0, x1, y1 int) int {
	w := f.w + 1
	return int(f.gains[y1*w+x1] - f.gains[y0*w+x1] - f.gains[y1*w+x0] + f.gains[y0*w+x0])
}

// match finds the cells in which the vector v holds, and what it saves there.
func (f *field) match(v image.Point) {
	clear(f.matched)
	clear(f.worth)
	back := v.Y*f.p.stride + v.X*4
	from := image.Rectangle{Max: f.p.size}.Add(v).Intersect(f.bounds) // where what v reads is in the picture
	if from.Empty() {
		return
	}
	x0, x1 := (from.Min.X-f.bounds.Min.X+cell-1)/cell, (from.Max.X-f.bounds.Min.X)/cell
	if from.Max.X == f.bounds.Max.X {
		x1 = f.w
	}
	for y := from.Min.Y; y < from.Max.Y; y++ {
		f.matchRow(y, x0, x1, back)
	}
	f.sum()
}

// matchRow does so for the cells x0 to x1 of row y.
func (f *field) matchRow(y, x0, x1, back int) {
	row := (y - f.bounds.Min.Y) * f.words
	base := y*f.p.stride + f.bounds.Min.X*4
	end := y*f.p.stride + f.bounds.Max.X*4
	if x0 >= x1 {
		return
	}
	first, last := base+x0*cell*4, min(base+x1*cell*4, end)
	changed := !bytes.Equal(f.p.old[first:last], f.p.cur[first:last])
	whole := bytes.Equal(f.p.old[first-back:last-back], f.p.cur[first:last])
	if whole {
		f.matchAll(row, x0, x1)
		if !changed {
			return
		}
	}
	for word := x0 / 64; word*64 < x1; word++ {
		for left := f.inside[row+word]; left != 0; left &= left - 1 {
			x := word*64 + bits.TrailingZeros64(left)
			if x < x0 || x >= x1 {
				continue
			}
			lo := base + x*cell*4
			hi := min(lo+cell*4, end)
			is := f.p.cur[lo:hi]
			if !whole && !same(f.p.old[lo-back:hi-back], is) {
				continue
			}
			f.matched[row+word] |= left & -left
			if changed {
				f.worth[row*64+x] = worthOf(f.p.old[lo:hi], is)
			}
		}
	}
}

// matchAll notes that v holds in all cells x0 to x1 of a row that are inside.
func (f *field) matchAll(row, x0, x1 int) {
	for word := x0 / 64; word*64 < x1; word++ {
		mask := ^uint64(0)
		if from := x0 - word*64; from > 0 {
			mask <<= from
		}
		if beyond := (word+1)*64 - x1; beyond > 0 {
			mask &= ^uint64(0) >> beyond
		}
		f.matched[row+word] |= f.inside[row+word] & mask
	}
}

// worthOf is how many pixels a move saves that changes a cell. Plain ones are nearly free to send, but if a window has some, they had
// better move with it.
func worthOf(was, is []byte) uint8 {
	switch {
	case same(was, is):
		return 0
	case plain(is):
		return 1
	}
	return cell
}

// take returns the rectangle of matched cells that gains most, as far as v holds around it, and takes it out of the field.
func (f *field) take(v image.Point) (image.Rectangle, int) {
	cells, gain := f.best()
	if gain < minGain {
		return image.Rectangle{}, 0
	}
	r := image.Rect(f.bounds.Min.X+cells.Min.X*cell, f.bounds.Min.Y+cells.Min.Y,
		min(f.bounds.Min.X+cells.Max.X*cell, f.bounds.Max.X), f.bounds.Min.Y+cells.Max.Y)
	if r.Dx() < minSide || r.Dy() < minSide {
		gain = 0
	}
	r = f.widen(r, v)
	f.drop(r)
	f.taken = append(f.taken, r)
	return r, gain
}

// best is the rectangle of matched cells that gains most: for each row, the largest rectangles that end there, found with a stack
// of the heights of the columns above it.
func (f *field) best() (image.Rectangle, int) {
	if cap(f.heights) < f.w+1 {
		f.heights = make([]int32, f.w+1)
	}
	f.heights = f.heights[:f.w+1]
	clear(f.heights)
	var best image.Rectangle
	most := 0
	for y := range f.h {
		matched := f.matched[y*f.words:]
		stack := f.stack[:0]
		for x := range f.w + 1 {
			height := int32(0)
			if x < f.w && matched[x>>6]>>(x&63)&1 != 0 {
				height = f.heights[x] + 1
			}
			f.heights[x] = height
			start := int32(x)
			for len(stack) > 0 && stack[len(stack)-1].height >= height {
				top := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				start = top.x
				if g := f.gain(int(top.x), y+1-int(top.height), x, y+1); g > most {
					most = g
					best = image.Rect(int(top.x), y+1-int(top.height), x, y+1)
				}
			}
			if height > 0 {
				stack = append(stack, span{start, height})
			}
		}
		f.stack = stack
	}
	return best, most
}

// widen moves the left and right sides of r outwards, by less than a cell each, as long as v holds and the area has changed.
func (f *field) widen(r image.Rectangle, v image.Point) image.Rectangle {
	picture := image.Rectangle{Max: f.p.size}
	grown := func(column image.Rectangle) bool {
		return column.In(f.bounds) && column.Sub(v).In(picture) && f.covers(column) && f.holds(column, v)
	}
	for range cell - 1 {
		column := image.Rect(r.Min.X-1, r.Min.Y, r.Min.X, r.Max.Y)
		if !grown(column) {
			break
		}
		r.Min.X--
	}
	for range cell - 1 {
		column := image.Rect(r.Max.X, r.Min.Y, r.Max.X+1, r.Max.Y)
		if !grown(column) {
			break
		}
		r.Max.X++
	}
	return r
}

// covers says whether r, which no move has taken, is in one of the changed areas, or piece by piece downwards in several.
func (f *field) covers(r image.Rectangle) bool {
	if slices.ContainsFunc(f.taken, r.Overlaps) {
		return false
	}
	for !r.Empty() {
		least := r.Min.Y
		for _, c := range f.rects {
			if c.Min.X <= r.Min.X && c.Max.X >= r.Max.X && c.Min.Y <= r.Min.Y && c.Max.Y > least {
				least = c.Max.Y
			}
		}
		if least == r.Min.Y {
			return false
		}
		r.Min.Y = least
	}
	return true
}

func (f *field) holds(r image.Rectangle, v image.Point) bool {
	back := v.Y*f.p.stride + v.X*4
	for y := r.Min.Y; y < r.Max.Y; y++ {
		lo, hi := y*f.p.stride+r.Min.X*4, y*f.p.stride+r.Max.X*4
		if !same(f.p.old[lo-back:hi-back], f.p.cur[lo:hi]) {
			return false
		}
	}
	return true
}

// drop takes the cells that r touches out of the field.
func (f *field) drop(r image.Rectangle) {
	r = r.Sub(f.bounds.Min)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X / cell; x*cell < r.Max.X; x++ {
			at, bit := y*f.words+x>>6, uint64(1)<<(x&63)
			f.inside[at] &^= bit
			f.matched[at] &^= bit
			f.worth[y*f.words*64+x] = 0
		}
	}
	f.sum()
}
