package rfb

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	// maxControl is how many bytes of answers may wait for a viewer that asks and does not read.
	maxControl  = 64 << 10
	maxRefusals = 64
)

// receive reads the viewer's messages until the stream ends.
func (c *Conn) receive(r *bufio.Reader) error {
	m := &messageReader{r: r, maxClipboard: c.options.MaxClipboard}
	for {
		msg, err := m.next()
		if err != nil {
			return err
		}
		switch msg := msg.(type) {
		case setEncodings:
			e := newEncodings(msg.list)
			m.mouseButtons, m.clipboard = e.mouseButtons, e.extendedClipboard
		case KeyEvent:
			c.input.key(msg)
		case PointerEvent:
			c.input.pointer(c.placed(msg))
		case cutText:
			c.input.clipboard(msg.text)
		case clipMessage:
			if msg.action == clipProvide {
				c.input.clipboard(msg.text)
			}
		}
		if err := c.handle(msg); err != nil {
			return err
		}
	}
}

// placed remembers where the viewer puts the pointer.
func (c *Conn) placed(p PointerEvent) PointerEvent {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.At = clamp(p.At, c.st.size)
	if !c.st.paused && !c.st.blind {
		c.st.pointerAt, c.st.pointerWhen = p.At, time.Now()
	}
	return p
}

// handle does to the state what a message says. A fence that asks for it is answered together with the message behind it.
func (c *Conn) handle(msg message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.signal()
	st := &c.st
	held := st.held
	st.held = nil
	if err := st.apply(msg); err != nil {
		return err
	}
	if held != nil {
		st.answer(*held)
	}
	if len(st.control) > maxControl || st.asks.refusals > maxRefusals {
		return ErrFlood
	}
	return nil
}

func (st *state) apply(msg message) error {
	switch msg := msg.(type) {
	case setPixelFormat:
		st.format = msg.format
		if !st.format.trueColor {
			st.format = palette332
			st.control = appendColourMap(st.control)
		}
	case setEncodings:
		st.setEncodings(newEncodings(msg.list))
	case updateRequest:
		st.request(msg)
	case continuousUpdates:
		return st.setContinuous(msg)
	case fence:
		switch {
		case msg.flags&fenceRequest == 0:
			st.pace.land(time.Now(), msg.payload)
		case msg.flags&fenceSyncNext != 0:
			st.held = &msg
		default:
			st.answer(msg)
		}
	case setDesktopSize:
		if st.enc.extendedDesktopSize {
			st.asks.refusals++
		}
	case clipMessage:
		st.clipboard(msg)
	}
	return nil
}

// answer answers a viewer's fence. Messages are handled one after the other, and the answers leave before any later update, so that
// all of the flags hold.
func (st *state) answer(f fence) {
	st.control = appendFence(st.control, f.flags&fenceKnown, f.payload)
}

// ask sends a fence of our own, behind so many bytes.
func (st *state) ask(dst []byte, now time.Time, bytes int, update, more bool) []byte {
	payload := st.pace.launch(now, bytes, update, more)
	if !st.enc.fence {
		return dst // the viewer's next request tells when it is there
	}
	return appendFence(dst, fenceRequest|fenceBlockBefore, payload[:])
}

// setEncodings also tells the viewer which of the extensions the server knows.
func (st *state) setEncodings(e encodings) {
	if st.enc.fence != e.fence {
		st.pace.forget()
	}
	st.enc = e
	st.pace.fences = e.fence
	if e.fence && !st.fenceShown {
		st.fenceShown = true
		st.control = st.ask(st.control, time.Now(), 0, false, false)
	}
	if e.fence && e.continuous && !st.continueShown {
		st.continueShown = true
		st.control = append(st.control, msgEndOfContinuous)
	}
	if e.extendedClipboard {
		st.control = appendClipCaps(st.control)
	}
	if e.qemuKey && !st.qemuShown {
		st.qemuShown, st.asks.qemu = true, true
	}
	if e.mouseButtons && !st.buttonsShown {
		st.buttonsShown, st.asks.buttons = true, true
	}
}

func (st *state) request(r updateRequest) {
	if n := len(st.pace.flying); n > 0 && !st.enc.fence {
		var payload [4]byte
		binary.BigEndian.PutUint32(payload[:], st.pace.flying[n-1].seq)
		st.pace.land(time.Now(), payload[:])
	}
	if !r.incremental {
		st.asks.full = st.asks.full.Union(r.area)
		st.asks.layout = st.asks.layout || st.enc.extendedDesktopSize
	} else if st.continuous {
		return
	}
	st.asks.requested = st.asks.requested.Union(r.area)
}

func (st *state) setContinuous(m continuousUpdates) error {
	if !st.continueShown {
		return fmt.Errorf("%w: continuous updates were not offered", ErrUnknownMessage)
	}
	st.continuous, st.area = m.on, m.area
	if !m.on {
		st.control = append(st.control, msgEndOfContinuous)
	}
	return nil
}

func (st *state) clipboard(m clipMessage) {
	switch m.action {
	case clipCaps:
		st.clipMaximum = m.size
	case clipRequest:
		st.clipWanted = st.clipKnown && m.formats&clipText != 0
	case clipPeek:
		if !st.paused {
			st.control = appendClipHeader(st.control, clipNotify|st.clipFormats(), 0)
		}
	case clipNotify:
		if m.formats&clipText != 0 && !st.paused && !st.blind {
			st.control = appendClipHeader(st.control, clipRequest|clipText, 0)
		}
	}
}

func (st *state) clipFormats() uint32 {
	if st.clipKnown {
		return clipText
	}
	return 0
}
