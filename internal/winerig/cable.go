//go:build linux

package winerig

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Cable is the network between a PC and a server: a TCP relay on a loopback address of its own. Give the agent its address
// instead of the server's. Its methods may be called from any goroutine.
type Cable struct {
	t      testing.TB
	server string
	listen string // host:port, kept over Cut

	mu    sync.Mutex
	lis   net.Listener
	state cableState
	pairs map[*pair]bool
	free  chan struct{} // closed when a black hole ends
	wg    sync.WaitGroup
}

type cableState int

const (
	cablePlugged cableState = iota
	cableHole
	cableCut
)

type pair struct{ pc, server net.Conn }

// NewCable lays a cable to the server at host:port. It is taken up with the test.
func NewCable(t testing.TB, server string) *Cable {
	t.Helper()
	c := &Cable{t: t, server: server, pairs: map[*pair]bool{}, free: make(chan struct{})}
	close(c.free)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("lay a cable: %v", err)
	}
	c.lis, c.listen = lis, lis.Addr().String()
	c.accept(lis)
	t.Cleanup(func() {
		c.Cut()
		c.wg.Wait()
	})
	return c
}

// Address is where the PC finds the server, as host:port.
func (c *Cable) Address() string { return c.listen }

// Cut pulls the cable: connections break, new ones are refused.
func (c *Cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lis != nil {
		c.lis.Close()
		c.lis = nil
	}
	for p := range c.pairs {
		p.pc.Close()
		p.server.Close()
	}
	c.set(cableCut)
}

// BlackHole lets everything stand that is connected, and lets new connections be made, but nothing passes any more.
func (c *Cable) BlackHole() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == cablePlugged {
		c.set(cableHole)
	}
}

// Plug lets everything pass again.
func (c *Cable) Plug() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lis == nil {
		lis, err := net.Listen("tcp", c.listen)
		if err != nil {
			c.t.Errorf("plug the cable in: %v", err)
			return
		}
		c.lis = lis
		c.accept(lis)
	}
	c.set(cablePlugged)
}

// set changes the state; the lock is held.
func (c *Cable) set(s cableState) {
	was := c.state
	c.state = s
	switch {
	case s == cableHole:
		c.free = make(chan struct{})
	case was == cableHole:
		close(c.free)
	}
}

func (c *Cable) accept(lis net.Listener) {
	c.wg.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			c.wg.Go(func() { c.relay(conn) })
		}
	})
}

func (c *Cable) relay(pc net.Conn) {
	defer pc.Close()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	p := &pair{pc, server}
	c.mu.Lock()
	if c.state == cableCut {
		c.mu.Unlock()
		return
	}
	c.pairs[p] = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.pairs, p)
		c.mu.Unlock()
	}()
	var both sync.WaitGroup
	both.Go(func() { c.pass(server, pc) })
	both.Go(func() { c.pass(pc, server) })
	both.Wait()
}

// pass copies one direction. In a black hole what was read waits, and the ends learn nothing.
func (c *Cable) pass(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		c.mu.Lock()
		free := c.free
		c.mu.Unlock()
		<-free
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				from.Close()
			}
			return
		}
	}
}
