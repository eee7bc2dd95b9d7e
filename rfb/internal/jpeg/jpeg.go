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

// The subsamplings, by the names the field has for them. A value that is neither counts as Sub444.
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

// Encoder encodes pictures. The zero value is ready for use. It holds tables and scratch space (up to 1 MB for large pictures), so
// that encoding allocates nothing but, where dst is too small, the result: keep it. It is not for concurrent use.
type Encoder struct {
	quality   int // that the quantisers are for; 0: none yet
	quant     [2]quantiser
	group     group
	lastDC    [3]int32
	tokens    []token
	frequency [tables << tokenTable]uint32 // of each table's symbols in tokens
	huffman   [tables]huffmanTable
	codes     [tables << tokenTable]code
	picture   picture

	out     []byte
	begun   bool   // the header is in out
	acc     uint64 // its low accBits bits are yet to be written; what is above them is not
	accBits uint   // at most 63

	plain bool // use no assembly: for tests
}

// picture is what is being encoded.
type picture struct {
	pix          []byte
	stride, w, h int
	sub          Subsampling
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
	e.picture = picture{pix, stride, w, h, sub}
	e.out, e.begun, e.acc, e.accBits = dst, false, 0, 0
	e.lastDC = [3]int32{}
	clear(e.frequency[:])
	rows := groupHeight
	if sub != Sub420 {
		rows = groupHeight / 2
	}
	for y := 0; y < h; y += rows {
		for x := 0; x < w; x += groupWidth {
			if len(e.tokens)+maxGroupTokens > maxTokens {
				e.drain(false)
			}
			e.tokens = slices.Grow(e.tokens, maxGroupTokens)
			e.encodeGroup(x, y, min(groupWidth, w-x), min(rows, h-y), rows)
		}
	}
	e.drain(true)
	dst = e.flush()
	e.picture, e.out = picture{}, nil // the caller's memory is not ours to hold
	return append(dst, 0xFF, markerEOI)
}

// encodeGroup makes the tokens of the group of which the cols × lines pixels at x, y are in the picture.
func (e *Encoder) encodeGroup(x, y, cols, lines, rows int) {
	stride := e.picture.stride
	pix := e.picture.pix[y*stride+4*x:]
	if cols < groupWidth || lines < rows {
		e.group.pad(pix, stride, cols, lines, rows)
		pix, stride = e.group.edge[:], groupWidth*4
	}
	if e.picture.sub == Sub420 {
		e.transform420(pix, stride)
		for mcu := 0; 16*mcu < cols; mcu++ {
			e.tokeniseMCU420(mcu, cols-16*mcu, lines)
		}
		return
	}
	e.transform444(pix, stride)
	for mcu := 0; 8*mcu < cols; mcu++ {
		for c := range 3 {
			e.tokenise(4*c+mcu, c)
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

// tokeniseMCU420 makes the tokens of a minimum coded unit of which cols × lines pixels are in the picture. Of its four blocks of
// brightness, one that is wholly outside becomes the fewest bits that there are: nobody sees it.
func (e *Encoder) tokeniseMCU420(mcu, cols, lines int) {
	for i := range 4 {
		b := 4*mcu + i
		if i%2*8 >= cols || i/2*8 >= lines {
			e.group.blocks[b][0] = int16(e.lastDC[0])
			e.group.nonzero[b] = 0
		}
		e.tokenise(b, 0)
	}
	e.tokenise(8+mcu, 1)
	e.tokenise(10+mcu, 2)
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
