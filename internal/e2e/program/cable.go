package program

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// Cable is a network cable between the server and somebody: it can be pulled out and put back. Pulled out, nothing passes
// and nobody is told: connections just fall silent, new ones hang. Put back, those that were open stay dead, as they are
// after a change of network, and new ones work.
type Cable struct {
	// Address is where the server is reached through this cable.
	Address string

	to       string
	listener net.Listener
	mu       sync.Mutex
	plugged  *sync.Cond
	out      bool
	conns    map[net.Conn]bool
	closed   bool
}

// NewCable lays a cable from one address to another.
func NewCable(t testing.TB, at, to string) *Cable {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatalf("laying a cable: %v", err)
	}
	c := &Cable{Address: l.Addr().String(), to: to, listener: l, conns: map[net.Conn]bool{}}
	c.plugged = sync.NewCond(&c.mu)
	var all sync.WaitGroup
	all.Go(func() { c.accept(&all) })
	t.Cleanup(func() {
		c.close()
		all.Wait()
	})
	return c
}

// Pull pulls the cable out.
func (c *Cable) Pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = true
}

// Plug puts it back.
func (c *Cable) Plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
	clear(c.conns)
	c.out = false
	c.plugged.Broadcast()
}

func (c *Cable) close() {
	c.Plug()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.listener.Close()
	for conn := range c.conns {
		conn.Close()
	}
}

func (c *Cable) accept(all *sync.WaitGroup) {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		all.Go(func() { c.carry(near, all) })
	}
}

func (c *Cable) carry(near net.Conn, all *sync.WaitGroup) {
	defer near.Close()
	if !c.keep(near) {
		return
	}
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer far.Close()
	if !c.keep(far) {
		return
	}
	all.Go(func() { c.pump(far, near); far.Close() })
	c.pump(near, far)
}

// keep remembers an open connection. One that comes while the cable is out waits for nothing: it is cut when the cable is
// put back.
func (c *Cable) keep(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.conns[conn] = true
	for c.out {
		c.plugged.Wait()
	}
	return c.conns[conn]
}

// pump carries bytes until either end closes; what comes while the cable is out is lost.
func (c *Cable) pump(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && c.passes() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if errors.Is(err, io.EOF) && !c.passes() {
			c.wait() // nobody at the other end hears of it
			return
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

func (c *Cable) passes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.out
}

func (c *Cable) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.out {
		c.plugged.Wait()
	}
}
