package tight

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"github.com/rejoin/rejoin/rfb/internal/jpeg"
)

// check encodes r, decodes it, and compares: exactly outside of what was JPEG, and nearly there.
func check(t testing.TB, e *Encoder, d *decoder, s *screen, r image.Rectangle, opt Options) (int, []image.Rectangle) {
	t.Helper()
	prefix := []byte("before")
	out, rects, lossy := e.Encode(bytes.Clone(prefix), s.pix, s.stride, r, opt)
	if !bytes.HasPrefix(out, prefix) {
		t.Fatal("what was in dst is gone")
	}
	areas, err := d.decode(out[len(prefix):], rects)
	if err != nil {
		t.Fatalf("%v: %v", r, err)
	}
	compare(t, d, s, r.Intersect(image.Rectangle{Max: s.size}), areas, lossy)
	if opt.Quality == 0 && len(lossy) > 0 {
		t.Fatal("JPEG though it was not allowed")
	}
	return len(out) - len(prefix), lossy
}

func compare(t testing.TB, d *decoder, s *screen, r image.Rectangle, areas, lossy []image.Rectangle) {
	t.Helper()
	covered := make([]uint8, s.size.X*s.size.Y) // 1: sent, 2: as JPEG
	mark := func(a image.Rectangle, was, is uint8) {
		for y := a.Min.Y; y < a.Max.Y; y++ {
			for x := a.Min.X; x < a.Max.X; x++ {
				at := y*s.size.X + x
				if covered[at] != was {
					t.Fatalf("%d,%d of %v: is %d, should be %d", x, y, a, covered[at], was)
				}
				covered[at] = is
			}
		}
	}
	for _, a := range areas {
		if !a.In(r) {
			t.Fatalf("%v is not in %v", a, r)
		}
		mark(a, 0, 1)
	}
	for _, a := range lossy {
		mark(a, 1, 2)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			got, want := d.pix[y*d.stride+x*4:][:3], s.pix[y*s.stride+x*4:][:3]
			switch covered[y*s.size.X+x] {
			case 0:
				t.Fatalf("%d,%d of %v was not sent", x, y, r)
			case 1:
				if !bytes.Equal(got, want) {
					t.Fatalf("%d,%d of %v is %v, not %v", x, y, r, got, want)
				}
			}
		}
	}
}

func draw(rnd *rand.Rand, s *screen, f *font) {
	a := randomRect(rnd, s.size)
	switch rnd.IntN(7) {
	case 0:
		s.fill(a, byte(rnd.Uint32()), byte(rnd.Uint32()), byte(rnd.Uint32()))
	case 1:
		s.noise(rnd, a)
	case 2:
		s.photo(rnd, a, rnd.Float64())
	case 3, 4:
		s.text(rnd, f, a, black, paper)
	case 5:
		s.text(rnd, f, a, blue, white)
	case 6: // a pattern of two colours
		for y := a.Min.Y; y < a.Max.Y; y++ {
			for x := a.Min.X; x < a.Max.X; x++ {
				v := byte((x*y)&1) * 255
				s.set(x, y, v, v, v)
			}
		}
	}
}

func randomRect(rnd *rand.Rand, size image.Point) image.Rectangle {
	x, y := rnd.IntN(size.X), rnd.IntN(size.Y)
	return image.Rect(x, y, x+1+rnd.IntN(size.X-x), y+1+rnd.IntN(size.Y-y))
}

func TestEncodeIsExact(t *testing.T) {
	sizes := []image.Point{{1, 1}, {1, 50}, {50, 1}, {2, 2}, {3, 700}, {17, 33}, {640, 480}, {2600, 70}, {300, 900}, {4200, 16}}
	total := map[string]int{}
	for i, size := range sizes {
		rnd := rand.New(rand.NewPCG(uint64(i), 2))
		f := newFont(rnd)
		s := newScreen(size.X, size.Y, i%3*12)
		d := &decoder{pix: make([]byte, size.X*4*size.Y), stride: size.X * 4}
		e := New()
		for range 25 {
			draw(rnd, s, f)
			r := randomRect(rnd, size)
			if rnd.IntN(3) == 0 {
				r = image.Rectangle{Max: size}
			}
			opt := Options{Level: 1 + rnd.IntN(9)}
			if rnd.IntN(2) == 0 {
				opt.Quality, opt.Sub = 1+rnd.IntN(100), jpeg.Sub420
			}
			check(t, e, d, s, r, opt)
		}
		for k, n := range d.counts {
			total[k] += n
		}
	}
	for _, k := range []string{"fill", "mono", "palette", "full", "gradient", "jpeg"} {
		if total[k] == 0 {
			t.Errorf("nothing was sent as %s", k)
		}
	}
	t.Log(total)
}

func TestWhatIsOutsideIsLeftOut(t *testing.T) {
	s := newScreen(40, 30, 8)
	e := New()
	d := &decoder{pix: make([]byte, 40*30*4), stride: 160}
	pix := s.pix[:29*s.stride+40*4] // no padding after the last row
	for _, r := range []image.Rectangle{
		image.Rect(-5, -5, 20, 20), image.Rect(10, 10, 40, 1<<30), {}, image.Rect(50, 0, 60, 10), image.Rect(5, 5, 4, 4),
		{Min: image.Pt(-1<<62, -1<<62), Max: image.Pt(40, 30)},
	} {
		out, n, _ := e.Encode(nil, pix, s.stride, r, Options{Level: 1})
		areas, err := d.decode(out, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range areas {
			if !a.In(image.Rect(0, 0, 42, 30)) {
				t.Errorf("%v sent for %v", a, r)
			}
		}
	}
	for _, stride := range []int{-1, 0, 3, 1 << 40} {
		e.Encode(nil, pix, stride, image.Rect(0, 0, 40, 30), Options{Level: 1})
	}
}

func TestTextIsNeverJPEG(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	f := newFont(rnd)
	s := newScreen(800, 600, 0)
	for _, window := range []image.Rectangle{image.Rect(131, 77, 561, 413), image.Rect(143, 95, 530, 401), image.Rect(97, 66, 610, 447)} {
		s.photo(rnd, image.Rectangle{Max: s.size}, 0)
		s.window(rnd, f, window)
		windowIsExact(t, s, window)
	}
}

func windowIsExact(t *testing.T, s *screen, window image.Rectangle) {
	d := &decoder{pix: make([]byte, len(s.pix)), stride: s.stride}
	_, lossy := check(t, New(), d, s, image.Rectangle{Max: s.size}, Options{Quality: 75, Sub: jpeg.Sub420, Level: 1})
	if len(lossy) == 0 {
		t.Fatal("the photograph was not JPEG")
	}
	area := 0
	for _, a := range lossy {
		if both := a.Intersect(window); both.Dx() > 4 || both.Dy() > 4 { // less can only be the corner of its frame
			t.Errorf("%v of the window was JPEG", both)
		}
		area += a.Dx() * a.Dy()
	}
	if whole := 800*600 - window.Dx()*window.Dy(); area < whole*8/10 {
		t.Errorf("only %d of the photograph's %d pixels were JPEG", area, whole)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnop"), uint16(20), uint16(9), uint16(3), uint16(2), uint16(11), uint16(5), byte(80))
	f.Fuzz(func(t *testing.T, data []byte, w, h, x, y, rw, rh uint16, quality byte) {
		size := image.Pt(int(w)%300+1, int(h)%300+1)
		s := newScreen(size.X, size.Y, 4)
		for i := range s.pix {
			if len(data) > 0 {
				s.pix[i] = data[(i/(1+int(quality)%5))%len(data)]
			}
		}
		r := image.Rect(int(x), int(y), int(x)+int(rw), int(y)+int(rh))
		d := &decoder{pix: make([]byte, len(s.pix)), stride: s.stride}
		e := New()
		for range 2 {
			out, n, lossy := e.Encode(nil, s.pix, s.stride, r, Options{Quality: int(quality) % 101, Level: int(quality)%9 + 1})
			areas, err := d.decode(out, n)
			if err != nil {
				t.Fatal(err)
			}
			compareLimited(t, d, s, r, areas, lossy)
		}
	})
}

// compareLimited is compare for a picture whose padding may be sent too, since Encode cannot know of it.
func compareLimited(t testing.TB, d *decoder, s *screen, r image.Rectangle, areas, lossy []image.Rectangle) {
	r = r.Intersect(image.Rectangle{Max: s.size})
	for i := range areas {
		areas[i] = areas[i].Intersect(r)
	}
	for i := range lossy {
		lossy[i] = lossy[i].Intersect(r)
	}
	compare(t, d, s, r, areas, lossy)
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	f := newFont(rnd)
	s := newScreen(640, 400, 0)
	s.desktop(rnd, f)
	whole := image.Rectangle{Max: s.size}
	dst := make([]byte, 0, 4<<20)
	e := New()
	encode := func() {
		for _, q := range []int{0, 80} {
			e.Encode(dst, s.pix, s.stride, whole, Options{Quality: q, Level: 1})
			e.Encode(dst, s.pix, s.stride, image.Rect(100, 100, 117, 116), Options{Quality: q, Level: 1})
		}
	}
	encode()
	if n := testing.AllocsPerRun(5, encode); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
