package rfb

import (
	"encoding/binary"
	"fmt"
	"image"
	"math/bits"
)

// pixelFormat is RFC 6143's PIXEL_FORMAT.
type pixelFormat struct {
	bits, depth          uint8
	bigEndian, trueColor bool
	max                  [3]uint16 // of red, green, blue
	shift                [3]uint8
}

// natural is the format of the pictures themselves, BGRX.
var natural = pixelFormat{bits: 32, depth: 24, trueColor: true, max: [3]uint16{255, 255, 255}, shift: [3]uint8{16, 8, 0}}

// palette332 is what a viewer gets that wants a colour map of 8 bits: three bits of red, three of green, two of blue.
var palette332 = pixelFormat{bits: 8, depth: 8, trueColor: true, max: [3]uint16{7, 7, 3}, shift: [3]uint8{0, 3, 6}}

const pixelFormatLen = 16

func parsePixelFormat(b []byte) pixelFormat {
	f := pixelFormat{bits: b[0], depth: b[1], bigEndian: b[2] != 0, trueColor: b[3] != 0}
	for i := range 3 {
		f.max[i] = binary.BigEndian.Uint16(b[4+2*i:])
		f.shift[i] = b[10+i]
	}
	return f
}

func (f pixelFormat) append(dst []byte) []byte {
	flag := func(on bool) byte {
		if on {
			return 1
		}
		return 0
	}
	dst = append(dst, f.bits, f.depth, flag(f.bigEndian), flag(f.trueColor))
	for _, m := range f.max {
		dst = binary.BigEndian.AppendUint16(dst, m)
	}
	return append(dst, f.shift[0], f.shift[1], f.shift[2], 0, 0, 0)
}

// check says what is wrong with a format that a viewer asks for.
func (f pixelFormat) check() error {
	if f.bits != 8 && f.bits != 16 && f.bits != 32 {
		return fmt.Errorf("%w: %d bits a pixel", ErrPixelFormat, f.bits)
	}
	if !f.trueColor {
		if f.bits != 8 {
			return fmt.Errorf("%w: a colour map of %d bits", ErrPixelFormat, f.bits)
		}
		return nil
	}
	var used uint64
	for i, m := range f.max {
		n := bits.Len16(m)
		if m == 0 || m != 1<<n-1 || int(f.shift[i])+n > int(f.bits) {
			return fmt.Errorf("%w: maximum %d at bit %d of %d", ErrPixelFormat, m, f.shift[i], f.bits)
		}
		mask := uint64(m) << f.shift[i]
		if used&mask != 0 {
			return fmt.Errorf("%w: colours overlap", ErrPixelFormat)
		}
		used |= mask
	}
	return nil
}

// tight says that Tight's three-byte pixels and JPEG may be used: the viewer has room for 8 bits a colour.
func (f pixelFormat) tight() bool {
	return f.trueColor && f.bits == 32 && f.depth == 24 && f.max == [3]uint16{255, 255, 255}
}

// converter makes a viewer's pixels of BGRX.
type converter struct {
	format pixelFormat
	table  [3][256]uint32 // red, green, blue
}

func newConverter(f pixelFormat) *converter {
	c := &converter{format: f}
	for i := range 3 {
		m := uint32(f.max[i])
		for v := range uint32(256) {
			c.table[i][v] = (v*m + 127) / 255 << f.shift[i]
		}
	}
	return c
}

// append appends the row of BGRX pixels src.
func (c *converter) append(dst, src []byte) []byte {
	if c.format == natural {
		return append(dst, src...)
	}
	for ; len(src) >= 4; src = src[4:] {
		v := c.table[0][src[2]] | c.table[1][src[1]] | c.table[2][src[0]]
		switch {
		case c.format.bits == 8:
			dst = append(dst, byte(v))
		case c.format.bits == 16 && c.format.bigEndian:
			dst = binary.BigEndian.AppendUint16(dst, uint16(v))
		case c.format.bits == 16:
			dst = binary.LittleEndian.AppendUint16(dst, uint16(v))
		case c.format.bigEndian:
			dst = binary.BigEndian.AppendUint32(dst, v)
		default:
			dst = binary.LittleEndian.AppendUint32(dst, v)
		}
	}
	return dst
}

// raw appends r of a picture as a rectangle of the Raw encoding.
func (c *converter) raw(dst, pix []byte, stride int, r image.Rectangle) []byte {
	dst = appendRect(dst, r, encRaw)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		dst = c.append(dst, pix[y*stride+4*r.Min.X:y*stride+4*r.Max.X])
	}
	return dst
}

// appendColourMap appends the message that gives a viewer with a colour map palette332's colours.
func appendColourMap(dst []byte) []byte {
	dst = append(dst, msgColourMapEntries, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, 256)
	for v := range 256 {
		for i, m := range palette332.max {
			level := v >> palette332.shift[i] & int(m)
			dst = binary.BigEndian.AppendUint16(dst, uint16(level*65535/int(m)))
		}
	}
	return dst
}
