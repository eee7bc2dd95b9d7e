//go:build linux

package screentest

import (
	"strings"
	"testing"
)

// id is the window's, as Windows() has it.
func (r *rig) id(title string) string {
	r.Helper()
	for _, line := range r.ask(Request{Do: "windows"}).Names {
		if f := strings.Split(line, "\t"); f[1] == title {
			if f[2] != "probe.exe" {
				r.Errorf("the program behind %q is %q", title, f[2])
			}
			return f[0]
		}
	}
	r.Fatalf("no window %q", title)
	return ""
}

// secretPixels counts the pixels of the probe's colours in the whole picture.
func (r *rig) secretPixels() (n int) {
	r.Helper()
	var points [][2]int
	for y := 0; y < 800; y += 4 {
		for x := 0; x < 1280; x += 4 {
			points = append(points, [2]int{x, y})
		}
	}
	for _, p := range r.pixels(points...) {
		if p == red || p == green || p == blue || p == yellow {
			n++
		}
	}
	return n
}

func TestExclude(t *testing.T) {
	r := newRig(t)
	r.window("Secret", 300, 200, 240, 160)
	secret := r.id("Secret")
	r.capture()
	r.settle(300)
	if r.secretPixels() == 0 {
		t.Fatal("the window is not seen at all")
	}
	r.ask(Request{Do: "exclude", Windows: []string{secret, "rubbish", "1234-5678"}})
	if !r.ask(Request{Do: "wait", Within: 500}).Happened {
		t.Error("an excluded window is no change")
	}
	if a := r.ask(Request{Do: "draw"}); a.Covered != 1 {
		t.Errorf("%d windows are covered", a.Covered)
	}
	if n := r.secretPixels(); n != 0 {
		t.Fatalf("%d pixels of the excluded window are seen", n)
	}
	corners := [][2]int{{300, 200}, {539, 359}, {420, 280}}
	r.expect("the cover", corners, grey, grey, grey)

	// Dragged, by its upper left quarter, it stays grey in every picture.
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 330, Y: 230})
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 330, Y: 230, Buttons: 1})
	pictures := 0
	for i := range 60 {
		r.ask(Request{Do: "pointer", Monitor: r.mon, X: 330 + 8*i, Y: 230 + 4*i, Buttons: 1})
		if r.ask(Request{Do: "wait", Within: 100}).Happened {
			r.ask(Request{Do: "draw"})
			pictures++
			if n := r.secretPixels(); n != 0 {
				t.Fatalf("dragged by %d pixels, %d pixels of it are seen", 8*i, n)
			}
		}
	}
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 330 + 8*59, Y: 230 + 4*59})
	r.settle(500)
	w, _ := r.pc.Window("ProbeWindow")
	if w.X < 600 || pictures < 10 {
		t.Errorf("dragged to %d,%d only, with %d pictures", w.X, w.Y, pictures)
	}
	r.expect("where it was", corners[:1], r.pixels([2]int{200, 200})[0])
	r.expect("where it is", [][2]int{{w.X, w.Y}, {w.X + w.W - 1, w.Y + w.H - 1}}, grey, grey)

	r.menu()
	// What is in front of it is seen.
	r.window("Front", 560, 300, 300, 300)
	r.settle(500)
	r.expect("a window in front", [][2]int{{570, 310}, {800, 580}}, red, yellow)
	if a := r.ask(Request{Do: "draw"}); a.Covered != 1 {
		t.Errorf("%d windows are covered", a.Covered)
	}
	r.ask(Request{Do: "exclude"})
	r.ask(Request{Do: "draw"})
	if r.ask(Request{Do: "draw"}).Covered != 0 {
		t.Error("windows are covered although none is excluded")
	}
}

// menu opens the excluded window's menu, beside it: it must not be seen either.
func (r *rig) menu() {
	r.Helper()
	w, _ := r.pc.Window("ProbeWindow")
	at := [2]int{w.X + w.W + 20, w.Y + 20}
	before := r.pixels(at)[0]
	x, y := w.X+w.W-20, w.Y+w.H-20
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: x, Y: y, Buttons: 4})
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: x, Y: y})
	menu := r.pc.WaitWindow("#32768")
	r.settle(400)
	at = [2]int{menu.X + menu.W/2, menu.Y + menu.H/2}
	r.expect("the menu", [][2]int{at, {menu.X + 1, menu.Y + 1}}, grey, grey)
	r.key(0xff1b, 0, true)
	r.pc.WaitNoWindow("#32768")
	r.settle(500)
	r.expect("without the menu", [][2]int{at}, before)
}

// TestOwnPrompts: what asks for consent is never in a picture.
func TestOwnPrompts(t *testing.T) {
	r := newRig(t)
	r.capture()
	r.settle(300)
	r.ask(Request{Do: "prompt"})
	w := r.pc.WaitWindow("RejoinPrompt")
	r.settle(400)
	var points [][2]int
	var want []uint32
	for x := w.X + 2; x < w.X+w.W-2; x += 8 {
		points, want = append(points, [2]int{x, w.Y + w.H/2}, [2]int{x, w.Y + 4}), append(want, grey, grey)
	}
	r.expect("the prompt", points, want...)
	if r.ask(Request{Do: "draw"}).Covered != 0 {
		t.Error("our prompt counts as an excluded window")
	}
}
