package client

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"sync"

	"github.com/rejoin/rejoin/rfb"
)

// Messages to the server.
const (
	msgSetPixelFormat    = 0
	msgSetEncodings      = 2
	msgUpdateRequest     = 3
	msgKeyEvent          = 4
	msgPointerEvent      = 5
	msgClientCutText     = 6
	msgEnableContinuous  = 150
	msgFence             = 248 // both ways
	msgSetDesktopSize    = 251
	msgQEMU              = 255
	qemuExtendedKeyEvent = 0
)

// Flags of fences.
const (
	FenceBlockBefore uint32 = 1 << 0
	FenceBlockAfter  uint32 = 1 << 1
	FenceSyncNext    uint32 = 1 << 2
	fenceRequest     uint32 = 1 << 31
	maxFence                = 64
)

const maxUnsent = 32 << 20 // bytes

// outbox writes what is added, in order, on a goroutine of its own: the reading goroutine never waits for a server that does
// not read.
type outbox struct {
	to      io.Writer
	mu      sync.Mutex
	waiting []byte
	more    chan struct{}
	fail    func(error)
}

func (o *outbox) init(to io.Writer, fail func(error)) {
	o.to, o.fail, o.more = to, fail, make(chan struct{}, 1)
}

func (o *outbox) add(p []byte) {
	o.mu.Lock()
	full := len(o.waiting)+len(p) > maxUnsent
	if !full {
		o.waiting = append(o.waiting, p...)
	}
	o.mu.Unlock()
	if full {
		o.fail(errors.New("the server does not read"))
		return
	}
	select {
	case o.more <- struct{}{}:
	default:
	}
}

func (o *outbox) run(done <-chan struct{}) error {
	var spare []byte
	for {
		select {
		case <-o.more:
		case <-done:
			return nil
		}
		o.mu.Lock()
		p := o.waiting
		o.waiting = spare[:0]
		o.mu.Unlock()
		if _, err := o.to.Write(p); err != nil {
			return err
		}
		spare = p
	}
}

func appendRect(b []byte, r image.Rectangle) []byte {
	for _, v := range []int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// Request asks for an update of the whole picture: of what has changed, or of everything.
func (c *Conn) Request(incremental bool) { c.RequestRect(incremental, c.bounds()) }

// bounds are the picture's. A larger area than the picture is no proper request.
func (c *Conn) bounds() image.Rectangle {
	size := c.size.Load()
	return image.Rect(0, 0, int(size>>16), int(size&0xffff))
}

// RequestRect asks for an update of r.
func (c *Conn) RequestRect(incremental bool, r image.Rectangle) {
	c.out.add(appendRect([]byte{msgUpdateRequest, bit(incremental)}, r))
}

// EnableContinuous switches ContinuousUpdates for r on or off.
func (c *Conn) EnableContinuous(on bool, r image.Rectangle) {
	c.out.add(appendRect([]byte{msgEnableContinuous, bit(on)}, r))
}

// SetEncodings tells the server anew what to send. What was asked for before may still come.
func (c *Conn) SetEncodings(all ...Encoding) {
	c.View(func(*State) { c.asked = append(c.asked, all...) })
	c.out.add(encodingsMessage(all))
}

// Key sends a key: with its scan code by QEMU's extension when it has one, the server having said that it knows them.
func (c *Conn) Key(e rfb.KeyEvent) {
	if e.Scancode == 0 || !c.knowsKeys.Load() {
		c.out.add(binary.BigEndian.AppendUint32([]byte{msgKeyEvent, bit(e.Down), 0, 0}, e.Keysym))
		return
	}
	b := binary.BigEndian.AppendUint32([]byte{msgQEMU, qemuExtendedKeyEvent, 0, bit(e.Down)}, e.Keysym)
	c.out.add(binary.BigEndian.AppendUint32(b, e.Scancode))
}

// Pointer sends where the pointer is. Buttons beyond the seventh need a server that knows ExtendedMouseButtons.
func (c *Conn) Pointer(e rfb.PointerEvent) {
	extended := c.knowsMouse.Load()
	mask, beyond := byte(e.Buttons&0x7f), byte(e.Buttons>>7)
	if extended {
		mask |= 0x80 // says that a byte follows at the end
	}
	b := []byte{msgPointerEvent, mask}
	b = binary.BigEndian.AppendUint16(b, uint16(e.At.X))
	b = binary.BigEndian.AppendUint16(b, uint16(e.At.Y))
	if extended {
		b = append(b, beyond)
	}
	c.out.add(b)
}

// Fence asks the server to answer with the payload, of at most 64 bytes; State.Fence has the answer.
func (c *Conn) Fence(flags uint32, payload []byte) { c.fence(flags|fenceRequest, payload) }

func (c *Conn) fence(flags uint32, payload []byte) {
	payload = payload[:min(len(payload), maxFence)]
	b := binary.BigEndian.AppendUint32([]byte{msgFence, 0, 0, 0}, flags)
	c.out.add(append(append(b, byte(len(payload))), payload...))
}

// SetDesktopSize asks the server for another size and layout; State.ResizeStatus has the answer.
func (c *Conn) SetDesktopSize(size image.Point, screens []rfb.Screen) {
	b := []byte{msgSetDesktopSize, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(size.X))
	b = binary.BigEndian.AppendUint16(b, uint16(size.Y))
	b = append(b, byte(len(screens)), 0)
	for _, s := range screens {
		b = appendRect(binary.BigEndian.AppendUint32(b, s.ID), s.Bounds)
		b = append(b, 0, 0, 0, 0)
	}
	c.out.add(b)
}

// Send writes any bytes, to try a server with what no viewer sends.
func (c *Conn) Send(p []byte) { c.out.add(p) }
