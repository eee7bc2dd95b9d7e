package motion

import (
	"bytes"
	"image"
	"math/bits"
	"slices"
)

const (
	cell = 16 // pixels; a cell is one row high
	// A sample is of about so many cells; each is tried together with the rows below it, so that little fits by chance.
	sampleSize   = 4096
	sampleHeight = 4
)

// field is the area in which moves are looked for, in cells.
type field struct {
	p       pictures
	bounds  image.Rectangle
	sample  []image.Point // cells that have changed and are not plain
	step    int           // from one row of the sample to the next
	w, h    int
	words   int      // of a row of bits
	matched []uint64 // bit: the vector holds, and no move has taken the cell
	worth   []uint8  // of a matched cell: what moving it saves, in pixels
	left    int      // all of worth
	stale   bool     // gains are not those of worth
	taken   []image.Rectangle
	gains   []int32 // of the cells above and to the left: a summed-area table, of (w+1) × (h+1)
	heights []int32
	stack   []span
}

type span struct{ x, height int32 }

// begin takes a sample of what has changed in rects, which are area pixels in all. It returns false if that is not worth a move.
func (f *field) begin(p pictures, bounds image.Rectangle, rects []image.Rectangle, area int) bool {
	f.p, f.bounds, f.taken, f.sample = p, bounds, f.taken[:0], f.sample[:0]
	f.w, f.h = (bounds.Dx()+cell-1)/cell, bounds.Dy()
	f.words = (f.w + 63) / 64
	f.step = (area/cell + sampleSize - 1) / sampleSize
	for _, r := range rects {
		for k := r.Min.Y / f.step; k*f.step < r.Max.Y; k++ {
			// At regular distances all rows might be between lines of text.
			if y := k*f.step + int(uint32(k)*mixA>>16)%f.step; y >= r.Min.Y && y < r.Max.Y {
				f.sampleRow(y, r.Min.X, r.Max.X)
			}
		}
	}
	return f.promises(len(f.sample))
}

func (f *field) sampleRow(y, from, to int) {
	at := y * f.p.stride
	if bytes.Equal(f.p.old[at+4*from:at+4*to], f.p.cur[at+4*from:at+4*to]) {
		return
	}
	for x := from; x+cell <= to; x += cell {
		i := at + 4*x
		if worthOf((*[4 * cell]byte)(f.p.old[i:]), (*[4 * cell]byte)(f.p.cur[i:])) > 1 {
			f.sample = append(f.sample, image.Pt(x, y))
		}
	}
}

// promises says whether a move may pay that explains so many cells of the sample. Where the sample is thin, it gives the benefit of the doubt.
func (f *field) promises(hits int) bool { return hits > 0 && hits*cell*f.step >= minGain/2 }

// try is how many cells of the sample v explains.
func (f *field) try(v image.Point) (hits int) {
	back := v.Y*f.p.stride + 4*v.X
	source := image.Rect(0, 0, f.p.size.X-cell+1, f.p.size.Y).Add(v)
	for _, at := range f.sample {
		bottom := min(at.Y+sampleHeight, f.bounds.Max.Y, source.Max.Y)
		ok := at.X >= source.Min.X && at.X < source.Max.X && at.Y >= source.Min.Y && at.Y < bottom
		for y := at.Y; ok && y < bottom; y++ {
			i := y*f.p.stride + 4*at.X
			ok = same(f.p.old[i-back:i-back+4*cell], f.p.cur[i:i+4*cell])
		}
		if ok {
			hits++
		}
	}
	return hits
}

// match finds the cells in which the vector v holds, and what it saves there.
func (f *field) match(v image.Point) {
	if n := f.words * f.h; cap(f.matched) < n {
		f.matched, f.worth = make([]uint64, n), make([]uint8, n*64)
	}
	f.matched, f.worth = f.matched[:f.words*f.h], f.worth[:f.words*f.h*64]
	clear(f.matched)
	clear(f.worth)
	f.left, f.stale = 0, true
	back := v.Y*f.p.stride + v.X*4
	from := image.Rectangle{Max: f.p.size}.Add(v).Intersect(f.bounds) // where what v reads is in the picture
	if from.Empty() {
		return
	}
	x0, x1 := (from.Min.X-f.bounds.Min.X+cell-1)/cell, (from.Max.X-f.bounds.Min.X)/cell
	if from.Max.X == f.bounds.Max.X {
		x1 = f.w
	}
	if x0 >= x1 {
		return
	}
	for y := from.Min.Y; y < from.Max.Y; y++ {
		f.matchRow(y, x0, x1, back)
	}
	for _, r := range f.taken {
		f.drop(r)
	}
}

// matchRow does so for the cells x0 to x1 of row y.
func (f *field) matchRow(y, x0, x1, back int) {
	row := (y - f.bounds.Min.Y) * f.words
	matched, worth := f.matched[row:row+f.words], f.worth[64*row:64*(row+f.words)]
	base, end := y*f.p.stride+4*f.bounds.Min.X, y*f.p.stride+4*f.bounds.Max.X
	first, last := base+x0*cell*4, min(base+x1*cell*4, end)
	old, cur := f.p.old, f.p.cur
	if bytes.Equal(old[first-back:last-back], cur[first:last]) {
		setBits(matched, x0, x1)
	} else {
		for x := x0; x < x1; x++ {
			if lo, hi := base+x*cell*4, min(base+(x+1)*cell*4, end); same(old[lo-back:hi-back], cur[lo:hi]) {
				matched[x>>6] |= 1 << (x & 63)
			}
		}
	}
	if bytes.Equal(old[first:last], cur[first:last]) {
		return
	}
	for word, left := range matched {
		for ; left != 0; left &= left - 1 {
			x := word*64 + bits.TrailingZeros64(left)
			lo := base + x*cell*4
			if lo+4*cell <= end {
				worth[x] = worthOf((*[4 * cell]byte)(old[lo:]), (*[4 * cell]byte)(cur[lo:]))
			} else {
				worth[x] = worthOfPart(old[lo:end], cur[lo:end])
			}
			f.left += int(worth[x])
		}
	}
}

func setBits(words []uint64, from, to int) {
	for w := from / 64; w*64 < to; w++ {
		mask := ^uint64(0)
		if before := from - w*64; before > 0 {
			mask <<= before
		}
		if beyond := (w+1)*64 - to; beyond > 0 {
			mask &= ^uint64(0) >> beyond
		}
		words[w] |= mask
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
	f.stale = false
}

func (f *field) gain(x0, y0, x1, y1 int) int {
	w := f.w + 1
	return int(f.gains[y1*w+x1] - f.gains[y0*w+x1] - f.gains[y1*w+x0] + f.gains[y0*w+x0])
}

// take returns the rectangle of matched cells that gains most, as far as v holds around it, and takes it out of the field.
func (f *field) take(v image.Point) (image.Rectangle, int) {
	if f.left < minGain {
		return image.Rectangle{}, 0
	}
	if f.stale {
		f.sum()
	}
	cells, gain := f.best()
	if gain < minGain {
		return image.Rectangle{}, 0
	}
	cells = f.trim(cells)
	r := image.Rect(f.bounds.Min.X+cells.Min.X*cell, f.bounds.Min.Y+cells.Min.Y,
		min(f.bounds.Min.X+cells.Max.X*cell, f.bounds.Max.X), f.bounds.Min.Y+cells.Max.Y)
	if r.Dx() < minSide || r.Dy() < minSide {
		gain = 0
	}
	r = f.widen(r, v)
	f.drop(r)
	f.taken = append(f.taken, r)
	f.sample = slices.DeleteFunc(f.sample, func(at image.Point) bool { return at.In(r) })
	return r, gain
}

// best is the rectangle of matched cells that gains most: for each row, the largest rectangles that end there, found with a stack
// of the heights of the columns above it.
func (f *field) best() (best image.Rectangle, most int) {
	if cap(f.heights) < f.w+1 {
		f.heights = make([]int32, f.w+1)
	}
	f.heights = f.heights[:f.w+1]
	clear(f.heights)
	for y := range f.h {
		matched := f.matched[y*f.words:][:f.words]
		for x := range f.w {
			f.heights[x] = (f.heights[x] + 1) & -int32(matched[x>>6]>>(x&63)&1)
		}
		if y+1 < f.h && f.goesOn(y) {
			continue // the same columns, and more, end further down
		}
		stack := f.stack[:0]
		for x, height := range f.heights {
			start := int32(x)
			for len(stack) > 0 && stack[len(stack)-1].height > height {
				top := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				start = top.x
				if g := f.gain(int(top.x), y+1-int(top.height), x, y+1); g > most {
					most = g
					best = image.Rect(int(top.x), y+1-int(top.height), x, y+1)
				}
			}
			if height > 0 && (len(stack) == 0 || stack[len(stack)-1].height < height) {
				stack = append(stack, span{start, height})
			}
		}
		f.stack = stack
	}
	return best, most
}

// goesOn says whether all that is matched in row y is so in the next.
func (f *field) goesOn(y int) bool {
	row, next := f.matched[y*f.words:][:f.words], f.matched[(y+1)*f.words:][:f.words]
	for i, word := range row {
		if word&^next[i] != 0 {
			return false
		}
	}
	return true
}

// trim cuts off what gains nothing.
func (f *field) trim(r image.Rectangle) image.Rectangle {
	for r.Dy() > minSide && f.gain(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1) == 0 {
		r.Min.Y++
	}
	for r.Dy() > minSide && f.gain(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y) == 0 {
		r.Max.Y--
	}
	for r.Dx() > 1 && f.gain(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y) == 0 {
		r.Min.X++
	}
	for r.Dx() > 1 && f.gain(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y) == 0 {
		r.Max.X--
	}
	return r
}

// widen moves the left and right sides of r outwards, by less than a cell each, as long as v holds and no other move is there.
func (f *field) widen(r image.Rectangle, v image.Point) image.Rectangle {
	source := image.Rectangle{Max: f.p.size}.Add(v)
	back := v.Y*f.p.stride + v.X*4
	left := min(cell-1, r.Min.X-max(f.bounds.Min.X, source.Min.X))
	right := min(cell-1, min(f.bounds.Max.X, source.Max.X)-r.Max.X)
	for _, t := range f.taken {
		if t.Max.Y <= r.Min.Y || t.Min.Y >= r.Max.Y {
			continue
		}
		if t.Max.X <= r.Min.X {
			left = min(left, r.Min.X-t.Max.X)
		} else {
			right = min(right, t.Min.X-r.Max.X)
		}
	}
	for y := r.Min.Y; y < r.Max.Y && left+right > 0; y++ {
		lo, hi := y*f.p.stride+4*r.Min.X, y*f.p.stride+4*r.Max.X
		left = alikeAtEnd(f.p.old[lo-4*left-back:lo-back], f.p.cur[lo-4*left:lo])
		right = alikeAtStart(f.p.old[hi-back:hi+4*right-back], f.p.cur[hi:hi+4*right])
	}
	r.Min.X -= left
	r.Max.X += right
	return r
}

// drop takes the cells that r touches out of the field.
func (f *field) drop(r image.Rectangle) {
	r = r.Sub(f.bounds.Min)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X / cell; x*cell < r.Max.X; x++ {
			f.matched[y*f.words+x>>6] &^= 1 << (x & 63)
			worth := &f.worth[y*f.words*64+x]
			f.left -= int(*worth)
			*worth = 0
		}
	}
	f.stale = true
}
