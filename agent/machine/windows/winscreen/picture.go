package winscreen

import (
	"bytes"
	"encoding/binary"
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// grey covers what is not to be seen: every byte of its pixels.
const grey = 0x80

// A tile is the piece of a picture that is compared at once. Within it the rows that differ are told exactly.
const (
	tileW = 64
	tileH = 32
	// damageLimit is how many rectangles a comparison names at most; beyond that a row of tiles is one rectangle.
	damageLimit = 64
)

// pixels are rows of four bytes a pixel, BGRX.
type pixels struct {
	pix    []byte
	stride int
}

func (p pixels) row(y, x0, x1 int) []byte { return p.pix[y*p.stride+4*x0 : y*p.stride+4*x1] }

// differ tells whether two runs of pixels look different; the fourth byte doesn't count.
func differ(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return false
	}
	const colours = 0x00ffffff00ffffff
	n := len(a) &^ 7
	for i := 0; i < n; i += 8 {
		if (binary.LittleEndian.Uint64(a[i:])^binary.LittleEndian.Uint64(b[i:]))&colours != 0 {
			return true
		}
	}
	return len(a)&4 != 0 && !bytes.Equal(a[n:n+3], b[n:n+3])
}

// band appends the rectangles of one row of tiles to out. first and last are, for each column of tiles, the first and the last
// row that differ, the latter smaller if none does.
func band(out []image.Rectangle, area image.Rectangle, first, last []int) []image.Rectangle {
	begin := len(out)
	for i := range first {
		if last[i] < first[i] {
			continue
		}
		x0 := area.Min.X + i*tileW
		r := image.Rect(x0, first[i], min(x0+tileW, area.Max.X), last[i]+1)
		if n := len(out); n > begin && out[n-1].Max.X == r.Min.X && out[n-1].Min.Y == r.Min.Y && out[n-1].Max.Y == r.Max.Y {
			out[n-1].Max.X = r.Max.X
			continue
		}
		out = append(out, r)
	}
	return out
}

// compare names where a and b differ within area; with copyTo it also brings b up to date.
func compare(a, b pixels, area image.Rectangle, copyTo bool) []image.Rectangle {
	if area.Empty() {
		return nil
	}
	columns := (area.Dx() + tileW - 1) / tileW
	first, last := make([]int, columns), make([]int, columns)
	var out []image.Rectangle
	for y0 := area.Min.Y; y0 < area.Max.Y; y0 += tileH {
		y1 := min(y0+tileH, area.Max.Y)
		for i := range first {
			first[i], last[i] = y1, -1
		}
		for y := y0; y < y1; y++ {
			from, to := a.row(y, area.Min.X, area.Max.X), b.row(y, area.Min.X, area.Max.X)
			if bytes.Equal(from, to) {
				continue
			}
			for i := range first {
				lo, hi := 4*tileW*i, min(4*tileW*(i+1), len(from))
				if differ(from[lo:hi], to[lo:hi]) {
					first[i], last[i] = min(first[i], y), y
				}
			}
			if copyTo {
				copy(to, from)
			}
		}
		begin := len(out)
		if out = band(out, area, first, last); len(out) > damageLimit && len(out) > begin+1 {
			out = append(out[:begin], bounding(out[begin:]))
		}
	}
	return merge(out)
}

// merge joins rectangles of equal width that lie one on the other.
func merge(rects []image.Rectangle) []image.Rectangle {
	var out []image.Rectangle
next:
	for _, r := range rects {
		for i := len(out) - 1; i >= 0 && i >= len(out)-16; i-- {
			if o := &out[i]; o.Min.X == r.Min.X && o.Max.X == r.Max.X && o.Max.Y == r.Min.Y {
				o.Max.Y = r.Max.Y
				continue next
			}
		}
		out = append(out, r)
	}
	return out
}

// cover paints area grey and tells whether that changed anything.
func cover(fb pixels, area image.Rectangle) bool {
	changed := false
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := fb.row(y, area.Min.X, area.Max.X)
		for i := range row {
			if row[i] != grey {
				changed = changed || i%4 != 3
				row[i] = grey
			}
		}
	}
	return changed
}

// compose brings fb up to date with the desktop: within changed it takes the desktop's pixels, except in veiled, which
// is grey. What the last picture had veiled and this one hasn't is taken anew. It names what became different.
func compose(fb, desktop pixels, size image.Point, changed, veiled, before []image.Rectangle) []image.Rectangle {
	all := image.Rectangle{Max: size}
	var stale []image.Rectangle
	for _, r := range changed {
		stale = add(stale, r.Intersect(all))
	}
	for _, r := range before {
		stale = add(stale, r.Intersect(all))
	}
	var out []image.Rectangle
	for _, r := range subtractAll(stale, veiled) {
		out = append(out, compare(desktop, fb, r, true)...)
	}
	for _, r := range veiled {
		if r = r.Intersect(all); cover(fb, r) {
			out = append(out, r)
		}
	}
	return out
}

// whole tells whether fb can hold a picture of that size.
func whole(fb *rfb.Framebuffer, size image.Point) bool {
	return fb != nil && fb.Size == size && fb.Stride >= 4*size.X && len(fb.Pix) >= fb.Stride*(size.Y-1)+4*size.X
}
