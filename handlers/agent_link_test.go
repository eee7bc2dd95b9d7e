package handlers

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// scripted is an agent that says what a test tells it to.
type scripted struct {
	t  testing.TB
	ws *websocket.Conn
}

func (g *rig) dialAgent(h http.Header) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(g.t.Context(), 10*time.Second)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(g.server.URL, "http")+wire.Path, &websocket.DialOptions{
		HTTPClient: g.server.Client(), HTTPHeader: h,
	})
	if err == nil {
		ws.SetReadLimit(wire.MaxFrame)
		g.t.Cleanup(func() { ws.CloseNow() })
	}
	return ws, res, err
}

func (g *rig) agent() *scripted {
	g.t.Helper()
	ws, _, err := g.dialAgent(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return &scripted{g.t, ws}
}

func (a *scripted) send(m wire.Message, seq, ack int64) {
	a.t.Helper()
	frame, err := wire.Encode(m, seq, ack)
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.ws.Write(a.t.Context(), websocket.MessageText, frame); err != nil {
		a.t.Fatal(err)
	}
}

func (a *scripted) receive() (wire.Message, wire.Envelope) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	_, frame, err := a.ws.Read(ctx)
	if err != nil {
		a.t.Fatal(err)
	}
	m, env, err := wire.Decode(frame)
	if err != nil {
		a.t.Fatalf("%v: %s", err, frame)
	}
	return m, env
}

// join goes through the handshake with a code and returns the server's answer.
func (a *scripted) join(code string) wire.Message {
	a.t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce)
	a.send(&wire.Hello{Purpose: wire.PurposeJoin, Nonce: nonce, Version: "test"}, 0, 0)
	m, _ := a.receive()
	challenge, ok := m.(*wire.Challenge)
	if !ok || !wire.VerifyChallenge(challenge.ServerKey, challenge.Nonce, nonce, challenge.Proof) {
		a.t.Fatalf("no challenge: %+v", m)
	}
	claim := wire.Claim{
		Purpose: wire.PurposeJoin, ServerNonce: challenge.Nonce, AgentNonce: nonce, BootID: "boot-1", Instance: "process-1",
		ServerKey: challenge.ServerKey, Code: code,
	}
	a.send(&wire.Join{
		Code: code, PublicKey: pub, BootID: claim.BootID, Instance: claim.Instance, SignedIn: true, Proof: claim.Sign(key),
		PC: wire.PC{Name: "PC-1", OS: "Windows 11", Platform: "windows", User: "helene", Locale: "fr-FR", MachineID: "m1", Reboot: wire.Capability{Available: true}},
	}, 0, 0)
	m, _ = a.receive()
	return m
}

// joined is an agent that has been let into s and has confirmed it.
func (g *rig) joined(s session.Session) *scripted {
	g.t.Helper()
	code, _, err := g.hub.Code(g.t.Context(), s.ID)
	if err != nil {
		g.t.Fatal(err)
	}
	a := g.agent()
	if m, ok := a.join(code).(*wire.Welcome); !ok || m.Session != string(s.ID) {
		g.t.Fatalf("not let in: %+v", m)
	}
	a.send(&wire.Ack{}, 0, 0)
	eventually(g.t, "the agent's confirmation", func() bool {
		now, err := g.hub.Session(g.t.Context(), s.ID)
		return err == nil && now.Link.Known == now.Link.Generation
	})
	return a
}

func (a *scripted) closeCode() websocket.StatusCode {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := a.ws.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestAnAgentJoinsThroughTheRealRouter(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%v", secure), func(t *testing.T) {
			g := newRig(t, func(s *rigSetup) { s.tls = secure })
			s := g.newSession()
			a := g.joined(s)
			a.send(&wire.Beat{}, 0, 0)
			if m, _ := a.receive(); m.Type() != "beat.ok" {
				t.Errorf("%+v", m)
			}
			long := strings.Repeat("é", wire.MaxChat) // more than the small buffers
			a.send(&wire.CustomerChat{Text: long}, 1, 0)
			eventually(t, "the customer's line", func() bool {
				lines, err := g.store.LastChat(t.Context(), s.ID, 1)
				return err == nil && len(lines) == 1 && lines[0].Text == long
			})
			if _, err := g.hub.Dispatch(t.Context(), s.ID, session.SendChat{By: session.Actor{Kind: session.ActorTechnician, ID: "u-tom", Name: "Tom"}, Text: long}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the technician's line", func() bool {
				m, _ := a.receive()
				chat, ok := m.(*wire.Chat)
				return ok && chat.Text == long
			})
		})
	}
}

func TestNoPageOpensAnAgentsSocket(t *testing.T) {
	g := newRig(t)
	for name, h := range map[string]http.Header{
		"our own page": {"Origin": {g.server.URL}}, "another site": {"Origin": {"https://evil.example"}}, "null": {"Origin": {"null"}},
		"empty": {"Origin": {""}}, "a browser that hides it": {"Sec-Fetch-Mode": {"websocket"}}, "a sandboxed one": {"Sec-Fetch-Site": {"cross-site"}},
	} {
		ws, res, err := g.dialAgent(h)
		if err == nil {
			ws.CloseNow()
			t.Errorf("%s: let in", name)
			continue
		}
		if res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v %v", name, res, err)
		}
	}
}

func TestAnAgentThatTalksNonsenseIsHungUpOn(t *testing.T) {
	g := newRig(t)
	for name, tt := range map[string]struct {
		kind  websocket.MessageType
		frame string
		code  websocket.StatusCode
	}{
		"binary":     {websocket.MessageBinary, "hello", websocket.StatusTryAgainLater},
		"no JSON":    {websocket.MessageText, "hello", websocket.StatusPolicyViolation},
		"not hello":  {websocket.MessageText, `{"v":1,"type":"beat","body":{}}`, websocket.StatusPolicyViolation},
		"too large":  {websocket.MessageText, strings.Repeat(" ", wire.MaxFrame+1), websocket.StatusMessageTooBig},
		"far larger": {websocket.MessageText, strings.Repeat(" ", 4*wire.MaxFrame), websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			a := &scripted{t, g.agent().ws}
			_ = a.ws.Write(t.Context(), tt.kind, []byte(tt.frame)) // may be cut off in the middle
			if code := a.closeCode(); code != tt.code && code != -1 {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
		})
	}
	s := g.newSession()
	a := g.joined(s)
	if err := a.ws.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat(" ", wire.MaxFrame+1))); err != nil {
		t.Logf("cut off: %v", err)
	}
	a.closeCode()
	eventually(t, "the link to be lost", func() bool {
		now, err := g.hub.Session(t.Context(), s.ID)
		return err == nil && !now.Link.Online
	})
}

// Silent sockets put out their own kind: whoever knows a code gets in all the same.
func TestAFloodOfSilentSocketsLocksNobodyOut(t *testing.T) {
	g := newRig(t, func(s *rigSetup) { s.cfg.MaxPending, s.cfg.MaxPendingPerAddress = 30, 20 })
	first := g.agent()
	for range 60 {
		g.agent()
	}
	eventually(t, "room", func() bool { return g.site.pending.lobby.Len() <= 20 })
	if code := first.closeCode(); code != -1 {
		t.Errorf("the first one was closed with %d, want a hang-up", code)
	}
	a := g.joined(g.newSession())
	for range 40 { // an agent that was let in is no longer in anybody's way
		g.agent()
	}
	a.send(&wire.Beat{}, 0, 0)
	if m, _ := a.receive(); m.Type() != "beat.ok" {
		t.Errorf("%+v", m)
	}
}

// A peer that is not heard any more does not say goodbye either: nobody waits for it.
func TestASilentPeerIsLeftAtOnce(t *testing.T) {
	conns := make(chan *agentConn, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		conns <- &agentConn{ws: ws}
	}))
	defer server.Close()
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil) // never read from
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	conn := <-conns
	over := make(chan error, 1)
	go func() {
		_, err := conn.Read(context.Background())
		over <- err
	}()
	began := time.Now()
	go conn.Close(hub.CloseAbnormal, "")
	if err := <-over; err == nil {
		t.Error("a frame from nobody")
	}
	if took := time.Since(began); took > 3*time.Second { // a farewell is waited for 5 s
		t.Errorf("reading ended after %s", took)
	}
}

// What comes in the same packet as the request must not be lost, and must not overflow the small buffer either.
func TestAnAgentThatDoesNotWaitForTheAnswer(t *testing.T) {
	g := newRig(t)
	hello, err := wire.Encode(&wire.Hello{Purpose: wire.PurposeJoin, Nonce: make([]byte, wire.NonceSize), Version: "test"}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	masked := append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...)
	if len(hello) > 125 {
		masked = append([]byte{0x81, 0x80 | 126, byte(len(hello) >> 8), byte(len(hello)), 0, 0, 0, 0}, hello...)
	}
	for name, early := range map[string][]byte{"a frame": masked, "much": bytes.Repeat([]byte("x"), 3000)} {
		conn, err := net.Dial("tcp", g.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		key := base64.StdEncoding.EncodeToString(make([]byte, 16))
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: %s\r\n\r\n%s", wire.Path, g.server.Listener.Addr(), key, early)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		rd := bufio.NewReader(conn)
		res, err := http.ReadResponse(rd, nil)
		switch name {
		case "a frame":
			if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%v %v", res, err)
			}
			head := make([]byte, 4)
			if _, err := io.ReadFull(rd, head); err != nil || head[0] != 0x81 {
				t.Errorf("%s: no answer: %x %v", name, head, err)
			}
		case "much":
			if err == nil {
				if _, err := rd.ReadByte(); err == nil {
					t.Errorf("%s: talked to", name)
				}
			}
		}
	}
}

func TestAgentsAreNotTakenWhileTheServerStops(t *testing.T) {
	g := newRig(t)
	waiting := g.agent()
	g.halt()
	waiting.closeCode()
	if _, res, err := g.dialAgent(nil); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v %v", res, err)
	}
}
