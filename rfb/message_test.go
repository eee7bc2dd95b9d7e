package rfb

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"io"
	"reflect"
	"strings"
	"testing"
)

// bytesOf reads hexadecimal with spaces.
func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func reader(b []byte) *messageReader {
	return &messageReader{r: bufio.NewReader(bytes.NewReader(b)), maxClipboard: 1 << 16, mouseButtons: true, clipboard: true}
}

// deflated is the body of a provide message: the text's size as given, and the text.
func deflated(size uint32, text string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(binary.BigEndian.AppendUint32(nil, size))
	io.WriteString(z, text)
	z.Close()
	return b.Bytes()
}

// extended is an extended ClientCutText.
func extended(flags uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{msgClientCutText, 0, 0, 0}, uint32(-(4 + len(body))))
	return append(binary.BigEndian.AppendUint32(b, flags), body...)
}

func TestReadMessages(t *testing.T) {
	h := func(s string) []byte { return bytesOf(t, s) }
	for _, tt := range []struct {
		name string
		b    []byte
		want message
	}{
		{"SetPixelFormat", h("00 000000 20 18 00 01 00ff 00ff 00ff 10 08 00 000000"), setPixelFormat{natural}},
		{"SetPixelFormat 565 big endian", h("00 000000 10 10 01 01 001f 003f 001f 0b 05 00 000000"), setPixelFormat{
			pixelFormat{16, 16, true, true, [3]uint16{31, 63, 31}, [3]uint8{11, 5, 0}}}},
		{"SetEncodings", h("02 00 0003 00000007 ffffff11 c0a1e5ce"), setEncodings{[]int32{encTight, encCursor, encClipboard}}},
		{"no encodings", h("02 00 0000"), setEncodings{[]int32{}}},
		{"request", h("03 00 0001 0002 0003 0004"), updateRequest{false, image.Rect(1, 2, 4, 6)}},
		{"incremental request", h("03 01 0000 0000 ffff ffff"), updateRequest{true, image.Rect(0, 0, 65535, 65535)}},
		{"key", h("04 01 0000 0000ff0d"), KeyEvent{Keysym: 0xff0d, Down: true}},
		{"QEMU key", h("ff 00 0001 00000041 0000001e"), KeyEvent{Keysym: 'A', Scancode: 0x1e, Down: true}},
		{"QEMU key, Print by its old name", h("ff 00 0000 00000000 000000b7"), KeyEvent{Scancode: 0x54}},
		{"QEMU key that is none", h("ff 00 0000 00000041 00000100"), KeyEvent{Keysym: 'A'}},
		{"pointer", h("05 05 0007 0008"), PointerEvent{image.Pt(7, 8), ButtonLeft | ButtonRight}},
		{"pointer with more buttons", h("05 81 0007 0008 03"), PointerEvent{image.Pt(7, 8), ButtonLeft | ButtonBack | ButtonForward}},
		{"cut text", h("06 000000 00000003 e40d0a"), cutText{"ä\n"}},
		{"clipboard caps", extended(clipCaps|clipNotify|clipText, h("00100000")), clipMessage{
			action: clipCaps, formats: clipText, actions: clipCaps | clipNotify, size: 1 << 20}},
		{"clipboard request", extended(clipRequest|clipText, nil), clipMessage{action: clipRequest, formats: clipText, actions: clipRequest}},
		{"clipboard peek", extended(clipPeek, nil), clipMessage{action: clipPeek, actions: clipPeek}},
		{"clipboard provide", extended(clipProvide|clipText, deflated(6, "h\r\nę\x00")), clipMessage{
			action: clipProvide, formats: clipText, actions: clipProvide, text: "h\nę"}},
		{"clipboard provides HTML", extended(clipProvide|4, deflated(3, "<b>")), ignored{}},
		{"clipboard over the limit", extended(clipProvide|clipText, deflated(1<<20, "")), ignored{}},
		{"cut text over the limit", append(h("06 000000 00020000"), make([]byte, 1<<17)...), ignored{}},
		{"continuous updates", h("96 01 0000 0000 0010 0020"), continuousUpdates{true, image.Rect(0, 0, 16, 32)}},
		{"fence", h("f8 000000 80000005 02 abcd"), fence{fenceRequest | fenceBlockBefore | fenceSyncNext, h("abcd")}},
		{"desktop size", h("fb 00 0100 0100 01 00 00000000 0000 0000 0100 0100 00000000"), setDesktopSize{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := reader(tt.b)
			got, err := m.next()
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %#v, %v; want %#v", got, err, tt.want)
			}
			if _, err := m.next(); err != io.EOF {
				t.Errorf("behind it: %v, want EOF", err)
			}
			for n := 1; n < min(len(tt.b), 200); n++ {
				if _, err := reader(tt.b[:n]).next(); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("the first %d bytes: %v, want an unexpected end", n, err)
				}
			}
		})
	}
}

func TestReadHostileMessages(t *testing.T) {
	h := func(s string) []byte { return bytesOf(t, s) }
	for _, tt := range []struct {
		name string
		b    []byte
		want error
	}{
		{"unknown", h("07"), ErrUnknownMessage},
		{"QEMU audio", h("ff 01 0000"), ErrUnknownMessage},
		{"24 bits a pixel", h("00 000000 18 18 00 01 00ff 00ff 00ff 10 08 00 000000"), ErrPixelFormat},
		{"a colour of no bits", h("00 000000 20 18 00 01 0000 00ff 00ff 10 08 00 000000"), ErrPixelFormat},
		{"a maximum that is no power of two", h("00 000000 20 18 00 01 00fe 00ff 00ff 10 08 00 000000"), ErrPixelFormat},
		{"a shift beyond the pixel", h("00 000000 20 18 00 01 00ff 00ff 00ff ff 08 00 000000"), ErrPixelFormat},
		{"colours on top of each other", h("00 000000 20 18 00 01 00ff 00ff 00ff 10 08 08 000000"), ErrPixelFormat},
		{"a colour map of 16 bits", h("00 000000 10 10 00 00 0000 0000 0000 00 00 00 000000"), ErrPixelFormat},
		{"many encodings", h("02 00 ffff"), ErrTooLong},
		{"huge cut text", h("06 000000 7fffffff"), ErrTooLong},
		{"huge clipboard", h("06 000000 80000000"), ErrTooLong},
		{"clipboard without flags", h("06 000000 fffffffd 000000"), ErrMalformed},
		{"clipboard with two actions", extended(clipPeek|clipNotify, nil), ErrMalformed},
		{"clipboard with none", extended(clipText, nil), ErrMalformed},
		{"clipboard that is no zlib", extended(clipProvide|clipText, h("00000000")), ErrMalformed},
		{"clipboard that is shorter than it says", extended(clipProvide|clipText, deflated(9, "x")), ErrMalformed},
		{"a fence of 65 bytes", append(h("f8 000000 80000000 41"), make([]byte, 65)...), ErrTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := reader(tt.b).next(); !errors.Is(err, tt.want) {
				t.Errorf("got %#v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// TestMouseButtonsMarker: a viewer that doesn't know ExtendedMouseButtons means the back button by the highest bit.
func TestMouseButtonsMarker(t *testing.T) {
	m := reader(bytesOf(t, "05 80 0000 0000"))
	m.mouseButtons = false
	if got, err := m.next(); err != nil || got != (PointerEvent{Buttons: ButtonBack}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestClipboardBomb: no more is inflated than was announced.
func TestClipboardBomb(t *testing.T) {
	body := deflated(1<<16, strings.Repeat("\x00", 2<<20))
	text, ok, err := inflateText(body, 1<<16)
	if text != "" || !ok || err != nil {
		t.Errorf("got %d bytes, %v, %v", len(text), ok, err)
	}
}

func FuzzReadMessages(f *testing.F) {
	for _, s := range []string{
		"00 000000 20 18 00 01 00ff 00ff 00ff 10 08 00 000000", "02 00 0002 00000007 ffffff11", "03 01 0000 0000 ffff ffff",
		"04 01 0000 0000ff0d", "ff 00 0001 00000041 0000001e", "05 81 0007 0008 03", "06 000000 00000003 e40d0a",
		"96 01 0000 0000 0010 0020", "f8 000000 80000005 02 abcd", "fb 00 0100 0100 01 00 00000000 0000 0000 0100 0100 00000000",
	} {
		f.Add(bytesOf(f, s))
	}
	f.Add(extended(clipProvide|clipText, deflated(6, "h\r\nę\x00")))
	f.Add(extended(clipCaps|clipNotify|clipText, []byte{0, 1, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := reader(b)
		for {
			msg, err := m.next()
			if err != nil {
				return
			}
			switch msg := msg.(type) {
			case setEncodings:
				e := newEncodings(msg.list)
				e.options(QualityAuto, 1e5)
			case setPixelFormat:
				if msg.format.trueColor {
					newConverter(msg.format).append(nil, make([]byte, 8))
				}
			case fence:
				if len(msg.payload) > maxFence {
					t.Errorf("a fence of %d bytes", len(msg.payload))
				}
			case clipMessage:
				if len(msg.text) > m.maxClipboard {
					t.Errorf("a clipboard of %d bytes", len(msg.text))
				}
			}
		}
	})
}

func FuzzClipboard(f *testing.F) {
	f.Add(extended(clipProvide|clipText, deflated(6, "h\r\nę\x00"))[8:])
	f.Add(extended(clipCaps, nil)[8:])
	f.Fuzz(func(t *testing.T, b []byte) {
		msg, err := parseClipboard(b, 1<<12)
		if m, ok := msg.(clipMessage); ok && err == nil && (len(m.text) > 1<<12 || strings.ContainsAny(m.text, "\r\x00")) {
			t.Errorf("%q", m.text)
		}
	})
}

// FuzzClipboardRoundTrip: what the server sends, a viewer that reads as the server does gets.
func FuzzClipboardRoundTrip(f *testing.F) {
	f.Add("zażółć\ngęślą 😀")
	f.Fuzz(func(t *testing.T, text string) {
		text = lineFeeds(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "?"))
		b := appendClipText(nil, text)
		msg, err := parseClipboard(b[8:], 1<<20)
		if err != nil || msg.(clipMessage).text != text {
			t.Errorf("%q became %#v, %v", text, msg, err)
		}
	})
}
