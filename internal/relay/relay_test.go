package relay

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// ends are the four ends of a relay: what a browser and an agent hold, and the two that are relayed between.
type ends struct {
	browser, agent         *websocket.Conn
	fromBrowser, fromAgent *websocket.Conn
}

// connect makes two WebSockets over real connections, with TLS or without.
func connect(t testing.TB, secure bool) ends {
	t.Helper()
	accepted := make(chan *websocket.Conn)
	start := httptest.NewServer
	if secure {
		start = httptest.NewTLSServer
	}
	srv := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		c.SetReadLimit(-1)
		accepted <- c
	}))
	t.Cleanup(srv.Close)
	dial := func() (*websocket.Conn, *websocket.Conn) {
		c, _, err := websocket.Dial(t.Context(), srv.URL, &websocket.DialOptions{HTTPClient: srv.Client(), CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadLimit(-1)
		t.Cleanup(func() { c.CloseNow() })
		other := <-accepted
		t.Cleanup(func() { other.CloseNow() })
		return c, other
	}
	var e ends
	e.browser, e.fromBrowser = dial()
	e.agent, e.fromAgent = dial()
	return e
}

// started runs the relay and returns what it came to.
func (e ends) started(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := Run(ctx, e.fromBrowser, e.fromAgent)
		done <- err
	}()
	return done
}

// Bytes arrive whole and in order, both ways at the same time, however they are cut into messages.
func TestBytesArrive(t *testing.T) {
	e := connect(t, true)
	done := e.started(t.Context())
	var wg sync.WaitGroup
	for _, way := range []struct{ from, to *websocket.Conn }{{e.agent, e.browser}, {e.browser, e.agent}} {
		data := make([]byte, 3<<20)
		rand.Read(data)
		wg.Go(func() {
			for rest, n := data, 1; len(rest) > 0; n = n*3%200_003 + 1 {
				n = min(n, len(rest))
				if err := way.from.Write(t.Context(), websocket.MessageBinary, rest[:n]); err != nil {
					t.Error(err)
					return
				}
				rest = rest[n:]
			}
		})
		wg.Go(func() {
			got := make([]byte, len(data))
			if _, err := io.ReadFull(websocket.NetConn(t.Context(), way.to, websocket.MessageBinary), got); err != nil || !bytes.Equal(got, data) {
				t.Errorf("what arrived differs: %v", err)
			}
		})
	}
	wg.Wait()
	e.agent.CloseNow()
	if err := <-done; err == nil {
		t.Error("the relay ended without a reason")
	}
}

// Either side's end ends the relay, a text frame does, and so does its context.
func TestItEnds(t *testing.T) {
	for name, end := range map[string]func(e ends, cancel context.CancelFunc){
		"the browser goes": func(e ends, _ context.CancelFunc) { e.browser.Close(websocket.StatusNormalClosure, "") },
		"the agent goes":   func(e ends, _ context.CancelFunc) { e.agent.CloseNow() },
		"a text frame": func(e ends, _ context.CancelFunc) {
			e.agent.Write(context.Background(), websocket.MessageText, []byte("x"))
		},
		"its context ends": func(_ ends, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			e := connect(t, false)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := e.started(ctx)
			end(e, cancel)
			if err := <-done; err == nil {
				t.Error("no reason")
			}
		})
	}
}

// A browser that waits for its agent may speak, and be heard once the agent is there.
func TestWhoWaitsIsHeard(t *testing.T) {
	e := connect(t, true)
	early := Await(e.fromBrowser)
	for _, text := range []string{"one", "two"} {
		if err := e.browser.Write(t.Context(), websocket.MessageBinary, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := early.Run(t.Context(), e.fromAgent)
		done <- err
	}()
	got := make([]byte, 6)
	if _, err := io.ReadFull(websocket.NetConn(t.Context(), e.agent, websocket.MessageBinary), got); err != nil || string(got) != "onetwo" {
		t.Errorf("what arrived: %q, %v", got, err)
	}
	if err := e.agent.Write(t.Context(), websocket.MessageBinary, []byte("yes")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := e.browser.Read(t.Context()); err != nil || string(data) != "yes" {
		t.Errorf("the answer: %q, %v", data, err)
	}
	select {
	case <-early.Gone():
		t.Error("it is said to be gone")
	default:
	}
	e.agent.CloseNow()
	<-done
}

// One that goes while it waits is noticed.
func TestWhoWaitsMayGo(t *testing.T) {
	for name, end := range map[string]func(*websocket.Conn){
		"with a word":    func(c *websocket.Conn) { c.Close(websocket.StatusNormalClosure, "") },
		"without a word": func(c *websocket.Conn) { c.CloseNow() },
	} {
		t.Run(name, func(t *testing.T) {
			e := connect(t, false)
			early := Await(e.fromBrowser)
			end(e.browser)
			<-early.Gone()
			if _, err := early.Run(t.Context(), e.fromAgent); err == nil {
				t.Error("it was passed on")
			}
		})
	}
}

// A ticket lets one socket in, once.
func TestVisits(t *testing.T) {
	var room Room
	v := room.Expect(32)
	if len(v.Ticket) != 32 || v.ID == room.Expect(32).ID {
		t.Fatal("visits are alike")
	}
	conn := new(websocket.Conn)
	if err := room.Arrive(v.ID, v.Ticket, conn); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Wait(t.Context()); got != conn || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if err := room.Arrive(v.ID, v.Ticket, conn); !errors.Is(err, ErrNoVisit) {
		t.Errorf("the second use: %v", err)
	}
	v.Leave()

	wrong := room.Expect(32)
	for _, ticket := range [][]byte{nil, make([]byte, 32), wrong.Ticket} { // after a wrong one the right one is none
		if err := room.Arrive(wrong.ID, ticket, conn); !errors.Is(err, ErrNoVisit) {
			t.Errorf("ticket %x: %v", ticket, err)
		}
	}
	if _, err := wrong.Wait(t.Context()); !errors.Is(err, ErrNoVisit) {
		t.Errorf("waited for a wrong ticket: %v", err)
	}

	no := errors.New("no")
	refused := room.Expect(32)
	room.Refuse(refused.ID, no)
	room.Refuse("nobody", no)
	if _, err := refused.Wait(t.Context()); !errors.Is(err, no) {
		t.Errorf("refused: %v", err)
	}

	gone := room.Expect(32)
	gone.Leave()
	if err := room.Arrive(gone.ID, gone.Ticket, conn); !errors.Is(err, ErrNoVisit) {
		t.Errorf("after leaving: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := room.Expect(32).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// Of a hundred sockets with one ticket one gets in.
func TestOneWinner(t *testing.T) {
	var room Room
	v := room.Expect(32)
	var wg sync.WaitGroup
	won := make(chan struct{}, 100)
	for range 100 {
		wg.Go(func() {
			if room.Arrive(v.ID, v.Ticket, new(websocket.Conn)) == nil {
				won <- struct{}{}
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d got in", len(won))
	}
}
