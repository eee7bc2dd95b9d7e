package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// screenWithin is how long the agent has to open a viewer's socket.
const screenWithin = 10 * time.Second

// ViewerError is an agent that shows no screen.
type ViewerError struct{ Code wire.ViewerError }

func (e *ViewerError) Error() string { return "hub: the agent shows no screen: " + string(e.Code) }

// ErrNoAnswer is an agent that did not open a viewer's socket in time.
var ErrNoAnswer = errors.New("hub: the agent did not open the screen's socket")

// MayWatch tells whether a session's screen may be looked at now; the error is a *[session.Refusal].
func MayWatch(s session.Session) error {
	switch {
	case s.State == session.StateEnded:
		return &session.Refusal{Code: session.RefusedEnded, Why: string(s.EndReason)}
	case s.State != session.StateActive:
		return &session.Refusal{Code: session.RefusedNotJoined}
	case s.Sharing.State != session.SharingOn:
		return &session.Refusal{Code: session.RefusedNotSharing}
	case !s.Link.Online:
		return &session.Refusal{Code: session.RefusedOffline}
	}
	return nil
}

// Wish is what a technician's viewer wants to see, and how it types.
type Wish struct {
	By       session.Actor
	Monitor  string
	Keyboard wire.Keyboard
}

// OpenScreen has the session's agent open a socket for a technician's viewer, and returns it. Whether
// the technician may is the caller's to know; whether the customer agreed the agent checks itself. Errors: a
// *[session.Refusal], a *[ViewerError], [ErrNoAnswer], [ErrNotFound], ctx's. close tells the agent that the viewer is gone.
func (h *Hub) OpenScreen(ctx context.Context, id session.ID, wish Wish) (conn *websocket.Conn, closed func(), err error) {
	s, err := h.store.Session(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := MayWatch(s); err != nil {
		return nil, nil, err
	}
	v := h.screens.Expect(wire.TicketSize)
	defer v.Leave()
	if !h.tell(id, wire.OpenViewer{
		Viewer: v.ID, Ticket: v.Ticket, TechnicianID: wish.By.ID, Technician: clean(wish.By.Name, wire.MaxName),
		Monitor: clean(wish.Monitor, wire.MaxName), Keyboard: wish.Keyboard,
	}) {
		return nil, nil, &session.Refusal{Code: session.RefusedOffline}
	}
	wait, cancel := context.WithTimeout(ctx, screenWithin)
	defer cancel()
	closed = func() { h.tell(id, wire.CloseViewer{Viewer: v.ID}) }
	conn, err = v.Wait(wait)
	if err != nil {
		closed()
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			err = ErrNoAnswer
		}
		return nil, nil, err
	}
	return conn, closed, nil
}

// TakeScreen hands over a socket that an agent has opened. hello is its first frame. With an error the socket is still the
// caller's.
func (h *Hub) TakeScreen(hello []byte, conn *websocket.Conn) error {
	m, _, err := wire.Decode(hello)
	if err != nil {
		return err
	}
	v, ok := m.(*wire.ViewerHello)
	if !ok {
		return &wire.Error{Type: m.Type(), Code: wire.ErrUnexpected}
	}
	return h.screens.Arrive(v.Viewer, v.Ticket, conn)
}

// tell sends a message without a number to a session's agent; false says that it is not connected here.
func (h *Hub) tell(id session.ID, m wire.Message) bool {
	l := h.links.get(id)
	if l == nil {
		return false
	}
	frame, err := wire.Encode(m, 0, 0)
	if err != nil {
		h.log.Error("could not encode a message", "err", fmt.Errorf("hub: %s: %w", m.Type(), err))
		return false
	}
	l.sendControl(frame)
	return true
}
