// Package motion finds out what moved between two pictures: text that was scrolled, by any number of pixels in any direction, and
// windows that were dragged. RFB's CopyRect then shows it in sixteen bytes.
//
// It collects vectors by which something may have moved: those of the last moves and of the caller's hints; those by which pieces of
// rows were shifted up or down, or of columns sideways, for scrolls; and those between distinctive places, anchors, for all else. Each is tried on a sample of what
// has changed, and only the good ones are then checked over the whole area, pixel by pixel, for the rectangles in which they hold. What it
// returns is therefore exact, whatever the guesses were.
package motion

import (
	"image"
	"slices"
)

// Move is an area whose pixels were at From, its upper left corner, in the picture before.
type Move struct {
	To   image.Rectangle
	From image.Point
}

func (m Move) source() image.Rectangle {
	return image.Rectangle{Min: m.From, Max: m.From.Add(m.To.Size())}
}

func (m Move) vector() image.Point { return m.To.Min.Sub(m.From) }

const (
	// minGain is the least number of pixels that a move must save from being encoded, not counting those of plain areas.
	minGain = 2048
	// minSide is the least width and height of a move.
	minSide    = 16
	maxMoves   = 12
	maxVectors = 4 // from each source of them, and that are checked in one call
	perVector  = 6 // moves: a pointer drawn into a page that is scrolled leaves two holes in it
	maxArea    = 1 << 26
	maxSide    = 1<<16 - 1 // RFB's
)

// Finder finds moves. Its zero value is ready. It holds scratch, so that finding allocates nothing in the long run; it is not
// for concurrent use.
type Finder struct {
	shifts  shifts
	anchors anchors
	field   field
	recent  [2]image.Point // the vectors of the last moves: scrolling and dragging go on
	tried   []image.Point
	vectors []candidate // the most promising first
	found   []found
	moves   []Move
	rects   []image.Rectangle
}

// candidate is a vector and how much of the sample it explains.
type candidate struct {
	v    image.Point
	hits int
}

type found struct {
	Move
	gain int
}

// Find looks for areas of cur, within the bounds of changed, that are exact copies of areas of old, which were elsewhere. Both pictures
// have the given size; row y begins at y*stride; the fourth byte of a pixel is ignored. Outside of changed the pictures are taken to be equal;
// a move may lead there too, where that does no harm, so that unchanged gaps in a scrolled page do not cut it into pieces. The moves are
// few and large, do not overlap, and are to be applied in the order returned: none reads what one before it has written. hints are vectors
// that are likely, for example what the operating system says has moved; they are checked like any other. The result is valid until the next
// call.
func (f *Finder) Find(old, cur []byte, stride int, size image.Point, changed []image.Rectangle, hints []Move) []Move {
	f.moves, f.found, f.tried, f.vectors = f.moves[:0], f.found[:0], f.tried[:0], f.vectors[:0]
	if size.X <= 0 || size.Y <= 0 || max(size.X, size.Y) > maxSide || size.X > maxArea/size.Y || stride < 4*size.X || stride > maxArea*4 ||
		min(len(old), len(cur)) < (size.Y-1)*stride+4*size.X {
		return nil
	}
	p := pictures{old, cur, stride, size}
	defer func() { f.field.p = pictures{} }() // they are the caller's
	bounds, area := f.clip(changed, size)
	if area < minGain || !f.field.begin(p, bounds, f.rects, area) {
		return nil
	}
	f.guess(p, bounds, area, hints)
	f.check()
	f.order()
	if len(f.found) > 0 && f.found[0].vector() != f.recent[0] {
		f.recent = [2]image.Point{f.found[0].vector(), f.recent[0]}
	}
	return f.moves
}

// clip fills f.rects with the changed areas inside the picture and returns their bounds and how large they are in all. If they fill
// most of their bounds, these stand for them.
func (f *Finder) clip(changed []image.Rectangle, size image.Point) (bounds image.Rectangle, area int) {
	f.rects = f.rects[:0]
	for _, r := range changed {
		r = r.Intersect(image.Rectangle{Max: size})
		if r.Empty() {
			continue
		}
		f.rects = append(f.rects, r)
		bounds = bounds.Union(r)
		area += r.Dx() * r.Dy()
	}
	if all := bounds.Dx() * bounds.Dy(); len(f.rects) > 1 && area > all/2 {
		f.rects, area = append(f.rects[:0], bounds), all
	}
	return bounds, area
}

// guess fills f.vectors, from the cheapest source to the dearest, until one explains enough of what has changed.
func (f *Finder) guess(p pictures, bounds image.Rectangle, area int, hints []Move) {
	for _, h := range hints {
		if len(f.tried) < maxVectors {
			f.propose(h.vector())
		}
	}
	for _, v := range f.recent {
		f.propose(v)
	}
	// In lists of like lines a vector may explain a good part of it by chance, and the next one all.
	if f.explained(7, 8) {
		return
	}
	f.shifts.hashRows(p, bounds, f.rects, area)
	for _, vote := range []func(*shifts) []int{(*shifts).unique, (*shifts).nearest} {
		for _, dy := range vote(&f.shifts) {
			f.propose(image.Pt(0, dy))
		}
		if f.explained(1, 2) {
			return
		}
	}
	f.shifts.hashColumns(p, bounds, f.rects, area)
	for _, dx := range f.shifts.unique() {
		f.propose(image.Pt(dx, 0))
	}
	if f.explained(1, 2) {
		return
	}
	f.anchors.find(p, f.rects, area)
	for _, v := range f.anchors.vote() {
		f.propose(v)
	}
}

func (f *Finder) explained(part, of int) bool {
	return len(f.vectors) > 0 && f.vectors[0].hits*of >= len(f.field.sample)*part
}

// propose tries a vector and keeps it if something may come of it.
func (f *Finder) propose(v image.Point) {
	size := f.field.p.size
	if v == (image.Point{}) || v.X <= -size.X || v.X >= size.X || v.Y <= -size.Y || v.Y >= size.Y || slices.Contains(f.tried, v) {
		return
	}
	f.tried = append(f.tried, v)
	c := candidate{v, f.field.try(v)}
	if !f.field.promises(c.hits) {
		return
	}
	f.vectors = append(f.vectors, c)
	for i := len(f.vectors) - 1; i > 0 && f.vectors[i-1].hits < c.hits; i-- {
		f.vectors[i-1], f.vectors[i] = c, f.vectors[i-1]
	}
}

// check finds the areas in which the vectors hold.
func (f *Finder) check() {
	for i, c := range f.vectors {
		if i == maxVectors {
			return
		}
		if i > 0 && !f.field.promises(f.field.try(c.v)) { // what it explained has been taken
			continue
		}
		f.field.match(c.v)
		for range perVector {
			to, gain := f.field.take(c.v)
			if gain < minGain {
				break
			}
			f.add(found{Move{to, to.Min.Sub(c.v)}, gain})
		}
	}
}

// add keeps f.found in order, the most gain first.
func (f *Finder) add(m found) {
	f.found = append(f.found, m)
	for i := len(f.found) - 1; i > 0 && f.found[i-1].gain < m.gain; i-- {
		f.found[i-1], f.found[i] = m, f.found[i-1]
	}
}

// order fills f.moves with the best of what was found, each before those that would spoil its source. One that would close a circle is
// left out.
func (f *Finder) order() {
	for _, m := range f.found {
		if len(f.moves) == maxMoves {
			return
		}
		var unsorted, sorted [maxMoves]Move
		left := append(append(unsorted[:0], f.moves...), m.Move)
		n := 0
		for len(left) > 0 {
			i := slices.IndexFunc(left, func(a Move) bool {
				return !slices.ContainsFunc(left, func(b Move) bool { return a != b && a.To.Overlaps(b.source()) })
			})
			if i < 0 {
				break
			}
			sorted[n] = left[i]
			n++
			left = slices.Delete(left, i, i+1)
		}
		if len(left) == 0 {
			f.moves = append(f.moves[:0], sorted[:n]...)
		}
	}
}
