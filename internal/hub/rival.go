package hub

import (
	"bytes"
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// wait holds a connection that proved the key of a session whose PC is connected and alive: somebody copied the agent's
// state, or cloned the disk. Neither gets commands until a technician has chosen. A nil error means that this one was
// chosen, or that the other is gone for good and a rejoin may be tried.
func (c *candidate) wait(ctx context.Context, id session.ID, ev session.Rejoin) error {
	watch := c.hub.Watch(id)
	defer watch.Close()
	_, err := c.hub.dispatch(ctx, id, session.MeetRival{Rival: session.Rival{
		PC: ev.PC, Address: c.address, Generation: ev.Generation, BootID: ev.BootID, Instance: ev.Instance,
	}}, nil, func(session.Session) { c.hub.links.hold(id, true) })
	if err != nil {
		return rejoinRefusal(err)
	}
	if err := c.conn.Write(ctx, frameHold); err != nil {
		c.leave(ctx, id, ev.Instance)
		return &connError{err}
	}
	// From here on the connection is read by a goroutine of its own: a WebSocket's pending read can't be taken back
	// without closing it, and the one that is chosen goes on with it.
	c.conn = newRelayConn(c.conn)
	hctx, cancel := context.WithCancelCause(ctx)
	answering := make(chan struct{})
	go func() {
		defer close(answering)
		c.answerBeats(hctx, cancel)
	}()
	err = c.decided(hctx, watch, id, ev)
	cancel(nil)
	<-answering
	if isClosed(err) {
		c.leave(ctx, id, ev.Instance)
	}
	return err
}

// answerBeats keeps a held connection alive; anything but beats ends it.
func (c *candidate) answerBeats(ctx context.Context, end context.CancelCauseFunc) {
	for {
		frame, err := c.readWithin(ctx, wire.SilentAfter)
		if err == nil && !bytes.Equal(frame, frameBeat) {
			m, env, derr := wire.Decode(frame)
			if _, isBeat := m.(*wire.BeatOK); derr == nil && isBeat {
				continue
			}
			err = &wire.Error{Type: env.Type, Code: wire.ErrUnexpected, Err: derr}
		}
		if err == nil {
			err = c.conn.Write(ctx, frameBeatOK)
		}
		if err != nil {
			end(err)
			return
		}
	}
}

func (c *candidate) readWithin(ctx context.Context, d time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return c.conn.Read(ctx)
}

// decided waits for the technician.
func (c *candidate) decided(ctx context.Context, watch *Watch, id session.ID, ev session.Rejoin) error {
	for {
		s, err := c.hub.store.Session(ctx, id)
		if err != nil {
			return &connError{err}
		}
		switch {
		case s.State == session.StateEnded:
			return rejoinRefusal(&session.Refusal{Code: session.RefusedEnded, Why: string(s.EndReason)})
		case s.Settled.Generation >= ev.Generation && s.Settled.Instance == ev.Instance:
			return nil
		case s.Settled.Generation >= ev.Generation, s.Rival == nil || s.Rival.Instance != ev.Instance:
			c.hub.links.hold(id, s.Rival != nil)
			return &refusal{code: wire.RefusedSuperseded}
		}
		select {
		case <-watch.C():
		case <-ctx.Done():
			return &connError{context.Cause(ctx)}
		}
	}
}

// leave notes that a held connection is gone.
func (c *candidate) leave(ctx context.Context, id session.ID, instance string) {
	_, err := c.hub.dispatch(context.WithoutCancel(ctx), id, session.LoseRival{Instance: instance}, nil,
		func(session.Session) { c.hub.links.hold(id, false) })
	if err != nil {
		c.hub.log.Error("could not note that a second PC is gone", "session", id, "err", err)
	}
}

// hold makes commands to a session's agent wait, or go on.
func (ls *links) hold(id session.ID, held bool) {
	if l := ls.get(id); l != nil {
		l.setHeld(held)
	}
}

// relayConn reads ahead by one frame, so that a Read can be given up without giving up the connection.
type relayConn struct {
	AgentConn
	frames chan []byte
	closed chan struct{}
	once   sync.Once
	failed chan struct{} // closed after err is set
	err    error
}

func newRelayConn(conn AgentConn) *relayConn {
	r := &relayConn{AgentConn: conn, frames: make(chan []byte), closed: make(chan struct{}), failed: make(chan struct{})}
	go r.readAll()
	return r
}

func (r *relayConn) readAll() {
	defer close(r.failed)
	for {
		frame, err := r.AgentConn.Read(context.Background())
		if err != nil {
			r.err = err
			return
		}
		select {
		case r.frames <- slices.Clone(frame):
		case <-r.closed:
			r.err = net.ErrClosed
			return
		}
	}
}

// Close implements [AgentConn].
func (r *relayConn) Close(code int, reason string) error {
	r.once.Do(func() { close(r.closed) })
	return r.AgentConn.Close(code, reason)
}

// Read implements [AgentConn].
func (r *relayConn) Read(ctx context.Context) ([]byte, error) {
	select {
	case frame := <-r.frames:
		return frame, nil
	case <-r.failed:
		return nil, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
