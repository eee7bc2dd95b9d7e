package relay

import (
	"context"
	"io"

	"github.com/coder/websocket"
)

// Early is a browser's socket that waits for its agent. RFB's server speaks first, so nothing is to be expected of the browser;
// but somebody must read, or nobody would know that it has gone.
type Early struct {
	conn  *websocket.Conn
	gone  chan struct{}
	first chan first // of capacity 1
	taken bool       // the first message has been passed on
}

// first is what reading began with.
type first struct {
	kind websocket.MessageType
	r    io.Reader
	err  error
}

// Await begins to read from a browser's socket, until that is closed, which its caller does in the end. Nobody else may read
// from it any more.
func Await(browser *websocket.Conn) *Early {
	e := &Early{conn: browser, gone: make(chan struct{}), first: make(chan first, 1)}
	go func() {
		kind, r, err := browser.Reader(context.Background())
		if err != nil {
			close(e.gone)
		}
		e.first <- first{kind, r, err}
	}()
	return e
}

// Gone is closed when the socket has ended before anything came.
func (e *Early) Gone() <-chan struct{} { return e.gone }

// Run is [Run] with this browser. It is called once.
func (e *Early) Run(ctx context.Context, agent *websocket.Conn) (Traffic, error) {
	return run(ctx, e, e.conn, agent)
}

// Reader implements source.
func (e *Early) Reader(ctx context.Context) (websocket.MessageType, io.Reader, error) {
	if e.taken {
		return e.conn.Reader(ctx)
	}
	e.taken = true
	f := <-e.first
	return f.kind, f.r, f.err
}

// CloseNow implements source.
func (e *Early) CloseNow() error { return e.conn.CloseNow() }
