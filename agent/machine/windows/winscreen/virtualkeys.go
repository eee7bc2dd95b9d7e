package winscreen

// Virtual-key codes that the code names: https://learn.microsoft.com/windows/win32/inputdev/virtual-key-codes
const (
	vkCancel   = 0x03
	vkReturn   = 0x0d
	vkShift    = 0x10
	vkControl  = 0x11
	vkMenu     = 0x12
	vkPause    = 0x13
	vkSpace    = 0x20
	vkSnapshot = 0x2c
	vkLWin     = 0x5b
	vkRWin     = 0x5c
	vkNumLock  = 0x90
	vkLShift   = 0xa0
	vkRShift   = 0xa1
	vkLControl = 0xa2
	vkRControl = 0xa3
	vkLMenu    = 0xa4
	vkRMenu    = 0xa5
)

// virtualKey is a key by its virtual-key code; the flag extended tells keys apart that share a code or a scancode, such as
// Enter and that of the number pad.
type virtualKey uint16

const extended virtualKey = 0x100

func (k virtualKey) code() uint16 { return uint16(k &^ extended) }

// Keysyms that are treated apart.
const (
	keysymLevel3     = 0xfe03 // AltGr
	keysymModeSwitch = 0xff7e // AltGr of old keyboards
	keysymF1         = 0xffbe
	keysymF24        = 0xffd5
	keysymKP0        = 0xffb0
	keysymKP9        = 0xffb9
)

// keysymKeys are the keys that type no character, by keysym (X11/keysymdef.h, X11/XF86keysym.h).
var keysymKeys = map[uint32]virtualKey{
	0xff08: 0x08, 0xff09: 0x09, 0xfe20: 0x09, 0xff0a: vkReturn, 0xff0b: 0x0c, 0xff0d: vkReturn,
	0xff13: vkPause, 0xff6b: vkCancel | extended, 0xff14: 0x91, 0xff15: vkSnapshot | extended, 0xff61: vkSnapshot | extended,
	0xff1b: 0x1b, 0xff67: 0x5d | extended, 0xff60: 0x29, 0xff62: 0x2b, 0xff6a: 0x2f, 0xff7f: vkNumLock | extended,

	0xff50: 0x24 | extended, 0xff51: 0x25 | extended, 0xff52: 0x26 | extended, 0xff53: 0x27 | extended, 0xff54: 0x28 | extended,
	0xff55: 0x21 | extended, 0xff56: 0x22 | extended, 0xff57: 0x23 | extended, 0xff58: 0x24 | extended,
	0xff63: 0x2d | extended, 0xffff: 0x2e | extended,

	// The number pad: its keys without Num Lock are those above, not extended.
	0xff80: vkSpace, 0xff89: 0x09, 0xff8d: vkReturn | extended, 0xff95: 0x24, 0xff96: 0x25, 0xff97: 0x26, 0xff98: 0x27,
	0xff99: 0x28, 0xff9a: 0x21, 0xff9b: 0x22, 0xff9c: 0x23, 0xff9d: 0x0c, 0xff9e: 0x2d, 0xff9f: 0x2e, 0xff91: 0x70, 0xff92: 0x71,
	0xff93: 0x72, 0xff94: 0x73, 0xffaa: 0x6a, 0xffab: 0x6b, 0xffac: 0x6c, 0xffad: 0x6d, 0xffae: 0x6e, 0xffaf: 0x6f | extended,

	0xffe1: vkLShift, 0xffe2: vkRShift, 0xffe3: vkLControl, 0xffe4: vkRControl | extended, 0xffe5: 0x14, 0xffe6: 0x14,
	0xffe7: vkLWin | extended, 0xffe8: vkRWin | extended, 0xffe9: vkLMenu, 0xffea: vkRMenu | extended,
	0xffeb: vkLWin | extended, 0xffec: vkRWin | extended, keysymLevel3: vkRMenu | extended, keysymModeSwitch: vkRMenu | extended,

	// Japanese and Korean input.
	0xff21: 0x19, 0xff22: 0x1d, 0xff23: 0x1c, 0xff27: 0xf2, 0xff2a: 0xf3, 0xff31: 0x15, 0xff34: 0x19,

	// Media and browser keys.
	0x1008ff11: 0xae | extended, 0x1008ff12: 0xad | extended, 0x1008ff13: 0xaf | extended, 0x1008ff14: 0xb3 | extended,
	0x1008ff15: 0xb2 | extended, 0x1008ff16: 0xb1 | extended, 0x1008ff17: 0xb0 | extended, 0x1008ff18: 0xac | extended,
	0x1008ff19: 0xb4 | extended, 0x1008ff1b: 0xaa | extended, 0x1008ff26: 0xa6 | extended, 0x1008ff27: 0xa7 | extended,
	0x1008ff28: 0xa9 | extended, 0x1008ff29: 0xa8 | extended, 0x1008ff30: 0xab | extended,
}

// keyOf is the key of a keysym that types no character.
func keyOf(keysym uint32) (virtualKey, bool) {
	switch {
	case keysym >= keysymF1 && keysym <= keysymF24:
		return virtualKey(0x70 + keysym - keysymF1), true
	case keysym >= keysymKP0 && keysym <= keysymKP9:
		return virtualKey(0x60 + keysym - keysymKP0), true
	}
	k, ok := keysymKeys[keysym]
	return k, ok
}

// Scancodes of set 1 that Windows wants by their virtual key: hardware sends sequences for them.
const (
	scanNumLock  = 0x45
	scanSysReq   = 0x54 // Print with Alt; viewers send it for Print
	scanPrint    = 0xb7
	scanPause    = 0xc6 // Break, with Ctrl
	scanLControl = 0x1d
	scanRControl = 0x9d
	scanLShift   = 0x2a
	scanRShift   = 0x36
	scanLMenu    = 0x38
	scanRMenu    = 0xb8
	scanLWin     = 0xdb
	scanRWin     = 0xdc
)

// scanKeys are the scancodes whose virtual key is the same on every layout.
var scanKeys = map[uint32]virtualKey{
	scanLControl: vkLControl, scanRControl: vkRControl | extended, scanLShift: vkLShift, scanRShift: vkRShift,
	scanLMenu: vkLMenu, scanRMenu: vkRMenu | extended, scanLWin: vkLWin | extended, scanRWin: vkRWin | extended,
}
