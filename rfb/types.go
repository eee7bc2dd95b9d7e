package rfb

import "image"

// Framebuffer is a picture: rows of pixels of four bytes each, blue, green, red, and one that is ignored (BGRX), as Windows'
// bitmaps and DXGI surfaces hold them. Row y begins at Pix[y*Stride].
type Framebuffer struct {
	Pix    []byte
	Stride int // bytes; at least 4 × Size.X
	Size   image.Point
}

// Damage says how a picture differs from the one before it.
type Damage struct {
	// Moves are areas whose pixels came from elsewhere in the picture before, in the order in which they happened.
	Moves []Move
	// Rects are areas that may have changed, moved or not. They are compared: naming too much costs time, not bytes.
	Rects []image.Rectangle
	// Unknown says that anything may have changed; Moves and Rects are then hints.
	Unknown bool
}

// Move is an area whose pixels were at From, its upper left corner, in the picture before.
type Move struct {
	To   image.Rectangle
	From image.Point
}

// Cursor is the pointer's shape. An empty Size hides it.
type Cursor struct {
	Size    image.Point // at most 256 × 256
	Hotspot image.Point
	Pix     []byte // BGRA, straight alpha, Size.X × Size.Y pixels without padding
}

// Screen is one monitor within the picture, for viewers that know ExtendedDesktopSize.
type Screen struct {
	ID     uint32
	Bounds image.Rectangle
}

// KeyEvent is a key that went down or up.
type KeyEvent struct {
	Keysym   uint32 // X11's, as RFC 6143 section 7.5.4 has it
	Scancode uint32 // of PC/XT set 1, 0xE0-prefixed ones with bit 7 set, as QEMU's extension sends it; 0: not known
	Down     bool
}

// Buttons are the pointer's buttons that are down, bit 0 the left one.
type Buttons uint16

// The buttons. A turn of a wheel is a press and a release of its button.
const (
	ButtonLeft Buttons = 1 << iota
	ButtonMiddle
	ButtonRight
	WheelUp
	WheelDown
	WheelLeft
	WheelRight
	ButtonBack
	ButtonForward
)

// PointerEvent is where the pointer is, in pixels of the picture, and which buttons are down.
type PointerEvent struct {
	At      image.Point
	Buttons Buttons
}

// Handler takes a viewer's input. Its methods are called one at a time: one that blocks holds up that viewer's input and nothing
// else. Keys and buttons that are down when the connection ends are released before Serve returns; those that are down when it is
// paused, or becomes view only, soon after.
type Handler interface {
	Key(KeyEvent)
	Pointer(PointerEvent)
	// Clipboard is the viewer's new clipboard text, in UTF-8 with LF line ends.
	Clipboard(text string)
}

// Quality is what a viewer's pictures may cost.
type Quality string

const (
	QualityAuto  Quality = "auto"  // follows the link
	QualitySharp Quality = "sharp" // exact, whatever it costs
	QualityFast  Quality = "fast"  // JPEG where it helps, at its smallest
)
