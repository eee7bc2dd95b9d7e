package rfb

import (
	"bufio"
	"context"
	"errors"
	"image"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rejoin/rejoin/rfb/internal/tight"
)

// Logger is what a connection reports to; a *slog.Logger is one. (This package does not import log/slog, which would make small
// programs larger by a quarter of a megabyte.)
type Logger interface {
	Debug(msg string, args ...any)
}

type silent struct{}

func (silent) Debug(string, ...any) {}

// Options say how a connection behaves. The zero value is a view-only connection without a name.
type Options struct {
	Name      string        // of the desktop, which viewers show in their title
	Handler   Handler       // takes the input; nil: view only
	Logger    Logger        // for what a developer wants to know; nil: nothing
	KeepAlive time.Duration // how often a viewer hears something, at least; 0: every second
	// MaxClipboard is the longest clipboard text that is taken or sent, in bytes; 0: 1 MiB. A longer one is ignored.
	MaxClipboard int
	Quality      Quality // ""; QualityAuto
}

// Conn is a viewer's connection. All methods may be called by any goroutine, before and while Serve runs.
type Conn struct {
	stream  io.ReadWriteCloser
	options Options
	log     Logger
	wake    chan struct{} // of capacity 1: there may be something to send

	damage damage // guarded by the display's locks

	mu sync.Mutex
	st state

	input input
	send  sender // of the sending goroutine alone
}

// state is what the goroutines of a connection share.
type state struct {
	display *Display // to show; the sender may still be at another
	enc     encodings
	format  pixelFormat
	quality Quality
	name    string
	paused  bool
	blind   bool // view only

	control []byte // what has to be sent as it is, before the next update
	held    *fence // to be answered behind the viewer's next message

	asks       asks // not yet seen by the sender
	continuous bool
	area       image.Rectangle // of the continuous updates
	size       image.Point     // of the viewer's picture

	fenceShown    bool // that the server knows fences
	continueShown bool
	qemuShown     bool
	buttonsShown  bool

	clip        string
	clipKnown   bool // there is one
	clipNew     bool // to be announced
	clipWanted  bool // to be sent
	clipMaximum uint32

	pointerAt   image.Point // where this viewer last put it
	pointerWhen time.Time

	pace  pacer
	stats Stats
}

// asks is what a viewer is to be sent with an update.
type asks struct {
	requested image.Rectangle // where it waits for an update
	full      image.Rectangle // of that, what it wants all of
	layout    bool            // an ExtendedDesktopSize
	refusals  int             // of SetDesktopSize
	qemu      bool            // that extended key events are taken
	buttons   bool            // and extended mouse buttons
	name      bool
}

// merge adds what b asks for, and empties b.
func (a *asks) merge(b *asks) {
	a.requested = a.requested.Union(b.requested)
	a.full = a.full.Union(b.full)
	a.layout = a.layout || b.layout
	a.refusals += b.refusals
	a.qemu = a.qemu || b.qemu
	a.buttons = a.buttons || b.buttons
	a.name = a.name || b.name
	*b = asks{}
}

// Stats are figures of a connection.
type Stats struct {
	Received, Sent int64         // bytes
	Updates        int64         // of the picture
	InFlight       int           // updates that the viewer has not yet answered
	RTT            time.Duration // until the answer to the last fence; 0: not known
	Bandwidth      float64       // estimated, bytes a second; 0: not known
	Quality        int           // of JPEG, 1 to 100, at the last update; 0: exact
}

// NewConn returns a connection that will show d to the viewer at the other end of stream. Nothing happens before Serve. If stream has
// a SetWriteDeadline method, as net.Conn does, it is used.
func NewConn(stream io.ReadWriteCloser, d *Display, o Options) *Conn {
	if o.KeepAlive <= 0 {
		o.KeepAlive = time.Second
	}
	if o.MaxClipboard <= 0 {
		o.MaxClipboard = 1 << 20
	}
	o.MaxClipboard = min(o.MaxClipboard, maxSkipped)
	if o.Quality == "" {
		o.Quality = QualityAuto
	}
	if o.Logger == nil {
		o.Logger = silent{}
	}
	c := &Conn{
		stream: stream, options: o, log: o.Logger, wake: make(chan struct{}, 1),
		st: state{display: d, format: natural, quality: o.Quality, name: o.Name, blind: o.Handler == nil},
	}
	c.input = input{c: c, handler: o.Handler, down: map[uint32]KeyEvent{}}
	c.send = sender{c: c, convert: newConverter(natural), encoder: tight.New()}
	return c
}

// handshakeTime is how long a viewer may take until it is served.
const handshakeTime = 30 * time.Second

// Serve shakes hands and serves the viewer until it leaves (nil), ctx ends (its error), or something goes wrong: the stream's errors, or
// one of this package's Err variables, wrapped. It closes the stream, and has no goroutine left when it returns. It is called once.
func (c *Conn) Serve(ctx context.Context) error {
	defer c.stream.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { c.stream.Close() })()

	in := &counter{r: c.stream, c: c}
	r := bufio.NewReaderSize(in, 4096)
	late := time.AfterFunc(handshakeTime, func() { cancel(ErrSilent) })
	err := c.handshake(r)
	late.Stop()
	defer c.send.leave()
	if err != nil {
		return ended(ctx, err)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if err := c.sendAll(ctx); err != nil {
			cancel(err)
		}
	}()
	err = c.receive(r)
	cancel(err)
	c.stream.Close() // a blocked write ends
	<-sent
	c.input.end()
	err = ended(ctx, err)
	c.log.Debug("rfb: connection ended", "reason", err)
	return err
}

// ended is why a connection ended whose reading ended with err: it may have been closed for another reason.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// counter counts what is received.
type counter struct {
	r io.Reader
	c *Conn
}

func (r *counter) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.c.mu.Lock()
	r.c.st.stats.Received += int64(n)
	r.c.mu.Unlock()
	return n, err
}

// signal makes the sender look whether there is something to do.
func (c *Conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// change changes the state, and makes the sender look.
func (c *Conn) change(f func(st *state)) {
	c.mu.Lock()
	f(&c.st)
	c.mu.Unlock()
	c.signal()
}

// SetClipboard makes text, in UTF-8, the clipboard that the viewer may paste. Text longer than Options.MaxClipboard is ignored.
func (c *Conn) SetClipboard(text string) {
	if len(text) > c.options.MaxClipboard {
		c.log.Debug("rfb: clipboard too long", "bytes", len(text))
		return
	}
	text = lineFeeds(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd"))
	c.change(func(st *state) { st.clip, st.clipKnown, st.clipNew = text, true, true })
}

// SetName changes the desktop's name.
func (c *Conn) SetName(name string) {
	c.change(func(st *state) {
		if st.name != name {
			st.name, st.asks.name = name, true
		}
	})
}

// SetQuality says what pictures may cost from now on. What is there already becomes exact as always, when the link is idle.
func (c *Conn) SetQuality(q Quality) { c.change(func(st *state) { st.quality = q }) }

// Pause stops the pictures and the clipboard, and ignores the viewer's input, until it is called with false. The viewer
// goes on seeing that the link is alive. Keys and buttons that are down are released.
func (c *Conn) Pause(on bool) {
	c.change(func(st *state) { st.paused = on })
	if on {
		c.input.letGo()
	}
}

// SetViewOnly ignores the viewer's input, and shows it the pointer as part of the picture, or lets it control again. Without a
// Handler a connection is always view only.
func (c *Conn) SetViewOnly(on bool) {
	c.change(func(st *state) { st.blind = on || c.options.Handler == nil })
	if on {
		c.input.letGo()
	}
}

// SetDisplay shows another display, such as another monitor.
func (c *Conn) SetDisplay(d *Display) { c.change(func(st *state) { st.display = d }) }

// Stats returns the connection's figures.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.st.stats
	s.InFlight, s.RTT, s.Bandwidth = c.st.pace.updates, c.st.pace.rtt, c.st.pace.bandwidth
	return s
}
