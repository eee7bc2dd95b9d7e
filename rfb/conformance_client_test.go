package rfb_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// The tests here look at the server from outside, as viewers do: with package client, which shares no code with it, and in
// conformance_vncviewer_test.go with TigerVNC's viewer.

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
	kind, colors := rnd.IntN(6), make([]uint32, 2+rnd.IntN(300))
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

// asFormat is a picture as it looks when each colour has been rounded to the nearest that a format has, and back.
func asFormat(p rfb.Framebuffer, f client.PixelFormat) rfb.Framebuffer {
	limits := []int{int(f.BlueMax), int(f.GreenMax), int(f.RedMax)}
	if !f.TrueColor {
		limits = []int{3, 7, 7} // the colour map of the server
	}
	q := rfb.Framebuffer{Pix: slices.Clone(p.Pix), Stride: p.Stride, Size: p.Size}
	for i := range q.Pix {
		if i%4 == 3 {
			continue
		}
		m := limits[i%4]
		part := (int(q.Pix[i])*m + 127) / 255
		q.Pix[i] = byte((part*255 + m/2) / m)
	}
	return q
}

var exactSets = map[string][]client.Encoding{
	"nothing":        {},
	"Raw":            {client.Raw},
	"CopyRect":       {client.CopyRect},
	"Tight":          {client.Tight},
	"Tight and more": client.LosslessEncodings(),
	"compression 0":  {client.CopyRect, client.Tight, client.Compression(0)},
	"compression 9":  {client.CopyRect, client.Tight, client.LastRect, client.Compression(9)},
}

func TestEveryEncodingIsExact(t *testing.T) {
	for name, encodings := range exactSets {
		for _, pull := range []client.Pull{client.PullRequests, client.PullContinuous} {
			t.Run(name+"/"+string(pull), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(3, 4))
				d := newDesk(t, pattern(image.Pt(333, 251), 1), rfb.Options{})
				c := d.connect(client.Options{Encodings: encodings, Pull: pull})
				d.shows(c, client.BGRX)
				for range 12 {
					d.change(rnd)
					d.shows(c, client.BGRX)
				}
				for range 30 { // without waiting for each
					d.change(rnd)
				}
				d.shows(c, client.BGRX)
			})
		}
	}
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

func TestEveryPixelFormatIsExact(t *testing.T) {
	for name, f := range map[string]client.PixelFormat{
		"BGRX": client.BGRX, "RGBX": client.RGBX, "XRGB": client.XRGB, "RGB30": client.RGB30, "RGB565": client.RGB565,
		"RGB565BE": client.RGB565BE, "RGB555": client.RGB555, "BGR233": client.BGR233, "RGB222": client.RGB222, "ColorMap8": client.ColorMap8,
	} {
		for set, encodings := range map[string][]client.Encoding{"Raw": {client.Raw}, "all": client.LosslessEncodings()} {
			t.Run(name+"/"+set, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(5, 6))
				d := newDesk(t, pattern(image.Pt(200, 150), 2), rfb.Options{})
				c := d.connect(client.Options{Encodings: encodings, Format: f})
				d.shows(c, f)
				for range 4 {
					d.change(rnd)
					d.shows(c, f)
				}
			})
		}
	}
}

func TestEveryVersion(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(64, 48), 3), rfb.Options{Name: "déjà"})
	for _, v := range []client.Version{client.Version33, client.Version37, client.Version38} {
		c := d.connect(client.Options{Version: v, Encodings: client.LosslessEncodings()})
		d.shows(c, client.BGRX)
		d.awaitState(c, "the name", func(s *client.State) bool { return s.Name == "déjà" })
	}
}

// A photograph comes as JPEG at first, and exactly once there is nothing else to send.
func TestPhotographsBecomeExact(t *testing.T) {
	p := rfb.Framebuffer{Pix: make([]byte, 4*320*240), Stride: 4 * 320, Size: image.Pt(320, 240)}
	rnd := rand.New(rand.NewPCG(7, 8))
	for i := range 320 * 240 {
		v := slope([3]int{20, 90, 150}, i%320, i/320, rnd.IntN(9))
		p.Pix[4*i], p.Pix[4*i+1], p.Pix[4*i+2] = byte(v), byte(v>>8), byte(v>>16)
	}
	for _, pull := range []client.Pull{client.PullRequests, client.PullContinuous} {
		t.Run(string(pull), func(t *testing.T) {
			var jpegs int
			d := newDesk(t, p, rfb.Options{})
			c := d.connect(client.Options{Pull: pull, OnUpdate: func(s *client.State) {
				for _, r := range s.Last.Rects {
					if r.Detail == "jpeg" {
						jpegs++
					}
				}
			}})
			d.shows(c, client.BGRX)
			c.View(func(*client.State) {
				if jpegs == 0 {
					t.Error("no JPEG came")
				}
			})
		})
	}
}

func TestResizes(t *testing.T) {
	for name, encodings := range map[string][]client.Encoding{
		"ExtendedDesktopSize": client.LosslessEncodings(), "DesktopSize": {client.Tight, client.CopyRect, client.DesktopSize},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, pattern(image.Pt(320, 200), 4), rfb.Options{})
			c := d.connect(client.Options{Encodings: encodings})
			d.shows(c, client.BGRX)
			for i, size := range []image.Point{{641, 479}, {1, 1}, {17, 400}, {400, 17}, {2100, 300}, {320, 200}} {
				screens := []rfb.Screen{{ID: uint32(i) + 1, Bounds: image.Rectangle{Max: size}}}
				if size.X > 100 {
					left := image.Rect(0, 0, size.X/2, size.Y)
					screens = []rfb.Screen{{ID: 7, Bounds: left}, {ID: 9, Bounds: image.Rect(left.Max.X, 0, size.X, size.Y)}}
				}
				d.truth = pattern(size, uint64(i)+10)
				d.display.Resize(size, screens, func(fb *rfb.Framebuffer) { copyPicture(fb, d.truth) })
				d.shows(c, client.BGRX)
				if name == "ExtendedDesktopSize" {
					d.awaitState(c, "the screens", func(s *client.State) bool { return slices.Equal(s.Screens, screens) })
				}
				d.change(rand.New(rand.NewPCG(uint64(i), 9)))
				d.shows(c, client.BGRX)
			}
		})
	}
}

// A viewer's wish for another size is answered, with a refusal.
func TestWishForAnotherSize(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(100, 80), 5), rfb.Options{})
	c := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	d.awaitState(c, "ExtendedDesktopSize", func(s *client.State) bool { return len(s.Screens) > 0 })
	c.SetDesktopSize(image.Pt(50, 50), []rfb.Screen{{ID: 1, Bounds: image.Rect(0, 0, 50, 50)}})
	d.awaitState(c, "the answer", func(s *client.State) bool {
		return s.ResizeReason == 1 && s.ResizeStatus != 0 && s.Picture.Size == image.Pt(100, 80)
	})
	d.shows(c, client.BGRX)
}

func TestSwitchOfDisplays(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(320, 200), 6), rfb.Options{})
	c := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	server := <-d.conns
	d.shows(c, client.BGRX)
	other := rfb.NewDisplay(image.Pt(123, 456))
	second := pattern(image.Pt(123, 456), 7)
	other.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		copyPicture(fb, second)
		return rfb.Damage{Unknown: true}
	})
	for range 3 {
		server.SetDisplay(other)
		d.showsPicture(c, client.BGRX, second)
		d.change(rand.New(rand.NewPCG(1, 2))) // unseen
		server.SetDisplay(d.display)
		d.shows(c, client.BGRX)
	}
}

func TestCursors(t *testing.T) {
	shape := rfb.Cursor{Size: image.Pt(5, 3), Hotspot: image.Pt(4, 2), Pix: make([]byte, 4*5*3)}
	for i := range 15 {
		alpha := []byte{255, 0, 255, 51, 128}[i%5]
		copy(shape.Pix[4*i:], []byte{byte(i * 15), byte(200 - i), byte(i * 9), alpha})
		if alpha == 0 {
			copy(shape.Pix[4*i:], []byte{0, 0, 0})
		}
	}
	d := newDesk(t, pattern(image.Pt(64, 64), 8), rfb.Options{})
	d.display.SetCursor(shape)
	d.display.MovePointer(image.Pt(33, 44))
	alpha := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	masked := d.connect(client.Options{Encodings: []client.Encoding{client.Tight, client.CursorShape, client.PointerPos}})
	like := func(got rfb.Cursor, exactAlpha bool) bool {
		if got.Size != shape.Size || got.Hotspot != shape.Hotspot {
			return false
		}
		for i := range got.Pix {
			a, want, has := int(shape.Pix[i|3]), int(shape.Pix[i]), int(got.Pix[i])
			switch {
			case i%4 == 3 && exactAlpha && want != has, i%4 == 3 && !exactAlpha && (want >= 128) != (has == 255):
				return false
			// Premultiplied colours are rounded.
			case i%4 != 3 && a >= 128 && exactAlpha && max(want-has, has-want) > 1, i%4 != 3 && a == 255 && want != has:
				return false
			}
		}
		return true
	}
	d.awaitState(alpha, "the shape", func(s *client.State) bool { return like(s.Cursor, true) })
	d.awaitState(masked, "the masked shape", func(s *client.State) bool { return like(s.Cursor, false) })
	vmware := d.connect(client.Options{Encodings: []client.Encoding{client.Tight, client.VMwareCursor}})
	d.awaitState(vmware, "VMware's shape", func(s *client.State) bool { return like(s.Cursor, true) })
	// Who did not put the pointer where it is sees it in the picture; who did has it as a shape only.
	at := image.Rectangle{Max: shape.Size}.Add(image.Pt(33, 44)).Sub(shape.Hotspot)
	d.awaitState(alpha, "the pointer in the picture", func(s *client.State) bool {
		differs := client.Differ(s.Picture, d.truth)
		return !differs.Empty() && differs.In(at)
	})
	for _, c := range []*client.Conn{alpha, masked, vmware} {
		c.Pointer(rfb.PointerEvent{At: image.Pt(33, 44)})
		d.shows(c, client.BGRX)
	}
	d.display.SetCursor(rfb.Cursor{})
	for _, c := range []*client.Conn{alpha, masked, vmware} {
		d.awaitState(c, "no shape", func(s *client.State) bool { return s.Cursors >= 2 && transparent(s.Cursor) })
		d.shows(c, client.BGRX)
	}
}

// transparent says whether nothing of a shape is seen.
func transparent(c rfb.Cursor) bool {
	for i := 3; i < len(c.Pix); i += 4 {
		if c.Pix[i] != 0 {
			return false
		}
	}
	return true
}

func TestClipboardBothWays(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(8, 8), 9), rfb.Options{})
	c := d.connect(client.Options{})
	server := <-d.conns
	d.awaitState(c, "the extension", func(s *client.State) bool { return s.KnowsClipboard })
	for _, text := range []string{"plain", "Zeile 1\nZeile 2\n", "déjà vu, Ω, 漢字, 🎈👩‍🚀", strings.Repeat("long 🎈 ", 30000), "\n", "end"} {
		server.SetClipboard(text)
		d.awaitState(c, "the text", func(s *client.State) bool { return s.Clipboard == text })
		c.SetClipboard("to " + text)
		d.heard.await(t, "the text", func() bool { return len(d.heard.texts) > 0 && d.heard.texts[len(d.heard.texts)-1] == "to "+text })
	}
	old := d.connect(client.Options{Encodings: []client.Encoding{client.Raw}})
	oldServer := <-d.conns
	d.awaitState(old, "a picture", func(s *client.State) bool { return s.Updates > 0 })
	oldServer.SetClipboard("héllo")
	d.awaitState(old, "Latin-1", func(s *client.State) bool { return s.Clipboard == "héllo" })
	old.SetClipboard("über")
	d.heard.await(t, "Latin-1", func() bool { return d.heard.texts[len(d.heard.texts)-1] == "über" })
}

func TestInput(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(300, 200), 10), rfb.Options{})
	c := d.connect(client.Options{})
	d.awaitState(c, "the extensions", func(s *client.State) bool { return s.KnowsQEMUKeys && s.KnowsMouseButtons })
	keys := []rfb.KeyEvent{{Keysym: 'a', Scancode: 0x1e, Down: true}, {Keysym: 'a', Scancode: 0x1e}, {Keysym: 0x20ac, Down: true}, {Keysym: 0xffe3, Scancode: 0x9d, Down: true}}
	for _, k := range keys {
		c.Key(k)
	}
	pointers := []rfb.PointerEvent{
		{At: image.Pt(1, 2)}, {At: image.Pt(299, 199), Buttons: rfb.ButtonLeft | rfb.ButtonBack}, {At: image.Pt(299, 199), Buttons: rfb.ButtonForward | rfb.WheelRight},
	}
	for _, p := range pointers {
		c.Pointer(p)
	}
	d.heard.await(t, "the keys", func() bool { return slices.Equal(d.heard.keys, keys) })
	d.heard.await(t, "the pointer", func() bool {
		return len(d.heard.pointers) >= len(pointers) && d.heard.pointers[len(d.heard.pointers)-1] == pointers[2] && slices.Contains(d.heard.pointers, pointers[1])
	})
	c.Close()
	d.heard.await(t, "the release", func() bool {
		up := map[uint32]bool{}
		for _, k := range d.heard.keys[len(keys):] {
			up[k.Keysym] = !k.Down
		}
		return up[0x20ac] && up[0xffe3] && d.heard.pointers[len(d.heard.pointers)-1].Buttons == 0
	})
}

func TestReconnects(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(300, 200), 11), rfb.Options{})
	rnd := rand.New(rand.NewPCG(11, 12))
	watching := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	for i := range 15 {
		c := d.connect(client.Options{Encodings: client.LosslessEncodings()})
		if i%3 != 0 { // one in three leaves in the midst of its first picture
			d.shows(c, client.BGRX)
		}
		d.change(rnd)
		c.Close()
	}
	d.shows(watching, client.BGRX)
}

func TestNameAndFence(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(8, 8), 12), rfb.Options{Name: "before"})
	c := d.connect(client.Options{})
	server := <-d.conns
	d.awaitState(c, "a picture", func(s *client.State) bool { return s.Updates > 0 && s.KnowsFences && s.KnowsContinuous })
	server.SetName("danach 🎈")
	d.awaitState(c, "the name", func(s *client.State) bool { return s.Name == "danach 🎈" })
	payload := strings.Repeat("x", 64)
	for i, flags := range []uint32{0, client.FenceBlockBefore, client.FenceBlockBefore | client.FenceBlockAfter, client.FenceSyncNext} {
		c.Fence(flags, []byte(fmt.Sprint(i, payload)[:64]))
		if flags == client.FenceSyncNext {
			c.Request(true) // it is the next message that is waited for
		}
		d.awaitState(c, "the fence", func(s *client.State) bool { return string(s.Fence) == fmt.Sprint(i, payload)[:64] && s.Fences == i+1 })
	}
}
