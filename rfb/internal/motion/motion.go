// Package motion finds out what moved between two pictures: text that was scrolled, by any number of pixels in any direction, and
// windows that were dragged. RFB's CopyRect then shows it in sixteen bytes.
//
// It looks for a few distinctive places, anchors, in both pictures. Pairs of like anchors vote for the vector between them; each
// vector with enough votes is then checked over the whole area, pixel by pixel, for the rectangles in which it holds. What it
// returns is therefore exact, whatever the voting thought.
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
	maxMoves   = 8
	maxVectors = 4 // that are checked in one call
	perVector  = 3 // moves
	maxArea    = 1 << 26
)

// Finder finds moves. Its zero value is ready. It holds scratch, so that finding allocates nothing in the long run; it is not
// for concurrent use.
type Finder struct {
	anchors anchors
	field   field
	recent  [2]image.Point // the vectors of the last moves: scrolling and dragging go on
	vectors []image.Point
	found   []found
	moves   []Move
	rects   []image.Rectangle
}

type found struct {
	Move
	gain int
}

// Find looks for areas of cur, inside changed, that are exact copies of areas of old, which were elsewhere. Both pictures have the
// given size; row y begins at y*stride. The moves are few and large, do not overlap, and are to be applied in the order returned: none
// reads what one before it has written. hints are vectors that are likely, for example what the operating system says has moved;
// they are checked like any other. The result is valid until the next call.
func (f *Finder) Find(old, cur []byte, stride int, size image.Point, changed []image.Rectangle, hints []Move) []Move {
	f.moves, f.found = f.moves[:0], f.found[:0]
	if size.X <= 0 || size.Y <= 0 || size.X > maxArea/size.Y || stride < 4*size.X || stride > maxArea*4 ||
		min(len(old), len(cur)) < (size.Y-1)*stride+4*size.X {
		return nil
	}
	p := pictures{old, cur, stride, size}
	bounds, area := f.clip(changed, size)
	if area < minGain {
		return nil
	}
	f.vectors = f.vectors[:0]
	for _, h := range hints {
		if len(f.vectors) < maxVectors {
			f.propose(h.vector(), size)
		}
	}
	f.anchors.find(p, f.rects, area)
	for _, v := range f.anchors.vote(f.recent[:]) {
		f.propose(v, size)
	}
	if len(f.vectors) == 0 {
		return nil
	}
	f.field.begin(p, bounds, f.rects)
	for _, v := range f.vectors {
		f.field.match(v)
		for range perVector {
			to, gain := f.field.take(v)
			if gain < minGain {
				break
			}
			f.add(found{Move{to, to.Min.Sub(v)}, gain})
		}
	}
	f.field.p = pictures{}
	f.order()
	for i, m := range f.moves {
		if i < len(f.recent) {
			f.recent[i] = m.vector()
		}
	}
	return f.moves
}

// clip fills f.rects with the changed areas inside the picture and returns their bounds and how large they are in all.
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
	return bounds, area
}

func (f *Finder) propose(v, size image.Point) {
	if v == (image.Point{}) || v.X <= -size.X || v.X >= size.X || v.Y <= -size.Y || v.Y >= size.Y || slices.Contains(f.vectors, v) {
		return
	}
	f.vectors = append(f.vectors, v)
}

// add keeps f.found in order, the most gain first.
func (f *Finder) add(m found) {
	f.found = append(f.found, m)
	for i := len(f.found) - 1; i > 0 && f.found[i-1].gain < m.gain; i-- {
		f.found[i-1], f.found[i] = m, f.found[i-1]
	}
}

// order fills f.moves: the best first, but each before those that would spoil its source. A move that cannot be placed so, nor
// after the others, is left out.
func (f *Finder) order() {
	for _, m := range f.found {
		if len(f.moves) == maxMoves {
			return
		}
		// It must come after those that read what it writes, and before those that write what it reads.
		first, last := 0, len(f.moves)
		for i, other := range f.moves {
			if m.To.Overlaps(other.source()) {
				first = i + 1
			}
			if other.To.Overlaps(m.source()) && last > i {
				last = i
			}
		}
		if first <= last {
			f.moves = slices.Insert(f.moves, first, m.Move)
		}
	}
}
