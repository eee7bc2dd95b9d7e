package rfb

import (
	"image"
	"iter"
	"slices"
)

// tile is the side of the squares in which pictures are compared and books are kept.
const tile = 64

// maxHints is how many of the operating system's moves are kept for the scroll detection; they are hints, and may be lost.
const maxHints = 64

// damage is where a connection must compare the display's picture with its viewer's.
type damage struct {
	grid  grid
	any   bool
	all   bool
	tiles []bool
	hints []Move
}

// reset makes all of a picture of the given size damaged.
func (d *damage) reset(size image.Point) {
	d.grid = newGrid(size)
	d.any, d.all = true, true
	d.tiles = make([]bool, d.grid.cols*d.grid.rows)
	d.hints = d.hints[:0]
}

func (d *damage) add(more Damage) {
	for _, m := range more.Moves {
		d.mark(m.To)
		if len(d.hints) < maxHints {
			d.hints = append(d.hints, m)
		}
	}
	for _, r := range more.Rects {
		d.mark(r)
	}
	if more.Unknown {
		d.any, d.all = true, true
	}
}

func (d *damage) mark(r image.Rectangle) {
	if d.all {
		return
	}
	for t := range d.grid.over(r) {
		d.tiles[t] = true
		d.any = true
	}
}

// take returns the tiles within area that are damaged, as g numbers them, and forgets them and the hints; the others stay. g is of the
// viewer's picture, which has another size if it could not follow the display's.
func (d *damage) take(area image.Rectangle, g grid, into []int) (tiles []int, hints []Move) {
	tiles, hints = into[:0], d.hints
	d.hints = nil
	if !d.any {
		return tiles, hints
	}
	if d.all {
		for t := range d.tiles {
			d.tiles[t] = true
		}
	}
	d.any, d.all = false, false
	for t, dirty := range d.tiles {
		switch {
		case !dirty:
		case d.grid.bounds(t).Overlaps(area):
			tiles = append(tiles, t)
			d.tiles[t] = false
		default:
			d.any = true
		}
	}
	if g != d.grid {
		tiles = d.renumber(tiles, g)
	}
	return tiles, hints
}

func (d *damage) renumber(tiles []int, g grid) []int {
	var out []int
	for _, t := range tiles {
		out = slices.AppendSeq(out, g.over(d.grid.bounds(t)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grid divides a picture into tiles, numbered row by row.
type grid struct {
	size       image.Point
	cols, rows int
}

func newGrid(size image.Point) grid {
	return grid{size, (size.X + tile - 1) / tile, (size.Y + tile - 1) / tile}
}

// bounds is where tile t is.
func (g grid) bounds(t int) image.Rectangle {
	x, y := t%g.cols*tile, t/g.cols*tile
	return image.Rect(x, y, min(x+tile, g.size.X), min(y+tile, g.size.Y))
}

// over yields the tiles that r touches.
func (g grid) over(r image.Rectangle) iter.Seq[int] {
	r = r.Intersect(image.Rectangle{Max: g.size})
	return func(yield func(int) bool) {
		if r.Empty() {
			return
		}
		for y := r.Min.Y / tile; y <= (r.Max.Y-1)/tile; y++ {
			for x := r.Min.X / tile; x <= (r.Max.X-1)/tile; x++ {
				if !yield(y*g.cols + x) {
					return
				}
			}
		}
	}
}
