package rfb_test

import (
	"context"
	"errors"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// pattern is a picture with all that encoders tell apart: flat areas, two colours, few and many colours, slopes, noise,
// photographs, thin lines, and odd sizes of everything.
func pattern(size image.Point, seed uint64) rfb.Framebuffer {
	rnd := rand.New(rand.NewPCG(seed, 1))
	p := rfb.Framebuffer{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
	draw(&p, image.Rectangle{Max: size}, rnd)
	for range 40 {
		draw(&p, randomRect(rnd, size), rnd)
	}
	return p
}

func randomRect(rnd *rand.Rand, size image.Point) image.Rectangle {
	w, h := 1+rnd.IntN(max(size.X/3, 1)), 1+rnd.IntN(max(size.Y/3, 1))
	x, y := rnd.IntN(size.X), rnd.IntN(size.Y)
	return image.Rect(x, y, x+w, y+h).Intersect(image.Rectangle{Max: size})
}

// draw fills an area with something of one kind.
func draw(p *rfb.Framebuffer, r image.Rectangle, rnd *rand.Rand) {
	kind, colors := rnd.IntN(7), make([]uint32, 2+rnd.IntN(300))
	for i := range colors {
		colors[i] = rnd.Uint32()
	}
	base, dx, dy := [3]int{rnd.IntN(256), rnd.IntN(256), rnd.IntN(256)}, rnd.IntN(5), rnd.IntN(5)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			var v uint32
			switch kind {
			case 0: // flat
				v = colors[0]
			case 1: // two colours
				v = colors[(x*x+y*3)>>3&1]
			case 2: // few or many
				v = colors[(x/3*7+y/5*13)%len(colors)]
			case 3: // a slope
				v = slope(base, dx*(x-r.Min.X), dy*(y-r.Min.Y), 0)
			case 4: // a slope with grain, like a photograph
				v = slope(base, dx*(x-r.Min.X), dy*(y-r.Min.Y), rnd.IntN(7))
			case 5: // noise
				v = rnd.Uint32()
			case 6: // colours that are nearly alike
				v = colors[0] ^ uint32((x/2+y/3)%3) ^ uint32(x/7%2)<<8
			}
			b := p.Pix[y*p.Stride+4*x:]
			b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24) // the fourth is to be ignored
		}
	}
}

func slope(base [3]int, x, y, grain int) (v uint32) {
	for i, c := range base {
		v = v<<8 | uint32((c+x/(i+1)+y+grain)/2&0xff)
	}
	return v
}

// listener takes down what a viewer sends.
type listener struct {
	mu       sync.Mutex
	keys     []rfb.KeyEvent
	pointers []rfb.PointerEvent
	texts    []string
	more     chan struct{}
}

func newListener() *listener { return &listener{more: make(chan struct{}, 1)} }

func (l *listener) add(f func()) {
	l.mu.Lock()
	f()
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
}
func (l *listener) Key(e rfb.KeyEvent)         { l.add(func() { l.keys = append(l.keys, e) }) }
func (l *listener) Pointer(e rfb.PointerEvent) { l.add(func() { l.pointers = append(l.pointers, e) }) }
func (l *listener) Clipboard(text string)      { l.add(func() { l.texts = append(l.texts, text) }) }

// await waits until ok, which is called with the lock held.
func (l *listener) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		l.mu.Lock()
		done := ok()
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-l.more:
		case <-limit:
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("%s did not come; there are %v, %v, %q", what, l.keys, l.pointers, l.texts)
		}
	}
}

// desk is a display that is served to whoever connects.
type desk struct {
	t       *testing.T
	display *rfb.Display
	truth   rfb.Framebuffer
	heard   *listener
	options rfb.Options
	addr    string
	conns   chan *rfb.Conn
}

func newDesk(t *testing.T, truth rfb.Framebuffer, o rfb.Options) *desk {
	d := &desk{t: t, display: rfb.NewDisplay(truth.Size), truth: truth, heard: newListener(), options: o, conns: make(chan *rfb.Conn, 100)}
	if d.options.Handler == nil {
		d.options.Handler = d.heard
	}
	d.show(truth)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.addr = l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		for {
			stream, err := l.Accept()
			if err != nil {
				return
			}
			c := rfb.NewConn(stream, d.display, d.options)
			d.conns <- c
			all.Go(func() {
				if err := c.Serve(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
					t.Logf("Serve: %v", err)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		stop()
		all.Wait()
	})
	return d
}

// show draws a whole picture of the display's size.
func (d *desk) show(p rfb.Framebuffer) {
	d.truth = p
	d.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		copyPicture(fb, p)
		return rfb.Damage{Rects: []image.Rectangle{{Max: p.Size}}}
	})
}

func copyPicture(fb *rfb.Framebuffer, p rfb.Framebuffer) {
	for y := range p.Size.Y {
		copy(fb.Pix[y*fb.Stride:][:4*p.Size.X], p.Pix[y*p.Stride:])
	}
}

func (d *desk) connect(o client.Options) *client.Conn {
	d.t.Helper()
	stream, err := net.Dial("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	c, err := client.Connect(stream, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	return c
}

// awaitState waits until the viewer's state is as wanted.
func (d *desk) awaitState(c *client.Conn, what string, ok func(*client.State) bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 15*time.Second)
	defer cancel()
	if err := c.Await(ctx, ok); err != nil {
		d.t.Fatalf("%s: %v (connection: %v)", what, err, c.Err())
	}
}

// shows waits until the viewer shows the truth, as exactly as its format allows.
func (d *desk) shows(c *client.Conn, f client.PixelFormat) {
	d.t.Helper()
	d.showsPicture(c, f, d.truth)
}

func (d *desk) showsPicture(c *client.Conn, f client.PixelFormat, truth rfb.Framebuffer) {
	d.t.Helper()
	want := asFormat(truth, f)
	ctx, cancel := context.WithTimeout(d.t.Context(), 15*time.Second)
	defer cancel()
	var differs image.Rectangle
	var rects []client.Rect
	err := c.Await(ctx, func(s *client.State) bool {
		rects = append(rects, s.Last.Rects...)
		if s.Picture.Size != want.Size {
			differs = image.Rectangle{Max: s.Picture.Size}
			return false
		}
		differs = client.Differ(s.Picture, want)
		return differs.Empty()
	})
	if err != nil {
		if len(rects) > 12 {
			rects = rects[len(rects)-12:]
		}
		d.t.Fatalf("%v; the picture differs in %v; the newest rectangles: %v", err, differs, rects)
	}
}

// scroll moves the whole picture up and draws what is new below.
func (d *desk) scroll(by int) {
	rnd := rand.New(rand.NewPCG(1, uint64(by)))
	size := d.truth.Size
	copy(d.truth.Pix, d.truth.Pix[by*d.truth.Stride:])
	draw(&d.truth, image.Rect(0, size.Y-by, size.X, size.Y), rnd)
	d.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		copyPicture(fb, d.truth)
		return rfb.Damage{
			Moves: []rfb.Move{{To: image.Rect(0, 0, size.X, size.Y-by), From: image.Pt(0, by)}},
			Rects: []image.Rectangle{image.Rect(0, size.Y-by, size.X, size.Y)},
		}
	})
}

// change scrolls or draws something, and tells of it in one of the ways there are.
func (d *desk) change(rnd *rand.Rand) {
	size := d.truth.Size
	r := randomRect(rnd, size)
	told := rnd.IntN(3)
	moved := rnd.IntN(2) == 0
	d.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		var damage rfb.Damage
		if moved {
			from := image.Pt(rnd.IntN(size.X-r.Dx()+1), rnd.IntN(size.Y-r.Dy()+1))
			before := slices.Clone(d.truth.Pix)
			for y := range r.Dy() {
				copy(d.truth.Pix[(r.Min.Y+y)*d.truth.Stride+4*r.Min.X:][:4*r.Dx()], before[(from.Y+y)*d.truth.Stride+4*from.X:])
			}
			if told == 1 {
				damage.Moves = []rfb.Move{{To: r, From: from}}
			}
		} else {
			draw(&d.truth, r, rnd)
		}
		copyPicture(fb, d.truth)
		switch {
		case told == 2:
			damage.Unknown = true
		case len(damage.Moves) == 0:
			damage.Rects = []image.Rectangle{r}
		}
		return damage
	})
}
