package winscreen

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
	"unsafe"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

func pixel(c *rfb.Cursor, x, y int) [4]byte { return [4]byte(c.Pix[4*(y*c.Size.X+x):]) }

var black, white, clear4 = [4]byte{0, 0, 0, 255}, [4]byte{255, 255, 255, 255}, [4]byte{}

func TestMonoCursor(t *testing.T) {
	// A row of eight: black, white, see-through, inverted, see-through …
	and, xor := []byte{0b00111111, 0xff}, []byte{0b01010000, 0x00}
	c := monoCursor(and, xor, 1, 8, 2, image.Pt(3, 9))
	if c == nil || c.Size != image.Pt(8, 2) || c.Hotspot != image.Pt(3, 1) {
		t.Fatalf("%+v", c)
	}
	for x, want := range [][4]byte{black, white, white, black, white, clear4} {
		if got := pixel(c, x, 0); got != want {
			t.Errorf("pixel %d: %v, want %v", x, got, want)
		}
	}
	if pixel(c, 3, 1) != white {
		t.Error("an inverted pixel has a white edge below")
	}
	if monoCursor(and, xor[:1], 1, 8, 2, image.Point{}) != nil || monoCursor(and, xor, 1, 9, 1, image.Point{}) != nil ||
		monoCursor(and, xor, 1, 8, 0, image.Point{}) != nil {
		t.Error("a cursor of too little")
	}
}

func TestColorCursor(t *testing.T) {
	bgra := []byte{1, 2, 3, 128, 4, 5, 6, 0, 9, 9, 9, 9, 7, 8, 9, 255, 0, 0, 0, 0}
	c := colorCursor(bgra, 12, nil, 0, 2, 1, image.Point{})
	if pixel(c, 0, 0) != [4]byte{1, 2, 3, 128} || pixel(c, 1, 0) != [4]byte{4, 5, 6, 0} {
		t.Errorf("alpha: %v", c.Pix)
	}
	// Without alpha the mask counts: opaque, see-through, inverted.
	bgra = []byte{1, 2, 3, 0, 0, 0, 0, 0, 255, 255, 255, 0}
	c = colorCursor(bgra, 12, []byte{0b01100000, 0}, 2, 3, 1, image.Point{})
	if pixel(c, 0, 0) != [4]byte{1, 2, 3, 255} || pixel(c, 1, 0) != white || pixel(c, 2, 0) != black {
		t.Errorf("mask: %v", c.Pix)
	}
	if colorCursor(bgra, 12, []byte{0}, 1, 3, 2, image.Point{}) != nil || colorCursor(bgra, 8, nil, 0, 3, 1, image.Point{}) != nil {
		t.Error("a cursor of too little")
	}
}

func TestShapeCursor(t *testing.T) {
	mono := shapeCursor(shapeInfo{Type: shapeMonochrome, Width: 8, Height: 2, Pitch: 1}, []byte{0xff, 0x00})
	if mono == nil || mono.Size != image.Pt(8, 1) || pixel(mono, 0, 0) != clear4 {
		t.Errorf("monochrome: %+v", mono)
	}
	masked := shapeCursor(shapeInfo{Type: shapeMaskedColor, Width: 3, Height: 1, Pitch: 12, HotX: 1},
		[]byte{1, 2, 3, 0, 0, 0, 0, 255, 255, 255, 255, 255})
	if masked == nil || pixel(masked, 0, 0) != [4]byte{1, 2, 3, 255} || pixel(masked, 1, 0) != white || pixel(masked, 2, 0) != black {
		t.Errorf("masked: %+v", masked)
	}
	for _, info := range []shapeInfo{
		{Type: 3, Width: 1, Height: 1, Pitch: 4}, {Type: shapeColor, Width: 1 << 31, Height: 1, Pitch: 4},
		{Type: shapeColor, Width: 2, Height: 1, Pitch: 4}, {Type: shapeMonochrome, Width: 8, Height: 600, Pitch: 1},
		{Type: shapeMonochrome, Width: 8, Height: 1, Pitch: 1}, {Type: shapeColor, Width: 1, Height: 5, Pitch: 4},
	} {
		if c := shapeCursor(info, make([]byte, 8)); c != nil {
			t.Errorf("%+v makes a cursor", info)
		}
	}
}

func FuzzShapeCursor(f *testing.F) {
	f.Add(uint32(1), uint32(8), uint32(2), uint32(1), int32(0), []byte{1, 2})
	f.Add(uint32(4), uint32(1), uint32(1), uint32(4), int32(-5), []byte{1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, kind, w, h, pitch uint32, hot int32, data []byte) {
		c := shapeCursor(shapeInfo{kind, w, h, pitch, hot, hot}, data)
		if c != nil && (len(c.Pix) != 4*c.Size.X*c.Size.Y || !c.Hotspot.In(image.Rectangle{Max: c.Size}) || c.Size.X > cursorLimit || c.Size.Y > cursorLimit) {
			t.Errorf("%+v", c)
		}
	})
}

func TestChanges(t *testing.T) {
	size := image.Pt(100, 100)
	r := func(x, y, w, h int32) rect { return rect{x, y, x + w, y + h} }
	var c changes
	c.add([]moveRect{{point{0, 0}, r(0, 50, 10, 10)}}, []rect{r(0, 0, 10, 10)}, size)
	if len(c.moves) != 1 || c.moves[0] != (rfb.Move{To: box(0, 50, 10, 10)}) || len(c.rects) != 1 {
		t.Fatalf("%+v", c)
	}
	// The next frame moves on what has just changed: the viewer doesn't have that yet. And what was moved may move again.
	c.add([]moveRect{{point{5, 5}, r(50, 0, 10, 10)}, {point{0, 50}, r(0, 70, 10, 10)}}, nil, size)
	if len(c.moves) != 2 || !covers(c.rects, box(50, 0, 10, 10)) || c.moves[1].From != image.Pt(0, 50) {
		t.Errorf("%+v", c)
	}
	if !covers(c.areas(), box(0, 70, 10, 10)) || !covers(c.areas(), box(0, 50, 10, 10)) {
		t.Errorf("the areas are %v", c.areas())
	}
	// What a driver must not say.
	var bad changes
	bad.add([]moveRect{
		{point{-5, 0}, r(20, 20, 10, 10)}, {point{95, 95}, r(40, 40, 10, 10)}, {point{0, 0}, r(95, 0, 10, 10)}, {point{0, 0}, rect{9, 9, 3, 3}},
		{point{2147483647, 2147483647}, r(60, 60, 10, 10)},
	}, []rect{{-2147483648, -2147483648, 2147483647, 5}, {7, 7, 7, 7}}, size)
	if len(bad.moves) != 0 || !covers(bad.rects, box(20, 20, 10, 10)) || !covers(bad.rects, box(0, 0, 100, 5)) {
		t.Errorf("%+v", bad)
	}
	for _, r := range bad.areas() {
		if !r.In(image.Rectangle{Max: size}) {
			t.Errorf("%v lies outside", r)
		}
	}
	c.everything(size)
	if len(c.moves) != 0 || !reflect.DeepEqual(c.rects, []image.Rectangle{{Max: size}}) {
		t.Errorf("everything: %+v", c)
	}
}

func TestUpright(t *testing.T) {
	good := duplDesc{Width: 1920, Height: 1080, Format: formatBGRA8, Rotation: rotationIdentity}
	turned, other := good, good
	turned.Rotation = 2
	other.Format = 10 // 16 bits a colour
	if !good.upright(image.Pt(1920, 1080)) || turned.upright(image.Pt(1920, 1080)) || other.upright(image.Pt(1920, 1080)) || good.upright(image.Pt(1080, 1920)) {
		t.Error("upright")
	}
}

// TestHeaders has a C compiler compare our tables and structures with the headers of the interfaces.
func TestHeaders(t *testing.T) {
	gcc, err := exec.LookPath("x86_64-w64-mingw32-gcc")
	if err != nil {
		t.Skip("no mingw-w64 here")
	}
	var c strings.Builder
	c.WriteString("#define CINTERFACE\n#define INITGUID\n#include <stddef.h>\n#include <windows.h>\n#include <d3d11.h>\n#include <dxgi1_2.h>\n" +
		"const GUID *const names[] = {&IID_IDXGIFactory1, &IID_IDXGIOutput1, &IID_ID3D11Texture2D};\n")
	for method, slot := range map[string]int{
		"IUnknown QueryInterface": unknownQueryInterface, "IUnknown Release": unknownRelease,
		"IDXGIFactory1 EnumAdapters1": factoryEnumAdapters1, "IDXGIAdapter1 EnumOutputs": adapterEnumOutputs,
		"IDXGIOutput GetDesc": outputGetDesc, "IDXGIOutput1 DuplicateOutput": outputDuplicate,
		"IDXGIOutputDuplication GetDesc": duplGetDesc, "IDXGIOutputDuplication AcquireNextFrame": duplAcquireFrame,
		"IDXGIOutputDuplication GetFrameDirtyRects": duplDirtyRects, "IDXGIOutputDuplication GetFrameMoveRects": duplMoveRects,
		"IDXGIOutputDuplication GetFramePointerShape": duplPointerShape, "IDXGIOutputDuplication ReleaseFrame": duplReleaseFrame,
		"ID3D11Device CreateTexture2D": deviceCreateTexture, "ID3D11DeviceContext Map": contextMap,
		"ID3D11DeviceContext Unmap": contextUnmap, "ID3D11DeviceContext CopySubresourceRegion": contextCopyRegion,
	} {
		face, name, _ := strings.Cut(method, " ")
		fmt.Fprintf(&c, "_Static_assert(offsetof(%sVtbl, %s) == %d, \"%s\");\n", face, name, 8*slot, method)
	}
	for name, size := range map[string]uintptr{
		"DXGI_OUTDUPL_FRAME_INFO": unsafe.Sizeof(frameInfo{}), "DXGI_OUTDUPL_DESC": unsafe.Sizeof(duplDesc{}),
		"DXGI_OUTDUPL_MOVE_RECT": unsafe.Sizeof(moveRect{}), "DXGI_OUTDUPL_POINTER_SHAPE_INFO": unsafe.Sizeof(shapeInfo{}),
		"DXGI_OUTPUT_DESC": unsafe.Sizeof(outputDesc{}), "D3D11_TEXTURE2D_DESC": unsafe.Sizeof(textureDesc{}),
		"D3D11_MAPPED_SUBRESOURCE": unsafe.Sizeof(mapped{}), "D3D11_BOX": unsafe.Sizeof(region3{}), "RECT": unsafe.Sizeof(rect{}),
	} {
		fmt.Fprintf(&c, "_Static_assert(sizeof(%s) == %d, \"%s\");\n", name, size, name)
	}
	for field, offset := range map[string]uintptr{
		"DXGI_OUTDUPL_FRAME_INFO, PointerShapeBufferSize": unsafe.Offsetof(frameInfo{}.ShapeSize),
		"DXGI_OUTDUPL_FRAME_INFO, PointerPosition":        unsafe.Offsetof(frameInfo{}.Pointer),
		"DXGI_OUTDUPL_DESC, Rotation":                     unsafe.Offsetof(duplDesc{}.Rotation),
		"DXGI_OUTDUPL_MOVE_RECT, DestinationRect":         unsafe.Offsetof(moveRect{}.To),
		"DXGI_OUTPUT_DESC, Rotation":                      unsafe.Offsetof(outputDesc{}.Rotation),
		"D3D11_TEXTURE2D_DESC, Usage":                     unsafe.Offsetof(textureDesc{}.Usage),
		"D3D11_MAPPED_SUBRESOURCE, RowPitch":              unsafe.Offsetof(mapped{}.RowPitch),
		"DXGI_OUTDUPL_POINTER_SHAPE_INFO, HotSpot":        unsafe.Offsetof(shapeInfo{}.HotX),
	} {
		fmt.Fprintf(&c, "_Static_assert(offsetof(%s) == %d, \"%s\");\n", field, offset, field)
	}
	for name, value := range map[string]uint32{
		"(unsigned)DXGI_ERROR_ACCESS_LOST": errDXGIAccessLost, "(unsigned)DXGI_ERROR_WAIT_TIMEOUT": errDXGITimeout,
		"(unsigned)DXGI_ERROR_NOT_CURRENTLY_AVAILABLE": errDXGIUnavailable, "(unsigned)DXGI_ERROR_SESSION_DISCONNECTED": errDXGIDisconnected,
		"(unsigned)DXGI_ERROR_NOT_FOUND": errDXGINotFound, "DXGI_FORMAT_B8G8R8A8_UNORM": formatBGRA8, "DXGI_MODE_ROTATION_IDENTITY": rotationIdentity,
		"D3D11_SDK_VERSION": 7, "D3D11_USAGE_STAGING": 3, "D3D11_CPU_ACCESS_READ": 0x20000, "D3D11_MAP_READ": 1,
		"DXGI_OUTDUPL_POINTER_SHAPE_TYPE_MASKED_COLOR": shapeMaskedColor,
	} {
		fmt.Fprintf(&c, "_Static_assert(%s == %du, \"%s\");\n", name, value, name)
	}
	file := filepath.Join(t.TempDir(), "headers.c")
	if err := os.WriteFile(file, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	object := file + ".o"
	if out, err := exec.Command(gcc, "-c", "-o", object, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]guid{"IDXGIFactory1": iidFactory1, "IDXGIOutput1": iidOutput1, "ID3D11Texture2D": iidTexture2D} {
		if raw := (*[16]byte)(unsafe.Pointer(&id)); !bytes.Contains(code, raw[:]) {
			t.Errorf("%+v is not the name of %s", id, name)
		}
	}
}

func TestClipboardText(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\nd": "a\nb\nc\nd", "Grüße 😀": "Grüße 😀", "": "", "\r": "\n", "\r\r\n": "\n\n",
	} {
		got, err := fromClipboard(append(utf16.Encode([]rune(in)), 0, 'x'), 100)
		if err != nil || got != want {
			t.Errorf("fromClipboard(%q) = %q, %v", in, got, err)
		}
	}
	for _, broken := range [][]uint16{{0xd83d}, {0xde00, 'a'}, {0xd83d, 'a'}, {0xd83d, 0xd83d, 0xde00}} {
		if got, err := fromClipboard(broken, 100); err != nil || !strings.Contains(got, "\ufffd") || strings.HasSuffix(got, "\ufffd") && len(broken) > 1 {
			t.Errorf("half a pair: %q, %v", got, err)
		}
	}
	if _, err := fromClipboard(utf16.Encode([]rune("ééé")), 5); !errors.Is(err, machine.ErrTooLong) {
		t.Errorf("six bytes where five are allowed: %v", err)
	}
	if got, err := fromClipboard(utf16.Encode([]rune("a\r\nb")), 3); err != nil || got != "a\nb" {
		t.Errorf("three bytes where three are allowed: %q, %v", got, err)
	}
	units, err := toClipboard("a\x00b\nc\r\nd😀")
	if err != nil || string(utf16.Decode(units)) != "ab\r\nc\r\nd😀\x00" {
		t.Errorf("toClipboard: %q, %v", string(utf16.Decode(units)), err)
	}
	if _, err := toClipboard(strings.Repeat("x", setLimit+1)); !errors.Is(err, machine.ErrTooLong) {
		t.Errorf("too much: %v", err)
	}
}

func FuzzClipboardText(f *testing.F) {
	f.Add("a\r\nb😀", 5)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit %= 1 << 16
		units, err := toClipboard(s)
		if err != nil {
			return
		}
		got, err := fromClipboard(units, limit)
		if err == nil && len(got) > max(0, limit) {
			t.Errorf("%d bytes, %d allowed", len(got), limit)
		}
		if strings.ContainsAny(got, "\r\x00") {
			t.Errorf("%q", got)
		}
	})
}
