package main

import (
	"context"
	"crypto/x509"
	"net"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/figures/simpc"
)

// writePC makes the disk of the n-th session's PC, with the real agent on it.
func (p *product) writePC(n int) (dir string, err error) {
	dir = filepath.Join(filepath.Dir(p.data), "pc-"+machineOf(n))
	return dir, simpc.Write(dir, simpc.Joined{
		Server: p.url, ServerKey: p.server, Session: string(sessionOf(n)), Key: keyOf(n), Machine: machineOf(n),
	})
}

// realPC is a PC with the real agent, and its network. The zero state of the network is that it works.
type realPC struct {
	*sim.PC
	n int

	mu      sync.Mutex
	refuses bool
	conns   map[net.Conn]bool
}

// startPC starts the n-th session's PC in this process.
func (p *product) startPC(n int, roots *x509.CertPool) (*realPC, error) {
	dir, err := p.writePC(n)
	if err != nil {
		return nil, err
	}
	pc := &realPC{n: n, conns: make(map[net.Conn]bool)}
	pc.PC, err = simpc.Start(simpc.Config{Dir: dir, Roots: roots, Dial: pc.dial})
	return pc, err
}

// dial is the network between the PC's cable and the server. Each PC has an address of its own.
func (pc *realPC) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 2, byte(pc.n/250), byte(pc.n%250+1))}}
	pc.mu.Lock()
	refuses := pc.refuses
	pc.mu.Unlock()
	if refuses {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.conns[conn] = true
	return conn, nil
}

// refuse has something between the PC and the server break what is connected and answer every further attempt with a no,
// or ends that.
func (pc *realPC) refuse(on bool) {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.refuses = on
	for conn := range pc.conns {
		if tcp, ok := conn.(*net.TCPConn); on && ok {
			tcp.SetLinger(0)
			tcp.Close()
		}
	}
	clear(pc.conns)
}
