package desktop

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// TestDamageIsExact: whatever is done, each Draw's damage brings the picture before to the new one, and the new one is what
// somebody sees who looks for the first time.
func TestDamageIsExact(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newDesk(t, "de-DE", AppReader, AppEditor, AppPhotos)
		eyes := []*eye{d.eye(first), d.eye(second)}
		hidden := d.Desktop.Screen(t.Context())
		for step := range 90 {
			for range r.IntN(4) {
				d.actRandomly(r)
			}
			for _, e := range eyes {
				if r.IntN(3) == 0 {
					continue // several changes in one Draw
				}
				e.look()
				if step%10 == 0 {
					e.compare(d)
				}
			}
		}
		hidden.Release()
	}
}

// compare holds the picture against one that is drawn in one go.
func (e *eye) compare(d desk) {
	e.t.Helper()
	fresh, err := d.Capture(e.Capturer.(*capturer).id)
	if err != nil {
		e.t.Fatal(err)
	}
	defer fresh.Close()
	whole := blank(fresh.Size())
	if _, err := fresh.Draw(whole); err != nil {
		e.t.Fatal(err)
	}
	if !bytes.Equal(whole.Pix, e.fb.Pix) {
		keepPicture(e.t, whole, "whole")
		e.keep("kept")
		e.t.Fatal("the picture that was kept up to date is another one than a new one")
	}
}

func (d desk) actRandomly(r *rand.Rand) {
	at := image.Pt(r.IntN(1280), r.IntN(800))
	monitor := first
	if r.IntN(6) == 0 {
		monitor = second
	}
	switch r.IntN(12) {
	case 0, 1, 2:
		b := d.hands.buttons[byAgent]
		if r.IntN(2) == 0 {
			b = rfb.Buttons(r.IntN(2))
		}
		_ = d.Pointer(monitor, rfb.PointerEvent{At: at, Buttons: b})
	case 3: // a drag, most likely
		apps := []App{AppEditor, AppReader, AppPhotos}
		if w := d.windowOf(apps[r.IntN(3)]); w != nil {
			_ = d.Pointer(first, rfb.PointerEvent{At: centre(w.titleRect()), Buttons: 1})
		}
	case 4, 5:
		_ = d.Pointer(monitor, rfb.PointerEvent{At: at, Buttons: rfb.WheelDown << r.IntN(2) >> r.IntN(2)})
	case 6:
		d.Open([]App{AppEditor, AppReader, AppPhotos}[r.IntN(3)])
	case 7:
		var ids []string
		for _, w := range d.Desktop.Windows() {
			if r.IntN(3) == 0 {
				ids = append(ids, w.ID)
			}
		}
		d.Exclude(ids)
	default:
		keys := []uint32{0x1e, 0x1f, 0x1c, 0x1c, 0x0e, 0x53 | 0x80, 0x48 | 0x80, 0x50 | 0x80, 0x4b | 0x80, 0x4d | 0x80, 0x49 | 0x80, 0x51 | 0x80, 0x2e, 0x2f, 0x2d}
		var held []uint32
		for _, k := range []uint32{0x2a, 0x1d} {
			if r.IntN(4) == 0 {
				held = append(held, k)
			}
		}
		for range 1 + r.IntN(8) {
			d.stroke(keys[r.IntN(len(keys))], held...)
		}
	}
}

// TestTheSameStateGivesTheSamePicture: no clock, no chance, no order of maps is in it.
func TestTheSameStateGivesTheSamePicture(t *testing.T) {
	var before []byte
	for range 3 {
		d := newDesk(t, "fr-FR", AppPhotos, AppReader, AppEditor)
		d.typed("Même chose ?")
		e := d.eye(first)
		e.look()
		if before != nil && !bytes.Equal(before, e.fb.Pix) {
			t.Fatal("another picture")
		}
		before = e.fb.Pix
		e.keep("desktop")
	}
}

func TestMovesOfAWindow(t *testing.T) {
	d := newDesk(t, "en-GB", AppEditor)
	e, other := d.eye(first), d.eye(second)
	from := d.title(AppEditor)
	d.mouse(from, rfb.ButtonLeft)
	e.look()
	other.look()
	d.mouse(from.Add(image.Pt(30, 40)), rfb.ButtonLeft)
	shot := e.look()
	d.mu.Lock()
	now := d.windowOf(AppEditor).rect
	d.mu.Unlock()
	if m := shot.Damage.Moves; len(m) != 1 || m[0].To != now || m[0].From != now.Min.Sub(image.Pt(30, 40)) {
		t.Errorf("dragged to %v, moves %v", now, m)
	}
	if area := areaOf(shot.Damage.Rects); area > 640*40+440*30+5*corner*corner {
		t.Errorf("%d pixels of damage beside the move", area)
	}
	if shot := other.look(); len(shot.Damage.Moves)+len(shot.Damage.Rects) != 0 {
		t.Errorf("the other monitor was told %+v", shot.Damage)
	}

	// Half of it leaves the monitor, and is on the other one.
	d.mouse(image.Pt(1270, 300), rfb.ButtonLeft)
	e.look()
	if shot := other.look(); len(shot.Damage.Moves) != 0 || len(shot.Damage.Rects) == 0 {
		t.Errorf("the other monitor was told %+v", shot.Damage)
	}
	d.mouse(image.Pt(1270, 310), rfb.ButtonLeft)
	if shot := other.look(); len(shot.Damage.Moves) != 1 {
		t.Errorf("the other monitor was told %+v", shot.Damage)
	}
	e.look()
	e.compare(d)
	other.compare(d)
}

func areaOf(rects []image.Rectangle) (area int) {
	for _, r := range rects {
		area += r.Dx() * r.Dy()
	}
	return area
}

func TestMovesOfAScroll(t *testing.T) {
	d := newDesk(t, "en-GB", AppReader)
	e := d.eye(first)
	page := d.windowOf(AppReader).contentRect()
	d.mouse(centre(page), 0)
	e.look()
	d.mouse(centre(page), rfb.WheelDown)
	d.mouse(centre(page), 0)
	shot := e.look()
	want := image.Rect(page.Min.X, page.Min.Y, page.Max.X-scrollBar, page.Max.Y-scrollStep)
	if m := shot.Damage.Moves; len(m) != 1 || m[0].To != want || m[0].From != want.Min.Add(image.Pt(0, scrollStep)) {
		t.Errorf("moves %v, want to %v", m, want)
	}
	for _, k := range []uint32{0x51 | 0x80, 0x51 | 0x80, 0x49 | 0x80, 0x4f | 0x80, 0x47 | 0x80} {
		d.stroke(k)
		e.look()
	}
	if top := d.windowOf(AppReader).content.(*reader).offset; top != 0 {
		t.Errorf("at Home the offset is %d", top)
	}
	// A window in front is not scrolled along.
	d.Open(AppEditor)
	e.look()
	d.mouse(page.Max.Sub(image.Pt(40, 40)), rfb.WheelDown)
	d.mouse(page.Max.Sub(image.Pt(40, 40)), 0)
	if shot := e.look(); len(shot.Damage.Moves) != 0 || len(shot.Damage.Rects) == 0 {
		t.Errorf("covered in part: %+v", shot.Damage)
	}
	e.compare(d)
}

// TestTypingDamagesACharacter: what a key costs is a cell, the caret's next place and the status bar.
func TestTypingDamagesACharacter(t *testing.T) {
	d := newDesk(t, "en-GB", AppEditor)
	e := d.eye(first)
	e.look()
	d.typed("x")
	shot := e.look()
	status := d.windowOf(AppEditor).statusRect()
	if area := areaOf(shot.Damage.Rects) - status.Dx()*status.Dy(); area > 2*cellWidth*cellHeight {
		t.Errorf("a character costs %d pixels, %v", area, shot.Damage.Rects)
	}
	e.still()
}

func TestSecureDesktop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "en-GB", AppEditor)
		e := d.eye(first)
		e.look()
		d.SetSecure(true)
		if err := e.Wait(t.Context()); !errors.Is(err, machine.ErrSecureDesktop) {
			t.Fatalf("Wait: %v", err)
		}
		if _, err := e.Draw(e.fb); !errors.Is(err, machine.ErrSecureDesktop) {
			t.Errorf("Draw: %v", err)
		}
		if err := d.Key(rfb.KeyEvent{Keysym: 'x', Down: true}, true); !errors.Is(err, machine.ErrSecureDesktop) {
			t.Errorf("Key: %v", err)
		}
		if err := d.Pointer(first, rfb.PointerEvent{}); !errors.Is(err, machine.ErrSecureDesktop) {
			t.Errorf("Pointer: %v", err)
		}
		back := make(chan error)
		go func() { back <- e.Wait(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-back:
			t.Fatalf("back already: %v", err)
		default:
		}
		d.SetSecure(false)
		if err := <-back; err != nil {
			t.Errorf("Wait afterwards: %v", err)
		}
		e.look()
		e.compare(d)
		if d.Text() != "" {
			t.Errorf("typed %q", d.Text())
		}

		d.Exclude([]string{d.Desktop.Windows()[0].ID})
		d.SetStage(StageRestarting)
		if err := e.Wait(t.Context()); err != nil {
			t.Errorf("the end of Windows: %v", err)
		}
		e.look()
		e.keep("restarting")
		d.SetStage(StageSignIn)
		if err := e.Wait(t.Context()); !errors.Is(err, machine.ErrSecureDesktop) {
			t.Errorf("sign-in screen: %v", err)
		}
		go func() { back <- e.Wait(t.Context()) }()
		synctest.Wait()
		d.SetStage(StageDesktop)
		if err := <-back; err != nil {
			t.Errorf("signed in: %v", err)
		}
		if w := d.Desktop.Windows(); len(w) != 0 {
			t.Errorf("a fresh desktop has %v", w)
		}
		if shot := e.look(); shot.Covered != 0 {
			t.Errorf("%d windows of before are covered", shot.Covered)
		}
	})
}

// TestWaitCostsNothing: a Wait returns when the clock's minute changes, and not before.
func TestWaitCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{})
		d.SetStage(StageDesktop)
		s := d.Screen(t.Context())
		c, err := s.Capture(first)
		if err != nil {
			t.Fatal(err)
		}
		e := &eye{t: t, Capturer: c, fb: blank(c.Size())}
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		e.look()
		time.Sleep(10 * time.Second) // of the bubble's clock
		start := time.Now()
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != 50*time.Second {
			t.Errorf("waited for %v", got)
		}
		if shot := e.look(); len(shot.Damage.Rects) != 1 || shot.Damage.Rects[0] != d.clockRect() {
			t.Errorf("damage %+v", shot.Damage)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if err := e.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestMonitors(t *testing.T) {
	d := newDesk(t, "en-GB", AppEditor)
	e, other := d.eye(first), d.eye(second)
	e.look()
	other.look()
	if _, err := d.Capture(`\\.\DISPLAY9`); !errors.Is(err, machine.ErrNoScreen) {
		t.Errorf("no monitor: %v", err)
	}
	if err := d.Arrange(image.Pt(1280, 800)); err != nil {
		t.Fatal(err)
	}
	if err := other.waits(); !errors.Is(err, machine.ErrDisplayChanged) {
		t.Errorf("unplugged: %v", err)
	}
	if _, err := other.Draw(other.fb); !errors.Is(err, machine.ErrDisplayChanged) {
		t.Errorf("unplugged: %v", err)
	}
	e.look()
	if err := d.Arrange(image.Pt(1920, 1080), image.Pt(800, 600), image.Pt(640, 480)); err != nil {
		t.Fatal(err)
	}
	if err := e.waits(); !errors.Is(err, machine.ErrDisplayChanged) {
		t.Errorf("resized: %v", err)
	}
	m, err := d.Screen.Monitors()
	if err != nil || len(m) != 3 || !m[0].Primary || m[2].Bounds != image.Rect(2720, 0, 3360, 480) {
		t.Errorf("%v %v", m, err)
	}
	d.eye(`\\.\DISPLAY3`).look()
	for _, bad := range [][]image.Point{nil, {{1, 1}}, {{100000, 100000}}, make([]image.Point, 5)} {
		if err := d.Arrange(bad...); err == nil {
			t.Errorf("%v was arranged", bad)
		}
	}
	if _, err := e.Draw(&rfb.Framebuffer{}); err == nil {
		t.Error("drawn into nothing")
	}
}

func TestAProcessThatEnds(t *testing.T) {
	d := newDesk(t, "en-GB", AppEditor)
	ctx, cancel := context.WithCancel(t.Context())
	s := d.Desktop.Screen(ctx)
	c, err := s.Capture(first)
	if err != nil {
		t.Fatal(err)
	}
	fb := blank(c.Size())
	if _, err := c.Draw(fb); err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() { waited <- c.Wait(context.Background()) }()
	cancel()
	if err := <-waited; !errors.Is(err, ErrGone) {
		t.Errorf("Wait: %v", err)
	}
	_, errDraw := c.Draw(fb)
	_, errCapture := s.Capture(first)
	_, errWindows := s.Windows()
	_, errText := s.Clipboard().Text(10)
	for _, err := range []error{errDraw, errCapture, errWindows, errText, s.Clipboard().SetText("x"), s.Key(rfb.KeyEvent{}, true), s.Pointer(first, rfb.PointerEvent{})} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("after the end: %v", err)
		}
	}
	s.Release()
	c.Close()
}

// The first window on an empty desktop is drawn as a whole: who has looked all the time sees what a newcomer sees.
func TestFirstWindow(t *testing.T) {
	d := newDesk(t, "en")
	e := d.eye(first)
	e.look()
	for _, app := range []App{AppReader, AppEditor, AppPhotos} {
		d.Open(app)
		e.look()
		fresh := d.eye(first)
		fresh.look()
		if !bytes.Equal(e.fb.Pix, fresh.fb.Pix) {
			t.Errorf("%s is not drawn as a whole", app)
		}
	}
}
