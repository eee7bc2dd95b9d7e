package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/relay"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/web"
)

// helloWithin is how long an agent's socket may take to say whose it is.
const helloWithin = 10 * time.Second

// agentScreen takes a socket with which an agent shows its screen to one viewer, and hands it to whoever waits for it.
func (s *Site) agentScreen(w http.ResponseWriter, r *http.Request) error {
	if s.stop.Err() != nil {
		return errStopping
	}
	conn, err := relay.Accept(w, r) // onlyAgents has refused every Origin there is
	if err != nil {
		return nil // Accept has answered
	}
	conn.SetReadLimit(wire.MaxFrame)
	leave := s.pending.lobby.Enter(exchangeOf(r.Context()).client.bucket(), func() {
		s.metrics.evicted.Inc()
		go conn.CloseNow() // takes the connection's lock
	})
	err = s.takeScreen(conn)
	leave()
	if err != nil {
		s.log.Debug("closed a screen's socket", "request", exchangeOf(r.Context()).id, "error", err)
		_ = conn.Close(websocket.StatusPolicyViolation, "no such viewer") // it may be gone already
	}
	return nil
}

func (s *Site) takeScreen(conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(s.stop, helloWithin)
	defer cancel()
	kind, hello, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	if kind != websocket.MessageText {
		return errNotText
	}
	conn.SetReadLimit(-1) // from now on its bytes are passed on as they come, and never kept
	return s.Hub.TakeScreen(hello, conn)
}

// screen shows the customer's screen to a technician's browser, for as long as customer, session and sign-in allow it.
func (s *Site) screen(w http.ResponseWriter, r *http.Request) error {
	x := exchangeOf(r.Context())
	switch {
	case s.stop.Err() != nil:
		return errStopping
	case !ownOrigin(r, x.client):
		return errCrossOrigin
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		return errNoSocket
	}
	id := sessionID(r)
	if _, err := s.Hub.Session(r.Context(), id); err != nil {
		return err
	}
	keyboard := wire.KeyboardRemote
	if r.URL.Query().Get(web.ParamKeyboard) == string(wire.KeyboardCharacter) {
		keyboard = wire.KeyboardCharacter
	}
	conn, err := relay.Accept(w, r) // the origin is checked above, to the letter
	if err != nil {
		return nil // Accept has answered
	}
	conn.SetReadLimit(-1) // passed on, never kept
	view := &viewing{site: s, r: r, id: id, conn: conn, wish: hub.Wish{
		By: by(r), Monitor: r.URL.Query().Get(web.ParamMonitor), Keyboard: keyboard,
	}}
	s.metrics.viewers.Inc()
	defer s.metrics.viewers.Dec()
	err = view.run()
	code, reason := closeOf(err)
	s.log.Debug("viewer closed", "request", x.id, "session", id, "reason", reason, "error", err)
	_ = conn.Close(code, reason) // the browser may be gone already
	return nil
}

// viewing is one technician's viewer.
type viewing struct {
	site *Site
	r    *http.Request
	id   session.ID
	conn *websocket.Conn
	wish hub.Wish
}

func (v *viewing) run() error {
	s := v.site
	watch := s.Hub.Watch(v.id)
	defer watch.Close()
	ctx, cancel := context.WithCancelCause(s.stop)
	defer cancel(nil)
	early := relay.Await(v.conn)
	if err := v.asked(ctx, watch, early.Gone()); err != nil {
		return err
	}
	agent, closed, err := s.Hub.OpenScreen(ctx, v.id, v.wish)
	if err != nil {
		return err
	}
	defer closed()
	defer agent.CloseNow()
	if err := v.note(true); err != nil {
		return err
	}
	defer func() { _ = v.note(false) }() // of a session that has ended meanwhile nothing more is noted
	go func() { cancel(v.stay(ctx, watch)) }()
	traffic, err := early.Run(ctx, agent)
	s.metrics.screenBytes.Add(float64(traffic.ToBrowser))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// errGone is a browser that did not wait for the answer.
var errGone = errors.New("handlers: the viewer has gone")

// asked waits while the customer is being asked, so that all is ready when they say Yes. What became of it is not looked at:
// the hub refuses to open what may not be seen.
func (v *viewing) asked(ctx context.Context, watch *hub.Watch, gone <-chan struct{}) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		one, err := v.site.Hub.Session(ctx, v.id)
		if err != nil {
			return err
		}
		if one.State != session.StateActive || one.Sharing.State != session.SharingAsking || !one.Link.Online {
			return nil
		}
		select {
		case <-watch.C():
		case <-beat.C:
			if err := v.signedIn(); err != nil {
				return err
			}
		case <-gone:
			return errGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signedIn is an error when the technician may look no longer.
func (v *viewing) signedIn() error {
	may, err := v.site.stillSignedIn(v.r, technician)
	if err == nil && !may {
		err = errNotSignedIn
	}
	return err
}

// note puts down that the technician began or ended to look.
func (v *viewing) note(on bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), streamWrite)
	defer cancel()
	_, err := v.site.Hub.Dispatch(ctx, v.id, session.Watch{By: v.wish.By, On: on})
	return err
}

// stay returns why the technician may look no longer, or when ctx ends.
func (v *viewing) stay(ctx context.Context, watch *hub.Watch) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-watch.C():
			one, err := v.site.Hub.Session(ctx, v.id)
			if err != nil {
				return err
			}
			// A link that is lost does not end the picture: a PC that goes down shows it for as long as it can.
			if err := hub.MayWatch(one); err != nil && !isRefusal(err, session.RefusedOffline) {
				return err
			}
		case <-beat.C:
			if err := v.signedIn(); err != nil {
				return err
			}
		}
	}
}

func isRefusal(err error, code session.RefusalCode) bool {
	var no *session.Refusal
	return errors.As(err, &no) && no.Code == code
}

// closeOf is what the browser is told when a viewer ends: a code of RFC 6455's private range, and a stable word.
func closeOf(err error) (websocket.StatusCode, string) {
	var no *session.Refusal
	var shows *hub.ViewerError
	switch {
	case errors.As(err, &no):
		return web.ViewerRefused, string(no.Code)
	case errors.As(err, &shows):
		return web.ViewerRefused, string(shows.Code)
	case errors.Is(err, errNotSignedIn):
		return web.ViewerRefused, "not_signed_in"
	case errors.Is(err, hub.ErrNoAnswer):
		return web.ViewerLost, "no_answer"
	case errors.Is(err, context.Canceled):
		return websocket.StatusGoingAway, "stopping"
	}
	return web.ViewerLost, "lost"
}
