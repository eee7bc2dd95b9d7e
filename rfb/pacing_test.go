package rfb

import (
	"context"
	"errors"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var small = image.Pt(64, 64)

// begin lets a viewer ask for continuous updates, and waits until it has the first picture.
func (v *testViewer) begin(more ...int32) {
	v.t.Helper()
	go v.run()
	whole := image.Rectangle{Max: v.size}
	v.send(encodingsMessage(append([]int32{encRaw, encCopyRect, encFence, encContinuousUpdates}, more...)...))
	v.send(requestMessage(false, whole))
	v.send(continuousMessage(true, whole))
	synctest.Wait()
}

// dot changes one pixel.
func dot(at image.Point, value byte) func(fb *Framebuffer) Damage {
	return func(fb *Framebuffer) Damage {
		fb.Pix[at.Y*fb.Stride+4*at.X] = value
		return Damage{Rects: []image.Rectangle{{Min: at, Max: at.Add(image.Pt(1, 1))}}}
	}
}

func (v *testViewer) counts() (updates, fences int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.updates, v.fences
}

// TestTwoInFlight: a viewer that answers no fence is sent two updates; when it answers, it gets the newest picture, and none between.
func TestTwoInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(small)
		d.Update(dot(image.Pt(1, 1), 1))
		c, v := view(t, d, Options{})
		v.begin()
		time.Sleep(10 * time.Millisecond)
		v.mu.Lock()
		v.silent = true
		v.mu.Unlock()
		before, _ := v.counts()
		for n := range byte(10) {
			d.Update(dot(image.Pt(2, 2), n+1))
			synctest.Wait()
		}
		if after, _ := v.counts(); after-before != 2 || c.Stats().InFlight != 2 {
			t.Fatalf("%d updates, %+v; want 2", after-before, c.Stats())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Wanted(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wanted: %v while the viewer can take nothing", err)
		}
		c.mu.Lock()
		seq := c.st.pace.flying[0].seq
		c.mu.Unlock()
		v.mu.Lock()
		v.silent = false
		v.mu.Unlock()
		v.send(appendFence(nil, fenceBlockBefore, []byte{byte(seq >> 24), byte(seq >> 16), byte(seq >> 8), byte(seq)}))
		synctest.Wait()
		if after, _ := v.counts(); after-before != 3 || !v.same(d)() {
			t.Errorf("%d updates after an answer, want one more with the newest picture", after-before)
		}
		if err := d.Wanted(t.Context()); err != nil {
			t.Errorf("Wanted: %v", err)
		}
	})
}

// TestWantedOnce: no picture is wanted while the one before has not been looked at.
func TestWantedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(small)
		d.Update(dot(image.Pt(1, 1), 1))
		c, v := view(t, d, Options{KeepAlive: time.Hour})
		v.begin()
		c.change(func(st *state) { st.pace.bandwidth = 1e7 }) // so that two updates may be on their way
		stop := make(chan struct{})
		v.mu.Lock()
		v.stop = stop
		v.mu.Unlock()
		synctest.Wait()
		d.Update(dot(image.Pt(1, 1), 3)) // of which it does not read the fence
		soon := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return d.Wanted(ctx)
		}
		synctest.Wait() // it has looked, and is held up writing
		if err := soon(); err != nil {
			t.Errorf("Wanted: %v", err)
		}
		d.Update(dot(image.Pt(1, 1), 2))
		if err := soon(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wanted: %v before the picture was looked at", err)
		}
		close(stop)
		synctest.Wait()
		if err := soon(); err != nil || !v.same(d)() {
			t.Errorf("Wanted: %v afterwards", err)
		}
	})
}

// TestRequestsPace: without fences each request is answered with one update.
func TestRequestsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(small)
		d.Update(dot(image.Pt(1, 1), 1))
		_, v := view(t, d, Options{})
		go v.run()
		whole := image.Rectangle{Max: small}
		v.send(encodingsMessage(encRaw))
		for n := range byte(3) {
			v.send(requestMessage(n > 0, whole))
			d.Update(dot(image.Pt(2, 2), 2*n+1))
			synctest.Wait()
			d.Update(dot(image.Pt(2, 2), 2*n+2))
			synctest.Wait()
			if updates, _ := v.counts(); updates != int(n)+1 {
				t.Fatalf("%d updates after %d requests", updates, n+1)
			}
		}
	})
}

func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(small)
		c, v := view(t, d, Options{KeepAlive: 2 * time.Second})
		v.begin()
		_, before := v.counts()
		c.Pause(true)
		time.Sleep(21 * time.Second)
		if _, after := v.counts(); after-before != 10 {
			t.Errorf("%d fences in 21 s, want 10", after-before)
		}
		v.mu.Lock()
		v.silent = true
		v.mu.Unlock()
		began := time.Now()
		if err := v.ended(); !errors.Is(err, ErrSilent) {
			t.Errorf("Serve: %v, want ErrSilent", err)
		}
		if took := time.Since(began); took < 10*time.Second || took > 13*time.Second {
			t.Errorf("a silent viewer was dropped after %v", took)
		}
	})
}

// stuck is a stream whose writes block until it is closed, and which knows no deadlines.
type stuck struct {
	io.Reader
	closed chan struct{}
}

func (s stuck) Write([]byte) (int, error) {
	<-s.closed
	return 0, io.ErrClosedPipe
}

func (s stuck) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

// TestNeverReading: a viewer that asks and does not read is dropped, whether or not its stream knows deadlines.
func TestNeverReading(t *testing.T) {
	t.Run("deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := NewDisplay(small)
			d.Update(dot(image.Pt(1, 1), 1))
			_, v := view(t, d, Options{})
			v.send(encodingsMessage(encRaw))
			v.send(requestMessage(false, image.Rectangle{Max: small}))
			if err := v.ended(); !errors.Is(err, ErrStalled) {
				t.Errorf("Serve: %v, want ErrStalled", err)
			}
		})
	})
	t.Run("no deadlines", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, _ := io.Pipe()
			c := NewConn(stuck{r, make(chan struct{})}, NewDisplay(small), Options{})
			if err := c.Serve(t.Context()); err == nil {
				t.Error("Serve returned nil")
			}
		})
	})
	t.Run("flood", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, v := view(t, NewDisplay(small), Options{})
			fence := appendFence(nil, fenceRequest, make([]byte, maxFence))
			fence[0] = msgClientFence
			go func() {
				for {
					if _, err := v.conn.Write(fence); err != nil {
						return
					}
				}
			}()
			if err := v.ended(); !errors.Is(err, ErrFlood) {
				t.Errorf("Serve: %v, want ErrFlood", err)
			}
		})
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(small)
		d.Update(dot(image.Pt(1, 1), 1))
		h := &record{}
		c, v := view(t, d, Options{Handler: h})
		v.begin()
		v.send(bytesOf(t, "04 01 0000 00000061"))
		v.send(bytesOf(t, "05 01 0003 0004"))
		synctest.Wait()
		c.Pause(true)
		synctest.Wait()
		v.send(bytesOf(t, "04 01 0000 00000062"))
		before, _ := v.counts()
		d.Update(dot(image.Pt(1, 1), 2))
		synctest.Wait()
		if after, _ := v.counts(); after != before {
			t.Error("an update while paused")
		}
		want := []string{"key 0x61 0x0 true", "pointer (3,4) 0x1", "key 0x61 0x0 false", "pointer (3,4) 0x0"}
		if got := h.all(); !slices.Equal(got, want) {
			t.Errorf("the handler gets %q, want %q", got, want)
		}
		c.Pause(false)
		synctest.Wait()
		if !v.same(d)() {
			t.Error("no picture after the pause")
		}
	})
}

// TestReleases: whatever is down at the end is released.
func TestReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &record{}
		_, v := view(t, NewDisplay(small), Options{Handler: h})
		v.send(bytesOf(t, "ff 00 0001 00000041 0000001e")) // A, with Shift
		v.send(bytesOf(t, "ff 00 0000 00000061 0000001e")) // and up again, without
		v.send(bytesOf(t, "ff 00 0001 0000ffe1 0000002a"))
		v.send(bytesOf(t, "05 04 ffff ffff"))
		v.conn.Close()
		if err := v.ended(); err != nil {
			t.Errorf("Serve: %v", err)
		}
		want := []string{"key 0x41 0x1e true", "key 0x61 0x1e false", "key 0xffe1 0x2a true", "pointer (63,63) 0x4",
			"key 0xffe1 0x2a false", "pointer (63,63) 0x0"}
		if got := h.all(); !slices.Equal(got, want) {
			t.Errorf("the handler gets %q, want %q", got, want)
		}
	})
}

func TestSeveralViewersAndDisplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		one, two := NewDisplay(image.Pt(100, 70)), NewDisplay(image.Pt(130, 150))
		one.Update(scribble(rng, image.Rect(0, 0, 200, 200)))
		two.Update(scribble(rng, image.Rect(0, 0, 200, 200)))
		c1, v1 := view(t, one, Options{})
		_, v2 := view(t, one, Options{})
		_, v3 := view(t, one, Options{}) // knows no other sizes
		v1.begin(encExtendedDesktopSize)
		v2.begin(encDesktopSize)
		v3.begin()
		time.Sleep(time.Second)
		for i, v := range []*testViewer{v1, v2, v3} {
			if !v.same(one)() {
				t.Fatalf("viewer %d has another picture", i+1)
			}
		}
		c1.SetDisplay(two)
		one.Resize(image.Pt(90, 80), nil, func(fb *Framebuffer) { scribble(rng, image.Rect(0, 0, 200, 200))(fb) })
		time.Sleep(time.Second)
		if !v1.same(two)() || !v2.same(one)() {
			t.Error("not the pictures of the new sizes")
		}
		v3.mu.Lock()
		defer v3.mu.Unlock()
		for y := range 70 {
			for x := range 100 {
				want := make([]byte, 4)
				if x < 90 {
					copy(want, one.fb.Pix[y*one.fb.Stride+4*x:])
				}
				if got := v3.pix[4*(y*100+x):][:4]; !slices.Equal(got, want) {
					t.Fatalf("at %d, %d: %v, want %v", x, y, got, want)
				}
			}
		}
	})
}

// TestOtherSizes: a viewer that can't follow sees as much of a display of any size as fits.
func TestOtherSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		d := NewDisplay(image.Pt(300, 200))
		d.Update(scribble(rng, image.Rect(0, 0, 300, 200)))
		_, v := view(t, d, Options{})
		v.begin()
		time.Sleep(time.Second)
		for _, size := range []image.Point{{1000, 1}, {1, 1000}, {64, 64}, {1000, 900}, {300, 200}} {
			d.Resize(size, nil, func(fb *Framebuffer) { scribble(rng, image.Rectangle{Max: size})(fb) })
			d.Update(scribble(rng, image.Rect(10, 0, 900, 900)))
			time.Sleep(time.Second)
			want := make([]byte, 4*300*200)
			for y := range min(200, size.Y) {
				copy(want[1200*y:1200*(y+1)], d.fb.Pix[y*d.fb.Stride:(y+1)*d.fb.Stride])
			}
			v.mu.Lock()
			if r := differ(want, 1200, v.pix, 1200, image.Rect(0, 0, 300, 200)); !r.Empty() {
				t.Errorf("with %v: they differ at %v", size, r)
			}
			v.mu.Unlock()
		}
	})
}

// TestEndsCleanly: when the program ends a connection nothing of it is left.
func TestEndsCleanly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, viewer := net.Pipe()
		defer viewer.Close()
		d := NewDisplay(small)
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- NewConn(server, d, Options{}).Serve(ctx) }()
		v := &testViewer{t: t, conn: viewer}
		_ = v
		synctest.Wait()
		cancel()
		if err := <-served; !errors.Is(err, context.Canceled) {
			t.Errorf("Serve: %v, want %v", err, context.Canceled)
		}
		if len(d.conns) != 0 {
			t.Error("the display still knows the connection")
		}
	})
}
