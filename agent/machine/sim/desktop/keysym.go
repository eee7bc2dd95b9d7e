package desktop

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// keyName is a key without a character.
type keyName string

const (
	keyNone      keyName = ""
	keyEnter     keyName = "enter"
	keyBackspace keyName = "backspace"
	keyDelete    keyName = "delete"
	keyTab       keyName = "tab"
	keyEscape    keyName = "escape"
	keyLeft      keyName = "left"
	keyRight     keyName = "right"
	keyUp        keyName = "up"
	keyDown      keyName = "down"
	keyHome      keyName = "home"
	keyEnd       keyName = "end"
	keyPageUp    keyName = "page_up"
	keyPageDown  keyName = "page_down"
	keyF4        keyName = "f4"
	keyShift     keyName = "shift"
	keyCtrl      keyName = "ctrl"
	keyAlt       keyName = "alt"
	keyAltGr     keyName = "altgr"
	keyCaps      keyName = "caps_lock"
)

const scanSpace = 0x39

// byScancode are the named keys of set 1; those that are prefixed with 0xE0 have bit 7 set.
var byScancode = map[uint32]keyName{
	0x01: keyEscape, 0x0e: keyBackspace, 0x0f: keyTab, 0x1c: keyEnter, 0x1c | 0x80: keyEnter, 0x1d: keyCtrl, 0x1d | 0x80: keyCtrl,
	0x2a: keyShift, 0x36: keyShift, 0x38: keyAlt, 0x38 | 0x80: keyAltGr, 0x3a: keyCaps, 0x3e: keyF4,
	0x47 | 0x80: keyHome, 0x48 | 0x80: keyUp, 0x49 | 0x80: keyPageUp, 0x4b | 0x80: keyLeft, 0x4d | 0x80: keyRight,
	0x4f | 0x80: keyEnd, 0x50 | 0x80: keyDown, 0x51 | 0x80: keyPageDown, 0x53 | 0x80: keyDelete,
}

// byKeysym are the named keys of X11's keysymdef.h.
var byKeysym = map[uint32]keyName{
	0xff08: keyBackspace, 0xff09: keyTab, 0xff0d: keyEnter, 0xff8d: keyEnter, 0xff1b: keyEscape, 0xffff: keyDelete,
	0xff50: keyHome, 0xff51: keyLeft, 0xff52: keyUp, 0xff53: keyRight, 0xff54: keyDown, 0xff55: keyPageUp, 0xff56: keyPageDown,
	0xff57: keyEnd, 0xffc1: keyF4, 0xffe1: keyShift, 0xffe2: keyShift, 0xffe3: keyCtrl, 0xffe4: keyCtrl, 0xffe5: keyCaps,
	0xffe9: keyAlt, 0xffea: keyAlt, 0xfe03: keyAltGr,
}

// legacy are the keysyms of before Unicode: 0x01xx to 0x03xx are the right halves of ISO 8859-2 to -4.
var legacy = map[uint32]*charmap.Charmap{1: charmap.ISO8859_2, 2: charmap.ISO8859_3, 3: charmap.ISO8859_4}

// charOf is the character that a keysym stands for (RFC 6143, section 7.5.4); 0 if none.
func charOf(keysym uint32) rune {
	switch {
	case keysym >= 0x20 && keysym <= 0x7e, keysym >= 0xa0 && keysym <= 0xff:
		return rune(keysym)
	case keysym >= 0x01000000 && keysym <= 0x0110ffff:
		if r := rune(keysym - 0x01000000); r >= 0x20 && utf8.ValidRune(r) {
			return r
		}
		return 0
	case keysym == 0x13bc, keysym == 0x13bd: // Œ, œ
		return rune(keysym-0x13bc) + 'Œ'
	case keysym == 0x13be:
		return 'Ÿ'
	case keysym == 0x20ac:
		return '€'
	case keysym >= 0xffb0 && keysym <= 0xffb9: // digits of the keypad
		return rune(keysym-0xffb0) + '0'
	}
	if set := legacy[keysym>>8]; set != nil && keysym&0xff >= 0xa1 {
		if r := set.DecodeByte(byte(keysym)); r != utf8.RuneError {
			return r
		}
	}
	return 0
}
