package encoder

import (
	"image"
	"image/draw"
	"math/rand/v2"
	"strings"

	"github.com/rejoin/rejoin/rfb"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

type rgb struct{ r, g, b byte }

// fonts draw text as ClearType does: each colour of a pixel has its own place, so that letters have coloured edges.
type fonts struct{ regular, bold *typeface }

// typeface draws one font in one size.
type typeface struct {
	face   font.Face // three times as large
	glyphs map[rune]glyph
}

// glyph is how much of each colour of each pixel a letter covers.
type glyph struct {
	at      image.Rectangle // around the pen
	cover   []rgb
	advance int
}

func newFonts() *fonts { return &fonts{newTypeface(goregular.TTF), newTypeface(gobold.TTF)} }

// newTypeface panics when the font that is compiled in cannot be read.
func newTypeface(ttf []byte) *typeface {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 3 * 15, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	return &typeface{face, map[rune]glyph{}}
}

// draw writes text with the pen at p on a flat ground, and returns where the pen goes on.
func (t *typeface) draw(on rfb.Framebuffer, p image.Point, text string, ink, ground rgb) int {
	for _, r := range text {
		g := t.glyph(r)
		for i, c := range g.cover {
			at := g.at.Min.Add(p).Add(image.Pt(i%g.at.Dx(), i/g.at.Dx()))
			if c == (rgb{}) || !at.In(image.Rectangle{Max: on.Size}) {
				continue
			}
			mix := func(cover, ink, ground byte) byte {
				return byte((int(cover)*int(ink) + (255-int(cover))*int(ground) + 127) / 255)
			}
			copy(on.Pix[at.Y*on.Stride+4*at.X:], []byte{mix(c.b, ink.b, ground.b), mix(c.g, ink.g, ground.g), mix(c.r, ink.r, ground.r)})
		}
		p.X += g.advance
	}
	return p.X
}

func (t *typeface) glyph(r rune) glyph {
	if g, ok := t.glyphs[r]; ok {
		return g
	}
	bounds, mask, at, advance, _ := t.face.Glyph(fixed.Point26_6{}, r)
	g := glyph{advance: (advance.Round() + 1) / 3}
	if !bounds.Empty() {
		// Whole pixels, with one to each side for the filter.
		g.at = image.Rect(floor3(bounds.Min.X)-1, floor3(bounds.Min.Y), floor3(bounds.Max.X)+2, floor3(bounds.Max.Y)+1)
		large := image.NewAlpha(image.Rect(3*g.at.Min.X, 3*g.at.Min.Y, 3*g.at.Max.X, 3*g.at.Max.Y))
		draw.Draw(large, bounds, mask, at, draw.Src)
		for y := g.at.Min.Y; y < g.at.Max.Y; y++ {
			for x := g.at.Min.X; x < g.at.Max.X; x++ {
				g.cover = append(g.cover, rgb{smooth(large, 3*x, 3*y), smooth(large, 3*x+1, 3*y), smooth(large, 3*x+2, 3*y)})
			}
		}
	}
	t.glyphs[r] = g
	return g
}

func floor3(v int) int { return (v - (v%3+3)%3) / 3 }

// smooth is ClearType's filter of five places across, over three rows.
func smooth(m *image.Alpha, x, y int) byte {
	sum := 0
	for i, weight := range []int{1, 2, 3, 2, 1} {
		for row := range 3 {
			sum += weight * int(m.AlphaAt(x+i-2, y+row).A)
		}
	}
	return byte(sum / 27)
}

var words = strings.Fields(`the support session shows what happens on the other side while printer driver update restart network window
	asks whether customer technician may look again after a reboot because settings account password folder desktop keyboard language
	several mail server answered nothing since Monday morning please check cable adapter Invoice_2026 12,80 € (copy) version 4.1.7`)

func sentence(rnd *rand.Rand, length int) string {
	var b strings.Builder
	for b.Len() < length {
		b.WriteString(words[rnd.IntN(len(words))] + " ")
	}
	// Not within the € sign.
	return strings.ToValidUTF8(b.String()[:length], "")
}
