package winscreen

import (
	"errors"
	"image"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/rfb"
)

// fakeDuplication answers the calls of an IDXGIOutputDuplication with what the test says, called as Windows' own is: through
// a table of methods.
type fakeDuplication struct {
	methods  *[64]uintptr // first: an object's address is its table's address' address
	table    [64]uintptr
	frame    *object
	info     frameInfo
	moves    []moveRect
	dirty    []rect
	shape    shapeInfo
	shapePix []byte
	result   hresult // of AcquireNextFrame
	held     int
}

func newFake(frame *object) *fakeDuplication {
	f := &fakeDuplication{frame: frame}
	f.methods = &f.table
	f.table[unknownRelease] = windows.NewCallback(func(this *fakeDuplication) uintptr { return 0 })
	f.table[duplAcquireFrame] = windows.NewCallback(func(this *fakeDuplication, ms uintptr, info *frameInfo, out **object) uintptr {
		if this.result != 0 {
			return uintptr(this.result)
		}
		this.held++
		*info = this.info
		this.frame.call(1) // AddRef: the caller releases it
		*out = this.frame
		return 0
	})
	f.table[duplReleaseFrame] = windows.NewCallback(func(this *fakeDuplication) uintptr { this.held--; return 0 })
	f.table[duplMoveRects] = windows.NewCallback(func(this *fakeDuplication, size uintptr, into *moveRect, need *uint32) uintptr {
		*need = uint32(uintptr(len(this.moves)) * unsafe.Sizeof(moveRect{}))
		if uintptr(*need) > size {
			return errDXGIInvalidCall
		}
		copy(unsafe.Slice(into, len(this.moves)), this.moves)
		return 0
	})
	f.table[duplDirtyRects] = windows.NewCallback(func(this *fakeDuplication, size uintptr, into *rect, need *uint32) uintptr {
		*need = uint32(uintptr(len(this.dirty)) * unsafe.Sizeof(rect{}))
		if uintptr(*need) > size {
			return errDXGIInvalidCall
		}
		copy(unsafe.Slice(into, len(this.dirty)), this.dirty)
		return 0
	})
	f.table[duplPointerShape] = windows.NewCallback(func(this *fakeDuplication, size uintptr, into *byte, need *uint32, info *shapeInfo) uintptr {
		*need = uint32(copy(unsafe.Slice(into, size), this.shapePix))
		*info = this.shape
		return 0
	})
	return f
}

// texture makes a picture on the graphics card.
func (d *duplication) texture(t *testing.T, w, h int, pix []byte) *object {
	t.Helper()
	const shaderResource = 8
	desc := textureDesc{Width: uint32(w), Height: uint32(h), MipLevels: 1, ArraySize: 1, Format: formatBGRA8, SampleCount: 1, BindFlags: shaderResource}
	initial := struct {
		pix          *byte
		pitch, slice uint32
	}{&pix[0], uint32(4 * w), 0}
	var texture *object
	if hr := d.device.call(deviceCreateTexture, uintptr(unsafe.Pointer(&desc)), uintptr(unsafe.Pointer(&initial)), uintptr(unsafe.Pointer(&texture))); hr.failed() {
		t.Fatal(hr)
	}
	t.Cleanup(texture.release)
	return texture
}

// device is a duplication that has all but the duplication.
func device(t *testing.T, w, h int) *duplication {
	t.Helper()
	runtime.LockOSThread() // see openDuplication
	all, err := monitors()
	if err != nil {
		t.Fatal(err)
	}
	adapter, output, err := findOutput(all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer adapter.release()
	defer output.release()
	d := &duplication{size: image.Pt(w, h)}
	t.Cleanup(d.close)
	err = d.open(adapter, output)
	t.Logf("opening the duplication: %v", err)
	if d.dupl != nil {
		t.Skip("a PC with the desktop duplication")
	}
	if d.context == nil {
		t.Fatal("no device")
	}
	if err := d.makeStaging(uint32(w), uint32(h)); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDuplication has the frames of a duplication end up in a framebuffer.
func TestDuplication(t *testing.T) {
	const w, h = 64, 48
	d := device(t, w, h)
	pix := make([]byte, 4*w*h)
	for i := range pix {
		pix[i] = byte(i / 4 * 13)
	}
	f := newFake(d.texture(t, w, h, pix))
	d.dupl = (*object)(unsafe.Pointer(f))
	fb := &rfb.Framebuffer{Pix: make([]byte, 4*w*h), Stride: 4 * w, Size: d.size}
	into := pixels{fb.Pix, fb.Stride}
	draw := func(want changes) {
		t.Helper()
		desktop, c, err := d.take()
		if err != nil {
			t.Fatal(err)
		}
		defer d.done()
		if len(c.moves) != len(want.moves) || bounding(c.areas()) != bounding(want.areas()) {
			t.Errorf("changed: %+v, want %+v", c, want)
		}
		compose(into, desktop, d.size, c.areas(), nil, nil)
		if left := compare(pixels{pix, 4 * w}, into, image.Rectangle{Max: d.size}, false); left != nil {
			t.Errorf("the framebuffer differs in %v", left)
		}
	}
	look := func(want bool) {
		t.Helper()
		changed, err := d.look(0)
		if changed != want || err != nil || f.held != 0 {
			t.Fatalf("look: %v, %v; %d frames are held", changed, err, f.held)
		}
	}
	// The first frame is all new, whatever it says.
	f.info = frameInfo{LastPresent: 1, MetadataSize: 16}
	look(true)
	draw(changes{rects: []image.Rectangle{{Max: d.size}}})

	f.result = errDXGITimeout
	look(false)
	f.result, f.info = 0, frameInfo{LastMouse: 2, ShapeSize: 4}
	f.shape, f.shapePix = shapeInfo{Type: shapeColor, Width: 1, Height: 1, Pitch: 4}, []byte{1, 2, 3, 255}
	look(false)
	if c := d.shape(); c == nil || c.Size != image.Pt(1, 1) || d.shape() != nil {
		t.Errorf("the pointer's shape: %+v", c)
	}

	// A move and two dirty rectangles, in a picture that is new.
	next := make([]byte, len(pix))
	copy(next, pix)
	for y := range 8 {
		copy(next[4*w*(y+20):4*(w*(y+20)+16)], pix[4*w*y:4*(w*y+16)])
		copy(next[4*(w*y+40):4*(w*y+48)], make([]byte, 32))
	}
	pix = next
	f.frame = d.texture(t, w, h, pix)
	f.moves = []moveRect{{point{0, 0}, rect{0, 20, 16, 28}}}
	f.dirty = []rect{{40, 0, 48, 8}, {-5, -5, 3, 3}}
	f.info = frameInfo{LastPresent: 3, MetadataSize: uint32(unsafe.Sizeof(moveRect{}) + 2*unsafe.Sizeof(rect{}))}
	look(true)
	draw(changes{moves: []rfb.Move{{To: image.Rect(0, 20, 16, 28)}}, rects: []image.Rectangle{image.Rect(40, 0, 48, 8), image.Rect(0, 0, 3, 3)}})

	// A driver that says more than it announced: everything may have changed.
	f.dirty = make([]rect, 1000)
	look(true)
	draw(changes{rects: []image.Rectangle{{Max: d.size}}})

	f.result = errDXGIAccessLost
	if _, err := d.look(0); !errors.Is(err, errLost) {
		t.Errorf("access lost: %v", err)
	}
}
