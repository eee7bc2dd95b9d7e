package encoder

import (
	"bufio"
	"bytes"
	"context"
	"image"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

func TestWorkloadsAreReproducible(t *testing.T) {
	one, two := workloads(3), workloads(3)
	for i, w := range one {
		p, q := clone(w.first), clone(two[i].first)
		for k, f := range w.frames {
			if k%12 != 0 {
				f.apply(p)
				two[i].frames[k].apply(q)
				continue
			}
			before := clone(p)
			f.apply(p)
			two[i].frames[k].apply(q)
			changed := client.Differ(before, p)
			if changed.Empty() && w.name != "typing" { // a blank is typed, too
				t.Errorf("%s: frame %d changes nothing", w.name, k)
			}
			if !changed.In(w.area) {
				t.Errorf("%s: frame %d changes %v, beyond %v", w.name, k, changed, w.area)
			}
			told := image.Rectangle{}
			for _, r := range f.damage(false).Rects {
				told = told.Union(r)
			}
			if !changed.In(told) {
				t.Errorf("%s: frame %d changes %v and tells of %v", w.name, k, changed, told)
			}
		}
		if !bytes.Equal(p.Pix, q.Pix) || len(w.frames) != frames {
			t.Errorf("%s: not the same from the same seed", w.name)
		}
		if w.name != "scroll" && w.name != "drag" == w.moves() {
			t.Errorf("%s: moves %v", w.name, w.moves())
		}
	}
}

func TestPSNR(t *testing.T) {
	a, b := newPicture(image.Pt(4, 4)), newPicture(image.Pt(4, 4))
	all := image.Rectangle{Max: a.Size}
	b.Pix[3] = 9 // is no colour
	if v := psnr(a, b, all); !math.IsInf(v, 1) {
		t.Errorf("equal pictures: %v", v)
	}
	for i := range b.Pix {
		b.Pix[i] = 5
	}
	if v, want := psnr(a, b, all), 20*math.Log10(255/5.); math.Abs(v-want) > 1e-9 {
		t.Errorf("%v dB, not %v", v, want)
	}
}

// A frame is known again also when it has been through a lossy encoder.
func TestSight(t *testing.T) {
	for _, w := range workloads(1)[1:] {
		s := newSight(w)
		p := clone(w.first)
		for k, f := range w.frames {
			f.apply(p)
			if k%9 != 0 {
				continue
			}
			seen := s.sample(p, nil)
			for i := range seen {
				seen[i] = byte(min(max(int(seen[i])+i%13-6, 0), 255))
			}
			if got := s.newest(seen, max(k-3, 0), min(k+3, frames-1)); got != k {
				t.Errorf("%s: frame %d was taken for %d", w.name, k, got)
			}
		}
	}
}

// The link delays a byte by its delay and lets no more through than its rate; times are bounds from below, and far from above.
func TestLink(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const size = 50 << 10
	go func() {
		far, err := l.Accept()
		if err != nil {
			return
		}
		defer far.Close()
		var one [1]byte
		if _, err := io.ReadFull(far, one[:]); err != nil {
			return
		}
		// The end of the connection tells the other side of an error.
		_, _ = far.Write(make([]byte, size))
	}()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	line := link{rate: 250e3, delay: 30 * time.Millisecond, queue: 50 * time.Millisecond}
	near, err := line.dial(ctx, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	start := time.Now()
	if _, err := near.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	var one [1]byte
	if _, err := io.ReadFull(near, one[:]); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d < 60*time.Millisecond || d > 2*time.Second {
		t.Errorf("there and back took %v", d)
	}
	if n, err := io.Copy(io.Discard, near); n != size-1 {
		t.Fatalf("%d bytes came: %v", n, err)
	}
	if d, least := time.Since(start), 60*time.Millisecond+size*time.Second/250e3; d < least || d > 5*time.Second {
		t.Errorf("all took %v, at least %v are due", d, least)
	}
}

// The child draws what it is told and sends exactly that.
func TestServe(t *testing.T) {
	in, orders := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(in, out) }()
	o := &own{in: orders, out: bufio.NewReader(answers), seed: 1, hints: true}
	a, err := o.answer()
	if err != nil {
		t.Fatal(err)
	}
	o.addr = a.Address
	w, err := workloadOf("scroll", 1)
	if err != nil {
		t.Fatal(err)
	}
	truth := clone(w.first)
	if err := o.load(w); err != nil {
		t.Fatal(err)
	}
	v, err := watch(o, client.LosslessEncodings())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for k := range 5 {
		w.frames[k].apply(truth)
		if err := o.step(k); err != nil {
			t.Fatal(err)
		}
	}
	shows(t, v, truth)
	if err := o.step(frames); err == nil {
		t.Error("a frame that is not there was drawn")
	}
	if err := o.keys(true); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if _, err := pressed(t.Context(), v, n); err != nil {
			t.Fatal(err)
		}
		paste(truth, newLetters().next(n))
	}
	shows(t, v, truth)
	orders.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func shows(t *testing.T, v *viewer, truth rfb.Framebuffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := v.Await(ctx, func(s *client.State) bool { return client.Differ(s.Picture, truth).Empty() }); err != nil {
		t.Fatal(err)
	}
}
