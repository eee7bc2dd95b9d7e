package motion

import "image"

const (
	// Anchors are looked for on every eighth row of the old picture, and in the new one on some of the blocks of eight rows: whatever
	// the vector is, one row of each block comes from a row that was looked at.
	block      = 8
	reach      = 22 // pixels up to an anchor that its hash takes in: after so many steps a pixel is shifted out of 64 bits
	reachShift = 3
	tableBits  = 14
	voteBits   = 10
	maxAnchors = 1 << (tableBits - 1)
	fewAnchors = 256 // with fewer it is tried again with more of them
	ambiguous  = -1
)

// skew says which block of a group is looked at. Blocks at regular distances might all be between lines of text.
var skew = [...]int{0, 3, 1, 5, 2, 4, 3, 0, 5, 1, 4, 2}

// An anchor is an edge whose hash has a property that few have: so the same places are chosen in both pictures, wherever they are.
type anchor struct {
	hash uint32
	x, y int32 // x may be ambiguous
	era  uint32
}

type ballot struct {
	v     image.Point
	count int
	era   uint32
}

type anchors struct {
	table   [1 << tableBits]anchor
	used    int
	rare    uint64 // the bits of a place's hash that must be zero
	ballots [1 << voteBits]ballot
	touched []int
	era     uint32
	best    []image.Point
}

// find fills the table with the old picture's anchors, and lets the new one's vote. area is the rectangles' in all.
func (a *anchors) find(p pictures, rects []image.Rectangle, area int) {
	a.touched = a.touched[:0]
	group, rare := 6, uint64(63)
	switch {
	case area <= 1<<13:
		group, rare = 1, 3
	case area <= 1<<15:
		group, rare = 2, 3
	case area <= 1<<17:
		group, rare = 2, 7
	case area <= 1<<18:
		rare = 7
	case area <= 1<<19:
		rare = 15
	default:
		group = 12
	}
	for {
		a.begin(rare)
		for _, r := range rects {
			for y := (r.Min.Y + block - 1) / block * block; y < r.Max.Y; y += block {
				a.scan(p, p.old, r, y, (*anchors).enter)
			}
		}
		if a.used >= fewAnchors || rare == 0 {
			break
		}
		rare >>= 2 // text in black and white
	}
	if a.used == 0 {
		return
	}
	for _, r := range rects {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			if b := y / block; b%group == skew[b/group%len(skew)]%group {
				a.scan(p, p.cur, r, y, (*anchors).ask)
			}
		}
	}
}

func (a *anchors) begin(rare uint64) {
	a.used, a.rare = 0, rare<<40
	a.era++
	if a.era == 0 {
		clear(a.table[:])
		clear(a.ballots[:])
		a.era = 1
	}
}

// scan calls use for each anchor on row y of r that differs between the pictures.
func (a *anchors) scan(p pictures, pix []byte, r image.Rectangle, y int, use func(*anchors, uint32, int, int)) {
	from := max(r.Min.X-reach, 0)
	lo, hi := y*p.stride+4*from, y*p.stride+4*r.Max.X
	row, was, is := pix[lo:hi], p.old[lo:hi], p.cur[lo:hi]
	check := func(i int, h uint64) { // whether an anchor ends with the pixel at i
		if start, end := i-4*(reach-1), i+4; start >= 0 && !same(row[i-4:i], row[i:end]) && !same(was[start:end], is[start:end]) {
			use(a, uint32((h^h>>31)*mixD>>32), from+i/4, y)
		}
	}
	var h, last uint64
	run := 0
	for i := 0; i+8 <= len(row); i += 8 {
		two := pair(row[i : i+8])
		first := h<<reachShift + (two&rgb+1)*mixC
		h = first<<reachShift + (two>>32+1)*mixC
		if first&a.rare == 0 {
			check(i, first)
		}
		if h&a.rare == 0 {
			check(i+4, h)
		}
		if two != last {
			last, run = two, 0
			continue
		}
		// In a long run of one colour the hash stays as it is.
		if run += 2; run > reach && two>>32 == two&rgb {
			for i+16 <= len(row) && pair(row[i+8:i+16]) == two {
				i += 8
			}
		}
	}
}

func (a *anchors) enter(hash uint32, x, y int) {
	if a.used == maxAnchors {
		return
	}
	for at := hash >> (32 - tableBits); ; at = (at + 1) % (1 << tableBits) {
		e := &a.table[at]
		if e.era != a.era {
			*e = anchor{hash, int32(x), int32(y), a.era}
			a.used++
			return
		}
		if e.hash == hash {
			e.x = ambiguous
			return
		}
	}
}

func (a *anchors) ask(hash uint32, x, y int) {
	for at := hash >> (32 - tableBits); ; at = (at + 1) % (1 << tableBits) {
		e := &a.table[at]
		if e.era != a.era {
			return
		}
		if e.hash == hash {
			if e.x != ambiguous {
				a.count(image.Pt(x-int(e.x), y-int(e.y)))
			}
			return
		}
	}
}

func (a *anchors) count(v image.Point) {
	if v == (image.Point{}) {
		return
	}
	at := int(uint32(v.X)*mixA+uint32(v.Y)*mixB) >> 7 % (1 << voteBits)
	for range 8 { // a full neighbourhood means that the votes are scattered
		b := &a.ballots[at]
		if b.era != a.era {
			*b = ballot{v, 1, a.era}
			a.touched = append(a.touched, at)
			return
		}
		if b.v == v {
			b.count++
			return
		}
		at = (at + 1) % (1 << voteBits)
	}
}

// vote returns the vectors with the most votes, the best first. It may be asked once.
func (a *anchors) vote() []image.Point {
	a.best = a.best[:0]
	for len(a.best) < maxVectors {
		var most *ballot
		for _, at := range a.touched {
			if b := &a.ballots[at]; most == nil || b.count > most.count {
				most = b
			}
		}
		if most == nil || most.count < minVotes {
			break
		}
		a.best = append(a.best, most.v)
		most.count = 0
	}
	return a.best
}
