package simulation

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/agent"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/store/memstore"
)

// real is one session of tier B: the real hub on a store in memory, the real agent on a simulated PC, real WebSockets over
// pipes. What people and nature do is drawn from the seed; which of two goroutines is first is not, so a seed that fails
// may need some runs to fail again.
type real struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand // of the script alone; goroutines have their own
	store *memstore.Store
	pc    *sim.PC
	id    session.ID
	code  string

	mu      sync.Mutex
	server  *incarnation // nil: down
	calm    bool
	spoken  int      // lines, ever
	said    []string // by the customer, and taken by the agent
	told    []string // by the technician, and confirmed
	yes     int      // to a restart
	boots   map[string]bool
	reboots int
	failure string
}

// incarnation is one life of the server.
type incarnation struct {
	r      *real
	store  *mortal
	hub    *hub.Hub
	http   *http.Server
	lis    *pipes
	cancel context.CancelFunc
	ran    chan struct{}

	mu    sync.Mutex
	conns []net.Conn
}

// mortal is the store as one life of the server sees it: dead, it writes nothing any more.
type mortal struct {
	hub.Store
	r    *real
	rng  *rand.Rand
	mu   sync.Mutex
	dead atomic.Bool
	die  func()
	risk float64
}

var errDead = errors.New("the server is dead")

// Commit implements hub.Store; the server may die before or after it.
func (m *mortal) Commit(ctx context.Context, t hub.Transition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead.Load() {
		return errDead
	}
	if m.dies() {
		return errDead
	}
	before, err := m.Session(ctx, t.After.ID)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return err
	}
	if err := m.Store.Commit(ctx, t); err != nil {
		return err
	}
	m.r.committed(before, t)
	if m.dies() {
		return errDead
	}
	return nil
}

func (m *mortal) dies() bool {
	if m.r.isCalm() || m.rng.Float64() >= m.risk {
		return false
	}
	m.dead.Store(true)
	go m.die()
	return true
}

// SetAliveMark implements hub.Store.
func (m *mortal) SetAliveMark(ctx context.Context, at time.Time) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.SetAliveMark(ctx, at)
}

func (r *real) isCalm() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calm
}

var (
	serverKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	codeKey   = make([]byte, 32)
)

// startServer gives the server a new life, if it has none.
func (r *real) startServer(risk float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server != nil {
		return
	}
	in := &incarnation{r: r, lis: newPipes(), ran: make(chan struct{})}
	in.store = &mortal{Store: r.store, r: r, risk: risk, rng: rand.New(rand.NewPCG(r.seed, uint64(time.Now().UnixNano())))}
	in.store.die = in.kill
	h, err := hub.New(in.store, hub.Options{Key: serverKey, CodeKey: codeKey, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.t.Fatal(err)
	}
	in.hub = h
	ctx, cancel := context.WithCancel(context.Background())
	in.cancel = cancel
	in.http = &http.Server{Handler: http.HandlerFunc(in.accept), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go in.http.Serve(in.lis)
	go func() {
		defer close(in.ran)
		_ = h.Run(ctx) // an error is a store that died meanwhile
	}()
	r.server = in
}

// kill ends a life without a word to anybody.
func (in *incarnation) kill() {
	in.store.dead.Store(true)
	r := in.r
	r.mu.Lock()
	if r.server == in {
		r.server = nil
	}
	r.mu.Unlock()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	in.mu.Lock()
	for _, c := range in.conns {
		c.Close()
	}
	in.mu.Unlock()
	in.http.Close()
	in.lis.Close()
	_ = in.hub.Shutdown(gone, 0) // so that its goroutines end; it can't reach anybody, nor write
	in.cancel()
	<-in.ran
}

func (in *incarnation) accept(w http.ResponseWriter, req *http.Request) {
	ws, err := websocket.Accept(w, req, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	ws.SetReadLimit(wire.MaxFrame)
	in.hub.ServeAgent(context.Background(), &socket{ws}, "192.0.2.7")
}

// socket is a WebSocket as the hub sees it.
type socket struct{ ws *websocket.Conn }

func (s *socket) Read(ctx context.Context) ([]byte, error) {
	kind, frame, err := s.ws.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		err = io.ErrUnexpectedEOF
	}
	return frame, err
}

func (s *socket) Write(ctx context.Context, frame []byte) error {
	return s.ws.Write(ctx, websocket.MessageText, frame)
}

func (s *socket) Close(code int, reason string) error {
	if code == hub.CloseAbnormal {
		return s.ws.CloseNow()
	}
	return s.ws.Close(websocket.StatusCode(code), reason)
}

// dial is the network between the PC's cable and the server.
func (r *real) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	r.mu.Lock()
	in := r.server
	r.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if in == nil {
		return nil, refused
	}
	near, far := net.Pipe()
	in.mu.Lock()
	in.conns = append(in.conns, far)
	in.mu.Unlock()
	select {
	case in.lis.conns <- far:
		return near, nil
	case <-in.lis.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pipes is a listener for connections in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// newPC is the customer's PC with the agent on its disk.
func (r *real) newPC() {
	span := func(lo, hi int) time.Duration {
		return time.Duration(lo)*time.Second + time.Duration(r.rng.IntN((hi-lo)*1000+1))*time.Millisecond
	}
	pc, err := sim.New(sim.Options{
		Dial: r.dial, SignsIn: r.rng.IntN(4) > 0,
		Timing: sim.Timing{
			Ask: span(0, 2), Patience: span(5, 30), GoDown: span(0, 3), Off: span(1, 60), Boot: span(1, 30), SignIn: span(0, 20),
		},
		Agent: func(ctx context.Context, p *sim.Process) {
			_ = agent.Run(ctx, agent.Config{
				Machine: p, Server: "http://localhost", Code: r.code, Version: "simulation", Dial: p.Dial,
				Jitter: func() float64 { return 0.5 },
			})
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.pc = pc
}
