package rfb

import (
	"bytes"
	"image"
	"testing"
	"testing/synctest"
	"time"
)

// block is an opaque cursor of 4 × 4 white pixels.
var block = Cursor{Size: image.Pt(4, 4), Hotspot: image.Pt(1, 1), Pix: bytes.Repeat([]byte{255}, 64)}

// sees says whether the viewer's picture is d's with a white square at the given place; nothing else if at is (0, 0).
func (v *testViewer) sees(d *Display, at image.Point) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	want := bytes.Clone(d.fb.Pix)
	if at != (image.Point{}) {
		for y := at.Y; y < min(at.Y+4, d.fb.Size.Y); y++ {
			for x := at.X; x < min(at.X+4, d.fb.Size.X); x++ {
				copy(want[y*d.fb.Stride+4*x:][:3], "\xff\xff\xff")
			}
		}
	}
	return bytes.Equal(v.pix, want)
}

func TestOthersPointer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(image.Pt(150, 100))
		d.Update(dot(image.Pt(30, 30), 77))
		d.SetCursor(block)
		_, v := view(t, d, Options{Handler: &record{}, KeepAlive: time.Hour}) // nothing else wakes it
		_, watcher := view(t, d, Options{})
		v.begin(encCursor)
		watcher.begin(encCursor)
		look := func(what string, own, watched image.Point) {
			t.Helper()
			synctest.Wait()
			if !v.sees(d, own) {
				t.Errorf("%s: the viewer does not see the pointer at %v", what, own)
			}
			if !watcher.sees(d, watched) {
				t.Errorf("%s: who only looks does not see the pointer at %v", what, watched)
			}
		}
		look("before it is anywhere", image.Point{}, image.Point{})
		d.MovePointer(image.Pt(31, 31))
		look("the PC's pointer", image.Pt(30, 30), image.Pt(30, 30))
		d.MovePointer(image.Pt(148, 98))
		look("in the corner", image.Pt(147, 97), image.Pt(147, 97))

		v.send(bytesOf(t, "05 00 0028 0028"))
		d.MovePointer(image.Pt(40, 40))
		look("the viewer's own", image.Point{}, image.Pt(39, 39))
		d.MovePointer(image.Pt(80, 40))
		look("just after it", image.Point{}, image.Pt(79, 39))
		time.Sleep(ownPointer)
		look("a second later", image.Pt(79, 39), image.Pt(79, 39))
		d.Update(dot(image.Pt(80, 40), 5))
		look("a change under it", image.Pt(79, 39), image.Pt(79, 39))
		d.MovePointer(image.Pt(42, 38))
		look("near where the viewer put it", image.Point{}, image.Pt(41, 37))
		d.SetCursor(Cursor{})
		look("hidden", image.Point{}, image.Point{})

		for _, g := range watcher.kept {
			if g.encoding == encCursor && !g.r.Empty() {
				t.Error("who only looks got a shape")
			}
		}
	})
}

// TestControlTakenAway: a viewer that may only look from now on sees the pointer, and its own is gone.
func TestControlTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(small)
		d.Update(dot(image.Pt(1, 1), 1))
		d.SetCursor(block)
		h := &record{}
		c, v := view(t, d, Options{Handler: h})
		v.keep = true
		v.begin(encCursor)
		v.send(bytesOf(t, "05 00 0014 0014"))
		d.MovePointer(image.Pt(20, 20))
		synctest.Wait()
		c.SetViewOnly(true)
		synctest.Wait()
		v.send(bytesOf(t, "05 01 0014 0014"))
		synctest.Wait()
		if !v.sees(d, image.Pt(19, 19)) {
			t.Error("it does not see the pointer")
		}
		var shapes []image.Point
		for _, g := range v.kept {
			if g.encoding == encCursor {
				shapes = append(shapes, g.r.Size())
			}
		}
		if len(shapes) != 2 || shapes[0] != block.Size || shapes[1] != (image.Point{}) {
			t.Errorf("shapes %v, want the block's and an empty one", shapes)
		}
		if n := len(h.all()); n != 1 {
			t.Errorf("the handler got %q", h.all())
		}
	})
}

func TestCursorsThatAreNone(t *testing.T) {
	d := NewDisplay(small)
	for _, c := range []Cursor{
		{Size: image.Pt(-1, 4)}, {Size: image.Pt(257, 1), Pix: make([]byte, 4*257)}, {Size: image.Pt(2, 2), Pix: make([]byte, 15)},
		{Size: image.Pt(1, 1), Hotspot: image.Pt(2, 0), Pix: make([]byte, 4)},
	} {
		d.SetCursor(c)
		if d.cursor.Size != (image.Point{}) {
			t.Errorf("%v is a cursor", c.Size)
		}
	}
}
