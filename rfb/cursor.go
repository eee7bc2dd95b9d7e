package rfb

import (
	"encoding/binary"
	"image"
	"time"
)

const (
	// ownPointer is how long after its own pointer event a viewer is taken to be where the pointer is.
	ownPointer = time.Second
	// nearPointer is how far, in pixels each way, the PC's pointer may be from where the viewer put it.
	nearPointer = 4
	maxCursor   = 256
)

// valid says whether the cursor's fields fit each other.
func (c *Cursor) valid() bool {
	return c.Size.X >= 0 && c.Size.Y >= 0 && c.Size.X <= maxCursor && c.Size.Y <= maxCursor && len(c.Pix) >= 4*c.Size.X*c.Size.Y &&
		c.Hotspot.X >= 0 && c.Hotspot.Y >= 0 && c.Hotspot.X <= c.Size.X && c.Hotspot.Y <= c.Size.Y
}

// overlay is a cursor drawn into a picture.
type overlay struct {
	r     image.Rectangle // empty: none
	shape uint64
}

// overlay says where the cursor is to be drawn into the picture that this viewer gets, so that it sees a pointer that it has not put
// there. The caller holds the display's lock.
func (w *work) overlay(d *Display) overlay {
	if !d.placed || d.cursor.Size.X == 0 || d.cursor.Size.Y == 0 {
		return overlay{}
	}
	if !w.blind && w.enc.drawsCursor() && !w.pointerWhen.IsZero() {
		away := d.pointer.Sub(w.pointerAt)
		near := max(away.X, -away.X, away.Y, -away.Y) <= nearPointer
		if near || w.now.Sub(w.pointerWhen) < ownPointer {
			return overlay{}
		}
	}
	at := d.pointer.Sub(d.cursor.Hotspot)
	r := image.Rectangle{Min: at, Max: at.Add(d.cursor.Size)}
	if !r.Overlaps(image.Rectangle{Max: d.fb.Size}) {
		return overlay{}
	}
	return overlay{r, d.shape}
}

// blend draws the cursor into the picture; undo takes it out again. The caller holds the display's lock in between.
func (d *Display) blend(o overlay) (undo func()) {
	r := o.r.Intersect(image.Rectangle{Max: d.fb.Size})
	if r.Empty() {
		return func() {}
	}
	row := 4 * r.Dx()
	saved := make([]byte, 0, row*r.Dy())
	at := func(y int) []byte {
		i := y*d.fb.Stride + 4*r.Min.X
		return d.fb.Pix[i : i+row]
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		dst := at(y)
		saved = append(saved, dst...)
		i := 4 * ((y-o.r.Min.Y)*d.cursor.Size.X + r.Min.X - o.r.Min.X)
		src := d.cursor.Pix[i : i+row]
		for x := 0; x < row; x += 4 {
			a := uint32(src[x+3])
			for k := range 3 {
				dst[x+k] = byte((uint32(src[x+k])*a + uint32(dst[x+k])*(255-a) + 127) / 255)
			}
		}
	}
	return func() {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(at(y), saved[(y-r.Min.Y)*row:])
		}
	}
}

// shapeKind is which of the cursor's encodings a viewer gets, the one that holds the most first; 0: none.
func (e *encodings) shapeKind() int32 {
	switch {
	case e.cursorAlpha:
		return encCursorAlpha
	case e.vmwareCursor:
		return encVMwareCursor
	case e.cursor:
		return encCursor
	}
	return 0
}

// appendShape appends the rectangle that gives the viewer's own pointer a shape.
func appendShape(dst []byte, cursor *Cursor, kind int32, convert *converter) []byte {
	dst = appendRect(dst, image.Rectangle{Min: cursor.Hotspot, Max: cursor.Hotspot.Add(cursor.Size)}, kind)
	pix := cursor.Pix
	switch kind {
	case encCursorAlpha:
		dst = binary.BigEndian.AppendUint32(dst, encRaw)
		for ; len(pix) >= 4; pix = pix[4:] {
			a := uint32(pix[3])
			part := func(v byte) byte { return byte((uint32(v)*a + 127) / 255) }
			dst = append(dst, part(pix[2]), part(pix[1]), part(pix[0]), pix[3])
		}
	case encVMwareCursor:
		dst = append(dst, 1, 0)
		for ; len(pix) >= 4; pix = pix[4:] {
			dst = append(dst, pix[2], pix[1], pix[0], pix[3])
		}
	case encCursor:
		dst = convert.append(dst, pix)
		for y := range cursor.Size.Y {
			dst = appendMask(dst, pix[4*y*cursor.Size.X:4*(y+1)*cursor.Size.X])
		}
	}
	return dst
}

// appendMask appends a row of the Cursor encoding's mask: half transparent counts as visible.
func appendMask(dst, row []byte) []byte {
	var bits byte
	n := len(row) / 4
	for x := range n {
		if row[4*x+3] >= 128 {
			bits |= 0x80 >> (x % 8)
		}
		if x%8 == 7 || x == n-1 {
			dst = append(dst, bits)
			bits = 0
		}
	}
	return dst
}
