package motion

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// letters draws one line of glyphs, high pixels high, from x0 to at most x1.
func (p *picture) letters(rnd *rand.Rand, x0, x1, y, high int, l look) {
	width := max(high/2, 4)
	for x := x0; x+width < x1; x += width + 1 {
		if rnd.IntN(6) == 0 {
			continue
		}
		shape := rand.New(rand.NewPCG(uint64(rnd.IntN(40)), uint64(high)))
		for range high * 2 {
			ink := l.ink
			if l.shades > 0 {
				ink = (ink ^ l.paper) / uint32(1+shape.IntN(l.shades)) & 0xFEFEFE
				ink ^= l.paper
			}
			p.set(x+shape.IntN(width), y+shape.IntN(high), ink)
		}
	}
}

// look is how a text looks.
type look struct {
	name       string
	ink, paper uint32
	shades     int
	fill       func(p *picture, rnd *rand.Rand, line int, l look)
}

func prose(p *picture, rnd *rand.Rand, line int, l look) {
	for y := 0; y < p.size.Y; y += line {
		if end := p.size.X - rnd.IntN(p.size.X/2); rnd.IntN(9) > 0 {
			p.letters(rnd, 12, end, y+line/5, line*3/5, l)
		}
	}
}

// code is indented, and has more blank lines than others.
func code(p *picture, rnd *rand.Rand, line int, l look) {
	for y := 0; y < p.size.Y; y += line {
		if rnd.IntN(3) == 0 {
			x := 12 + 24*rnd.IntN(5)
			p.letters(rnd, x, x+20+rnd.IntN(p.size.X/3), y+line/5, line*3/5, l)
		}
	}
}

// table has grid lines, and many rows that are like others.
func table(p *picture, rnd *rand.Rand, line int, l look) {
	for y := 0; y < p.size.Y; y += line {
		p.fill(image.Rect(0, y, p.size.X, y+1), 0xC0C0C0)
		for column := range p.size.X / 90 {
			row := rand.New(rand.NewPCG(uint64(rnd.IntN(3)), uint64(column)))
			if column == 2 && rnd.IntN(8) == 0 {
				row = rnd
			}
			p.letters(row, column*90+6, column*90+80, y+line/5, line*3/5, l)
		}
	}
	for x := 0; x < p.size.X; x += 90 {
		p.fill(image.Rect(x, 0, x+1, p.size.Y), 0xC0C0C0)
	}
}

func illustrated(p *picture, rnd *rand.Rand, line int, l look) {
	prose(p, rnd, line, l)
	for y := 40; y < p.size.Y; y += 700 {
		for i := range 240 * 320 {
			x, y := i%320, y+i/320
			p.set(p.size.X/4+x, y, uint32(x*200/320+rnd.IntN(9))<<16|uint32((y*3)&0xFF)<<8|uint32(x^y)&0xFF)
		}
	}
}

var looks = []look{
	{"black on white", 0x000000, 0xFFFFFF, 0, prose},
	{"greys", 0x000000, 0xFFFFFF, 4, prose},
	{"ClearType", 0x103050, 0xFFFFFF, 60, prose},
	{"light on dark", 0xD0D0D0, 0x1E1E1E, 3, prose},
	{"code", 0x000000, 0xFFFFFF, 0, code},
	{"dark code", 0x80C0F0, 0x1E1E1E, 3, code},
	{"table", 0x000000, 0xFFFFFF, 0, table},
	{"illustrated", 0x000000, 0xFFFFFF, 4, illustrated},
}

// document is what a page shows a part of.
func document(l look, line int, size image.Point) *picture {
	rnd := rand.New(rand.NewPCG(uint64(line), uint64(size.X)))
	p := newPicture(size.X, size.Y, 0)
	p.fill(p.bounds(), l.paper)
	l.fill(p, rnd, line, l)
	return p
}

// page shows doc from at in area.
func (p *picture) page(doc *picture, area image.Rectangle, at image.Point) {
	p.copyArea(doc, image.Rectangle{Min: at, Max: at.Add(area.Size())}, area.Min)
}

// worthOfAll is how many pixels of r are in pieces of rows that differ and are not of one colour.
func worthOfAll(old, cur *picture, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x+cell <= r.Max.X; x += cell {
			piece := image.Rect(x, y, x+cell, y+1)
			a, b := old.row(piece, y), cur.row(piece, y)
			if !bytes.Equal(a, b) && !bytes.Equal(b[4:], b[:len(b)-4]) {
				n += cell
			}
		}
	}
	return n
}

// joined are the tiles of 64 pixels that differ, those beside each other as one, as a connection reports them.
func joined(old, cur *picture) (out []image.Rectangle) {
	for _, r := range tiles(old, cur, 64) {
		if n := len(out) - 1; n >= 0 && out[n].Min.Y == r.Min.Y && out[n].Max.X == r.Min.X {
			out[n].Max.X = r.Max.X
		} else {
			out = append(out, r)
		}
	}
	return out
}

var offsets = []int{1, 3, 16, 48, 53, 100, 300, -48}

func TestPagesThatScroll(t *testing.T) {
	desk := newPicture(1280, 800, 0)
	desk.fill(desk.bounds(), 0xF0F0F0)
	old, cur := desk.clone(), desk.clone()
	var f Finder
	for _, l := range looks {
		for _, line := range lineHeights {
			area := image.Rect(41, 38, 1239, 789)
			doc := document(l, line, image.Pt(area.Dx(), area.Dy()+620))
			for _, by := range offsets {
				copy(old.pix, desk.pix)
				copy(cur.pix, desk.pix)
				old.page(doc, area, image.Pt(0, 310))
				cur.page(doc, area, image.Pt(0, 310+by))
				scrolled(t, &f, fmt.Sprintf("%s, lines of %d, by %d", l.name, line, by), 1, old, cur, area, image.Pt(0, -by))
			}
		}
	}
}

// scrolled finds what has moved by v within area, by at most so many moves.
func scrolled(t *testing.T, f *Finder, name string, most int, old, cur *picture, area image.Rectangle, v image.Point) {
	t.Helper()
	f.recent = [2]image.Point{} // each is the first
	changed := joined(old, cur)
	moves := f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil)
	gain := apply(t, old, cur, changed, moves)
	to := area.Add(v).Intersect(area)
	want := differing(old, cur, to)
	if worthOfAll(old, cur, to) < 2*minGain { // code that was scrolled out of sight
		return
	}
	if gain*10 < want*9 || len(moves) > most {
		t.Errorf("%s: %d of %d pixels, by %v; tried %v", name, gain, want, moves, f.tried)
	}
}

// Beside the page are a scroll bar, which moves a little, and a pane that stands still; a pointer is drawn over it.
func TestPageInAWindow(t *testing.T) {
	desk := newPicture(1024, 768, 0)
	desk.noise(rand.New(rand.NewPCG(1, 1)), desk.bounds())
	desk.page(document(looks[1], 16, image.Pt(200, 526)), image.Rect(109, 77, 309, 603), image.Point{})
	old, cur := desk.clone(), desk.clone()
	var f Finder
	for _, l := range looks {
		for _, line := range lineHeights {
			area := image.Rect(309, 77, 951, 603)
			doc := document(l, line, image.Pt(area.Dx(), area.Dy()+620))
			for _, by := range offsets {
				copy(old.pix, desk.pix)
				copy(cur.pix, desk.pix)
				for i, p := range []*picture{old, cur} {
					p.page(doc, area, image.Pt(0, 310+by*i))
					p.fill(image.Rect(951, 77, 968, 603), 0xE0E0E0)
					p.fill(image.Rect(953, 200+i*by/5, 966, 300+i*by/5), 0x909090)
					p.fill(image.Rect(600, 300, 612, 319), 0x000000)
				}
				scrolled(t, &f, fmt.Sprintf("%s in a window, lines of %d, by %d", l.name, line, by), maxMoves, old, cur, area, image.Pt(0, -by))
			}
		}
	}
}

func TestPagesThatScrollSideways(t *testing.T) {
	old, cur := newPicture(1280, 800, 0), newPicture(1280, 800, 0)
	var f Finder
	for _, l := range looks {
		for _, line := range lineHeights {
			area := image.Rect(41, 38, 1239, 789)
			doc := document(l, line, image.Pt(area.Dx()+620, area.Dy()))
			for _, by := range offsets {
				old.page(doc, area, image.Pt(310, 0))
				cur.page(doc, area, image.Pt(310+by, 0))
				scrolled(t, &f, fmt.Sprintf("%s, lines of %d, sideways by %d", l.name, line, by), 4, old, cur, area, image.Pt(-by, 0))
			}
		}
	}
}

// What is scrolled by a part of a pixel is nowhere an exact copy.
func TestSmoothScrollIsNotAMove(t *testing.T) {
	for _, l := range looks[1:4] {
		old, cur := smooth(l)
		var f Finder
		changed := joined(old, cur)
		if moves := f.Find(old.pix, cur.pix, old.stride, old.size, changed, nil); len(moves) > 0 {
			t.Errorf("%s: %v", l.name, moves)
		}
	}
}

func smooth(l look) (old, cur *picture) {
	doc := document(l, 16, image.Pt(1280, 900))
	old, cur = newPicture(1280, 800, 0), newPicture(1280, 800, 0)
	old.page(doc, old.bounds(), image.Point{})
	for y := range 800 {
		for x := range 1280 {
			a, b := doc.at(x, y+20), doc.at(x, y+21)
			cur.set(x, y, (a>>1&0x7F7F7F)+(b>>2&0x3F3F3F)+(b>>2&0x3F3F3F))
		}
	}
	return old, cur
}

func BenchmarkSmoothScroll(b *testing.B) {
	old, cur := smooth(looks[1])
	benchFind(b, old, cur, old.bounds())
}

func BenchmarkPage(b *testing.B) {
	doc := document(looks[0], 24, image.Pt(1280, 900))
	old, cur := newPicture(1280, 800, 0), newPicture(1280, 800, 0)
	old.page(doc, old.bounds(), image.Point{})
	cur.page(doc, old.bounds(), image.Pt(0, 48))
	benchFind(b, old, cur, old.bounds())
}

// A new finder cannot go on with the last vector.
func BenchmarkFirstScroll(b *testing.B) {
	doc := document(looks[0], 24, image.Pt(1280, 900))
	old, cur := newPicture(1280, 800, 0), newPicture(1280, 800, 0)
	old.page(doc, old.bounds(), image.Point{})
	cur.page(doc, old.bounds(), image.Pt(0, 48))
	var f Finder
	for b.Loop() {
		f.recent = [2]image.Point{}
		if len(f.Find(old.pix, cur.pix, old.stride, old.size, []image.Rectangle{old.bounds()}, nil)) != 1 {
			b.Fatal("not found")
		}
	}
}
