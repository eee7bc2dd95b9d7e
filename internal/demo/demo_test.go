package demo

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// TestDemoPC: the real agent dials the real server, with the code the customer followed, and is found again by a second
// start of the demo, in the same boot.
func TestDemoPC(t *testing.T) {
	hellos := make(chan *wire.Hello, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		_, frame, err := ws.Read(r.Context())
		if m, _, derr := wire.Decode(frame); err == nil && derr == nil && r.URL.Path == wire.Path {
			hellos <- m.(*wire.Hello)
		}
		_, _, _ = ws.Read(r.Context()) // until the agent hangs up
	}))
	defer server.Close()
	dir := t.TempDir()
	open := func() *PC {
		pc, err := Open(Options{Dir: dir, Server: server.URL, Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		return pc
	}
	hello := func() {
		t.Helper()
		select {
		case m := <-hellos:
			if m.Purpose != wire.PurposeJoin || m.Version != "test" {
				t.Errorf("hello %+v", m)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the agent did not connect")
		}
	}
	pc := open()
	first, _ := pc.Snapshot()
	if first.Power != sim.Desktop || first.Running {
		t.Errorf("a fresh demo PC: %+v", first)
	}
	if err := pc.Join("123-456-7890"); err != nil {
		t.Fatal(err)
	}
	hello()
	if err := pc.Join("123-456-7890"); !errors.Is(err, sim.ErrNotNow) {
		t.Errorf("joined twice: %v", err)
	}
	pc.Close()
	pc = open()
	defer pc.Close()
	hello()
	if second, _ := pc.Snapshot(); second.BootID != first.BootID || !second.Running {
		t.Errorf("after a second start: %+v", second)
	}
}
