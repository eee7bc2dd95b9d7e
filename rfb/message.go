package rfb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// What a viewer says.
type (
	message interface{}

	setPixelFormat struct{ format pixelFormat }
	setEncodings   struct{ list []int32 }
	updateRequest  struct {
		incremental bool
		area        image.Rectangle
	}
	continuousUpdates struct {
		on   bool
		area image.Rectangle
	}
	fence struct {
		flags   uint32
		payload []byte
	}
	setDesktopSize struct{}
	// cutText is a clipboard text in Latin-1 that was made UTF-8.
	cutText struct{ text string }
	ignored struct{}
)

const (
	// maxEncodings is how many encodings a viewer may list. The registry knows about a hundred.
	maxEncodings = 1024
	// maxSkipped is how long a clipboard may be. What is longer than Options.MaxClipboard is read, and dropped.
	maxSkipped = 64 << 20
)

// messageReader reads a viewer's messages.
type messageReader struct {
	r            *bufio.Reader
	maxClipboard int
	// mouseButtons says that the viewer knows ExtendedMouseButtons, so that the highest bit of a button mask announces another byte.
	mouseButtons bool
	// clipboard says that the viewer knows ExtendedClipboard, so that a negative length of a cut text announces its messages.
	clipboard bool
	buf       [64 * 4]byte
}

// bytes reads n bytes, at most len(m.buf), that are valid until the next call.
func (m *messageReader) bytes(n int) ([]byte, error) {
	b := m.buf[:n]
	if _, err := io.ReadFull(m.r, b); err != nil {
		return nil, unexpected(err)
	}
	return b, nil
}

// unexpected is err for a stream that may not end here.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next reads a message. The error is io.EOF if the stream ends between two.
func (m *messageReader) next() (message, error) {
	kind, err := m.r.ReadByte()
	if err != nil {
		return nil, err
	}
	switch kind {
	case msgSetPixelFormat:
		return m.pixelFormat()
	case msgSetEncodings:
		return m.encodings()
	case msgUpdateRequest:
		return m.updateRequest()
	case msgKeyEvent:
		return m.key()
	case msgPointerEvent:
		return m.pointer()
	case msgClientCutText:
		return m.cutText()
	case msgContinuousUpdates:
		return m.continuousUpdates()
	case msgClientFence:
		return m.fence()
	case msgSetDesktopSize:
		return m.desktopSize()
	case msgQEMU:
		return m.qemu()
	}
	return nil, fmt.Errorf("%w: type %d", ErrUnknownMessage, kind)
}

func (m *messageReader) pixelFormat() (message, error) {
	b, err := m.bytes(3 + pixelFormatLen)
	if err != nil {
		return nil, err
	}
	f := parsePixelFormat(b[3:])
	return setPixelFormat{f}, f.check()
}

func (m *messageReader) encodings() (message, error) {
	b, err := m.bytes(3)
	if err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(b[1:]))
	if n > maxEncodings {
		return nil, fmt.Errorf("%w: %d encodings", ErrTooLong, n)
	}
	list := make([]int32, n)
	for i := range list {
		if b, err = m.bytes(4); err != nil {
			return nil, err
		}
		list[i] = int32(binary.BigEndian.Uint32(b))
	}
	return setEncodings{list}, nil
}

// rect is a rectangle as messages hold it. Its far corner is at most 2 × 65535 away; users intersect it with the picture.
func rect(b []byte) image.Rectangle {
	x, y := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	return image.Rect(x, y, x+int(binary.BigEndian.Uint16(b[4:])), y+int(binary.BigEndian.Uint16(b[6:])))
}

func (m *messageReader) updateRequest() (message, error) {
	b, err := m.bytes(9)
	if err != nil {
		return nil, err
	}
	return updateRequest{b[0] != 0, rect(b[1:])}, nil
}

func (m *messageReader) continuousUpdates() (message, error) {
	b, err := m.bytes(9)
	if err != nil {
		return nil, err
	}
	return continuousUpdates{b[0] != 0, rect(b[1:])}, nil
}

func (m *messageReader) key() (message, error) {
	b, err := m.bytes(7)
	if err != nil {
		return nil, err
	}
	return KeyEvent{Down: b[0] != 0, Keysym: binary.BigEndian.Uint32(b[3:])}, nil
}

// qemu reads an extended key event, QEMU's only message that this server answers to.
func (m *messageReader) qemu() (message, error) {
	b, err := m.bytes(1)
	if err != nil {
		return nil, err
	}
	if b[0] != 0 {
		return nil, fmt.Errorf("%w: QEMU's type %d", ErrUnknownMessage, b[0])
	}
	if b, err = m.bytes(10); err != nil {
		return nil, err
	}
	k := KeyEvent{
		Down:     binary.BigEndian.Uint16(b) != 0,
		Keysym:   binary.BigEndian.Uint32(b[2:]),
		Scancode: binary.BigEndian.Uint32(b[6:]),
	}
	switch {
	case k.Scancode > 0xff:
		k.Scancode = 0
	case k.Scancode == 0xb7:
		k.Scancode = 0x54 // the other spelling of Print
	}
	return k, nil
}

func (m *messageReader) pointer() (message, error) {
	b, err := m.bytes(5)
	if err != nil {
		return nil, err
	}
	p := PointerEvent{
		At:      image.Pt(int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))),
		Buttons: Buttons(b[0]),
	}
	if m.mouseButtons && b[0]&0x80 != 0 {
		if b, err = m.bytes(1); err != nil {
			return nil, err
		}
		p.Buttons = p.Buttons&0x7f | Buttons(b[0])<<7
	}
	return p, nil
}

func (m *messageReader) fence() (message, error) {
	b, err := m.bytes(8)
	if err != nil {
		return nil, err
	}
	flags, n := binary.BigEndian.Uint32(b[3:]), int(b[7])
	if n > maxFence {
		return nil, fmt.Errorf("%w: a fence of %d bytes", ErrTooLong, n)
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(m.r, payload); err != nil {
		return nil, unexpected(err)
	}
	return fence{flags, payload}, nil
}

func (m *messageReader) desktopSize() (message, error) {
	b, err := m.bytes(7)
	if err != nil {
		return nil, err
	}
	for range b[5] {
		if _, err := m.bytes(16); err != nil {
			return nil, err
		}
	}
	return setDesktopSize{}, nil
}

func (m *messageReader) cutText() (message, error) {
	b, err := m.bytes(7)
	if err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(b[3:]))
	extended := m.clipboard && length >= 1<<31
	if extended {
		length = 1<<32 - length
	}
	if length > maxSkipped {
		return nil, fmt.Errorf("%w: a clipboard of %d bytes", ErrTooLong, length)
	}
	// Compressed text is as long as the text and a little more, at worst.
	if length > int64(m.maxClipboard)+1024 {
		_, err := io.CopyN(io.Discard, m.r, length)
		return ignored{}, unexpected(err)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(m.r, body); err != nil {
		return nil, unexpected(err)
	}
	if extended {
		return parseClipboard(body, m.maxClipboard)
	}
	if len(body) > m.maxClipboard {
		return ignored{}, nil
	}
	return cutText{fromLatin1(body)}, nil
}
