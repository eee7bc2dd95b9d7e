package rfb_test

import (
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// pipe is one direction of a link: bytes come out after they have gone through its bandwidth, one after the other, and its delay. A
// writer waits while more than its buffer is on its way, as with TCP.
type pipe struct {
	bandwidth float64 // bytes a second; 0: endless
	delay     time.Duration
	buffer    int

	mu     sync.Mutex
	moved  chan struct{} // closed and made anew at each change
	queue  []packet
	free   time.Time // when the link has carried all
	closed bool
}

type packet struct {
	b       []byte
	carried time.Time
	at      time.Time
}

func newPipe(bandwidth float64, delay time.Duration) *pipe {
	return &pipe{bandwidth: bandwidth, delay: delay, buffer: 64 << 10, moved: make(chan struct{})}
}

func (p *pipe) move() {
	close(p.moved)
	p.moved = make(chan struct{})
}

func (p *pipe) Write(b []byte) (int, error) {
	n := 0
	for len(b) > 0 {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return n, io.ErrClosedPipe
		}
		now := time.Now()
		waiting := 0
		for _, k := range p.queue {
			if k.carried.After(now) {
				waiting += len(k.b)
			}
		}
		if room := p.buffer - waiting; room > 0 {
			part := slices.Clone(b[:min(len(b), room, 1400)])
			b = b[len(part):]
			n += len(part)
			if p.free.Before(now) {
				p.free = now
			}
			if p.bandwidth > 0 {
				p.free = p.free.Add(time.Duration(float64(len(part)) / p.bandwidth * 1e9))
			}
			p.queue = append(p.queue, packet{part, p.free, p.free.Add(p.delay)})
			p.move()
			p.mu.Unlock()
			continue
		}
		p.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	return n, nil
}

func (p *pipe) Read(b []byte) (int, error) {
	for {
		p.mu.Lock()
		var wait <-chan time.Time
		if len(p.queue) > 0 {
			late := time.Until(p.queue[0].at)
			if late <= 0 {
				n := copy(b, p.queue[0].b)
				if p.queue[0].b = p.queue[0].b[n:]; len(p.queue[0].b) == 0 {
					p.queue = p.queue[1:]
				}
				p.mu.Unlock()
				return n, nil
			}
			wait = time.After(late)
		} else if p.closed {
			p.mu.Unlock()
			return 0, io.EOF
		}
		moved := p.moved
		p.mu.Unlock()
		select {
		case <-moved:
		case <-wait:
		}
	}
}

// close ends the pipe: at once, or when what is in it has come out.
func (p *pipe) close(now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now {
		p.queue = nil
	}
	p.closed = true
	p.move()
}

type end struct{ in, out *pipe }

func (e end) Read(b []byte) (int, error)  { return e.in.Read(b) }
func (e end) Write(b []byte) (int, error) { return e.out.Write(b) }
func (e end) Close() error {
	e.in.close(true)
	e.out.close(false)
	return nil
}

// link returns the two ends of a link whose one direction, to the viewer, is narrow.
func link(bandwidth float64, rtt time.Duration) (server, viewer io.ReadWriteCloser) {
	down, up := newPipe(bandwidth, rtt/2), newPipe(0, rtt/2)
	return end{up, down}, end{down, up}
}

// serve serves d over the link.
func serve(t *testing.T, d *rfb.Display, o rfb.Options, bandwidth float64, rtt time.Duration, vo client.Options) (*rfb.Conn, *client.Conn) {
	t.Helper()
	s, v := link(bandwidth, rtt)
	c := rfb.NewConn(s, d, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Serve(ctx)
	}()
	viewer, err := client.Connect(v, vo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		viewer.Close()
		cancel()
		<-done
	})
	return c, viewer
}

// photo is a picture that is worth a JPEG.
func photo(fb *rfb.Framebuffer, r image.Rectangle, phase float64) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			u, v := float64(x-r.Min.X)/40, float64(y-r.Min.Y)/30
			i := y*fb.Stride + 4*x
			fb.Pix[i] = byte(128 + 100*math.Sin(u+phase)*math.Cos(v) + 10*math.Sin(9*u*v))
			fb.Pix[i+1] = byte(128 + 90*math.Sin(v-phase+u/3) + 12*math.Sin(17*u))
			fb.Pix[i+2] = byte(128 + 80*math.Cos(u*v/4+phase) + 9*math.Cos(13*v))
		}
	}
}

// text writes something like lines of text into r.
func text(fb *rfb.Framebuffer, r image.Rectangle, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	var font [40][8][6]uint8 // with soft edges
	frng := rand.New(rand.NewPCG(9, 9))
	for i := range font {
		for y := range font[i] {
			for x := range font[i][y] {
				if font[i][y][x] = 255; frng.IntN(5) < 2 {
					font[i][y][x] = uint8(frng.IntN(6) * 40)
				}
			}
		}
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := fb.Pix[y*fb.Stride+4*r.Min.X : y*fb.Stride+4*r.Max.X]
		for i := range row {
			row[i] = 255
		}
	}
	for y := r.Min.Y; y+16 <= r.Max.Y; y += 16 {
		for x := r.Min.X; x+8 <= r.Max.X; x += 8 {
			if rng.IntN(6) == 0 {
				continue
			}
			glyph := font[rng.IntN(len(font))]
			for gy := range 8 {
				for gx := range 6 {
					i := (y+4+gy)*fb.Stride + 4*(x+gx)
					fb.Pix[i], fb.Pix[i+1], fb.Pix[i+2] = glyph[gy][gx], glyph[gy][5-gx], glyph[gy][gx]
				}
			}
		}
	}
}

// TestSlowLink types now and then while something else goes on, over 1 Mbit/s and 80 ms, and looks how long a key takes until it is on
// the canvas.
func TestSlowLink(t *testing.T) {
	size := image.Pt(800, 600)
	for _, tt := range []struct {
		name string
		most time.Duration // the median
		step func(fb *rfb.Framebuffer, n int) rfb.Damage
	}{
		{"idle", 110 * time.Millisecond, nil},
		{"video", 250 * time.Millisecond, func(fb *rfb.Framebuffer, n int) rfb.Damage {
			r := image.Rect(400, 300, 720, 540)
			photo(fb, r, float64(n)/5)
			return rfb.Damage{Rects: []image.Rectangle{r}}
		}},
		{"scroll", 400 * time.Millisecond, func(fb *rfb.Framebuffer, n int) rfb.Damage {
			r := image.Rect(100, 100, 700, 580)
			for y := 100; y < 532; y++ {
				copy(fb.Pix[y*fb.Stride+400:y*fb.Stride+2800], fb.Pix[(y+48)*fb.Stride+400:])
			}
			text(fb, image.Rect(100, 532, 700, 580), uint64(n)+10)
			return rfb.Damage{Rects: []image.Rectangle{r}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := rfb.NewDisplay(size)
				d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
					text(fb, image.Rectangle{Max: size}, 1)
					return rfb.Damage{Unknown: true}
				})
				c, v := serve(t, d, rfb.Options{}, 125e3, 80*time.Millisecond, client.Options{Encodings: client.AllEncodings()})
				began := time.Now()
				shows(t, d, v)
				t.Logf("first picture after %v", time.Since(began))
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if tt.step != nil {
					go func() {
						for n := 0; ; n++ {
							select {
							case <-ctx.Done():
								return
							case <-time.After(40 * time.Millisecond):
							}
							if d.Wanted(ctx) == nil {
								d.Update(func(fb *rfb.Framebuffer) rfb.Damage { return tt.step(fb, n) })
							}
						}
					}()
					time.Sleep(2 * time.Second)
				}
				var took []time.Duration
				for n := range 10 {
					time.Sleep(337 * time.Millisecond)
					key := byte(10 + n*20)
					began := time.Now()
					time.Sleep(40 * time.Millisecond) // the key's way to the server
					d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
						fb.Pix[20*fb.Stride+4*20] = key
						return rfb.Damage{Rects: []image.Rectangle{image.Rect(18, 18, 26, 30)}}
					})
					err := v.Await(context.Background(), func(s *client.State) bool {
						return s.Picture.Pix[20*s.Picture.Stride+4*20] == key
					})
					if err != nil {
						t.Fatal(err)
					}
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				t.Logf("median %v, longest %v; %+v", took[5], took[9], c.Stats())
				if took[5] > tt.most {
					t.Errorf("median %v, want %v", took[5], tt.most)
				}
			})
		})
	}
}

// TestSmallGoesFirst: while a large picture is still on its way, what is typed does not wait for it.
func TestSmallGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size := image.Pt(800, 600)
		d := rfb.NewDisplay(size)
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage { return rfb.Damage{} })
		c, v := serve(t, d, rfb.Options{Quality: rfb.QualitySharp}, 125e3, 80*time.Millisecond, client.Options{})
		shows(t, d, v)
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			photo(fb, image.Rect(0, 128, 800, 600), 1)
			return rfb.Damage{Unknown: true}
		})
		for n := range byte(5) {
			time.Sleep(300 * time.Millisecond)
			began := time.Now()
			d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
				fb.Pix[20*fb.Stride+4*20] = n + 1
				return rfb.Damage{Rects: []image.Rectangle{image.Rect(18, 18, 26, 30)}}
			})
			err := v.Await(context.Background(), func(s *client.State) bool {
				return s.Picture.Pix[20*s.Picture.Stride+4*20] == n+1
			})
			if took := time.Since(began); err != nil || took > 300*time.Millisecond {
				t.Errorf("%v after %v; %+v", err, took, c.Stats())
			}
		}
		got := v.Picture()
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			if client.Differ(*fb, got).Empty() {
				t.Error("the picture was there long before")
			}
			return rfb.Damage{}
		})
		shows(t, d, v)
	})
}

// shows waits until the viewer has exactly d's picture.
func shows(t *testing.T, d *rfb.Display, v *client.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var why string
	err := v.Await(ctx, func(s *client.State) bool {
		same := true
		d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			diff := client.Differ(*fb, s.Picture)
			same, why = diff.Empty(), fmt.Sprint(diff)
			return rfb.Damage{}
		})
		return same
	})
	if err != nil {
		t.Fatalf("%v: they differ at %s", err, why)
	}
}
