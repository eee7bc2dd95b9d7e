package rfb

import (
	"context"
	"image"
	"slices"
	"sync"
)

// maxSide is the longest side a picture may have: the protocol's lengths are 16 bits, and a rectangle of them must fit an int32 of
// bytes on every system.
const maxSide = 16384

// Display is a picture that changes, and who looks at it. Its methods may be called by any goroutine.
type Display struct {
	// mu guards the picture, and what each connection that shows it still has to look at (Conn.damage).
	mu      sync.Mutex
	fb      Framebuffer
	screens []Screen
	drawn   bool // there has been a picture
	layout  uint64
	cursor  Cursor
	shape   uint64 // counts the cursors
	pointer image.Point
	placed  bool // pointer is known

	// lookers guards who shows the picture. It is held for moments only, never while a picture is drawn or compared.
	lookers sync.Mutex
	conns   map[*Conn]*looker
	change  chan struct{} // closed, and made anew, when a looker could take a picture
}

// looker is what a Display knows of a connection that shows it.
type looker struct {
	room  bool // it could send an update now
	fresh bool // there is a picture that it has not looked at yet
}

// NewDisplay returns a display of the given size, 1 to 16384 pixels each way (what is outside is brought inside). It is black, and no
// viewer is sent anything of it before the first Update or Resize.
func NewDisplay(size image.Point) *Display {
	d := &Display{conns: map[*Conn]*looker{}, change: make(chan struct{})}
	d.resize(size, nil)
	return d
}

// resize makes a new, black picture. The caller holds mu, or is the only one who knows d.
func (d *Display) resize(size image.Point, screens []Screen) {
	size.X = min(max(size.X, 1), maxSide)
	size.Y = min(max(size.Y, 1), maxSide)
	if size != d.fb.Size {
		d.fb = Framebuffer{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
	}
	bounds := image.Rectangle{Max: size}
	d.screens = d.screens[:0]
	for _, s := range screens[:min(len(screens), 255)] {
		if s.Bounds = s.Bounds.Intersect(bounds); !s.Bounds.Empty() {
			d.screens = append(d.screens, s)
		}
	}
	if len(d.screens) == 0 {
		d.screens = append(d.screens, Screen{Bounds: bounds})
	}
	d.layout++
}

// Size is the picture's size now.
func (d *Display) Size() image.Point {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fb.Size
}

// Update lets draw change the picture and say what it changed. draw writes into fb.Pix; it must not keep fb, nor put another slice
// into it. One Update runs at a time, and connections wait meanwhile: draw copies, it does not capture.
func (d *Display) Update(draw func(fb *Framebuffer) Damage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fb := d.fb
	damage := draw(&fb)
	first := !d.drawn
	d.drawn = true
	if first {
		damage.Unknown = true
	}
	if !damage.Unknown && len(damage.Rects) == 0 && len(damage.Moves) == 0 {
		return
	}
	d.lookers.Lock()
	defer d.lookers.Unlock()
	for c, l := range d.conns {
		c.damage.add(damage)
		l.fresh = true
		c.signal()
	}
}

// Resize gives the display another size, as NewDisplay does, and other monitors within it (none: one that fills it; 255 at most; what
// lies outside is cut off), and draws the whole picture anew. With an unchanged size the picture that draw gets is the one before.
func (d *Display) Resize(size image.Point, screens []Screen, draw func(fb *Framebuffer)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.resize(size, screens)
	fb := d.fb
	if draw != nil {
		draw(&fb)
		d.drawn = true
	}
	d.lookers.Lock()
	defer d.lookers.Unlock()
	for c, l := range d.conns {
		c.damage.reset(d.fb.Size)
		l.fresh = true
		c.signal()
	}
}

// SetCursor gives the pointer a shape. One that is malformed, or larger than 256 × 256, hides it.
func (d *Display) SetCursor(cursor Cursor) {
	if !cursor.valid() {
		cursor = Cursor{}
	}
	cursor.Pix = slices.Clone(cursor.Pix[:4*cursor.Size.X*cursor.Size.Y])
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cursor = cursor
	d.shape++
	d.signal()
}

// MovePointer says where the PC's pointer is, whoever moved it. A viewer that did not put it there sees it in the picture.
func (d *Display) MovePointer(at image.Point) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.placed && d.pointer == at {
		return
	}
	d.pointer, d.placed = at, true
	d.signal()
}

// signal wakes every connection.
func (d *Display) signal() {
	d.lookers.Lock()
	defer d.lookers.Unlock()
	for c := range d.conns {
		c.signal()
	}
}

// Wanted blocks until some connection could take a picture now: it has looked at the last one, its viewer waits for more, and the
// link has room. It returns early only with ctx's error. A capturer calls it before each capture.
func (d *Display) Wanted(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wanted, change := d.wanted()
		if wanted {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
		}
	}
}

func (d *Display) wanted() (now bool, change chan struct{}) {
	d.lookers.Lock()
	defer d.lookers.Unlock()
	for _, l := range d.conns {
		if l.room && !l.fresh {
			return true, nil
		}
	}
	return false, d.change
}

// attach makes c a connection that shows d, all of whose picture is new to it.
func (d *Display) attach(c *Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.damage.reset(d.fb.Size)
	d.lookers.Lock()
	defer d.lookers.Unlock()
	d.conns[c] = &looker{}
}

func (d *Display) detach(c *Conn) {
	d.lookers.Lock()
	defer d.lookers.Unlock()
	delete(d.conns, c)
}

// setRoom says whether c could send an update; looked that it has seen the newest picture.
func (d *Display) setRoom(c *Conn, room, looked bool) {
	d.lookers.Lock()
	defer d.lookers.Unlock()
	l := d.conns[c]
	if l == nil {
		return
	}
	l.room = room
	if looked {
		l.fresh = false
	}
	if l.room && !l.fresh {
		close(d.change)
		d.change = make(chan struct{})
	}
}
