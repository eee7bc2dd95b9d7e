package win32

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procGdiFlush      = gdi32.NewProc("GdiFlush")
	procGetDIBits     = gdi32.NewProc("GetDIBits")
	procGetObject     = gdi32.NewProc("GetObjectW")
	procGetCursorInfo = user32.NewProc("GetCursorInfo")
	procGetIconInfo   = user32.NewProc("GetIconInfo")
)

type bitmapInfo struct {
	Size          uint32
	Width, Height int32
	Planes, Bits  uint16
	Compression   uint32
	ImageSize     uint32
	XPels, YPels  int32
	Used          uint32
	Important     uint32
	Colors        [2]uint32
}

func topDown(w, h int, bits uint16) *bitmapInfo {
	return &bitmapInfo{Size: 40, Width: int32(w), Height: -int32(h), Planes: 1, Bits: bits}
}

// Picture is memory that GDI draws into: Pix holds BGRX pixels, row after row without padding. It must be closed.
type Picture struct {
	Pix    []byte
	W, H   int
	dc     uintptr
	bitmap windows.Handle
	old    windows.Handle
}

// NewPicture makes one.
func NewPicture(w, h int) (*Picture, error) {
	screen := GetDC(0)
	if screen == 0 {
		return nil, failed("GetDC", nil)
	}
	defer ReleaseDC(0, screen)
	p := &Picture{W: w, H: h}
	dc, _, err := procCreateCompatibleDC.Call(uintptr(screen))
	if dc == 0 {
		return nil, failed("CreateCompatibleDC", err)
	}
	p.dc = dc
	var bits *byte
	bmp, _, err := procCreateDIBSection.Call(dc, uintptr(unsafe.Pointer(topDown(w, h, 32))), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if bmp == 0 || bits == nil {
		procDeleteDC.Call(dc)
		return nil, failed("CreateDIBSection", err)
	}
	p.bitmap = windows.Handle(bmp)
	p.old = Select(windows.Handle(dc), p.bitmap)
	p.Pix = unsafe.Slice(bits, 4*w*h)
	return p, nil
}

// CopyScreen copies the desktop, whose point x, y becomes the upper left corner: of each every rows, beginning at first, that
// many. With every equal to rows that is all of it.
func (p *Picture) CopyScreen(x, y, first, rows, every int) error {
	runtime.LockOSThread() // a DC is released by the thread that got it
	defer runtime.UnlockOSThread()
	screen := GetDC(0)
	if screen == 0 {
		return failed("GetDC", nil)
	}
	defer ReleaseDC(0, screen)
	const srcCopy = 0x00CC0020
	for top := first; top < p.H; top += every {
		h := min(rows, p.H-top)
		r, _, err := procBitBlt.Call(p.dc, 0, uintptr(top), uintptr(p.W), uintptr(h), uintptr(screen), uintptr(x), uintptr(y+top), srcCopy)
		if r == 0 {
			return failed("BitBlt", err)
		}
	}
	procGdiFlush.Call()
	return nil
}

// Close frees the memory; Pix must not be used after it.
func (p *Picture) Close() {
	Select(windows.Handle(p.dc), p.old)
	DeleteObject(p.bitmap)
	procDeleteDC.Call(p.dc)
	p.Pix = nil
}

// CursorInfo is CURSORINFO.
type CursorInfo struct {
	Size   uint32
	Flags  uint32 // 1: shown
	Cursor windows.Handle
	At     Point
}

// Cursor is the pointer as it is now.
func Cursor() (c CursorInfo, ok bool) {
	c.Size = uint32(unsafe.Sizeof(c))
	r, _, _ := procGetCursorInfo.Call(uintptr(unsafe.Pointer(&c)))
	return c, r != 0
}

// CursorShape is what a cursor looks like: Color holds BGRA pixels and is empty for a cursor of two colours, whose Mask
// is twice as high. A row of Mask has MaskPitch bytes, a bit a pixel.
type CursorShape struct {
	W, H      int
	HotX      int
	HotY      int
	Color     []byte
	Mask      []byte
	MaskPitch int
}

type iconInfo struct {
	Icon        int32
	X, Y        uint32
	Mask, Color windows.Handle
}

type bitmapHeader struct {
	Type, Width, Height, WidthBytes int32
	Planes, Bits                    uint16
	_                               uint32
	Pix                             uintptr
}

// ShapeOf reads a cursor's pictures; ok is false if Windows doesn't show them, or they are larger than limit.
func ShapeOf(cursor windows.Handle, limit int) (s CursorShape, ok bool) {
	var info iconInfo
	if r, _, _ := procGetIconInfo.Call(uintptr(cursor), uintptr(unsafe.Pointer(&info))); r == 0 {
		return s, false
	}
	defer DeleteObject(info.Mask)
	if info.Color != 0 {
		defer DeleteObject(info.Color)
	}
	var b bitmapHeader
	if r, _, _ := procGetObject.Call(uintptr(info.Mask), unsafe.Sizeof(b), uintptr(unsafe.Pointer(&b))); r == 0 {
		return s, false
	}
	w, h := int(b.Width), int(b.Height)
	if w < 1 || h < 1 || w > limit || h > 2*limit {
		return s, false
	}
	s = CursorShape{W: w, H: h, HotX: int(info.X), HotY: int(info.Y), MaskPitch: (w + 31) / 32 * 4}
	s.Mask = make([]byte, s.MaskPitch*h)
	if !readBits(info.Mask, w, h, 1, s.Mask) {
		return s, false
	}
	if info.Color == 0 {
		s.H = h / 2
		return s, true
	}
	s.Color = make([]byte, 4*w*h)
	return s, readBits(info.Color, w, h, 32, s.Color)
}

// readBits copies a bitmap's pixels, top row first, each row on a multiple of four bytes.
func readBits(bitmap windows.Handle, w, h int, bits uint16, into []byte) bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dc := GetDC(0)
	defer ReleaseDC(0, dc)
	r, _, _ := procGetDIBits.Call(uintptr(dc), uintptr(bitmap), 0, uintptr(h), uintptr(unsafe.Pointer(&into[0])),
		uintptr(unsafe.Pointer(topDown(w, h, bits))), 0)
	return int(r) == h
}
