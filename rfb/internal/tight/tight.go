// Package tight writes pictures in RFB's Tight encoding (https://github.com/rfbproto/rfbproto, "Tight Encoding").
//
// It decides by content. One colour is a fill; few colours are a palette; text, lines and other drawn things, however many
// colours their soft edges have, are compressed without loss; only areas in which nearly every pixel differs from its
// neighbours, photographs and video, become JPEG, and only where they are large enough to be worth its tables.
package tight

import (
	"image"

	"github.com/rejoin/rejoin/rfb/internal/jpeg"
	"github.com/rejoin/rejoin/rfb/internal/tight/deflate"
)

const (
	encodingTight = 7

	// The compression-control byte. The streams are used as viewers' authors expect: one for each kind of data.
	streamFull    = 0
	streamMono    = 1
	streamPalette = 2
	controlFilter = 0x40 // with the stream's number in bits 4 and 5
	controlFill   = 0x80
	controlJPEG   = 0x90
	filterPalette = 1

	maxWidth      = 2048    // the specification's, of any rectangle
	maxExactArea  = 1 << 18 // of our own: bounds what is held at a time, and so that a length always fits
	maxJPEGArea   = 1 << 20
	maxLength     = 1<<22 - 1 // what a compact length can say
	minCompressed = 12        // shorter data is sent as it is
	maxColours    = 256
	maxCoordinate = 1 << 16
)

// Options are how one rectangle is to be encoded.
type Options struct {
	Quality int // of JPEG, 1–100; 0: never JPEG
	Sub     jpeg.Subsampling
	Level   int // zlib's, 1–9
}

// Encoder is the encoding's state for one connection: the zlib streams, which a viewer reads from the connection's beginning to
// its end, and scratch. It is not for concurrent use.
type Encoder struct {
	streams [3]deflate.Stream
	jpeg    jpeg.Encoder

	pix    []byte
	stride int
	opt    Options

	dst   []byte
	rects int
	lossy []image.Rectangle

	tiles  grid
	colour palette
	index  []byte // an area's palette indices
	bytes  []byte // an area as it is given to a stream
}

// New makes the state of a new connection.
func New() *Encoder { return &Encoder{} }

// Encode appends to dst RFB rectangles that show r of a picture, and says how many there are and which areas were sent as JPEG,
// so not exactly. The picture is BGRX; row y begins at pix[y*stride]. What of r lies outside of pix is left out. The pixels are
// sent as TPIXEL of three bytes, so the viewer's pixel format must be of 32 bits, depth 24 and maxima of 255. lossy is valid
// until the next call.
func (e *Encoder) Encode(dst, pix []byte, stride int, r image.Rectangle, opt Options) (out []byte, rects int, lossy []image.Rectangle) {
	r = inside(r, len(pix), stride)
	if r.Empty() {
		return dst, 0, nil
	}
	e.pix, e.stride, e.opt = pix, stride, opt
	e.dst, e.rects, e.lossy = dst, 0, e.lossy[:0]
	for _, area := range e.tiles.split(e, r) {
		switch area.kind {
		case kindSolid:
			e.fill(area.rect)
		case kindPhoto:
			e.pieces(area.rect, maxJPEGArea, (*Encoder).photo)
		default:
			e.pieces(area.rect, maxExactArea, (*Encoder).exact)
		}
	}
	out, e.dst, e.pix = e.dst, nil, nil
	return out, e.rects, e.lossy
}

// inside is the part of r that a picture of size bytes has. The last row may lack its padding.
func inside(r image.Rectangle, size, stride int) image.Rectangle {
	if stride < 4 {
		return image.Rectangle{}
	}
	r = r.Intersect(image.Rect(0, 0, min(stride/4, maxCoordinate-1), maxCoordinate-1))
	if room := size - r.Max.X*4; room < 0 {
		r.Max.Y = 0
	} else {
		r.Max.Y = min(r.Max.Y, room/stride+1)
	}
	return r
}

// pieces sends r in rectangles no wider than maxWidth and no larger than area.
func (e *Encoder) pieces(r image.Rectangle, area int, send func(*Encoder, image.Rectangle)) {
	for x := r.Min.X; x < r.Max.X; x += maxWidth {
		w := min(maxWidth, r.Max.X-x)
		rows := area / w
		for y := r.Min.Y; y < r.Max.Y; y += rows {
			send(e, image.Rect(x, y, x+w, min(y+rows, r.Max.Y)))
		}
	}
}

// header appends a rectangle's header and the compression-control byte.
func (e *Encoder) header(r image.Rectangle, control byte) {
	x, y, w, h := r.Min.X, r.Min.Y, r.Dx(), r.Dy()
	e.dst = append(e.dst,
		byte(x>>8), byte(x), byte(y>>8), byte(y), byte(w>>8), byte(w), byte(h>>8), byte(h),
		0, 0, 0, encodingTight, control)
	e.rects++
}

// compact appends a length as the encoding wants it, in one to three bytes.
func compact(dst []byte, n int) []byte {
	switch {
	case n < 1<<7:
		return append(dst, byte(n))
	case n < 1<<14:
		return append(dst, byte(n)|0x80, byte(n>>7))
	}
	return append(dst, byte(n)|0x80, byte(n>>7)|0x80, byte(n>>14))
}

// setLength puts the length of what follows at in dst there.
func (e *Encoder) setLength(at int) {
	n := len(e.dst) - at
	var room [3]byte
	length := compact(room[:0], n)
	e.dst = append(e.dst, length...)
	copy(e.dst[at+len(length):], e.dst[at:at+n])
	copy(e.dst[at:], length)
}

// fill sends r, which is of one colour.
func (e *Encoder) fill(r image.Rectangle) {
	p := e.pix[r.Min.Y*e.stride+r.Min.X*4:]
	for x := r.Min.X; x < r.Max.X; x += maxWidth {
		e.header(image.Rect(x, r.Min.Y, min(x+maxWidth, r.Max.X), r.Max.Y), controlFill)
		e.dst = append(e.dst, p[2], p[1], p[0])
	}
}

// photo sends r as JPEG.
func (e *Encoder) photo(r image.Rectangle) {
	before := len(e.dst)
	e.header(r, controlJPEG)
	at := len(e.dst)
	e.dst = e.jpeg.Encode(e.dst, e.pix[r.Min.Y*e.stride+r.Min.X*4:], e.stride, r.Dx(), r.Dy(), min(e.opt.Quality, 100), e.opt.Sub)
	if len(e.dst)-at > maxLength { // not even noise at the highest quality comes to it
		e.dst = e.dst[:before]
		e.rects--
		e.pieces(r, maxExactArea, (*Encoder).exact)
		return
	}
	e.setLength(at)
	e.lossy = append(e.lossy, r)
}
