package winscreen

import (
	"image"
	"testing"
	"time"
)

func box(x, y, w, h int) image.Rectangle { return image.Rect(x, y, x+w, y+h) }

func window(id uintptr, r image.Rectangle) topWindow {
	return topWindow{id: id, outer: r, inner: r, opaque: true}
}

func secretWindow(id uintptr, r image.Rectangle) topWindow {
	w := window(id, r)
	w.secret = true
	return w
}

func covers(area []image.Rectangle, r image.Rectangle) bool {
	return len(subtractAll([]image.Rectangle{r}, area)) == 0
}

func TestObserve(t *testing.T) {
	secret := box(100, 100, 200, 200)
	see := window(3, box(120, 120, 20, 20))
	see.opaque = false
	s := observe(time.Time{}, []topWindow{
		window(1, box(150, 150, 50, 50)), see, secretWindow(2, secret), window(4, box(0, 0, 1000, 1000)),
	}, 0)
	if overlaps(s.area, box(150, 150, 50, 50)) || !covers(s.area, box(120, 120, 20, 20)) || !covers(s.area, box(100, 100, 50, 200)) {
		t.Errorf("covered is %v", s.area)
	}
	if got := bounding(s.area); got != secret {
		t.Errorf("around it: %v", got)
	}
	round := observe(time.Time{}, []topWindow{window(1, box(150, 150, 50, 50)), secretWindow(2, secret)}, 8)
	for _, corner := range []image.Rectangle{box(150, 150, 8, 8), box(192, 150, 8, 8), box(150, 192, 8, 8), box(192, 192, 8, 8)} {
		if !covers(round.area, corner) {
			t.Errorf("behind the rounded corner %v the secret window shows", corner)
		}
	}
	if overlaps(round.area, box(158, 150, 34, 50)) || overlaps(round.area, box(150, 158, 50, 34)) {
		t.Error("more than the corners is covered")
	}
}

// at makes a scene with one secret window, or none.
func at(ms int, rects ...image.Rectangle) scene {
	var w []topWindow
	for i, r := range rects {
		w = append(w, secretWindow(uintptr(i+1), r))
	}
	return observe(time.Unix(0, 0).Add(time.Duration(ms)*time.Millisecond), w, 0)
}

func TestVeilCoversWhereAWindowHasBeen(t *testing.T) {
	v := veil{}
	v.add(at(0, box(0, 0, 10, 10)), true)
	v.add(at(5000, box(0, 0, 10, 10)), false)
	v.add(at(5010, box(100, 0, 10, 10)), false)
	for _, r := range []image.Rectangle{box(0, 0, 10, 10), box(100, 0, 10, 10), box(50, 0, 10, 10)} {
		if !covers(v.area(), r) {
			t.Errorf("%v is not covered just after the move: %v", r, v.area())
		}
	}
	if !v.moved() {
		t.Error("it moved")
	}
	due := v.due()
	if due.IsZero() || due.Sub(at(5010).at) < veilFor {
		t.Errorf("less is due to be covered at %v", due)
	}
	v.add(at(5310, box(100, 0, 10, 10)), false)
	if !covers(v.area(), box(0, 0, 10, 10)) {
		t.Error("forgotten too early")
	}
	v.add(at(5320, box(100, 0, 10, 10)), false)
	v.add(at(5330, box(100, 0, 10, 10)), false)
	v.forget(at(5650).at)
	if got := v.area(); len(got) != 1 || got[0] != box(100, 0, 10, 10) {
		t.Errorf("in the end %v is covered", got)
	}
	if !v.due().IsZero() {
		t.Error("nothing is due any more")
	}
}

// However many scenes there are in a short time, none is lost.
func TestVeilOfManyScenes(t *testing.T) {
	v := veil{}
	for i := range 300 {
		v.add(at(i, box(i, 0, 10, 10)), false)
		area := v.area()
		for j := max(0, i-290); j <= i; j += 7 {
			if !covers(area, box(j, 0, 10, 10)) {
				t.Fatalf("after %d scenes the place of scene %d is not covered", i, j)
			}
		}
		if len(v.scenes) > 64 {
			t.Fatalf("%d scenes are kept", len(v.scenes))
		}
	}
}

func TestPictureStandsStillWhileWindowsAnimates(t *testing.T) {
	v := veil{animated: true}
	v.add(at(0), true)
	v.add(at(100, box(0, 0, 10, 10)), true) // excluded just now
	if !v.still.IsZero() {
		t.Error("a window that was there before is not animated")
	}
	v.add(at(200, box(5, 0, 10, 10)), false)
	if !v.still.IsZero() {
		t.Error("a move is not animated")
	}
	v.add(at(1000), false)
	if got := v.still.Sub(at(1000).at); got != stillFor {
		t.Errorf("a window that goes: still for %v", got)
	}
	v.add(at(2000, box(5, 0, 10, 10)), false)
	if got := v.still.Sub(at(2000).at); got != stillFor {
		t.Errorf("a window that comes: still for %v", got)
	}
}
