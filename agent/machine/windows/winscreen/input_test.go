package winscreen

import (
	"image"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/rejoin/rejoin/rfb"
)

// Windows' own arithmetic, and that of drivers that round.
func TestAbsoluteIsExact(t *testing.T) {
	for _, length := range []int{1, 2, 3, 640, 1080, 1280, 1366, 1920, 2560, 3840, 3840 + 1920, 5120 + 2*1080, 11520, 32767} {
		for p := range length {
			v := absolute(p, length)
			if v < 0 || v > 65535 {
				t.Fatalf("length %d, pixel %d: %d is no coordinate", length, p, v)
			}
			if got := int(v) * length >> 16; got != p {
				t.Fatalf("length %d, pixel %d: Windows makes %d of %d", length, p, got, v)
			}
			if got := int(v) * length / 65535; got != p {
				t.Fatalf("length %d, pixel %d, divided by 65535: %d", length, p, got)
			}
		}
	}
}

func TestMoveToDesktopsOfAnyOrigin(t *testing.T) {
	for _, desktop := range []image.Rectangle{
		image.Rect(0, 0, 1280, 800), image.Rect(-1920, -200, 3840, 1440), image.Rect(-1080, 0, 2560, 1920), image.Rect(100, 50, 101, 51),
	} {
		for x := desktop.Min.X; x < desktop.Max.X; x++ {
			y := desktop.Min.Y + (x-desktop.Min.X)%desktop.Dy()
			g := moveTo(image.Pt(x, y), desktop)
			got := image.Pt(desktop.Min.X+int(g.x)*desktop.Dx()>>16, desktop.Min.Y+int(g.y)*desktop.Dy()>>16)
			if got != image.Pt(x, y) {
				t.Fatalf("%v: %d,%d became %v", desktop, x, y, got)
			}
		}
	}
}

func TestClick(t *testing.T) {
	for _, tt := range []struct {
		was, is rfb.Buttons
		swapped bool
		want    []gesture
	}{
		{0, rfb.ButtonLeft, false, []gesture{{flags: mouseLeftDown}}},
		{0, rfb.ButtonLeft, true, []gesture{{flags: mouseRightDown}}},
		{rfb.ButtonLeft, rfb.ButtonRight, false, []gesture{{flags: mouseLeftUp}, {flags: mouseRightDown}}},
		{rfb.ButtonBack, 0, false, []gesture{{flags: mouseXUp, data: 1}}},
		{0, rfb.ButtonForward, true, []gesture{{flags: mouseXDown, data: 2}}},
		{0, rfb.WheelUp, false, []gesture{{flags: mouseWheel, data: 120}}},
		{rfb.WheelUp, 0, false, nil},
		{rfb.WheelRight, rfb.WheelRight | rfb.WheelLeft, false, []gesture{{flags: mouseHWheel, data: -120}}},
		{0, 1 << 14, false, nil},
	} {
		if got := click(tt.was, tt.is, tt.swapped); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("from %b to %b: %v, want %v", tt.was, tt.is, got, tt.want)
		}
	}
}

// german has + without and * with Shift on a key, @ with AltGr, and no ♥.
func german(r rune) (uint16, uint8, bool) {
	switch {
	case r >= 'a' && r <= 'z':
		return uint16(r) - 32, 0, true
	case r == '+':
		return 0xbb, 0, true
	case r == '*':
		return 0xbb, 1, true
	case r == 'ö':
		return 0xc0, 0, true
	}
	return 0, 0, false
}

func down(keysym, scan uint32) rfb.KeyEvent {
	return rfb.KeyEvent{Keysym: keysym, Scancode: scan, Down: true}
}
func up(keysym, scan uint32) rfb.KeyEvent { return rfb.KeyEvent{Keysym: keysym, Scancode: scan} }

func TestTypist(t *testing.T) {
	const euro, emoji, ctrl, shift, altGr, left, acute, bigA = 0x20ac, 0x0101f600, 0xffe3, 0xffe1, keysymLevel3, 0xff51, 0xfe51, 'A'
	unit := func(u uint16) []stroke { return []stroke{{unit: u}, {unit: u, up: true}} }
	type step struct {
		e      rfb.KeyEvent
		byChar bool
		want   []stroke
	}
	for name, steps := range map[string][]step{
		"a scancode decides": {
			{down('q', 0x1e), false, []stroke{{scan: 0x1e}}},
			{down('q', 0x1e), false, []stroke{{scan: 0x1e}}}, // repeated
			{up('q', 0x1e), false, []stroke{{scan: 0x1e, up: true}}},
			{up('q', 0x1e), false, nil},
		},
		"keys that hardware sends as sequences": {
			{down(0, scanPause), false, []stroke{{key: vkPause}}},
			{down(0, scanLControl), false, []stroke{{scan: scanLControl}}},
			{up(0, scanPause), false, []stroke{{key: vkPause, up: true}}},
			{down(0, scanPause), false, []stroke{{key: vkCancel | extended}}},
			{down(0, scanSysReq), false, []stroke{{key: vkSnapshot | extended}}},
			{down(0, scanNumLock), false, []stroke{{key: vkNumLock | extended}}},
		},
		"scancodes that are none": {
			{down(left, 0x100), false, []stroke{{key: 0x25 | extended}}},
			{down(0, 0x80), false, nil},
		},
		"a character": {
			{down('a', 0x10), true, unit('a')}, {up('a', 0x10), true, nil},
			{down(euro, 0), false, unit(0x20ac)},
			{down(emoji, 0), true, append(unit(0xd83d), unit(0xde00)...)},
			{down(0x7e4, 0), true, unit(0x3b4)}, // Greek δ
			{down(' ', 0), true, []stroke{{key: vkSpace}}},
		},
		"Ctrl+C, then c": {
			{down(ctrl, 0x1d), true, []stroke{{key: vkLControl}}},
			{down('c', 0x2e), true, []stroke{{key: 'C'}}}, {up('c', 0x2e), true, []stroke{{key: 'C', up: true}}},
			{down('C', 0x2e), true, []stroke{{key: 'C'}}}, {up('C', 0x2e), true, []stroke{{key: 'C', up: true}}}, // Caps Lock
			{down(0xf6, 0), true, []stroke{{key: 0xc0}}},
			{down('*', 0), true, []stroke{{key: vkLShift}, {key: 0xbb}, {key: vkLShift, up: true}}},
			{down(0x01002665, 0), true, unit(0x2665)},
			{up(ctrl, 0x1d), true, []stroke{{key: vkLControl, up: true}}},
			{down('c', 0x2e), true, unit('c')},
		},
		"Ctrl by scancode holds too": {
			{down(ctrl, scanRControl), false, []stroke{{scan: scanRControl}}},
			{down('c', 0), true, []stroke{{key: 'C'}}},
		},
		"Shift doesn't make a shortcut": {
			{down(shift, 0), true, []stroke{{key: vkLShift}}}, {down(bigA, 0), true, unit('A')},
		},
		"AltGr is in its character, and down for other keys": {
			{down(altGr, scanRMenu), true, nil}, {down('@', 0), true, unit('@')}, {up(altGr, scanRMenu), true, nil},
			{down(altGr, scanRMenu), true, nil}, {down(left, 0), true, []stroke{{key: vkRMenu | extended}, {key: 0x25 | extended}}},
			{up(altGr, scanRMenu), true, []stroke{{key: vkRMenu | extended, up: true}}},
			{down(altGr, scanRMenu), false, []stroke{{scan: scanRMenu}}},
		},
		"dead keys": {
			{down(acute, 0), true, nil}, {down('e', 0), true, unit('é')}, {down('e', 0), true, unit('e')},
			{down(acute, 0), true, nil}, {down(' ', 0), true, unit('´')},
			{down(acute, 0), true, nil}, {down('x', 0), true, append(unit('´'), unit('x')...)},
			{down(acute, 0), true, nil}, {down(acute, 0), true, unit('´')},
		},
		"nothing to type": {
			{down(0xd800+unicodeKeysym, 0), true, nil}, {down(0xffffffff, 0), true, nil}, {down(unicodeKeysym+7, 0), true, nil},
			{down(0x1a4, 0), true, nil}, {down(0x7a6, 0), true, nil}, {down(0, 0), true, nil},
		},
	} {
		typ := newTypist(german)
		for i, s := range steps {
			if got := typ.key(s.e, s.byChar); !reflect.DeepEqual(got, s.want) {
				t.Errorf("%s, step %d: %+v, want %+v", name, i, got, s.want)
			}
		}
	}
}

func TestRelease(t *testing.T) {
	typ := newTypist(german)
	typ.key(down(0xffe3, 0), true)
	typ.key(down('c', 0), true)
	typ.key(down(0, 0x1e), false)
	got := typ.release()
	if len(got) != 3 || got[2] != (stroke{key: vkLControl, up: true}) {
		t.Errorf("released: %+v", got)
	}
	for _, s := range got {
		if !s.up {
			t.Errorf("%+v is no release", s)
		}
	}
	if again := typ.release(); len(again) != 0 {
		t.Errorf("released again: %+v", again)
	}
}

func TestHeldKeysAreLimited(t *testing.T) {
	typ := newTypist(german)
	for scan := uint32(1); scan < 256; scan++ {
		typ.key(down(0, scan), false)
	}
	if n := len(typ.held); n > heldLimit {
		t.Errorf("%d keys are remembered", n)
	}
}

func TestEveryKeysymHasOneMeaning(t *testing.T) {
	for keysym := range uint32(0x2100) {
		r, ok := character(keysym)
		if ok && !utf8.ValidRune(r) {
			t.Errorf("%#x is %q", keysym, r)
		}
		if _, key := keyOf(keysym); key && ok {
			t.Errorf("%#x is a key and a character", keysym)
		}
	}
	for keysym, want := range map[uint32]rune{0x1a1: 'Ą', 0x6c1: 'а', 0x5d1: 'ر', 0xcfa: 'ת', 0xdf9: '๙', 0x13bd: 'œ', 0x20ac: '€', 0x4b1: 'ア'} {
		if r, ok := character(keysym); !ok || r != want {
			t.Errorf("%#x is %q, want %q", keysym, r, want)
		}
	}
}

func FuzzTypist(f *testing.F) {
	f.Add(uint32('a'), uint32(0x1e), uint32(0xfe51), uint32(0xb8))
	f.Fuzz(func(t *testing.T, a, b, c, d uint32) {
		typ := newTypist(german)
		for _, e := range []rfb.KeyEvent{down(a, b), down(c, d), down(b, a), up(a, b), down(d, c), up(c, d)} {
			typ.key(e, false)
			typ.key(e, true)
		}
		typ.release()
		if len(typ.held) != 0 {
			t.Error("something is still held")
		}
	})
}
