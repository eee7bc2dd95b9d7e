package motion

import (
	"encoding/binary"
	"image"
)

const (
	// Rows are hashed in pieces of bandWidth pixels. In large areas not all are: a page that scrolls is wider than the gaps.
	bandWidth   = 32
	smallPitch  = 32 // from band to band
	pitch       = 64
	largePitch  = 96
	bandHeight  = 64 // of the pieces of columns
	mediumArea  = 1 << 18
	largeArea   = 1 << 19
	voters      = 3 // in large areas every third place of the new picture votes
	minVotes    = 2
	minRepeated = 8
)

// shifts finds out how far things were shifted along one axis, by hashes of what is at each place of it: of pieces of rows for scrolls up
// and down, of pieces of some columns for sideways ones. A band is a strip along the axis.
type shifts struct {
	length   int // of the axis
	bands    int
	busy     []bool   // for each band: something has changed in it
	old, cur []uint32 // hashes, band after band; 0: plain, or not looked at
	slots    []int32  // a hash table of one band: the place, counted from 1; negative: several places
	shift    int      // from a hash to the place in slots
	votes    []int32  // by the distance, which is from 1-length to length-1
	best     []int
	repeated int // votes that were lost because there were several places
	sums     [2][]uint64
}

func (s *shifts) begin(length, bands int) {
	s.length, s.bands = length, bands
	n := length * bands
	if cap(s.old) < n {
		s.old, s.cur = make([]uint32, n), make([]uint32, n)
	}
	s.old, s.cur = s.old[:n], s.cur[:n]
	clear(s.old)
	clear(s.cur)
	if cap(s.busy) < bands {
		s.busy = make([]bool, bands)
	}
	s.busy = s.busy[:bands]
	clear(s.busy)
	s.shift = 32 - 3
	for 1<<(32-s.shift) < 2*length {
		s.shift--
	}
	n = 1 << (32 - s.shift)
	if cap(s.slots) < n {
		s.slots = make([]int32, n)
	}
	s.slots = s.slots[:n]
	if cap(s.votes) < 2*length {
		s.votes = make([]int32, 2*length)
	}
	s.votes = s.votes[:2*length]
}

// hashRows hashes pieces of all rows in the changed areas, which are area pixels in all.
func (s *shifts) hashRows(p pictures, bounds image.Rectangle, rects []image.Rectangle, area int) {
	pitch, every := pitch, voters
	switch {
	case area <= mediumArea:
		pitch, every = smallPitch, 1
	case area > largeArea:
		pitch = largePitch
	}
	margin := (pitch - bandWidth) / 2
	first := bounds.Min.X / pitch
	s.begin(bounds.Dy(), (bounds.Max.X+pitch-1)/pitch-first)
	for _, r := range rects {
		if r.Max.X < margin+bandWidth {
			continue
		}
		from, to := (r.Min.X-margin+pitch-1)/pitch, (r.Max.X-margin-bandWidth)/pitch
		for b := from; b <= to; b++ {
			s.busy[b-first] = true
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			at := (from-first)*s.length + y - bounds.Min.Y
			for b := from; b <= to; b++ {
				i := y*p.stride + (b*pitch+margin)*4
				s.old[at] = hashOf((*[4 * bandWidth]byte)(p.old[i:]))
				if y%every == 0 {
					s.cur[at] = hashOf((*[4 * bandWidth]byte)(p.cur[i:]))
				}
				at += s.length
			}
		}
	}
}

// hashColumns hashes columns in the changed areas, or rather some of their pixels, on the same rows of both pictures. Each hash takes in the
// columns before it.
func (s *shifts) hashColumns(p pictures, bounds image.Rectangle, rects []image.Rectangle, area int) {
	step, every := 8, voters
	switch {
	case area <= mediumArea:
		step, every = 2, 1
	case area <= largeArea:
		step = 4
	}
	s.begin(bounds.Dx(), (bounds.Dy()+bandHeight-1)/bandHeight)
	for i := range s.sums {
		if cap(s.sums[i]) < s.length {
			s.sums[i] = make([]uint64, s.length)
		}
		s.sums[i] = s.sums[i][:s.length]
	}
	for b := range s.bands {
		clear(s.sums[0])
		clear(s.sums[1])
		top := bounds.Min.Y + b*bandHeight
		for _, r := range rects {
			for y := top; y < min(top+bandHeight, bounds.Max.Y); y += step {
				factor := (uint64(y)*mixD ^ mixC) | 1
				if y := y + int(factor>>40)%step; y >= r.Min.Y && y < r.Max.Y {
					s.busy[b] = true
					lo, hi := y*p.stride+4*r.Min.X, y*p.stride+4*r.Max.X
					addRow(s.sums[0][r.Min.X-bounds.Min.X:], p.old[lo:hi], factor)
					addRow(s.sums[1][r.Min.X-bounds.Min.X:], p.cur[lo:hi], factor)
				}
			}
		}
		if !s.busy[b] {
			continue
		}
		hashSums(s.old[b*s.length:][:s.length], s.sums[0], 1)
		hashSums(s.cur[b*s.length:][:s.length], s.sums[1], every)
	}
}

func addRow(sums []uint64, row []byte, factor uint64) {
	sums = sums[:len(row)/4]
	for i := range sums {
		sums[i] += uint64(binary.LittleEndian.Uint32(row[4*i:4*i+4])&rgb+1) * factor
	}
}

func hashSums(into []uint32, sums []uint64, every int) {
	var h, last uint64
	run, wait := 0, reach
	for x, sum := range sums {
		h = h<<reachShift + sum*mixC
		if run++; sum != last {
			last, run = sum, 0
		}
		if wait--; wait <= 0 && run < reach {
			into[x] = uint32((h^h>>31)*mixD>>32) | 1
			wait = every
		}
	}
}

// factors are odd; a sum of products is a good hash that does not wait for itself.
var factors = func() (f [bandWidth / 2]uint64) {
	x := uint64(mixC)
	for i := range f {
		f[i] = x | 1
		x = (x ^ x>>29) * mixD
	}
	return f
}()

// hashOf is never zero, but for pixels of one colour.
func hashOf(b *[4 * bandWidth]byte) uint32 {
	first := pair(b[:])
	var g, h, varied uint64
	for i := 0; i < bandWidth/2; i += 4 {
		w0, w1, w2, w3 := pair(b[8*i:8*i+8]), pair(b[8*i+8:8*i+16]), pair(b[8*i+16:8*i+24]), pair(b[8*i+24:8*i+32])
		varied |= w0 ^ first | w1 ^ first | w2 ^ first | w3 ^ first
		g += w0*factors[i] + w2*factors[i+2]
		h += w1*factors[i+1] + w3*factors[i+3]
	}
	if varied == 0 && uint32(first) == uint32(first>>32) {
		return 0
	}
	g += h
	return uint32((g^g>>32)*mixC>>32) | 1
}

// slot is where hash is in the table of a band, or would be.
func (s *shifts) slot(hashes []uint32, hash uint32) *int32 {
	at := hash * mixA >> s.shift
	for {
		slot := &s.slots[at]
		place := max(*slot, -*slot)
		if place == 0 || hashes[place-1] == hash {
			return slot
		}
		if at++; at == uint32(len(s.slots)) {
			at = 0
		}
	}
}

// unique lets vote what was in one place only, and returns the distances with the most votes, the best first.
func (s *shifts) unique() []int {
	clear(s.votes)
	s.repeated = 0
	for b := range s.bands {
		if !s.busy[b] {
			continue
		}
		old, cur := s.old[b*s.length:][:s.length], s.cur[b*s.length:][:s.length]
		clear(s.slots)
		for y, hash := range old {
			if hash == 0 || hash == cur[y] {
				continue
			}
			if slot := s.slot(old, hash); *slot == 0 {
				*slot = int32(y + 1)
			} else if *slot > 0 {
				*slot = -*slot
			}
		}
		for y, hash := range cur {
			if hash == 0 || hash == old[y] {
				continue
			}
			switch slot := *s.slot(old, hash); {
			case slot > 0:
				s.votes[y+1-int(slot)+s.length]++
			case slot < 0:
				s.repeated++
			}
		}
	}
	return s.elect()
}

// nearest lets all vote for the nearest of the places, above and below, where they were. It is for lists of like lines. Of a run of the
// same the first stands for all.
func (s *shifts) nearest() []int {
	if s.repeated < minRepeated {
		return nil
	}
	clear(s.votes)
	for b := range s.bands {
		if !s.busy[b] {
			continue
		}
		old, cur := s.old[b*s.length:][:s.length], s.cur[b*s.length:][:s.length]
		sweep := func(y int) {
			if old[y] == cur[y] {
				return
			}
			if cur[y] != 0 && (y == 0 || cur[y] != cur[y-1]) {
				if slot := *s.slot(old, cur[y]); slot > 0 {
					s.votes[y+1-int(slot)+s.length]++
				}
			}
			if old[y] != 0 && (y == 0 || old[y] != old[y-1]) {
				*s.slot(old, old[y]) = int32(y + 1)
			}
		}
		clear(s.slots)
		for y := range s.length {
			sweep(y)
		}
		clear(s.slots)
		for y := s.length - 1; y >= 0; y-- {
			sweep(y)
		}
	}
	return s.elect()
}

// elect returns the distances with the most votes, the best first.
func (s *shifts) elect() []int {
	s.best = s.best[:0]
	for len(s.best) < maxVectors {
		most := 0
		for i, n := range s.votes {
			if n > s.votes[most] {
				most = i
			}
		}
		if s.votes[most] < minVotes {
			break
		}
		s.votes[most] = 0
		s.best = append(s.best, most-s.length)
	}
	return s.best
}
