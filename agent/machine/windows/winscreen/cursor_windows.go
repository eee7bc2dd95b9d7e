package winscreen

import (
	"image"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/rfb"
)

// pointer is where the mouse pointer is and what it looks like.
type pointer struct {
	at     image.Point
	handle windows.Handle
	shown  bool
}

func currentPointer() (pointer, bool) {
	info, ok := win32.Cursor()
	const showing = 1
	return pointer{image.Pt(int(info.At.X), int(info.At.Y)), info.Cursor, info.Flags&showing != 0}, ok
}

// point adds the pointer to the shot, and its cursor if that is new.
func (c *capturer) point(shot *machine.Shot) {
	shape := c.src.shape()
	p, ok := currentPointer()
	if !ok {
		shot.Pointer, shot.Cursor = c.pointer.at.Sub(c.mon.Bounds.Min), shape
		return
	}
	c.pointer = p
	shot.Pointer = p.at.Sub(c.mon.Bounds.Min)
	switch same := p.handle == c.shape.handle && p.shown == c.shape.shown && !c.drawn.IsZero(); {
	case !p.shown && !same:
		shot.Cursor = &rfb.Cursor{}
	case shape != nil:
		shot.Cursor = shape
	case p.shown && !same && p.handle != 0:
		shot.Cursor = readCursor(p.handle)
	}
	c.shape = p
}

// readCursor is the cursor's picture; nil if Windows doesn't show it.
func readCursor(h windows.Handle) *rfb.Cursor {
	s, ok := win32.ShapeOf(h, cursorLimit)
	if !ok {
		return nil
	}
	hot := image.Pt(s.HotX, s.HotY)
	if s.Color == nil {
		half := s.MaskPitch * s.H
		return monoCursor(s.Mask[:half], s.Mask[half:], s.MaskPitch, s.W, s.H, hot)
	}
	return colorCursor(s.Color, 4*s.W, s.Mask, s.MaskPitch, s.W, s.H, hot)
}
