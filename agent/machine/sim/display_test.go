package sim

import (
	"context"
	"errors"
	"image"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
	"github.com/rejoin/rejoin/rfb"
)

const display = `\\.\DISPLAY1`

// looker is an agent that does nothing but hand its process out.
func looker(processes chan *Process) func(context.Context, *Process) {
	return func(ctx context.Context, p *Process) {
		_ = p.Autostart().Set()
		processes <- p
		for {
			select {
			case s := <-p.Shutdowns():
				s.Done()
			case <-ctx.Done():
				return
			}
		}
	}
}

// TestThePictureOfARestart: Windows says goodbye while the picture is still sent, the picture ends with the process, and the
// next process finds a fresh desktop with the customer's text.
func TestThePictureOfARestart(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		processes := make(chan *Process, 1)
		pc, err := New(Options{Dir: dir, Timing: timing, Locale: "fr-FR", Agent: looker(processes)})
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		if err := pc.StartAgent(); err != nil {
			t.Fatal(err)
		}
		screen := (<-processes).Screen()
		monitors, err := screen.Monitors()
		if err != nil || len(monitors) != 2 || monitors[0].ID != display || !monitors[0].Primary {
			t.Fatalf("%v %v", monitors, err)
		}
		if w, err := screen.Windows(); err != nil || len(w) != 2 {
			t.Errorf("at work the customer has %v, %v", w, err)
		}
		c, err := screen.Capture(display)
		if err != nil {
			t.Fatal(err)
		}
		fb := &rfb.Framebuffer{Pix: make([]byte, 1280*800*4), Stride: 1280 * 4, Size: image.Pt(1280, 800)}
		see := func() error {
			if err := c.Wait(t.Context()); err != nil {
				return err
			}
			_, err := c.Draw(fb)
			return err
		}
		if err := see(); err != nil {
			t.Fatal(err)
		}
		if err := pc.CustomerKey(rfb.KeyEvent{Scancode: 0x10, Down: true}, false); err != nil { // an A on this keyboard
			t.Fatal(err)
		}
		if err := see(); err != nil || screen.Input().Touched().IsZero() {
			t.Errorf("%v, touched %v", err, screen.Input().Touched())
		}
		if err := pc.SystemRestart(); err != nil {
			t.Fatal(err)
		}
		if err := see(); err != nil || fb.Pix[0] != 0x6b || fb.Pix[1] != 0x3a {
			t.Errorf("going down: %v, %x", err, fb.Pix[:4])
		}
		for err == nil {
			err = see()
		}
		if !errors.Is(err, desktop.ErrGone) {
			t.Errorf("afterwards: %v", err)
		}
		if err := pc.CustomerMouse(display, rfb.PointerEvent{}); !errors.Is(err, ErrNotNow) {
			t.Errorf("the mouse of a PC that goes down: %v", err)
		}
		waitFor(t, pc, "sign-in screen", at(SignInScreen))
		service := pc.Desktop().Screen(t.Context()) // as a service would see it
		sign, err := service.Capture(display)
		if err != nil {
			t.Fatal(err)
		}
		if err := sign.Wait(t.Context()); !errors.Is(err, machine.ErrSecureDesktop) {
			t.Errorf("sign-in screen: %v", err)
		}
		back := make(chan error)
		go func() { back <- sign.Wait(t.Context()) }()
		if err := pc.SignIn(); err != nil {
			t.Fatal(err)
		}
		if err := <-back; err != nil {
			t.Errorf("signed in: %v", err)
		}
		after := (<-processes).Screen()
		if w, err := after.Windows(); err != nil || len(w) != 0 {
			t.Errorf("a fresh desktop has %v, %v", w, err)
		}
		if got := pc.Desktop().Text(); got != "a" {
			t.Errorf("the editor's file holds %q", got)
		}
	})
	again, err := New(Options{Dir: dir, Agent: func(ctx context.Context, _ *Process) { <-ctx.Done() }})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := again.Desktop().Text(); got != "a" {
		t.Errorf("after a second start the file holds %q", got)
	}
}

func TestUAC(t *testing.T) {
	processes := make(chan *Process, 1)
	pc, err := New(Options{Agent: looker(processes)})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if err := pc.StartAgent(); err != nil {
		t.Fatal(err)
	}
	x := <-processes
	x.UI().Show(machine.View{})
	if err := pc.ShowUAC(true); err != nil {
		t.Fatal(err)
	}
	if s, _ := pc.Snapshot(); !s.Secure {
		t.Error("not shown")
	}
	if err := x.Screen().Input().Key(rfb.KeyEvent{Keysym: 'y', Down: true}, true); !errors.Is(err, machine.ErrSecureDesktop) {
		t.Errorf("a key: %v", err)
	}
	for _, err := range []error{pc.CustomerKey(rfb.KeyEvent{}, true), pc.Send("x")} {
		if !errors.Is(err, ErrNotNow) && !errors.Is(err, ErrNoWindow) {
			t.Errorf("the customer reaches the desktop behind: %v", err)
		}
	}
	if err := pc.ShowUAC(false); err != nil {
		t.Fatal(err)
	}
	if err := x.Screen().Input().Key(rfb.KeyEvent{Keysym: 'y', Down: true}, true); err != nil || pc.Desktop().Text() != "y" {
		t.Errorf("afterwards: %v, %q", err, pc.Desktop().Text())
	}
	if err := pc.PullThePlug(); err != nil {
		t.Fatal(err)
	}
	if err := pc.ShowUAC(true); !errors.Is(err, ErrNotNow) {
		t.Errorf("on a PC that is off: %v", err)
	}
	if p, err := pc.Picture(t.Context(), display, 0); err != nil || !strings.HasPrefix(string(p.PNG), "\x89PNG") {
		t.Errorf("the picture of a PC that is off: %v", err)
	}
}

// TestBanner: its buttons are those that it shows, and nothing else.
func TestBanner(t *testing.T) {
	processes := make(chan *Process, 1)
	pc, err := New(Options{Agent: looker(processes)})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if err := pc.StartAgent(); err != nil {
		t.Fatal(err)
	}
	x := <-processes
	x.UI().Show(machine.View{})
	if err := pc.Press(machine.ActionPause); !errors.Is(err, ErrNoWindow) {
		t.Errorf("without a banner: %v", err)
	}
	if err := pc.Hide(nil); !errors.Is(err, ErrNoWindow) {
		t.Errorf("without a banner: %v", err)
	}
	x.UI().Show(machine.View{Banner: &machine.Banner{Hide: "Hide", Buttons: []machine.BannerButton{{Label: "Pause", Action: machine.ActionPause}}}})
	if err := pc.Press(machine.ActionResume); !errors.Is(err, ErrNoWindow) {
		t.Errorf("a button that is not there: %v", err)
	}
	done := make(chan error, 2)
	go func() { done <- pc.Press(machine.ActionPause) }()
	if a := <-x.UI().Actions(); a.Kind != machine.ActionPause {
		t.Errorf("%+v", a)
	}
	ids := []string{pc.Windows()[0].ID}
	go func() { done <- pc.Hide(ids) }()
	if a := <-x.UI().Actions(); a.Kind != machine.ActionHide || len(a.Windows) != 1 || a.Windows[0] != ids[0] {
		t.Errorf("%+v", a)
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
