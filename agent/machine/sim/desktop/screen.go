package desktop

import (
	"context"
	"image"
	"strings"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// maxClipboard is how much text the clipboard takes, in bytes.
const maxClipboard = 4 << 20

// Screen is the desktop as one of its processes sees and uses it.
type Screen struct {
	d   *Desktop
	ctx context.Context // ends with the process

	copies chan struct{} // somebody else changed the clipboard

	// Under d.mu:
	excluded  map[string]bool
	capturers map[*capturer]struct{}
}

var (
	_ machine.Screen    = (*Screen)(nil)
	_ machine.Input     = (*Screen)(nil)
	_ machine.Clipboard = clipboard{}
)

// Screen is for a process that lives as long as ctx. After that its methods return [ErrGone], what it excluded is shown
// again, and what it held down is released.
func (d *Desktop) Screen(ctx context.Context) *Screen {
	s := &Screen{
		d: d, ctx: ctx, copies: make(chan struct{}, 1), excluded: make(map[string]bool), capturers: make(map[*capturer]struct{}),
	}
	d.mu.Lock()
	d.screens[s] = struct{}{}
	d.mu.Unlock()
	context.AfterFunc(ctx, func() {
		d.do(func() {
			d.letGo(byAgent)
			delete(d.screens, s)
			d.touch()
		})
	})
	return s
}

// Monitors implements [machine.Screen].
func (s *Screen) Monitors() ([]machine.Monitor, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, ErrGone
	}
	return append([]machine.Monitor(nil), s.d.monitors...), nil
}

// Windows implements [machine.Screen].
func (s *Screen) Windows() ([]machine.Window, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, ErrGone
	}
	return s.d.list(), nil
}

// Exclude implements [machine.Screen].
func (s *Screen) Exclude(ids []string) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	wanted := make(map[string]bool)
	for _, id := range ids {
		wanted[id] = true
	}
	for _, w := range s.d.windows {
		if wanted[w.id] == s.excluded[w.id] {
			continue
		}
		if delete(s.excluded, w.id); wanted[w.id] {
			s.excluded[w.id] = true
		}
		if !w.minimised {
			for c := range s.capturers {
				for _, r := range s.d.visible(w, w.rect) {
					c.pending.add(r.Sub(c.bounds.Min))
				}
			}
		}
	}
	s.d.touch()
}

// Input implements [machine.Screen].
func (s *Screen) Input() machine.Input { return s }

// Key implements [machine.Input].
func (s *Screen) Key(e rfb.KeyEvent, byChar bool) error {
	return s.input(func() error { s.d.press(byAgent, e, byChar); return nil })
}

// Pointer implements [machine.Input].
func (s *Screen) Pointer(monitor string, e rfb.PointerEvent) error {
	return s.input(func() error {
		m, ok := s.d.monitor(monitor)
		if !ok {
			return machine.ErrNoScreen
		}
		s.d.point(byAgent, within(e.At, m.Bounds), e.Buttons)
		return nil
	})
}

func (s *Screen) input(f func() error) (err error) {
	s.d.do(func() {
		switch {
		case s.ctx.Err() != nil:
			err = ErrGone
		case s.d.hidden():
			err = machine.ErrSecureDesktop
		default:
			err = f()
		}
	})
	return err
}

// within brings a point of a monitor's picture onto the desktop.
func within(at image.Point, bounds image.Rectangle) image.Point {
	return image.Pt(min(max(at.X, 0), bounds.Dx()-1), min(max(at.Y, 0), bounds.Dy()-1)).Add(bounds.Min)
}

// Release implements [machine.Input].
func (s *Screen) Release() {
	_ = s.input(func() error { s.d.letGo(byAgent); return nil }) // what is gone holds nothing
}

// Touched implements [machine.Input].
func (s *Screen) Touched() time.Time {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	return s.d.hands.touched
}

func (d *Desktop) monitor(id string) (machine.Monitor, bool) {
	for _, m := range d.monitors {
		if m.ID == id {
			return m, true
		}
	}
	return machine.Monitor{}, false
}

// clipboard is the user's, as a process sees it.
type clipboard struct{ s *Screen }

// Clipboard implements [machine.Screen].
func (s *Screen) Clipboard() machine.Clipboard { return clipboard{s} }

// Text implements [machine.Clipboard].
func (c clipboard) Text(max int) (string, error) {
	d := c.s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case c.s.ctx.Err() != nil:
		return "", ErrGone
	case len(d.clipboard) > max:
		return "", machine.ErrTooLong
	}
	return d.clipboard, nil
}

// SetText implements [machine.Clipboard].
func (c clipboard) SetText(text string) error {
	d := c.s.d
	if len(text) > maxClipboard {
		return machine.ErrTooLong
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.s.ctx.Err() != nil {
		return ErrGone
	}
	d.setClipboard(text, c.s)
	return nil
}

// Changes implements [machine.Clipboard].
func (c clipboard) Changes() <-chan struct{} { return c.s.copies }

// copied is a program's copying.
func (d *Desktop) copied(text string) {
	if len(text) <= maxClipboard {
		d.setClipboard(text, nil)
	}
}

func (d *Desktop) setClipboard(text string, by *Screen) {
	d.clipboard = text
	for s := range d.screens {
		if s == by {
			continue
		}
		select {
		case s.copies <- struct{}{}:
		default:
		}
	}
}
