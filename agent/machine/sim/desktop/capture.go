package desktop

import (
	"context"
	"errors"
	"image"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// capturer implements [machine.Capturer].
type capturer struct {
	s      *Screen
	id     string
	bounds image.Rectangle // on the desktop

	// Under the desktop's lock:
	pending pending
	stale   bool        // the monitor is gone or of another size
	told    bool        // that the secure desktop is shown
	drawn   bool        // once
	at      image.Point // of the pointer, at the last Draw
	shape   Shape       // at the last Draw; "": none yet
}

var _ machine.Capturer = (*capturer)(nil)

// errFramebuffer is a caller's mistake.
var errFramebuffer = errors.New("desktop: the framebuffer is not of the monitor's size")

// Capture implements [machine.Screen].
func (s *Screen) Capture(monitor string) (machine.Capturer, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, ErrGone
	}
	m, ok := s.d.monitor(monitor)
	if !ok {
		return nil, machine.ErrNoScreen
	}
	c := &capturer{s: s, id: m.ID, bounds: m.Bounds}
	c.pending.bounds = image.Rectangle{Max: m.Bounds.Size()}
	c.pending.all()
	s.capturers[c] = struct{}{}
	return c, nil
}

// fits notices whether the monitor is still there.
func (c *capturer) fits(monitors []machine.Monitor) {
	for _, m := range monitors {
		if m.ID == c.id && m.Bounds.Size() == c.bounds.Size() {
			c.bounds = m.Bounds
			return
		}
	}
	c.stale = true
}

// Size implements [machine.Capturer].
func (c *capturer) Size() image.Point {
	c.s.d.mu.Lock()
	defer c.s.d.mu.Unlock()
	return c.bounds.Size()
}

// Close implements [machine.Capturer].
func (c *capturer) Close() {
	c.s.d.mu.Lock()
	defer c.s.d.mu.Unlock()
	delete(c.s.capturers, c)
}

// Wait implements [machine.Capturer].
func (c *capturer) Wait(ctx context.Context) error {
	for {
		ready, changed, minute, err := c.look()
		if err != nil || ready {
			return err
		}
		if err := await(ctx, c.s.ctx, changed, minute); err != nil {
			return err
		}
	}
}

// look tells whether there is something to draw, or what to wait for.
func (c *capturer) look() (ready bool, changed <-chan struct{}, minute time.Duration, err error) {
	d := c.s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refresh()
	switch {
	case c.s.ctx.Err() != nil:
		return false, nil, 0, ErrGone
	case c.stale:
		return false, nil, 0, machine.ErrDisplayChanged
	case d.hidden():
		if !c.told {
			c.told = true
			return false, nil, 0, machine.ErrSecureDesktop
		}
		return false, d.changed, d.untilMinute(), nil
	}
	c.told = false
	ready = !c.drawn || !c.pending.empty() || c.at != d.hands.at || c.shape != d.shape()
	return ready, d.changed, d.untilMinute(), nil
}

// await returns when one of them happens; an error if it is the end of ctx or of the process.
func await(ctx, process context.Context, changed <-chan struct{}, minute time.Duration) error {
	timer := time.NewTimer(max(minute, time.Millisecond))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	case <-process.Done():
		return ErrGone
	}
	return nil
}

// Draw implements [machine.Capturer].
func (c *capturer) Draw(fb *rfb.Framebuffer) (machine.Shot, error) {
	d := c.s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refresh()
	switch {
	case c.s.ctx.Err() != nil:
		return machine.Shot{}, ErrGone
	case c.stale:
		return machine.Shot{}, machine.ErrDisplayChanged
	case d.hidden():
		c.told = true
		return machine.Shot{}, machine.ErrSecureDesktop
	case !fitsIn(fb, c.bounds.Size()):
		return machine.Shot{}, errFramebuffer
	}
	shot := machine.Shot{Damage: c.pending.take(), Pointer: d.hands.at.Sub(c.bounds.Min), Covered: len(c.s.excluded)}
	for _, m := range shot.Damage.Moves {
		carryOut(fb, m)
	}
	for _, r := range shot.Damage.Rects {
		d.paint(&canvas{fb: fb, origin: c.bounds.Min, clip: r.Add(c.bounds.Min)}, c.s.excluded)
	}
	if c.shape != d.shape() {
		shot.Cursor = copyOf(d.shape())
	}
	c.drawn, c.at, c.shape = true, d.hands.at, d.shape()
	return shot, nil
}
