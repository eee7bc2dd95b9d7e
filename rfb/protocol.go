package rfb

import (
	"encoding/binary"
	"errors"
	"image"
)

// What ends a connection, besides the stream's own errors. The errors of Serve wrap them.
var (
	ErrVersion        = errors.New("rfb: not a protocol version that this server speaks")
	ErrSecurity       = errors.New("rfb: the viewer chose a security type that was not offered")
	ErrUnknownMessage = errors.New("rfb: unknown message")
	ErrMalformed      = errors.New("rfb: malformed message")
	ErrTooLong        = errors.New("rfb: message too long")
	ErrPixelFormat    = errors.New("rfb: unusable pixel format")
	ErrFlood          = errors.New("rfb: the viewer asks, and does not read the answers")
	ErrSilent         = errors.New("rfb: the viewer does not answer")
	ErrStalled        = errors.New("rfb: the viewer does not read")
)

// The viewer's messages (RFC 6143 section 7.5, and the registry).
const (
	msgSetPixelFormat    = 0
	msgSetEncodings      = 2
	msgUpdateRequest     = 3
	msgKeyEvent          = 4
	msgPointerEvent      = 5
	msgClientCutText     = 6
	msgContinuousUpdates = 150
	msgClientFence       = 248
	msgSetDesktopSize    = 251
	msgQEMU              = 255
)

// The server's messages.
const (
	msgFramebufferUpdate = 0
	msgColourMapEntries  = 1
	msgServerCutText     = 3
	msgEndOfContinuous   = 150
	msgServerFence       = 248
)

// Encodings and pseudo-encodings.
const (
	encRaw                 = 0
	encCopyRect            = 1
	encTight               = 7
	encQuality0            = -32 // to -23, quality 9
	encDesktopSize         = -223
	encLastRect            = -224
	encCursor              = -239
	encCompress0           = -256 // to -247, level 9
	encQEMUKey             = -258
	encDesktopName         = -307
	encExtendedDesktopSize = -308
	encFence               = -312
	encContinuousUpdates   = -313
	encCursorAlpha         = -314
	encMouseButtons        = -316
	encFineQuality0        = -512 // to -412, quality 100
	encSubsampling1        = -768 // chrominance for every pixel
	encSubsampling4        = -767 // for every fourth
	encSubsampling2        = -766 // for every other
	encVMwareCursor        = 0x574d5664
	encClipboard           = -0x3f5e1a32 // 0xC0A1E5CE
)

// The flags of a fence.
const (
	fenceBlockBefore = 1 << 0
	fenceBlockAfter  = 1 << 1
	fenceSyncNext    = 1 << 2
	fenceRequest     = 1 << 31
	fenceKnown       = fenceBlockBefore | fenceBlockAfter | fenceSyncNext
	maxFence         = 64 // bytes of payload
)

// encodings is what a viewer says, by SetEncodings, that it understands.
type encodings struct {
	known bool // there was a SetEncodings

	tight, copyRect                          bool
	cursor, cursorAlpha, vmwareCursor        bool
	desktopSize, extendedDesktopSize         bool
	desktopName, fence, continuous           bool
	qemuKey, mouseButtons, extendedClipboard bool
	lastRect                                 bool

	quality     int // the JPEG quality level, 0 to 9; -1: no JPEG
	fineQuality int // 0 to 100; -1: not said
	subsampling int // encSubsampling…; 0: not said
	compress    int // 0 to 9; -1: not said
}

// newEncodings reads the list, most wanted first.
func newEncodings(list []int32) encodings {
	e := encodings{known: true, quality: -1, fineQuality: -1, compress: -1}
	raw := false
	for _, n := range list {
		switch {
		case n == encRaw:
			raw = true
		case n == encTight:
			e.tight = !raw
		case n >= encQuality0 && n <= encQuality0+9:
			e.quality = int(n - encQuality0)
		case n >= encCompress0 && n <= encCompress0+9:
			e.compress = int(n - encCompress0)
		case n >= encFineQuality0 && n <= encFineQuality0+100:
			e.fineQuality = int(n - encFineQuality0)
		case n >= encSubsampling1 && n <= encSubsampling2:
			e.subsampling = int(n)
		default:
			if flag := e.flag(n); flag != nil {
				*flag = true
			}
		}
	}
	return e
}

func (e *encodings) flag(n int32) *bool {
	switch n {
	case encCopyRect:
		return &e.copyRect
	case encCursor:
		return &e.cursor
	case encCursorAlpha:
		return &e.cursorAlpha
	case encVMwareCursor:
		return &e.vmwareCursor
	case encDesktopSize:
		return &e.desktopSize
	case encExtendedDesktopSize:
		return &e.extendedDesktopSize
	case encDesktopName:
		return &e.desktopName
	case encFence:
		return &e.fence
	case encContinuousUpdates:
		return &e.continuous
	case encQEMUKey:
		return &e.qemuKey
	case encMouseButtons:
		return &e.mouseButtons
	case encClipboard:
		return &e.extendedClipboard
	case encLastRect:
		return &e.lastRect
	}
	return nil
}

// drawsCursor says that the viewer draws the cursor's shape at its own mouse.
func (e *encodings) drawsCursor() bool { return e.cursor || e.cursorAlpha || e.vmwareCursor }

func appendRect(dst []byte, r image.Rectangle, encoding int32) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Min.X))
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Min.Y))
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Dx()))
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Dy()))
	return binary.BigEndian.AppendUint32(dst, uint32(encoding))
}

func appendFence(dst []byte, flags uint32, payload []byte) []byte {
	dst = append(dst, msgServerFence, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, flags)
	dst = append(dst, byte(len(payload)))
	return append(dst, payload...)
}
