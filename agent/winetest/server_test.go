//go:build linux

package winetest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/wire"
)

const (
	code    = "1234567890"
	replyIn = 30 * time.Second
)

// server is a scripted server with one session. Whatever the test does, it answers handshakes and beats and acknowledges
// events, as a real one would; what to ask of the agent is the test's.
type server struct {
	t    testing.TB
	http *httptest.Server
	key  ed25519.PrivateKey

	mu       sync.Mutex
	policy   wire.Policy
	refuse   wire.RefusalCode // what rejoining agents get
	gen      int64
	public   ed25519.PublicKey
	commands []wire.Message
	lastSeq  int64 // of the agent's events
	history  []wire.ChatLine
	conn     *websocket.Conn

	admitted chan admission
	events   chan wire.Message
	refused  chan wire.RefusalCode
}

// admission is an agent that was let in.
type admission struct {
	join     bool
	bootID   string
	instance string
	pc       wire.PC
	version  string
}

func newServer(t testing.TB) *server {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		t: t, key: key, admitted: make(chan admission, 16), events: make(chan wire.Message, 256), refused: make(chan wire.RefusalCode, 16),
		policy: wire.Policy{AskBeforeReboot: true, PromptSeconds: 60, AskBeforeSharing: true, AskBeforeControl: true, PhoneCancel: true, WindowMinutes: 10},
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.http.Close)
	t.Cleanup(s.hangUp)
	t.Cleanup(func() { s.http.Listener.Close() }) // first of the three: nobody comes back
	return s
}

// address is host and port.
func (s *server) address() string { return s.http.Listener.Addr().(*net.TCPAddr).String() }

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != wire.Path {
		http.NotFound(w, r)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(wire.MaxFrame)
	if err := s.talk(r.Context(), conn); err != nil && s.t.Context().Err() == nil {
		s.t.Logf("server: %v", err)
	}
}

func (s *server) write(ctx context.Context, conn *websocket.Conn, m wire.Message, seq, ack int64) error {
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

func (s *server) talk(ctx context.Context, conn *websocket.Conn) error {
	if err := s.handshake(ctx, conn); err != nil {
		return err
	}
	for {
		m, env, err := read(ctx, conn)
		if err != nil {
			return nil // it hung up
		}
		switch {
		case wire.IsEvent(m):
			s.mu.Lock()
			fresh := env.Seq == s.lastSeq+1
			if fresh {
				s.lastSeq = env.Seq
			}
			ack := s.lastSeq
			s.mu.Unlock()
			if fresh {
				s.events <- m
			}
			err = s.write(ctx, conn, wire.Ack{}, 0, ack)
		case m.Type() == "beat":
			err = s.write(ctx, conn, wire.BeatOK{}, 0, 0)
		case m.Type() == "trouble":
			s.t.Errorf("the agent has trouble: %+v", m)
		}
		if err != nil {
			return nil
		}
	}
}

// handshake lets an agent in that proves its key, or turns it away.
func (s *server) handshake(ctx context.Context, conn *websocket.Conn) error {
	m, _, err := read(ctx, conn)
	if err != nil {
		return err
	}
	hello, ok := m.(*wire.Hello)
	if !ok {
		return fmt.Errorf("%s instead of hello", m.Type())
	}
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce)
	public := s.key.Public().(ed25519.PublicKey)
	err = s.write(ctx, conn, wire.Challenge{Nonce: nonce, ServerKey: public, Proof: wire.SignChallenge(s.key, nonce, hello.Nonce)}, 0, 0)
	if err != nil {
		return err
	}
	if m, _, err = read(ctx, conn); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	claim := wire.Claim{ServerNonce: nonce, AgentNonce: hello.Nonce, ServerKey: public}
	var a admission
	acked := int64(0)
	switch m := m.(type) {
	case *wire.Join:
		claim.Purpose, claim.BootID, claim.Instance, claim.Code = wire.PurposeJoin, m.BootID, m.Instance, m.Code
		if m.Code != code || !claim.Verify(m.PublicKey, m.Proof) {
			s.refused <- wire.RefusedCode
			return s.write(ctx, conn, wire.Refused{Code: wire.RefusedCode}, 0, 0)
		}
		s.public = m.PublicKey
		a = admission{true, m.BootID, m.Instance, m.PC, hello.Version}
	case *wire.Rejoin:
		claim.Purpose, claim.BootID, claim.Instance = wire.PurposeRejoin, m.BootID, m.Instance
		claim.Session, claim.Generation = m.Session, m.Generation
		if m.Session != "s1" || !claim.Verify(s.public, m.Proof) {
			return fmt.Errorf("a rejoin that proves nothing: %+v", m)
		}
		if s.refuse != "" {
			s.refused <- s.refuse
			return s.write(ctx, conn, wire.Refused{Code: s.refuse}, 0, 0)
		}
		a, acked = admission{false, m.BootID, m.Instance, m.PC, hello.Version}, m.Acked
	default:
		return fmt.Errorf("%s instead of join or rejoin", m.Type())
	}
	s.gen++
	s.conn = conn
	// Before anything else, as the agent may be gone at once.
	select {
	case s.admitted <- a:
	default:
		return fmt.Errorf("more agents come back than the test expects")
	}
	err = s.write(ctx, conn, wire.Welcome{Session: "s1", Generation: s.gen, Acked: s.lastSeq, Technician: "Jonas Weber",
		Company: "Nordlicht IT", Policy: s.policy, History: slices.Clone(s.history)}, 0, 0)
	for i := int(acked); err == nil && i < len(s.commands); i++ {
		err = s.write(ctx, conn, s.commands[i], int64(i+1), s.lastSeq)
	}
	return err
}

// command sends a command, now and again after each rejoin until it is acknowledged.
func (s *server) command(m wire.Message) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, m)
	if s.conn != nil {
		_ = s.write(s.t.Context(), s.conn, m, int64(len(s.commands)), s.lastSeq) // lost ones are sent again
	}
}

// hangUp cuts the connection.
func (s *server) hangUp() {
	s.mu.Lock()
	conn := s.conn
	s.conn = nil
	s.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
	}
}

// letIn waits for an agent.
func (s *server) letIn() admission {
	s.t.Helper()
	return receive(s.t, s.admitted, "an agent", replyIn)
}

// expect waits for an event of the given type; events of other types before it are left out.
func expect[M wire.Message](s *server, within time.Duration) M {
	s.t.Helper()
	limit := time.NewTimer(within)
	defer limit.Stop()
	for {
		select {
		case m := <-s.events:
			if want, ok := m.(M); ok {
				return want
			}
			s.t.Logf("passed over %s %+v", m.Type(), m)
		case <-limit.C:
			var want M
			s.t.Fatalf("no %T within %v", want, within)
			return want
		}
	}
}

// expectNone fails if an event of the type has arrived so far.
func expectNone[M wire.Message](s *server) {
	s.t.Helper()
	for {
		select {
		case m := <-s.events:
			if got, ok := m.(M); ok {
				s.t.Fatalf("there is a %s: %+v", m.Type(), got)
			}
		default:
			return
		}
	}
}

func receive[T any](t testing.TB, from <-chan T, what string, within time.Duration) T {
	t.Helper()
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case v := <-from:
		return v
	case <-limit.C:
		t.Fatalf("no %s within %v", what, within)
		panic("unreachable")
	}
}
