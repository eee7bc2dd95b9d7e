package tight

import (
	"image"

	"github.com/rejoin/rejoin/rfb/internal/tight/deflate"
)

// exactPhoto sends r, a photograph of maxExactArea pixels at most, without loss: as it is, or as the differences from what the
// pixels to the left and above let expect, whichever makes less of a few of its rows. Smooth photographs take a third less as differences; noise takes
// more.
func (e *Encoder) exactPhoto(r image.Rectangle) {
	if e.gradientIsSmaller(r) {
		e.header(r, controlFilter|streamGradient<<4)
		e.dst = append(e.dst, filterGradient)
		e.gradientBytes(r)
		e.compress(streamGradient, deflate.Shape{Unit: 3, Row: 3 * r.Dx()})
		return
	}
	e.full(r)
}

func (e *Encoder) gradientIsSmaller(r image.Rectangle) bool {
	row := 3 * r.Dx()
	rows := min(r.Dy()-1, deflate.TrialMax/2/row)
	if rows < 1 {
		return false
	}
	shape := deflate.Shape{Unit: 3, Row: row}
	sample := image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+rows+1)
	e.fullBytes(sample)
	full := e.streams[streamFull].Try(e.bytes[row:], shape)
	e.streams[streamFull].Discard()
	e.gradientBytes(sample)
	gradient := e.streams[streamGradient].Try(e.bytes[row:], shape) // the first row has none above, unlike the others
	e.streams[streamGradient].Discard()
	return gradient < full
}

// gradientBytes fills e.bytes with the differences, as the specification's GradientFilter has it.
func (e *Encoder) gradientBytes(r image.Rectangle) {
	e.bytes = e.bytes[:0]
	if need := 3 * r.Dx() * r.Dy(); cap(e.bytes) < need {
		e.bytes = make([]byte, 0, need)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := e.row(r, y)
		if y == r.Min.Y {
			e.gradientFirst(row)
			continue
		}
		above := e.row(r, y-1)[:len(row)]
		var left, corner [3]int
		for x := 0; x+4 <= len(row); x += 4 {
			for c := range 3 {
				up, is := int(above[x+2-c]), int(row[x+2-c])
				expected := min(max(left[c]+up-corner[c], 0), 255)
				e.bytes = append(e.bytes, byte(is-expected))
				left[c], corner[c] = is, up
			}
		}
	}
}

// gradientFirst does so for the first row, which has none above.
func (e *Encoder) gradientFirst(row []byte) {
	var left [3]byte
	for x := 0; x+4 <= len(row); x += 4 {
		for c := range 3 {
			is := row[x+2-c]
			e.bytes = append(e.bytes, is-left[c])
			left[c] = is
		}
	}
}
