package deflate

import (
	"encoding/binary"
	"math/bits"
)

// tokenizeFast is tokenize for large pieces at the lowest levels: it takes the first match that will do, asks the hash table for one
// place only, and enters few.
func (s *Stream) tokenizeFast(at int) {
	unit, row := s.shape.Unit, s.shape.Row
	least, shift := 4, uint(32)
	if unit == 3 {
		least, shift = 6, 16
	}
	buf := s.buf[: s.end+slack : s.end+slack]
	head := &s.head
	base := s.base
	misses := 0
	tokens := s.tokens
	for at < s.end {
		if len(tokens) >= maxTokens-64 {
			s.tokens = tokens
			s.block()
			tokens = s.tokens
		}
		limit := min(maxMatch, s.end-at)
		if limit < least {
			for _, b := range buf[at:s.end] {
				tokens = append(tokens, uint32(b))
			}
			break
		}
		v := binary.LittleEndian.Uint64(buf[at:])
		dist, length := 0, 0
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
			h := uint32((v << shift * 0x9E3779B185EBCA87) >> (64 - hashBits))
			cand := head[h]
			pos := base + uint32(at)
			head[h] = pos
			if back := pos - cand; cand >= base && back < windowSize && back > 0 {
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
		if length < least {
			n := unit * (1 + min(misses>>5, 8))
			misses++
			n = min(n, s.end-at)
			for _, b := range buf[at : at+n] {
				tokens = append(tokens, uint32(b))
			}
			at += n
			continue
		}
		misses = 0
		tokens = append(tokens, matchFlag|uint32(length-3)<<16|uint32(dist-1))
		at += length
		if p := at - unit; p > 0 { // what comes just before the match's end is the likeliest to be met again
			h := uint32((binary.LittleEndian.Uint64(buf[p:]) << shift * 0x9E3779B185EBCA87) >> (64 - hashBits))
			head[h] = base + uint32(p)
		}
	}
	s.tokens = tokens
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
