package encoder

import (
	"image"

	"github.com/rejoin/rejoin/rfb"
)

// letters are what keys draw.
type letters struct {
	f  *fonts
	on rfb.Framebuffer
}

func newLetters() *letters { return &letters{newFonts(), newPicture(image.Pt(12, 18))} }

// next is the n-th key's letter.
func (l *letters) next(n int) patch {
	all := image.Rectangle{Max: l.on.Size}
	fill(l.on, all, white)
	l.f.regular.draw(l.on, image.Pt(1, 14), string(rune('a'+n%26)), black, white)
	a := cut(l.on, all)
	x, y := letterAt(n)
	a.at = all.Add(image.Pt(x, y))
	return a
}
