package client

import (
	"errors"
	"fmt"
	"image"
	"slices"

	"github.com/rejoin/rejoin/rfb"
)

const maxCursor = 256 // pixels each way, as rfb.Cursor has it

// pseudo carries out a pseudo-encoding's rectangle.
func (c *Conn) pseudo(r Rect) error {
	switch r.Encoding {
	case DesktopSize:
		c.state.Resizes++
		return c.resized(r.Bounds.Size())
	case ExtendedDesktopSize:
		return c.screens(r)
	case CursorShape:
		return c.maskedCursor(r)
	case CursorWithAlpha:
		return c.alphaCursor(r)
	case VMwareCursor:
		return c.vmwareCursor(r)
	case PointerPos, VMwareCursorPos:
		c.state.Pointer = r.Bounds.Min
		c.state.PointerMoves++
	case DesktopName:
		c.state.Name = c.in.text(maxName)
	case QEMUExtendedKey:
		c.state.KnowsQEMUKeys = true
		c.knowsKeys.Store(true)
	case ExtendedMouse:
		c.state.KnowsMouseButtons = true
		c.knowsMouse.Store(true)
	default:
		return errors.New("it is not known")
	}
	return nil
}

// resized takes over a size. A server may name the size there is, when the layout is other or in answer to a request; the
// picture then stands.
func (c *Conn) resized(size image.Point) error {
	if size == c.state.Picture.Size {
		return nil
	}
	if err := c.resize(size); err != nil {
		return err
	}
	if c.state.KnowsContinuous && c.opt.Pull == PullContinuous {
		c.EnableContinuous(true, c.bounds())
	}
	return nil
}

func (c *Conn) screens(r Rect) error {
	n := int(c.in.u8())
	c.in.skip(3)
	var screens []rfb.Screen
	for range n {
		id := c.in.u32()
		x, y, w, h := int(c.in.u16()), int(c.in.u16()), int(c.in.u16()), int(c.in.u16())
		c.in.skip(4)
		if c.in.err != nil {
			return c.in.err
		}
		s := rfb.Screen{ID: id, Bounds: image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x+w, y+h)}}
		if slices.ContainsFunc(screens, func(o rfb.Screen) bool { return o.ID == id }) {
			return fmt.Errorf("two screens have the number %d", id)
		}
		if !s.Bounds.In(image.Rectangle{Max: r.Bounds.Size()}) {
			return fmt.Errorf("the screen %v is outside the picture", s.Bounds)
		}
		screens = append(screens, s)
	}
	c.state.ResizeReason, c.state.ResizeStatus = uint16(r.Bounds.Min.X), uint16(r.Bounds.Min.Y)
	c.state.Resizes++
	if c.state.ResizeStatus != 0 {
		return nil // a refusal: nothing is other than before
	}
	if n == 0 {
		return fmt.Errorf("it has no screen")
	}
	c.state.Screens = screens
	return c.resized(r.Bounds.Size())
}

// cursorSize checks a shape's size and hot spot, which the rectangle's position tells.
func cursorSize(r Rect) (size image.Point, err error) {
	size = r.Bounds.Size()
	if size.X > maxCursor || size.Y > maxCursor {
		return size, fmt.Errorf("a pointer of %v pixels", size)
	}
	if hot := r.Bounds.Min; hot != (image.Point{}) && !hot.In(image.Rectangle{Max: size}) {
		return size, fmt.Errorf("a pointer of %v pixels with its hot spot at %v", size, hot)
	}
	return size, nil
}

func (c *Conn) setCursor(r Rect, pix []byte) {
	c.state.Cursor = rfb.Cursor{Size: r.Bounds.Size(), Hotspot: r.Bounds.Min, Pix: pix}
	c.state.Cursors++
}

// maskedCursor has pixels in the connection's format, then a bit mask.
func (c *Conn) maskedCursor(r Rect) error {
	size, err := cursorSize(r)
	if err != nil {
		return err
	}
	depth := c.format.bytes()
	data := c.in.bytes(nil, size.X*size.Y*depth)
	row := (size.X + 7) / 8
	mask := c.in.bytes(nil, row*size.Y)
	if c.in.err != nil {
		return c.in.err
	}
	pix := make([]byte, 4*size.X*size.Y)
	for i := range size.X * size.Y {
		x, y := i%size.X, i/size.X
		if mask[y*row+x/8]&(0x80>>(x%8)) == 0 {
			continue
		}
		v := c.color(data[i*depth:])
		pix[4*i], pix[4*i+1], pix[4*i+2], pix[4*i+3] = byte(v), byte(v>>8), byte(v>>16), 255
	}
	c.setCursor(r, pix)
	return nil
}

// alphaCursor has RGBA pixels, premultiplied, in an encoding of its own.
func (c *Conn) alphaCursor(r Rect) error {
	size, err := cursorSize(r)
	if err != nil {
		return err
	}
	if e := Encoding(int32(c.in.u32())); c.in.err == nil && e != Raw {
		return fmt.Errorf("a pointer in encoding %d", e)
	}
	pix := c.in.bytes(nil, 4*size.X*size.Y)
	for i := 0; i+3 < len(pix); i += 4 {
		alpha := int(pix[i+3])
		for k := range 3 {
			if int(pix[i+k]) > alpha {
				return fmt.Errorf("a pointer's colour %d is above its alpha %d", pix[i+k], alpha)
			}
			if alpha > 0 {
				pix[i+k] = byte((int(pix[i+k])*255 + alpha/2) / alpha)
			}
		}
		pix[i], pix[i+2] = pix[i+2], pix[i]
	}
	c.setCursor(r, pix)
	return c.in.err
}

// vmwareCursor has either RGBA pixels, or two pictures in the connection's format: what to keep of the ground, and what to turn
// over in it. The ground is not known here, so only what is opaque or untouched can be shown.
func (c *Conn) vmwareCursor(r Rect) error {
	size, err := cursorSize(r)
	if err != nil {
		return err
	}
	kind := c.in.u8()
	c.in.skip(1)
	n := size.X * size.Y
	switch {
	case c.in.err != nil:
		return c.in.err
	case kind == 1:
		pix := c.in.bytes(nil, 4*n)
		for i := 0; i+3 < len(pix); i += 4 {
			pix[i], pix[i+2] = pix[i+2], pix[i]
		}
		c.setCursor(r, pix)
	case kind == 0:
		depth := c.format.bytes()
		keep, turn := c.in.bytes(nil, n*depth), c.in.bytes(nil, n*depth)
		if c.in.err != nil {
			return c.in.err
		}
		pix := make([]byte, 4*n)
		for i := range n {
			if c.color(keep[i*depth:]) == 0 {
				v := c.color(turn[i*depth:])
				pix[4*i], pix[4*i+1], pix[4*i+2], pix[4*i+3] = byte(v), byte(v>>8), byte(v>>16), 255
			}
		}
		c.setCursor(r, pix)
	default:
		return fmt.Errorf("a pointer of VMware's kind %d", kind)
	}
	return c.in.err
}
