package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Unplug pulls the network cable, or plugs it in. The PC notices at once: dialling fails, open connections are silent.
func (p *PC) Unplug(out bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == out {
		return
	}
	p.cut = out
	for _, x := range p.procs {
		select {
		case x.network <- struct{}{}:
		default:
		}
	}
	p.notify()
}

// Lose makes packets vanish somewhere on the way, which nobody notices, or ends that.
func (p *PC) Lose(lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hole = lost
	p.notify()
}

// reach returns when packets get through, or with what dialling fails with.
func (p *PC) reach(ctx context.Context) error {
	for {
		p.mu.Lock()
		cut, hole, changed := p.cut, p.hole, p.changed
		p.mu.Unlock()
		switch {
		case cut:
			return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
		case !hole:
			return nil
		}
		// A lost SYN is sent again by a real network after 1, 3, 7 … seconds; here this connection never comes about.
		select {
		case <-changed:
			if p.holed() {
				continue
			}
			<-ctx.Done()
			return ctx.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *PC) holed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hole && !p.cut
}

// conn is a connection through the cable. While the cable is out nothing passes, and nothing is lost either: TCP sends it
// again.
type conn struct {
	net.Conn
	x      *Process
	once   sync.Once
	closed chan struct{}
}

func newConn(x *Process, inner net.Conn) *conn {
	return &conn{Conn: inner, x: x, closed: make(chan struct{})}
}

// pass waits until packets get through.
func (c *conn) pass() error {
	for {
		c.x.pc.mu.Lock()
		ok, changed := !c.x.pc.cut && !c.x.pc.hole, c.x.pc.changed
		c.x.pc.mu.Unlock()
		if ok {
			select {
			case <-c.closed:
				return net.ErrClosed
			default:
				return nil
			}
		}
		select {
		case <-changed:
		case <-c.closed:
			return net.ErrClosed
		}
	}
}

// Read implements [net.Conn].
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if gate := c.pass(); gate != nil {
		return 0, gate
	}
	return n, err
}

// Write implements [net.Conn].
func (c *conn) Write(b []byte) (int, error) {
	if err := c.pass(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close implements [net.Conn]: a farewell that does not get through is no farewell.
func (c *conn) Close() error {
	pc := c.x.pc
	pc.mu.Lock()
	through := !pc.cut && !pc.hole
	delete(c.x.conns, c)
	pc.mu.Unlock()
	if through {
		c.closeNow()
	} else {
		c.vanish()
	}
	return nil
}

func (c *conn) closeNow() {
	c.once.Do(func() {
		close(c.closed)
		c.Conn.Close()
	})
}

// vanish leaves the other side with a connection that it hears nothing from, until it gives it up itself.
func (c *conn) vanish() {
	c.once.Do(func() {
		close(c.closed)
		c.Conn.SetDeadline(time.Unix(1, 0)) // whoever reads or writes on this side is done
		c.Conn.SetDeadline(time.Time{})
		go func() {
			if _, err := io.Copy(io.Discard, c.Conn); !errors.Is(err, net.ErrClosed) {
				c.Conn.Close()
			}
		}()
	})
}
