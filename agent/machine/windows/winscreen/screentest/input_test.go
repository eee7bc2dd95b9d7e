//go:build linux

package screentest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig"
)

// TestPointer: exact to the pixel, in the corners and anywhere.
func TestPointer(t *testing.T) {
	r := newRig(t)
	places := [][2]int{{0, 0}, {1279, 0}, {0, 799}, {1279, 799}, {1278, 798}, {1, 1}}
	rnd := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		places = append(places, [2]int{rnd.IntN(1280), rnd.IntN(800)})
	}
	for _, at := range places {
		r.ask(Request{Do: "pointer", Monitor: r.mon, X: at[0], Y: at[1]})
		if got := r.ask(Request{Do: "cursor"}).Pointer; got != at {
			t.Errorf("the pointer is at %v instead of %v", got, at)
		}
	}
	// A hostile viewer points beside the picture.
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 1 << 30, Y: -5})
	if got := r.ask(Request{Do: "cursor"}).Pointer; got != [2]int{1279, 0} {
		t.Errorf("pointed outside, the pointer is at %v", got)
	}
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 20, Y: 30})
	r.capture()
	if a := r.ask(Request{Do: "draw"}); a.Pointer != [2]int{20, 30} {
		t.Errorf("the picture says that the pointer is at %v", a.Pointer)
	}
	r.settle(200)
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 40, Y: 31})
	if !r.ask(Request{Do: "wait", Within: 1000}).Happened || r.ask(Request{Do: "draw"}).Pointer != [2]int{40, 31} {
		t.Error("a moved pointer is no change")
	}
}

// notepad is a window to type into, with the caret in it.
func (r *rig) notepad() {
	r.Helper()
	r.pc.Start(`C:\windows\system32\notepad.exe`)
	w := r.pc.WaitWindow("Notepad")
	r.pc.Click(w.ControlsOf("EDIT")[0])
	winerig.Wait(r.T, 10*time.Second, "the caret", func() bool {
		w, _ := r.pc.Window("Notepad")
		for _, c := range w.Controls {
			if c.Class == "Edit" && c.Focus {
				return true
			}
		}
		return false
	}, nil)
}

// typed waits until the text is what it should be.
func (r *rig) typed(want string) {
	r.Helper()
	got := ""
	winerig.Wait(r.T, 5*time.Second, "the text "+want, func() bool {
		w, ok := r.pc.Window("Notepad")
		if !ok {
			return false
		}
		got = w.ControlsOf("EDIT")[0].Text
		return got == want
	}, func() string { return "it is " + got })
}

// clear selects all and deletes it, by shortcuts.
func (r *rig) clear() {
	r.Helper()
	r.ask(Request{Do: "key", Keysym: 0xffe3, Down: true, ByChar: true})
	r.key('a', 0, true)
	r.ask(Request{Do: "key", Keysym: 0xffe3, ByChar: true})
	r.key(0xffff, 0, true)
	r.typed("")
}

func TestTyping(t *testing.T) {
	r := newRig(t)
	r.notepad()
	// By character, whatever the layout: Latin, Greek by an old keysym, dead keys, and beyond the first 65536.
	for _, keysym := range []uint32{'a', 0xe4, 0xe9, 0x20ac, 0x7e4, 0x0101f600, 'Z', ' ', 0xfe51, 'o', 0x010003c0} {
		r.key(keysym, 0, true)
	}
	r.typed("aäé€δ😀Z óπ")
	r.key(0xff08, 0, true)
	r.key(0xff51, 0, true) // ←
	r.key('x', 0, true)
	r.typed("aäé€δ😀Z xó")
	r.clear()

	// By scancode, as on this PC's keyboard: q, Shift+w, 1, Enter, the number pad's Enter.
	r.key(0, 0x10, false)
	r.ask(Request{Do: "key", Scancode: 0x2a, Down: true})
	r.key(0, 0x11, false)
	r.ask(Request{Do: "key", Scancode: 0x2a})
	r.key(0, 0x02, false)
	r.key(0, 0x1c, false)
	r.key(0, 0x9c, false)
	r.key(0, 0x1e, false)
	r.typed("qW1\r\n\r\na")
	r.clear()

	// AltGr is in its character already, if typed by character.
	r.ask(Request{Do: "key", Keysym: 0xfe03, Scancode: 0xb8, Down: true, ByChar: true})
	r.key('@', 0, true)
	r.ask(Request{Do: "key", Keysym: 0xfe03, Scancode: 0xb8, ByChar: true})
	r.typed("@")
	// By scancode it is a right Alt, pressed and let go.
	const rightAlt, leftControl, leftButton = 0xa5, 0xa2, 0x01
	r.ask(Request{Do: "key", Scancode: 0xb8, Down: true})
	if !r.ask(Request{Do: "keystate", VK: rightAlt}).Happened {
		t.Error("AltGr is not down")
	}
	r.ask(Request{Do: "key", Scancode: 0xb8})
	if r.ask(Request{Do: "keystate", VK: rightAlt}).Happened {
		t.Error("AltGr is still down")
	}

	// Release lets go of everything.
	r.ask(Request{Do: "key", Keysym: 0xffe3, Down: true, ByChar: true})
	r.ask(Request{Do: "pointer", Monitor: r.mon, X: 1000, Y: 700, Buttons: 1})
	if !r.ask(Request{Do: "keystate", VK: leftControl}).Happened || !r.ask(Request{Do: "keystate", VK: leftButton}).Happened {
		t.Error("Ctrl and the left button are not down")
	}
	r.ask(Request{Do: "release"})
	if r.ask(Request{Do: "keystate", VK: leftControl}).Happened || r.ask(Request{Do: "keystate", VK: leftButton}).Happened {
		t.Error("Ctrl or the left button is still down")
	}
}

// TestTouched: the customer's mouse and keyboard count, what is injected doesn't.
func TestTouched(t *testing.T) {
	r := newRig(t)
	r.capture()
	r.ask(Request{Do: "draw"})
	winerig.Wait(t, 5*time.Second, "the customer's mouse to be seen", func() bool {
		r.pc.ClickAt(600, 600)
		ago := r.ask(Request{Do: "touched"}).Ago
		return ago >= 0 && ago < 1000
	}, nil)
	before := r.ask(Request{Do: "touched"}).Ago
	began := time.Now()
	for time.Since(began) < 400*time.Millisecond {
		r.ask(Request{Do: "pointer", Monitor: r.mon, X: int(time.Now().UnixNano() % 1000), Y: 500})
		r.key('a', 0, true)
		r.pc.InjectKey(0x41)
	}
	if ago := r.ask(Request{Do: "touched"}).Ago; ago < before+390 {
		t.Errorf("injected input counts as the customer's: touched %v ms ago, %v ms before %v", ago, before, time.Since(began))
	}
	winerig.Wait(t, 5*time.Second, "the customer's keyboard to be seen", func() bool {
		r.pc.Press("b")
		ago := r.ask(Request{Do: "touched"}).Ago
		return ago >= 0 && ago < 300
	}, nil)
}

func TestClipboard(t *testing.T) {
	r := newRig(t)
	const text = "Grüße 😀\nzweite Zeile: ça va? 中文"
	r.ask(Request{Do: "settext", Text: text})
	if a := r.ask(Request{Do: "change", Within: 300}); a.Happened {
		t.Error("our own text is told as a change")
	}
	if got := r.ask(Request{Do: "text", Max: 1000}).Text; got != text {
		t.Errorf("the clipboard holds %q", got)
	}
	r.notepad()
	r.pc.Press("ctrl+v")
	r.typed(strings.ReplaceAll(text, "\n", "\r\n"))

	r.pc.Paste("von dort 😀\r\nzwei")
	if a := r.ask(Request{Do: "change", Within: 3000}); !a.Happened {
		t.Error("another program's text is no change")
	}
	if got := r.ask(Request{Do: "text", Max: 1000}).Text; got != "von dort 😀\nzwei" {
		t.Errorf("the clipboard holds %q", got)
	}
	var a Reply
	if err := r.talk.Ask(Request{Do: "text", Max: 10}, &a); err != nil || !strings.Contains(a.Error, "too long") {
		t.Errorf("more text than wanted: %+v, %v", a, err)
	}
	r.ask(Request{Do: "settext", Text: strings.Repeat("long ", 100_000)})
	if got := r.ask(Request{Do: "text", Max: 1 << 20}).Text; len(got) != 500_000 {
		t.Errorf("of half a megabyte %d bytes came back", len(got))
	}
}
