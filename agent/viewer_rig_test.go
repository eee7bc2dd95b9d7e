package agent

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// observed is a process whose screen notes what the agent does to it.
type observed struct {
	*sim.Process
	seen *sightings
}

// sightings counts what was done to the PC through its screen.
type sightings struct {
	captures, draws, inputs, reads, writes atomic.Int64
}

func (s *sightings) any() bool {
	return s.captures.Load()+s.draws.Load()+s.inputs.Load()+s.reads.Load()+s.writes.Load() > 0
}

func (o observed) Screen() machine.Screen { return observedScreen{o.Process.Screen(), o.seen} }

type observedScreen struct {
	machine.Screen
	seen *sightings
}

func (s observedScreen) Capture(monitor string) (machine.Capturer, error) {
	s.seen.captures.Add(1)
	c, err := s.Screen.Capture(monitor)
	return observedCapturer{c, s.seen}, err
}

func (s observedScreen) Input() machine.Input { return observedInput{s.Screen.Input(), s.seen} }
func (s observedScreen) Clipboard() machine.Clipboard {
	return observedClipboard{s.Screen.Clipboard(), s.seen}
}

type observedCapturer struct {
	machine.Capturer
	seen *sightings
}

func (c observedCapturer) Draw(fb *rfb.Framebuffer) (machine.Shot, error) {
	c.seen.draws.Add(1)
	return c.Capturer.Draw(fb)
}

type observedInput struct {
	machine.Input
	seen *sightings
}

func (i observedInput) Key(e rfb.KeyEvent, byChar bool) error {
	i.seen.inputs.Add(1)
	return i.Input.Key(e, byChar)
}

func (i observedInput) Pointer(monitor string, e rfb.PointerEvent) error {
	i.seen.inputs.Add(1)
	return i.Input.Pointer(monitor, e)
}

type observedClipboard struct {
	machine.Clipboard
	seen *sightings
}

func (c observedClipboard) Text(limit int) (string, error) {
	c.seen.reads.Add(1)
	return c.Clipboard.Text(limit)
}

func (c observedClipboard) SetText(text string) error {
	c.seen.writes.Add(1)
	return c.Clipboard.SetText(text)
}

// observe has the rig's agent watched.
func (r *rig) observe() *sightings {
	seen := new(sightings)
	r.cfg = func(c *Config) { c.Machine = observed{c.Machine.(*sim.Process), seen} }
	return seen
}

// share has the customer agree to show the screen, and with control to mouse and keyboard too.
func (r *rig) share(p *peer, control bool) {
	r.t.Helper()
	p.command(wire.AskShare{Prompt: "s" + itoa(p.s.cmd), By: "Jonas Weber", Seconds: 30})
	r.answer("share/s"+itoa(p.s.cmd-1), machine.AnswerYes)
	event[*wire.ShareAnswered](p)
	if control {
		r.control(p)
	}
}

// control has the customer agree to mouse and keyboard, for u1.
func (r *rig) control(p *peer) {
	r.t.Helper()
	p.command(wire.AskControl{Prompt: "c" + itoa(p.s.cmd), By: "Jonas Weber", Seconds: 30})
	r.answer("control/c"+itoa(p.s.cmd-1), machine.AnswerYes)
	if got := event[*wire.ControlAnswered](p); got.Answer != "yes" {
		r.t.Fatalf("control: %+v", got)
	}
	p.command(wire.SetControl{ID: "u1", Name: "Jonas Weber"})
	p.acks()
}

func itoa(n int64) string { return string(rune('a' + n)) }

// look opens a viewer for a technician and returns what they see.
func (r *rig) look(p *peer, viewer, technician, monitor string) *client.Conn {
	r.t.Helper()
	ticket := bytes.Repeat([]byte{7}, wire.TicketSize)
	p.write(wire.OpenViewer{
		Viewer: viewer, Ticket: ticket, TechnicianID: technician, Technician: "Tech " + technician, Monitor: monitor,
		Keyboard: wire.KeyboardRemote,
	}, 0, 0)
	var ws *websocket.Conn
	select {
	case ws = <-r.s.views:
	case <-time.After(time.Minute):
		r.t.Fatal("the agent opens no socket")
	}
	ctx := context.Background()
	_, hello, err := ws.Read(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	m, _, err := wire.Decode(hello)
	if got, ok := m.(*wire.ViewerHello); err != nil || !ok || got.Viewer != viewer || !bytes.Equal(got.Ticket, ticket) {
		r.t.Fatalf("the first frame is %s", hello)
	}
	ws.SetReadLimit(-1)
	c, err := client.Connect(websocket.NetConn(ctx, ws, websocket.MessageBinary), client.Options{Encodings: client.LosslessEncodings()})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// sees waits until a viewer has been told something.
func (r *rig) sees(c *client.Conn, what string, ok func(*client.State, status) bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var last string
	err := c.Await(ctx, func(st *client.State) bool {
		var told status
		last = st.Name
		if err := json.Unmarshal([]byte(st.Name), &told, json.RejectUnknownMembers(true)); err != nil {
			r.t.Errorf("the name is %q: %v", st.Name, err)
			return true
		}
		return ok(st, told)
	})
	if err != nil {
		r.t.Fatalf("never seen: %s (%v); the last status: %s", what, err, last)
	}
}

// gone waits for the end of a viewer.
func (r *rig) gone(c *client.Conn, why string) {
	r.t.Helper()
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		r.t.Fatalf("still shown after %s", why)
	}
}
