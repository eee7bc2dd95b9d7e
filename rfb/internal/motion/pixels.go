package motion

import (
	"bytes"
	"encoding/binary"
	"image"
)

// pictures are the two that are compared.
type pictures struct {
	old, cur []byte
	stride   int
	size     image.Point
}

const (
	rgb     = 0xFFFFFF // of a pixel, what is not ignored
	pairRGB = rgb<<32 | rgb

	mixA = 0x9E3779B1
	mixB = 0x85EBCA77
	mixC = 0x9E3779B185EBCA87
	mixD = 0xC2B2AE3D27D4EB4F
)

func pair(b []byte) uint64 { return binary.LittleEndian.Uint64(b) & pairRGB }

// same says whether two runs of pixels, of the same length, show the same.
func same(a, b []byte) bool {
	b = b[:len(a)]
	if bytes.Equal(a, b) { // mostly the ignored bytes are the same too
		return true
	}
	for len(a) >= 8 {
		if pair(a) != pair(b) {
			return false
		}
		a, b = a[8:], b[8:]
	}
	return len(a) < 4 || (binary.LittleEndian.Uint32(a)^binary.LittleEndian.Uint32(b))&rgb == 0
}

// alikeAtEnd is how many pixels at the end of two runs, of the same length, show the same.
func alikeAtEnd(a, b []byte) (n int) {
	for i := len(a) - 4; i >= 0 && same(a[i:i+4], b[i:i+4]); i -= 4 {
		n++
	}
	return n
}

// alikeAtStart is how many at their beginning do.
func alikeAtStart(a, b []byte) (n int) {
	for i := 0; i < len(a) && same(a[i:i+4], b[i:i+4]); i += 4 {
		n++
	}
	return n
}

// worthOf is how many pixels a move saves that changes a cell. Plain ones are nearly free to send, but if a window has some, they had
// better move with it.
func worthOf(was, is *[4 * cell]byte) uint8 {
	first := pair(is[:])
	var changed, varied uint64
	for i := 0; i < 4*cell; i += 16 {
		a, b := pair(is[i:i+8]), pair(is[i+8:i+16])
		changed |= a ^ pair(was[i:i+8]) | b ^ pair(was[i+8:i+16])
		varied |= a ^ first | b ^ first
	}
	switch {
	case changed == 0:
		return 0
	case varied == 0 && uint32(first) == uint32(first>>32):
		return 1
	}
	return cell
}

// worthOfPart does so for what remains of a cell at the right edge.
func worthOfPart(was, is []byte) uint8 {
	if same(was, is) {
		return 0
	}
	for i := 4; i < len(is); i += 4 {
		if (binary.LittleEndian.Uint32(is[i:])^binary.LittleEndian.Uint32(is))&rgb != 0 {
			return uint8(len(is) / 4)
		}
	}
	return 1
}
