package rfb

import (
	"image"
	"math/rand/v2"
	"testing"
)

// scribble fills r with noise.
func scribble(rng *rand.Rand, r image.Rectangle) func(fb *Framebuffer) Damage {
	return func(fb *Framebuffer) Damage {
		r := r.Intersect(image.Rectangle{Max: fb.Size})
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := fb.Pix[y*fb.Stride+4*r.Min.X : y*fb.Stride+4*r.Max.X]
			for i := range row {
				row[i] = byte(rng.Uint32())
			}
		}
		return Damage{Rects: []image.Rectangle{r}}
	}
}

func TestPictureArrives(t *testing.T) {
	for _, tt := range []struct {
		name      string
		encodings []int32
		requests  bool
	}{
		{"by request", []int32{encRaw}, true},
		{"by request with fences", []int32{encRaw, encFence}, true},
		{"continuously", []int32{encRaw, encFence, encContinuousUpdates}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			d := NewDisplay(image.Pt(200, 150))
			d.Update(scribble(rng, image.Rect(0, 0, 200, 150)))
			_, v := view(t, d, Options{Name: "desk"})
			if v.name != "desk" || v.size != image.Pt(200, 150) {
				t.Fatalf("ServerInit says %q, %v", v.name, v.size)
			}
			v.asks = tt.requests
			go v.run()
			whole := image.Rect(0, 0, 200, 150)
			v.send(encodingsMessage(tt.encodings...))
			v.send(requestMessage(false, whole))
			if !tt.requests {
				v.send(continuousMessage(true, whole))
			}
			v.until("the first picture", v.same(d))
			for range 20 {
				at := image.Pt(rng.IntN(200), rng.IntN(150))
				d.Update(scribble(rng, image.Rectangle{Min: at, Max: at.Add(image.Pt(rng.IntN(40), rng.IntN(40)))}))
				v.until("a change", v.same(d))
			}
		})
	}
}
