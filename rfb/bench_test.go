package rfb

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// bench makes a connection whose viewer has d's picture and asks for all there is; step sends one update without a stream.
func bench(d *Display) (c *Conn, step func() (bytes int)) {
	c = NewConn(nil, d, Options{})
	size := d.Size()
	c.send.seen = newShadow(size)
	c.send.show(d)
	st := &c.st
	st.enc = newEncodings([]int32{encCopyRect, encTight, encQuality0 + 6, encFence, encContinuousUpdates})
	st.continuous, st.area = true, image.Rectangle{Max: size}
	st.pace.bandwidth = 1e8
	now := time.Now()
	c.send.sent = now
	step = func() int {
		c.send.out = c.send.out[:0]
		c.send.update(c.gather(now))
		st.pace.forget()
		return len(c.send.out)
	}
	step()
	return c, step
}

// letters fills r with something like text with coloured edges.
func letters(rng *rand.Rand, fb *Framebuffer, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v, w := byte(255), byte(255)
			if y%16 > 3 && y%16 < 13 && rng.IntN(8) == 0 {
				v, w = byte(rng.IntN(64)*4), byte(rng.IntN(64)*4)
			}
			i := y*fb.Stride + 4*x
			fb.Pix[i], fb.Pix[i+1], fb.Pix[i+2] = v, (v+w)/2, w
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	size := image.Pt(1280, 800)
	for _, bb := range []struct {
		name string
		draw func(rng *rand.Rand, n int, fb *Framebuffer) Damage
	}{
		{"typing", func(rng *rand.Rand, n int, fb *Framebuffer) Damage {
			x, y := 8*(n%150), 16*(n/150%45)
			r := image.Rect(x, y, x+8, y+16)
			letters(rng, fb, r)
			return Damage{Rects: []image.Rectangle{r}}
		}},
		{"typing, anywhere", func(rng *rand.Rand, n int, fb *Framebuffer) Damage {
			x, y := 8*(n%150), 16*(n/150%45)
			letters(rng, fb, image.Rect(x, y, x+8, y+16))
			return Damage{Unknown: true}
		}},
		{"nothing, anywhere", func(*rand.Rand, int, *Framebuffer) Damage { return Damage{Unknown: true} }},
		{"scroll", func(rng *rand.Rand, n int, fb *Framebuffer) Damage {
			copy(fb.Pix, fb.Pix[48*fb.Stride:])
			letters(rng, fb, image.Rect(0, size.Y-48, size.X, size.Y))
			return Damage{Unknown: true}
		}},
		{"video", func(_ *rand.Rand, n int, fb *Framebuffer) Damage {
			r := image.Rect(400, 300, 720, 540)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					i := y*fb.Stride + 4*x
					u, v := x+n, y-n
					fb.Pix[i], fb.Pix[i+1], fb.Pix[i+2] = wave[u*3&1023]/2+wave[v*5&1023]/2, wave[(u+v)*2&1023], wave[(u-v)*4&1023]/2+60
				}
			}
			return Damage{Rects: []image.Rectangle{r}}
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			d := NewDisplay(size)
			d.Update(func(fb *Framebuffer) Damage {
				letters(rng, fb, image.Rectangle{Max: size})
				return Damage{}
			})
			_, step := bench(d)
			n, bytes := 0, 0
			var draw time.Duration
			for b.Loop() {
				began := time.Now()
				d.Update(func(fb *Framebuffer) Damage { return bb.draw(rng, n, fb) })
				draw += time.Since(began)
				bytes += step()
				n++
			}
			b.ReportMetric(float64(bytes)/float64(n), "B/update")
			b.ReportMetric(float64(b.Elapsed()-draw)/float64(n)/1e6, "ms/update")
		})
	}
}

var wave = func() (w [1024]byte) {
	for i := range w {
		w[i] = byte(128 + 120*math.Sin(float64(i)*math.Pi/512))
	}
	return w
}()
