package desktop

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

const first, second = `\\.\DISPLAY1`, `\\.\DISPLAY2`

// noon is when the clocks of these tests stand still.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// desk is a desktop and the process that looks at it.
type desk struct {
	*Desktop
	*Screen
	t *testing.T
}

func newDesk(t *testing.T, locale string, programs ...App) desk {
	t.Helper()
	d := New(Options{Locale: locale, User: "Anna Keller", Now: func() time.Time { return noon }})
	d.SetStage(StageDesktop)
	d.Open(programs...)
	return desk{d, d.Screen(t.Context()), t}
}

// eye is a capturer with what it has seen.
type eye struct {
	t *testing.T
	machine.Capturer
	fb   *rfb.Framebuffer
	shot machine.Shot
}

func (d desk) eye(monitor string) *eye {
	d.t.Helper()
	c, err := d.Capture(monitor)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Close)
	return &eye{t: d.t, Capturer: c, fb: blank(c.Size())}
}

func blank(size image.Point) *rfb.Framebuffer {
	return &rfb.Framebuffer{Pix: make([]byte, size.X*size.Y*4), Stride: size.X * 4, Size: size}
}

// look draws, and holds the damage against what became of the picture: nothing may have changed outside of it.
func (e *eye) look() machine.Shot {
	e.t.Helper()
	before := &rfb.Framebuffer{Pix: bytes.Clone(e.fb.Pix), Stride: e.fb.Stride, Size: e.fb.Size}
	var err error
	if e.shot, err = e.Draw(e.fb); err != nil {
		e.t.Fatal(err)
	}
	whole := image.Rectangle{Max: e.fb.Size}
	for _, m := range e.shot.Damage.Moves {
		from := image.Rectangle{m.From, m.From.Add(m.To.Size())}
		if !m.To.In(whole) || !from.In(whole) || m.To.Empty() {
			e.t.Fatalf("a move from %v to %v", from, m.To)
		}
		pixels := make([]byte, 0, m.To.Dx()*m.To.Dy()*4)
		for y := range m.To.Dy() {
			pixels = append(pixels, before.Pix[(m.From.Y+y)*before.Stride+m.From.X*4:][:m.To.Dx()*4]...)
		}
		for y := range m.To.Dy() {
			copy(before.Pix[(m.To.Min.Y+y)*before.Stride+m.To.Min.X*4:], pixels[y*m.To.Dx()*4:][:m.To.Dx()*4])
		}
	}
	for _, r := range e.shot.Damage.Rects {
		if !r.In(whole) || r.Empty() {
			e.t.Fatalf("damage at %v", r)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			i := y*before.Stride + r.Min.X*4
			copy(before.Pix[i:i+r.Dx()*4], e.fb.Pix[i:])
		}
	}
	if !bytes.Equal(before.Pix, e.fb.Pix) {
		e.t.Fatalf("the picture changed outside of its damage, %+v", e.shot.Damage)
	}
	return e.shot
}

// waits tells whether Wait returns nil at once.
func (e *eye) waits() error {
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Millisecond)
	defer cancel()
	return e.Wait(ctx)
}

func (e *eye) still() {
	e.t.Helper()
	if err := e.waits(); !errors.Is(err, context.DeadlineExceeded) {
		e.t.Errorf("waiting for nothing: %v", err)
	}
}

// keep saves the picture for somebody who wants to look: DESKTOP_PICTURES names a folder.
func (e *eye) keep(name string) {
	keepPicture(e.t, e.fb, name)
}

func keepPicture(t *testing.T, fb *rfb.Framebuffer, name string) {
	folder := os.Getenv("DESKTOP_PICTURES")
	if folder == "" {
		return
	}
	data, err := encodePNG(&rfb.Framebuffer{Pix: bytes.Clone(fb.Pix), Stride: fb.Stride, Size: fb.Size})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// click presses and releases the left button as the agent does.
func (d desk) click(at image.Point) {
	d.t.Helper()
	d.mouse(at, 0)
	d.mouse(at, rfb.ButtonLeft)
	d.mouse(at, 0)
}

func (d desk) mouse(at image.Point, b rfb.Buttons) {
	d.t.Helper()
	if err := d.Pointer(first, rfb.PointerEvent{At: at, Buttons: b}); err != nil {
		d.t.Fatal(err)
	}
}

// stroke is a key by its scancode, with others held down.
func (d desk) stroke(scancode uint32, held ...uint32) {
	d.t.Helper()
	for _, k := range append(held, scancode) {
		d.key(rfb.KeyEvent{Scancode: k, Down: true}, false)
	}
	for _, k := range append(held, scancode) {
		d.key(rfb.KeyEvent{Scancode: k}, false)
	}
}

func (d desk) key(e rfb.KeyEvent, byChar bool) {
	d.t.Helper()
	if err := d.Key(e, byChar); err != nil {
		d.t.Fatal(err)
	}
}

// typed is text by character.
func (d desk) typed(s string) {
	d.t.Helper()
	for _, r := range s {
		sym := uint32(r) + 0x01000000
		if r <= 0xff {
			sym = uint32(r)
		}
		d.key(rfb.KeyEvent{Keysym: sym, Down: true}, true)
		d.key(rfb.KeyEvent{Keysym: sym}, true)
	}
}

// at is the middle of a window's title bar.
func (d desk) title(app App) image.Point {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.windowOf(app)
	if w == nil {
		d.t.Fatalf("%s is not open", app)
	}
	return centre(w.titleRect())
}
