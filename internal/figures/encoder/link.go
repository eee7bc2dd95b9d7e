package encoder

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// link is a connection like the one to a customer: so many bits a second, so much delay, and a router's queue in front. It
// shapes both ways alike.
type link struct {
	rate  float64       // bytes a second
	delay time.Duration // one way
	queue time.Duration // how long the router's queue is when it is full
}

// customer is 1 Mbit/s with 80 ms there and back.
var customer = link{rate: 1e6 / 8, delay: 40 * time.Millisecond, queue: 100 * time.Millisecond}

// segment is what a packet carries. The servers' kernels are told so too: by a loopback's segments of 64 kB they would
// buffer megabytes.
const segment = 1448

// narrow makes a socket's ends as they are on the Internet, where a sender's buffer is not the whole queue.
func narrow(_, _ string, raw syscall.RawConn) error {
	var set error
	err := raw.Control(func(fd uintptr) {
		set = errors.Join(unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, segment),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10))
	})
	return errors.Join(err, set)
}

// dial connects to address and returns this end of a shaped connection. ctx ends the shaping.
func (l link) dial(ctx context.Context, address string) (net.Conn, error) {
	narrowed := net.ListenConfig{Control: narrow}
	listener, err := narrowed.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	dialer := net.Dialer{Control: narrow}
	server, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	far, err := listener.Accept()
	if err != nil {
		return nil, errors.Join(err, near.Close(), server.Close())
	}
	go l.join(ctx, far, server)
	return near, nil
}

// join shapes what goes between two connections until one ends, and closes both.
func (l link) join(ctx context.Context, a, b net.Conn) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	closing := context.AfterFunc(ctx, func() { _, _ = a.Close(), b.Close() })
	defer closing()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			defer stop()
			l.shape(ctx, way[0], way[1])
		})
	}
	both.Wait()
}

// packet is on its way.
type packet struct {
	data    []byte
	arrives time.Time
}

// shape carries one way's bytes: each packet waits for room in the queue, leaves when those before it have left, and arrives
// a delay later.
func (l link) shape(ctx context.Context, from, to net.Conn) {
	line := make(chan packet, 4096) // more than the line holds at this rate and delay
	var arriving sync.WaitGroup
	arriving.Go(func() {
		for p := range line {
			if !sleep(ctx, time.Until(p.arrives)) {
				return
			}
			if _, err := to.Write(p.data); err != nil {
				return
			}
		}
	})
	defer arriving.Wait() // what is on its way arrives also after the sender's end
	defer close(line)
	left := time.Now() // when the last packet leaves the queue
	for {
		data := make([]byte, segment)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		takes := time.Duration(float64(n) / l.rate * float64(time.Second))
		// A full queue holds up the sender, as a window does that has been cut down by losses.
		if !sleep(ctx, time.Until(left)+takes-l.queue) {
			return
		}
		if now := time.Now(); left.Before(now) {
			left = now
		}
		left = left.Add(takes)
		select {
		case line <- packet{data[:n], left.Add(l.delay)}:
		case <-ctx.Done():
			return
		}
	}
}

// sleep says whether the time has passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
