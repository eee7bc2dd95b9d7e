package winscreen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/rfb"
)

const (
	// waitSlice is how long Windows is waited for at once, so that a context's end is noticed.
	waitSlice = 100 * time.Millisecond
	// checkEvery is how often it is asked whether the user's desktop is still shown and the monitor still the same, besides
	// before each picture. awayEvery is how often while it is not.
	checkEvery = time.Second
	awayEvery  = 200 * time.Millisecond
	// lookSlice is how long nothing is asked at all while hooks tell of the user; without them signs are looked for more often.
	lookSlice        = 500 * time.Millisecond
	lookSliceNoHooks = 40 * time.Millisecond
	// glanceFrom is the interval between two looks from which on only a part of the monitor is looked at.
	glanceFrom = 250 * time.Millisecond
	// pointerEvery bounds how often the pointer alone ends a Wait.
	pointerEvery = 8 * time.Millisecond
	// retryDuplication is when the desktop duplication is tried again after it failed.
	retryDuplication = 2 * time.Second
	retrySlowly      = time.Minute
	// freshFor is how old a copy of GDI's may be and still be drawn.
	freshFor = 30 * time.Millisecond
	// troubleLimit is how long GDI may fail, as it does while the desktop changes, before it is an error.
	troubleLimit = 3 * time.Second
)

// capturer implements [machine.Capturer].
type capturer struct {
	screen *Screen
	mon    machine.Monitor
	size   image.Point
	src    source
	// The desktop duplication: being opened, and when to try again.
	opening <-chan opened
	retry   time.Time
	tries   int
	kicked  chan struct{}
	closed  bool

	pace       pacer
	veil       veil
	version    int // of the excluded windows that the veil knows
	excluded   int
	front      win32.HWND
	looked     time.Time // the last look
	checked    time.Time
	trouble    time.Time // GDI has been failing since
	away       bool      // another desktop is shown, and the caller knows
	pending    bool      // the source has a change that was not drawn
	everything bool      // nothing is known about what the picture had before

	drawn   time.Time // the last Draw; zero before the first
	before  []image.Rectangle
	pointer pointer
	shape   pointer // whose cursor was handed out
}

func newCapturer(s *Screen, m machine.Monitor) (*capturer, error) {
	c := &capturer{screen: s, mon: m, size: m.Bounds.Size(), everything: true}
	if err := c.open(); err != nil {
		return nil, err
	}
	c.veil.animated = win32.Animated()
	c.kicked = s.signals.subscribe()
	s.signals.acquire()
	return c, nil
}

// open makes the source: GDI, which is there at once, until the desktop duplication is, which takes its time to open.
func (c *capturer) open() error {
	g, err := newCopied(c.mon.Bounds)
	if err != nil {
		return fmt.Errorf("make a copy of the screen: %w", err)
	}
	if c.src != nil {
		c.src.close()
	}
	c.src, c.everything = g, true
	if !c.drawn.IsZero() { // else the first picture comes first
		c.duplicate()
	}
	return nil
}

// duplicate begins to open the desktop duplication, unless that is under way.
func (c *capturer) duplicate() {
	c.retry = time.Time{}
	if c.screen.noDuplication.Load() || c.opening != nil {
		return
	}
	c.opening = openDuplication(c.mon.ID, c.size)
}

// upgrade changes over to the desktop duplication once it is open.
func (c *capturer) upgrade(now time.Time) {
	if !c.retry.IsZero() && now.After(c.retry) {
		c.duplicate()
	}
	var o opened
	select {
	case o = <-c.opening: // nil: never
		c.opening = nil
	default:
		return
	}
	if o.err == nil {
		c.src.close()
		// Its picture may be older than where secret windows were last looked for: Draw takes a new one.
		c.src, c.everything, c.pending, c.tries = o.d, true, false, 0
		return
	}
	c.screen.log.Info("no desktop duplication, GDI instead", "monitor", c.mon.ID, "error", o.err)
	var hr hresult
	switch {
	case !errors.As(o.err, &hr), hr == errDXGIUnsupported, hr == invalidArgument:
		// This monitor can't, or another Capturer has its duplication.
	case hr == notImplemented:
		c.screen.noDuplication.Store(true)
	default: // another program, or the desktop's state, is in the way
		c.retry = now.Add(min(retryDuplication<<c.tries, retrySlowly))
		c.tries = min(c.tries+1, 8)
	}
}

// Results that settle it.
const (
	notImplemented  = 0x80004001 // E_NOTIMPL
	invalidArgument = 0x80070057 // E_INVALIDARG
)

// Size implements [machine.Capturer].
func (c *capturer) Size() image.Point { return c.size }

// Close implements [machine.Capturer].
func (c *capturer) Close() {
	if c.closed {
		return
	}
	c.closed = true
	c.screen.signals.unsubscribe(c.kicked)
	c.screen.signals.release()
	c.src.close()
	if c.opening != nil {
		go func(late <-chan opened) {
			if o := <-late; o.err == nil {
				o.d.close()
			}
		}(c.opening)
	}
}

// check tells whether the user's desktop is shown and the monitor as it was.
func (c *capturer) check(now time.Time) error {
	c.checked = now
	if name, err := c.screen.inputDesktop(); err != nil || name != "Default" {
		return machine.ErrSecureDesktop
	}
	m, err := monitor(c.mon.ID)
	if errors.Is(err, machine.ErrNoScreen) || err == nil && m.Bounds != c.mon.Bounds {
		return machine.ErrDisplayChanged
	}
	return err
}

// Wait implements [machine.Capturer].
func (c *capturer) Wait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		if c.away || now.Sub(c.checked) >= checkEvery {
			back, err := c.atDesk(ctx, now)
			if back || err != nil {
				return err
			}
		}
		c.upgrade(now)
		if c.ready(now) {
			return nil
		}
		if err := c.await(ctx, now); err != nil {
			return err
		}
	}
}

// atDesk checks the desktop; back tells that the user's is shown again.
func (c *capturer) atDesk(ctx context.Context, now time.Time) (back bool, err error) {
	err = c.check(now)
	for c.away && errors.Is(err, machine.ErrSecureDesktop) {
		if !sleep(ctx, awayEvery, nil) {
			return false, ctx.Err()
		}
		err = c.check(time.Now())
	}
	if err != nil {
		c.away = errors.Is(err, machine.ErrSecureDesktop)
		return false, err
	}
	if !c.away {
		return false, nil
	}
	c.away = false
	return true, c.open()
}

// sleep waits for the time to pass or a value from kicked; false means that ctx has ended.
func sleep(ctx context.Context, d time.Duration, kicked <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-kicked:
	case <-t.C:
	}
	return true
}

// ready tells whether there is something to draw without looking.
func (c *capturer) ready(now time.Time) bool {
	if c.drawn.IsZero() {
		return true
	}
	if due := c.veil.due(); !due.IsZero() && !now.Before(due) {
		return true
	}
	if now.Sub(c.drawn) >= pointerEvery {
		if p, ok := currentPointer(); ok && p != c.pointer {
			return true
		}
	}
	if c.veil.still.After(now) {
		return false
	}
	c.screen.mu.Lock()
	version := c.screen.version
	c.screen.mu.Unlock()
	return c.pending || c.everything || version != c.version || !slices.Equal(c.veiled(), c.before)
}

// veiled is what must be covered, in the picture.
func (c *capturer) veiled() []image.Rectangle { return clip(c.veil.area(), c.mon.Bounds) }

// await waits for a change, a sign of one, or a moment.
func (c *capturer) await(ctx context.Context, now time.Time) error {
	until := waitSlice
	if due := c.veil.due(); !due.IsZero() {
		until = min(until, max(time.Millisecond, due.Sub(now)))
	}
	switch {
	case c.veil.still.After(now):
		sleep(ctx, min(until, 15*time.Millisecond), nil)
		return nil
	case c.src.waits():
		return c.recover(c.look(until))
	}
	next := c.looked.Add(c.pace.interval(now))
	if !now.Before(next) {
		return c.recover(c.poll(now))
	}
	slice := lookSlice
	if !c.screen.signals.hooked.Load() {
		slice = lookSliceNoHooks
	}
	if due := c.veil.due(); !due.IsZero() {
		slice = min(slice, max(time.Millisecond, due.Sub(now)))
	}
	t := min(slice, next.Sub(now))
	kicked := c.kicked
	if c.pace.interval(now) == pollFast {
		kicked = nil // it is looked at soon anyway; a video's events would come without end
	}
	began := time.Now()
	sleep(ctx, t, kicked)
	if front := windows.GetForegroundWindow(); front != c.front || time.Since(began) < t {
		c.front = front
		c.pace.hint(time.Now())
	}
	if used := time.Unix(0, c.screen.signals.used.Load()); used.After(c.pace.last) {
		c.pace.wake(used)
	}
	return nil
}

// poll looks at the monitor; while nothing happens, at a part of it.
func (c *capturer) poll(now time.Time) error {
	g, ok := c.src.(*copied)
	if !ok || c.pace.interval(now) < glanceFrom {
		return c.look(0)
	}
	changed, err := g.glance()
	if changed {
		return c.look(0)
	}
	c.looked = now
	return err
}

// recover deals with what went wrong with a look; nil means to go on.
func (c *capturer) recover(err error) error {
	if err == nil {
		c.trouble = time.Time{}
		return nil
	}
	now := time.Now()
	if why := c.check(now); why != nil {
		c.away = errors.Is(why, machine.ErrSecureDesktop)
		return why
	}
	if errors.Is(err, errLost) {
		c.screen.log.Info("the desktop duplication was lost", "error", err)
		return c.open()
	}
	if c.trouble.IsZero() {
		c.trouble = now
	}
	if now.Sub(c.trouble) > troubleLimit {
		return err
	}
	time.Sleep(pollFast)
	return nil
}

// look takes a picture, and where secret windows are before and after it.
func (c *capturer) look(wait time.Duration) error {
	if !c.src.waits() || len(c.veil.scenes) == 0 || time.Since(c.veil.scenes[len(c.veil.scenes)-1].at) > awayEvery {
		c.observe()
		if c.veil.moved() {
			// The picture may be older than the window's place: let Windows show what is so far.
			win32.FlushDWM()
			c.observe()
		}
	}
	changed, err := c.src.look(wait)
	now := time.Now()
	if err != nil {
		return err
	}
	if changed || !c.src.waits() {
		c.observe()
	}
	c.looked = now
	if changed {
		c.pending = true
		c.pace.wake(now)
	}
	return nil
}

func (c *capturer) observe() {
	s, version, excluded := c.screen.scene()
	c.veil.add(s, version != c.version)
	c.version, c.excluded = version, excluded
}

// Draw implements [machine.Capturer].
func (c *capturer) Draw(fb *rfb.Framebuffer) (machine.Shot, error) {
	if !whole(fb, c.size) {
		return machine.Shot{}, errors.New("winscreen: the framebuffer is not of the monitor's size")
	}
	now := time.Now()
	if err := c.picture(now); err != nil {
		return machine.Shot{}, err
	}
	shot, first := machine.Shot{Covered: c.excluded}, c.drawn.IsZero()
	if first {
		defer c.duplicate()
	}
	c.point(&shot)
	c.drawn = now
	c.veil.forget(c.looked)
	still := c.veil.still.After(now)
	if still && !c.everything {
		return shot, nil
	}
	desktop, ch, err := c.src.take()
	if err != nil {
		return machine.Shot{}, errors.Join(machine.ErrDisplayChanged, err)
	}
	defer c.src.done()
	veiled := c.veiled()
	if still { // and there is no older picture that could stand
		veiled = []image.Rectangle{{Max: c.size}}
	} else {
		c.veil.still = time.Time{}
	}
	areas := ch.areas()
	if c.everything {
		areas = []image.Rectangle{{Max: c.size}}
	}
	shot.Damage.Unknown = first
	into := pixels{fb.Pix, fb.Stride}
	shot.Damage.Rects = compose(into, desktop, c.size, areas, veiled, c.before)
	if len(veiled)+len(c.before) == 0 && !c.everything {
		shot.Damage.Moves = ch.moves
	}
	c.before, c.pending, c.everything = veiled, false, false
	return shot, nil
}

// picture sees to it that the source has a picture that is young enough.
func (c *capturer) picture(now time.Time) error {
	if c.away || now.Sub(c.checked) >= awayEvery {
		if err := c.check(now); err != nil {
			c.away = errors.Is(err, machine.ErrSecureDesktop)
			return err
		}
	}
	if c.away {
		c.away = false
		if err := c.open(); err != nil {
			return err
		}
	}
	c.screen.mu.Lock()
	version := c.screen.version
	c.screen.mu.Unlock()
	// A picture of the moment in which a secret window opened or closed is never drawn: it may be anywhere in it.
	if c.pending && c.veil.still.IsZero() && version == c.version && (c.src.waits() || now.Sub(c.looked) < freshFor) {
		return nil
	}
	for {
		err := c.look(0)
		if err == nil {
			return nil
		}
		if err := c.recover(err); err != nil {
			return err
		}
	}
}

var _ machine.Capturer = (*capturer)(nil)
