package desktop

import (
	"image"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a font at a size, with the glyphs that were drawn so far. It is safe for concurrent use.
type face struct {
	ttf  []byte
	size float64 // pixels

	mu     sync.Mutex
	font   *sfnt.Font
	face   font.Face
	lookup sfnt.Buffer
	glyphs map[rune]*glyph // bounded by what the font has
}

// glyph is a character's coverage.
type glyph struct {
	mask    *image.Alpha
	at      image.Point // of mask's corner, from the point on the base line
	advance int
}

// The fonts, which every desktop shares.
var (
	uiFace    = &face{ttf: goregular.TTF, size: 13}
	textFace  = &face{ttf: goregular.TTF, size: 15}
	headFace  = &face{ttf: gobold.TTF, size: 19}
	largeFace = &face{ttf: goregular.TTF, size: 30}
	monoFace  = &face{ttf: gomono.TTF, size: 15}
)

// missing stands for all characters that a font does not have.
const missing = '\uffff'

func (f *face) glyph(r rune) *glyph {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.face == nil {
		f.open()
	}
	if g := f.glyphs[r]; g != nil {
		return g
	}
	if i, err := f.font.GlyphIndex(&f.lookup, r); err != nil || i == 0 {
		r = missing
		if g := f.glyphs[r]; g != nil {
			return g
		}
	}
	bounds, mask, from, advance, _ := f.face.Glyph(fixed.Point26_6{}, r)
	g := &glyph{mask: image.NewAlpha(image.Rect(0, 0, bounds.Dx(), bounds.Dy())), at: bounds.Min, advance: advance.Round()}
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			_, _, _, a := mask.At(from.X+x, from.Y+y).RGBA()
			g.mask.Pix[y*g.mask.Stride+x] = byte(a >> 8)
		}
	}
	f.glyphs[r] = g
	return g
}

// open parses the font, which is part of the program: it can't fail.
func (f *face) open() {
	var err error
	if f.font, err = opentype.Parse(f.ttf); err == nil {
		f.face, err = opentype.NewFace(f.font, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingFull})
	}
	if err != nil {
		panic("desktop: " + err.Error())
	}
	f.glyphs = make(map[rune]*glyph)
}

// width of a text in pixels.
func (f *face) width(s string) int {
	w := 0
	for _, r := range s {
		w += f.glyph(r).advance
	}
	return w
}

// text draws a line of text from x on and returns where it ends.
func (c *canvas) text(f *face, x, baseline int, s string, col colour) int {
	for _, r := range s {
		x += c.char(f, x, baseline, r, col)
	}
	return x
}

// centred draws a line of text around x.
func (c *canvas) centred(f *face, x, baseline int, s string, col colour) {
	c.text(f, x-f.width(s)/2, baseline, s, col)
}

func (c *canvas) char(f *face, x, baseline int, r rune, col colour) int {
	g := f.glyph(r)
	at := image.Pt(x, baseline).Add(g.at)
	seen := g.mask.Rect.Add(at).Intersect(c.clip)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		row := g.mask.Pix[(y-at.Y)*g.mask.Stride:]
		for px := seen.Min.X; px < seen.Max.X; px++ {
			c.blend(px, y, col, uint32(row[px-at.X]))
		}
	}
	return g.advance
}
