package tight

import (
	"encoding/binary"
	"image"

	"github.com/rejoin/rejoin/rfb/internal/tight/deflate"
)

const (
	paletteBits  = 10
	paletteSlots = 1 << paletteBits
	// worthPalette is how many pixels an area must have for each colour, for the palette, which is not compressed, to pay.
	worthPalette = 16
	fullRows     = 16 // sent as full colour at a time where there are too many colours, before a palette is tried again
)

// palette numbers the colours of an area as they appear.
type palette struct {
	colours [maxColours]uint32
	n       int
	slots   [paletteSlots]slot
	era     uint32
}

type slot struct {
	colour uint32
	era    uint32 // the slot is empty unless this is the palette's
	index  uint8
}

func (p *palette) reset() {
	p.n = 0
	p.era++
	if p.era == 0 {
		clear(p.slots[:])
		p.era = 1
	}
}

// add returns c's index; ok is false if there is no room for it.
func (p *palette) add(c uint32) (index uint8, ok bool) {
	for at := c * 0x9E3779B1 >> (32 - paletteBits); ; at = (at + 1) % paletteSlots {
		s := &p.slots[at]
		if s.era != p.era {
			if p.n == maxColours {
				return 0, false
			}
			*s = slot{c, p.era, uint8(p.n)}
			p.colours[p.n] = c
			p.n++
			return s.index, true
		}
		if s.colour == c {
			return s.index, true
		}
	}
}

// pixel is the colour at the beginning of p, without the byte that is ignored.
func pixel(p []byte) uint32 { return binary.LittleEndian.Uint32(p) & 0xFFFFFF }

func (e *Encoder) row(r image.Rectangle, y int) []byte {
	at := y*e.stride + r.Min.X*4
	return e.pix[at : at+r.Dx()*4 : at+r.Dx()*4]
}

// exact sends r, of maxExactArea pixels at most, without loss.
func (e *Encoder) exact(r image.Rectangle) {
	for !r.Empty() {
		rows := e.indexRows(r)
		part := r
		part.Max.Y = r.Min.Y + rows
		if rows == 0 || rows < r.Dy() && e.colour.n*worthPalette > rows*r.Dx() { // colours overflow so soon that palettes don't pay
			part.Max.Y = min(r.Max.Y, r.Min.Y+max(rows, fullRows))
			e.full(part)
		} else {
			e.fewColours(part)
		}
		r.Min.Y = part.Max.Y
	}
}

// indexRows fills e.index and e.colour with r's first rows, as many as have no more colours than a palette can hold, and says how
// many that are.
func (e *Encoder) indexRows(r image.Rectangle) int {
	w := r.Dx()
	if need := w * r.Dy(); cap(e.index) < need {
		e.index = make([]byte, need)
	}
	e.index = e.index[:w*r.Dy()]
	e.colour.reset()
	for y := range r.Dy() {
		before := e.colour.n
		if !e.indexRow(e.row(r, r.Min.Y+y), e.index[y*w:][:w]) {
			e.colour.n = before
			return y
		}
	}
	return r.Dy()
}

func (e *Encoder) indexRow(row, index []byte) bool {
	last := pixel(row)
	i, ok := e.colour.add(last)
	if !ok {
		return false
	}
	for x := range index {
		if c := pixel(row[x*4:]); c != last {
			if i, ok = e.colour.add(c); !ok {
				return false
			}
			last = c
		}
		index[x] = i
	}
	return true
}

// fewColours sends r, whose indices indexRows has just made.
func (e *Encoder) fewColours(r image.Rectangle) {
	index := e.index[:r.Dx()*r.Dy()]
	switch n := e.colour.n; {
	case n == 1:
		e.fill(r)
	case n == 2:
		e.palette(r, streamMono)
		e.packBits(index, r.Dx())
		e.compress(streamMono, deflate.Shape{Unit: 1, Row: (r.Dx() + 7) / 8})
	case e.fullIsSmaller(r, index):
		e.header(r, streamFull<<4)
		at := len(e.dst)
		e.dst = e.streams[streamFull].Commit(e.dst)
		e.setLength(at)
	default:
		e.palette(r, streamPalette)
		e.bytes = append(e.bytes[:0], index...)
		e.compress(streamPalette, deflate.Shape{Unit: 1, Row: r.Dx()})
	}
}

// fullIsSmaller tries both ways of sending a small area of several colours. If it is true, full colour is left to be committed.
func (e *Encoder) fullIsSmaller(r image.Rectangle, index []byte) bool {
	size := 3 * len(index)
	if size > deflate.TrialMax || len(index) < minCompressed {
		return false
	}
	palette, full := &e.streams[streamPalette], &e.streams[streamFull]
	limit := palette.Try(index, deflate.Shape{Unit: 1, Row: r.Dx()}) + 8*(2+3*e.colour.n)
	palette.Discard()
	e.fullBytes(r)
	if full.Try(e.bytes, deflate.Shape{Unit: 3, Row: 3 * r.Dx()}) < limit {
		return true
	}
	full.Discard()
	return false
}

// palette appends the header and the palette of r.
func (e *Encoder) palette(r image.Rectangle, stream byte) {
	e.header(r, controlFilter|stream<<4)
	e.dst = append(e.dst, filterPalette, byte(e.colour.n-1))
	for _, c := range e.colour.colours[:e.colour.n] {
		e.dst = append(e.dst, byte(c>>16), byte(c>>8), byte(c))
	}
}

// packBits makes a bitmap of indices of 0 and 1, the leftmost pixel in the highest bit, each row padded to whole bytes.
func (e *Encoder) packBits(index []byte, w int) {
	e.bytes = e.bytes[:0]
	for ; len(index) > 0; index = index[w:] {
		row := index[:w]
		for ; len(row) >= 8; row = row[8:] {
			// The multiplication gathers the eight lowest bits in the highest byte.
			e.bytes = append(e.bytes, byte(binary.BigEndian.Uint64(row)*0x0102040810204080>>56))
		}
		if len(row) > 0 {
			var b byte
			for i, bit := range row {
				b |= bit << (7 - i)
			}
			e.bytes = append(e.bytes, b)
		}
	}
}

// full sends r in full colour.
func (e *Encoder) full(r image.Rectangle) {
	e.header(r, streamFull<<4)
	e.fullBytes(r)
	e.compress(streamFull, deflate.Shape{Unit: 3, Row: 3 * r.Dx()})
}

// fullBytes fills e.bytes with r's pixels as R, G, B.
func (e *Encoder) fullBytes(r image.Rectangle) {
	need := 3 * r.Dx() * r.Dy()
	if cap(e.bytes) < need+1 {
		e.bytes = make([]byte, need+1)
	}
	out := e.bytes[:need+1]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := e.row(r, y)
		for ; len(row) >= 4; row = row[4:] {
			v := binary.LittleEndian.Uint32(row)
			_ = out[3]
			out[0], out[1], out[2] = byte(v>>16), byte(v>>8), byte(v)
			out = out[3:]
		}
	}
	e.bytes = e.bytes[:need]
}

// compress sends e.bytes through a stream, or as they are if they are few.
func (e *Encoder) compress(stream int, shape deflate.Shape) {
	if len(e.bytes) < minCompressed {
		e.dst = append(e.dst, e.bytes...)
		return
	}
	at := len(e.dst)
	e.dst = e.streams[stream].Append(e.dst, e.bytes, shape, e.opt.Level)
	e.setLength(at)
}
