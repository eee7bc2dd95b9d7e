package rfb

import (
	"bytes"
	"encoding/binary"
	"image"
)

// shadow is what one viewer has, or will have once all that is owed to it has been sent. It belongs to the connection's sending
// goroutine, so that encoding holds up nobody.
type shadow struct {
	grid
	pix    []byte
	stride int
	// owed says, for each tile, where the viewer's pixels may differ from pix; lossy where they are only like them.
	owed, lossy []image.Rectangle
	since       []uint64 // for each tile that is owed: the look at which it became so
	looks       uint64
}

func newShadow(size image.Point) *shadow {
	g := newGrid(size)
	n := g.cols * g.rows
	return &shadow{
		grid: g, pix: make([]byte, 4*size.X*size.Y), stride: 4 * size.X,
		owed: make([]image.Rectangle, n), lossy: make([]image.Rectangle, n), since: make([]uint64, n),
	}
}

// owe marks r as unknown to the viewer.
func (s *shadow) owe(r image.Rectangle) {
	for t := range s.over(r) {
		if s.owed[t].Empty() {
			s.since[t] = s.looks
		}
		s.owed[t] = s.owed[t].Union(r.Intersect(s.bounds(t)))
	}
}

// black makes r black.
func (s *shadow) black(r image.Rectangle) {
	r = r.Intersect(image.Rectangle{Max: s.size})
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(s.pix[y*s.stride+4*r.Min.X : y*s.stride+4*r.Max.X])
	}
	s.owe(r)
}

// compare appends, for each of the tiles, where cur differs from the shadow. Tiles that do not differ are left out.
func (s *shadow) compare(into []difference, cur *Framebuffer, tiles []int) []difference {
	common := image.Rectangle{Max: cur.Size}
	for _, t := range tiles {
		if r := differ(cur.Pix, cur.Stride, s.pix, s.stride, s.bounds(t).Intersect(common)); !r.Empty() {
			into = append(into, difference{t, r})
		}
	}
	return into
}

// difference is where a tile differs.
type difference struct {
	tile int
	r    image.Rectangle
}

// copyFrom takes over the pixels of r, and owes them.
func (s *shadow) copyFrom(cur *Framebuffer, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(s.pix[y*s.stride+4*r.Min.X:y*s.stride+4*r.Max.X], cur.Pix[y*cur.Stride+4*r.Min.X:])
	}
	s.owe(r)
}

// move does what a CopyRect does to the viewer's picture: what was owed, or only alike, at the source is so at the target too.
func (s *shadow) move(m Move) {
	rows, row := m.To.Dy(), 4*m.To.Dx()
	for i := range rows {
		y := i
		if m.To.Min.Y > m.From.Y {
			y = rows - 1 - i // downwards: the last row first, since source and target may overlap
		}
		from := (m.From.Y+y)*s.stride + 4*m.From.X
		to := (m.To.Min.Y+y)*s.stride + 4*m.To.Min.X
		copy(s.pix[to:to+row], s.pix[from:from+row])
	}
	s.moveMarks(s.owed, m)
	s.moveMarks(s.lossy, m)
}

func (s *shadow) moveMarks(marks []image.Rectangle, m Move) {
	source := m.To.Sub(m.To.Min).Add(m.From)
	by := m.To.Min.Sub(m.From)
	var moved []image.Rectangle
	for t := range s.over(source) {
		if r := marks[t].Intersect(source); !r.Empty() {
			moved = append(moved, r.Add(by))
		}
	}
	unmark(s.grid, marks, m.To)
	for _, r := range moved {
		mark(s.grid, marks, r)
	}
}

// sent takes note that r was sent, exactly but for what is in lossy.
func (s *shadow) sent(r image.Rectangle, lossy []image.Rectangle) {
	unmark(s.grid, s.owed, r)
	unmark(s.grid, s.lossy, r)
	for _, l := range lossy {
		mark(s.grid, s.lossy, l)
	}
}

func mark(g grid, marks []image.Rectangle, r image.Rectangle) {
	for t := range g.over(r) {
		marks[t] = marks[t].Union(r.Intersect(g.bounds(t)))
	}
}

// unmark takes r out of the marks, as far as what remains of each is a rectangle; otherwise more stays marked than need be.
func unmark(g grid, marks []image.Rectangle, r image.Rectangle) {
	for t := range g.over(r) {
		marks[t] = minus(marks[t], r)
	}
}

func minus(a, b image.Rectangle) image.Rectangle {
	cut := a.Intersect(b)
	if cut.Empty() {
		return a
	}
	wide, high := cut.Dx() == a.Dx(), cut.Dy() == a.Dy()
	switch {
	case wide && high:
		return image.Rectangle{}
	case wide && cut.Min.Y == a.Min.Y:
		a.Min.Y = cut.Max.Y
	case wide && cut.Max.Y == a.Max.Y:
		a.Max.Y = cut.Min.Y
	case high && cut.Min.X == a.Min.X:
		a.Min.X = cut.Max.X
	case high && cut.Max.X == a.Max.X:
		a.Max.X = cut.Min.X
	}
	return a
}

// differ returns the smallest rectangle within r that holds all pixels that differ.
func differ(a []byte, aStride int, b []byte, bStride int, r image.Rectangle) image.Rectangle {
	if r.Empty() {
		return image.Rectangle{}
	}
	width := 4 * r.Dx()
	rows := func(y int) (p, q []byte) {
		i, j := y*aStride+4*r.Min.X, y*bStride+4*r.Min.X
		return a[i : i+width], b[j : j+width]
	}
	same := func(y int) bool {
		p, q := rows(y)
		return bytes.Equal(p, q)
	}
	top, bottom := r.Min.Y, r.Max.Y
	for top < bottom && same(top) {
		top++
	}
	if top == bottom {
		return image.Rectangle{}
	}
	for same(bottom - 1) {
		bottom--
	}
	left, right := width, 0
	for y := top; y < bottom; y++ {
		p, q := rows(y)
		left = firstDifference(p, q, left)
		right = lastDifference(p, q, right)
	}
	return image.Rect(r.Min.X+left/4, top, r.Min.X+right/4, bottom)
}

// firstDifference is the offset of the first pixel, before limit, in which p and q differ; limit if there is none.
func firstDifference(p, q []byte, limit int) int {
	for i := 0; i < limit; i += 4 {
		if binary.LittleEndian.Uint32(p[i:]) != binary.LittleEndian.Uint32(q[i:]) {
			return i
		}
	}
	return limit
}

// lastDifference is the offset after the last pixel, behind limit, in which p and q differ; limit if there is none.
func lastDifference(p, q []byte, limit int) int {
	for i := len(p); i > limit; i -= 4 {
		if binary.LittleEndian.Uint32(p[i-4:]) != binary.LittleEndian.Uint32(q[i-4:]) {
			return i
		}
	}
	return limit
}
