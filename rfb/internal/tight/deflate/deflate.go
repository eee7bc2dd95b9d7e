// Package deflate compresses pictures' bytes into one endless zlib stream (RFC 1950, RFC 1951), as the Tight encoding of RFB
// wants it: every piece ends with a sync flush, and the window of 32 KiB is carried over from piece to piece, so that a letter
// that was typed before costs a few bytes.
//
// It is made for rows of pixels: a match is looked for one pixel to the left and one row above before the hash table is asked,
// and pixels of several bytes are never matched across their edges. Any inflater reads what it writes.
package deflate

import (
	"encoding/binary"
	"math/bits"
)

const (
	windowSize = 1 << 15
	windowMask = windowSize - 1
	pieceSize  = 1 << 16 // of the input that is taken into the window at a time
	hashBits   = 13
	maxMatch   = 258
	maxTokens  = 1 << 14 // of a block
	longMatch  = 64      // long enough to stop looking for a better one
	rebaseAt   = 1 << 30 // positions are counted up to here
	slack      = 8       // bytes after the window's end that may be loaded, never used
)

// Shape says how the bytes of a piece lie.
type Shape struct {
	Unit int // bytes of a pixel: 1 or 3
	Row  int // bytes of a row; at least 1
}

// Stream is a zlib stream that never ends. Its zero value is ready. It is not for concurrent use.
type Stream struct {
	begun bool
	buf   []byte // the window and the piece after it, with slack
	end   int    // of what buf holds
	base  uint32 // the position of buf[0]; positions begin at 1, so that 0 is none
	head  [1 << hashBits]uint32
	prev  [windowSize]uint16 // how far back the next older place of the same hash is; 0: nowhere

	tokens   []uint32
	misses   int
	undo     []undone
	undoing  bool
	trialEnd int
	shape    Shape
	depth    int
	lazy     bool

	w bitWriter
	h huffman
}

// undone is a change of the hash table by a trial.
type undone struct {
	hash uint32
	was  uint32
}

// TrialMax is the largest piece that may be tried.
const TrialMax = 16 << 10

// effort is how hard a level looks: how many places of the same hash, and whether the next pixel is tried before a match is taken.
func effort(level, size int) (depth int, lazy bool) {
	switch {
	case size <= TrialMax: // small pieces are typed text: their bytes count, their time does not
		return 24, true
	case level <= 1:
		return 1, false
	case level <= 3:
		return 4, false
	case level <= 6:
		return 8, true
	}
	return 32, true
}

// Append compresses src and appends it to dst, flushed. Level is zlib's, 1 to 9.
func (s *Stream) Append(dst, src []byte, shape Shape, level int) []byte {
	s.start(&dst)
	s.w.dst = dst
	s.shape = shape
	s.depth, s.lazy = effort(level, len(src))
	for len(src) > 0 {
		n := min(len(src), pieceSize)
		s.take(src[:n])
		src = src[n:]
		s.tokenize(s.end-n, true)
	}
	s.finish()
	dst, s.w.dst = s.w.dst, nil
	return dst
}

// Try compresses src, of TrialMax bytes at most, and says how many bits that takes. Commit or Discard must follow.
func (s *Stream) Try(src []byte, shape Shape) int {
	s.shape = shape
	s.depth, s.lazy = effort(1, len(src))
	s.take(src)
	s.trialEnd = s.end - len(src)
	s.undoing, s.undo = true, s.undo[:0]
	s.tokenize(s.trialEnd, false)
	s.undoing = false
	s.h.count(s.tokens)
	return s.h.plan(s.tokens, len(src))
}

// Commit appends what was tried to dst, flushed.
func (s *Stream) Commit(dst []byte) []byte {
	s.start(&dst)
	s.w.dst = dst
	s.finish()
	dst, s.w.dst = s.w.dst, nil
	return dst
}

// Discard forgets what was tried.
func (s *Stream) Discard() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.head[s.undo[i].hash] = s.undo[i].was
	}
	s.end = s.trialEnd
	s.tokens = s.tokens[:0]
}

func (s *Stream) start(dst *[]byte) {
	if !s.begun {
		s.begun = true
		*dst = append(*dst, 0x78, 0x01)
	}
}

// take puts src, of pieceSize bytes at most, behind the window.
func (s *Stream) take(src []byte) {
	if s.buf == nil {
		s.buf = make([]byte, windowSize+pieceSize+slack)
		s.tokens = make([]uint32, 0, maxTokens+4)
		s.base = 1
	}
	if s.end+len(src) > windowSize+pieceSize {
		cut := s.end - windowSize
		copy(s.buf, s.buf[cut:s.end])
		s.end = windowSize
		s.base += uint32(cut)
		if s.base > rebaseAt {
			clear(s.head[:])
			s.base = 1
		}
	}
	s.end += copy(s.buf[s.end:], src)
}

func (s *Stream) hash(at int) uint32 {
	v := binary.LittleEndian.Uint64(s.buf[at:])
	if s.shape.Unit == 3 {
		v <<= 16 // two pixels
	} else {
		v <<= 32 // four
	}
	return uint32((v * 0x9E3779B185EBCA87) >> (64 - hashBits))
}

func (s *Stream) insert(at int) {
	h := s.hash(at)
	pos := s.base + uint32(at)
	old := s.head[h]
	if s.undoing {
		s.undo = append(s.undo, undone{h, old})
	}
	back := pos - old
	if old == 0 || back > windowMask {
		back = 0
	}
	s.prev[pos&windowMask] = uint16(back)
	s.head[h] = pos
}

// matchLen says how many bytes at a and b (a before b) are the same, up to limit.
func (s *Stream) matchLen(a, b, limit int) int {
	n := 0
	for n+8 <= limit {
		x := binary.LittleEndian.Uint64(s.buf[a+n:]) ^ binary.LittleEndian.Uint64(s.buf[b+n:])
		if x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n += 8
	}
	for n < limit && s.buf[a+n] == s.buf[b+n] {
		n++
	}
	return n
}

// find looks for the longest match at the place at; its length is a whole number of pixels.
func (s *Stream) find(at int) (length, dist int) {
	unit := s.shape.Unit
	limit := min(maxMatch, s.end-at)
	least := 4
	if unit == 3 {
		limit -= limit % 3
		least = 6
	}
	if limit < least {
		return 0, 0
	}
	try := func(d int) {
		if d > at || d > windowSize-1 {
			return
		}
		n := s.matchLen(at-d, at, limit)
		if unit == 3 {
			n -= n % 3
		}
		if n > length {
			length, dist = n, d
		}
	}
	try(unit)
	if length >= longMatch || length == limit {
		return length, dist
	}
	try(s.shape.Row)
	if length >= longMatch || length == limit {
		return length, dist
	}
	if length < least && length > 0 {
		length, dist = 0, 0
	}
	pos := s.base + uint32(at)
	cand := s.head[s.hash(at)]
	floor := least - 1
	for range s.depth {
		back := pos - cand
		if cand < s.base || back > windowMask || back == 0 {
			break
		}
		n := s.matchLen(at-int(back), at, limit)
		if unit == 3 {
			n -= n % 3
		}
		if n > max(length, floor) {
			length, dist = n, int(back)
			if n >= longMatch || n == limit {
				break
			}
		}
		step := s.prev[cand&windowMask]
		if step == 0 {
			break
		}
		cand -= uint32(step)
	}
	return length, dist
}

const matchFlag = 1 << 31

func (s *Stream) tokenize(at int, blocks bool) {
	unit := s.shape.Unit
	for at < s.end {
		if blocks && len(s.tokens) >= maxTokens-unit*2 {
			s.block(0)
		}
		length, dist := s.find(at)
		if length > 0 && s.lazy && length < longMatch {
			s.insert(at)
			if next := at + unit; next < s.end {
				if l, d := s.find(next); l > length+unit/2 {
					s.literals(at, unit)
					at, length, dist = next, l, d
					s.insert(at)
				}
			}
		} else {
			s.insert(at)
		}
		if length == 0 {
			s.misses++
			n := unit
			if !s.lazy {
				n += unit * min(s.misses>>6, 8)
			}
			n = min(n, s.end-at)
			s.literals(at, n)
			at += n
			continue
		}
		s.misses = 0
		s.tokens = append(s.tokens, matchFlag|uint32(length-3)<<16|uint32(dist-1))
		s.insertWithin(at+unit, at+length)
		at += length
	}
}

// insertWithin enters the places within a match; of a long one only the first and last, since it will be found again from its beginning.
func (s *Stream) insertWithin(from, to int) {
	unit := s.shape.Unit
	const edge = 16
	if to-from > 2*edge*unit {
		for p := from; p < from+edge*unit; p += unit {
			s.insert(p)
		}
		from = to - edge*unit
	}
	for p := from; p < to; p += unit {
		s.insert(p)
	}
}

func (s *Stream) literals(at, n int) {
	for _, b := range s.buf[at : at+n] {
		s.tokens = append(s.tokens, uint32(b))
	}
}

// block writes the tokens as a block. size is how many bytes they stand for, if they are the last bytes taken, so that they may be
// stored; 0: not known.
func (s *Stream) block(size int) {
	if len(s.tokens) == 0 {
		return
	}
	s.h.count(s.tokens)
	s.h.plan(s.tokens, size)
	s.h.write(&s.w, s.tokens)
	s.tokens = s.tokens[:0]
}

// finish writes the last block and the sync flush: an empty stored block.
func (s *Stream) finish() {
	s.block(0)
	s.w.bits(0, 3)
	s.w.align()
	s.w.dst = append(s.w.dst, 0x00, 0x00, 0xFF, 0xFF)
}
