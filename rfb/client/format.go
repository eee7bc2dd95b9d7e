package client

import (
	"encoding/binary"
	"fmt"
)

// PixelFormat is RFC 6143's PIXEL_FORMAT (section 7.4).
type PixelFormat struct {
	BitsPerPixel, Depth             uint8
	BigEndian, TrueColor            bool
	RedMax, GreenMax, BlueMax       uint16
	RedShift, GreenShift, BlueShift uint8
}

// Formats that viewers ask for.
var (
	BGRX      = PixelFormat{32, 24, false, true, 255, 255, 255, 16, 8, 0} // B first in memory
	RGBX      = PixelFormat{32, 24, false, true, 255, 255, 255, 0, 8, 16}
	XRGB      = PixelFormat{32, 24, true, true, 255, 255, 255, 16, 8, 0} // BGRX's order, big endian
	RGB30     = PixelFormat{32, 30, false, true, 1023, 1023, 1023, 20, 10, 0}
	RGB565    = PixelFormat{16, 16, false, true, 31, 63, 31, 11, 5, 0}
	RGB565BE  = PixelFormat{16, 16, true, true, 31, 63, 31, 11, 5, 0}
	RGB555    = PixelFormat{16, 15, false, true, 31, 31, 31, 10, 5, 0}
	BGR233    = PixelFormat{8, 8, false, true, 7, 7, 3, 0, 3, 6}
	RGB222    = PixelFormat{8, 6, false, true, 3, 3, 3, 4, 2, 0}
	ColorMap8 = PixelFormat{BitsPerPixel: 8, Depth: 8}
)

func parseFormat(b []byte) PixelFormat {
	return PixelFormat{
		BitsPerPixel: b[0], Depth: b[1], BigEndian: b[2] != 0, TrueColor: b[3] != 0,
		RedMax: binary.BigEndian.Uint16(b[4:]), GreenMax: binary.BigEndian.Uint16(b[6:]), BlueMax: binary.BigEndian.Uint16(b[8:]),
		RedShift: b[10], GreenShift: b[11], BlueShift: b[12],
	}
}

// message is SetPixelFormat.
func (f PixelFormat) message() []byte {
	b := []byte{msgSetPixelFormat, 0, 0, 0, f.BitsPerPixel, f.Depth, bit(f.BigEndian), bit(f.TrueColor)}
	b = binary.BigEndian.AppendUint16(b, f.RedMax)
	b = binary.BigEndian.AppendUint16(b, f.GreenMax)
	b = binary.BigEndian.AppendUint16(b, f.BlueMax)
	return append(b, f.RedShift, f.GreenShift, f.BlueShift, 0, 0, 0)
}

func bit(on bool) byte {
	if on {
		return 1
	}
	return 0
}

func (f PixelFormat) check() error {
	if f.BitsPerPixel != 8 && f.BitsPerPixel != 16 && f.BitsPerPixel != 32 {
		return fmt.Errorf("a pixel format of %d bits", f.BitsPerPixel)
	}
	if f.Depth == 0 || f.Depth > f.BitsPerPixel {
		return fmt.Errorf("a pixel format of %d bits and depth %d", f.BitsPerPixel, f.Depth)
	}
	if !f.TrueColor {
		if f.BitsPerPixel != 8 {
			return fmt.Errorf("a colour map for %d bits", f.BitsPerPixel)
		}
		return nil
	}
	for i, m := range f.max() {
		if m == 0 || m&(m+1) != 0 || uint64(m)<<f.shift()[i] >= 1<<f.BitsPerPixel || f.shift()[i] > 31 {
			return fmt.Errorf("a pixel format of %d bits with a colour of at most %d at bit %d", f.BitsPerPixel, m, f.shift()[i])
		}
	}
	return nil
}

func (f PixelFormat) max() [3]uint32 {
	return [3]uint32{uint32(f.RedMax), uint32(f.GreenMax), uint32(f.BlueMax)}
}

func (f PixelFormat) shift() [3]uint8 { return [3]uint8{f.RedShift, f.GreenShift, f.BlueShift} }

func (f PixelFormat) bytes() int { return int(f.BitsPerPixel) / 8 }

// packed says that Tight sends this format's pixels as three bytes, red, green, blue.
func (f PixelFormat) packed() bool {
	return f.TrueColor && f.BitsPerPixel == 32 && f.Depth == 24 && f.max() == [3]uint32{255, 255, 255}
}

func (f PixelFormat) raw(b []byte) uint32 {
	switch {
	case f.BitsPerPixel == 8:
		return uint32(b[0])
	case f.BitsPerPixel == 16 && f.BigEndian:
		return uint32(binary.BigEndian.Uint16(b))
	case f.BitsPerPixel == 16:
		return uint32(binary.LittleEndian.Uint16(b))
	case f.BigEndian:
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

// parts are a pixel's red, green and blue, each up to its maximum.
func (f PixelFormat) parts(v uint32) (p [3]uint32) {
	for i, m := range f.max() {
		p[i] = v >> f.shift()[i] & m
	}
	return p
}

// scale makes parts a pixel of the picture: 0x00RRGGBB, which is BGRX in little endian.
func (f PixelFormat) scale(p [3]uint32) (v uint32) {
	for i, m := range f.max() {
		v = v<<8 | (p[i]*255+m/2)/m
	}
	return v
}
