package deflate

import (
	"encoding/binary"
	"math/bits"
)

// tokenizeFast is tokenize for large pieces at the lowest levels: it takes the first match that will do, asks the hash table for one
// place only, and enters few.
func (s *Stream) tokenizeFast(at int) {
	unit := s.shape.Unit
	least := 4
	if unit == 3 {
		least = 6
	}
	misses := 0
	for at < s.end {
		if len(s.tokens) >= maxTokens-64 {
			s.block()
		}
		limit := min(maxMatch, s.end-at)
		if limit < least {
			s.literals(at, limit)
			return
		}
		length, dist := s.findFast(at, limit)
		if length < least {
			n := min(unit*(1+min(misses>>5, 8)), s.end-at)
			misses++
			s.literals(at, n)
			at += n
			continue
		}
		misses = 0
		s.tokens = append(s.tokens, matchFlag|uint32(length-3)<<16|uint32(dist-1))
		at += length
		if p := at - unit; p > 0 { // what comes just before the match's end is the likeliest to be met again
			s.head[s.hash(p)] = s.base + uint32(p)
		}
	}
}

// findFast looks for a match one pixel to the left, one row above, and where the hash table says, which gets the place entered.
func (s *Stream) findFast(at, limit int) (length, dist int) {
	unit, row := s.shape.Unit, s.shape.Row
	buf := s.buf[:s.end+slack]
	v := binary.LittleEndian.Uint64(buf[at:])
	if at >= unit {
		x := binary.LittleEndian.Uint64(buf[at-unit:]) ^ v
		length, dist = bits.TrailingZeros64(x)>>3, unit
		if x == 0 {
			length = extend(buf, at, unit, limit)
		}
	}
	if length < longMatch && at >= row && row < windowSize {
		x := binary.LittleEndian.Uint64(buf[at-row:]) ^ v
		n := bits.TrailingZeros64(x) >> 3
		if x == 0 {
			n = extend(buf, at, row, limit)
		}
		if n > length {
			length, dist = n, row
		}
	}
	if length < longMatch {
		h := s.hash(at)
		cand, pos := s.head[h], s.base+uint32(at)
		s.head[h] = pos
		if back := pos - cand; cand >= s.base && back < windowSize && back > 0 {
			x := binary.LittleEndian.Uint64(buf[at-int(back):]) ^ v
			n := bits.TrailingZeros64(x) >> 3
			if x == 0 {
				n = extend(buf, at, int(back), limit)
			}
			if n > length+1 {
				length, dist = n, int(back)
			}
		}
	}
	if length = min(length, limit); unit == 3 {
		length -= length % 3
	}
	return length, dist
}

// extend says how many bytes at the place at are those dist before, up to limit, if the first eight are. It may say up to eight where limit
// is less.
func extend(buf []byte, at, dist, limit int) int {
	a, b := buf[at-dist:], buf[at:at+limit]
	n := 8
	for n+8 <= len(b) {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
