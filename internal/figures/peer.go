package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/wire"
)

// peer is the protocol side of an agent and nothing else: no document, no prompts, no PC. Thousands of them fit into a
// process. It speaks to the product and to the bare server alike.
type peer struct {
	n          int
	key        ed25519.PrivateKey
	generation int64
	applied    int64 // the last command
	local      net.Addr
	tls        *tls.Config
	client     *http.Client
	url        string

	mu   sync.Mutex
	raw  net.Conn // below TLS
	conn *websocket.Conn
}

// newPeer is the agent of the n-th seeded session. Each has an address of its own, as PCs have, and remembers its TLS session,
// as the agent does.
func newPeer(n int, server string, roots *x509.CertPool) *peer {
	p := &peer{
		n: n, key: keyOf(n), generation: 1, url: "wss" + server[len("https"):] + wire.Path,
		local: &net.TCPAddr{IP: net.IPv4(127, 1, byte(n/250), byte(n%250+1))},
		tls:   &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(1), ServerName: "localhost"},
	}
	p.client = &http.Client{Transport: peerTransport}
	return p
}

type peerKey struct{}

// peerTransport is shared: a transport for each peer would cost more than the peer. The connection is the peer's own, which
// the context carries.
var peerTransport = &http.Transport{
	DisableKeepAlives: true,
	DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		p, ok := ctx.Value(peerKey{}).(*peer)
		if !ok {
			return nil, errors.New("a connection for nobody")
		}
		raw, err := (&net.Dialer{LocalAddr: p.local}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(raw, p.tls)
		if err := conn.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		p.mu.Lock()
		p.raw = raw
		p.mu.Unlock()
		return conn, nil
	},
}

// attemptWithin is how long the agent gives an attempt.
const attemptWithin = 10 * time.Second

// rejoin connects and is let in; the generation is confirmed. After an error there is no connection.
func (p *peer) rejoin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, peerKey{}, p), attemptWithin)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, p.url, &websocket.DialOptions{HTTPClient: p.client, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	conn.SetReadLimit(wire.MaxFrame)
	w, err := p.handshake(ctx, conn)
	if err != nil {
		conn.CloseNow()
		return err
	}
	p.generation = w.Generation
	p.mu.Lock()
	p.conn = conn
	p.mu.Unlock()
	return p.send(ctx, wire.Ack{}, 0, p.applied)
}

func (p *peer) handshake(ctx context.Context, conn *websocket.Conn) (*wire.Welcome, error) {
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce) // never fails
	if err := write(ctx, conn, wire.Hello{Purpose: wire.PurposeRejoin, Nonce: nonce, Version: "figures"}, 0, 0); err != nil {
		return nil, fmt.Errorf("say hello: %w", err)
	}
	c, err := expect[*wire.Challenge](ctx, conn)
	if err != nil {
		return nil, err
	}
	if !wire.VerifyChallenge(c.ServerKey, c.Nonce, nonce, c.Proof) {
		return nil, errors.New("the server's signature does not fit")
	}
	claim := wire.Claim{
		Purpose: wire.PurposeRejoin, ServerNonce: c.Nonce, AgentNonce: nonce, Session: string(sessionOf(p.n)),
		Generation: p.generation, BootID: bootOf(p.n), Instance: instanceOf(p.n), ServerKey: c.ServerKey,
	}
	err = write(ctx, conn, wire.Rejoin{
		Session: claim.Session, Generation: claim.Generation, BootID: claim.BootID, Instance: claim.Instance, SignedIn: true,
		Acked: p.applied, PC: p.pc(), Proof: claim.Sign(p.key),
	}, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return expect[*wire.Welcome](ctx, conn)
}

func (p *peer) pc() wire.PC {
	pc := seedPC(p.n)
	return wire.PC{
		Name: pc.Name, OS: pc.OS, Platform: pc.Platform, User: pc.User, Locale: pc.Locale, MachineID: pc.MachineID,
		Reboot: wire.Capability{Available: true}, SafeMode: wire.Capability{Why: pc.SafeMode.Why},
	}
}

// next reads the next command, having acknowledged it; heartbeats are passed over.
func (p *peer) next(ctx context.Context) (wire.Message, error) {
	for {
		m, env, err := read(ctx, p.connection())
		if err != nil {
			return nil, err
		}
		if _, asked := m.(*wire.Beat); asked {
			if err := p.send(ctx, wire.BeatOK{}, 0, 0); err != nil {
				return nil, err
			}
		}
		if !wire.IsCommand(m) {
			continue
		}
		if env.Seq <= p.applied {
			continue // sent again; acknowledged before
		}
		if env.Seq != p.applied+1 {
			return nil, fmt.Errorf("command %d after %d", env.Seq, p.applied)
		}
		p.applied = env.Seq
		return m, p.send(ctx, wire.Ack{}, 0, p.applied)
	}
}

func (p *peer) send(ctx context.Context, m wire.Message, seq, ack int64) error {
	return write(ctx, p.connection(), m, seq, ack)
}

func (p *peer) connection() *websocket.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn
}

// beat sends heartbeats until ctx ends. The first comes soon, so that those of many peers spread.
func (p *peer) beat(ctx context.Context) {
	timer := time.NewTimer(mrand.N(wire.HeartbeatEvery))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if p.send(ctx, wire.Beat{}, 0, 0) != nil {
			p.close()
			return
		}
		timer.Reset(wire.HeartbeatEvery)
	}
}

// reset ends the connection with an RST and without any farewell.
func (p *peer) reset() {
	p.mu.Lock()
	raw := p.raw
	p.mu.Unlock()
	if tcp, ok := raw.(*net.TCPConn); ok {
		tcp.SetLinger(0)
		tcp.Close()
	}
}

func (p *peer) close() {
	if c := p.connection(); c != nil {
		c.CloseNow()
	}
}

func write(ctx context.Context, conn *websocket.Conn, m wire.Message, seq, ack int64) error {
	frame, err := wire.Encode(m, seq, ack)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, frame)
}

func read(ctx context.Context, conn *websocket.Conn) (wire.Message, wire.Envelope, error) {
	_, frame, err := conn.Read(ctx)
	if err != nil {
		return nil, wire.Envelope{}, err
	}
	return wire.Decode(frame)
}

// expect reads a message that must be an M.
func expect[M wire.Message](ctx context.Context, conn *websocket.Conn) (M, error) {
	var none M
	m, env, err := read(ctx, conn)
	if err != nil {
		return none, fmt.Errorf("wait for %T: %w", none, err)
	}
	if refused, ok := m.(*wire.Refused); ok {
		return none, fmt.Errorf("refused: %s", refused.Code)
	}
	want, ok := m.(M)
	if !ok {
		return none, fmt.Errorf("%s instead of %T", env.Type, none)
	}
	return want, nil
}
