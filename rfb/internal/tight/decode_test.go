package tight

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

// decoder is a Tight decoder written from the specification alone, with the standard library's zlib and JPEG.
type decoder struct {
	pix    []byte
	stride int
	in     [4]bytes.Buffer
	z      [4]io.Reader
	counts map[string]int // rectangles of each way of sending
}

type reader struct {
	data []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n > len(r.data) {
		r.err = io.ErrUnexpectedEOF
		return make([]byte, n)
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) length() int {
	n, shift := 0, 0
	for i := range 3 {
		b := int(r.take(1)[0])
		if i == 2 {
			return n | b<<14
		}
		n |= b & 0x7F << shift
		if b&0x80 == 0 {
			return n
		}
		shift += 7
	}
	return n
}

// decode draws data, which must be exactly rects rectangles, and returns their areas.
func (d *decoder) decode(data []byte, rects int) ([]image.Rectangle, error) {
	if d.counts == nil {
		d.counts = map[string]int{}
	}
	r := &reader{data: data}
	var areas []image.Rectangle
	for range rects {
		h := r.take(12)
		x, y := int(binary.BigEndian.Uint16(h)), int(binary.BigEndian.Uint16(h[2:]))
		w, ht := int(binary.BigEndian.Uint16(h[4:])), int(binary.BigEndian.Uint16(h[6:]))
		if enc := binary.BigEndian.Uint32(h[8:]); enc != 7 {
			return nil, fmt.Errorf("encoding %d", enc)
		}
		area := image.Rect(x, y, x+w, y+ht)
		if w == 0 || ht == 0 || w > 2048 || area.Max.X*4 > d.stride || (area.Max.Y-1)*d.stride+area.Max.X*4 > len(d.pix) {
			return nil, fmt.Errorf("rectangle %v", area)
		}
		areas = append(areas, area)
		if err := d.rect(r, area); err != nil {
			return nil, fmt.Errorf("%v: %w", area, err)
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	if len(r.data) > 0 {
		return nil, fmt.Errorf("%d bytes left", len(r.data))
	}
	return areas, nil
}

func (d *decoder) set(x, y int, rgb []byte) {
	p := d.pix[y*d.stride+x*4:]
	p[0], p[1], p[2] = rgb[2], rgb[1], rgb[0]
}

func (d *decoder) rect(r *reader, a image.Rectangle) error {
	control := r.take(1)[0]
	switch {
	case control&0x0F != 0:
		return fmt.Errorf("a reset")
	case control == 0x80:
		d.counts["fill"]++
		c := r.take(3)
		for y := a.Min.Y; y < a.Max.Y; y++ {
			for x := a.Min.X; x < a.Max.X; x++ {
				d.set(x, y, c)
			}
		}
		return nil
	case control == 0x90:
		d.counts["jpeg"]++
		m, err := jpeg.Decode(bytes.NewReader(r.take(r.length())))
		if err != nil {
			return err
		}
		if m.Bounds().Size() != a.Size() {
			return fmt.Errorf("a JPEG of %v", m.Bounds())
		}
		for y := range a.Dy() {
			for x := range a.Dx() {
				cr, cg, cb, _ := m.At(x, y).RGBA()
				d.set(a.Min.X+x, a.Min.Y+y, []byte{byte(cr >> 8), byte(cg >> 8), byte(cb >> 8)})
			}
		}
		return nil
	case control&0x80 != 0:
		return fmt.Errorf("control %02x", control)
	}
	return d.basic(r, a, control)
}

func (d *decoder) basic(r *reader, a image.Rectangle, control byte) error {
	filter := byte(0)
	if control&0x40 != 0 {
		filter = r.take(1)[0]
	}
	stream := int(control >> 4 & 3)
	var colours []byte
	row := a.Dx() * 3
	switch filter {
	case 0:
		d.counts["full"]++
	case 1:
		n := int(r.take(1)[0]) + 1
		if n < 2 {
			return fmt.Errorf("a palette of %d", n)
		}
		colours = append(colours, r.take(3*n)...)
		row = a.Dx()
		if n == 2 {
			row = (a.Dx() + 7) / 8
			d.counts["mono"]++
		} else {
			d.counts["palette"]++
		}
	case 2:
		d.counts["gradient"]++
	default:
		return fmt.Errorf("filter %d", filter)
	}
	data, err := d.inflate(r, stream, row*a.Dy())
	if err != nil {
		return err
	}
	if filter == 2 {
		ungradient(data, a.Dx(), a.Dy())
	}
	for y := range a.Dy() {
		line := data[y*row:][:row]
		for x := range a.Dx() {
			switch {
			case len(colours) == 6:
				d.set(a.Min.X+x, a.Min.Y+y, colours[3*(line[x/8]>>(7-x%8)&1):])
			case colours != nil:
				if 3*int(line[x])+3 > len(colours) {
					return fmt.Errorf("index %d of %d bytes", line[x], len(colours))
				}
				d.set(a.Min.X+x, a.Min.Y+y, colours[3*int(line[x]):])
			default:
				d.set(a.Min.X+x, a.Min.Y+y, line[3*x:])
			}
		}
	}
	return nil
}

func ungradient(data []byte, w, h int) {
	at := func(x, y, c int) int {
		if x < 0 || y < 0 {
			return 0
		}
		return int(data[(y*w+x)*3+c])
	}
	for y := range h {
		for x := range w {
			for c := range 3 {
				p := min(max(at(x-1, y, c)+at(x, y-1, c)-at(x-1, y-1, c), 0), 255)
				data[(y*w+x)*3+c] += byte(p)
			}
		}
	}
}

func (d *decoder) inflate(r *reader, stream, size int) ([]byte, error) {
	if size < 12 {
		return r.take(size), nil
	}
	d.in[stream].Write(r.take(r.length()))
	if d.z[stream] == nil {
		z, err := zlib.NewReader(&d.in[stream])
		if err != nil {
			return nil, err
		}
		d.z[stream] = z
	}
	out := make([]byte, size)
	if _, err := io.ReadFull(d.z[stream], out); err != nil {
		return nil, err
	}
	// What is left must be nothing but the end of the flush.
	if n := d.in[stream].Len(); n > 5 {
		return nil, fmt.Errorf("%d bytes not used by stream %d", n, stream)
	}
	return out, nil
}
