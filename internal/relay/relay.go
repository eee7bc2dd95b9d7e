// Package relay carries bytes between two WebSockets: a technician's viewer and the program on the customer's PC. It never
// looks into them. What one side does not take holds the other one back, and nothing is kept in between but one buffer a
// direction, so that no old picture is ever shown late. It knows nobody and decides nothing.
package relay

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	// record is the most that a TLS record holds (RFC 8446, section 5.1), and each is a system call.
	record = 16 << 10
	// bufferSize is how much of a message is waited for before it is passed on: what fits into one record with the header of
	// its frame (RFC 6455, section 5.2). RFB is a stream, where messages end means nothing; but an agent's small writes would
	// each cost a frame, a record and a system call again.
	bufferSize = record - 4
	// silentAfter is how long the PC may be silent: it shows that it is there every second.
	silentAfter = 12 * time.Second
	// writeWithin is how long a side may take to take a buffer before it is hung up on.
	writeWithin = 30 * time.Second
)

// buffers are shared: most viewers are idle most of the time, but each needs two while it is open.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// ErrSilent says that a side was silent, or did not take anything, for too long.
var ErrSilent = errors.New("relay: silent for too long")

// Traffic is what went over a relay.
type Traffic struct {
	ToBrowser, ToAgent int64 // bytes
}

// Run passes on what either side sends until one of them ends, or ctx does. It closes neither: the caller says why, and
// must close both, which is also what ends the direction that is still waiting.
func Run(ctx context.Context, browser, agent *websocket.Conn) (Traffic, error) {
	return run(ctx, browser, browser, agent)
}

func run(ctx context.Context, fromBrowser source, browser, agent *websocket.Conn) (Traffic, error) {
	var t Traffic
	ended := make(chan error, 2)
	go func() { ended <- pass(browser, agent, &t.ToBrowser, silentAfter) }()
	go func() { ended <- pass(agent, fromBrowser, &t.ToAgent, 0) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return Traffic{ToBrowser: atomic.LoadInt64(&t.ToBrowser), ToAgent: atomic.LoadInt64(&t.ToAgent)}, err
}

// source is what messages come from: a *websocket.Conn, or one that is waited at already.
type source interface {
	Reader(ctx context.Context) (websocket.MessageType, io.Reader, error)
	CloseNow() error
}

// pass copies from src to dst. A timer stands in for a context each: those would cost an allocation a message.
func pass(dst *websocket.Conn, src source, count *int64, silent time.Duration) error {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	var late atomic.Bool
	hangUp := func(c interface{ CloseNow() error }) func() {
		return func() {
			late.Store(true)
			_ = c.CloseNow() // reading or writing then ends
		}
	}
	reading, writing := time.AfterFunc(time.Hour, hangUp(src)), time.AfterFunc(time.Hour, hangUp(dst))
	reading.Stop()
	writing.Stop()
	defer reading.Stop()
	defer writing.Stop()
	for {
		if silent > 0 {
			reading.Reset(silent)
		}
		err := message(dst, src, buf[:], count, writing)
		if late.Load() {
			return ErrSilent
		}
		if err != nil {
			return err
		}
	}
}

// message passes one message on, in pieces as they arrive.
func message(dst *websocket.Conn, src source, buf []byte, count *int64, writing *time.Timer) error {
	kind, r, err := src.Reader(context.Background())
	if err != nil {
		return err
	}
	if kind != websocket.MessageBinary {
		return errors.New("relay: a text frame")
	}
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			writing.Reset(writeWithin)
			werr := dst.Write(context.Background(), websocket.MessageBinary, buf[:n])
			writing.Stop()
			if werr != nil {
				return werr
			}
			atomic.AddInt64(count, int64(n))
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
