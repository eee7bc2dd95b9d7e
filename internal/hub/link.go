package hub

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// AgentConn is a WebSocket to an agent. Read and Write may be called at the same time, each by one goroutine at a time.
type AgentConn interface {
	// Read returns the next text frame; it is good until the next Read. Frames over wire.MaxFrame are an error.
	Read(ctx context.Context) ([]byte, error)
	// Write sends a text frame.
	Write(ctx context.Context, frame []byte) error
	// Close says why and hangs up; Read and Write return. It may wait some seconds for the other side's farewell, with
	// [CloseAbnormal] it says nothing and waits for nobody.
	Close(code int, reason string) error
}

// CloseAbnormal is for a connection whose other side is not heard any more. RFC 6455, 7.4.1, keeps this number for connections
// that ended without a farewell; it is never sent.
const CloseAbnormal = 1006

// Close codes (RFC 6455, 7.4.1).
const (
	closeNormal    = 1000
	closeGoingAway = 1001
	closePolicy    = 1008
	closeTryLater  = 1013
)

const (
	writeWithin = 10 * time.Second // an agent that takes longer to read is hung up on
	endWithin   = 30 * time.Second // how long an agent may stay after its session ended
	eventRate   = 20               // events a second that one agent may send for long …
	eventBurst  = 200              // … and at once; more have to wait
)

// link is the connection of an admitted agent. An idle one costs a goroutine that reads; what there is to write is
// written by a goroutine that lives as long as there is something.
type link struct {
	hub      *Hub
	conn     AgentConn
	session  session.ID
	admitted int64 // the generation it was let in with
	instance string
	heard    atomic.Int64 // when something was last received, in Unix microseconds of the hub's clock
	probe    atomic.Pointer[chan struct{}]
	gone     chan struct{} // closed when reading has ended

	mu       sync.Mutex
	control  [][]byte  // frames without a number
	queue    []Command // numbered, without gaps
	sent     int64     // the last number put into queue
	reload   bool      // the outbox has commands that are not in queue
	ack      int64     // events taken
	ackDue   bool
	held     bool // a rival is there: commands wait
	writing  bool
	closed   bool
	superior bool      // replaced by a newer connection: its loss is nobody's business
	endBy    time.Time // the session has ended; hung up on after this
	limiter  *rate.Limiter
}

var (
	frameBeat   = mustEncode(wire.Beat{})
	frameBeatOK = mustEncode(wire.BeatOK{})
	frameHold   = mustEncode(wire.Hold{})
)

func mustEncode(m wire.Message) []byte {
	frame, err := wire.Encode(m, 0, 0)
	if err != nil {
		panic(err)
	}
	return frame
}

func (l *link) hear() {
	l.heard.Store(l.hub.Now().UnixMicro())
	if p := l.probe.Swap(nil); p != nil {
		close(*p)
	}
}

func (l *link) lastHeard() time.Time { return time.UnixMicro(l.heard.Load()).UTC() }

// answers asks for a sign of life and tells whether one came in time.
func (l *link) answers(ctx context.Context, within time.Duration) bool {
	l.mu.Lock()
	p := l.probe.Load()
	if p == nil {
		sign := make(chan struct{})
		p = &sign
		l.probe.Store(p)
	}
	l.mu.Unlock()
	sign := *p
	l.sendControl(frameBeat)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-sign:
		return true
	case <-l.gone:
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// sendControl queues a frame without a number.
func (l *link) sendControl(frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.control = append(l.control, frame)
	l.kick()
}

// sendCommands queues commands that were just committed.
func (l *link) sendCommands(commands []Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if commands[0].Seq == l.sent+1 && !l.reload {
		l.queue = append(l.queue, commands...)
		l.sent = commands[len(commands)-1].Seq
	} else if commands[len(commands)-1].Seq > l.sent {
		l.reload = true
	}
	l.kick()
}

// sendAck acknowledges events up to seq, with the next command or alone.
func (l *link) sendAck(seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ack, l.ackDue = max(l.ack, seq), true
	l.kick()
}

func (l *link) setHeld(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = held
	l.kick()
}

// kick starts the writer unless it runs. l.mu is held.
func (l *link) kick() {
	if l.writing || l.closed {
		return
	}
	l.writing = true
	go l.write()
}

// write sends what is queued, until nothing is left.
func (l *link) write() {
	for {
		frame, err := l.nextFrame()
		if err == nil && frame == nil {
			return
		}
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
			err = l.conn.Write(ctx, frame)
			cancel()
		}
		if err != nil {
			l.hangUp(closeTryLater, "could not send")
			return
		}
	}
}

// nextFrame takes the next thing to send; nil says that there is nothing and that the writer has stopped.
func (l *link) nextFrame() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.writing = false
		return nil, nil
	}
	if len(l.control) > 0 {
		frame := l.control[0]
		l.control = l.control[1:]
		return frame, nil
	}
	if l.reload && !l.held {
		if err := l.refill(); err != nil {
			return nil, err
		}
	}
	if len(l.queue) > 0 && !l.held {
		c := l.queue[0]
		l.queue = l.queue[1:]
		l.ackDue = false
		return wire.EncodeRaw(c.Type, c.Body, c.Seq, l.ack)
	}
	if l.ackDue {
		l.ackDue = false
		return wire.Encode(wire.Ack{}, 0, l.ack)
	}
	l.control = nil // its memory, too: most links are idle
	if len(l.queue) == 0 {
		l.queue = nil
	}
	l.writing = false
	return nil, nil
}

// refill loads the rest of the outbox. l.mu is held; the outbox is short and the store is local.
func (l *link) refill() error {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	more, err := l.hub.store.Outbox(ctx, l.session, l.sent)
	if err != nil {
		return err
	}
	l.reload = false
	if len(more) > 0 {
		l.queue = append(l.queue, more...)
		l.sent = more[len(more)-1].Seq
	}
	return nil
}

// hangUp closes the connection; the reader finds out.
func (l *link) hangUp(code int, reason string) {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	if first {
		go l.conn.Close(code, reason) // may wait for the other side
	}
}

// bye sends a last frame and hangs up.
func (l *link) bye(m wire.Message, code int) {
	frame, err := wire.Encode(m, 0, 0)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = l.conn.Write(ctx, frame) // it may be gone already, which is what we want
	}
	l.hangUp(code, m.Type())
}

// serve reads until the connection ends, and then reports its loss.
func (l *link) serve() {
	for {
		frame, err := l.conn.Read(context.Background())
		if err != nil {
			break
		}
		l.hear()
		if bytes.Equal(frame, frameBeat) {
			l.sendControl(frameBeatOK)
			continue
		}
		if err := l.takeAside(frame); err != nil {
			l.refuse(err)
			break
		}
	}
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	close(l.gone)
	go l.conn.Close(closeNormal, "")
	l.hub.links.lost(l)
}

// takeAside handles a frame on a goroutine of its own and waits for it: on the reading one, the deep calls of a
// transition would leave every idle link with a stack twice as large.
func (l *link) takeAside(frame []byte) error {
	done := make(chan error, 1)
	go func() { done <- l.take(frame) }()
	return <-done
}

// take handles a frame of the admitted agent.
func (l *link) take(frame []byte) error {
	m, env, err := wire.Decode(frame)
	if err != nil {
		return err
	}
	ev := session.FromAgent{Admitted: l.admitted, Seq: env.Seq, Acked: env.Ack}
	switch m := m.(type) {
	case *wire.Beat:
		l.sendControl(frameBeatOK)
		return nil
	case *wire.BeatOK:
		return nil
	case *wire.Trouble:
		l.hub.log.Warn("the agent could not take a message", "session", l.session, "message", clean(m.Message, 40), "code", clean(string(m.Code), 20))
		return nil
	case *wire.ViewerRefused:
		l.hub.screens.Refuse(m.Viewer, &ViewerError{Code: m.Code})
		return nil
	case *wire.Ack:
	default:
		event, ok := agentEvent(m)
		if !ok {
			return &wire.Error{Type: env.Type, Code: wire.ErrUnexpected}
		}
		ev.Event = event
		l.slowDown()
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	s, err := l.hub.Dispatch(ctx, l.session, ev)
	if errors.Is(err, session.ErrGap) {
		return &wire.Error{Type: env.Type, Code: wire.ErrNumber, Err: err}
	}
	if err != nil {
		return err
	}
	if ev.Seq > 0 {
		l.sendAck(s.EventSeq)
	}
	if s.State == session.StateEnded && s.AckedSeq >= s.CommandSeq {
		l.hangUp(closeNormal, "session ended")
	}
	return nil
}

// slowDown keeps an agent from filling the database.
func (l *link) slowDown() {
	if l.limiter == nil {
		l.limiter = rate.NewLimiter(eventRate, eventBurst)
	}
	if d := l.limiter.Reserve().Delay(); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.gone:
		}
	}
}

// refuse tells the agent what was wrong with its frame, by name, and hangs up.
func (l *link) refuse(err error) {
	var bad *wire.Error
	if errors.As(err, &bad) {
		l.hub.log.Warn("closed a link over a bad message", "session", l.session, "err", bad)
		l.bye(wire.Trouble{Message: bad.Type, Code: bad.Code}, closePolicy)
		return
	}
	l.hub.log.Error("could not take an agent's message; it will send it again", "session", l.session, "err", err)
	l.hangUp(closeTryLater, "try again")
}
