//go:build linux

package screentest

import (
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig"
)

// settled lets the first moment pass, in which the banner takes nothing.
func settled() { <-time.After(600 * time.Millisecond) }

func (r *rig) action(what, want string) Reply {
	r.Helper()
	a := r.ask(Request{Do: "action", Within: 5000})
	if a.Text != want {
		r.Errorf("%s: the action is %q, want %q", what, a.Text, want)
	}
	return a
}

func (r *rig) noAction(what string) {
	r.Helper()
	if a := r.ask(Request{Do: "action", Within: 300}); a.Happened {
		r.Errorf("%s: %q", what, a.Text)
	}
}

func TestBanner(t *testing.T) {
	r := newRig(t)
	r.window("Bank", 200, 400, 200, 200)
	r.ask(Request{Do: "banner"})
	w := r.pc.WaitWindow("RejoinBanner", "Jonas Weber sees your screen", "Pause", "Stop", "Hide …")
	if middle := w.X + w.W/2; w.Y > 4 || middle < 630 || middle > 650 {
		t.Errorf("the banner is at %d,%d and %d wide", w.X, w.Y, w.W)
	}
	pause := w.Control("Pause")
	settled()
	// The technician's clicks and keys do nothing.
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: pause.X + 5, Y: pause.Y + 5, Buttons: 1})
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: pause.X + 5, Y: pause.Y + 5})
	r.noAction("an injected click")
	r.pc.Click(pause)
	r.action("a click", "pause")
	// By keyboard: F6 from the chat box, Tab, Space.
	r.pc.Click(r.pc.WaitWindow("RejoinChat").ControlsOf("EDIT")[0])
	settled()
	r.pc.Press("F6", "Tab", "space")
	r.action("F6, Tab, Space", "stop_share")
	r.key(0xff0d, 0, true)
	r.key(' ', 0, true)
	r.noAction("an injected Enter")

	r.pc.Click(w.Control("Hide …"))
	list := r.pc.WaitWindow("RejoinHide", "What shall Jonas not see?", "☐ Bank  (probe.exe)")
	settled()
	box := list.Control("☐ Bank  (probe.exe)")
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: box.X + 9, Y: box.Y + 9, Buttons: 1})
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: box.X + 9, Y: box.Y + 9})
	r.pc.WaitWindow("RejoinHide", "☐ Bank  (probe.exe)")
	r.pc.Click(box)
	r.pc.WaitWindow("RejoinHide", "☑ Bank  (probe.exe)")
	r.pc.Click(list.Control("OK"))
	if a := r.action("OK", "hide"); len(a.Names) != 1 || a.Names[0] != r.id("Bank") {
		t.Errorf("hidden are %q", a.Names)
	}
	r.pc.WaitNoWindow("RejoinHide")

	// Neither is in the picture.
	r.capture()
	r.settle(400)
	r.expect("the banner", [][2]int{{w.X + 3, w.Y + 3}, {w.X + w.W/2, w.Y + w.H/2}}, grey, grey)
	winerig.Wait(t, 5*time.Second, "the chat box to be seen", func() bool {
		c, _ := r.pc.Window("RejoinChat")
		return r.pixels([2]int{c.X + c.W/2, c.Y + c.H - 20})[0] != grey
	}, nil)
}
