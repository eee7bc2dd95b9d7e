//go:build linux

package screentest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig"
)

const probeExe = `C:\rig\probe.exe`

// rig is a PC with the probe on it.
type rig struct {
	*testing.T
	pc   *winerig.PC
	talk *winerig.Talk
	mon  string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	pc := winerig.New(t, winerig.Options{})
	exe := pc.Put(winerig.Build(t, "./agent/machine/windows/winscreen/screentest/probe", "-H windowsgui"), probeExe)
	r := &rig{T: t, pc: pc, talk: pc.Talk(exe)}
	names := r.ask(Request{Do: "monitors"}).Names
	if len(names) != 1 || !strings.HasSuffix(names[0], "(0,0)-(1280,800)") {
		t.Fatalf("the monitors are %q", names)
	}
	r.mon, _, _ = strings.Cut(names[0], "\t")
	return r
}

// ask is the probe's answer, which must be no error.
func (r *rig) ask(q Request) Reply {
	r.Helper()
	var a Reply
	err := r.talk.Ask(q, &a)
	if err == nil && a.Error != "" {
		err = fmt.Errorf("%s", a.Error)
	}
	if err != nil {
		r.Fatalf("%+v: %v", q, err)
	}
	return a
}

// window shows the probe's window of four colours.
func (r *rig) window(title string, x, y, w, h int) {
	r.Helper()
	r.pc.Start(probeExe, "window", title, fmt.Sprint(x), fmt.Sprint(y), fmt.Sprint(w), fmt.Sprint(h))
	r.pc.WaitWindow("ProbeWindow", title)
}

const (
	red, green, blue, yellow = 0xc01020, 0x11b022, 0x1224d0, 0xe0d013
	grey                     = 0x808080
)

// capture opens the monitor and draws until the pixel has the colour.
func (r *rig) capture() {
	r.Helper()
	if a := r.ask(Request{Do: "capture", Monitor: r.mon}); a.Size != [2]int{1280, 800} {
		r.Fatalf("the picture has %v pixels", a.Size)
	}
}

func (r *rig) pixels(points ...[2]int) []uint32 {
	r.Helper()
	return r.ask(Request{Do: "pixels", Points: points}).Pixels
}

// settle draws until nothing changes for a while.
func (r *rig) settle(quiet int) {
	r.Helper()
	for range 200 {
		if !r.ask(Request{Do: "wait", Within: quiet}).Happened {
			return
		}
		r.ask(Request{Do: "draw"})
	}
	r.Fatal("the screen doesn't come to rest")
}

func (r *rig) expect(what string, points [][2]int, want ...uint32) {
	r.Helper()
	got := r.pixels(points...)
	for i := range want {
		if got[i] != want[i] {
			r.Errorf("%s: pixel %v is %06x, want %06x", what, points[i], got[i], want[i])
		}
	}
}

func TestCapture(t *testing.T) {
	r := newRig(t)
	r.window("Four colours", 300, 200, 200, 100)
	began := time.Now()
	r.capture()
	opened := time.Since(began)
	r.ask(Request{Do: "wait", Within: 5000})
	waited := time.Since(began)
	first := r.ask(Request{Do: "draw"})
	t.Logf("the first picture took %v; opened after %v, waited until %v", time.Since(began), opened, waited)
	if !first.Unknown {
		t.Error("the first picture doesn't say that everything may be new")
	}
	corners := [][2]int{{300, 200}, {399, 249}, {400, 200}, {499, 249}, {300, 250}, {399, 299}, {400, 299}, {499, 299}}
	r.settle(300)
	r.expect("a window", corners, red, 0, green, green, blue, blue, yellow, yellow)
	if out := r.pixels([2]int{299, 200}, [2]int{500, 299}); out[0] == red || out[1] == yellow {
		t.Errorf("beside the window there is %06x", out)
	}
	r.key(' ', 0, false)
	r.settle(300)
	// A key turns 16 × 16 pixels around, and nothing else.
	var seen []time.Duration
	for i := range 6 {
		r.key('a', 0, true)
		began := time.Now()
		for {
			if !r.ask(Request{Do: "wait", Within: 2000}).Happened {
				t.Fatal("the change was not seen")
			}
			a := r.ask(Request{Do: "draw"})
			if len(a.Rects) == 0 {
				continue
			}
			took := time.Since(began)
			t.Logf("change seen after %v, damage %v", took, a.Rects)
			seen = append(seen, took)
			area := 0
			for _, d := range a.Rects {
				area += (d[2] - d[0]) * (d[3] - d[1])
			}
			if area > 16*128 {
				t.Errorf("a change of 16 by 16 pixels makes damage %v", a.Rects)
			}
			break
		}
		r.expect("the square", [][2]int{{400, 250}}, []uint32{0, 0xffffff}[i%2])
		r.settle(100)
	}
	// A busy machine is late once. Who looks as seldom as at an idle screen is late each time, or very late.
	slices.Sort(seen)
	if median, longest := seen[len(seen)/2], seen[len(seen)-1]; median > 50*time.Millisecond || longest > 500*time.Millisecond {
		t.Errorf("changes are seen after %v", seen)
	}
}

// TestIdle: nothing happens, so nothing is done.
func TestIdle(t *testing.T) {
	r := newRig(t)
	r.capture()
	r.settle(500)
	r.ask(Request{Do: "wait", Within: 4000})
	before, began := r.ask(Request{Do: "cpu"}), time.Now()
	if a := r.ask(Request{Do: "wait", Within: 10000}); a.Happened {
		t.Error("something changed")
	}
	used := r.ask(Request{Do: "cpu"}).CPU - before.CPU
	share := used / ms(time.Since(began)) * 100
	t.Logf("idle: %.2f %% of a core", share)
	if share > 1.5 { // 0.4 when measured on a machine that does nothing else
		t.Errorf("waiting for nothing takes %.2f %% of a core", share)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (r *rig) key(keysym, scan uint32, byChar bool) {
	r.Helper()
	for _, down := range []bool{true, false} {
		r.ask(Request{Do: "key", Keysym: keysym, Scancode: scan, Down: down, ByChar: byChar})
	}
}
