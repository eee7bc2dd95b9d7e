package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

const testCode = "1234567890"

// server is a scripted server: it takes the agent's WebSockets and leaves the conversation to the test. It speaks real
// HTTP and real WebSockets over in-memory connections, so that it works in a synctest bubble.
type server struct {
	t     *testing.T
	key   ed25519.PrivateKey
	http  *http.Server
	lis   *pipeListener
	conns chan *peer
	views chan *websocket.Conn // screens' sockets
	down  atomic.Bool          // refuses connections

	session string
	gen     int64
	public  ed25519.PublicKey
	policy  wire.Policy
	history []wire.ChatLine
	cmd     int64 // the last command sent
	got     int64 // the last event taken
	bootID  string
	acked   atomic.Int64 // the last acknowledgement of the agent
	phone   bool
}

func defaultPolicy() wire.Policy {
	return wire.Policy{AskBeforeReboot: true, PromptSeconds: 60, AskBeforeSharing: true, AskBeforeControl: true, PhoneCancel: true, WindowMinutes: 10}
}

func newServer(t *testing.T) *server {
	s := &server{
		t: t, key: ed25519.NewKeyFromSeed(make([]byte, 32)), conns: make(chan *peer), views: make(chan *websocket.Conn), session: "s1", policy: defaultPolicy(),
		lis: &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})},
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.accept)}
	go s.http.Serve(s.lis)
	t.Cleanup(func() { s.http.Close() })
	return s
}

func (s *server) accept(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != wire.Path && r.URL.Path != wire.ScreenPath || r.Header.Get("Origin") != "" {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	if r.URL.Path == wire.ScreenPath {
		select {
		case s.views <- ws:
		case <-s.lis.closed:
			ws.CloseNow()
		}
		return
	}
	p := &peer{s: s, ws: ws, done: make(chan struct{})}
	select {
	case s.conns <- p:
		select {
		case <-p.done:
		case <-s.lis.closed:
		}
	case <-s.lis.closed:
	}
	ws.CloseNow()
}

// dial is the network between PC and server.
func (s *server) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.down.Load() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", errRefusedForTest)}
	}
	a, b := net.Pipe()
	select {
	case s.lis.conns <- b:
		return a, nil
	case <-s.lis.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *server) setDown(down bool) { s.down.Store(down) }

// next waits for the agent's next connection.
func (s *server) next() *peer {
	s.t.Helper()
	select {
	case p := <-s.conns:
		return p
	case <-time.After(time.Minute):
		s.t.Fatal("the agent did not connect within a minute")
		return nil
	}
}

// none says that the agent must not connect for a while.
func (s *server) none(d time.Duration) {
	s.t.Helper()
	select {
	case <-s.conns:
		s.t.Fatal("the agent connected")
	case <-time.After(d):
	}
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// peer is one connection of the agent, seen from the server.
type peer struct {
	s    *server
	ws   *websocket.Conn
	done chan struct{}
	once sync.Once
	join wire.Join
	re   wire.Rejoin
}

// read returns the next frame that is not a beat; those are answered.
func (p *peer) read() (wire.Message, wire.Envelope, error) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		_, frame, err := p.ws.Read(ctx)
		cancel()
		if err != nil {
			return nil, wire.Envelope{}, err
		}
		m, env, err := wire.Decode(frame)
		if _, ok := m.(*wire.Beat); ok && err == nil {
			p.write(wire.BeatOK{}, 0, 0)
			continue
		}
		if err == nil && env.Ack > 0 {
			p.s.acked.Store(env.Ack)
		}
		return m, env, err
	}
}

func (p *peer) must() (wire.Message, wire.Envelope) {
	p.s.t.Helper()
	m, env, err := p.read()
	if err != nil {
		p.s.t.Fatalf("read from the agent: %v", err)
	}
	return m, env
}

// expect reads a message of type T.
func expect[T wire.Message](p *peer) T {
	p.s.t.Helper()
	m, env := p.must()
	got, ok := m.(T)
	if !ok {
		p.s.t.Fatalf("the agent sent %s %+v, not %T", m.Type(), m, got)
	}
	p.s.count(env)
	return got
}

// event reads the next event of type T, over acknowledgements, and acknowledges it.
func event[T wire.Message](p *peer) T {
	p.s.t.Helper()
	for {
		m, env := p.must()
		if _, ok := m.(*wire.Ack); ok {
			continue
		}
		got, ok := m.(T)
		if !ok {
			p.s.t.Fatalf("the agent sent %s %+v, not %T", m.Type(), m, got)
		}
		p.s.count(env)
		p.write(wire.Ack{}, 0, p.s.got)
		return got
	}
}

func (s *server) count(env wire.Envelope) {
	s.t.Helper()
	if env.Seq == 0 {
		return
	}
	if env.Seq != s.got+1 {
		s.t.Fatalf("event %d after %d", env.Seq, s.got)
	}
	s.got = env.Seq
}

func (p *peer) write(m wire.Message, seq, ack int64) {
	frame, err := wire.Encode(m, seq, ack)
	if err != nil {
		p.s.t.Fatal(err)
	}
	p.raw(frame)
}

func (p *peer) raw(frame []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = p.ws.Write(ctx, websocket.MessageText, frame) // the agent may have hung up: reading tells
}

// command sends the next command.
func (p *peer) command(m wire.Message) {
	p.s.cmd++
	p.write(m, p.s.cmd, p.s.got)
}

// acks waits until the agent has acknowledged every command.
func (p *peer) acks() {
	p.s.t.Helper()
	for p.s.acked.Load() < p.s.cmd {
		if m, env := p.must(); env.Seq != 0 {
			p.s.t.Fatalf("the agent sent %s %+v, not an acknowledgement", m.Type(), m)
		}
	}
}

func (p *peer) hangUp() { p.once.Do(func() { close(p.done) }) }

// challenge goes through the first half of the handshake.
func (p *peer) challenge() (hello *wire.Hello, nonce []byte) {
	p.s.t.Helper()
	hello = expect[*wire.Hello](p)
	nonce = make([]byte, wire.NonceSize)
	nonce[0] = 7
	p.write(wire.Challenge{
		Nonce: nonce, ServerKey: p.s.key.Public().(ed25519.PublicKey), Proof: wire.SignChallenge(p.s.key, nonce, hello.Nonce),
	}, 0, 0)
	return hello, nonce
}

// admit goes through the handshake, checks the proofs, lets the agent in and waits for its first frame.
func (p *peer) admit() *peer {
	p.s.t.Helper()
	p.prove()
	p.welcome()
	if m, env := p.must(); m.Type() != "ack" || env.Seq != 0 {
		p.s.t.Fatalf("the first frame after the welcome is %s, not a bare ack", m.Type())
	}
	return p
}

func (p *peer) prove() {
	p.s.t.Helper()
	s := p.s
	hello, nonce := p.challenge()
	claim := wire.Claim{Purpose: hello.Purpose, ServerNonce: nonce, AgentNonce: hello.Nonce, ServerKey: s.key.Public().(ed25519.PublicKey)}
	m, _ := p.must()
	var proof []byte
	switch m := m.(type) {
	case *wire.Join:
		p.join, s.public, s.bootID = *m, m.PublicKey, m.BootID
		claim.BootID, claim.Instance, claim.Code, proof = m.BootID, m.Instance, m.Code, m.Proof
	case *wire.Rejoin:
		p.re, s.bootID = *m, m.BootID
		claim.Session, claim.Generation, claim.BootID, claim.Instance, proof = m.Session, m.Generation, m.BootID, m.Instance, m.Proof
		if m.Session != s.session || m.Generation != s.gen && m.Generation != s.gen-1 {
			s.t.Fatalf("rejoin of %s with generation %d, expected %s with %d", m.Session, m.Generation, s.session, s.gen)
		}
	default:
		s.t.Fatalf("the agent sent %s in the handshake", m.Type())
	}
	if !claim.Verify(s.public, proof) {
		s.t.Fatalf("the proof of %s does not fit", m.Type())
	}
}

func (p *peer) welcome() {
	p.s.gen++
	p.write(p.s.welcomeMessage(), 0, 0)
}

func (s *server) welcomeMessage() wire.Welcome {
	return wire.Welcome{
		Session: s.session, Generation: s.gen, Acked: s.got, Technician: "Jonas Weber", Company: "Nordlicht IT",
		Policy: s.policy, History: s.history, Phone: s.phone,
	}
}

// rig is a simulated PC with the real agent, and a scripted server.
type rig struct {
	t   *testing.T
	s   *server
	pc  *sim.PC
	cfg func(*Config) // changes to each process' configuration
	out chan error    // what each Run returned
}

// in runs a test in a synctest bubble with a fresh rig.
func in(t *testing.T, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newRig(t, sim.Options{})) })
}

func newRig(t *testing.T, o sim.Options) *rig {
	r := &rig{t: t, s: newServer(t), cfg: func(*Config) {}, out: make(chan error, 100)}
	o.Dial = r.s.dial
	o.SignsIn = true
	o.Timing = sim.Timing{Ask: time.Second, Patience: 15 * time.Second, GoDown: 2 * time.Second, Off: 10 * time.Second, Boot: 20 * time.Second, SignIn: 2 * time.Second}
	o.Agent = func(ctx context.Context, p *sim.Process) {
		c := Config{Machine: p, Server: "http://localhost", Code: testCode, Version: "test", Dial: p.Dial, Jitter: func() float64 { return 0.5 }}
		if testing.Verbose() {
			c.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		r.cfg(&c)
		r.out <- Run(ctx, c)
	}
	pc, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.pc = pc
	t.Cleanup(pc.Close)
	return r
}

// joined starts the agent and lets it in.
func (r *rig) joined() *peer {
	r.t.Helper()
	r.ok(r.pc.StartAgent())
	return r.s.next().admit()
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// until waits for something to be seen on the PC.
func (r *rig) until(what string, seen func(sim.Snapshot) bool) sim.Snapshot {
	r.t.Helper()
	timeout := time.After(5 * time.Minute)
	for {
		snap, changed := r.pc.Snapshot()
		if seen(snap) {
			return snap
		}
		select {
		case <-changed:
		case <-timeout:
			r.t.Fatalf("never seen on the PC: %s; it shows %+v view %+v prompt %+v", what, snap, snap.View, snap.Prompt)
		}
	}
}

// prompt waits for a question of a kind.
func (r *rig) prompt(id string) machine.Prompt {
	r.t.Helper()
	return *r.until("prompt "+id, func(s sim.Snapshot) bool { return s.Prompt != nil && s.Prompt.ID == id }).Prompt
}

func (r *rig) answer(id string, a machine.Answer) {
	r.t.Helper()
	r.prompt(id)
	r.ok(r.pc.Answer(id, a))
}

// line waits for a line of the conversation.
func (r *rig) line(text string) machine.Line {
	r.t.Helper()
	var found machine.Line
	r.until("line "+text, func(s sim.Snapshot) bool {
		if s.View == nil {
			return false
		}
		for _, l := range s.View.Lines {
			if l.Text == text {
				found = l
				return true
			}
		}
		return false
	})
	return found
}

// returned waits for Run to return.
func (r *rig) returned() error {
	r.t.Helper()
	select {
	case err := <-r.out:
		return err
	case <-time.After(time.Hour):
		r.t.Fatal("Run did not return")
		return nil
	}
}

// clean checks that the agent left nothing behind.
func (r *rig) clean() {
	r.t.Helper()
	if data := r.pc.Document(documentName); data != nil {
		r.t.Errorf("the agent left its document: %s", data)
	}
	if s, _ := r.pc.Snapshot(); s.Autostart || s.View != nil {
		r.t.Errorf("the agent left its registration (%t) or its window (%v)", s.Autostart, s.View)
	}
}

func (r *rig) document() *document {
	r.t.Helper()
	d, err := parseDocument(r.pc.Document(documentName))
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

var errOfTest = errors.New("a test says so")
