// Package jpeg encodes pictures of screens as baseline JPEG (ITU-T T.81, JFIF 1.01), fast enough to do so for every frame of a
// moving one. What it writes is what libjpeg would write at the same quality, with libjpeg's quantisation tables and quality
// scale, but for roundings: any decoder reads it.
//
// On amd64 with AVX2 the colour conversion, the cosine transform and the quantisation are in assembly; everywhere else they are in
// Go. Both write the same bytes.
package jpeg

import "slices"

// Subsampling is how many pixels share one sample of the two colour differences.
type Subsampling int

// The subsamplings, by the names the field has for them.
const (
	Sub444 Subsampling = iota // every pixel has its own: for sharp coloured edges
	Sub420                    // 2 × 2 pixels share one: half the work, and about two thirds of the bytes
)

// MaxSize is the greatest width and height, in pixels, that libjpeg's decoders take.
const MaxSize = 65500

// A picture is encoded in groups of 32 pixels by 16 (4:2:0) or 8 (4:4:4) rows, which are twelve blocks of 8 × 8 samples either
// way: a piece small enough to stay in the processor's nearest cache from its pixels to its bits.
const (
	groupWidth  = 32
	groupHeight = 16
	groupBlocks = 12
)

// maxGroupBytes is the most that the bits of a group can fill: 64 coefficients a block of at most 16 bits of code and 11 of
// value, each byte of which may have to be followed by a stuffed zero, and the eight bytes that are written at once.
const maxGroupBytes = groupBlocks*64*27/8*2 + 32

// block is the 64 quantised coefficients of 8 × 8 samples: the one of horizontal frequency u and vertical frequency v is at
// 8u + v.
type block [64]int16

// group is the state of the group that is being encoded.
type group struct {
	y, cb, cr [groupWidth * groupHeight]int8 // samples, less 128, in rows of groupWidth
	blocks    [groupBlocks]block
	nonzero   [groupBlocks]uint64                // bit k: the coefficient at place k of the zigzag order is not zero
	edge      [groupWidth * groupHeight * 4]byte // the pixels of a group that is not wholly inside the picture
}

// Encoder encodes pictures. The zero value is ready for use. It holds tables and scratch space of some kilobytes, so that
// encoding allocates nothing but, where dst is too small, the result: keep it. It is not for concurrent use.
type Encoder struct {
	quality int // that the quantisers are for; 0: none yet
	quant   [2]quantiser
	codes   [2]codes
	bits    bitWriter
	lastDC  [3]int
	group   group

	plain bool // use no assembly: for tests
}

// Encode appends a baseline JFIF image to dst and returns the extended slice. The image shows the w × h pixels of pix, four bytes
// each: blue, green, red, and one that is ignored. Row y begins at pix[y*stride]; nothing is read beyond a row's w pixels.
// The quality is libjpeg's, 1 to 100; one outside of that counts as the nearest. A picture that is empty, larger than
// [MaxSize] either way, or not wholly inside pix cannot be encoded: dst is then returned as it was.
func (e *Encoder) Encode(dst, pix []byte, stride, w, h, quality int, sub Subsampling) []byte {
	if w < 1 || h < 1 || w > MaxSize || h > MaxSize || stride < 4*w || len(pix) < 4*w || (len(pix)-4*w)/stride < h-1 {
		return dst
	}
	e.setQuality(min(max(quality, 1), 100))
	dst = appendHeader(dst, &e.quant, w, h, sub)
	e.bits = bitWriter{out: dst[:cap(dst)], at: len(dst)}
	e.lastDC = [3]int{}
	rows := groupHeight
	if sub != Sub420 {
		rows = 8
	}
	for y := 0; y < h; y += rows {
		for x := 0; x < w; x += groupWidth {
			e.encodeGroup(pix, stride, x, y, w, h, rows, sub)
		}
	}
	e.bits.grow(maxGroupBytes)
	e.bits.flush()
	dst = append(e.bits.out[:e.bits.at], 0xFF, markerEOI)
	e.bits.out = nil // the caller's memory is not ours to hold
	return dst
}

// encodeGroup encodes the group whose upper left pixel is at x, y.
func (e *Encoder) encodeGroup(pix []byte, stride, x, y, w, h, rows int, sub Subsampling) {
	cols := min(groupWidth, w-x)
	lines := min(rows, h-y)
	pix = pix[y*stride+4*x:]
	if cols < groupWidth || lines < rows {
		e.group.pad(pix, stride, cols, lines, rows)
		pix, stride = e.group.edge[:], groupWidth*4
	}
	e.bits.grow(maxGroupBytes)
	if sub == Sub420 {
		e.transform420(pix, stride)
		for mcu := 0; 16*mcu < cols; mcu++ {
			e.writeMCU420(mcu, cols-16*mcu, lines)
		}
		return
	}
	e.transform444(pix, stride)
	for mcu := 0; 8*mcu < cols; mcu++ {
		for c := range 3 {
			e.writeBlock(4*c+mcu, c)
		}
	}
}

// transform420 makes the blocks of a group of 32 × 16 pixels: four of brightness for each of its two minimum coded units, then
// two of each colour difference.
func (e *Encoder) transform420(pix []byte, stride int) {
	g := &e.group
	e.convert420(pix, stride)
	for i := range 4 {
		e.transform(2*i, g.y[i%2*8*groupWidth+i/2*16:], 0)
	}
	e.transform(8, g.cb[:], 1)
	e.transform(10, g.cr[:], 1)
}

// transform444 makes the blocks of a group of 32 × 8 pixels: four of brightness, then four of each colour difference.
func (e *Encoder) transform444(pix []byte, stride int) {
	g := &e.group
	e.convert444(pix, stride)
	for i := range 2 {
		e.transform(2*i, g.y[16*i:], 0)
		e.transform(4+2*i, g.cb[16*i:], 1)
		e.transform(8+2*i, g.cr[16*i:], 1)
	}
}

// writeMCU420 writes one minimum coded unit, of which cols × lines pixels are in the picture. Of its four blocks of brightness,
// one that is wholly outside is written in the fewest bits that there are: nobody sees it.
func (e *Encoder) writeMCU420(mcu, cols, lines int) {
	for i := range 4 {
		b := 4*mcu + i
		if i%2*8 >= cols || i/2*8 >= lines {
			e.group.blocks[b][0] = int16(e.lastDC[0])
			e.group.nonzero[b] = 0
		}
		e.writeBlock(b, 0)
	}
	e.writeBlock(8+mcu, 1)
	e.writeBlock(10+mcu, 2)
}

// pad copies the cols × lines pixels at the start of pix, and repeats the last of each row and the last row, so that rows of
// groupWidth pixels are filled.
func (g *group) pad(pix []byte, stride, cols, lines, rows int) {
	const width = groupWidth * 4
	for y := range lines {
		row := g.edge[y*width:][:width]
		copy(row, pix[y*stride:][:cols*4])
		for x := cols * 4; x < width; x += 4 {
			copy(row[x:x+4], row[cols*4-4:cols*4])
		}
	}
	last := g.edge[(lines-1)*width:][:width]
	for y := lines; y < rows; y++ {
		copy(g.edge[y*width:][:width], last)
	}
}

// bitWriter packs codes into bytes, the most significant bit first.
type bitWriter struct {
	out []byte // as long as its capacity
	at  int    // bytes of out that are written
	acc uint64 // its low n bits are yet to be written; what is above them is not
	n   uint   // at most 63
}

// grow makes room for n more bytes.
func (b *bitWriter) grow(n int) {
	if len(b.out)-b.at < n {
		out := slices.Grow(b.out[:b.at], n)
		b.out = out[:cap(out)]
	}
}
