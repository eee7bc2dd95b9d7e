package desktop

import (
	"image"
	"time"
	"unicode"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// source is whose mouse and keyboard it is.
type source int

const (
	byCustomer source = iota
	byAgent
)

// maxHeld bounds the keys that can be down at once.
const maxHeld = 64

// hands are the pointer and what is held down.
type hands struct {
	at      image.Point
	mover   source // who moved the pointer last
	touched time.Time
	buttons [2]rfb.Buttons
	held    [2]map[uint64]keyName
	caps    bool
	dead    rune // a dead key that waits for its character
	grab    grab
}

// grab is what the left button holds.
type grab struct {
	kind   grabKind
	window *window
	offset image.Point // of the window from the pointer
	button int         // of the title bar
}

type grabKind string

const (
	grabNone    grabKind = ""
	grabTitle   grabKind = "title"
	grabButton  grabKind = "button"
	grabContent grabKind = "content"
)

func newHands() hands {
	return hands{held: [2]map[uint64]keyName{{}, {}}}
}

// CustomerMouse is the customer's own mouse: a point of a monitor, and the buttons that are down. The error is
// [machine.ErrNoScreen] or nil.
func (d *Desktop) CustomerMouse(monitor string, e rfb.PointerEvent) (err error) {
	d.do(func() {
		m, ok := d.monitor(monitor)
		if !ok {
			err = machine.ErrNoScreen
			return
		}
		d.hands.touched = d.now()
		if !d.hidden() {
			d.point(byCustomer, within(e.At, m.Bounds), e.Buttons)
		}
	})
	return err
}

// CustomerKey is the customer's own keyboard; see [machine.Input] for byChar.
func (d *Desktop) CustomerKey(e rfb.KeyEvent, byChar bool) {
	d.do(func() {
		d.hands.touched = d.now()
		if !d.hidden() {
			d.press(byCustomer, e, byChar)
		}
	})
}

// nearest is the point of a monitor that is nearest.
func (d *Desktop) nearest(at image.Point) image.Point {
	best, least := at, -1
	for _, m := range d.monitors {
		p := within(at.Sub(m.Bounds.Min), m.Bounds)
		off := at.Sub(p)
		// A distance of whole numbers that can't overflow, whatever was sent.
		if far := max(off.X, -off.X)/2 + max(off.Y, -off.Y)/2; least < 0 || far < least {
			best, least = p, far
		}
	}
	return best
}

// point moves the pointer and presses or releases buttons.
func (d *Desktop) point(by source, at image.Point, buttons rfb.Buttons) {
	h := &d.hands
	at = d.nearest(at)
	shape, seen := d.shape(), h.mover == byAgent
	moved := at != h.at
	h.at = at
	if moved {
		h.mover = by
	}
	before, other := h.buttons[by], h.buttons[1-by]
	h.buttons[by] = buttons
	if d.usable() {
		if moved && h.grab.kind != grabNone {
			d.drag()
		}
		pressed := buttons &^ before
		if pressed&rfb.ButtonLeft != 0 && other&rfb.ButtonLeft == 0 {
			d.click()
		}
		if (before|other)&rfb.ButtonLeft != 0 && (buttons|other)&rfb.ButtonLeft == 0 {
			d.drop()
		}
		d.turn(pressed)
	}
	if moved && (seen || by == byAgent) || shape != d.shape() {
		d.touch() // the customer sees it
	} else if moved {
		d.wake()
	}
}

// shape is the pointer's.
func (d *Desktop) shape() Shape {
	if !d.usable() || d.hands.grab.kind == grabTitle {
		return ShapeArrow
	}
	at := d.hands.at
	w := d.under(at)
	if w == nil || at.In(d.bar()) || !at.In(w.contentRect()) || !w.content.beam(at.Sub(w.contentRect().Min)) {
		return ShapeArrow
	}
	for s := range d.screens {
		if s.excluded[w.id] {
			return ShapeArrow // it would tell what is covered
		}
	}
	return ShapeBeam
}

// click is the left button going down.
func (d *Desktop) click() {
	h := &d.hands
	h.grab = grab{}
	at := h.at
	if at.In(d.bar()) {
		d.pressBar(at)
		return
	}
	w := d.under(at)
	if w == nil {
		d.pressIcons(at)
		return
	}
	d.pick("")
	d.raise(w)
	for n := range 2 {
		if at.In(w.button(n)) {
			h.grab = grab{kind: grabButton, window: w, button: n}
			return
		}
	}
	switch content := w.contentRect(); {
	case at.In(w.titleRect()):
		h.grab = grab{kind: grabTitle, window: w, offset: at.Sub(w.rect.Min)}
	case at.In(content):
		h.grab = grab{kind: grabContent, window: w}
		d.changes(w, w.content.press(at.Sub(content.Min), d.holds(keyShift)))
	}
}

// drag is the pointer moving with something in its grip.
func (d *Desktop) drag() {
	h := &d.hands
	w := h.grab.window
	if w != d.front() { // something else came to the front meanwhile, or it is gone
		w.content.release()
		h.grab = grab{}
		return
	}
	switch h.grab.kind {
	case grabTitle:
		d.moveWindow(w, h.at.Sub(h.grab.offset))
	case grabContent:
		d.changes(w, w.content.drag(h.at.Sub(w.contentRect().Min)))
	}
}

// moveWindow brings the front window elsewhere. Its title bar stays within reach.
func (d *Desktop) moveWindow(w *window, to image.Point) {
	to.Y = min(max(to.Y, 0), d.bar().Min.Y-titleHeight)
	old := w.rect
	delta := to.Sub(old.Min)
	if delta == (image.Point{}) {
		return
	}
	w.rect = old.Add(delta)
	d.moved(nil, w.rect, delta)
	for _, r := range append(w.corners(), without(old, w.rect)...) {
		for _, part := range without(r, d.bar()) {
			d.redraw(part)
		}
	}
}

// drop is the left button going up.
func (d *Desktop) drop() {
	h := &d.hands
	g := h.grab
	h.grab = grab{}
	switch g.kind {
	case grabContent:
		g.window.content.release()
	case grabButton:
		switch {
		case g.window != d.front() || !h.at.In(g.window.button(g.button)):
		case g.button == 0:
			d.closeWindow(g.window)
		default:
			d.minimise(g.window)
		}
	}
}

// turn is the wheel, over whatever the pointer is on.
func (d *Desktop) turn(pressed rfb.Buttons) {
	notches := 0
	if pressed&rfb.WheelUp != 0 {
		notches--
	}
	if pressed&rfb.WheelDown != 0 {
		notches++
	}
	if w := d.under(d.hands.at); w != nil && notches != 0 && !d.hands.at.In(d.bar()) {
		d.changes(w, w.content.wheel(notches))
	}
}

// holds tells whether a key is down, whosever.
func (d *Desktop) holds(name keyName) bool {
	for _, held := range d.hands.held {
		for _, k := range held {
			if k == name {
				return true
			}
		}
	}
	return false
}

// press is a key going down or up.
func (d *Desktop) press(by source, e rfb.KeyEvent, byChar bool) {
	h := &d.hands
	id, name := uint64(e.Scancode), byScancode[e.Scancode]
	if byChar = byChar || e.Scancode == 0; byChar {
		id, name = uint64(e.Keysym)|1<<32, byKeysym[e.Keysym]
	}
	_, again := h.held[by][id]
	if !e.Down {
		delete(h.held[by], id)
		return
	}
	if again || len(h.held[by]) < maxHeld {
		h.held[by][id] = name
	}
	switch name {
	case keyShift, keyCtrl, keyAlt, keyAltGr:
		return
	case keyCaps:
		h.caps = h.caps != !again
		return
	}
	k := key{name: name, shift: d.holds(keyShift), ctrl: d.holds(keyCtrl), alt: d.holds(keyAlt)}
	altgr := d.holds(keyAltGr) || k.ctrl && k.alt // which is how Windows sees AltGr
	if altgr {
		k.ctrl, k.alt = false, false
	}
	if name == keyNone {
		if byChar {
			k.char = charOf(e.Keysym)
		} else {
			k.char = d.layout.char(e.Scancode, k.shift, altgr, h.caps)
		}
		if k.char == 0 {
			return
		}
	}
	if d.usable() {
		d.strike(k, byChar)
	}
}

// strike types a key: a dead one waits for the next, which it goes onto.
func (d *Desktop) strike(k key, byChar bool) {
	dead := d.hands.dead
	d.hands.dead = 0
	isDead := !byChar && unicode.Is(unicode.Mn, k.char)
	switch {
	case k.char == 0 || k.ctrl || dead == 0 && !isDead:
		d.deliver(k)
		return
	case dead == 0:
		d.hands.dead = k.char
		return
	}
	typed := spacing[dead] + spacing[k.char]
	if !isDead {
		typed = compose(dead, k.char)
	}
	for _, r := range typed {
		k.char = r
		d.deliver(k)
	}
}

// deliver gives a key to whoever has the keyboard.
func (d *Desktop) deliver(k key) {
	w := d.front()
	switch {
	case k.alt && k.name == keyTab:
		if len(d.windows) > 0 {
			d.raise(d.windows[min(1, len(d.windows)-1)])
		}
	case w == nil:
		if k.name == keyEnter && d.picked != "" {
			app := d.picked
			d.pick("")
			d.open(app)
		}
	case k.alt && k.name == keyF4, k.ctrl && unicode.ToLower(k.char) == 'w':
		d.closeWindow(w)
	default:
		d.changes(w, w.content.key(k))
	}
}

// letGo releases what somebody holds down.
func (d *Desktop) letGo(by source) {
	h := &d.hands
	clear(h.held[by])
	if h.buttons[by]&rfb.ButtonLeft != 0 && h.buttons[1-by]&rfb.ButtonLeft == 0 {
		if d.usable() {
			d.drop()
		}
		h.grab = grab{}
	}
	h.buttons[by] = 0
}
