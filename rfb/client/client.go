package client

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rejoin/rejoin/rfb"
)

// Pull says how updates are asked for.
type Pull string

const (
	PullContinuous Pull = "continuous" // ContinuousUpdates where the server knows them, else PullRequests
	PullRequests   Pull = "requests"   // one incremental request after each update
	PullManual     Pull = "manual"     // Conn.Request only, the first picture too
)

// Options are a connection's. The zero value is a usual viewer: version 3.8, BGRX, every encoding, continuous updates.
type Options struct {
	Version      Version     // the newest to speak; default 3.8
	Exclusive    bool        // asks the server to end its other connections
	Format       PixelFormat // what the server shall send; default BGRX
	Encodings    []Encoding  // most wanted first; default AllEncodings
	Pull         Pull        // default PullContinuous
	NoFences     bool        // does not answer fences, as a viewer that hangs would not
	MaxPixels    int         // of the picture; default 64 Mi
	MaxClipboard int         // bytes of text; default 16 MiB
	// OnUpdate is called after each update, on the reading goroutine, which reads on when it returns. It must not call
	// Await, View, Picture, SetClipboard or SetEncodings, and keeps nothing of the state.
	OnUpdate func(*State)
}

// State is what the server has told so far.
type State struct {
	Picture rfb.Framebuffer // X is 0
	Name    string

	Updates int    // complete ones
	Last    Update // the newest complete one
	Bytes   int64  // received, all told

	Screens      []rfb.Screen
	Resizes      int // DesktopSize and ExtendedDesktopSize rectangles, whether or not the size differs
	ResizeReason uint16
	ResizeStatus uint16

	Cursor       rfb.Cursor
	Cursors      int         // shapes received
	Pointer      image.Point // where the server says that the pointer is
	PointerMoves int

	Clipboard  string // UTF-8, LF
	Clipboards int    // texts received
	Bells      int
	Fence      []byte // payload of the newest answer to Conn.Fence
	Fences     int    // answers received

	// What the server has said it knows.
	KnowsFences, KnowsContinuous, KnowsQEMUKeys, KnowsMouseButtons, KnowsClipboard bool
}

// Update is one FramebufferUpdate message.
type Update struct {
	Began, Ended time.Time // its first byte was there; it was decoded
	Bytes        int       // with its header
	Rects        []Rect
}

// Rect is one rectangle of an update.
type Rect struct {
	Bounds   image.Rectangle
	Encoding Encoding
	Detail   string      // of Tight: fill, jpeg, copy, palette, mono, gradient
	From     image.Point // of CopyRect
	Bytes    int         // with its header
}

// Conn is a connection to a server. Its methods are for concurrent use.
type Conn struct {
	stream io.ReadWriteCloser
	opt    Options
	in     reader
	out    outbox
	tight  tightDecoder
	format PixelFormat
	colors [256]uint32 // the colour map

	lock    chan struct{} // held from a message's first byte until it has been carried out; guards what follows
	state   State
	waiters []*waiter

	asked []Encoding // ever
	clip  clipboard

	// As in the state, for those who must not wait for a message that is under way.
	knowsKeys, knowsMouse atomic.Bool
	size                  atomic.Uint32 // width << 16 | height

	done    chan struct{}
	endOnce sync.Once
	err     error // set before done is closed
}

type waiter struct {
	ok   func(*State) bool
	done chan struct{}
}

// Connect shakes hands on the stream, asks for the first picture unless Pull is PullManual, and reads until Close or an error.
// Closing the stream ends a handshake that hangs. On an error the stream is closed.
func Connect(stream io.ReadWriteCloser, o Options) (*Conn, error) {
	o.fill()
	if err := o.Format.check(); err != nil {
		return nil, errors.Join(err, stream.Close())
	}
	c := &Conn{stream: stream, opt: o, format: o.Format, asked: slices.Clone(o.Encodings), lock: make(chan struct{}, 1), done: make(chan struct{})}
	c.in.init(stream)
	c.out.init(stream, c.end)
	if err := c.handshake(); err != nil {
		return nil, errors.Join(err, stream.Close())
	}
	go func() { c.end(c.out.run(c.done)) }()
	c.out.add(c.format.message())
	c.out.add(encodingsMessage(o.Encodings))
	if o.Pull != PullManual {
		c.Request(false)
	}
	go func() { c.end(c.read()) }()
	return c, nil
}

func (o *Options) fill() {
	if o.Version == "" {
		o.Version = Version38
	}
	if o.Format == (PixelFormat{}) {
		o.Format = BGRX
	}
	if o.Encodings == nil {
		o.Encodings = AllEncodings()
	}
	if o.Pull == "" {
		o.Pull = PullContinuous
	}
	if o.MaxPixels == 0 {
		o.MaxPixels = 64 << 20
	}
	if o.MaxClipboard == 0 {
		o.MaxClipboard = 16 << 20
	}
}

// read carries out the server's messages, one at a time.
func (c *Conn) read() error {
	for {
		if err := c.in.await(); err != nil {
			return err
		}
		c.lock <- struct{}{}
		before := c.state.Updates
		err := c.message()
		if err == nil {
			err = c.in.err
		}
		if err == nil {
			c.state.Bytes = c.in.count
			if c.opt.OnUpdate != nil && c.state.Updates != before {
				c.opt.OnUpdate(&c.state)
			}
			c.wake()
		}
		<-c.lock
		if err != nil {
			return err
		}
	}
}

func (c *Conn) wake() {
	c.waiters = slices.DeleteFunc(c.waiters, func(w *waiter) bool {
		ok := w.ok(&c.state)
		if ok {
			close(w.done)
		}
		return ok
	})
}

// Await returns nil as soon as ok says so of the state; it is asked now and after each message of the server, one call at a
// time, and must keep nothing of the state. Otherwise the error is ctx's or the connection's.
func (c *Conn) Await(ctx context.Context, ok func(*State) bool) error {
	select {
	case c.lock <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if ok(&c.state) {
		<-c.lock
		return nil
	}
	w := &waiter{ok: ok, done: make(chan struct{})}
	c.waiters = append(c.waiters, w)
	<-c.lock
	select {
	case <-w.done:
		return nil
	case <-c.done:
		select {
		case <-w.done: // by the last message
			return nil
		default:
			return fmt.Errorf("the connection ended: %w", c.err)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// View calls look between two messages; a message that has begun is waited for. look must keep nothing of the state.
func (c *Conn) View(look func(*State)) {
	c.lock <- struct{}{}
	defer func() { <-c.lock }()
	look(&c.state)
}

// Picture is a copy of the picture, between two messages.
func (c *Conn) Picture() rfb.Framebuffer {
	var p rfb.Framebuffer
	c.View(func(s *State) {
		p = s.Picture
		p.Pix = slices.Clone(p.Pix)
	})
	return p
}

// Close ends the connection and closes the stream.
func (c *Conn) Close() error {
	c.end(io.EOF)
	<-c.done
	return nil
}

// Done is closed when the connection has ended; Err then says why: io.EOF after Close or when the server closed it between
// two messages.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil while the connection lives.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

func (c *Conn) end(err error) {
	c.endOnce.Do(func() {
		c.err = err
		close(c.done)
		// The reason why it ended is known; that of a failing Close adds nothing.
		_ = c.stream.Close()
	})
}
