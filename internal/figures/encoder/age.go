package encoder

import (
	"context"
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// sight knows the frames of a workload again when it sees them.
type sight struct {
	area    image.Rectangle
	samples [][]byte // of each frame, the green of every third pixel each way
}

func newSight(w *workload) *sight {
	s := &sight{area: w.area}
	truth := clone(w.first)
	for _, f := range w.frames {
		f.apply(truth)
		s.samples = append(s.samples, s.sample(truth, nil))
	}
	return s
}

func (s *sight) sample(p rfb.Framebuffer, into []byte) []byte {
	into = into[:0]
	for y := s.area.Min.Y; y < s.area.Max.Y; y += 3 {
		for x := s.area.Min.X; x < s.area.Max.X; x += 3 {
			into = append(into, p.Pix[y*p.Stride+4*x+1])
		}
	}
	return into
}

// newest is the frame from first to last that a picture resembles most; the older one of equals.
func (s *sight) newest(seen []byte, first, last int) int {
	best, least := first, -1
	for k := first; k <= last; k++ {
		sum := 0
		for i, v := range s.samples[k] {
			d := int(v) - int(seen[i])
			sum += d * d
			if i&1023 == 1023 && least >= 0 && sum >= least {
				break
			}
		}
		if least < 0 || sum < least {
			best, least = k, sum
		}
	}
	return best
}

// ages watches how old is what a viewer shows.
type ages struct {
	sight *sight
	seen  []byte

	mu    sync.Mutex
	drawn []time.Time
	shown int // the newest frame that was seen; -1: none
	ages  []time.Duration
	last  chan struct{} // closed when the last frame is seen
}

// look is called after each update.
func (a *ages) look(s *client.State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.drawn) == 0 || s.Picture.Size != screen {
		return
	}
	a.seen = a.sight.sample(s.Picture, a.seen)
	// The frame shown last is a candidate: this update may show nothing newer.
	first := max(a.shown, 0)
	k := a.sight.newest(a.seen, first, len(a.drawn)-1)
	for a.shown < k {
		a.shown++
		a.ages = append(a.ages, s.Last.Ended.Sub(a.drawn[a.shown]))
	}
	if a.shown == len(a.sight.samples)-1 && a.last != nil {
		close(a.last)
		a.last = nil
	}
}

// measureAges draws a workload before a viewer behind a link, 25 frames a second, and returns each frame's age when it, or a
// newer one, was seen.
func measureAges(ctx context.Context, p peer, w *workload, l link) ([]time.Duration, error) {
	if err := p.load(w); err != nil {
		return nil, err
	}
	last := make(chan struct{})
	a := &ages{sight: newSight(w), shown: -1, last: last}
	v := &viewer{came: make(chan struct{}, 1)}
	stream, err := l.dial(ctx, p.address())
	if err != nil {
		return nil, err
	}
	v.Conn, err = client.Connect(stream, client.Options{OnUpdate: func(s *client.State) {
		v.updated(s)
		a.look(s)
	}})
	if err != nil {
		return nil, err
	}
	defer v.Close()
	if err := v.rest(ctx); err != nil {
		return nil, err
	}
	err = paced(ctx, len(w.frames), func(k int) error {
		a.mu.Lock()
		a.drawn = append(a.drawn, time.Now())
		a.mu.Unlock()
		return p.step(k)
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-last:
	case <-time.After(20 * time.Second):
		return nil, fmt.Errorf("the last frame was not seen within 20 s; %d of %d were", a.shown+1, len(w.frames))
	case <-v.Done():
		return nil, v.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return a.ages, nil
}

// rest waits for a first picture, and until the link has been quiet for two seconds; but no longer than a viewer's patience:
// a server that goes on to make the picture better is interrupted, as it is by a person.
func (v *viewer) rest(ctx context.Context) error {
	if err := v.Await(ctx, func(s *client.State) bool { return s.Updates > 0 }); err != nil {
		return err
	}
	patience := time.After(20 * time.Second)
	for {
		select {
		case <-v.came:
		case <-time.After(2 * time.Second):
			return nil
		case <-patience:
			return nil
		case <-v.Done():
			return v.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Link measures the age of what is seen over a customer's line.
func (b *Bench) Link(ctx context.Context) error {
	limits := map[string]float64{"video": 250, "scroll": 400, "drag": 700}
	if b.Workload == "" || b.Workload == "idle" {
		if err := b.keyFigures(ctx, "1 Mbit/s, 80 ms: key → picture", &customer, 30, 100); err != nil {
			return err
		}
	}
	for _, w := range workloads(b.Seed) {
		limit, wanted := limits[w.name]
		if !wanted || b.Workload != "" && b.Workload != w.name {
			continue
		}
		for _, told := range []bool{true, false} {
			if !told && !w.moves() {
				continue
			}
			if err := b.age(ctx, w, told, limit); err != nil {
				return fmt.Errorf("%s: %w", w.title(told), err)
			}
		}
	}
	return nil
}

func (b *Bench) age(ctx context.Context, w *workload, told bool, limit float64) error {
	ours, theirs, err := both(b, told, func(p peer) ([]time.Duration, error) { return measureAges(ctx, p, w, customer) })
	if err != nil {
		return err
	}
	b.Report.Add(gauge.Figure{
		Name: "1 Mbit/s, 80 ms: age of " + w.title(told) + ", median", Value: gauge.Millis(gauge.Median(ours)), Unit: "ms", Base: gauge.Millis(gauge.Median(theirs)), BaseName: tigerVNC, Goal: gauge.AtMost(limit),
		Note: fmt.Sprintf("p95 %s ms, TigerVNC's %s; the last frame after %s and %s ms", gauge.Short(gauge.Millis(gauge.Quantile(ours, 0.95))),
			gauge.Short(gauge.Millis(gauge.Quantile(theirs, 0.95))), gauge.Short(gauge.Millis(ours[len(ours)-1])), gauge.Short(gauge.Millis(theirs[len(theirs)-1]))),
	})
	return nil
}
