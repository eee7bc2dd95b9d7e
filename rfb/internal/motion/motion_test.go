package motion

import (
	"bytes"
	"encoding/binary"
	"image"
	"math/rand/v2"
	"testing"
)

type picture struct {
	pix    []byte
	stride int
	size   image.Point
}

func newPicture(w, h, pad int) *picture {
	return &picture{make([]byte, (w*4+pad)*h), w*4 + pad, image.Pt(w, h)}
}

func (p *picture) clone() *picture { return &picture{bytes.Clone(p.pix), p.stride, p.size} }

func (p *picture) bounds() image.Rectangle { return image.Rectangle{Max: p.size} }

func (p *picture) set(x, y int, c uint32) {
	if image.Pt(x, y).In(p.bounds()) {
		binary.LittleEndian.PutUint32(p.pix[y*p.stride+x*4:], c)
	}
}

func (p *picture) fill(r image.Rectangle, c uint32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p.set(x, y, c)
		}
	}
}

func (p *picture) noise(rnd *rand.Rand, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p.set(x, y, rnd.Uint32())
		}
	}
}

// text draws lines of glyphs from a small alphabet, which all texts share.
func (p *picture) text(rnd *rand.Rand, r image.Rectangle) {
	p.fill(r, 0xFFFFFF)
	for y := r.Min.Y + 3; y+16 <= r.Max.Y; y += 18 {
		end := r.Max.X - rnd.IntN(max(1, r.Dx()/2)) - 8
		for x := r.Min.X + 5; x < end; x += 8 {
			if rnd.IntN(6) == 0 {
				continue
			}
			shape := rand.New(rand.NewPCG(uint64(rnd.IntN(40)), 0))
			for range 22 {
				p.set(x+shape.IntN(7), y+2+shape.IntN(12), shape.Uint32N(8)*0x1F1C1A)
			}
		}
	}
}

// copyArea copies src, of another picture or the same, to at.
func (p *picture) copyArea(from *picture, src image.Rectangle, at image.Point) {
	w := src.Dx() * 4
	tmp := make([]byte, 0, w*src.Dy())
	for y := src.Min.Y; y < src.Max.Y; y++ {
		tmp = append(tmp, from.pix[y*from.stride+src.Min.X*4:][:w]...)
	}
	for y := range src.Dy() {
		copy(p.pix[(at.Y+y)*p.stride+at.X*4:][:w], tmp[y*w:])
	}
}

func (p *picture) at(x, y int) uint32 {
	return binary.LittleEndian.Uint32(p.pix[y*p.stride+x*4:]) & 0xFFFFFF
}

func (p *picture) row(r image.Rectangle, y int) []byte {
	return p.pix[y*p.stride+4*r.Min.X : y*p.stride+4*r.Max.X]
}

func (p *picture) same(q *picture, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if bytes.Equal(p.row(r, y), q.row(r, y)) {
			continue
		}
		for x := r.Min.X; x < r.Max.X; x++ {
			if p.at(x, y) != q.at(x, y) {
				return false
			}
		}
	}
	return true
}

// apply checks that moves are what Find promises and returns how many pixels they put right.
func apply(t testing.TB, old, cur *picture, changed []image.Rectangle, moves []Move) int {
	t.Helper()
	shown := old.clone()
	var bounds image.Rectangle
	for _, r := range changed {
		bounds = bounds.Union(r.Intersect(old.bounds()))
	}
	gain := 0
	for i, m := range moves {
		src := image.Rectangle{Min: m.From, Max: m.From.Add(m.To.Size())}
		if m.To.Empty() || !m.To.In(bounds) || !src.In(old.bounds()) || m.From == m.To.Min {
			t.Fatalf("move %d, %+v, is outside or none", i, m)
		}
		for _, other := range moves[:i] {
			if m.To.Overlaps(other.To) {
				t.Fatalf("%+v and %+v move to the same place", other, m)
			}
		}
		gain += differing(old, cur, m.To)
		shown.copyArea(shown, src, m.To.Min)
		if !shown.same(cur, m.To) {
			t.Fatalf("move %d of %+v does not show what it should", i, moves)
		}
	}
	if len(moves) > 0 && gain < minGain/cell { // a cell counts if one of its pixels does
		t.Fatalf("%+v gain only %d pixels", moves, gain)
	}
	return gain
}

// differing is how many pixels of r differ.
func differing(old, cur *picture, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := old.row(r, y), cur.row(r, y)
		if bytes.Equal(a, b) {
			continue
		}
		for i := 0; i < len(a); i += 4 {
			if (binary.LittleEndian.Uint32(a[i:])^binary.LittleEndian.Uint32(b[i:]))&0xFFFFFF != 0 {
				n++
			}
		}
	}
	return n
}

func TestScrollsAreFound(t *testing.T) {
	var f Finder
	for seed := range uint64(32) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		old := newPicture(640, 480, int(seed%3)*4)
		old.noise(rnd, old.bounds())
		area := image.Rect(rnd.IntN(100), rnd.IntN(80), 400+rnd.IntN(241), 340+rnd.IntN(141))
		old.text(rnd, area)
		by := image.Pt(0, 1+rnd.IntN(200))
		if seed%3 == 0 {
			by = image.Pt(1+rnd.IntN(150), 0)
		}
		if seed%2 == 0 {
			by = image.Pt(-by.X, -by.Y)
		}
		cur := old.clone()
		to := area.Add(by).Intersect(area)
		cur.text(rnd, area)
		cur.copyArea(old, to.Sub(by), to.Min)
		changed := []image.Rectangle{area}
		switch seed % 4 {
		case 1: // rounded to tiles
			changed = tiles(old, cur, 64)
		case 2:
			changed = tiles(old, cur, 16)
		case 3: // cut into strips
			changed = nil
			for y := area.Min.Y; y < area.Max.Y; y += 50 {
				changed = append(changed, image.Rect(area.Min.X, y, area.Max.X, min(y+50, area.Max.Y)))
			}
		}
		moves := f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil)
		gain := apply(t, old, cur, changed, moves)
		want := differing(old, cur, to)
		if gain < want*9/10 || len(moves) > 3 {
			t.Errorf("seed %d: scroll of %v by %v: %d of %d pixels, by %v", seed, area, by, gain, want, moves)
		}
	}
}

// tiles are the tiles that differ.
func tiles(old, cur *picture, size int) []image.Rectangle {
	var out []image.Rectangle
	for y := 0; y < old.size.Y; y += size {
		for x := 0; x < old.size.X; x += size {
			if r := image.Rect(x, y, x+size, y+size).Intersect(old.bounds()); !old.same(cur, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

func TestDraggedWindowsAreFound(t *testing.T) {
	var f Finder
	for seed := range uint64(24) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		desk := newPicture(640, 480, 0)
		desk.noise(rnd, desk.bounds())
		window := newPicture(120+rnd.IntN(200), 60+rnd.IntN(200), 0)
		window.text(rnd, window.bounds())
		place := func() image.Point {
			return image.Pt(rnd.IntN(640-window.size.X), rnd.IntN(480-window.size.Y))
		}
		from, to := place(), place()
		if from == to {
			continue
		}
		old, cur := desk.clone(), desk.clone()
		old.copyArea(window, window.bounds(), from)
		cur.copyArea(window, window.bounds(), to)
		a, b := window.bounds().Add(from), window.bounds().Add(to)
		changed := []image.Rectangle{a.Union(b)}
		if seed%2 == 0 {
			changed = tiles(old, cur, 32)
		}
		moves := f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil)
		apply(t, old, cur, changed, moves)
		if len(moves) != 1 || moves[0].To != b || moves[0].From != from {
			t.Errorf("seed %d: %v dragged to %v was found as %v", seed, a, b, moves)
		}
	}
}

func TestHintsAreCheckedNotTrusted(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 5))
	old := newPicture(300, 200, 0)
	old.noise(rnd, old.bounds())
	cur := old.clone()
	cur.noise(rnd, cur.bounds())
	cur.copyArea(old, image.Rect(0, 40, 300, 200), image.Pt(0, 0))
	all := []image.Rectangle{cur.bounds()}
	hints := []Move{
		{image.Rect(0, 0, 10, 10), image.Pt(1<<62, -1<<62)},
		{image.Rect(0, 0, 300, 200), image.Pt(5, 5)},
		{image.Rectangle{}, image.Pt(0, 0)},
		{image.Rect(-1<<60, 0, 1<<60, 1<<60), image.Pt(3, 40)},
	}
	var f Finder
	moves := f.Find(old.pix, cur.pix, old.stride, old.size, all, hints)
	if gain := apply(t, old, cur, all, moves); gain < 300*159 {
		t.Errorf("found %v", moves)
	}
}

func TestPlainAreasAreNotMoved(t *testing.T) {
	old, cur := newPicture(400, 300, 0), newPicture(400, 300, 0)
	old.fill(image.Rect(16, 20, 112, 120), 0xFF0000)
	cur.fill(image.Rect(208, 60, 304, 160), 0xFF0000)
	var f Finder
	if moves := f.Find(old.pix, cur.pix, old.stride, old.size, []image.Rectangle{old.bounds()}, []Move{{image.Rect(208, 60, 304, 160), image.Pt(16, 20)}}); len(moves) > 0 {
		t.Errorf("moved %v", moves)
	}
}

func TestSeveralMoves(t *testing.T) {
	var f Finder
	several := 0
	for seed := range uint64(32) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		old := newPicture(500, 400, 8)
		old.noise(rnd, old.bounds())
		cur := old.clone()
		for range 1 + rnd.IntN(4) { // in the order drawn: each takes from the old picture
			w, h := 60+rnd.IntN(200), 60+rnd.IntN(200)
			src := image.Pt(rnd.IntN(500-w), rnd.IntN(400-h))
			cur.copyArea(old, image.Rectangle{src, src.Add(image.Pt(w, h))}, image.Pt(rnd.IntN(500-w), rnd.IntN(400-h)))
		}
		changed := []image.Rectangle{cur.bounds()}
		moves := f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil)
		if apply(t, old, cur, changed, moves); len(moves) > 1 {
			several++
		}
	}
	if several < 6 {
		t.Errorf("only %d of 32 had several moves", several)
	}
}

func TestOddInput(t *testing.T) {
	p := newPicture(30, 20, 4)
	var f Finder
	all := []image.Rectangle{{Max: p.size}}
	for _, c := range []struct {
		old, cur []byte
		stride   int
		size     image.Point
	}{
		{nil, nil, 0, image.Point{}}, {p.pix, p.pix, p.stride, image.Pt(1<<40, 1<<40)}, {p.pix, p.pix[:100], p.stride, p.size},
		{p.pix, p.pix, 3, p.size}, {p.pix, p.pix, -4, p.size}, {p.pix, p.pix, 1 << 60, p.size}, {p.pix, p.pix, p.stride, image.Pt(-1, 5)},
		{p.pix, p.pix, p.stride, image.Pt(1, 1)},
	} {
		if m := f.Find(c.old, c.cur, c.stride, c.size, all, nil); len(m) > 0 {
			t.Errorf("found %v", m)
		}
	}
	big := []image.Rectangle{image.Rect(-1<<62, -1<<62, 1<<62, 1<<62), {}}
	f.Find(p.pix, p.pix, p.stride, p.size, big, nil)
}

func FuzzFind(f *testing.F) {
	f.Add(uint64(1), uint64(2), []byte{10, 20, 100, 90, 30, 60})
	f.Add(uint64(7), uint64(9), []byte{0, 0, 200, 200, 3, 3, 50, 50, 90, 90, 1, 0})
	f.Fuzz(func(t *testing.T, a, b uint64, ops []byte) {
		rnd := rand.New(rand.NewPCG(a, b))
		old := newPicture(40+rnd.IntN(260), 40+rnd.IntN(160), rnd.IntN(3)*4)
		if a%2 == 0 {
			old.noise(rnd, old.bounds())
		} else {
			old.text(rnd, old.bounds())
		}
		cur := old.clone()
		var hints []Move
		for ; len(ops) >= 6 && len(hints) < 8; ops = ops[6:] {
			r := image.Rect(int(ops[0]), int(ops[1]), int(ops[0])+int(ops[2]), int(ops[1])+int(ops[3])).Intersect(old.bounds())
			at := image.Pt(int(ops[4]), int(ops[5]))
			hints = append(hints, Move{image.Rectangle{at, at.Add(r.Size())}, r.Min})
			if to := r.Sub(r.Min).Add(at).Intersect(old.bounds()); !to.Empty() {
				cur.copyArea(old, to.Sub(at).Add(r.Min), to.Min)
			}
		}
		changed := []image.Rectangle{cur.bounds()}
		if b%3 == 0 {
			changed = tiles(old, cur, 1+int(a%50))
		}
		if b%2 == 0 {
			hints = nil
		}
		var finder Finder
		apply(t, old, cur, changed, finder.Find(old.pix, cur.pix, old.stride, old.size, changed, hints))
		apply(t, old, cur, changed, finder.Find(old.pix, cur.pix, old.stride, old.size, changed, hints))
	})
}

func benchFind(b *testing.B, old, cur *picture, changed ...image.Rectangle) {
	var f Finder
	b.ReportAllocs()
	moves := 0
	for b.Loop() {
		moves = len(f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil))
	}
	b.ReportMetric(float64(moves), "moves")
	b.ReportMetric(float64(apply(b, old, cur, changed, f.moves))/float64(max(1, differing(old, cur, old.bounds())))*100, "%found")
}

func BenchmarkTyping(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	old := newPicture(1280, 800, 0)
	old.text(rnd, old.bounds())
	cur := old.clone()
	r := image.Rect(64, 128, 128, 192)
	cur.text(rnd, r)
	benchFind(b, old, cur, r)
}

// A letter is typed, and elsewhere the clock changes.
func BenchmarkTypingAndClock(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	old := newPicture(1280, 800, 0)
	old.text(rnd, old.bounds())
	cur := old.clone()
	r, clock := image.Rect(64, 128, 128, 192), image.Rect(1216, 768, 1280, 800)
	cur.text(rnd, r)
	cur.text(rnd, clock)
	benchFind(b, old, cur, r, clock)
}

func BenchmarkLine(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	old := newPicture(1280, 800, 0)
	old.text(rnd, old.bounds())
	cur := old.clone()
	r := image.Rect(0, 128, 1280, 148)
	cur.text(rnd, r)
	benchFind(b, old, cur, r)
}

func BenchmarkScroll(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	old := newPicture(1280, 800, 0)
	old.text(rnd, old.bounds())
	cur := old.clone()
	cur.text(rnd, cur.bounds())
	cur.copyArea(old, image.Rect(0, 148, 1280, 800), image.Pt(0, 100))
	benchFind(b, old, cur, image.Rect(0, 100, 1280, 800))
}

func BenchmarkDrag(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	old := newPicture(1280, 800, 0)
	old.noise(rnd, old.bounds())
	cur := old.clone()
	w := newPicture(400, 300, 0)
	w.text(rnd, w.bounds())
	old.copyArea(w, w.bounds(), image.Pt(200, 200))
	cur.copyArea(w, w.bounds(), image.Pt(213, 207))
	benchFind(b, old, cur, image.Rect(200, 200, 613, 507))
}

func BenchmarkVideoFullScreen(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	old, cur := newPicture(1280, 800, 0), newPicture(1280, 800, 0)
	old.noise(rnd, old.bounds())
	cur.noise(rnd, cur.bounds())
	benchFind(b, old, cur, old.bounds())
}

func TestFindDoesNotAllocate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	old := newPicture(500, 400, 0)
	old.text(rnd, old.bounds())
	cur := old.clone()
	cur.text(rnd, cur.bounds())
	cur.copyArea(old, image.Rect(0, 37, 500, 400), image.Pt(0, 0))
	changed := []image.Rectangle{cur.bounds()}
	var f Finder
	find := func() {
		if len(f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil)) == 0 {
			t.Fatal("found nothing")
		}
	}
	find()
	if n := testing.AllocsPerRun(5, find); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
