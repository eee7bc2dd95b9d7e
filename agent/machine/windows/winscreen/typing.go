package winscreen

import (
	"unicode"
	"unicode/utf16"

	"github.com/rejoin/rejoin/rfb"
)

// stroke is one keyboard event for SendInput.
type stroke struct {
	key  virtualKey // 0: by scancode or character
	scan uint8      // of set 1, bit 7 for the prefix 0xE0
	unit uint16     // of UTF-16
	up   bool
}

// layout asks the keyboard layout that is in use for a character's key. shift are the bits of VkKeyScanEx: 1 Shift,
// 2 Ctrl, 4 Alt. It is asked only for characters typed while Ctrl, Alt or the Windows key is held.
type layout func(r rune) (vk uint16, shift uint8, ok bool)

// heldLimit bounds what a hostile viewer can have us remember.
const heldLimit = 64

// typist turns a viewer's keys into strokes, and remembers what is down.
type typist struct {
	layout layout
	held   map[heldKey]stroke
	altGr  bool // asked for by keysym, and not pressed: the characters that follow have it in them already
	dead   rune // a dead key's accent that waits for its letter
}

type heldKey struct {
	code   uint32
	keysym bool
}

func newTypist(l layout) *typist { return &typist{layout: l, held: map[heldKey]stroke{}} }

// key is what to send for a key that goes down or up.
func (t *typist) key(e rfb.KeyEvent, byChar bool) []stroke {
	if !e.Down {
		return t.up(e)
	}
	if s, ok := byScancode(e.Scancode, t.holds(vkControl)); ok && !byChar {
		return t.down(heldKey{code: e.Scancode}, s)
	}
	if accent, ok := deadAccent(e.Keysym); ok {
		return t.deadKey(accent)
	}
	r, ok := character(e.Keysym)
	switch {
	case e.Keysym == ' ':
		if t.dead == 0 {
			return t.down(heldKey{e.Keysym, true}, stroke{key: vkSpace})
		}
		return t.text(r)
	case !ok:
		return t.named(e.Keysym)
	case t.holds(vkControl, vkMenu, vkLWin, vkRWin):
		return t.shortcut(e.Keysym, r)
	}
	return t.text(r)
}

// byScancode is the stroke of a key on a PC's keyboard.
func byScancode(scan uint32, ctrl bool) (stroke, bool) {
	switch {
	case scan == 0 || scan > 0xff || scan&0x7f == 0:
		return stroke{}, false
	case scan == scanNumLock:
		return stroke{key: vkNumLock | extended}, true
	case scan == scanPause && ctrl:
		return stroke{key: vkCancel | extended}, true
	case scan == scanPause:
		return stroke{key: vkPause}, true
	case scan == scanPrint, scan == scanSysReq:
		return stroke{key: vkSnapshot | extended}, true
	}
	return stroke{scan: uint8(scan)}, true
}

// up lets go of what the same key pressed, by whichever of its two names. What this typist didn't press stays as it is: the
// customer may hold it.
func (t *typist) up(e rfb.KeyEvent) []stroke {
	if e.Keysym == keysymLevel3 || e.Keysym == keysymModeSwitch {
		t.altGr = false
	}
	for _, k := range [...]heldKey{{code: e.Scancode}, {e.Keysym, true}} {
		if s, ok := t.held[k]; ok {
			delete(t.held, k)
			s.up = true
			return []stroke{s}
		}
	}
	return nil
}

// down presses a key, or repeats it.
func (t *typist) down(k heldKey, s stroke) []stroke {
	if _, ok := t.held[k]; !ok && len(t.held) >= heldLimit {
		return nil
	}
	t.held[k] = s
	return []stroke{s}
}

// named is a key that types no character. AltGr waits until it is known to be for such a key: for a character it must not
// be down, and pressed and let go alone it would open a menu on layouts where it is an ordinary Alt.
func (t *typist) named(keysym uint32) []stroke {
	k, ok := keyOf(keysym)
	switch {
	case !ok:
		return nil
	case keysym == keysymLevel3, keysym == keysymModeSwitch:
		t.altGr = true
		return nil
	}
	var out []stroke
	if t.altGr && !isModifier(k.code()) {
		t.altGr = false
		out = t.down(heldKey{keysymLevel3, true}, stroke{key: vkRMenu | extended})
	}
	return append(out, t.down(heldKey{keysym, true}, stroke{key: k})...)
}

// text types a character whatever the layout, at once down and up: it has no key that could be held.
func (t *typist) text(r rune) []stroke {
	runes := []rune{r}
	if t.dead != 0 {
		runes = accented(t.dead, r)
		t.dead = 0
	}
	var out []stroke
	for _, r := range runes {
		for _, u := range utf16.AppendRune(nil, r) {
			out = append(out, stroke{unit: u}, stroke{unit: u, up: true})
		}
	}
	return out
}

func (t *typist) deadKey(accent rune) []stroke {
	if t.dead == 0 {
		t.dead = accent
		return nil
	}
	return t.text(accent) // two of them: both as they are, or the accent alone
}

// shortcut is a character typed with Ctrl, Alt or the Windows key: programs look at the key, so it must be the key of the
// layout in use. Only if that has none the character is typed.
func (t *typist) shortcut(keysym uint32, r rune) []stroke {
	t.dead = 0
	letter := unicode.IsLetter(r)
	if letter {
		r = unicode.ToLower(r) // Shift is down already if it is meant; Caps Lock isn't
	}
	vk, shift, ok := t.layout(r)
	if !ok {
		return t.text(r)
	}
	press := stroke{key: virtualKey(vk)}
	const needsShift = 1
	if shift&needsShift == 0 || letter || t.holds(vkShift) {
		return t.down(heldKey{keysym, true}, press)
	}
	out := append([]stroke{{key: vkLShift}}, t.down(heldKey{keysym, true}, press)...)
	return append(out, stroke{key: vkLShift, up: true})
}

// holds tells whether one of these keys is down, of a pair either one; of Alt the left one only, as the right one may be AltGr.
func (t *typist) holds(vks ...uint16) bool {
	for _, s := range t.held {
		k := s.key
		if k == 0 {
			k = scanKeys[uint32(s.scan)]
		}
		for _, vk := range vks {
			switch code := k.code(); {
			case code == 0:
			case code == vk, vk == vkMenu && code == vkLMenu,
				vk == vkControl && (code == vkLControl || code == vkRControl),
				vk == vkShift && (code == vkLShift || code == vkRShift):
				return true
			}
		}
	}
	return false
}

// release lets go of everything, modifiers last.
func (t *typist) release() []stroke {
	var keys, modifiers []stroke
	for _, s := range t.held {
		s.up = true
		k := s.key
		if k == 0 {
			k = scanKeys[uint32(s.scan)]
		}
		if isModifier(k.code()) {
			modifiers = append(modifiers, s)
		} else {
			keys = append(keys, s)
		}
	}
	clear(t.held)
	t.altGr, t.dead = false, 0
	return append(keys, modifiers...)
}

func isModifier(vk uint16) bool {
	return vk >= vkLShift && vk <= vkRMenu || vk == vkLWin || vk == vkRWin || vk >= vkShift && vk <= vkMenu
}
