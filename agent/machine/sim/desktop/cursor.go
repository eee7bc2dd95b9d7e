package desktop

import (
	"image"
	"strings"

	"github.com/rejoin/rejoin/rfb"
)

// Shape names a pointer's shape, as CSS does (https://www.w3.org/TR/css-ui-4/#cursor).
type Shape string

const (
	ShapeArrow Shape = "default"
	ShapeBeam  Shape = "text"
)

// The shapes, drawn: "#" is black, "." white, a space nothing.
const arrowDrawn = `
#
##
#.#
#..#
#...#
#....#
#.....#
#......#
#.......#
#........#
#.........#
#......#####
#...#..#
#..##..#
#.# #..#
##   #..#
#    #..#
      #..#
      ####`

const beamDrawn = `
#### ####
#.......#
#### ####
   #.#
   #.#
   #.#
   #.#
   #.#
   #.#
   #.#
   #.#
   #.#
   #.#
   #.#
#### ####
#.......#
#### ####`

// cursors are shared by all: nobody may change them.
var cursors = map[Shape]*rfb.Cursor{
	ShapeArrow: drawnCursor(arrowDrawn, image.Pt(0, 0)),
	ShapeBeam:  drawnCursor(beamDrawn, image.Pt(4, 8)),
}

func drawnCursor(drawn string, hotspot image.Point) *rfb.Cursor {
	rows := strings.Split(strings.TrimPrefix(drawn, "\n"), "\n")
	c := &rfb.Cursor{Hotspot: hotspot, Size: image.Pt(0, len(rows))}
	for _, row := range rows {
		c.Size.X = max(c.Size.X, len(row))
	}
	c.Pix = make([]byte, c.Size.X*c.Size.Y*4)
	for y, row := range rows {
		for x, dot := range []byte(row) {
			p := c.Pix[(y*c.Size.X+x)*4:]
			switch dot {
			case '#':
				p[3] = 0xff
			case '.':
				p[0], p[1], p[2], p[3] = 0xff, 0xff, 0xff, 0xff
			}
		}
	}
	return c
}

// copyOf is a cursor that the caller may keep.
func copyOf(s Shape) *rfb.Cursor {
	c := *cursors[s]
	c.Pix = append([]byte(nil), c.Pix...)
	return &c
}

// pointer draws the cursor into the picture, for those who look at it without a pointer of their own.
func (c *canvas) pointer(s Shape, at image.Point) {
	cur := cursors[s]
	at = at.Sub(cur.Hotspot)
	for y := range cur.Size.Y {
		for x := range cur.Size.X {
			p := cur.Pix[(y*cur.Size.X+x)*4:]
			c.blend(at.X+x, at.Y+y, colour(p[2])<<16|colour(p[1])<<8|colour(p[0]), uint32(p[3]))
		}
	}
}
