package encoder

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"

	"github.com/rejoin/rejoin/rfb"
)

// screen is what all workloads are drawn on.
var screen = image.Pt(1280, 800)

const frames = 99

// patch is an area with new pixels.
type patch struct {
	at  image.Rectangle
	pix []byte // BGRX, without padding
}

// frame is what an application draws at once: copies within the picture first, then new pixels.
type frame struct {
	moves   []rfb.Move
	patches []patch
}

// workload is a picture and what happens to it.
type workload struct {
	name   string
	first  rfb.Framebuffer
	frames []frame
	area   image.Rectangle             // all that changes
	text   func(k int) image.Rectangle // where text is after frame k; nil: there is none
}

func newPicture(size image.Point) rfb.Framebuffer {
	return rfb.Framebuffer{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
}

func clone(p rfb.Framebuffer) rfb.Framebuffer {
	p.Pix = append([]byte(nil), p.Pix...)
	return p
}

// cut copies an area out of a picture.
func cut(p rfb.Framebuffer, r image.Rectangle) patch {
	pix := make([]byte, 0, 4*r.Dx()*r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		pix = append(pix, p.Pix[y*p.Stride+4*r.Min.X:y*p.Stride+4*r.Max.X]...)
	}
	return patch{r, pix}
}

func paste(p rfb.Framebuffer, a patch) {
	row := 4 * a.at.Dx()
	for y := range a.at.Dy() {
		copy(p.Pix[(a.at.Min.Y+y)*p.Stride+4*a.at.Min.X:][:row], a.pix[y*row:])
	}
}

func move(p rfb.Framebuffer, m rfb.Move) {
	for i := range m.To.Dy() {
		y := i
		if m.To.Min.Y > m.From.Y {
			y = m.To.Dy() - 1 - i
		}
		copy(p.Pix[(m.To.Min.Y+y)*p.Stride+4*m.To.Min.X:][:4*m.To.Dx()], p.Pix[(m.From.Y+y)*p.Stride+4*m.From.X:])
	}
}

// apply draws a frame.
func (f frame) apply(p rfb.Framebuffer) {
	for _, m := range f.moves {
		move(p, m)
	}
	for _, a := range f.patches {
		paste(p, a)
	}
}

// damage is what desktop duplication would tell of a frame; without moves, the areas they go to are dirty like the others.
func (f frame) damage(moves bool) rfb.Damage {
	var d rfb.Damage
	for _, m := range f.moves {
		if moves {
			d.Moves = append(d.Moves, m)
		} else {
			d.Rects = append(d.Rects, m.To)
		}
	}
	for _, a := range f.patches {
		d.Rects = append(d.Rects, a.at)
	}
	return d
}

// moves says whether anything is copied within the picture.
func (w *workload) moves() bool {
	return slices.ContainsFunc(w.frames, func(f frame) bool { return len(f.moves) > 0 })
}

// title is the workload's name in the report; told says whether the servers are told of moves.
func (w *workload) title(told bool) string {
	switch {
	case !w.moves():
		return w.name
	case told:
		return w.name + ", moves told"
	}
	return w.name + ", moves not told"
}

// workloads makes all from a seed.
func workloads(seed uint64) []*workload {
	fonts := newFonts()
	return []*workload{typing(seed, fonts), scroll(seed, fonts), drag(seed, fonts), video(seed)}
}

func workloadOf(name string, seed uint64) (*workload, error) {
	for _, w := range workloads(seed) {
		if w.name == name {
			return w, nil
		}
	}
	return nil, fmt.Errorf("no workload is called %q", name)
}

var (
	white, black = rgb{255, 255, 255}, rgb{0, 0, 0}
	grey, blue   = rgb{240, 240, 240}, rgb{0, 84, 166}
)

// window draws a frame, a title bar and an empty page, and returns the page's area.
func window(p rfb.Framebuffer, r image.Rectangle, f *fonts, title string) image.Rectangle {
	fill(p, r, blue)
	f.regular.draw(p, image.Pt(r.Min.X+8, r.Min.Y+19), title, white, blue)
	page := image.Rect(r.Min.X+1, r.Min.Y+28, r.Max.X-1, r.Max.Y-1)
	fill(p, page, white)
	return page
}

func fill(p rfb.Framebuffer, r image.Rectangle, c rgb) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			copy(p.Pix[y*p.Stride+4*x:], []byte{c.b, c.g, c.r, 0})
		}
	}
}

// typing adds a letter a frame to a document, and moves the caret. Editors draw the whole line anew.
func typing(seed uint64, f *fonts) *workload {
	rnd := rand.New(rand.NewPCG(seed, 1))
	p := newPicture(screen)
	fill(p, image.Rectangle{Max: screen}, grey)
	page := window(p, image.Rect(140, 60, 1140, 760), f, "Letter.docx")
	y := page.Min.Y + 30
	for ; y < page.Max.Y-140; y += 20 {
		f.regular.draw(p, image.Pt(page.Min.X+40, y), sentence(rnd, 120), black, white)
	}
	w := &workload{name: "typing", first: clone(p)}
	at := image.Pt(page.Min.X+40, y)
	text := sentence(rnd, 2*frames)
	var caret image.Rectangle
	line := func(y int) image.Rectangle { return image.Rect(page.Min.X+30, y-15, page.Max.X-30, y+5) }
	for k := range frames {
		var fr frame
		fill(p, caret, white)
		if at.X > page.Max.X-60 {
			fr.patches = append(fr.patches, cut(p, line(at.Y))) // without the caret
			at = image.Pt(page.Min.X+40, at.Y+20)
		}
		next := f.regular.draw(p, at, text[k:k+1], black, white)
		caret = image.Rect(next+1, at.Y-14, next+2, at.Y+4)
		fill(p, caret, black)
		fr.patches = append(fr.patches, cut(p, line(at.Y)))
		w.frames = append(w.frames, fr)
		w.area = w.area.Union(line(at.Y))
		at.X = next
	}
	w.text = func(int) image.Rectangle { return page }
	return w
}

// scroll moves a page of text up by 48 pixels a frame.
func scroll(seed uint64, f *fonts) *workload {
	const step, line = 48, 24
	rnd := rand.New(rand.NewPCG(seed, 2))
	p := newPicture(screen)
	fill(p, image.Rectangle{Max: screen}, grey)
	page := window(p, image.Rect(40, 10, 1240, 790), f, "Manual — page 1")
	// The whole document, of which the page shows a part.
	long := newPicture(image.Pt(page.Dx(), page.Dy()+step*(frames+1)))
	fill(long, image.Rectangle{Max: long.Size}, white)
	for y := line; y < long.Size.Y; y += line {
		switch rnd.IntN(9) {
		case 0:
			f.bold.draw(long, image.Pt(30, y), sentence(rnd, 40), blue, white)
		case 1: // a blank line
		default:
			f.regular.draw(long, image.Pt(30, y), sentence(rnd, 30+rnd.IntN(70)), black, white)
		}
	}
	show := func(r image.Rectangle, from int) {
		a := cut(long, image.Rect(0, from, r.Dx(), from+r.Dy()))
		a.at = r
		paste(p, a)
	}
	show(page, 0)
	w := &workload{name: "scroll", first: clone(p), area: page, text: func(int) image.Rectangle { return page }}
	strip := image.Rect(page.Min.X, page.Max.Y-step, page.Max.X, page.Max.Y)
	for k := range frames {
		m := rfb.Move{To: image.Rect(page.Min.X, page.Min.Y, page.Max.X, page.Max.Y-step), From: image.Pt(page.Min.X, page.Min.Y+step)}
		move(p, m)
		show(strip, step*k+page.Dy())
		w.frames = append(w.frames, frame{moves: []rfb.Move{m}, patches: []patch{cut(p, strip)}})
	}
	return w
}

// drag moves a window with text over a photo.
func drag(seed uint64, f *fonts) *workload {
	rnd := rand.New(rand.NewPCG(seed, 3))
	background := newPicture(screen)
	newPhoto(rand.New(rand.NewPCG(seed, 4)), screen).show(background, image.Rectangle{Max: screen}, image.Point{}, nil)
	size := image.Pt(520, 380)
	win := newPicture(size)
	page := window(win, image.Rectangle{Max: size}, f, "Notes")
	for y := page.Min.Y + 24; y < page.Max.Y-6; y += 20 {
		f.regular.draw(win, image.Pt(page.Min.X+14, y), sentence(rnd, 40+rnd.IntN(20)), black, white)
	}
	at := image.Rectangle{Max: size}.Add(image.Pt(60, 50))
	p := clone(background)
	shown := cut(win, image.Rectangle{Max: size})
	shown.at = at
	paste(p, shown)
	w := &workload{name: "drag", first: clone(p)}
	places := []image.Rectangle{}
	step := image.Pt(11, 5)
	for range frames {
		if at.Max.X+step.X > screen.X || at.Min.X+step.X < 0 {
			step.X = -step.X
		}
		if at.Max.Y+step.Y > screen.Y || at.Min.Y+step.Y < 0 {
			step.Y = -step.Y
		}
		to := at.Add(step)
		fr := frame{moves: []rfb.Move{{To: to, From: at.Min}}}
		for _, r := range minus(at, to) {
			fr.patches = append(fr.patches, cut(background, r))
		}
		w.frames = append(w.frames, fr)
		places = append(places, to)
		w.area = w.area.Union(to).Union(at)
		at = to
	}
	lines := page.Inset(8)
	w.text = func(k int) image.Rectangle { return lines.Add(places[k].Min) }
	return w
}

// minus is what of a is not in b, both of one size.
func minus(a, b image.Rectangle) (rest []image.Rectangle) {
	both := a.Intersect(b)
	for _, r := range []image.Rectangle{
		image.Rect(a.Min.X, a.Min.Y, a.Max.X, both.Min.Y), image.Rect(a.Min.X, both.Max.Y, a.Max.X, a.Max.Y),
		image.Rect(a.Min.X, both.Min.Y, both.Min.X, both.Max.Y), image.Rect(both.Max.X, both.Min.Y, a.Max.X, both.Max.Y),
	} {
		if !r.Empty() {
			rest = append(rest, r)
		}
	}
	return rest
}

// video pans over a photo that grows lighter and darker, with the grain that cameras have.
func video(seed uint64) *workload {
	rnd := rand.New(rand.NewPCG(seed, 5))
	p := newPicture(screen)
	fill(p, image.Rectangle{Max: screen}, grey)
	at := image.Rect(480, 240, 800, 480)
	photo := newPhoto(rnd, image.Pt(320+3*frames+8, 240+frames+8))
	photo.show(p, at, image.Point{}, rnd)
	w := &workload{name: "video", first: clone(p), area: at}
	for k := range frames {
		photo.show(p, at, image.Pt(3*k+3, k+1), rnd)
		w.frames = append(w.frames, frame{patches: []patch{cut(p, at)}})
	}
	return w
}
