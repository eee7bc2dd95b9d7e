package winscreen

import (
	"fmt"
	"image"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/rfb"
)

var (
	procCreateDXGIFactory1 = windows.NewLazySystemDLL("dxgi.dll").NewProc("CreateDXGIFactory1")
	procD3D11CreateDevice  = windows.NewLazySystemDLL("d3d11.dll").NewProc("D3D11CreateDevice")
)

// duplication is a source that uses the desktop duplication: https://learn.microsoft.com/windows/win32/direct3ddxgi/desktop-dup-api
// The desktop's picture is in the graphics card's memory; what changed of it is copied to a texture that the processor can read.
type duplication struct {
	size    image.Point
	device  *object
	context *object
	dupl    *object
	staging *object

	any     bool // the staging texture holds a picture
	pending changes
	pointer *rfb.Cursor
}

// opened is what came of opening the desktop duplication.
type opened struct {
	d   *duplication
	err error
}

// openDuplication opens the duplication of a monitor on a thread of its own, which ends then. Direct3D may make hidden windows
// on the thread that uses it first; nobody handles their messages, and a window that doesn't answer WM_QUERYENDSESSION holds
// up the PC's restart. Only its own thread can destroy a window, and all of them go with their thread.
func openDuplication(id string, size image.Point) <-chan opened {
	out := make(chan opened, 1)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		d, err := newDuplication(id, size)
		out <- opened{d, err}
	}()
	return out
}

// newDuplication opens the duplication of a monitor, with its first picture.
func newDuplication(id string, size image.Point) (*duplication, error) {
	adapter, output, err := findOutput(id)
	if err != nil {
		return nil, err
	}
	defer adapter.release()
	defer output.release()
	d := &duplication{size: size}
	if err := d.open(adapter, output); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// findOutput finds a monitor and the graphics card that it is plugged into.
func findOutput(id string) (adapter, output *object, err error) {
	if err := procCreateDXGIFactory1.Find(); err != nil {
		return nil, nil, err
	}
	var factory *object
	r, _, _ := procCreateDXGIFactory1.Call(uintptr(unsafe.Pointer(&iidFactory1)), uintptr(unsafe.Pointer(&factory)))
	if hr := hresult(r); hr.failed() {
		return nil, nil, fmt.Errorf("CreateDXGIFactory1: %w", hr)
	}
	defer factory.release()
	for i := uintptr(0); i < 64; i++ {
		if factory.call(factoryEnumAdapters1, i, uintptr(unsafe.Pointer(&adapter))).failed() {
			break
		}
		for j := uintptr(0); j < 64; j++ {
			if adapter.call(adapterEnumOutputs, j, uintptr(unsafe.Pointer(&output))).failed() {
				break
			}
			var desc outputDesc
			if !output.call(outputGetDesc, uintptr(unsafe.Pointer(&desc))).failed() && windows.UTF16ToString(desc.DeviceName[:]) == id {
				return adapter, output, nil
			}
			output.release()
		}
		adapter.release()
	}
	return nil, nil, fmt.Errorf("no graphics card has the monitor %s", id)
}

func (d *duplication) open(adapter, output *object) error {
	if err := procD3D11CreateDevice.Find(); err != nil {
		return err
	}
	const driverUnknown, sdkVersion = 0, 7
	r, _, _ := procD3D11CreateDevice.Call(uintptr(unsafe.Pointer(adapter)), driverUnknown, 0, 0, 0, 0, sdkVersion,
		uintptr(unsafe.Pointer(&d.device)), 0, uintptr(unsafe.Pointer(&d.context)))
	if hr := hresult(r); hr.failed() {
		return fmt.Errorf("D3D11CreateDevice: %w", hr)
	}
	output1 := output.as(&iidOutput1)
	if output1 == nil {
		return fmt.Errorf("IDXGIOutput1: %w", hresult(errDXGIUnsupported))
	}
	defer output1.release()
	if hr := output1.call(outputDuplicate, uintptr(unsafe.Pointer(d.device)), uintptr(unsafe.Pointer(&d.dupl))); hr.failed() {
		return fmt.Errorf("DuplicateOutput: %w", hr)
	}
	var desc duplDesc
	d.dupl.call(duplGetDesc, uintptr(unsafe.Pointer(&desc)))
	if !desc.upright(d.size) {
		return fmt.Errorf("the monitor is rotated, or its pictures are of another kind: %+v", desc)
	}
	if err := d.makeStaging(desc.Width, desc.Height); err != nil {
		return err
	}
	// The first frame is there at once, as a rule.
	for range 5 {
		if _, err := d.look(100 * time.Millisecond); err != nil {
			return err
		}
		if d.any {
			return nil
		}
	}
	return fmt.Errorf("the duplication gives no picture: %w", hresult(errDXGITimeout))
}

// makeStaging makes the texture that the processor can read.
func (d *duplication) makeStaging(w, h uint32) error {
	const staging, cpuRead = 3, 0x20000
	texture := textureDesc{Width: w, Height: h, MipLevels: 1, ArraySize: 1, Format: formatBGRA8, SampleCount: 1, Usage: staging, CPUAccess: cpuRead}
	if hr := d.device.call(deviceCreateTexture, uintptr(unsafe.Pointer(&texture)), 0, uintptr(unsafe.Pointer(&d.staging))); hr.failed() {
		return fmt.Errorf("CreateTexture2D: %w", hr)
	}
	return nil
}

// copyFrom copies parts of a frame there.
func (d *duplication) copyFrom(texture *object, areas []image.Rectangle) {
	for _, r := range areas {
		from := region3{uint32(r.Min.X), uint32(r.Min.Y), 0, uint32(r.Max.X), uint32(r.Max.Y), 1}
		d.context.call(contextCopyRegion, uintptr(unsafe.Pointer(d.staging)), 0, uintptr(r.Min.X), uintptr(r.Min.Y), 0,
			uintptr(unsafe.Pointer(texture)), 0, uintptr(unsafe.Pointer(&from)))
	}
}

func (d *duplication) waits() bool { return true }

// look waits for a frame and copies what changed.
func (d *duplication) look(wait time.Duration) (bool, error) {
	var info frameInfo
	var resource *object
	hr := d.dupl.call(duplAcquireFrame, uintptr(max(0, wait.Milliseconds())), uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&resource)))
	switch {
	case hr == errDXGITimeout:
		return len(d.pending.rects)+len(d.pending.moves) > 0, nil
	case hr.failed(): // access lost, session disconnected, device removed, …
		return false, fmt.Errorf("%w: AcquireNextFrame: %w", errLost, hr)
	}
	defer d.dupl.call(duplReleaseFrame)
	defer resource.release()
	if info.ShapeSize > 0 {
		d.readShape(info.ShapeSize)
	}
	if info.LastPresent == 0 && d.any {
		return len(d.pending.rects)+len(d.pending.moves) > 0, nil // only the pointer
	}
	texture := resource.as(&iidTexture2D)
	if texture == nil {
		return false, fmt.Errorf("%w: a frame is no texture", errLost)
	}
	defer texture.release()
	var frame changes
	if moves, dirty, ok := d.rects(&info); ok && d.any {
		frame.add(moves, dirty, d.size)
		d.pending.add(moves, dirty, d.size)
	} else {
		frame.everything(d.size)
		d.pending.everything(d.size)
	}
	d.copyFrom(texture, frame.areas())
	d.any = d.any || info.LastPresent != 0
	return len(d.pending.rects)+len(d.pending.moves) > 0, nil
}

// metadataLimit bounds what a driver can have us allocate.
const metadataLimit = 4 << 20

// rects are the frame's moved and dirty rectangles; ok is false if Windows doesn't tell them.
func (d *duplication) rects(info *frameInfo) (moves []moveRect, dirty []rect, ok bool) {
	if info.MetadataSize == 0 || info.MetadataSize > metadataLimit {
		return nil, nil, false
	}
	moves = make([]moveRect, info.MetadataSize/uint32(unsafe.Sizeof(moveRect{}))+1)
	var size uint32
	hr := d.dupl.call(duplMoveRects, uintptr(len(moves))*unsafe.Sizeof(moves[0]), uintptr(unsafe.Pointer(&moves[0])), uintptr(unsafe.Pointer(&size)))
	if hr.failed() {
		return nil, nil, false
	}
	moves = moves[:min(len(moves), int(size/uint32(unsafe.Sizeof(moves[0]))))]
	dirty = make([]rect, info.MetadataSize/uint32(unsafe.Sizeof(rect{}))+1)
	hr = d.dupl.call(duplDirtyRects, uintptr(len(dirty))*unsafe.Sizeof(dirty[0]), uintptr(unsafe.Pointer(&dirty[0])), uintptr(unsafe.Pointer(&size)))
	if hr.failed() {
		return nil, nil, false
	}
	return moves, dirty[:min(len(dirty), int(size/uint32(unsafe.Sizeof(dirty[0]))))], true
}

func (d *duplication) readShape(size uint32) {
	if size > metadataLimit {
		return
	}
	data := make([]byte, size)
	var info shapeInfo
	var need uint32
	hr := d.dupl.call(duplPointerShape, uintptr(size), uintptr(unsafe.Pointer(&data[0])), uintptr(unsafe.Pointer(&need)), uintptr(unsafe.Pointer(&info)))
	if !hr.failed() {
		d.pointer = shapeCursor(info, data)
	}
}

func (d *duplication) take() (pixels, changes, error) {
	const read = 1
	var m mapped
	if hr := d.context.call(contextMap, uintptr(unsafe.Pointer(d.staging)), 0, read, 0, uintptr(unsafe.Pointer(&m))); hr.failed() {
		return pixels{}, changes{}, fmt.Errorf("%w: Map: %w", errLost, hr)
	}
	c := d.pending
	d.pending = changes{}
	if m.Data == nil || int(m.RowPitch) < 4*d.size.X {
		d.done()
		return pixels{}, changes{}, fmt.Errorf("%w: the texture is mapped to nothing", errLost)
	}
	// The last row need not be as long as the pitch.
	n := int(m.RowPitch)*(d.size.Y-1) + 4*d.size.X
	return pixels{unsafe.Slice(m.Data, n), int(m.RowPitch)}, c, nil
}

func (d *duplication) done() { d.context.call(contextUnmap, uintptr(unsafe.Pointer(d.staging)), 0) }

func (d *duplication) shape() *rfb.Cursor {
	c := d.pointer
	d.pointer = nil
	return c
}

func (d *duplication) close() {
	for _, o := range []*object{d.staging, d.dupl, d.context, d.device} {
		o.release()
	}
}
