package rfb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// testViewer is a viewer that takes Raw, CopyRect and the pseudo-encodings apart by itself, so that the library is not tried against
// its own reading of the protocol.
type testViewer struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader

	served chan error // what Serve returned

	mu      sync.Mutex
	size    image.Point
	pix     []byte // BGRX
	name    string
	updates int
	rects   []gotRect // of the last update
	keep    bool      // all rectangles, in kept
	kept    []gotRect
	copies  int
	others  [][]byte // messages that are not updates
	fences  int
	silent  bool // it does not answer fences
	asks    bool // it asks for the next update when it has one
	changed chan struct{}
	stop    chan struct{} // not nil: before the next message it waits until this is closed
}

// gotRect is a rectangle as it came.
type gotRect struct {
	r        image.Rectangle
	encoding int32
	body     []byte
}

// pipeConns returns two ends of a connection without a network.
func pipeConns() (server, viewer net.Conn) { return net.Pipe() }

// view serves d to a viewer that has shaken hands, and has said nothing yet.
func view(t testing.TB, d *Display, o Options) (*Conn, *testViewer) {
	t.Helper()
	server, viewer := pipeConns()
	c := NewConn(server, d, o)
	v := &testViewer{t: t, conn: viewer, r: bufio.NewReader(viewer), served: make(chan error, 1), changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { v.served <- c.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		viewer.Close()
	})
	v.want("RFB 003.008\n")
	v.send([]byte("RFB 003.008\n"))
	v.want("\x01\x01")
	v.send([]byte{1})
	v.want("\x00\x00\x00\x00")
	v.send([]byte{1})
	init := v.read(24)
	v.size = image.Pt(int(binary.BigEndian.Uint16(init)), int(binary.BigEndian.Uint16(init[2:])))
	v.pix = make([]byte, 4*v.size.X*v.size.Y)
	v.name = string(v.read(int(binary.BigEndian.Uint32(init[20:]))))
	return c, v
}

func (v *testViewer) send(b []byte) {
	v.t.Helper()
	if _, err := v.conn.Write(b); err != nil {
		v.t.Fatalf("send: %v", err)
	}
}

func (v *testViewer) read(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(v.r, b); err != nil {
		panic(err)
	}
	return b
}

func (v *testViewer) want(s string) {
	v.t.Helper()
	if got := v.read(len(s)); string(got) != s {
		v.t.Fatalf("got %q, want %q", got, s)
	}
}

func encodingsMessage(list ...int32) []byte {
	b := binary.BigEndian.AppendUint16([]byte{msgSetEncodings, 0}, uint16(len(list)))
	for _, e := range list {
		b = binary.BigEndian.AppendUint32(b, uint32(e))
	}
	return b
}

func requestMessage(incremental bool, r image.Rectangle) []byte {
	b := []byte{msgUpdateRequest, 0}
	if incremental {
		b[1] = 1
	}
	return appendRect(b, r, 0)[:10]
}

func continuousMessage(on bool, r image.Rectangle) []byte {
	b := requestMessage(on, r)
	b[0] = msgContinuousUpdates
	return b
}

// run reads what the server sends, and answers fences, until the connection ends.
func (v *testViewer) run() {
	defer func() {
		if err, ok := recover().(error); ok && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) &&
			!errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, net.ErrClosed) {
			v.t.Errorf("viewer: %v", err)
		}
	}()
	for {
		v.mu.Lock()
		stop := v.stop
		v.mu.Unlock()
		if stop != nil {
			<-stop
		}
		v.message()
	}
}

func (v *testViewer) message() {
	kind := v.read(1)[0]
	switch kind {
	case msgFramebufferUpdate:
		v.update()
	case msgColourMapEntries:
		b := v.read(5)
		v.note(kind, b, v.read(6*int(binary.BigEndian.Uint16(b[3:]))))
	case msgServerCutText:
		b := v.read(7)
		n := int32(binary.BigEndian.Uint32(b[3:]))
		v.note(kind, b, v.read(int(max(n, -n))))
	case msgEndOfContinuous:
		v.note(kind)
	case msgServerFence:
		b := v.read(8)
		payload := v.read(int(b[7]))
		flags := binary.BigEndian.Uint32(b[3:])
		if flags&fenceRequest == 0 {
			v.note(kind, b, payload)
			break
		}
		v.mu.Lock()
		v.fences++
		silent := v.silent
		v.mu.Unlock()
		if !silent {
			answer := appendFence(nil, flags&^fenceRequest, payload)
			go v.conn.Write(answer)
		}
	default:
		panic(errors.New("unknown message"))
	}
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

func (v *testViewer) note(kind byte, parts ...[]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.others = append(v.others, append([]byte{kind}, bytes.Join(parts, nil)...))
}

func (v *testViewer) update() {
	n := int(binary.BigEndian.Uint16(v.read(3)[1:]))
	var rects []gotRect
	for range n {
		b := v.read(12)
		g := gotRect{r: rect(b), encoding: int32(binary.BigEndian.Uint32(b[8:]))}
		w, h := g.r.Dx(), g.r.Dy()
		switch g.encoding {
		case encRaw:
			g.body = v.read(4 * w * h)
		case encCopyRect:
			g.body = v.read(4)
		case encCursor:
			g.body = v.read(4*w*h + (w+7)/8*h)
		case encCursorAlpha:
			g.body = v.read(4 + 4*w*h)
		case encVMwareCursor:
			g.body = v.read(2 + 4*w*h)
		case encDesktopName:
			g.body = v.read(4)
			g.body = append(g.body, v.read(int(binary.BigEndian.Uint32(g.body)))...)
		case encExtendedDesktopSize:
			g.body = v.read(4)
			g.body = append(g.body, v.read(16*int(g.body[0]))...)
		}
		rects = append(rects, g)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.updates++
	v.rects = rects
	if v.keep {
		v.kept = append(v.kept, rects...)
	}
	for _, g := range rects {
		v.apply(g)
	}
	if v.asks {
		go v.conn.Write(requestMessage(true, image.Rectangle{Max: v.size}))
	}
}

func (v *testViewer) apply(g gotRect) {
	switch g.encoding {
	case encRaw, encCopyRect:
		if !g.r.In(image.Rectangle{Max: v.size}) {
			v.t.Errorf("rectangle %v is outside of %v", g.r, v.size)
			return
		}
	case encDesktopSize, encExtendedDesktopSize:
		if size := g.r.Size(); size != v.size {
			v.size, v.pix = size, make([]byte, 4*size.X*size.Y)
		}
		return
	default:
		return
	}
	body := g.body
	if g.encoding == encCopyRect {
		v.copies++
		from := image.Pt(int(binary.BigEndian.Uint16(body)), int(binary.BigEndian.Uint16(body[2:])))
		body = nil
		for y := range g.r.Dy() {
			i := 4 * ((from.Y+y)*v.size.X + from.X)
			body = append(body, v.pix[i:i+4*g.r.Dx()]...)
		}
	}
	for y := range g.r.Dy() {
		copy(v.pix[4*((g.r.Min.Y+y)*v.size.X+g.r.Min.X):], body[4*y*g.r.Dx():4*(y+1)*g.r.Dx()])
	}
}

// until waits until ok, which is called with the viewer locked, holds.
func (v *testViewer) until(what string, ok func() bool) {
	v.t.Helper()
	late := time.After(10 * time.Second)
	for {
		v.mu.Lock()
		good := ok()
		v.mu.Unlock()
		if good {
			return
		}
		select {
		case <-v.changed:
		case <-late:
			v.t.Fatalf("not so after 10 s: %s", what)
		}
	}
}

// same says whether the viewer has d's picture.
func (v *testViewer) same(d *Display) func() bool {
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return v.size == d.fb.Size && bytes.Equal(v.pix, d.fb.Pix)
	}
}
