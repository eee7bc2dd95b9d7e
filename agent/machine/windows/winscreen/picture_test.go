package winscreen

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rejoin/rejoin/rfb"
)

func blank(size image.Point) pixels { return pixels{make([]byte, 4*size.X*size.Y), 4 * size.X} }

func (p pixels) set(x, y int, v byte) { p.pix[y*p.stride+4*x] = v }

func noise(rnd *rand.Rand, p pixels) {
	for i := range p.pix {
		p.pix[i] = byte(rnd.Uint32())
	}
}

func TestCompareIsExactInRowsAndNearInColumns(t *testing.T) {
	size := image.Pt(300, 200)
	a, b := blank(size), blank(size)
	a.set(130, 77, 1)
	a.set(131, 80, 1)
	got := compare(a, b, image.Rectangle{Max: size}, true)
	if len(got) != 1 || got[0] != image.Rect(128, 77, 192, 81) {
		t.Errorf("two pixels make %v", got)
	}
	if !bytes.Equal(a.pix, b.pix) {
		t.Error("the copy differs")
	}
	a.pix[3] = 99 // not a colour
	if got := compare(a, b, image.Rectangle{Max: size}, false); got != nil {
		t.Errorf("the fourth byte counts: %v", got)
	}
	for x := range size.X {
		for y := 60; y < 140; y++ {
			a.set(x, y, 7)
		}
	}
	if got := compare(a, b, image.Rectangle{Max: size}, true); len(got) != 1 || got[0] != image.Rect(0, 60, 300, 140) {
		t.Errorf("a band makes %v", got)
	}
}

// Whatever changes, all of it is named, and little rectangles stay few.
func TestCompareNamesEverything(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	size := image.Pt(300, 200)
	a, b := blank(size), blank(size)
	for range 20 {
		for range 1 + rnd.IntN(40) {
			a.set(rnd.IntN(size.X), rnd.IntN(size.Y), byte(rnd.Uint32()))
		}
		area := image.Rect(rnd.IntN(100), rnd.IntN(100), size.X-rnd.IntN(100), size.Y-rnd.IntN(100))
		rects := compare(a, b, area, false)
		if len(rects) > damageLimit+size.Y/tileH+1 {
			t.Fatalf("%d rectangles", len(rects))
		}
		for y := range size.Y {
			for x := range size.X {
				at := image.Pt(x, y)
				inside := overlaps(rects, image.Rectangle{at, at.Add(image.Pt(1, 1))})
				if inside && !at.In(area) {
					t.Fatalf("%v names what is beyond %v", rects, area)
				}
				if at.In(area) && !inside && !bytes.Equal(a.row(y, x, x+1)[:3], b.row(y, x, x+1)[:3]) {
					t.Fatalf("%v differs and is not named", at)
				}
			}
		}
		copy(b.pix, a.pix)
	}
}

func TestCompose(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	size := image.Pt(160, 120)
	all := image.Rectangle{Max: size}
	random := func() image.Rectangle {
		x, y := rnd.IntN(size.X), rnd.IntN(size.Y)
		return image.Rect(x, y, x+rnd.IntN(60), y+rnd.IntN(60))
	}
	desktop, fb, shown := blank(size), blank(size), blank(size)
	noise(rnd, desktop)
	changed, before := []image.Rectangle{all}, []image.Rectangle(nil)
	for range 40 {
		var veiled []image.Rectangle
		for range rnd.IntN(4) {
			veiled = add(veiled, random())
		}
		damage := compose(fb, desktop, size, changed, veiled, before)
		for y := range size.Y {
			for x := range size.X {
				at := image.Rect(x, y, x+1, y+1)
				got, want := fb.row(y, x, x+1)[:3], desktop.row(y, x, x+1)[:3]
				if overlaps(veiled, at) {
					want = []byte{grey, grey, grey}
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("%d,%d is %v, want %v", x, y, got, want)
				}
				if !bytes.Equal(got, shown.row(y, x, x+1)[:3]) && !overlaps(damage, at) {
					t.Fatalf("%d,%d changed and is not named", x, y)
				}
			}
		}
		copy(shown.pix, fb.pix)
		before, changed = veiled, nil
		for range rnd.IntN(3) { // the desktop changes
			r := random().Intersect(all)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				row := desktop.row(y, r.Min.X, r.Max.X)
				for i := range row {
					row[i]++
				}
			}
			changed = append(changed, r)
		}
	}
}

func TestWhole(t *testing.T) {
	size := image.Pt(10, 10)
	for _, tt := range []struct {
		fb   *rfb.Framebuffer
		want bool
	}{
		{nil, false},
		{&rfb.Framebuffer{Pix: make([]byte, 400), Stride: 40, Size: size}, true},
		{&rfb.Framebuffer{Pix: make([]byte, 399), Stride: 40, Size: size}, false},
		{&rfb.Framebuffer{Pix: make([]byte, 400), Stride: 39, Size: size}, false},
		{&rfb.Framebuffer{Pix: make([]byte, 400), Stride: 40, Size: image.Pt(10, 9)}, false},
	} {
		if got := whole(tt.fb, size); got != tt.want {
			t.Errorf("whole(%+v) = %v", tt.fb, got)
		}
	}
}

func TestRegionsNeverOverlap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		var region []image.Rectangle
		var mask [64][64]bool
		for range 20 {
			x, y := rnd.IntN(60), rnd.IntN(60)
			r := image.Rect(x, y, x+rnd.IntN(20), y+rnd.IntN(20)).Intersect(image.Rect(0, 0, 64, 64))
			if rnd.IntN(3) == 0 {
				region = subtract(region, r)
			} else {
				region = add(region, r)
			}
			for yy := r.Min.Y; yy < r.Max.Y; yy++ {
				for xx := r.Min.X; xx < r.Max.X; xx++ {
					mask[yy][xx] = overlaps(region, image.Rect(xx, yy, xx+1, yy+1))
				}
			}
		}
		for i, a := range region {
			if overlaps(region[:i], a) {
				t.Fatalf("%v overlaps itself", region)
			}
		}
		for y := range mask {
			for x := range mask[y] {
				if mask[y][x] != overlaps(region, image.Rect(x, y, x+1, y+1)) {
					t.Fatalf("%d,%d is wrong in %v", x, y, region)
				}
			}
		}
	}
}

func TestClip(t *testing.T) {
	second := image.Rect(-1920, 100, 0, 1180)
	got := clip([]image.Rectangle{image.Rect(-2000, 0, -1900, 200), image.Rect(0, 100, 50, 200), image.Rect(-10, 1170, 10, 1190)}, second)
	if len(got) != 2 || got[0] != image.Rect(0, 0, 20, 100) || got[1] != image.Rect(1910, 1070, 1920, 1080) {
		t.Errorf("within the second monitor: %v", got)
	}
}

func TestPacer(t *testing.T) {
	start := time.Unix(1000, 0)
	p := pacer{}
	p.wake(start)
	last := time.Duration(0)
	for s := range 20 {
		got := p.interval(start.Add(time.Duration(s) * time.Second))
		if got < last || got > pollSlow || s <= 1 && got != pollFast {
			t.Errorf("after %d s: %v", s, got)
		}
		last = got
	}
	if last != pollSlow {
		t.Errorf("in the end it is %v", last)
	}
	late := start.Add(time.Hour)
	p.hint(late)
	if p.interval(late.Add(hintFor/2)) != pollFast || p.interval(late.Add(2*hintFor)) != pollSlow {
		t.Error("a hint is worth a short while")
	}
}
