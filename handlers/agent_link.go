package handlers

import (
	"context"
	"net/http"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/lobby"
	"github.com/rejoin/rejoin/internal/wire"
)

// pendingAgents are sockets that have not proved anything yet.
type pendingAgents struct{ lobby *lobby.Lobby }

func newPendingAgents(total, perAddress int) *pendingAgents {
	return &pendingAgents{lobby.New(total, perAddress)}
}

// agentLink takes an agent's WebSocket. It is admitted here, on the request's goroutine with the stack it has already; then
// the handler returns, and a fresh goroutine with a small stack serves the idle connection. With the small buffers of
// leanHijacker this halves what ten thousand idle agents cost.
func (s *Site) agentLink(w http.ResponseWriter, r *http.Request) error {
	if s.stop.Err() != nil {
		return errStopping
	}
	conn, err := websocket.Accept(&leanHijacker{ResponseWriter: w}, r, &websocket.AcceptOptions{
		CompressionMode:    websocket.CompressionDisabled,
		InsecureSkipVerify: true, // onlyAgents has refused every Origin there is
	})
	if err != nil {
		return nil // Accept has answered
	}
	conn.SetReadLimit(wire.MaxFrame)
	c := exchangeOf(r.Context()).client
	link := &agentConn{ws: conn}
	leave := s.pending.lobby.Enter(c.bucket(), func() {
		s.metrics.evicted.Inc()
		go conn.CloseNow() // takes the connection's lock
	})
	serve := s.admit(link, c.addr.String())
	leave()
	if serve != nil {
		go serve()
	}
	return nil
}

// admit runs the handshake. It is bounded by the hub's own deadline and by the server's stop, not by the request, whose
// context ends with the handler.
func (s *Site) admit(link *agentConn, address string) (serve func()) {
	s.metrics.pending.Inc()
	defer s.metrics.pending.Dec()
	ctx, cancel := context.WithCancel(s.stop)
	defer cancel()
	return s.Hub.AdmitAgent(ctx, link, address)
}
