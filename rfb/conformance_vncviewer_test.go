package rfb_test

import (
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/rejoin/rejoin/rfb"
)

// need finds a program, or skips the test where nobody demands it.
func need(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("REJOIN_REQUIRE_VNC") != "" {
			t.Fatalf("%v; it is in Debian's %s", err, pkg)
		}
		t.Skipf("%s (Debian's %s) is missing; REJOIN_REQUIRE_VNC=1 makes this an error", program, pkg)
	}
	return path
}

// start starts a program that ends with the test.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// It has ended when Wait returns, whatever that says of a killed one.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%v:\n%s", cmd.Args, said.String())
		}
	})
}

// xscreen is an X display of its own.
type xscreen struct {
	name string
	conn *xgb.Conn
	root xproto.Window
}

func newXscreen(t *testing.T) *xscreen {
	t.Helper()
	path := need(t, "Xvfb", "xvfb")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "1600x1100x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	start(t, cmd)
	w.Close()
	number := make([]byte, 16)
	n, err := r.Read(number)
	if err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	x := &xscreen{name: ":" + strings.TrimSpace(string(number[:n]))}
	xgb.Logger.SetOutput(io.Discard) // it logs that connections end
	if x.conn, err = xgb.NewConnDisplay(x.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.conn.Close)
	x.root = xproto.Setup(x.conn).DefaultScreen(x.conn).Root
	return x
}

// window is the largest window that is shown, and where it is.
func (x *xscreen) window() (id xproto.Window, at image.Rectangle) {
	tree, err := xproto.QueryTree(x.conn, x.root).Reply()
	if err != nil {
		return 0, at
	}
	for _, w := range tree.Children {
		shown, errShown := xproto.GetWindowAttributes(x.conn, w).Reply()
		g, err := xproto.GetGeometry(x.conn, xproto.Drawable(w)).Reply()
		if err != nil || errShown != nil || shown.MapState != xproto.MapStateViewable {
			continue
		}
		r := image.Rect(0, 0, int(g.Width), int(g.Height)).Add(image.Pt(int(g.X), int(g.Y)))
		if r.Dx()*r.Dy() > at.Dx()*at.Dy() {
			id, at = w, r
		}
	}
	return id, at
}

// shot is what is on the screen in an area.
func (x *xscreen) shot(r image.Rectangle) (p rfb.Framebuffer, err error) {
	m, err := xproto.GetImage(x.conn, xproto.ImageFormatZPixmap, xproto.Drawable(x.root), int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), ^uint32(0)).Reply()
	if err != nil {
		return p, err
	}
	return rfb.Framebuffer{Pix: m.Data, Stride: 4 * r.Dx(), Size: r.Size()}, nil
}

// shows waits until the viewer's window has the picture's size and shows it bit by bit.
func (x *xscreen) shows(t *testing.T, want rfb.Framebuffer) image.Rectangle {
	t.Helper()
	limit := time.Now().Add(20 * time.Second)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		_, at := x.window()
		state := fmt.Sprintf("the window is %v", at)
		if at.Size() == want.Size {
			p, err := x.shot(at)
			if err == nil {
				differs := differ(p, want)
				if differs.Empty() {
					return at
				}
				state += fmt.Sprintf(", and the picture differs in %v", differs)
			}
		}
		if time.Now().After(limit) {
			t.Fatalf("the viewer does not show the picture of %v: %s", want.Size, state)
		}
		<-look.C
	}
}

// differ is the smallest rectangle with all that differs between two pictures of one size.
func differ(a, b rfb.Framebuffer) (d image.Rectangle) {
	for y := range a.Size.Y {
		p, q := a.Pix[y*a.Stride:][:4*a.Size.X], b.Pix[y*b.Stride:][:4*a.Size.X]
		for x := range a.Size.X {
			if p[4*x] != q[4*x] || p[4*x+1] != q[4*x+1] || p[4*x+2] != q[4*x+2] {
				d = d.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return d
}

func (x *xscreen) viewer(t *testing.T, addr string, flags ...string) {
	t.Helper()
	path := need(t, "vncviewer", "tigervnc-viewer")
	host, port, _ := strings.Cut(addr, ":")
	args := append([]string{host + "::" + port, "-SecurityTypes=None", "-RemoteResize=0", "-AlertOnFatalError=0", "-ReconnectOnError=0"}, flags...)
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+x.name, "HOME="+t.TempDir())
	start(t, cmd)
}

func TestTigerVNCShowsExactly(t *testing.T) {
	for name, flags := range map[string][]string{
		"Tight": {"-NoJPEG=1", "-AutoSelect=0", "-PreferredEncoding=Tight", "-FullColor=1"},
		"Raw":   {"-NoJPEG=1", "-AutoSelect=0", "-PreferredEncoding=Raw", "-FullColor=1"},
		"auto":  {"-NoJPEG=1"},
		// With JPEG allowed, what is shown becomes exact when nothing more comes.
		"refreshed": {"-QualityLevel=6"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newXscreen(t)
			d := newDesk(t, pattern(image.Pt(800, 600), 20), rfb.Options{Name: "pattern"})
			x.viewer(t, d.addr, flags...)
			x.shows(t, d.truth)
			rnd := rand.New(rand.NewPCG(20, 21))
			for range 6 {
				d.change(rnd)
				x.shows(t, d.truth)
			}
			d.scroll(48)
			x.shows(t, d.truth)
			for range 20 {
				d.change(rnd)
			}
			x.shows(t, d.truth)
			for _, size := range []image.Point{{641, 479}, {1024, 768}, {800, 600}} {
				d.truth = pattern(size, 22)
				d.display.Resize(size, []rfb.Screen{{ID: 1, Bounds: image.Rectangle{Max: size}}}, func(fb *rfb.Framebuffer) { copyPicture(fb, d.truth) })
				x.shows(t, d.truth)
			}
			d.change(rnd)
			x.shows(t, d.truth)
		})
	}
}

func TestTigerVNCSends(t *testing.T) {
	tool := need(t, "xdotool", "xdotool")
	x := newXscreen(t)
	d := newDesk(t, pattern(image.Pt(640, 480), 30), rfb.Options{Name: "input"})
	x.viewer(t, d.addr, "-NoJPEG=1")
	at := x.shows(t, d.truth)
	do := func(args ...string) {
		t.Helper()
		cmd := exec.Command(tool, args...)
		cmd.Env = append(os.Environ(), "DISPLAY="+x.name)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("xdotool %v: %v %s", args, err, out)
		}
	}
	id, _ := x.window()
	do("windowfocus", "--sync", fmt.Sprint(id))
	do("mousemove", fmt.Sprint(at.Min.X+123), fmt.Sprint(at.Min.Y+45), "click", "1", "click", "4")
	d.heard.await(t, "the clicks", func() bool {
		there := image.Pt(123, 45)
		return slices.Contains(d.heard.pointers, rfb.PointerEvent{At: there, Buttons: rfb.ButtonLeft}) &&
			slices.Contains(d.heard.pointers, rfb.PointerEvent{At: there, Buttons: rfb.WheelUp}) &&
			d.heard.pointers[len(d.heard.pointers)-1] == rfb.PointerEvent{At: there}
	})
	do("key", "a", "shift+b", "F5")
	d.heard.await(t, "the keys", func() bool {
		var down, up []uint32
		for _, k := range d.heard.keys {
			if k.Down {
				down = append(down, k.Keysym)
			} else {
				up = append(up, k.Keysym)
			}
		}
		// Scan codes come with QEMU's extension: 0x1e and 0x30 are the places of A and B.
		return slices.Equal(down, []uint32{'a', 0xffe1, 'B', 0xffc2}) && len(up) == 4 &&
			slices.ContainsFunc(d.heard.keys, func(k rfb.KeyEvent) bool { return k.Keysym == 'a' && k.Scancode == 0x1e })
	})
	// Then a picture still comes.
	d.change(rand.New(rand.NewPCG(1, 1)))
	x.shows(t, d.truth)
}
