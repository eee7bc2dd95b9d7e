package rfb

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"time"

	"github.com/rejoin/rejoin/rfb/internal/motion"
)

const (
	// writeTime is how long a viewer may take to read a chunk of what is sent.
	writeTime  = 30 * time.Second
	writeChunk = 64 << 10

	// refreshAfter is how long nothing must have changed before what was sent lossily is sent exactly.
	refreshAfter = 300 * time.Millisecond
)

// sender is what belongs to a connection's sending goroutine.
type sender struct {
	c       *Conn
	display *Display
	seen    *shadow
	layout  uint64 // of the display, as the viewer knows it
	asks    asks
	convert *converter
	encoder encoder
	finder  motion.Finder
	ideas   []motion.Move // for the finder

	shown     overlay
	shape     uint64 // the cursor that the viewer has
	shapeKind int32  // and as what; 0: none
	hidden    bool   // it has an empty one

	out      []byte
	start    int   // of the update in out that is being made
	rects    int   // that it has
	streamed int   // bytes of it that have been written already
	err      error // of writing them
	tiles    []int
	diffs    []difference
	sent     time.Time // when something was sent last
	changed  time.Time // when the picture changed last
}

// work is what the sender knows of the shared state when it decides what to send.
type work struct {
	now         time.Time
	control     []byte // to be sent as it is
	enc         encodings
	format      pixelFormat
	quality     Quality
	name        string
	blind       bool
	display     *Display
	pointerAt   image.Point
	pointerWhen time.Time

	area       image.Rectangle // where the viewer waits for changes
	continuous bool
	room       int  // updates that may be sent
	paused     bool // … without anything of the picture
	idle       bool // no update is on its way
	bandwidth  float64
	budget     int
	silentAt   time.Time // zero: never
}

// may says whether an update of the picture may be sent.
func (w *work) may() bool { return w.room > 0 && !w.area.Empty() }

// gather takes what there is to do out of the shared state.
func (c *Conn) gather(now time.Time) *work {
	s := &c.send
	c.mu.Lock()
	defer c.mu.Unlock()
	st := &c.st
	s.asks.merge(&st.asks)
	st.offerClipboard()
	w := &work{
		now: now, control: st.control, enc: st.enc, format: st.format, quality: st.quality, name: st.name, blind: st.blind,
		display: st.display, pointerAt: st.pointerAt, pointerWhen: st.pointerWhen,
		area: s.asks.requested, continuous: st.continuous,
		room: st.pace.room(now), paused: st.paused, idle: st.pace.updates == 0, bandwidth: st.pace.bandwidth, budget: st.pace.budget(),
	}
	st.control = nil
	if st.continuous {
		w.area = w.area.Union(st.area)
	}
	if !st.enc.known {
		w.room = 0
	}
	if st.enc.fence {
		w.silentAt = st.pace.silentAt()
		if !now.Before(s.sent.Add(c.options.KeepAlive)) && len(w.control) == 0 || st.pace.lead(now) {
			w.control = st.ask(w.control, now, 0, false, false)
		}
	}
	return w
}

// offerClipboard answers for a clipboard what there is to say of it now.
func (st *state) offerClipboard() {
	if st.paused || !st.enc.known {
		return
	}
	switch {
	case st.clipNew && !st.enc.extendedClipboard:
		st.control = appendCutText(st.control, st.clip)
		st.clipNew = false
	case st.clipWanted || st.clipNew && len(st.clip) < int(st.clipMaximum):
		st.control = appendClipText(st.control, st.clip)
		st.clipWanted, st.clipNew = false, false
	case st.clipNew:
		st.control = appendClipHeader(st.control, clipNotify|clipText, 0)
		st.clipNew = false
	}
}

// sendAll sends until ctx ends or the viewer can't be sent to.
func (c *Conn) sendAll(ctx context.Context) error {
	s := &c.send
	s.sent = time.Now()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		w := c.gather(now)
		if !w.silentAt.IsZero() && !now.Before(w.silentAt) {
			return ErrSilent
		}
		s.out = append(s.out[:0], w.control...)
		s.update(w)
		if s.err != nil {
			return s.err
		}
		if len(s.out) > 0 {
			if err := c.write(s.out); err != nil {
				return err
			}
			s.sent = time.Now()
			continue
		}
		s.display.setRoom(c, w.may() && !w.paused, false)
		timer.Reset(s.next(w).Sub(now))
		select {
		case <-c.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// next is when there is something to do even if nothing happens until then.
func (s *sender) next(w *work) time.Time {
	next := w.now.Add(time.Hour)
	at := func(t time.Time) {
		if t.After(w.now) && t.Before(next) {
			next = t
		}
	}
	if w.enc.fence {
		at(s.sent.Add(s.c.options.KeepAlive))
		at(w.silentAt)
	}
	at(s.changed.Add(refreshAfter))
	if !w.pointerWhen.IsZero() {
		at(w.pointerWhen.Add(ownPointer))
	}
	return next
}

// deadliner is a stream whose writes can be given a time.
type deadliner interface{ SetWriteDeadline(time.Time) error }

// write writes b, and gives up if the viewer does not read.
func (c *Conn) write(b []byte) error {
	for len(b) > 0 {
		chunk := b[:min(len(b), writeChunk)]
		b = b[len(chunk):]
		if err := c.writeChunk(chunk); err != nil {
			return err
		}
		c.mu.Lock()
		c.st.stats.Sent += int64(len(chunk))
		c.mu.Unlock()
	}
	return nil
}

func (c *Conn) writeChunk(b []byte) error {
	d, ok := c.stream.(deadliner)
	if ok && d.SetWriteDeadline(time.Now().Add(writeTime)) == nil {
		_, err := c.stream.Write(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("%w: %w", ErrStalled, err)
		}
		return err
	}
	late := time.AfterFunc(writeTime, func() { c.stream.Close() })
	_, err := c.stream.Write(b)
	if !late.Stop() && err != nil {
		return fmt.Errorf("%w: %w", ErrStalled, err)
	}
	return err
}
