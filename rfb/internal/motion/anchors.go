package motion

import (
	"encoding/binary"
	"image"
	"slices"
)

// pictures are the two that are compared.
type pictures struct {
	old, cur []byte
	stride   int
	size     image.Point
}

const (
	// Anchors are looked for on every eighth row of the old picture, and on eight rows together of every 48 of the new, or of
	// every 16 in a small area: whatever the vector is, one of the eight comes from a row that was looked at.
	oldStep    = 8
	band       = 8
	bandStep   = 48
	smallStep  = 16
	smallArea  = 1 << 17
	reach      = 12 // pixels on either side that an anchor's hash takes in
	tableBits  = 14
	voteBits   = 10
	maxAnchors = 1 << (tableBits - 1)
	minVotes   = 3
	weakVotes  = 6 // fewer than this only count for the vector that leads
	ambiguous  = -1
)

// An anchor is a place whose next pixels, hashed, come to a value that few places have: so the same places are chosen in both
// pictures, wherever they are.
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
	rare    uint32 // the bits of a place's hash that must be zero
	ballots [1 << voteBits]ballot
	touched []int
	era     uint32
	best    []image.Point
}

// find fills the table with the old picture's anchors, and lets the new one's vote. area is the rectangles' in all.
func (a *anchors) find(p pictures, rects []image.Rectangle, area int) {
	a.era++
	if a.era == 0 {
		clear(a.table[:])
		clear(a.ballots[:])
		a.era = 1
	}
	a.used = 0
	a.touched = a.touched[:0]
	step := bandStep
	switch {
	case area <= smallArea/4:
		step, a.rare = smallStep, 3<<8
	case area <= smallArea:
		step, a.rare = smallStep, 7<<8
	case area <= smallArea*2:
		a.rare = 7 << 8
	case area <= smallArea*4:
		a.rare = 15 << 8
	default:
		a.rare = 31 << 8
	}
	for _, r := range rects {
		for y := (r.Min.Y + oldStep - 1) / oldStep * oldStep; y < r.Max.Y; y += oldStep {
			a.scan(p, p.old, r, y, (*anchors).enter)
		}
	}
	if a.used == 0 {
		return
	}
	for _, r := range rects {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			if y%step < band {
				a.scan(p, p.cur, r, y, (*anchors).ask)
			}
		}
	}
}

const (
	mixA = 0x9E3779B1
	mixB = 0x85EBCA77
	mixC = 0xC2B2AE3D
)

// scan calls use for each anchor on row y of r that differs between the pictures.
func (a *anchors) scan(p pictures, pix []byte, r image.Rectangle, y int, use func(*anchors, uint32, int, int)) {
	at := y * p.stride
	from, to := max(r.Min.X, reach), min(r.Max.X, p.size.X-reach)
	if to-from < 1 {
		return
	}
	row := pix[at : at+p.size.X*4]
	was, is := p.old[at:at+p.size.X*4], p.cur[at:at+p.size.X*4]
	line := row[from*4 : (to+2)*4] // reach > 2
	c0 := binary.LittleEndian.Uint32(line) & rgb
	c1 := binary.LittleEndian.Uint32(line[4:]) & rgb
	for i := 8; i+4 <= len(line); i += 4 {
		if i+8 <= len(line) && (binary.LittleEndian.Uint64(line[i:])^binary.LittleEndian.Uint64(line[i-4:]))&pairRGB == 0 && c0 == c1 {
			i += 4 // nothing but one colour
			continue
		}
		c2 := binary.LittleEndian.Uint32(line[i:]) & rgb
		if c0 != c1 {
			if h := c0*mixA + c1*mixB + c2*mixC; (h^h>>15)&a.rare == 0 {
				x := from + i/4 - 2
				lo, hi := (x-reach)*4, (x+reach)*4
				if !same(was[lo:hi], is[lo:hi]) {
					use(a, hashOf(row[lo:hi]), x, y)
				}
			}
		}
		c0, c1 = c1, c2
	}
}

const rgb = 0xFFFFFF

// hashOf hashes pixels, of a number that four divides, in two halves at a time.
func hashOf(b []byte) uint32 {
	g, h := uint64(1), uint64(2)
	for ; len(b) >= 16; b = b[16:] {
		g = (g ^ binary.LittleEndian.Uint64(b)&pairRGB) * 0x9E3779B185EBCA87
		h = (h ^ binary.LittleEndian.Uint64(b[8:])&pairRGB) * 0xC2B2AE3D27D4EB4F
		g ^= g >> 31
		h ^= h >> 29
	}
	return uint32((g ^ h*mixA) >> 32)
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

// vote returns the vectors with the most votes, the best first. The recent ones need fewer. It may be asked once.
func (a *anchors) vote(recent []image.Point) []image.Point {
	a.best = a.best[:0]
	lead := 0
	for len(a.best) < maxVectors {
		var most *ballot
		for _, at := range a.touched {
			if b := &a.ballots[at]; most == nil || b.count > most.count {
				most = b
			}
		}
		if most == nil || most.count < 2 {
			break
		}
		lead = max(lead, most.count)
		enough := most.count >= weakVotes && most.count*16 >= lead || most.count >= minVotes && most.count == lead
		if enough || slices.Contains(recent, most.v) {
			a.best = append(a.best, most.v)
		}
		most.count = 0
	}
	return a.best
}
