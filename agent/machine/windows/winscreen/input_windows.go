package winscreen

import (
	"sync"
	"time"
	"unicode/utf16"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/rfb"
)

// injectedMark goes with everything we inject (GetMessageExtraInfo), so that it can be told from what other programs inject.
const injectedMark = 0x524A4E31 // "RJN1"

// input implements [machine.Input] with SendInput.
type input struct {
	screen *Screen

	mu      sync.Mutex
	typist  *typist
	pressed rfb.Buttons
	used    bool // since the last Release
}

func newInput(s *Screen) *input {
	return &input{screen: s, typist: newTypist(keyFor)}
}

// keyFor asks Windows for the key of a character.
func keyFor(r rune) (vk uint16, shift uint8, ok bool) {
	u := utf16.AppendRune(nil, r)
	if len(u) != 1 {
		return 0, 0, false
	}
	return win32.KeyFor(u[0])
}

// use takes note that the input is in use. The lock is held.
func (in *input) use() {
	if !in.used {
		in.used = true
		in.screen.signals.acquire()
	}
}

// Key implements [machine.Input].
func (in *input) Key(e rfb.KeyEvent, byChar bool) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.send(events(in.typist.key(e, byChar)))
}

func (in *input) send(events []win32.Input) error {
	if len(events) == 0 {
		return nil
	}
	in.use()
	err := win32.SendInput(events)
	in.screen.signals.ours()
	return err
}

// events are the strokes as Windows wants them.
func events(strokes []stroke) []win32.Input {
	var out []win32.Input
	for _, s := range strokes {
		var flags uint32
		if s.up {
			flags = win32.KeyUp
		}
		switch {
		case s.unit != 0:
			out = append(out, win32.KeyInput(0, s.unit, flags|win32.KeyUnicode, injectedMark))
		case s.key != 0:
			vk := s.key.code()
			scan := win32.ScanOf(vk)
			if vk == vkPause {
				scan = scanNumLock // which it shares; Windows finds none
			}
			if s.key&extended != 0 {
				flags |= win32.KeyExtended
			}
			out = append(out, win32.KeyInput(vk, scan, flags, injectedMark))
		default:
			if s.scan&0x80 != 0 {
				flags |= win32.KeyExtended
			}
			scan := uint16(s.scan & 0x7f)
			// Windows finds the virtual key by itself; Wine 8 wants to be told.
			vk := win32.KeyOf(scan, flags&win32.KeyExtended != 0)
			out = append(out, win32.KeyInput(vk, scan, flags|win32.KeyScancode, injectedMark))
		}
	}
	return out
}

// Pointer implements [machine.Input].
func (in *input) Pointer(id string, e rfb.PointerEvent) error {
	m, err := monitor(id)
	if err != nil {
		return err
	}
	const swapButton = 23
	swapped := win32.Metric(swapButton) != 0
	at := clamp(e.At.Add(m.Bounds.Min), m.Bounds)
	in.mu.Lock()
	defer in.mu.Unlock()
	gestures := append([]gesture{moveTo(at, desktop())}, click(in.pressed, e.Buttons, swapped)...)
	in.pressed = e.Buttons
	return in.send(mouseEvents(gestures))
}

func mouseEvents(gestures []gesture) []win32.Input {
	var out []win32.Input
	for _, g := range gestures {
		out = append(out, win32.MouseInput(g.x, g.y, g.data, g.flags, injectedMark))
	}
	return out
}

// Release implements [machine.Input].
func (in *input) Release() {
	in.mu.Lock()
	defer in.mu.Unlock()
	const swapButton = 23
	out := events(in.typist.release())
	out = append(out, mouseEvents(click(in.pressed, 0, win32.Metric(swapButton) != 0))...)
	in.pressed = 0
	if err := in.send(out); err != nil {
		in.screen.log.Warn("let go of keys and buttons", "error", err)
	}
	if in.used {
		in.used = false
		in.screen.signals.release()
	}
}

// Touched implements [machine.Input].
func (in *input) Touched() time.Time { return in.screen.signals.when() }

var _ machine.Input = (*input)(nil)
