package client

import "encoding/binary"

// Encoding is a rectangle's encoding, or a pseudo-encoding.
type Encoding int32

// The encodings and pseudo-encodings this package knows, by the registry's numbers.
const (
	Raw                 Encoding = 0
	CopyRect            Encoding = 1
	Tight               Encoding = 7
	DesktopSize         Encoding = -223
	LastRect            Encoding = -224
	PointerPos          Encoding = -232
	CursorShape         Encoding = -239
	QEMUExtendedKey     Encoding = -258
	DesktopName         Encoding = -307
	ExtendedDesktopSize Encoding = -308
	Fence               Encoding = -312
	ContinuousUpdates   Encoding = -313
	CursorWithAlpha     Encoding = -314
	ExtendedMouse       Encoding = -316
	ExtendedClipboard   Encoding = -0x3f5e1a32 // 0xC0A1E5CE
	VMwareCursor        Encoding = 0x574d5664
	VMwareCursorPos     Encoding = 0x574d5666
)

// Quality is the pseudo-encoding for JPEG of quality level 0–9. Without one a server sends no JPEG.
func Quality(level int) Encoding { return Encoding(-32 + min(max(level, 0), 9)) }

// Compression is the pseudo-encoding for compression level 0–9.
func Compression(level int) Encoding { return Encoding(-256 + min(max(level, 0), 9)) }

// AllEncodings are all, with quality level 6 as noVNC and TigerVNC begin.
func AllEncodings() []Encoding { return append(LosslessEncodings(), Quality(6)) }

// LosslessEncodings are all but a quality level, so that what is shown is exact.
func LosslessEncodings() []Encoding {
	return []Encoding{
		CopyRect, Tight, Raw, DesktopSize, ExtendedDesktopSize, LastRect, PointerPos, VMwareCursorPos, CursorShape, CursorWithAlpha,
		VMwareCursor, QEMUExtendedKey, DesktopName, Fence, ContinuousUpdates, ExtendedMouse, ExtendedClipboard, Compression(2),
	}
}

// encodingsMessage is SetEncodings.
func encodingsMessage(all []Encoding) []byte {
	b := []byte{msgSetEncodings, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(len(all)))
	for _, e := range all {
		b = binary.BigEndian.AppendUint32(b, uint32(e))
	}
	return b
}
