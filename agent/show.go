package agent

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// secureEvery is how often it is looked whether the user's desktop is back, should a capturer not wait for it itself.
const secureEvery = 250 * time.Millisecond

// show is a monitor that somebody looks at: its picture, and the goroutine that keeps it up to date.
type show struct {
	all     *viewers
	monitor machine.Monitor
	ctx     context.Context // ends with the last viewer, or when the monitor can't be captured any more
	cancel  context.CancelFunc
	ready   chan struct{} // closed once display is there, or can't be had
	display *rfb.Display  // nil: it can't be captured
	viewers int           // under viewers.mu
	secure  atomic.Bool
	covered atomic.Int32
}

// errHidden says that the customer keeps every monitor to themselves.
var errHidden = errors.New("every monitor is hidden")

// monitor finds a monitor by its ID, else the first that may be shown.
func (v *viewers) monitor(id string) (machine.Monitor, error) {
	all, hidden, err := v.monitors()
	switch {
	case err != nil:
		return machine.Monitor{}, err
	case len(all) == 0 && hidden > 0:
		return machine.Monitor{}, errHidden
	case len(all) == 0:
		return machine.Monitor{}, machine.ErrNoScreen
	}
	for _, m := range all {
		if m.ID == id {
			return m, nil
		}
	}
	return all[0], nil
}

// watch joins the show of a monitor, and begins it if nobody looks yet. leave must be called once.
func (v *viewers) watch(m machine.Monitor) *show {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.shows[m.ID]
	if s == nil || s.ctx.Err() != nil {
		s = &show{all: v, monitor: m, ready: make(chan struct{})}
		s.ctx, s.cancel = context.WithCancel(context.Background())
		v.shows[m.ID] = s
		go s.run()
	}
	s.viewers++
	return s
}

func (s *show) leave() {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	if s.viewers--; s.viewers > 0 {
		return
	}
	s.cancel()
	if s.all.shows[s.monitor.ID] == s {
		delete(s.all.shows, s.monitor.ID)
	}
}

// run captures the monitor for as long as somebody looks.
func (s *show) run() {
	defer s.cancel()
	capturer, err := s.all.screen.Capture(s.monitor.ID)
	if err != nil {
		s.all.log.Error("could not capture a monitor", "monitor", s.monitor.ID, "err", err)
		close(s.ready)
		return
	}
	s.display = rfb.NewDisplay(capturer.Size())
	s.first(capturer) // whoever comes now shall not see an empty picture
	close(s.ready)
	for {
		err := s.film(capturer)
		capturer.Close()
		if s.ctx.Err() != nil {
			return
		}
		if !errors.Is(err, machine.ErrDisplayChanged) {
			s.all.log.Error("can't capture the monitor any more", "monitor", s.monitor.ID, "err", err)
			return
		}
		if capturer, err = s.reopen(); err != nil {
			s.all.log.Error("could not capture a monitor again", "monitor", s.monitor.ID, "err", err)
			return
		}
	}
}

// reopen captures the monitor in its new shape. If it is gone the viewers end, and come back to the primary one.
func (s *show) reopen() (machine.Capturer, error) {
	capturer, err := s.all.screen.Capture(s.monitor.ID)
	if err != nil {
		return nil, err
	}
	s.all.gate.RLock()
	s.display.Resize(capturer.Size(), nil, func(fb *rfb.Framebuffer) {
		if s.mayFilm() {
			_, err = capturer.Draw(fb)
		}
	})
	s.all.gate.RUnlock()
	s.all.refresh()
	if errors.Is(err, machine.ErrSecureDesktop) {
		err = nil // film finds out, and says so
	}
	return capturer, err
}

// first takes the first picture, if it can be had at once.
func (s *show) first(capturer machine.Capturer) {
	err := capturer.Wait(s.ctx)
	if err == nil {
		_, _, err = s.capture(capturer)
	}
	if errors.Is(err, machine.ErrSecureDesktop) {
		s.secure.Store(true)
	}
}

// film takes pictures, only while a viewer could take one and the customer allows it.
func (s *show) film(capturer machine.Capturer) error {
	for {
		if err := s.display.Wanted(s.ctx); err != nil {
			return err
		}
		err := capturer.Wait(s.ctx)
		if err == nil {
			err = s.draw(capturer)
		}
		switch {
		case s.ctx.Err() != nil:
			return s.ctx.Err()
		case errors.Is(err, machine.ErrSecureDesktop):
			s.note(&s.secure, true)
			s.pause(secureEvery)
		case err != nil:
			return err
		default:
			s.note(&s.secure, false)
		}
	}
}

func (s *show) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

func (s *show) note(flag *atomic.Bool, on bool) {
	if flag.Swap(on) != on {
		s.all.refresh()
	}
}

// draw takes one picture, if it is allowed; else it waits until something is allowed.
func (s *show) draw(capturer machine.Capturer) error {
	shot, changed, err := s.capture(capturer)
	if changed != nil {
		select {
		case <-changed:
		case <-s.ctx.Done():
		}
		return nil
	}
	if err != nil {
		return err
	}
	if shot.Cursor != nil {
		s.display.SetCursor(*shot.Cursor)
	}
	s.display.MovePointer(shot.Pointer)
	if int(s.covered.Swap(int32(shot.Covered))) != shot.Covered {
		s.all.refresh()
	}
	return nil
}

// mayFilm tells whether this monitor may be captured. The gate is held.
func (s *show) mayFilm() bool { return s.all.permit.films() && !(*s.all.hidden.Load())[s.monitor.ID] }

// capture is where the screen is looked at. Without a permit it is not, and a channel tells of the next one.
func (s *show) capture(capturer machine.Capturer) (shot machine.Shot, changed <-chan struct{}, err error) {
	s.all.gate.RLock()
	defer s.all.gate.RUnlock()
	if !s.mayFilm() {
		return shot, s.all.allowed, nil
	}
	s.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		shot, err = capturer.Draw(fb)
		return shot.Damage
	})
	return shot, nil, err
}
