package encoder

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/rejoin/rejoin/rfb"
)

// photo is a picture with the soft shapes, edges and many colours that photographs have.
type photo struct {
	size image.Point
	c    [3][]float32
}

// newPhoto adds up noise of several sizes, each colour somewhat on its own, and lays bright and dark shapes over it.
func newPhoto(rnd *rand.Rand, size image.Point) *photo {
	p := &photo{size: size}
	light := noise(rnd, size, []float64{160, 80, 40, 20, 10, 5}, []float64{50, 26, 12, 6, 4, 5})
	for i := range p.c {
		tint := noise(rnd, size, []float64{220, 90}, []float64{40, 14})
		p.c[i] = make([]float32, size.X*size.Y)
		for k := range p.c[i] {
			p.c[i][k] = 128 + light[k] + tint[k]
		}
	}
	for range size.X * size.Y / 16000 {
		center := image.Pt(rnd.IntN(size.X), rnd.IntN(size.Y))
		radius := 10 + rnd.Float64()*40
		var shift [3]float32
		for i := range shift {
			shift[i] = float32(rnd.NormFloat64() * 24)
		}
		p.blob(center, radius, shift)
	}
	return p
}

// blob lays a disc with a soft edge of two pixels over the photo.
func (p *photo) blob(center image.Point, radius float64, shift [3]float32) {
	reach := int(radius) + 2
	r := image.Rect(-reach, -reach, reach, reach).Add(center).Intersect(image.Rectangle{Max: p.size})
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d := math.Hypot(float64(x-center.X), float64(y-center.Y))
			cover := float32(min(max((radius-d)/2+0.5, 0), 1))
			for i := range p.c {
				p.c[i][y*p.size.X+x] += cover * shift[i]
			}
		}
	}
}

// noise is the sum of smooth random surfaces, each with its mesh width and height.
func noise(rnd *rand.Rand, size image.Point, widths, heights []float64) []float32 {
	sum := make([]float32, size.X*size.Y)
	for i, width := range widths {
		cols, rows := int(float64(size.X)/width)+3, int(float64(size.Y)/width)+3
		mesh := make([]float64, cols*rows)
		for k := range mesh {
			mesh[k] = rnd.NormFloat64() * heights[i]
		}
		for y := range size.Y {
			fy, ty := math.Modf(float64(y) / width)
			ty = ty * ty * (3 - 2*ty)
			for x := range size.X {
				fx, tx := math.Modf(float64(x) / width)
				tx = tx * tx * (3 - 2*tx)
				m := mesh[int(fy)*cols+int(fx):]
				sum[y*size.X+x] += float32((m[0]*(1-tx)+m[1]*tx)*(1-ty) + (m[cols]*(1-tx)+m[cols+1]*tx)*ty)
			}
		}
	}
	return sum
}

// grain is the noise of a camera's sensor, in steps of brightness.
const grain = 1.0

// show draws the part of the photo that begins at from into r, with fresh grain if rnd is given and with constant grain else.
func (p *photo) show(on rfb.Framebuffer, r image.Rectangle, from image.Point, rnd *rand.Rand) {
	if rnd == nil {
		rnd = rand.New(rand.NewPCG(7, 7))
	}
	for y := range r.Dy() {
		for x := range r.Dx() {
			k := (from.Y+y)*p.size.X + from.X + x
			out := on.Pix[(r.Min.Y+y)*on.Stride+4*(r.Min.X+x):]
			g := float32(rnd.NormFloat64() * grain)
			for i := range p.c {
				out[2-i] = byte(min(max(p.c[i][k]+g, 0), 255))
			}
		}
	}
}
