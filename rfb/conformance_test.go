package rfb_test

import (
	"context"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// mixed draws something of everything: text, a photo, flat colours, lines.
func mixed(fb *rfb.Framebuffer) {
	size := fb.Size
	text(fb, image.Rectangle{Max: size}, 5)
	photo(fb, image.Rect(size.X/4, size.Y/4, size.X/2, size.Y/2), 1)
	for y := size.Y / 2; y < size.Y*3/4; y++ {
		for x := size.X / 2; x < size.X; x++ {
			i := y*fb.Stride + 4*x
			fb.Pix[i], fb.Pix[i+1], fb.Pix[i+2] = 10, byte(x/50*20), 200
		}
	}
}

// TestFormatsAndEncodings shows a picture, and changes of it, in every way a viewer may ask for; what is lossless is exact.
func TestFormatsAndEncodings(t *testing.T) {
	lossless := client.LosslessEncodings()
	for _, tt := range []struct {
		name   string
		format client.PixelFormat
		enc    []client.Encoding
		pull   client.Pull
		exact  bool
	}{
		{"Tight", client.BGRX, lossless, client.PullContinuous, true},
		{"Tight by request", client.BGRX, lossless, client.PullRequests, true},
		{"Tight, other order", client.RGBX, lossless, client.PullContinuous, true},
		{"Tight, big endian", client.XRGB, lossless, client.PullContinuous, true},
		{"Raw", client.BGRX, []client.Encoding{client.Raw}, client.PullRequests, true},
		{"Raw before Tight", client.BGRX, append([]client.Encoding{client.Raw}, lossless...), client.PullContinuous, true},
		{"Raw, other order", client.RGBX, []client.Encoding{client.Raw}, client.PullRequests, true},
		{"Raw, big endian", client.XRGB, []client.Encoding{client.Raw}, client.PullRequests, true},
		{"30 bits", client.RGB30, lossless, client.PullContinuous, true},
		{"16 bits", client.RGB565, lossless, client.PullContinuous, false},
		{"16 bits, big endian", client.RGB565BE, lossless, client.PullContinuous, false},
		{"15 bits", client.RGB555, lossless, client.PullContinuous, false},
		{"8 bits", client.BGR233, lossless, client.PullContinuous, false},
		{"6 bits", client.RGB222, lossless, client.PullContinuous, false},
		{"colour map", client.ColorMap8, lossless, client.PullContinuous, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := rfb.NewDisplay(image.Pt(320, 200))
				d.Update(func(fb *rfb.Framebuffer) rfb.Damage { mixed(fb); return rfb.Damage{} })
				_, v := serve(t, d, rfb.Options{}, 0, time.Millisecond,
					client.Options{Format: tt.format, Encodings: tt.enc, Pull: tt.pull})
				near(t, d, v, tt.exact, tt.format)
				rng := rand.New(rand.NewPCG(1, 1))
				for n := range 10 {
					d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
						r := image.Rect(rng.IntN(320), rng.IntN(200), rng.IntN(320), rng.IntN(200))
						text(fb, r, uint64(n))
						return rfb.Damage{Rects: []image.Rectangle{r}}
					})
				}
				near(t, d, v, tt.exact, tt.format)
			})
		})
	}
}

// near waits until all was sent, and compares as exactly as the viewer's format allows.
func near(t *testing.T, d *rfb.Display, v *client.Conn, exact bool, f client.PixelFormat) {
	t.Helper()
	time.Sleep(3 * time.Second)
	got := v.Picture()
	d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		if exact {
			if r := client.Differ(*fb, got); !r.Empty() {
				t.Errorf("they differ at %v", r)
			}
			return rfb.Damage{}
		}
		off := 0
		for y := range fb.Size.Y {
			for x := range 4 * fb.Size.X {
				if x%4 != 3 {
					off = max(off, int(fb.Pix[y*fb.Stride+x])-int(got.Pix[y*got.Stride+x]), int(got.Pix[y*got.Stride+x])-int(fb.Pix[y*fb.Stride+x]))
				}
			}
		}
		least := min(f.RedMax, f.GreenMax, f.BlueMax)
		if least == 0 {
			least = 3 // of the colour map
		}
		if most := 255/int(least)/2 + 1; off > most {
			t.Errorf("a colour is off by %d, want %d at most", off, most)
		}
		return rfb.Damage{}
	})
}

// TestRefresh: what was sent as JPEG becomes exact when nothing has changed for a while, not before, and in slices that a change overtakes.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size := image.Pt(1000, 700)
		d := rfb.NewDisplay(size)
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			photo(fb, image.Rectangle{Max: size}, 0)
			return rfb.Damage{}
		})
		exact := func(v *client.Conn) bool {
			got, same := v.Picture(), false
			d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
				same = client.Differ(*fb, got).Empty()
				return rfb.Damage{}
			})
			return same
		}
		c, v := serve(t, d, rfb.Options{}, 1e6, 20*time.Millisecond, client.Options{})
		for n := range 10 { // something changes all the time
			time.Sleep(200 * time.Millisecond)
			d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
				photo(fb, image.Rect(0, 0, 100, 100), float64(n))
				return rfb.Damage{Rects: []image.Rectangle{image.Rect(0, 0, 100, 100)}}
			})
		}
		time.Sleep(250 * time.Millisecond)
		lossy := c.Stats().Sent
		if exact(v) {
			t.Error("exact while it changes")
		}
		time.Sleep(200 * time.Millisecond)
		if c.Stats().Sent == lossy {
			t.Error("no refresh begun after 300 ms")
		}
		// A change in the middle of it.
		began := time.Now()
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			fb.Pix[0] = 200
			return rfb.Damage{Rects: []image.Rectangle{image.Rect(0, 0, 1, 1)}}
		})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := v.Await(ctx, func(s *client.State) bool { return s.Picture.Pix[0] == 200 }); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 60*time.Millisecond {
			t.Errorf("a change during the refresh took %v", took)
		}
		time.Sleep(5 * time.Second)
		if !exact(v) {
			t.Error("not exact after it")
		}
		sent := c.Stats().Updates
		time.Sleep(time.Minute)
		if n := c.Stats().Updates - sent; n != 0 {
			t.Errorf("%d updates of a picture that is exact", n)
		}
	})
}

// TestQualities: sharp is exact at once; the viewer's level 9 is, too.
func TestQualities(t *testing.T) {
	for _, tt := range []struct {
		quality rfb.Quality
		level   int
		exact   bool
	}{
		{rfb.QualitySharp, 6, true}, {rfb.QualityAuto, 9, true}, {rfb.QualityAuto, 6, false}, {rfb.QualityFast, 6, false},
	} {
		t.Run(fmt.Sprint(tt.quality, tt.level), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := rfb.NewDisplay(image.Pt(300, 200))
				d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
					photo(fb, image.Rect(0, 0, 300, 200), 0)
					return rfb.Damage{}
				})
				enc := append(client.LosslessEncodings(), client.Quality(tt.level))
				c, v := serve(t, d, rfb.Options{Quality: tt.quality}, 0, time.Millisecond, client.Options{Encodings: enc})
				time.Sleep(100 * time.Millisecond)
				got := v.Picture()
				d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
					if exact := client.Differ(*fb, got).Empty(); exact != tt.exact {
						t.Errorf("exact is %t; %+v", exact, c.Stats())
					}
					return rfb.Damage{}
				})
				c.SetQuality(rfb.QualitySharp)
				time.Sleep(100 * time.Millisecond)
				shows(t, d, v)
			})
		})
	}
}

// TestScrollByCopyRect: what scrolls or is dragged costs little, and is exact; also while much is still owed.
func TestScrollByCopyRect(t *testing.T) {
	for _, bandwidth := range []float64{0, 125e3} {
		synctest.Test(t, func(t *testing.T) {
			size := image.Pt(800, 600)
			d := rfb.NewDisplay(size)
			d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
				text(fb, image.Rectangle{Max: size}, 3)
				return rfb.Damage{}
			})
			c, v := serve(t, d, rfb.Options{}, bandwidth, 10*time.Millisecond, client.Options{})
			if bandwidth == 0 {
				shows(t, d, v)
			}
			before := c.Stats().Sent
			for n := range 10 {
				d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
					copy(fb.Pix, fb.Pix[48*fb.Stride:])
					text(fb, image.Rect(0, size.Y-48, size.X, size.Y), uint64(n)+100)
					return rfb.Damage{Unknown: true}
				})
				time.Sleep(50 * time.Millisecond)
			}
			shows(t, d, v)
			sent := c.Stats().Sent - before
			t.Logf("%d bytes a step", sent/10)
			if bandwidth == 0 && sent/10 > 20000 {
				t.Errorf("%d bytes a step", sent/10)
			}
		})
	}
}

// FuzzServe says anything to a server.
func FuzzServe(f *testing.F) {
	f.Add([]byte("RFB 003.008\n\x01\x01\x02\x00\x00\x02\x00\x00\x00\x07\xff\xff\xff\x11\x03\x00\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Add([]byte("RFB 003.003\n\x00\x02\x00\x00\x01\xff\xff\xfe\xcc\xfb\x00\x01\x00\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := rfb.NewDisplay(image.Pt(70, 70))
		d.Update(func(*rfb.Framebuffer) rfb.Damage { return rfb.Damage{} })
		server, viewer := net.Pipe()
		served := make(chan error, 1)
		go func() { served <- rfb.NewConn(server, d, rfb.Options{}).Serve(context.Background()) }()
		go io.Copy(io.Discard, viewer)
		viewer.Write(b)
		viewer.Close()
		<-served
	})
}
