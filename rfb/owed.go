package rfb

import (
	"cmp"
	"image"
	"slices"

	"github.com/rejoin/rejoin/rfb/internal/tight"
)

const (
	// slack is how many pixels that have not changed are sent along to make one rectangle of two.
	slack = 256

	// What does not fit into one update is sent in pieces of so many tiles in a row, at most.
	pieceTiles = 4

	// guess is about how much smaller pixels become: what is at most so many times the budget is sent as a whole.
	guess = 4

	// urgent is the largest change, in pixels, that goes before larger ones: a line of text.
	urgent = 64 * 256

	// refreshSlice is how many bytes of a refresh are sent at most before what else there is to do is looked for.
	refreshSlice = 128 << 10
)

// piece is a part of the picture to be sent.
type piece struct {
	r     image.Rectangle
	since uint64 // the look at which it became owed
	small bool
}

// encodeOwed appends what is owed to the viewer, as far as the budget goes, and says whether there is more.
func (s *sender) encodeOwed(w *work, o tight.Options) (more bool) {
	var rects []image.Rectangle
	area := 0
	for _, r := range s.seen.owed {
		if !r.Empty() {
			rects = append(rects, r)
			area += r.Dx() * r.Dy()
		}
	}
	if len(rects) == 0 {
		return false
	}
	whole, smaller := join(rects), guess
	if !s.compresses(w) {
		smaller = 1
	}
	if 4*area <= smaller*w.budget {
		for _, r := range whole {
			s.encode(w, r, o)
		}
		return false
	}
	pieces := s.pieces(rects, whole, w, o)
	limit := s.made() + w.budget
	for i, p := range pieces {
		// Viewers show an update when they have all of it: what is urgent is one of its own.
		if i > 0 && (pieces[i-1].small && !p.small || s.made() >= limit || s.rects >= maxRects) {
			return true
		}
		s.encode(w, p.r, o)
	}
	return false
}

// pieces cuts what is owed, most urgent first: small changes, then what has waited longest, then what is near the viewer's pointer.
func (s *sender) pieces(rects, whole []image.Rectangle, w *work, o tight.Options) []piece {
	var pieces []piece
	for _, r := range joinRows(rects, s.pieceWidth(w, o)) {
		p := piece{r: r, since: s.seen.looks}
		for t := range s.seen.over(r) {
			if !s.seen.owed[t].Empty() {
				p.since = min(p.since, s.seen.since[t])
			}
		}
		i := slices.IndexFunc(whole, func(big image.Rectangle) bool { return r.In(big) })
		p.small = i >= 0 && whole[i].Dx()*whole[i].Dy() <= urgent
		pieces = append(pieces, p)
	}
	slices.SortStableFunc(pieces, func(a, b piece) int {
		if a.small != b.small {
			if a.small {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(distance(a.r, w.pointerAt), distance(b.r, w.pointerAt)))
	})
	return pieces
}

// pieceWidth is how wide pieces are. Where a photograph may have to be sent exactly one of them must not be far more than the budget.
func (s *sender) pieceWidth(w *work, o tight.Options) int {
	tiles := pieceTiles
	switch {
	case !s.compresses(w):
		tiles = w.budget / (4 * tile * tile)
	case o.Quality == 0:
		tiles = w.budget / (3 * tile * tile)
	}
	return tile * min(max(tiles, 1), pieceTiles)
}

// distance is how far p is from r, in pixels, along the longer way.
func distance(r image.Rectangle, p image.Point) int {
	return max(r.Min.X-p.X, p.X-r.Max.X, r.Min.Y-p.Y, p.Y-r.Max.Y, 0)
}

// compresses says that the viewer gets Tight.
func (s *sender) compresses(w *work) bool { return w.enc.tight && w.format.tight() }

// encode appends r of what the viewer is to have. What there is already may be sent before.
func (s *sender) encode(w *work, r image.Rectangle, o tight.Options) {
	if !w.enc.lastRect {
		s.encodeBand(w, r, o)
		return
	}
	rows := max(band/r.Dx()/tile, 1) * tile
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		s.stream(w) // before there is more, so that an update's end goes with what it ends
		s.encodeBand(w, image.Rect(r.Min.X, y, r.Max.X, min(y+rows, r.Max.Y)), o)
	}
}

func (s *sender) encodeBand(w *work, r image.Rectangle, o tight.Options) {
	var lossy []image.Rectangle
	if s.compresses(w) {
		var n int
		s.out, n, lossy = s.encoder.Encode(s.out, s.seen.pix, s.seen.stride, r, o)
		s.rects += n
	} else {
		s.out = s.convert.raw(s.out, s.seen.pix, s.seen.stride, r)
		s.rects++
	}
	s.seen.sent(r, lossy)
}

// refreshDue says whether it is time to send exactly what was not sent exactly.
func (s *sender) refreshDue(w *work) bool {
	return w.idle && (w.quality == QualitySharp || !w.now.Before(s.changed.Add(refreshAfter)))
}

// refresh appends a slice of it, and says whether there is more.
func (s *sender) refresh(w *work, o tight.Options) (more bool) {
	var rects []image.Rectangle
	for _, r := range s.seen.lossy {
		if !r.Empty() {
			rects = append(rects, r)
		}
	}
	if len(rects) == 0 {
		return false
	}
	limit := s.made() + min(w.budget, refreshSlice)
	for _, r := range joinRows(rects, s.pieceWidth(w, o)) {
		if s.made() >= limit {
			return true
		}
		s.encode(w, r, o)
	}
	return false
}

// joinRows makes fewer rectangles of those given, which are at most one a tile, row by row. They become at most so wide, and take in few
// pixels that were in none.
func joinRows(rects []image.Rectangle, width int) []image.Rectangle {
	var rows []image.Rectangle
	for _, r := range rects {
		if n := len(rows); n > 0 && rows[n-1].Min.Y/tile == r.Min.Y/tile {
			if u, ok := joined(rows[n-1], r); ok && u.Dx() <= width {
				rows[n-1] = u
				continue
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// join joins rows of any width, and then those that are one above the other.
func join(rects []image.Rectangle) []image.Rectangle {
	var out []image.Rectangle
	var above, here []int // those of out that reach into the row of tiles above, and into this one
	y := -1
	for _, r := range joinRows(rects, maxSide) {
		if row := r.Min.Y / tile; row != y {
			if above = above[:0]; row == y+1 {
				above, here = here, above
			}
			here, y = here[:0], row
		}
		i := slices.IndexFunc(above, func(i int) bool {
			_, ok := joined(out[i], r)
			return ok
		})
		if i < 0 {
			here = append(here, len(out))
			out = append(out, r)
			continue
		}
		out[above[i]] = out[above[i]].Union(r)
		here = append(here, above[i])
		above = slices.Delete(above, i, i+1)
	}
	return out
}

// joined is what a and b are as one, if that is worth it.
func joined(a, b image.Rectangle) (u image.Rectangle, ok bool) {
	u = a.Union(b)
	return u, u.Dx()*u.Dy() <= a.Dx()*a.Dy()+b.Dx()*b.Dy()+slack
}
