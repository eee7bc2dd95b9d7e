package winscreen

import (
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// cursorLimit is the largest side of a cursor that is passed on.
const cursorLimit = 256

// sprite is a cursor in the making. inverted marks the pixels that turn what is behind them around, which
// straight alpha can't say.
type sprite struct {
	size     image.Point
	pix      []byte // BGRA
	inverted []bool
}

func newSprite(w, h int) (*sprite, bool) {
	if w < 1 || h < 1 || w > cursorLimit || h > cursorLimit {
		return nil, false
	}
	return &sprite{size: image.Pt(w, h), pix: make([]byte, 4*w*h), inverted: make([]bool, w*h)}, true
}

func (s *sprite) set(i int, b, g, r, a byte) {
	s.pix[4*i], s.pix[4*i+1], s.pix[4*i+2], s.pix[4*i+3] = b, g, r, a
}

// cursor finishes it. Inverted pixels, mostly the I-beam's, become black with a white edge, so that they are seen on
// everything.
func (s *sprite) cursor(hot image.Point) *rfb.Cursor {
	w, h := s.size.X, s.size.Y
	for i, inv := range s.inverted {
		if !inv {
			continue
		}
		s.set(i, 0, 0, 0, 0xff)
		x, y := i%w, i/w
		for ny := max(0, y-1); ny <= min(h-1, y+1); ny++ {
			for nx := max(0, x-1); nx <= min(w-1, x+1); nx++ {
				if n := ny*w + nx; s.pix[4*n+3] == 0 && !s.inverted[n] {
					s.set(n, 0xff, 0xff, 0xff, 0xff)
				}
			}
		}
	}
	return &rfb.Cursor{Size: s.size, Hotspot: clamp(hot, image.Rectangle{Max: s.size}), Pix: s.pix}
}

// bit is the bit of pixel x in a row of one bit a pixel.
func bit(row []byte, x int) bool { return row[x/8]&(0x80>>(x%8)) != 0 }

// monoCursor makes a cursor of two masks of one bit a pixel, pitch bytes a row: 00 is black, 01 white, 10 see-through, 11
// inverted.
func monoCursor(and, xor []byte, pitch, w, h int, hot image.Point) *rfb.Cursor {
	s, ok := newSprite(w, h)
	if !ok || pitch < (w+7)/8 || len(and) < pitch*h || len(xor) < pitch*h {
		return nil
	}
	for y := range h {
		a, x := and[y*pitch:(y+1)*pitch], xor[y*pitch:(y+1)*pitch]
		for col := range w {
			i := y*w + col
			switch {
			case !bit(a, col) && bit(x, col):
				s.set(i, 0xff, 0xff, 0xff, 0xff)
			case !bit(a, col):
				s.set(i, 0, 0, 0, 0xff)
			default:
				s.inverted[i] = bit(x, col)
			}
		}
	}
	return s.cursor(hot)
}

// colorCursor makes a cursor of BGRA pixels, pitch bytes a row. Without any alpha the mask decides, as in
// [monoCursor]; without a mask everything is opaque.
func colorCursor(bgra []byte, pitch int, mask []byte, maskPitch, w, h int, hot image.Point) *rfb.Cursor {
	s, ok := newSprite(w, h)
	if !ok || pitch < 4*w || len(bgra) < pitch*h || mask != nil && (maskPitch < (w+7)/8 || len(mask) < maskPitch*h) {
		return nil
	}
	alpha := false
	for y := range h {
		copy(s.pix[4*w*y:4*w*(y+1)], bgra[y*pitch:])
	}
	for i := 3; i < len(s.pix) && !alpha; i += 4 {
		alpha = s.pix[i] != 0
	}
	if alpha {
		return s.cursor(hot)
	}
	for i := range w * h {
		through := mask != nil && bit(mask[i/w*maskPitch:], i%w)
		p := s.pix[4*i : 4*i+4]
		if !through {
			p[3] = 0xff
			continue
		}
		s.inverted[i] = p[0]|p[1]|p[2] != 0
		s.set(i, 0, 0, 0, 0)
	}
	return s.cursor(hot)
}

// Kinds of pointer shapes: https://learn.microsoft.com/windows/win32/api/dxgi1_2/ne-dxgi1_2-dxgi_outdupl_pointer_shape_type
const (
	shapeMonochrome  = 1
	shapeColor       = 2
	shapeMaskedColor = 4
)

// shapeInfo is DXGI_OUTDUPL_POINTER_SHAPE_INFO.
type shapeInfo struct {
	Type, Width, Height, Pitch uint32
	HotX, HotY                 int32
}

// shapeCursor makes a cursor of a pointer shape of the desktop duplication; nil if it is none.
func shapeCursor(info shapeInfo, data []byte) *rfb.Cursor {
	if info.Width > cursorLimit || info.Height > 2*cursorLimit || info.Pitch > 1<<16 {
		return nil
	}
	w, h, pitch, hot := int(info.Width), int(info.Height), int(info.Pitch), image.Pt(int(info.HotX), int(info.HotY))
	switch info.Type {
	case shapeMonochrome:
		h /= 2 // the first half is the AND mask
		if len(data) < 2*pitch*h {
			return nil
		}
		return monoCursor(data[:pitch*h], data[pitch*h:], pitch, w, h, hot)
	case shapeColor:
		return colorCursor(data, pitch, nil, 0, w, h, hot)
	case shapeMaskedColor:
		return maskedCursor(data, pitch, w, h, hot)
	}
	return nil
}

// maskedCursor: an alpha of 0 puts the colour in place of what is behind, 0xFF makes it the exclusive or of both.
func maskedCursor(data []byte, pitch, w, h int, hot image.Point) *rfb.Cursor {
	s, ok := newSprite(w, h)
	if !ok || pitch < 4*w || len(data) < pitch*h {
		return nil
	}
	for i := range w * h {
		p := data[i/w*pitch+4*(i%w):]
		if p[3] == 0 {
			s.set(i, p[0], p[1], p[2], 0xff)
		} else {
			s.inverted[i] = p[0]|p[1]|p[2] != 0
		}
	}
	return s.cursor(hot)
}
