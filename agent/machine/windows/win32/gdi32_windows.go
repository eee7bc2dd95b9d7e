package win32

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	gdi32 = windows.NewLazySystemDLL("gdi32.dll")

	procBitBlt                 = gdi32.NewProc("BitBlt")
	procCreateBitmap           = gdi32.NewProc("CreateBitmap")
	procCreateCompatibleBitmap = gdi32.NewProc("CreateCompatibleBitmap")
	procCreateCompatibleDC     = gdi32.NewProc("CreateCompatibleDC")
	procCreateDIBSection       = gdi32.NewProc("CreateDIBSection")
	procCreateFontIndirect     = gdi32.NewProc("CreateFontIndirectW")
	procCreatePen              = gdi32.NewProc("CreatePen")
	procCreateSolidBrush       = gdi32.NewProc("CreateSolidBrush")
	procDeleteDC               = gdi32.NewProc("DeleteDC")
	procDeleteObject           = gdi32.NewProc("DeleteObject")
	procEllipse                = gdi32.NewProc("Ellipse")
	procPolyline               = gdi32.NewProc("Polyline")
	procRoundRect              = gdi32.NewProc("RoundRect")
	procSelectObject           = gdi32.NewProc("SelectObject")
	procSetBkColor             = gdi32.NewProc("SetBkColor")
	procSetBkMode              = gdi32.NewProc("SetBkMode")
	procSetTextColor           = gdi32.NewProc("SetTextColor")
)

// RGB is a COLORREF.
func RGB(r, g, b byte) uint32 { return uint32(r) | uint32(g)<<8 | uint32(b)<<16 }

func CreateFont(lf *LogFont) windows.Handle {
	r, _, _ := procCreateFontIndirect.Call(uintptr(unsafe.Pointer(lf)))
	return windows.Handle(r)
}

func SolidBrush(color uint32) windows.Handle {
	r, _, _ := procCreateSolidBrush.Call(uintptr(color))
	return windows.Handle(r)
}

func Pen(width int, color uint32) windows.Handle {
	r, _, _ := procCreatePen.Call(0, uintptr(width), uintptr(color))
	return windows.Handle(r)
}

func DeleteObject(h windows.Handle) { procDeleteObject.Call(uintptr(h)) }

func Select(dc, object windows.Handle) windows.Handle {
	r, _, _ := procSelectObject.Call(uintptr(dc), uintptr(object))
	return windows.Handle(r)
}

func FillRect(dc windows.Handle, r Rect, brush windows.Handle) {
	procFillRect.Call(uintptr(dc), uintptr(unsafe.Pointer(&r)), uintptr(brush))
}

func RoundRect(dc windows.Handle, r Rect, radius int) {
	procRoundRect.Call(uintptr(dc), uintptr(r.Left), uintptr(r.Top), uintptr(r.Right), uintptr(r.Bottom), uintptr(2*radius), uintptr(2*radius))
}

func Ellipse(dc windows.Handle, r Rect) {
	procEllipse.Call(uintptr(dc), uintptr(r.Left), uintptr(r.Top), uintptr(r.Right), uintptr(r.Bottom))
}

// Polyline draws lines from point to point with the present pen.
func Polyline(dc windows.Handle, points []Point) {
	procPolyline.Call(uintptr(dc), uintptr(unsafe.Pointer(&points[0])), uintptr(len(points)))
}

func SetTextColor(dc windows.Handle, c uint32) { procSetTextColor.Call(uintptr(dc), uintptr(c)) }
func SetBkColor(dc windows.Handle, c uint32)   { procSetBkColor.Call(uintptr(dc), uintptr(c)) }

// Transparent lets text keep what is behind it.
func Transparent(dc windows.Handle) { procSetBkMode.Call(uintptr(dc), 1) }

// DrawText draws s inside r, or with DTCalcRect returns how large it would be.
func DrawText(dc windows.Handle, s string, r Rect, format uint32) Rect {
	u, err := windows.UTF16FromString(s)
	if err != nil || len(u) < 2 {
		return Rect{r.Left, r.Top, r.Left, r.Top}
	}
	procDrawText.Call(uintptr(dc), uintptr(unsafe.Pointer(&u[0])), uintptr(len(u)-1), uintptr(unsafe.Pointer(&r)), uintptr(format))
	return r
}

func GetDC(h HWND) windows.Handle {
	r, _, _ := procGetDC.Call(uintptr(h))
	return windows.Handle(r)
}

func ReleaseDC(h HWND, dc windows.Handle) { procReleaseDC.Call(uintptr(h), uintptr(dc)) }

// Paint calls draw with a buffer that is shown in one piece, so that nothing flickers.
func Paint(h HWND, draw func(dc windows.Handle, client Rect)) {
	var ps PaintStruct
	dc, _, _ := procBeginPaint.Call(uintptr(h), uintptr(unsafe.Pointer(&ps)))
	defer procEndPaint.Call(uintptr(h), uintptr(unsafe.Pointer(&ps)))
	client := ClientRect(h)
	Buffered(windows.Handle(dc), client, func(mem windows.Handle) { draw(mem, client) })
}

// Buffered draws r off screen first.
func Buffered(dc windows.Handle, r Rect, draw func(mem windows.Handle)) {
	mem, _, _ := procCreateCompatibleDC.Call(uintptr(dc))
	bmp, _, _ := procCreateCompatibleBitmap.Call(uintptr(dc), uintptr(r.Right), uintptr(r.Bottom))
	old := Select(windows.Handle(mem), windows.Handle(bmp))
	draw(windows.Handle(mem))
	const srcCopy = 0x00CC0020
	procBitBlt.Call(uintptr(dc), uintptr(r.Left), uintptr(r.Top), uintptr(r.W()), uintptr(r.H()), mem, uintptr(r.Left), uintptr(r.Top), srcCopy)
	Select(windows.Handle(mem), old)
	DeleteObject(windows.Handle(bmp))
	procDeleteDC.Call(mem)
}

// Icon makes an icon from straight (not premultiplied) BGRA pixels, top row first.
func Icon(size int, bgra []byte) windows.Handle {
	header := struct {
		Size          uint32
		Width, Height int32
		Planes, Bits  uint16
		Compression   uint32
		_             [20]byte
	}{Width: int32(size), Height: -int32(size), Planes: 1, Bits: 32}
	header.Size = uint32(unsafe.Sizeof(header))
	var bits *byte
	color, _, _ := procCreateDIBSection.Call(0, uintptr(unsafe.Pointer(&header)), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if color == 0 || bits == nil {
		return 0
	}
	copy(unsafe.Slice(bits, len(bgra)), bgra)
	zeros := make([]byte, (size+15)/16*2*size) // the mask; the alpha channel counts
	mask, _, _ := procCreateBitmap.Call(uintptr(size), uintptr(size), 1, 1, uintptr(unsafe.Pointer(&zeros[0])))
	info := struct {
		Icon        int32
		X, Y        uint32
		Mask, Color windows.Handle
	}{1, 0, 0, windows.Handle(mask), windows.Handle(color)}
	icon, _, _ := procCreateIconIndirect.Call(uintptr(unsafe.Pointer(&info)))
	DeleteObject(windows.Handle(mask))
	DeleteObject(windows.Handle(color))
	return windows.Handle(icon)
}

func DestroyIcon(h windows.Handle) { procDestroyIcon.Call(uintptr(h)) }
