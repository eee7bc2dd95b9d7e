package encoder

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// pace is the time from frame to frame: 25 a second.
const pace = 40 * time.Millisecond

// cost is what one workload cost one server.
type cost struct {
	bytes    float64       // a frame
	cpu      time.Duration // a frame, without the drawing
	updates  int
	moves    int       // CopyRect rectangles
	text     []float64 // PSNR of each look, in dB; +Inf is exact
	area     []float64
	refresh  int  // bytes after the last frame, until nothing came any more
	atLast   bool // exact at the end, when nothing came any more
	drawOnly time.Duration
}

// measureRun draws a workload with no viewer, then with one that asks for the encodings.
func measureRun(ctx context.Context, p peer, w *workload, encodings []client.Encoding) (r cost, err error) {
	if r.drawOnly, err = drawOnly(ctx, p, w); err != nil {
		return r, err
	}
	if err := p.load(w); err != nil {
		return r, err
	}
	v, err := watch(p, encodings)
	if err != nil {
		return r, err
	}
	defer v.Close()
	if err := v.still(ctx); err != nil {
		return r, err
	}
	before, err := gauge.CPU(p.pid())
	if err != nil {
		return r, err
	}
	truth := clone(w.first)
	start := v.mark()
	err = paced(ctx, len(w.frames), func(k int) error {
		if k > 0 && k%8 == 0 { // frame k-1 has had its time
			r.judge(v, truth, w, k-1)
		}
		w.frames[k].apply(truth)
		return p.step(k)
	})
	if err != nil {
		return r, err
	}
	r.judge(v, truth, w, len(w.frames)-1)
	after, err := gauge.CPU(p.pid())
	if err != nil {
		return r, err
	}
	end := v.mark()
	r.cpu = max(0, (after-before-r.drawOnly)/time.Duration(len(w.frames)))
	r.bytes = float64(end.bytes-start.bytes) / float64(len(w.frames))
	r.updates, r.moves = end.updates-start.updates, end.moves-start.moves
	if err := v.still(ctx); err != nil {
		return r, err
	}
	r.refresh = int(v.mark().bytes - end.bytes)
	v.View(func(s *client.State) { r.atLast = client.Differ(s.Picture, truth).Empty() })
	return r, nil
}

// drawOnly is what the drawing itself costs the server, while nobody looks.
func drawOnly(ctx context.Context, p peer, w *workload) (time.Duration, error) {
	if err := p.load(w); err != nil {
		return 0, err
	}
	before, err := gauge.CPU(p.pid())
	if err != nil {
		return 0, err
	}
	if err := paced(ctx, len(w.frames), p.step); err != nil {
		return 0, err
	}
	after, err := gauge.CPU(p.pid())
	return after - before, err
}

// paced calls do for each frame in its time, and waits out the last one's.
func paced(ctx context.Context, n int, do func(k int) error) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for k := range n {
		if err := do(k); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// judge compares what the viewer shows with what frame k shows. A server that is late shows an older frame, and is marked down for it.
func (r *cost) judge(v *viewer, truth rfb.Framebuffer, w *workload, k int) {
	v.View(func(s *client.State) {
		r.area = append(r.area, psnr(s.Picture, truth, w.area))
		if w.text != nil {
			r.text = append(r.text, psnr(s.Picture, truth, w.text(k)))
		}
	})
}

// psnr is the peak signal-to-noise ratio over an area, in dB; +Inf when both are equal.
func psnr(a, b rfb.Framebuffer, r image.Rectangle) float64 {
	if a.Size != b.Size {
		return 0
	}
	var sum, n float64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		p, q := a.Pix[y*a.Stride+4*r.Min.X:][:4*r.Dx()], b.Pix[y*b.Stride+4*r.Min.X:][:4*r.Dx()]
		for i := range p {
			if i&3 != 3 && p[i] != q[i] {
				d := float64(int(p[i]) - int(q[i]))
				sum += d * d
			}
		}
		n += float64(3 * r.Dx())
	}
	if sum == 0 {
		return math.Inf(1)
	}
	return 10 * math.Log10(255*255*n/sum)
}

// viewer is a client that says when something came.
type viewer struct {
	*client.Conn
	came  chan struct{}
	moves int // under the connection's lock
}

type mark struct {
	bytes          int64
	updates, moves int
}

func watch(p peer, encodings []client.Encoding) (*viewer, error) {
	stream, err := dial(p)
	if err != nil {
		return nil, err
	}
	v := &viewer{came: make(chan struct{}, 1)}
	v.Conn, err = client.Connect(stream, client.Options{Encodings: encodings, OnUpdate: v.updated})
	return v, err
}

func (v *viewer) updated(s *client.State) {
	for _, r := range s.Last.Rects {
		if r.Encoding == client.CopyRect {
			v.moves++
		}
	}
	select {
	case v.came <- struct{}{}:
	default:
	}
}

func (v *viewer) mark() (m mark) {
	v.View(func(s *client.State) { m = mark{s.Bytes, s.Updates, v.moves} })
	return m
}

// still waits for a first picture, and then until nothing has come for a while.
func (v *viewer) still(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := v.Await(limit, func(s *client.State) bool { return s.Updates > 0 }); err != nil {
		return err
	}
	for {
		select {
		case <-v.came:
		case <-time.After(settle):
			return nil
		case <-v.Done():
			return v.Err()
		case <-limit.Done():
			return errors.Join(errors.New("the picture does not come to rest"), limit.Err())
		}
	}
}

// goals are those of one workload.
type goals struct {
	bytes, cpu float64
	exact      bool    // text and area
	exactText  bool    // text only
	area       float64 // dB at least
}

var frameGoals = map[string]goals{
	"typing": {bytes: 300, cpu: 0.5, exact: true},
	"scroll": {bytes: 8000, cpu: 3, exact: true},
	"drag":   {bytes: 37000, cpu: 4, exactText: true},
	"video":  {bytes: 10000, cpu: 2.5, area: 41},
}

// Frames measures bytes, quality and CPU per frame.
func (b *Bench) Frames(ctx context.Context) error {
	for _, w := range workloads(b.Seed) {
		if b.Workload != "" && b.Workload != w.name {
			continue
		}
		if err := b.frames(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}

// costs are what one workload cost one server, with and without JPEG.
type costs struct{ lossy, exact cost }

func (b *Bench) frames(ctx context.Context, w *workload) error {
	for _, told := range []bool{true, false} {
		if !told && !w.moves() {
			continue
		}
		ours, theirs, err := both(b, told, func(p peer) (c costs, err error) {
			if c.lossy, err = measureRun(ctx, p, w, client.AllEncodings()); err != nil {
				return c, err
			}
			c.exact, err = measureRun(ctx, p, w, client.LosslessEncodings())
			return c, err
		})
		if err != nil {
			return err
		}
		name := w.title(told)
		b.addFrames(name, ours.lossy, theirs.lossy, frameGoals[w.name], "q6, "+tigerVNC)
		b.addFrames(name+", sharp", ours.exact, theirs.exact, goals{exact: true}, "lossless, "+tigerVNC)
	}
	return nil
}

func (b *Bench) addFrames(name string, ours, theirs cost, g goals, base string) {
	limit := func(v float64) gauge.Goal {
		if v == 0 {
			return gauge.Goal{}
		}
		return gauge.AtMost(v)
	}
	note := fmt.Sprintf("%d updates, %d moves (TigerVNC %d, %d); %d bytes of refresh after", ours.updates, ours.moves, theirs.updates, theirs.moves, ours.refresh)
	b.Report.Add(
		gauge.Figure{Name: name + ": a frame", Value: ours.bytes, Unit: "B", Base: theirs.bytes, BaseName: base, Goal: limit(g.bytes), Note: note},
		gauge.Figure{Name: name + ": CPU a frame", Value: gauge.Millis(ours.cpu), Unit: "ms", Base: gauge.Millis(theirs.cpu), BaseName: base, Goal: limit(g.cpu)},
	)
	b.Report.Add(qualityFigure(name, ours, theirs, g, base))
}

// qualityFigure is the median of the looks at the picture, or at its text if that is what counts.
func qualityFigure(name string, ours, theirs cost, g goals, base string) gauge.Figure {
	f := gauge.Figure{Name: name + ": PSNR, median", Value: decibels(ours.area), Unit: "dB", Base: decibels(theirs.area), BaseName: base}
	seen, theirSeen := ours.area, theirs.area
	switch {
	case g.exact:
		f.Goal = gauge.AtLeast(exactly)
	case g.exactText:
		f.Name, f.Goal = name+": PSNR of text, median", gauge.AtLeast(exactly)
		f.Value, f.Base = decibels(ours.text), decibels(theirs.text)
		f.Note = fmt.Sprintf("with the photo %s dB, TigerVNC's %s; ", gauge.Short(decibels(ours.area)), gauge.Short(decibels(theirs.area)))
		seen, theirSeen = ours.text, theirs.text
	case g.area > 0:
		f.Goal = gauge.AtLeast(g.area)
	}
	f.Note += fmt.Sprintf("exact (%d dB) in %d of %d looks, TigerVNC in %d", exactly, exacts(seen), len(seen), exacts(theirSeen))
	if !ours.atLast {
		f.Note += "; not exact even at rest"
	}
	return f
}

func exacts(looks []float64) (n int) {
	for _, v := range looks {
		if math.IsInf(v, 1) {
			n++
		}
	}
	return n
}

// exactly is what stands for an exact picture in the table.
const exactly = 100

func decibels(looks []float64) float64 { return min(gauge.Median(looks), exactly) }
