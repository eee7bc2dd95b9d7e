package client

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
)

// Tight's sub-encodings, in the upper half of its control byte, and filters.
const (
	tightFill         = 8
	tightJPEG         = 9
	tightHasFilter    = 4
	filterCopy        = 0
	filterPalette     = 1
	filterGradient    = 2
	tightUncompressed = 12   // data shorter than this are sent as they are
	maxTightWidth     = 2048 // of a rectangle
	maxTail           = 64   // bytes of a zlib stream that a rectangle may leave: the end of a block and the flush
)

// tightDecoder has a connection's zlib streams, and scratch.
type tightDecoder struct {
	streams [4]inflater
	packed  []byte
	data    []byte
}

// inflater is one zlib stream, fed rectangle by rectangle.
type inflater struct {
	in bytes.Buffer
	z  io.ReadCloser // nil until the first bytes after a reset
}

func (f *inflater) reset() {
	f.in.Reset()
	f.z = nil
}

// next inflates exactly the bytes that fill out.
func (f *inflater) next(packed, out []byte) error {
	f.in.Write(packed)
	if f.z == nil {
		// The buffer is an io.ByteReader, so that nothing is read ahead of need.
		z, err := zlib.NewReader(&f.in)
		if err != nil {
			return fmt.Errorf("zlib: %w", err)
		}
		f.z = z
	}
	if n, err := io.ReadFull(f.z, out); err != nil {
		return fmt.Errorf("zlib: %d bytes instead of %d: %w", n, len(out), err)
	}
	if f.in.Len() > maxTail {
		return fmt.Errorf("zlib: %d bytes are left of the rectangle's", f.in.Len())
	}
	return nil
}

// compactLength is one to three bytes, seven, seven and eight bits.
func (r *reader) compactLength() int {
	var n int
	for shift := 0; shift < 21; shift += 7 {
		b := int(r.u8())
		if shift == 14 {
			return n | b<<shift
		}
		n |= b & 0x7f << shift
		if b&0x80 == 0 {
			break
		}
	}
	return n
}

// tightPixel is a pixel's size within Tight.
func (c *Conn) tightPixel() int {
	if c.format.packed() {
		return 3
	}
	return c.format.bytes()
}

// tightColor converts one pixel as Tight sends them.
func (c *Conn) tightColor(b []byte) uint32 {
	if c.format.packed() {
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	}
	return c.color(b)
}

func (c *Conn) decodeTight(r image.Rectangle) (detail string, err error) {
	if r.Dx() > maxTightWidth {
		return "", fmt.Errorf("it is %d pixels wide", r.Dx())
	}
	control := c.in.u8()
	for i := range c.tight.streams {
		if control>>i&1 != 0 {
			c.tight.streams[i].reset()
		}
	}
	kind := control >> 4
	switch {
	case kind == tightFill:
		px := c.in.bytes(nil, c.tightPixel())
		if c.in.err != nil {
			return "fill", c.in.err
		}
		c.fill(r, c.tightColor(px))
		return "fill", nil
	case kind == tightJPEG:
		return "jpeg", c.decodeJPEG(r)
	case kind > tightJPEG:
		return "", fmt.Errorf("a sub-encoding %d", kind)
	}
	filter := byte(filterCopy)
	if kind&tightHasFilter != 0 {
		filter = c.in.u8()
	}
	stream := &c.tight.streams[kind&3]
	switch filter {
	case filterCopy:
		return "copy", c.tightCopy(r, stream)
	case filterPalette:
		return c.tightPalette(r, stream)
	case filterGradient:
		return "gradient", c.tightGradient(r, stream)
	}
	return "", fmt.Errorf("a filter %d", filter)
}

func (c *Conn) fill(r image.Rectangle, v uint32) {
	p := c.state.Picture
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.Pix[y*p.Stride+4*r.Min.X:][:4*r.Dx()]
		for i := 0; i < len(row); i += 4 {
			binary.LittleEndian.PutUint32(row[i:], v)
		}
	}
}

// tightData reads the n bytes a filter works on.
func (c *Conn) tightData(stream *inflater, n int) ([]byte, error) {
	if n < tightUncompressed {
		c.tight.data = c.in.bytes(c.tight.data, n)
		return c.tight.data, c.in.err
	}
	c.tight.packed = c.in.bytes(c.tight.packed, c.in.compactLength())
	if c.in.err != nil {
		return nil, c.in.err
	}
	// n is bounded by the picture, which is there already.
	if cap(c.tight.data) < n {
		c.tight.data = make([]byte, n)
	}
	c.tight.data = c.tight.data[:n]
	return c.tight.data, stream.next(c.tight.packed, c.tight.data)
}

func (c *Conn) tightCopy(r image.Rectangle, stream *inflater) error {
	size := c.tightPixel()
	data, err := c.tightData(stream, r.Dx()*r.Dy()*size)
	if err != nil {
		return err
	}
	c.each(r, func(i int) uint32 { return c.tightColor(data[i*size:]) })
	return nil
}

// each sets a rectangle's pixels, row by row.
func (c *Conn) each(r image.Rectangle, color func(i int) uint32) {
	p := c.state.Picture
	i := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.Pix[y*p.Stride+4*r.Min.X:][:4*r.Dx()]
		for x := 0; x < len(row); x += 4 {
			binary.LittleEndian.PutUint32(row[x:], color(i))
			i++
		}
	}
}

func (c *Conn) tightPalette(r image.Rectangle, stream *inflater) (detail string, err error) {
	size := c.tightPixel()
	n := int(c.in.u8()) + 1
	raw := c.in.bytes(nil, n*size)
	if c.in.err != nil {
		return "palette", c.in.err
	}
	var palette [256]uint32
	for i := range n {
		palette[i] = c.tightColor(raw[i*size:])
	}
	if n <= 2 {
		row := (r.Dx() + 7) / 8
		data, err := c.tightData(stream, row*r.Dy())
		if err != nil {
			return "mono", err
		}
		c.each(r, func(i int) uint32 {
			x, y := i%r.Dx(), i/r.Dx()
			return palette[data[y*row+x/8]>>(7-x%8)&1]
		})
		return "mono", nil
	}
	data, err := c.tightData(stream, r.Dx()*r.Dy())
	if err != nil {
		return "palette", err
	}
	for _, i := range data {
		if int(i) >= n {
			return "palette", fmt.Errorf("colour %d of a palette of %d", i, n)
		}
	}
	c.each(r, func(i int) uint32 { return palette[data[i]] })
	return "palette", nil
}

// tightGradient adds to what the pixels to the left, above and diagonally let expect.
func (c *Conn) tightGradient(r image.Rectangle, stream *inflater) error {
	if !c.format.TrueColor || c.format.BitsPerPixel == 8 {
		return errors.New("a gradient in 8 bits a pixel")
	}
	size, w := c.tightPixel(), r.Dx()
	data, err := c.tightData(stream, w*r.Dy()*size)
	if err != nil {
		return err
	}
	limit := c.format.max()
	above, row := make([][3]uint32, w+1), make([][3]uint32, w+1) // one pixel of zero to the left
	c.each(r, func(i int) uint32 {
		x := i % w
		if x == 0 {
			above, row = row, above
			row[0] = [3]uint32{}
		}
		var p [3]uint32
		if c.format.packed() {
			p = [3]uint32{uint32(data[i*3]), uint32(data[i*3+1]), uint32(data[i*3+2])}
		} else {
			p = c.format.parts(c.format.raw(data[i*size:]))
		}
		for k := range p {
			guess := int(row[x][k]) + int(above[x+1][k]) - int(above[x][k])
			p[k] = (p[k] + uint32(min(max(guess, 0), int(limit[k])))) & limit[k]
		}
		row[x+1] = p
		return c.format.scale(p)
	})
	return nil
}

func (c *Conn) decodeJPEG(r image.Rectangle) error {
	if !c.format.TrueColor || c.format.BitsPerPixel == 8 {
		return errors.New("JPEG in 8 bits a pixel")
	}
	if !slices.ContainsFunc(c.asked, func(e Encoding) bool { return e >= Quality(0) && e <= Quality(9) }) {
		return errors.New("JPEG, and nobody asked for a quality")
	}
	c.tight.packed = c.in.bytes(c.tight.packed, c.in.compactLength())
	if c.in.err != nil {
		return c.in.err
	}
	head, err := jpeg.DecodeConfig(bytes.NewReader(c.tight.packed))
	if err != nil {
		return err
	}
	if head.Width != r.Dx() || head.Height != r.Dy() {
		return fmt.Errorf("a JPEG of %d × %d pixels", head.Width, head.Height)
	}
	m, err := jpeg.Decode(bytes.NewReader(c.tight.packed))
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		c.each(r, func(i int) uint32 {
			x, y := i%r.Dx(), i/r.Dx()
			co := m.COffset(x, y)
			return rgb(m.Y[m.YOffset(x, y)], m.Cb[co], m.Cr[co])
		})
	case *image.Gray:
		c.each(r, func(i int) uint32 { return uint32(m.Pix[i/r.Dx()*m.Stride+i%r.Dx()]) * 0x010101 })
	default:
		return fmt.Errorf("a JPEG of kind %T", m)
	}
	return nil
}

// rgb is JFIF's conversion.
func rgb(y, cb, cr uint8) uint32 {
	yy, b, r := int32(y)<<16+1<<15, int32(cb)-128, int32(cr)-128
	part := func(v int32) uint32 { return uint32(min(max(v>>16, 0), 255)) }
	return part(yy+91881*r)<<16 | part(yy-22554*b-46802*r)<<8 | part(yy+116130*b)
}
