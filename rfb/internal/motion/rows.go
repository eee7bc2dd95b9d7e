package motion

import "image"

const (
	// Rows are hashed in pieces of bandWidth pixels. In large areas not all are: a page that scrolls is wider than the gaps.
	bandWidth  = 32
	smallPitch = 32 // from band to band
	pitch      = 64
	largePitch = 128
	mediumArea = 1 << 18
	largeArea  = 3 << 19
	minVotes   = 2
)

// rows finds out how far pieces of rows were shifted up or down.
type rows struct {
	height   int
	bands    int
	old, cur []uint32 // hashes, band after band; 0: plain, or outside
	slots    []int32  // a hash table of one band: the row, counted from 1; negative: several rows
	shift    int      // from a hash to the place in slots
	votes    []int32  // by the shift, which is from 1-height to height-1
	best     []int
}

// hash hashes all rows of both pictures in the changed areas, which are area pixels in all.
func (s *rows) hash(p pictures, bounds image.Rectangle, rects []image.Rectangle, area int) {
	pitch := pitch
	switch {
	case area <= mediumArea:
		pitch = smallPitch
	case area > largeArea:
		pitch = largePitch
	}
	margin := (pitch - bandWidth) / 2
	first := bounds.Min.X / pitch
	s.height, s.bands = bounds.Dy(), (bounds.Max.X+pitch-1)/pitch-first
	n := s.height * s.bands
	if cap(s.old) < n {
		s.old, s.cur = make([]uint32, n), make([]uint32, n)
	}
	s.old, s.cur = s.old[:n], s.cur[:n]
	clear(s.old)
	clear(s.cur)
	for _, r := range rects {
		from, to := (r.Min.X-margin+pitch-1)/pitch, (r.Max.X-margin-bandWidth)/pitch
		if r.Max.X < margin+bandWidth {
			continue
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			at := (from-first)*s.height + y - bounds.Min.Y
			for b := from; b <= to; b++ {
				i := y*p.stride + (b*pitch+margin)*4
				s.old[at] = hashOf((*[4 * bandWidth]byte)(p.old[i:]))
				s.cur[at] = hashOf((*[4 * bandWidth]byte)(p.cur[i:]))
				at += s.height
			}
		}
	}
	s.shift = 32 - 3
	for 1<<(32-s.shift) < 2*s.height {
		s.shift--
	}
	if n := 1 << (32 - s.shift); cap(s.slots) < n {
		s.slots = make([]int32, n)
	}
	s.slots = s.slots[:1<<(32-s.shift)]
	if cap(s.votes) < 2*s.height {
		s.votes = make([]int32, 2*s.height)
	}
	s.votes = s.votes[:2*s.height]
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
func (s *rows) slot(hashes []uint32, hash uint32) *int32 {
	at := hash * mixA >> s.shift
	for {
		slot := &s.slots[at]
		row := max(*slot, -*slot)
		if row == 0 || hashes[row-1] == hash {
			return slot
		}
		if at++; at == uint32(len(s.slots)) {
			at = 0
		}
	}
}

// unique lets the rows vote that were in one place only, and returns the shifts with the most votes, the best first.
func (s *rows) unique() []int {
	clear(s.votes)
	for b := range s.bands {
		old, cur := s.old[b*s.height:][:s.height], s.cur[b*s.height:][:s.height]
		clear(s.slots)
		used := false
		for y, hash := range old {
			if hash == 0 || hash == cur[y] {
				continue
			}
			used = true
			if slot := s.slot(old, hash); *slot == 0 {
				*slot = int32(y + 1)
			} else if *slot > 0 {
				*slot = -*slot
			}
		}
		if !used {
			continue
		}
		for y, hash := range cur {
			if hash == 0 || hash == old[y] {
				continue
			}
			if slot := *s.slot(old, hash); slot > 0 {
				s.votes[y+1-int(slot)+s.height]++
			}
		}
	}
	return s.elect()
}

// nearest lets rows vote for the nearest of the places, above and below, where they were. It is for lists of like lines. Of a run of like
// rows only the first votes.
func (s *rows) nearest() []int {
	clear(s.votes)
	for b := range s.bands {
		old, cur := s.old[b*s.height:][:s.height], s.cur[b*s.height:][:s.height]
		starts := func(hashes []uint32, y int) bool {
			return hashes[y] != 0 && (y == 0 || hashes[y] != hashes[y-1]) && old[y] != cur[y]
		}
		sweep := func(y int) {
			if starts(cur, y) {
				if slot := *s.slot(old, cur[y]); slot > 0 {
					s.votes[y+1-int(slot)+s.height]++
				}
			}
			if starts(old, y) {
				*s.slot(old, old[y]) = int32(y + 1)
			}
		}
		clear(s.slots)
		for y := range s.height {
			sweep(y)
		}
		clear(s.slots)
		for y := s.height - 1; y >= 0; y-- {
			sweep(y)
		}
	}
	return s.elect()
}

// elect returns the shifts with the most votes, the best first.
func (s *rows) elect() []int {
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
		s.best = append(s.best, most-s.height)
	}
	return s.best
}
