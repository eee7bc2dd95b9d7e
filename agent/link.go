package agent

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/wire"
)

const (
	writeWithin = 10 * time.Second // for a server that does not read
	maxQueue    = 4 * maxOutbox    // frames that wait to be written
)

// link is an admitted connection: a goroutine that reads, one that writes, and a queue between it and the engine, which
// never waits for the network.
type link struct {
	conn  *websocket.Conn
	hooks Hooks
	since time.Time
	heard atomic.Pointer[time.Time] // when a frame was last received
	done  chan struct{}             // closed when the link is given up
	close func()

	mu    sync.Mutex
	queue []outFrame
	wake  chan struct{}

	// Of the engine:
	sent   int64 // the last event that was queued
	acked  int64 // the last command whose acknowledgement was queued
	spoilt bool  // the server broke the protocol: nothing more is taken
}

type outFrame struct {
	name string
	data []byte // nil: only then
	then func() // may be nil; after it is written, or the link is given up
}

// inbound is what the reader hands to the engine.
type inbound struct {
	link *link
	m    wire.Message
	env  wire.Envelope
	err  error // the link is over
}

func newLink(conn *websocket.Conn, hooks Hooks, now time.Time) *link {
	l := &link{conn: conn, hooks: hooks, since: now, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	l.heard.Store(&now)
	l.close = sync.OnceFunc(func() {
		close(l.done)
		go conn.CloseNow() // may wait for its goroutines
	})
	return l
}

// read hands everything that arrives to the engine. Only what is received shows that the link is alive: after
// [wire.SilentAfter] without a frame it is given up.
func (l *link) read(inbox chan<- inbound, quit <-chan struct{}) {
	silent := time.AfterFunc(wire.SilentAfter, l.close)
	defer silent.Stop()
	for {
		m, env, err := readMessage(context.Background(), l.conn)
		if err == nil {
			now := time.Now()
			l.heard.Store(&now)
			silent.Reset(wire.SilentAfter)
		}
		select {
		case inbox <- inbound{link: l, m: m, env: env, err: err}:
		case <-quit:
			l.close()
			return
		}
		if err != nil {
			return
		}
	}
}

// write sends what is queued until the link is given up.
func (l *link) write() {
	defer l.skip()
	for {
		f, ok := l.next()
		if !ok {
			select {
			case <-l.wake:
				continue
			case <-l.done:
				return
			}
		}
		if f.data == nil {
			f.then()
			continue
		}
		l.hooks.BeforeSend(f.name)
		ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
		err := l.conn.Write(ctx, websocket.MessageText, f.data)
		cancel()
		if err == nil {
			l.hooks.AfterSend(f.name)
		}
		if f.then != nil {
			f.then()
		}
		if err != nil {
			l.close()
			return
		}
	}
}

func (l *link) next() (outFrame, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.queue = nil
		return outFrame{}, false
	}
	f := l.queue[0]
	l.queue = l.queue[1:]
	return f, true
}

// skip settles what will not be written any more.
func (l *link) skip() {
	l.mu.Lock()
	queue := l.queue
	l.queue, l.wake = nil, nil
	l.mu.Unlock()
	for _, f := range queue {
		if f.then != nil {
			f.then()
		}
	}
}

var errQueueFull = errors.New("the server does not read")

// send queues a frame. then, if not nil, is called once it is written or can't be any more.
func (l *link) send(m wire.Message, seq, ack int64, then func()) error {
	frame, err := wire.Encode(m, seq, ack)
	if err != nil {
		return err
	}
	return l.push(outFrame{m.Type(), frame, then})
}

// written is closed once everything queued so far is written, or the link is given up.
func (l *link) written() <-chan struct{} {
	done := make(chan struct{})
	_ = l.push(outFrame{then: func() { close(done) }}) // then runs in any case
	return done
}

func (l *link) push(f outFrame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wake == nil || len(l.queue) >= maxQueue {
		if f.then != nil {
			go f.then()
		}
		return errQueueFull
	}
	l.queue = append(l.queue, f)
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return nil
}
