package hub_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/store"
	"github.com/rejoin/rejoin/store/memstore"
)

var jonas = session.Actor{Kind: session.ActorTechnician, ID: "u1", Name: "Jonas Weber"}

// server is a hub over a store, with its clients' side.
type server struct {
	*hub.Hub
	t     testing.TB
	store hub.Store
	key   ed25519.PrivateKey
	stop  func()
}

// start runs a hub on a store until stop or the test's end.
func start(t testing.TB, st hub.Store, key ed25519.PrivateKey) *server {
	t.Helper()
	h, err := hub.New(st, hub.Options{
		Key: key, CodeKey: bytes.Repeat([]byte{7}, 32), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	s := &server{Hub: h, t: t, store: st, key: key}
	s.stop = sync.OnceFunc(func() {
		if err := h.Shutdown(context.Background(), 0); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

func newServer(t testing.TB) *server {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "rejoin.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return start(t, st, newKey(t))
}

// newMemServer is for tests in a synctest bubble, where nothing may touch a disk.
func newMemServer(t testing.TB) *server {
	t.Helper()
	return start(t, memstore.New(), newKey(t))
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// create starts a session and returns it with its code.
func (s *server) create(p session.Policy) (session.ID, string) {
	s.t.Helper()
	made, err := s.Create(s.t.Context(), hub.NewSession{By: jonas, Mode: session.ModeStandard, Policy: p, Company: "Nordlicht IT"})
	if err != nil {
		s.t.Fatal(err)
	}
	code, _, err := s.Code(s.t.Context(), made.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return made.ID, code
}

func (s *server) must(id session.ID, ev session.Event) session.Session {
	s.t.Helper()
	got, err := s.Dispatch(context.Background(), id, ev)
	if err != nil {
		s.t.Fatalf("%T: %v", ev, err)
	}
	return got
}

// until waits until the session is as wanted.
func (s *server) until(id session.ID, what string, ok func(session.Session) bool) session.Session {
	s.t.Helper()
	w := s.Watch(id)
	defer w.Close()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for {
		got, err := s.Session(context.Background(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if ok(got) {
			return got
		}
		select {
		case <-w.C():
		case <-limit.C:
			s.t.Fatalf("not within 30 s: %s; link %+v, reboot %+v", what, got.Link, got.Reboot)
		}
	}
}

// pipe is an AgentConn and the agent's end of it.
type pipe struct {
	toAgent, toServer chan []byte
	closed            chan struct{}
	once              *sync.Once
	mute              bool // the agent says nothing any more, not even goodbye
}

func newPipe() *pipe {
	return &pipe{toAgent: make(chan []byte, 64), toServer: make(chan []byte, 64), closed: make(chan struct{}), once: new(sync.Once)}
}

func (p *pipe) Read(ctx context.Context) ([]byte, error) { return recv(ctx, p.toServer, p.closed) }

func (p *pipe) Write(ctx context.Context, frame []byte) error {
	select {
	case <-p.closed:
		return net.ErrClosed
	default:
	}
	select {
	case p.toAgent <- bytes.Clone(frame):
		return nil
	case <-p.closed:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// farewell is how long a WebSocket waits for the other side's (github.com/coder/websocket); agents here never say theirs.
const farewell = 5 * time.Second

func (p *pipe) Close(code int, _ string) error {
	if p.mute && code != hub.CloseAbnormal {
		timer := time.NewTimer(farewell)
		defer timer.Stop()
		<-timer.C
	}
	p.once.Do(func() { close(p.closed) })
	return nil
}

// recv takes what was sent before the end first.
func recv(ctx context.Context, from chan []byte, closed chan struct{}) ([]byte, error) {
	select {
	case frame := <-from:
		return frame, nil
	default:
	}
	select {
	case frame := <-from:
		return frame, nil
	case <-closed:
		select {
		case frame := <-from:
			return frame, nil
		default:
			return nil, io.EOF
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pc is a scripted agent: it sends what a test says and nothing else.
type pc struct {
	*pipe
	s          *server
	key        ed25519.PrivateKey
	session    string
	generation int64
	acked      int64
	boot       string
	instance   string
	address    string
	nonces     [2][]byte
	serverKey  ed25519.PublicKey
	served     chan struct{}
}

func (s *server) newPC() *pc {
	return &pc{s: s, key: newKey(s.t), boot: "boot-1", instance: rand.Text(), address: "192.0.2.7"}
}

// copyOf is another PC with the same state on its disk.
func (a *pc) copyOf() *pc {
	b := *a
	b.pipe, b.instance, b.boot = nil, rand.Text(), rand.Text()
	return &b
}

// dial opens a connection and does the first half of the handshake.
func (a *pc) dial(p wire.Purpose) {
	a.s.t.Helper()
	conn, served := newPipe(), make(chan struct{})
	a.pipe, a.served = conn, served
	go func() {
		defer close(served)
		a.s.ServeAgent(context.Background(), conn, a.address)
	}()
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce)
	a.send(&wire.Hello{Purpose: p, Nonce: nonce, Version: "test"}, 0, 0)
	c := next[*wire.Challenge](a)
	if !wire.VerifyChallenge(c.ServerKey, c.Nonce, nonce, c.Proof) {
		a.s.t.Fatal("the server's signature does not fit")
	}
	a.nonces, a.serverKey = [2][]byte{c.Nonce, nonce}, c.ServerKey
}

func (a *pc) claim(p wire.Purpose, code string) wire.Claim {
	c := wire.Claim{Purpose: p, ServerNonce: a.nonces[0], AgentNonce: a.nonces[1], BootID: a.boot, Instance: a.instance,
		ServerKey: a.serverKey, Code: code}
	if p == wire.PurposeRejoin {
		c.Session, c.Generation = a.session, a.generation
	}
	return c
}

func (a *pc) info() wire.PC {
	return wire.PC{Name: "KELLER-NB-14", OS: "Windows 11 Pro", Platform: "windows", User: "marianne", Locale: "de-DE",
		MachineID: "m1", Reboot: wire.Capability{Available: true}, SafeMode: wire.Capability{Why: "needs_service"}}
}

func (a *pc) sendJoin(code string) {
	a.s.t.Helper()
	a.dial(wire.PurposeJoin)
	a.send(&wire.Join{Code: code, PublicKey: a.key.Public().(ed25519.PublicKey), BootID: a.boot, Instance: a.instance,
		SignedIn: true, PC: a.info(), Proof: a.claim(wire.PurposeJoin, code).Sign(a.key)}, 0, 0)
}

func (a *pc) join(code string) *pc {
	a.s.t.Helper()
	a.sendJoin(code)
	a.welcomed()
	return a
}

func (a *pc) sendRejoin() {
	a.s.t.Helper()
	a.dial(wire.PurposeRejoin)
	a.send(&wire.Rejoin{Session: a.session, Generation: a.generation, BootID: a.boot, Instance: a.instance, SignedIn: true,
		Acked: a.acked, PC: a.info(), Proof: a.claim(wire.PurposeRejoin, "").Sign(a.key)}, 0, 0)
}

func (a *pc) rejoin() *pc {
	a.s.t.Helper()
	a.sendRejoin()
	a.welcomed()
	return a
}

// reboot comes back as another boot and process.
func (a *pc) reboot() *pc {
	a.s.t.Helper()
	a.boot, a.instance = "boot-"+rand.Text(), rand.Text()
	return a.rejoin()
}

func (a *pc) welcomed() *wire.Welcome {
	a.s.t.Helper()
	w := next[*wire.Welcome](a)
	a.session, a.generation = w.Session, w.Generation
	return w
}

// confirm tells that the generation is on disk.
func (a *pc) confirm() {
	a.s.t.Helper()
	a.send(&wire.Ack{}, 0, a.acked)
	a.s.until(session.ID(a.session), "generation confirmed", func(s session.Session) bool { return s.Link.Known == s.Link.Generation })
}

func (a *pc) hangUp() { a.Close(0, "") }

func (a *pc) send(m wire.Message, seq, ack int64) {
	a.s.t.Helper()
	frame, err := wire.Encode(m, seq, ack)
	if err != nil {
		a.s.t.Fatal(err)
	}
	a.sendRaw(frame)
}

func (a *pc) sendRaw(frame []byte) {
	select {
	case a.toServer <- frame:
	case <-a.closed:
	}
}

// next is the next frame that is neither a beat nor an acknowledgement; it must be an M.
func next[M wire.Message](a *pc) M {
	a.s.t.Helper()
	m, _ := nextWithSeq[M](a)
	return m
}

func nextWithSeq[M wire.Message](a *pc) (M, wire.Envelope) {
	a.s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		frame, err := recv(ctx, a.toAgent, a.closed)
		if err != nil {
			var want M
			a.s.t.Fatalf("waiting for %T: %v", want, err)
		}
		m, env, err := wire.Decode(frame)
		if err != nil {
			a.s.t.Fatalf("the server sent %s: %v", frame, err)
		}
		switch m.(type) {
		case *wire.Beat, *wire.BeatOK, *wire.Ack:
			if _, wanted := m.(M); !wanted {
				continue
			}
		}
		want, ok := m.(M)
		if !ok {
			a.s.t.Fatalf("the server sent %s, not %T", frame, want)
		}
		return want, env
	}
}
