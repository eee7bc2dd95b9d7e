package rfb

import (
	"encoding/binary"
	"image"
	"slices"

	"github.com/rejoin/rejoin/rfb/internal/motion"
)

const (
	// maxRects is about how many rectangles an update may have; the protocol has 16 bits for their number.
	maxRects = 60000

	// untilLastRect instead of their number says that LastRect ends the update.
	untilLastRect = 0xFFFF

	// streamAfter is how many bytes of an update are sent before the rest of it is there.
	streamAfter = 16 << 10

	// band is how many pixels are encoded at once where an update is sent in parts.
	band = 1 << 17
)

// show makes d the display that is sent. What the viewer has is compared with all of it.
func (s *sender) show(d *Display) {
	s.leave()
	s.display = d
	s.layout, s.shape = 0, 0
	d.attach(s.c)
}

// leave ends showing a display.
func (s *sender) leave() {
	if s.display != nil {
		s.display.detach(s.c)
	}
}

// begin begins a FramebufferUpdate, end ends it and says how long it is. One without rectangles leaves no trace.
func (s *sender) begin() {
	s.start, s.rects, s.streamed = len(s.out), 0, 0
	s.out = append(s.out, msgFramebufferUpdate, 0, 0, 0)
}

func (s *sender) end() int {
	switch {
	case s.streamed > 0:
		s.out = appendRect(s.out, image.Rectangle{}, encLastRect)
	case s.rects == 0:
		s.out = s.out[:s.start]
	default:
		binary.BigEndian.PutUint16(s.out[s.start+2:], uint16(s.rects))
	}
	return s.made()
}

// made is how many bytes the update has so far.
func (s *sender) made() int { return s.streamed + len(s.out) - s.start }

// stream sends what there is of the update, if that is enough to be worth it and the viewer needs not know before how many rectangles
// will come: it decodes them while the others are being encoded.
func (s *sender) stream(w *work) {
	if !w.enc.lastRect || len(s.out)-s.start < streamAfter || s.err != nil {
		return
	}
	if s.streamed == 0 {
		binary.BigEndian.PutUint16(s.out[s.start+2:], untilLastRect)
	}
	s.streamed = s.made()
	s.err = s.c.write(s.out)
	s.out, s.start = s.out[:0], 0
}

// update appends the update that can be sent now, if there is one.
func (s *sender) update(w *work) {
	if w.display != s.display {
		s.show(w.display)
	}
	if s.convert.format != w.format {
		s.convert = newConverter(w.format)
		s.shape = 0
	}
	s.resize(w)
	if !w.may() {
		return
	}
	s.begin()
	s.announce(w)
	o, more := w.enc.options(w.quality, w.bandwidth), false
	if !w.paused {
		s.look(w)
		more = s.encodeOwed(w, o)
		if s.rects == 0 && s.refreshDue(w) {
			o.Quality = 0
			more = s.refresh(w, o)
		}
	}
	bytes := s.end()
	if bytes == 0 {
		return
	}
	s.asks.requested = image.Rectangle{}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.out = s.c.st.ask(s.out, w.now, bytes, true, more)
	s.c.st.stats.Updates++
	s.c.st.stats.Quality = o.Quality
}

// resize tells the viewer the picture's size and its monitors, if they have changed or it asked. Such an update has nothing else in it.
func (s *sender) resize(w *work) {
	d := s.display
	d.mu.Lock()
	size, layout, screens := d.fb.Size, d.layout, append([]Screen(nil), d.screens...)
	d.mu.Unlock()

	s.begin()
	for ; s.asks.refusals > 0; s.asks.refusals-- {
		s.appendLayout(image.Pt(1, 1), s.seen.size, screens) // the viewer asked; prohibited
	}
	changed, resizable := size != s.seen.size, w.enc.extendedDesktopSize || w.enc.desktopSize
	if w.may() && (layout != s.layout || s.asks.layout || changed && resizable) {
		switch {
		case w.enc.extendedDesktopSize:
			s.appendLayout(image.Point{}, size, screens)
		case w.enc.desktopSize && changed:
			s.out = appendRect(s.out, image.Rectangle{Max: size}, encDesktopSize)
			s.rects++
		}
		switch {
		case !changed:
		case resizable:
			s.newSize(w, size)
		case layout != s.layout: // it goes on seeing as much of the picture as fits
			s.seen.black(image.Rect(size.X, 0, s.seen.size.X, s.seen.size.Y))
			s.seen.black(image.Rect(0, size.Y, s.seen.size.X, s.seen.size.Y))
		}
		s.layout, s.asks.layout = layout, false
	}
	s.end()
}

// newSize takes note that the viewer now has an empty picture of another size. Who wanted all of the old one wants all of this one.
func (s *sender) newSize(w *work, size image.Point) {
	whole := image.Rectangle{Max: s.seen.size}
	s.seen = newShadow(size)
	s.seen.owe(image.Rectangle{Max: size})
	s.shown = overlay{}
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.st.size = size
	if whole.In(c.st.area) {
		c.st.area = image.Rectangle{Max: size}
	}
	if whole.In(s.asks.requested) {
		s.asks.requested = image.Rectangle{Max: size}
	}
	if whole.In(w.area) {
		w.area = image.Rectangle{Max: size}
	}
}

// appendLayout appends an ExtendedDesktopSize, whose position holds reason and status.
func (s *sender) appendLayout(why image.Point, size image.Point, screens []Screen) {
	s.out = appendRect(s.out, image.Rectangle{Min: why, Max: why.Add(size)}, encExtendedDesktopSize)
	s.out = append(s.out, byte(len(screens)), 0, 0, 0)
	for _, screen := range screens {
		s.out = binary.BigEndian.AppendUint32(s.out, screen.ID)
		s.out = binary.BigEndian.AppendUint16(s.out, uint16(screen.Bounds.Min.X))
		s.out = binary.BigEndian.AppendUint16(s.out, uint16(screen.Bounds.Min.Y))
		s.out = binary.BigEndian.AppendUint16(s.out, uint16(screen.Bounds.Dx()))
		s.out = binary.BigEndian.AppendUint16(s.out, uint16(screen.Bounds.Dy()))
		s.out = binary.BigEndian.AppendUint32(s.out, 0)
	}
	s.rects++
}

// announce appends the rectangles that are not pixels.
func (s *sender) announce(w *work) {
	if s.asks.qemu {
		s.out = appendRect(s.out, image.Rectangle{}, encQEMUKey)
		s.rects++
	}
	if s.asks.buttons {
		s.out = appendRect(s.out, image.Rectangle{}, encMouseButtons)
		s.rects++
	}
	if s.asks.name && w.enc.desktopName {
		name := cutName(w.name)
		s.out = appendRect(s.out, image.Rectangle{}, encDesktopName)
		s.out = binary.BigEndian.AppendUint32(s.out, uint32(len(name)))
		s.out = append(s.out, name...)
		s.rects++
	}
	s.asks.qemu, s.asks.buttons, s.asks.name = false, false, false
}

// look compares the display with what the viewer has: what moved within it is moved, and what differs is owed.
func (s *sender) look(w *work) {
	d, v := s.display, s.seen
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setRoom(s.c, w.continuous && w.room > 1, true)
	if !d.drawn {
		return
	}
	v.looks++
	v.owe(s.asks.full)
	s.asks.full = image.Rectangle{}
	s.appendCursor(w)

	if o := w.overlay(d); o != s.shown {
		s.c.damage.mark(s.shown.r)
		s.c.damage.mark(o.r)
		s.shown = o
	}
	tiles, hints := s.c.damage.take(w.area, v.grid, s.tiles)
	s.tiles = tiles
	if len(tiles) == 0 {
		return
	}
	defer d.blend(s.shown)()
	s.diffs = v.compare(s.diffs[:0], &d.fb, tiles)
	if len(s.diffs) == 0 {
		return
	}
	s.changed = w.now
	if s.move(w, hints) {
		s.diffs = v.compare(s.diffs[:0], &d.fb, s.tiles)
	}
	for _, diff := range s.diffs {
		v.copyFrom(&d.fb, diff.r)
	}
}

// move looks for what moved, and appends it. It leaves in s.tiles what may differ after it.
func (s *sender) move(w *work, hints []Move) bool {
	d, v := s.display, s.seen
	whole := image.Rectangle{Max: v.size}
	if !w.enc.copyRect || d.fb.Size != v.size || d.fb.Stride != v.stride || !whole.In(w.area) {
		return false
	}
	var changed []image.Rectangle // in whole tiles: moves are found better when the gaps between lines of text belong to it
	s.tiles = s.tiles[:0]
	for _, diff := range s.diffs {
		changed = append(changed, v.bounds(diff.tile))
		s.tiles = append(s.tiles, diff.tile)
	}
	s.ideas = s.ideas[:0]
	for _, m := range hints {
		s.ideas = append(s.ideas, motion.Move(m))
	}
	moves := s.finder.Find(v.pix, d.fb.Pix, v.stride, v.size, join(changed), s.ideas)
	for _, m := range moves {
		m := Move(m)
		if m.To.Empty() || !m.To.In(whole) || !m.To.Sub(m.To.Min).Add(m.From).In(whole) {
			continue
		}
		v.move(m)
		s.out = appendRect(s.out, m.To, encCopyRect)
		s.out = binary.BigEndian.AppendUint16(s.out, uint16(m.From.X))
		s.out = binary.BigEndian.AppendUint16(s.out, uint16(m.From.Y))
		s.rects++
		s.tiles = slices.AppendSeq(s.tiles, v.over(m.To))
	}
	slices.Sort(s.tiles)
	s.tiles = slices.Compact(s.tiles)
	return len(moves) > 0
}

// appendCursor appends the shape of the viewer's own pointer if it is new. The caller holds the display's lock.
func (s *sender) appendCursor(w *work) {
	kind := w.enc.shapeKind()
	if kind == 0 || s.display.shape == 0 && !w.blind || s.shape == s.display.shape && s.shapeKind == kind && s.hidden == w.blind {
		return
	}
	cursor := &s.display.cursor
	if w.blind {
		cursor = &Cursor{}
	}
	s.out = appendShape(s.out, cursor, kind, s.convert)
	s.rects++
	s.shape, s.shapeKind, s.hidden = s.display.shape, kind, w.blind
}
