package rfb

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"
)

// narrow is a link of a bandwidth and a delay that a pacer is tried on.
type narrow struct {
	bandwidth float64
	rtt       time.Duration
	free      time.Time
}

// through says when the answer to so many bytes, sent now, is back.
func (n *narrow) through(now time.Time, bytes int) time.Time {
	if n.free.Before(now) {
		n.free = now
	}
	n.free = n.free.Add(time.Duration(float64(bytes) / n.bandwidth * 1e9))
	return n.free.Add(n.rtt)
}

// TestPacerLearns sends as much as the pacer allows, over links that change, and looks at what it learns.
func TestPacerLearns(t *testing.T) {
	start := time.Unix(1e9, 0)
	now := start
	p := pacer{fences: true}
	link := &narrow{}
	var back []time.Time
	p.launch(now, 0, false, false) // as a connection does when it learns of fences
	link.bandwidth, link.rtt = 125e3, 80*time.Millisecond
	back = append(back, link.through(now, 13))
	run := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			if p.lead(now) {
				p.launch(now, 0, false, false)
				back = append(back, link.through(now, 13))
			}
			for p.room(now) > 0 {
				n := p.budget()
				p.launch(now, n, true, true)
				back = append(back, link.through(now, n))
			}
			now = back[0]
			back = back[1:]
			seq := p.flying[0].seq
			p.land(now, []byte{byte(seq >> 24), byte(seq >> 16), byte(seq >> 8), byte(seq)})
		}
	}
	for _, tt := range []struct {
		bandwidth float64
		rtt       time.Duration
	}{{125e3, 80 * time.Millisecond}, {1.25e6, 80 * time.Millisecond}, {30e3, 80 * time.Millisecond}, {12.5e6, 20 * time.Millisecond}, {1e8, time.Millisecond}} {
		link.bandwidth, link.rtt = tt.bandwidth, tt.rtt
		run(30 * time.Second)
		if off := p.bandwidth / tt.bandwidth; off < 0.7 || off > 1.4 {
			t.Errorf("%.0f bytes a second over %v: it believes %.0f", tt.bandwidth, tt.rtt, p.bandwidth)
		}
		// What is sent now arrives behind what two budgets need.
		wait := time.Duration(2 * float64(p.budget()) / tt.bandwidth * 1e9)
		if wait > 260*time.Millisecond {
			t.Errorf("%.0f bytes a second over %v: %v are on their way", tt.bandwidth, tt.rtt, wait)
		}
	}
}

// TestPacerSmallUpdates: keys, on a link with delays of its own, must not look like a narrow link.
func TestPacerSmallUpdates(t *testing.T) {
	now := time.Unix(1e9, 0)
	p := pacer{bandwidth: 1e7}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		seq := p.launch(now, 300, true, false)
		now = now.Add(20*time.Millisecond + time.Duration(rng.IntN(10))*time.Millisecond)
		p.land(now, seq[:])
		now = now.Add(100 * time.Millisecond)
	}
	if p.bandwidth < 1e7 {
		t.Errorf("it believes %.0f bytes a second", p.bandwidth)
	}
}

func TestPacerIgnoresStrangeAnswers(t *testing.T) {
	now := time.Unix(1e9, 0)
	var p pacer
	p.launch(now, 100, true, false)
	second := p.launch(now, 100, true, false)
	for _, payload := range [][]byte{nil, {1}, {0, 0, 0, 9}, make([]byte, 64)} {
		p.land(now, payload)
	}
	if p.updates != 2 || p.room(now) != 0 {
		t.Errorf("%d updates on their way, room for %d", p.updates, p.room(now))
	}
	p.land(now, second[:]) // an answer stands for those before it
	p.land(now, second[:])
	if p.updates != 0 || len(p.flying) != 0 || p.room(now) == 0 {
		t.Errorf("%d updates on their way, room for %d", p.updates, p.room(now))
	}
}

// TestShadowFollowsMoves: after any moves and changes, what the shadow says is owed or lossy covers what the viewer lacks.
func TestShadowFollowsMoves(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	size := image.Pt(200, 150)
	whole := image.Rectangle{Max: size}
	some := func() image.Rectangle {
		return image.Rect(rng.IntN(201), rng.IntN(151), rng.IntN(201), rng.IntN(151))
	}
	for range 50 {
		s, fb := newShadow(size), Framebuffer{Pix: make([]byte, 4*200*150), Stride: 800, Size: size}
		viewer := newShadow(size)
		for range 20 {
			switch r := some(); rng.IntN(3) {
			case 0: // a change
				scribble(rng, r)(&fb)
				s.copyFrom(&fb, r)
			case 1: // a move
				from := image.Pt(rng.IntN(200), rng.IntN(150))
				r = r.Intersect(whole.Sub(from).Add(r.Min))
				if r.Empty() {
					continue
				}
				s.move(Move{r, from})
				viewer.move(Move{r, from})
			case 2: // something is sent, sometimes not exactly
				var lossy []image.Rectangle
				for y := r.Min.Y; y < r.Max.Y; y++ {
					copy(viewer.pix[y*800+4*r.Min.X:y*800+4*r.Max.X], s.pix[y*800+4*r.Min.X:])
				}
				if l := some().Intersect(r); !l.Empty() && rng.IntN(2) == 0 {
					lossy = append(lossy, l)
					viewer.pix[l.Min.Y*800+4*l.Min.X] ^= 1
				}
				s.sent(r, lossy)
			}
		}
		for y := range 150 {
			for x := range 200 {
				t4 := y/tile*s.cols + x/tile
				known := image.Pt(x, y).In(s.owed[t4]) || image.Pt(x, y).In(s.lossy[t4])
				i := y*800 + 4*x
				if !known && string(s.pix[i:i+4]) != string(viewer.pix[i:i+4]) {
					t.Fatalf("at %d, %d the viewer's picture differs, and nobody knows", x, y)
				}
			}
		}
	}
}
