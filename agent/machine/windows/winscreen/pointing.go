package winscreen

import (
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// Flags of MOUSEINPUT: https://learn.microsoft.com/windows/win32/api/winuser/ns-winuser-mouseinput
const (
	mouseMove        = 0x0001
	mouseLeftDown    = 0x0002
	mouseLeftUp      = 0x0004
	mouseRightDown   = 0x0008
	mouseRightUp     = 0x0010
	mouseMiddleDown  = 0x0020
	mouseMiddleUp    = 0x0040
	mouseXDown       = 0x0080
	mouseXUp         = 0x0100
	mouseWheel       = 0x0800
	mouseHWheel      = 0x1000
	mouseVirtualDesk = 0x4000
	mouseAbsolute    = 0x8000

	wheelDelta = 120
)

// gesture is one mouse event for SendInput.
type gesture struct {
	x, y  int32
	data  int32
	flags uint32
}

// maxDesktop is the longest side of a desktop that Windows can address.
const maxDesktop = 32767

// absolute is the coordinate between 0 and 65535 that SendInput takes for pixel p of a desktop of the given length. Windows
// multiplies it by the length and divides by 65536, cutting off what is left; the middle of the pixel comes out right, also
// where a driver rounds.
func absolute(p, length int) int32 {
	if length < 1 {
		return 0
	}
	p = max(0, min(p, length-1))
	return int32((2*int64(p) + 1) * 32768 / int64(length))
}

// moveTo moves the pointer to a pixel of the desktop.
func moveTo(at image.Point, desktop image.Rectangle) gesture {
	return gesture{
		x: absolute(at.X-desktop.Min.X, min(desktop.Dx(), maxDesktop)), y: absolute(at.Y-desktop.Min.Y, min(desktop.Dy(), maxDesktop)),
		flags: mouseMove | mouseAbsolute | mouseVirtualDesk,
	}
}

// clamp is the point of r that is nearest to p.
func clamp(p image.Point, r image.Rectangle) image.Point {
	return image.Pt(max(r.Min.X, min(p.X, r.Max.X-1)), max(r.Min.Y, min(p.Y, r.Max.Y-1)))
}

// button is what a button's press and release are for SendInput. The first three are named by what they do, not by where
// they are: left-handers' are swapped.
type button struct {
	bit      rfb.Buttons
	down, up uint32
	data     int32
}

var buttons = [...]button{
	{rfb.ButtonLeft, mouseLeftDown, mouseLeftUp, 0}, {rfb.ButtonMiddle, mouseMiddleDown, mouseMiddleUp, 0},
	{rfb.ButtonRight, mouseRightDown, mouseRightUp, 0}, {rfb.ButtonBack, mouseXDown, mouseXUp, 1},
	{rfb.ButtonForward, mouseXDown, mouseXUp, 2},
}

// wheels have no release.
var wheels = [...]struct {
	bit   rfb.Buttons
	flags uint32
	data  int32
}{
	{rfb.WheelUp, mouseWheel, wheelDelta}, {rfb.WheelDown, mouseWheel, -wheelDelta},
	{rfb.WheelLeft, mouseHWheel, -wheelDelta}, {rfb.WheelRight, mouseHWheel, wheelDelta},
}

// click are the gestures that lead from the buttons that were down to those that are.
func click(was, is rfb.Buttons, swapped bool) []gesture {
	var out []gesture
	if swapped {
		was, is = swap(was), swap(is)
	}
	for _, b := range buttons {
		switch {
		case is&b.bit != 0 && was&b.bit == 0:
			out = append(out, gesture{flags: b.down, data: b.data})
		case is&b.bit == 0 && was&b.bit != 0:
			out = append(out, gesture{flags: b.up, data: b.data})
		}
	}
	for _, w := range wheels {
		if is&w.bit != 0 && was&w.bit == 0 {
			out = append(out, gesture{flags: w.flags, data: w.data})
		}
	}
	return out
}

func swap(b rfb.Buttons) rfb.Buttons {
	rest := b &^ (rfb.ButtonLeft | rfb.ButtonRight)
	if b&rfb.ButtonLeft != 0 {
		rest |= rfb.ButtonRight
	}
	if b&rfb.ButtonRight != 0 {
		rest |= rfb.ButtonLeft
	}
	return rest
}
