package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/rejoin/rejoin/internal/lobby"
)

// doorway is a listener that bounds open connections, and among them those that have not sent one whole request yet. Silent
// and slow ones (there are ten seconds for a handshake and for a request's head) put out their own kind.
type doorway struct {
	net.Listener
	fresh *lobby.Lobby
	slots chan struct{}
}

// maxFresh is how many connections may be without a first request. All agents of a large installation come back at once
// after an outage, from one address if they are behind one router, so it is not bounded by address.
const maxFresh = 16384

func newDoorway(ln net.Listener, max int) *doorway {
	return &doorway{Listener: ln, fresh: lobby.New(maxFresh, maxFresh), slots: make(chan struct{}, max)}
}

// Accept waits while as many connections are open as may be: the system's queue holds newcomers meanwhile.
func (d *doorway) Accept() (net.Conn, error) {
	d.slots <- struct{}{}
	conn, err := d.Listener.Accept()
	if err != nil {
		<-d.slots
		return nil, err
	}
	g := &doorConn{Conn: conn, door: d}
	g.known = d.fresh.Enter("", func() { conn.Close() })
	return g, nil
}

// doorConn is a connection that came through the doorway.
type doorConn struct {
	net.Conn
	door  *doorway
	known func() bool // no longer fresh
	once  sync.Once
}

// Close implements [net.Conn].
func (c *doorConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.known()
		<-c.door.slots
	})
	return err
}

type doorKey struct{}

// connContext lets the handler find its connection; it is for http.Server.
func connContext(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if g, ok := c.(*doorConn); ok {
		return context.WithValue(ctx, doorKey{}, g)
	}
	return ctx
}

// welcome notes that the request's connection has sent a whole request.
func welcome(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g, ok := r.Context().Value(doorKey{}).(*doorConn); ok {
			g.known()
		}
		next.ServeHTTP(w, r)
	})
}

// isClosing tells whether an error is that of a listener closed on purpose.
func isClosing(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed)
}
