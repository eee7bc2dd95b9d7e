package desktop

import (
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// What a pending change may consist of; more is brought into a coarser form.
const (
	maxMoves = 32
	maxRects = 64
)

// pending is what became of a picture since it was last drawn. It holds that the old picture with all moves carried out, in
// their order, is the new one everywhere outside of rects.
type pending struct {
	bounds image.Rectangle
	moves  []rfb.Move
	rects  []image.Rectangle
}

// add says that an area was drawn anew.
func (p *pending) add(r image.Rectangle) {
	r = r.Intersect(p.bounds)
	if r.Empty() {
		return
	}
	kept := p.rects[:0]
	for i, old := range p.rects {
		if r.In(old) {
			p.rects = append(kept, p.rects[i:]...)
			return
		}
		if !old.In(r) {
			kept = append(kept, old)
		}
	}
	p.rects = append(kept, r)
	if len(p.rects) > maxRects {
		all := image.Rectangle{}
		for _, old := range p.rects {
			all = all.Union(old)
		}
		p.rects = append(p.rects[:0], all)
	}
}

// move says that an area's pixels came from elsewhere; both places are within bounds.
func (p *pending) move(to image.Rectangle, from image.Point) {
	delta := to.Min.Sub(from)
	if to.Empty() || delta == (image.Point{}) {
		return
	}
	if len(p.moves) == maxMoves {
		p.add(to)
		return
	}
	// What was to be drawn anew at the old place is so at the new one, too.
	source := to.Sub(delta)
	var stale []image.Rectangle
	for _, r := range p.rects {
		if r = r.Intersect(source); !r.Empty() {
			stale = append(stale, r.Add(delta))
		}
	}
	p.moves = append(p.moves, rfb.Move{To: to, From: from})
	for _, r := range stale {
		p.add(r)
	}
}

// all says that everything is to be drawn anew.
func (p *pending) all() {
	p.moves = nil
	p.rects = append(p.rects[:0], p.bounds)
}

func (p *pending) empty() bool { return len(p.moves) == 0 && len(p.rects) == 0 }

// take returns the damage and begins anew.
func (p *pending) take() rfb.Damage {
	d := rfb.Damage{Moves: p.moves, Rects: p.rects}
	p.moves, p.rects = nil, nil
	return d
}

// carryOut moves pixels within a framebuffer.
func carryOut(fb *rfb.Framebuffer, m rfb.Move) {
	h, w := m.To.Dy(), m.To.Dx()*4
	for i := range h {
		row := i
		if m.To.Min.Y > m.From.Y { // downwards: the last row first
			row = h - 1 - i
		}
		to := (m.To.Min.Y+row)*fb.Stride + m.To.Min.X*4
		from := (m.From.Y+row)*fb.Stride + m.From.X*4
		copy(fb.Pix[to:to+w], fb.Pix[from:from+w])
	}
}

// without returns the parts of r that lie outside of hole.
func without(r, hole image.Rectangle) []image.Rectangle {
	hole = hole.Intersect(r)
	if hole.Empty() {
		if r.Empty() {
			return nil
		}
		return []image.Rectangle{r}
	}
	var out []image.Rectangle
	for _, part := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, hole.Min.Y)},
		{image.Pt(r.Min.X, hole.Max.Y), r.Max},
		{image.Pt(r.Min.X, hole.Min.Y), image.Pt(hole.Min.X, hole.Max.Y)},
		{image.Pt(hole.Max.X, hole.Min.Y), image.Pt(r.Max.X, hole.Max.Y)},
	} {
		if !part.Empty() {
			out = append(out, part)
		}
	}
	return out
}

// withoutAll returns the parts of r that lie outside of all holes.
func withoutAll(r image.Rectangle, holes ...image.Rectangle) []image.Rectangle {
	parts := without(r, image.Rectangle{})
	for _, hole := range holes {
		var next []image.Rectangle
		for _, part := range parts {
			next = append(next, without(part, hole)...)
		}
		parts = next
	}
	return parts
}
