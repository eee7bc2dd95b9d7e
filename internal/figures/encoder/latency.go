package encoder

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"net"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// both measures TigerVNC and then Rejoin, each in a process of its own, with all to itself. told says whether they are told of
// moves.
func both[T any](b *Bench, told bool, measure func(peer) (T, error)) (ours, theirs T, err error) {
	tiger, err := startXvnc(!told)
	if err != nil {
		return ours, theirs, err
	}
	theirs, err = measure(tiger)
	tiger.close()
	if err != nil {
		return ours, theirs, fmt.Errorf("TigerVNC: %w", err)
	}
	server, err := startOwn(b.Seed, told)
	if err != nil {
		return ours, theirs, err
	}
	ours, err = measure(server)
	server.close()
	if err != nil {
		return ours, theirs, fmt.Errorf("ours: %w", err)
	}
	return ours, theirs, nil
}

// measureKeys presses keys and waits for each one's letter. l is nil for the bare loopback.
func measureKeys(ctx context.Context, b *Bench, p peer, l *link, n int) ([]time.Duration, error) {
	w, err := workloadOf("typing", b.Seed)
	if err != nil {
		return nil, err
	}
	if err := p.load(w); err != nil {
		return nil, err
	}
	var stream net.Conn
	if l == nil {
		stream, err = dial(p)
	} else {
		stream, err = l.dial(ctx, p.address())
	}
	if err != nil {
		return nil, err
	}
	v := &viewer{came: make(chan struct{}, 1)}
	if v.Conn, err = client.Connect(stream, client.Options{OnUpdate: v.updated}); err != nil {
		return nil, err
	}
	defer v.Close()
	if err := v.rest(ctx); err != nil {
		return nil, err
	}
	if err := p.keys(true); err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(b.Seed, 6))
	var took []time.Duration
	for i := range n {
		if !sleep(ctx, time.Duration(20+rnd.IntN(40))*time.Millisecond) { // at any time within a frame clock's beat
			return nil, ctx.Err()
		}
		d, err := pressed(ctx, v, i)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		took = append(took, d)
	}
	return took, p.keys(false)
}

// pressed presses the n-th key and waits for its letter.
func pressed(ctx context.Context, v *viewer, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	x, y := letterAt(n)
	cell := image.Rect(x, y, x+12, y+18)
	before := v.mark().updates
	start := time.Now()
	v.Key(rfb.KeyEvent{Keysym: uint32('a' + n%26), Down: true})
	v.Key(rfb.KeyEvent{Keysym: uint32('a' + n%26)})
	var end time.Time
	err := v.Await(ctx, func(s *client.State) bool {
		if s.Updates == before {
			return false
		}
		for _, r := range s.Last.Rects {
			if r.Bounds.Overlaps(cell) {
				end = s.Last.Ended
				return true
			}
		}
		return false
	})
	return end.Sub(start), err
}

func (b *Bench) keyFigures(ctx context.Context, name string, l *link, n int, limit float64) error {
	ours, theirs, err := both(b, true, func(p peer) ([]time.Duration, error) { return measureKeys(ctx, b, p, l, n) })
	if err != nil {
		return err
	}
	b.Report.Add(
		gauge.Figure{Name: name + ", median", Value: gauge.Millis(gauge.Median(ours)), Unit: "ms", Base: gauge.Millis(gauge.Median(theirs)), BaseName: tigerVNC, Goal: gauge.AtMost(limit)},
		gauge.Figure{Name: name + ", p95", Value: gauge.Millis(gauge.Quantile(ours, 0.95)), Unit: "ms", Base: gauge.Millis(gauge.Quantile(theirs, 0.95)), BaseName: tigerVNC},
	)
	return nil
}

// Key measures how soon a key's letter is seen, on loopback.
func (b *Bench) Key(ctx context.Context) error {
	return b.keyFigures(ctx, "loopback: key → picture", nil, 200, 5)
}

// First measures how soon a new viewer has a first picture of a desktop.
func (b *Bench) First(ctx context.Context) error {
	for _, w := range workloads(b.Seed) {
		if w.name != "scroll" && w.name != "drag" {
			continue
		}
		ours, theirs, err := both(b, true, func(p peer) (took []time.Duration, err error) {
			if err := p.load(w); err != nil {
				return nil, err
			}
			for range 10 {
				d, err := firstPicture(ctx, p)
				if err != nil {
					return nil, err
				}
				took = append(took, d)
			}
			return took, nil
		})
		if err != nil {
			return err
		}
		what := map[string]string{"scroll": "a page of text", "drag": "a photo with a window"}[w.name]
		b.Report.Add(gauge.Figure{Name: "loopback: first picture, " + what + ", median", Value: gauge.Millis(gauge.Median(ours)), Unit: "ms", Base: gauge.Millis(gauge.Median(theirs)), BaseName: tigerVNC})
	}
	return nil
}

// firstPicture is the time from dialling until every pixel has been sent once.
func firstPicture(ctx context.Context, p peer) (time.Duration, error) {
	start := time.Now()
	v, err := watch(p, client.AllEncodings())
	if err != nil {
		return 0, err
	}
	defer v.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var end time.Time
	err = v.Await(ctx, func(s *client.State) bool {
		end = s.Last.Ended
		return s.Updates > 0 && !unsent(s.Picture)
	})
	return end.Sub(start), err
}

// unsent says whether a pixel still has the colour that the client gives to those it knows nothing of.
func unsent(p rfb.Framebuffer) bool {
	for i := 0; i < len(p.Pix); i += 4 {
		if p.Pix[i] == 255 && p.Pix[i+1] == 0 && p.Pix[i+2] == 255 {
			return true
		}
	}
	return false
}

// Idle measures what a viewer of a picture that stands costs.
func (b *Bench) Idle(ctx context.Context) error {
	const long = 10 * time.Second
	w, err := workloadOf("typing", b.Seed)
	if err != nil {
		return err
	}
	ours, theirs, err := both(b, true, func(p peer) (time.Duration, error) {
		if err := p.load(w); err != nil {
			return 0, err
		}
		v, err := watch(p, client.AllEncodings())
		if err != nil {
			return 0, err
		}
		defer v.Close()
		if err := v.rest(ctx); err != nil {
			return 0, err
		}
		before, err := gauge.CPU(p.pid())
		if err != nil {
			return 0, err
		}
		if !sleep(ctx, long) {
			return 0, ctx.Err()
		}
		after, err := gauge.CPU(p.pid())
		return after - before, err
	})
	if err != nil {
		return err
	}
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / long.Seconds() }
	b.Report.Add(gauge.Figure{Name: "idle: CPU of a viewer whose picture stands", Value: percent(ours), Unit: "% of a core", Base: percent(theirs), BaseName: tigerVNC, Goal: gauge.AtMost(0.5),
		Note: fmt.Sprintf("TigerVNC's %s %%", gauge.Short(percent(theirs)))})
	return nil
}
