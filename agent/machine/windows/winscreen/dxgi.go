package winscreen

import (
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// guid is a GUID as it lies in memory.
type guid struct {
	a    uint32
	b, c uint16
	d    [8]byte
}

// The interfaces, and where in their tables the methods are that are used. A table begins with IUnknown's three methods, then
// come those of each interface it is derived from, in the order of the headers d3d11.h, dxgi.h and dxgi1_2.h.
var (
	iidFactory1  = guid{0x770aae78, 0xf26f, 0x4dba, [8]byte{0xa8, 0x29, 0x25, 0x3c, 0x83, 0xd1, 0xb3, 0x87}}
	iidOutput1   = guid{0x00cddea8, 0x939b, 0x4b83, [8]byte{0xa3, 0x40, 0xa6, 0x85, 0x22, 0x66, 0x66, 0xcc}}
	iidTexture2D = guid{0x6f15aaf2, 0xd208, 0x4e89, [8]byte{0x9a, 0xb4, 0x48, 0x95, 0x35, 0xd3, 0x4f, 0x9c}}
)

const (
	unknownQueryInterface = 0
	unknownRelease        = 2

	factoryEnumAdapters1 = 12
	adapterEnumOutputs   = 7
	outputGetDesc        = 7
	outputDuplicate      = 22

	duplGetDesc         = 7
	duplAcquireFrame    = 8
	duplDirtyRects      = 9
	duplMoveRects       = 10
	duplPointerShape    = 11
	duplReleaseFrame    = 14
	deviceCreateTexture = 5

	contextMap        = 14
	contextUnmap      = 15
	contextCopyRegion = 46
)

// HRESULTs of the desktop duplication.
const (
	errDXGIInvalidCall  = 0x887a0001
	errDXGINotFound     = 0x887a0002
	errDXGIUnsupported  = 0x887a0004
	errDXGIUnavailable  = 0x887a0022 // too many programs duplicate
	errDXGIAccessLost   = 0x887a0026 // mode change, another desktop, a program that took the whole screen
	errDXGITimeout      = 0x887a0027
	errDXGIDisconnected = 0x887a0028
)

type point struct{ X, Y int32 }

type rect struct{ Left, Top, Right, Bottom int32 }

func (r rect) rectangle() image.Rectangle {
	if r.Left >= r.Right || r.Top >= r.Bottom { // image.Rect would turn it around
		return image.Rectangle{}
	}
	return image.Rect(int(r.Left), int(r.Top), int(r.Right), int(r.Bottom))
}

// frameInfo is DXGI_OUTDUPL_FRAME_INFO.
type frameInfo struct {
	LastPresent, LastMouse  int64
	Frames                  uint32
	Coalesced, Masked       int32
	Pointer                 point
	PointerVisible          int32
	MetadataSize, ShapeSize uint32
}

// moveRect is DXGI_OUTDUPL_MOVE_RECT.
type moveRect struct {
	Source point
	To     rect
}

// outputDesc is DXGI_OUTPUT_DESC.
type outputDesc struct {
	DeviceName [32]uint16
	Desktop    rect
	Attached   int32
	Rotation   uint32
	Monitor    uintptr
}

// duplDesc is DXGI_OUTDUPL_DESC.
type duplDesc struct {
	Width, Height      uint32
	RateNum, RateDenom uint32
	Format             uint32
	ScanLine, Scaling  uint32
	Rotation           uint32
	InSystemMemory     int32
}

// textureDesc is D3D11_TEXTURE2D_DESC.
type textureDesc struct {
	Width, Height, MipLevels, ArraySize, Format, SampleCount, SampleQuality uint32
	Usage, BindFlags, CPUAccess, Misc                                       uint32
}

// mapped is D3D11_MAPPED_SUBRESOURCE.
type mapped struct {
	Data             *byte
	RowPitch, DepthP uint32
}

// region3 is D3D11_BOX.
type region3 struct{ Left, Top, Front, Right, Bottom, Back uint32 }

const (
	rotationUnknown  = 0
	rotationIdentity = 1
	formatBGRA8      = 87
)

// upright tells whether the duplication's pictures are as the monitor shows them. Those of rotated monitors would have to
// be turned, dirty rectangles and all; GDI gives them upright.
func (d *duplDesc) upright(size image.Point) bool {
	return (d.Rotation == rotationUnknown || d.Rotation == rotationIdentity) && d.Format == formatBGRA8 &&
		int(d.Width) == size.X && int(d.Height) == size.Y
}

// changes collects what the frames of a duplication changed until somebody takes it.
type changes struct {
	moves []rfb.Move
	rects []image.Rectangle
}

// add takes in a frame's moves, which happened first, and its dirty rectangles. A move from where something that was not told
// of yet has changed is told of as a change: whoever has the picture before doesn't have those pixels.
func (c *changes) add(moves []moveRect, dirty []rect, size image.Point) {
	all := image.Rectangle{Max: size}
	for _, m := range moves {
		to := m.To.rectangle()
		from := image.Rectangle{Min: image.Pt(int(m.Source.X), int(m.Source.Y))}
		from.Max = from.Min.Add(to.Size())
		switch {
		case to.Empty():
		case !to.In(all) || !from.In(all) || overlaps(c.rects, from) || len(c.moves) >= regionLimit:
			c.rects = add(c.rects, to.Intersect(all))
		default:
			c.moves = append(c.moves, rfb.Move{To: to, From: from.Min})
		}
	}
	for _, d := range dirty {
		c.rects = add(c.rects, d.rectangle().Intersect(all))
	}
}

// everything says that nothing is known about what changed.
func (c *changes) everything(size image.Point) {
	c.moves, c.rects = nil, []image.Rectangle{{Max: size}}
}

// areas are all that may look different, the moved areas too.
func (c *changes) areas() []image.Rectangle {
	out := append([]image.Rectangle{}, c.rects...)
	for _, m := range c.moves {
		out = add(out, m.To)
	}
	return out
}
