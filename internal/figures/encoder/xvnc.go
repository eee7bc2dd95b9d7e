package encoder

import (
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"github.com/rejoin/rejoin/rfb"
	"golang.org/x/sys/unix"
)

// xvnc is TigerVNC's server with an X program that draws on it as applications do: with CopyArea for what moves, since this is
// how Xvnc learns of copies, and otherwise with images of what changed.
type xvnc struct {
	cmd   *exec.Cmd
	addr  string
	x     *xgb.Conn
	win   xproto.Window
	gc    xproto.Gcontext
	seg   shm.Seg
	mem   []byte
	w     *workload
	truth rfb.Framebuffer // after the newest frame
	typed atomic.Bool
	paint bool // what moves is drawn anew, as by applications that compose their window themselves
}

// startXvnc starts one; paint says that it is not told of moves.
func startXvnc(paint bool) (*xvnc, error) {
	path, err := exec.LookPath("Xvnc")
	if err != nil {
		return nil, fmt.Errorf("TigerVNC's server (Debian's tigervnc-standalone-server) is needed: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	v := &xvnc{paint: paint, addr: fmt.Sprintf("127.0.0.1:%d", port)}
	v.cmd = exec.Command(path, "-displayfd", "3", "-SecurityTypes", "None", "-localhost", "-rfbport", fmt.Sprint(port),
		"-geometry", fmt.Sprintf("%dx%d", screen.X, screen.Y), "-depth", "24", "-nolisten", "tcp", "-AlwaysShared", "-s", "0")
	v.cmd.ExtraFiles = []*os.File{w}
	if err := errors.Join(v.cmd.Start(), w.Close()); err != nil {
		return nil, err
	}
	number := make([]byte, 16)
	n, err := r.Read(number)
	if err == nil {
		err = v.open(strings.TrimSpace(string(number[:n])))
	}
	if err != nil {
		v.close()
		return nil, fmt.Errorf("starting Xvnc: %w", err)
	}
	return v, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// open connects to the X side and covers the screen with a window.
func (v *xvnc) open(display string) (err error) {
	xgb.Logger.SetOutput(io.Discard) // it logs that connections end
	if v.x, err = xgb.NewConnDisplay(":" + display); err != nil {
		return err
	}
	if err := shm.Init(v.x); err != nil {
		return err
	}
	root := xproto.Setup(v.x).DefaultScreen(v.x)
	if v.win, err = xproto.NewWindowId(v.x); err != nil {
		return err
	}
	err = xproto.CreateWindowChecked(v.x, root.RootDepth, v.win, root.Root, 0, 0, uint16(screen.X), uint16(screen.Y), 0,
		xproto.WindowClassInputOutput, root.RootVisual, xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{1, xproto.EventMaskKeyPress | xproto.EventMaskStructureNotify}).Check()
	if err != nil {
		return err
	}
	if v.gc, err = xproto.NewGcontextId(v.x); err != nil {
		return err
	}
	if err := xproto.CreateGCChecked(v.x, v.gc, xproto.Drawable(v.win), xproto.GcGraphicsExposures, []uint32{0}).Check(); err != nil {
		return err
	}
	if err := xproto.MapWindowChecked(v.x, v.win).Check(); err != nil {
		return err
	}
	if err := xproto.SetInputFocusChecked(v.x, xproto.InputFocusPointerRoot, v.win, xproto.TimeCurrentTime).Check(); err != nil {
		return err
	}
	go v.events()
	return v.share()
}

// share makes memory that both sides see, for images.
func (v *xvnc) share() error {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 2*4*screen.X*screen.Y, unix.IPC_CREAT|0o600)
	if err != nil {
		return err
	}
	if v.mem, err = unix.SysvShmAttach(id, 0, 0); err != nil {
		return err
	}
	if v.seg, err = shm.NewSegId(v.x); err != nil {
		return err
	}
	err = shm.AttachChecked(v.x, v.seg, uint32(id), true).Check()
	_, rm := unix.SysvShmCtl(id, unix.IPC_RMID, nil) // it goes when both have let go
	return errors.Join(err, rm)
}

func (v *xvnc) name() string    { return "TigerVNC" }
func (v *xvnc) address() string { return v.addr }
func (v *xvnc) pid() int        { return v.cmd.Process.Pid }

func (v *xvnc) close() {
	if v.x != nil {
		v.x.Close()
	}
	if v.mem != nil {
		// The process ends soon; nothing is to be said of it.
		_ = unix.SysvShmDetach(v.mem)
	}
	_ = v.cmd.Process.Kill()
	_ = v.cmd.Wait() // says that it was killed
}

// put draws an image from the shared memory at an offset, and returns the offset behind it.
func (v *xvnc) put(a patch, offset int) int {
	copy(v.mem[offset:], a.pix)
	w, h := uint16(a.at.Dx()), uint16(a.at.Dy())
	shm.PutImage(v.x, xproto.Drawable(v.win), v.gc, w, h, 0, 0, w, h, int16(a.at.Min.X), int16(a.at.Min.Y),
		24, xproto.ImageFormatZPixmap, 0, v.seg, uint32(offset))
	return offset + len(a.pix)
}

// sync waits until the server has drawn.
func (v *xvnc) sync() error {
	_, err := xproto.GetInputFocus(v.x).Reply()
	return err
}

func (v *xvnc) load(w *workload) error {
	v.w, v.truth = w, clone(w.first)
	v.put(cut(w.first, image.Rectangle{Max: screen}), 0)
	return v.sync()
}

func (v *xvnc) step(k int) error {
	f := v.w.frames[k]
	offset := 0
	if v.paint {
		f.apply(v.truth)
		for _, m := range f.moves {
			offset = v.put(cut(v.truth, m.To), offset)
		}
		f.moves = nil
	}
	for _, m := range f.moves {
		xproto.CopyArea(v.x, xproto.Drawable(v.win), xproto.Drawable(v.win), v.gc, int16(m.From.X), int16(m.From.Y),
			int16(m.To.Min.X), int16(m.To.Min.Y), uint16(m.To.Dx()), uint16(m.To.Dy()))
	}
	for _, a := range f.patches {
		offset = v.put(a, offset)
	}
	return v.sync()
}

func (v *xvnc) keys(on bool) error {
	v.typed.Store(on)
	return nil
}

// events draws a letter for each key, until the connection ends.
func (v *xvnc) events() {
	letters := newLetters()
	n := 0
	for {
		ev, err := v.x.WaitForEvent()
		if ev == nil && err == nil {
			return
		}
		if _, ok := ev.(xproto.KeyPressEvent); ok && v.typed.Load() {
			v.put(letters.next(n), 0)
			n++
			xproto.NoOperation(v.x) // sends what waits
		}
	}
}

// settle is how long a screen must be at rest to be called still.
const settle = 400 * time.Millisecond
