package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/rejoin/rejoin/rfb"
)

// Messages from the server.
const (
	msgUpdate          = 0
	msgSetColourMap    = 1
	msgBell            = 2
	msgServerCutText   = 3
	msgEndOfContinuous = 150
)

func (c *Conn) message() error {
	switch kind := c.in.u8(); kind {
	case msgUpdate:
		if err := c.update(); err != nil {
			return fmt.Errorf("FramebufferUpdate: %w", err)
		}
	case msgSetColourMap:
		return c.colorMap()
	case msgBell:
		c.state.Bells++
	case msgServerCutText:
		if err := c.cutText(); err != nil {
			return fmt.Errorf("ServerCutText: %w", err)
		}
	case msgEndOfContinuous:
		first := !c.state.KnowsContinuous
		c.state.KnowsContinuous = true
		if first && c.opt.Pull == PullContinuous {
			c.EnableContinuous(true, c.bounds())
		}
	case msgFence:
		return c.fenced()
	default:
		return fmt.Errorf("a message of type %d", kind)
	}
	return nil
}

func (c *Conn) colorMap() error {
	c.in.skip(1)
	first, n := int(c.in.u16()), int(c.in.u16())
	if first+n > len(c.colors) {
		return fmt.Errorf("SetColourMapEntries: %d from %d on", n, first)
	}
	for i := range n {
		r, g, b := c.in.u16(), c.in.u16(), c.in.u16()
		c.colors[first+i] = uint32(r>>8)<<16 | uint32(g>>8)<<8 | uint32(b>>8)
	}
	return nil
}

func (c *Conn) fenced() error {
	c.in.skip(3)
	flags, n := c.in.u32(), c.in.u8()
	if n > maxFence {
		return fmt.Errorf("a fence of %d bytes", n)
	}
	payload := c.in.bytes(nil, int(n))
	if c.in.err != nil {
		return nil // read reports it
	}
	c.state.KnowsFences = true
	if flags&fenceRequest == 0 {
		c.state.Fence = payload
		c.state.Fences++
		return nil
	}
	if !c.opt.NoFences {
		c.fence(flags&(FenceBlockBefore|FenceBlockAfter|FenceSyncNext), payload)
	}
	return nil
}

func (c *Conn) update() error {
	u := Update{Began: time.Now()}
	start := c.in.count - 1 // the type has been read
	c.in.skip(1)
	n := int(c.in.u16())
	for i := 0; i < n || n == 0xffff; i++ {
		r, more, err := c.rect()
		if err == nil {
			err = c.in.err
		}
		if err != nil {
			return fmt.Errorf("rectangle %d, %v of encoding %d: %w", i, r.Bounds, r.Encoding, err)
		}
		if !more {
			break
		}
		if i < 0xffff {
			u.Rects = append(u.Rects, r)
		}
	}
	u.Bytes, u.Ended = int(c.in.count-start), time.Now()
	c.state.Last = u
	c.state.Updates++
	if c.opt.Pull == PullRequests || c.opt.Pull == PullContinuous && !c.state.KnowsContinuous {
		c.Request(true)
	}
	return nil
}

// rect decodes one rectangle. more is false for LastRect.
func (c *Conn) rect() (r Rect, more bool, err error) {
	start := c.in.count
	x, y, w, h := int(c.in.u16()), int(c.in.u16()), int(c.in.u16()), int(c.in.u16())
	r.Encoding = Encoding(int32(c.in.u32()))
	r.Bounds = image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x+w, y+h)}
	if c.in.err != nil {
		return r, false, c.in.err
	}
	if r.Encoding != Raw && !slices.Contains(c.asked, r.Encoding) {
		return r, false, errors.New("nobody asked for it")
	}
	switch r.Encoding {
	case Raw, CopyRect, Tight:
		if !r.Bounds.In(image.Rectangle{Max: c.state.Picture.Size}) {
			return r, false, fmt.Errorf("it is outside the picture of %v", c.state.Picture.Size)
		}
		if r.Bounds.Empty() {
			return r, false, errors.New("it is empty")
		}
		err = c.pixels(&r)
	case LastRect:
		return r, false, nil
	default:
		err = c.pseudo(r)
	}
	r.Bytes = int(c.in.count - start)
	return r, true, err
}

func (c *Conn) pixels(r *Rect) error {
	switch r.Encoding {
	case CopyRect:
		r.From = image.Pt(int(c.in.u16()), int(c.in.u16()))
		if c.in.err != nil {
			return c.in.err
		}
		from := r.Bounds.Sub(r.Bounds.Min).Add(r.From)
		if !from.In(image.Rectangle{Max: c.state.Picture.Size}) {
			return fmt.Errorf("it copies %v", from)
		}
		c.copyRect(r.Bounds, from)
		return nil
	case Tight:
		detail, err := c.decodeTight(r.Bounds)
		r.Detail = detail
		return err
	}
	size := c.format.bytes()
	for y := r.Bounds.Min.Y; y < r.Bounds.Max.Y && c.in.err == nil; y++ {
		c.tight.data = c.in.bytes(c.tight.data, r.Bounds.Dx()*size)
		if c.in.err == nil {
			c.row(y, r.Bounds.Min.X, r.Bounds.Dx(), c.tight.data)
		}
	}
	return c.in.err
}

// row converts a row of pixels in the connection's format.
func (c *Conn) row(y, x, w int, data []byte) {
	size := c.format.bytes()
	out := c.state.Picture.Pix[y*c.state.Picture.Stride+4*x:][:4*w]
	for i := 0; i < w; i++ {
		binary.LittleEndian.PutUint32(out[4*i:], c.color(data[i*size:]))
	}
}

// color converts one pixel in the connection's format.
func (c *Conn) color(b []byte) uint32 {
	switch {
	case c.format == BGRX:
		return binary.LittleEndian.Uint32(b) & 0xffffff
	case !c.format.TrueColor:
		return c.colors[b[0]]
	}
	return c.format.scale(c.format.parts(c.format.raw(b)))
}

func (c *Conn) copyRect(to, from image.Rectangle) {
	p := c.state.Picture
	for i := range to.Dy() {
		y := i
		if to.Min.Y > from.Min.Y {
			y = to.Dy() - 1 - i // from below, since the upper rows would overwrite what is still to be read
		}
		copy(p.Pix[(to.Min.Y+y)*p.Stride+4*to.Min.X:][:4*to.Dx()], p.Pix[(from.Min.Y+y)*p.Stride+4*from.Min.X:])
	}
}

// Differ is the smallest rectangle that holds all pixels in which two pictures of one size differ; of pictures of different
// sizes it is the larger extent.
func Differ(a, b rfb.Framebuffer) image.Rectangle {
	if a.Size != b.Size {
		return image.Rect(0, 0, max(a.Size.X, b.Size.X), max(a.Size.Y, b.Size.Y))
	}
	var d image.Rectangle
	for y := range a.Size.Y {
		for x := range a.Size.X {
			p, q := a.Pix[y*a.Stride+4*x:][:3], b.Pix[y*b.Stride+4*x:][:3]
			if p[0] != q[0] || p[1] != q[1] || p[2] != q[2] {
				d = d.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return d
}
