package jpeg

import (
	"bytes"
	"testing"
)

// FuzzEncode checks that assembly and Go write the same, after what dst has already, and that it can be decoded.
func FuzzEncode(f *testing.F) {
	f.Add(photo(33, 17), uint16(33), uint16(17), uint8(0), 80, true)
	f.Add(photo(16, 16), uint16(16), uint16(16), uint8(0), 100, false)
	f.Add([]byte{255, 0}, uint16(70), uint16(40), uint8(3), 1, true)
	f.Add([]byte{}, uint16(0), uint16(1), uint8(9), -5, false)
	asm, plain := Encoder{}, Encoder{plain: true}
	f.Fuzz(func(t *testing.T, data []byte, width, height uint16, padding uint8, quality int, all bool) {
		w, h := int(width%300), int(height%200)
		sub := Sub420
		if all {
			sub = Sub444
		}
		stride := 4*w + int(padding)
		pix := make([]byte, max(stride*(h-1)+4*w, 0))
		if len(data) > 0 {
			for n := 0; n < len(pix); {
				n += copy(pix[n:], data)
			}
		}
		const before = "before"
		got := asm.Encode([]byte(before), pix, stride, w, h, quality, sub)
		if !bytes.Equal(got, plain.Encode([]byte(before), pix, stride, w, h, quality, sub)) {
			t.Error("assembly and Go differ")
		}
		file, ok := bytes.CutPrefix(got, []byte(before))
		if !ok {
			t.Error("what was in dst is gone")
		}
		if w > 0 && h > 0 {
			decode(t, file, w, h)
		} else if len(file) > 0 {
			t.Error("a picture of nothing")
		}
	})
}
