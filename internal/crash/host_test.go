package crash

import (
	"context"
	"errors"
	"net"
	"net/rpc"
	"sync"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
)

var errGone = errors.New("the process is gone")

// Control is the service that both programs report to.
type Control struct{ recorder *recorder }

// Reach is a process at a point; die tells it to end there.
func (c *Control) Reach(p Point, die *bool) error {
	*die = c.recorder.reach(p)
	return nil
}

// Host is the service through which one process of the agent has its PC.
type Host struct {
	m    *sim.Process
	gone context.Context // ends with the process

	mu      sync.Mutex
	windows map[int64]context.CancelFunc
	endings map[int64]func()
	count   int64
}

func newHost(gone context.Context, m *sim.Process) *Host {
	return &Host{m: m, gone: gone, windows: make(map[int64]context.CancelFunc), endings: make(map[int64]func())}
}

// Describe is [machine.Machine]'s, like the ones below.
func (h *Host) Describe(_ None, out *machine.Description) (err error) {
	*out, err = h.m.Describe()
	return err
}

// BootID of the PC.
func (h *Host) BootID(_ None, out *string) (err error) {
	*out, err = h.m.BootID()
	return err
}

// Alone claims the PC for this process.
func (h *Host) Alone(_ None, alone *bool) error {
	_, err := h.m.Alone()
	*alone = err == nil
	return nil
}

// SetAutostart sets or clears the registration.
func (h *Host) SetAutostart(set bool, _ *None) error {
	if set {
		return h.m.Autostart().Set()
	}
	return h.m.Autostart().Clear()
}

// Autostart tells whether it is set.
func (h *Host) Autostart(_ None, set *bool) (err error) {
	*set, err = h.m.Autostart().IsSet()
	return err
}

// Restart restarts the PC.
func (h *Host) Restart(kind machine.RestartKind, _ *None) error { return h.m.Restart(h.gone, kind) }

// NextShutdown waits for the next step of Windows ending its session.
func (h *Host) NextShutdown(_ None, out *Ending) error {
	select {
	case s := <-h.m.Shutdowns():
		h.mu.Lock()
		defer h.mu.Unlock()
		h.count++
		h.endings[h.count] = s.Done
		*out = Ending{ID: h.count, Step: s.Step}
		return nil
	case <-h.gone.Done():
		return errGone
	}
}

// ShutdownDone lets Windows go on.
func (h *Host) ShutdownDone(id int64, _ *None) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if done := h.endings[id]; done != nil {
		done()
		delete(h.endings, id)
	}
	return nil
}

// NextAction waits for the customer to do something.
func (h *Host) NextAction(_ None, out *machine.Action) error {
	select {
	case *out = <-h.m.UI().Actions():
		return nil
	case <-h.gone.Done():
		return errGone
	}
}

// Show brings the chat box up to date.
func (h *Host) Show(v machine.View, _ *None) error {
	h.m.UI().Show(v)
	return nil
}

// Close closes it.
func (h *Host) Close(None, *None) error {
	h.m.UI().Close()
	return nil
}

// Ask shows a prompt.
func (h *Host) Ask(w Window, out *machine.Answer) (err error) {
	ctx, done := h.open(w.ID)
	defer done()
	*out, err = h.m.UI().Ask(ctx, w.Prompt)
	return err
}

// AskCode shows the code window.
func (h *Host) AskCode(w Window, out *Entered) error {
	ctx, done := h.open(w.ID)
	defer done()
	out.Code, out.Server, out.OK = h.m.UI().AskCode(ctx, w.Form)
	return nil
}

// Tell shows a notice.
func (h *Host) Tell(w Window, _ *None) error {
	ctx, done := h.open(w.ID)
	defer done()
	h.m.UI().Tell(ctx, w.Notice)
	return nil
}

// TakeAway closes a window without an answer.
func (h *Host) TakeAway(id int64, _ *None) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cancel := h.windows[id]; cancel != nil {
		cancel()
	}
	return nil
}

func (h *Host) open(id int64) (context.Context, func()) {
	ctx, cancel := context.WithCancel(h.gone)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.windows[id] = cancel
	return ctx, func() {
		cancel()
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.windows, id)
	}
}

// answer serves one process on a socket until it is closed.
func answer(ln net.Listener, services map[string]any) error {
	srv := rpc.NewServer()
	for name, s := range services {
		if err := srv.RegisterName(name, s); err != nil {
			return err
		}
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go srv.ServeConn(conn)
		}
	}()
	return nil
}
