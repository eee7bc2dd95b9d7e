package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/time/rate"

	"github.com/rejoin/rejoin/web"
)

const (
	// beatEvery is how often a stream says that it is alive, and how often it is looked whether its viewer still may.
	beatEvery = 3 * time.Second
	// streamWrite is how long a browser may take to take a message; a slower one is disconnected, never waited for.
	streamWrite = 10 * time.Second
	// pagePause is how often a session's page is drawn at most while changes keep coming.
	pagePause = 40 * time.Millisecond
	// promptDrawings may follow each other at once before the pause holds them back: a command and its acknowledgement are two
	// changes a millisecond apart, and both should be seen when they happen.
	promptDrawings = 4
)

// live describes a stream: the changes that make it draw, and what it draws.
type live struct {
	access  access
	changed []<-chan struct{}
	pause   time.Duration // between two drawings while changes keep coming; see promptDrawings
	// draw returns the region as it is now and its revision. It is called once at the start and then after changes.
	draw func(ctx context.Context) (id string, region templ.Component, err error)
}

// stream serves a live region until the browser goes, its viewer may no longer look, or the server stops. Watches must
// have been started before, so that no change falls between the first drawing and the first signal.
func (s *Site) stream(w http.ResponseWriter, r *http.Request, l live) error {
	if s.stop.Err() != nil {
		return errStopping
	}
	st, err := s.openStream(w, r)
	if err != nil || r.Method == http.MethodHead {
		return err
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	changed, done := merge(l.changed)
	defer done()
	ctx := r.Context()
	if err := st.redraw(ctx, l); err != nil {
		return st.broke(err)
	}
	if err := st.beat(s.Hub.Now()); err != nil {
		return st.broke(err)
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	calm := rate.NewLimiter(rate.Every(l.pause), promptDrawings)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.stop.Done():
			return nil // the browser connects anew and finds the server's successor
		case <-beat.C:
			err = s.checkAndBeat(r, st, l)
		case <-changed:
			if calm.Wait(ctx) != nil { // lets a burst pass
				return nil
			}
			err = st.redraw(ctx, l)
		}
		if err != nil {
			return st.broke(err)
		}
	}
}

// checkAndBeat ends the streams of those who signed out, were disabled or lost their role: within one beat.
func (s *Site) checkAndBeat(r *http.Request, st *eventStream, l live) error {
	may, err := s.stillSignedIn(r, l.access)
	if err != nil {
		return err
	}
	if !may {
		if err := st.send("", "gone", nil); err != nil {
			return err
		}
		return errStreamOver
	}
	return st.beat(s.Hub.Now())
}

var errStreamOver = fmt.Errorf("handlers: the stream is over")

// eventStream writes server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type eventStream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	site  *Site
	nonce string // of the page that shows the region
	id    string
	last  []byte // what was drawn last: the same is not sent again
	buf   bytes.Buffer
}

func (s *Site) openStream(w http.ResponseWriter, r *http.Request) (*eventStream, error) {
	st := &eventStream{w: w, rc: http.NewResponseController(w), site: s, nonce: r.Header.Get(web.NonceHeader), id: exchangeOf(r.Context()).id}
	if st.nonce != "" && !web.ValidNonce(st.nonce) {
		return nil, &problem{status: http.StatusBadRequest, what: "bad nonce"}
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	// The server's deadlines are for short answers; from here on each write has its own.
	if err := st.rc.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("lift the read deadline: %w", err)
	}
	return st, nil
}

func (st *eventStream) redraw(ctx context.Context, l live) error {
	id, region, err := l.draw(ctx)
	if err != nil {
		return err
	}
	b := buffers.Get().(*bytes.Buffer)
	defer putBuffer(b)
	if err := region.Render(templ.WithNonce(ctx, st.nonce), b); err != nil {
		return fmt.Errorf("draw a region: %w", err)
	}
	if st.last != nil && bytes.Equal(b.Bytes(), st.last) {
		return nil
	}
	st.last = append(st.last[:0], b.Bytes()...)
	return st.send(id, "", b.Bytes())
}

func (st *eventStream) beat(now time.Time) error {
	return st.send("", "beat", strconv.AppendInt(nil, now.UnixMilli(), 10))
}

// send writes one event. Line breaks of any kind in data become new data lines, so that data can't end the event.
func (st *eventStream) send(id, event string, data []byte) error {
	b := &st.buf
	b.Reset()
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	if event != "" {
		b.WriteString("event: " + event + "\n")
	}
	b.WriteString("data: ")
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\r' && i+1 < len(data) && data[i+1] == '\n':
		case c == '\r' || c == '\n':
			b.WriteString("\ndata: ")
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString("\n\n")
	if err := st.rc.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return fmt.Errorf("%w: %w", errStreamOver, err)
	}
	if _, err := st.w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("%w: %w", errStreamOver, err)
	}
	if err := st.rc.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errStreamOver, err)
	}
	return nil
}

// broke ends a stream after an error. Its answer began long ago, so nothing but the log can tell of it.
func (st *eventStream) broke(err error) error {
	if p := problemOf(err); isOver(err) || p.status == statusClientGone {
		return nil
	}
	if st.last == nil {
		return err // nothing is out yet: an ordinary error
	}
	st.site.log.Error("stream ended", "request", st.id, "error", err)
	return nil
}
