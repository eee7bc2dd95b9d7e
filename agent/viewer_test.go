package agent

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

const secondMonitor = `\\.\DISPLAY2`

// TestViewer: a technician sees what the monitor shows, and the customer who looks; two may look at two monitors.
func TestViewer(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.share(p, false)
		if b := r.until("a banner", func(s sim.Snapshot) bool { return s.View != nil && s.View.Banner != nil }).View.Banner; b.Text != "Jonas Weber may see your screen, and does not look now" || b.Tone != toneOff {
			t.Errorf("banner %+v", b)
		}
		c := r.look(p, "v1", "u1", "")
		r.sees(c, "the primary monitor", func(st *client.State, told status) bool {
			return st.Updates > 0 && told.Monitor == `\\.\DISPLAY1` && len(told.Monitors) == 2 && !told.Input && !told.Secure
		})
		eye, err := r.pc.Desktop().Screen(r.t.Context()).Capture(`\\.\DISPLAY1`)
		if err != nil {
			t.Fatal(err)
		}
		defer eye.Close()
		size := eye.Size()
		truth := rfb.Framebuffer{Pix: make([]byte, size.X*size.Y*4), Stride: size.X * 4, Size: size}
		if _, err := eye.Draw(&truth); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := c.Picture(); !samePicture(got, truth) {
			t.Error("the viewer shows another picture than the monitor")
		}
		second := r.look(p, "v2", "u2", secondMonitor)
		r.sees(second, "the second monitor", func(st *client.State, told status) bool {
			return st.Updates > 0 && told.Monitor == secondMonitor && st.Picture.Size.X == 1024
		})
		r.until("both", func(s sim.Snapshot) bool { return s.View.Banner.Text == "Tech u1 and Tech u2 see your screen" })
		p.write(wire.CloseViewer{Viewer: "v2"}, 0, 0)
		r.gone(second, "the server closed it")
		c.Close()
		r.until("nobody", func(s sim.Snapshot) bool { return s.View.Banner.Tone == toneOff })
	})
}

func samePicture(a, b rfb.Framebuffer) bool {
	if a.Size != b.Size {
		return false
	}
	for y := range a.Size.Y {
		ra, rb := a.Pix[y*a.Stride:][:a.Size.X*4], b.Pix[y*b.Stride:][:b.Size.X*4]
		for x := 0; x < len(ra); x += 4 {
			if !bytes.Equal(ra[x:x+3], rb[x:x+3]) {
				return false
			}
		}
	}
	return true
}

// TestViewerEnds: whatever takes the consent away ends the picture.
func TestViewerEnds(t *testing.T) {
	for name, end := range map[string]func(r *rig, p *peer){
		"the customer stops it":   func(r *rig, _ *peer) { r.ok(r.pc.StopShare()) },
		"the technician stops it": func(_ *rig, p *peer) { p.command(wire.EndShare{}) },
		"the session ends":        func(_ *rig, p *peer) { p.command(wire.EndSession{Reason: "by_technician"}) },
		"the customer leaves":     func(r *rig, _ *peer) { r.ok(r.pc.End()) },
		"the agent is killed":     func(r *rig, _ *peer) { r.ok(r.pc.KillAgent()) },
		"the PC restarts":         func(r *rig, _ *peer) { r.ok(r.pc.SystemRestart()) },
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				p := r.joined()
				r.share(p, true)
				c := r.look(p, "v1", "u1", "")
				r.sees(c, "a picture", func(st *client.State, _ status) bool { return st.Updates > 0 })
				go drain(p)
				end(r, p)
				r.gone(c, name)
			})
		})
	}
}

// TestViewerWithoutConsent: a server that asks for a viewer nobody agreed to is told so, and the screen is not touched.
func TestViewerWithoutConsent(t *testing.T) {
	in(t, func(r *rig) {
		seen := r.observe()
		p := r.joined()
		open := wire.OpenViewer{
			Viewer: "v1", Ticket: make([]byte, wire.TicketSize), TechnicianID: "u1", Technician: "Jonas", Keyboard: wire.KeyboardRemote,
		}
		p.write(open, 0, 0)
		if no := expect[*wire.ViewerRefused](p); no.Viewer != "v1" || no.Code != wire.ViewerNoConsent {
			t.Errorf("%+v", no)
		}
		p.command(wire.SetControl{ID: "u1", Name: "Jonas"})
		p.acks()
		p.write(open, 0, 0)
		expect[*wire.ViewerRefused](p)
		p.command(wire.AskControl{Prompt: "c1", By: "Jonas", Seconds: 30})
		if got := event[*wire.ControlAnswered](p); got.Answer != "not_shown" {
			t.Errorf("asked for control without the screen: %+v", got)
		}
		select {
		case <-r.s.views:
			t.Error("a socket was opened")
		case <-time.After(time.Minute):
		}
		if seen.any() {
			t.Error("the screen was touched")
		}
	})
}

// TestViewersAreFew: the ninth viewer is refused, and so is one that has an open one's name.
func TestViewersAreFew(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.share(p, false)
		names := "abcdefgh"
		for _, name := range names {
			r.look(p, string(name), "u1", "")
		}
		for _, name := range []string{"i", "a"} {
			p.write(wire.OpenViewer{
				Viewer: name, Ticket: make([]byte, wire.TicketSize), TechnicianID: "u1", Keyboard: wire.KeyboardRemote,
			}, 0, 0)
			if no := expect[*wire.ViewerRefused](p); no.Viewer != name || no.Code != wire.ViewerCrowded {
				t.Errorf("%+v", no)
			}
		}
	})
}

// typed sends a text key by key, and waits until nothing of it is on its way.
func typed(c *client.Conn, text string) {
	for _, k := range text {
		for _, down := range []bool{true, false} {
			c.Key(rfb.KeyEvent{Keysym: uint32(k), Down: down})
		}
	}
	synctest.Wait()
}

// TestControl: only the viewer of the technician who controls types, only while the customer allows it and does not use
// mouse or keyboard themselves.
func TestControl(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.pc.Desktop().Open(desktop.AppEditor)
		r.share(p, false)
		c := r.look(p, "v1", "u1", "")
		other := r.look(p, "v2", "u2", "")
		before := r.pc.Desktop().Text()
		typed(c, "too early")
		r.control(p)
		r.sees(c, "that it may type", func(_ *client.State, told status) bool { return told.Input })
		r.sees(other, "that it may not", func(_ *client.State, told status) bool { return !told.Input })
		typed(other, "not mine")
		typed(c, "hello")
		r.wrote(before + "hello")
		if b := r.until("a banner", func(s sim.Snapshot) bool {
			return strings.Contains(s.View.Banner.Text, "uses your mouse and keyboard")
		}).View.Banner; len(b.Buttons) != 3 {
			t.Errorf("banner %+v", b)
		}
		p.command(wire.SetControl{ID: "u2", Name: "Mia"})
		p.acks()
		r.sees(other, "that it may type now", func(_ *client.State, told status) bool { return told.Input })
		typed(c, "no more")
		typed(other, "!")
		r.wrote(before + "hello!")

		r.ok(r.pc.CustomerMouse(secondMonitor, rfb.PointerEvent{})) // their own hands come first …
		typed(other, "busy")
		r.sees(other, "that the customer is busy", func(_ *client.State, told status) bool { return told.Busy })
		r.sees(other, "that they rest", func(_ *client.State, told status) bool { return !told.Busy })
		typed(other, "?")
		r.wrote(before + "hello!?")

		r.ok(r.pc.Press(machine.ActionPause))
		event[*wire.SharePaused](p)
		r.sees(other, "the pause", func(_ *client.State, told status) bool { return told.Paused && !told.Input })
		typed(other, "paused")
		r.ok(r.pc.Press(machine.ActionResume))
		event[*wire.SharePaused](p)
		r.sees(other, "that it goes on", func(_ *client.State, told status) bool { return !told.Paused && told.Input })
		r.ok(r.pc.Press(machine.ActionStopControl))
		event[*wire.ControlStopped](p)
		r.sees(other, "that it is over", func(_ *client.State, told status) bool { return !told.Input })
		typed(other, "stopped")
		synctest.Wait()
		r.wrote(before + "hello!?")
	})
}

// wrote waits until the editor holds a text, and nothing else comes.
func (r *rig) wrote(want string) {
	r.t.Helper()
	synctest.Wait()
	if got := r.pc.Desktop().Text(); got != want {
		r.t.Errorf("the editor holds %q, not %q", got, want)
	}
}

// TestViewerClipboard: text goes both ways between the PC and whoever controls it, and to nobody else.
func TestViewerClipboard(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.share(p, true)
		c, other := r.look(p, "v1", "u1", ""), r.look(p, "v2", "u2", "")
		r.sees(c, "that it may type", func(_ *client.State, told status) bool { return told.Input })
		r.sees(other, "a picture", func(st *client.State, _ status) bool { return st.Updates > 0 })
		const text = "Grüße 🎉 日本語\nzwei"
		customers := r.pc.Desktop().Screen(r.t.Context()).Clipboard()
		r.ok(customers.SetText(text))
		r.sees(c, "the PC's clipboard", func(st *client.State, _ status) bool { return st.Clipboard == text })
		other.SetClipboard("not mine")
		c.SetClipboard(text + "!")
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if got, err := customers.Text(1000); err != nil || got != text+"!" {
			t.Errorf("the PC's clipboard holds %q", got)
		}
		other.View(func(st *client.State) {
			if st.Clipboard != "" {
				t.Errorf("who only looks has the PC's clipboard: %q", st.Clipboard)
			}
		})
	})
}

// TestSecureDesktopAndHiddenWindows: the viewer is told what it does not see.
func TestSecureDesktopAndHiddenWindows(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.pc.Desktop().Open(desktop.AppEditor)
		r.share(p, false)
		c := r.look(p, "v1", "u1", "")
		r.sees(c, "a picture", func(st *client.State, told status) bool { return st.Updates > 0 && !told.Secure })
		r.pc.Desktop().SetSecure(true)
		r.sees(c, "the secure desktop", func(_ *client.State, told status) bool { return told.Secure })
		r.pc.Desktop().SetSecure(false)
		r.sees(c, "the desktop again", func(_ *client.State, told status) bool { return !told.Secure })
		windows := r.pc.Desktop().Windows()
		r.ok(r.pc.Hide([]string{windows[0].ID}))
		r.sees(c, "that something is hidden", func(_ *client.State, told status) bool { return told.Covered == 1 })
		r.until("the banner knows", func(s sim.Snapshot) bool { return len(s.View.Banner.Hidden) == 1 })
	})
}

// TestHiddenMonitors: a monitor that the customer hides is not offered, its viewers go on with another one, and nothing is
// shown once all are hidden.
func TestHiddenMonitors(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.share(p, false)
		screens := r.until("the banner", func(s sim.Snapshot) bool { return s.View != nil && s.View.Banner != nil }).View.Banner.Screens
		if len(screens) != 2 || screens[1].Title != "All of screen 2 (1024 × 768)" {
			t.Fatalf("screens %+v", screens)
		}
		c := r.look(p, "v1", "u1", secondMonitor)
		r.sees(c, "the second monitor", func(_ *client.State, told status) bool { return told.Monitor == secondMonitor })
		r.ok(r.pc.Hide([]string{screens[1].ID}))
		r.gone(c, "its monitor was hidden")
		c = r.look(p, "v2", "u1", secondMonitor)
		r.sees(c, "the first one instead", func(_ *client.State, told status) bool {
			return told.Monitor != secondMonitor && len(told.Monitors) == 1 && told.Covered == 1
		})
		r.ok(r.pc.Hide([]string{screens[0].ID, screens[1].ID}))
		r.gone(c, "all monitors were hidden")
		p.write(wire.OpenViewer{
			Viewer: "v3", Ticket: make([]byte, wire.TicketSize), TechnicianID: "u1", Keyboard: wire.KeyboardRemote,
		}, 0, 0)
		if no := expect[*wire.ViewerRefused](p); no.Code != wire.ViewerHidden {
			t.Errorf("%+v", no)
		}
		r.ok(r.pc.Hide(nil))
		r.sees(r.look(p, "v4", "u1", ""), "everything again", func(st *client.State, told status) bool {
			return len(told.Monitors) == 2 && told.Covered == 0 && st.Updates > 0
		})
	})
}
