package crash

import (
	"context"
	"errors"
	"net/rpc"
	"sync/atomic"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

// Remote is a PC in another process, reached through the methods of the service "Machine" there. Only what the agent saves
// is here: see [Folder].
type Remote struct {
	client    *rpc.Client
	sealed    machine.Sealed
	shutdowns chan machine.Shutdown
	network   chan struct{}
	actions   chan machine.Action
	asked     atomic.Int64
}

var (
	_ machine.Machine = (*Remote)(nil)
	_ machine.UI      = (*Remote)(nil)
)

// None is an argument or an answer without content.
type None struct{}

// Window is a prompt, a form or a notice, with a number by which it can be taken away.
type Window struct {
	ID     int64
	Prompt machine.Prompt
	Form   machine.CodeForm
	Notice machine.Notice
}

// Entered is what was typed into the code window.
type Entered struct {
	Code, Server string
	OK           bool
}

// Ending is a [machine.Shutdown] whose Done is the call of ShutdownDone with its number.
type Ending struct {
	ID   int64
	Step machine.ShutdownStep
}

// NewRemote begins to listen to the PC.
func NewRemote(client *rpc.Client, sealed machine.Sealed) *Remote {
	r := &Remote{
		client: client, sealed: sealed, shutdowns: make(chan machine.Shutdown), network: make(chan struct{}),
		actions: make(chan machine.Action),
	}
	go r.listenShutdowns()
	go r.listenActions()
	return r
}

func (r *Remote) listenShutdowns() {
	for {
		var e Ending
		if r.client.Call("Machine.NextShutdown", None{}, &e) != nil {
			return // the test is gone
		}
		r.shutdowns <- machine.Shutdown{Step: e.Step, Done: func() {
			r.client.Call("Machine.ShutdownDone", e.ID, &None{}) // Windows waits for so long, and no longer, either way
		}}
	}
}

func (r *Remote) listenActions() {
	for {
		var a machine.Action
		if r.client.Call("Machine.NextAction", None{}, &a) != nil {
			return
		}
		r.actions <- a
	}
}

// Describe implements [machine.Machine].
func (r *Remote) Describe() (machine.Description, error) {
	var d machine.Description
	err := r.client.Call("Machine.Describe", None{}, &d)
	return d, err
}

// BootID implements [machine.Machine].
func (r *Remote) BootID() (string, error) {
	var id string
	err := r.client.Call("Machine.BootID", None{}, &id)
	return id, err
}

// Alone implements [machine.Machine]. The claim ends with the process.
func (r *Remote) Alone() (func(), error) {
	var alone bool
	if err := r.client.Call("Machine.Alone", None{}, &alone); err != nil {
		return nil, err
	}
	if !alone {
		return nil, machine.ErrNotAlone
	}
	return func() {}, nil
}

// Sealed implements [machine.Machine].
func (r *Remote) Sealed() machine.Sealed { return r.sealed }

// Autostart implements [machine.Machine].
func (r *Remote) Autostart() machine.Autostart { return autostart{r} }

type autostart struct{ r *Remote }

// Set implements [machine.Autostart].
func (a autostart) Set() error { return a.r.client.Call("Machine.SetAutostart", true, &None{}) }

// Clear implements [machine.Autostart].
func (a autostart) Clear() error { return a.r.client.Call("Machine.SetAutostart", false, &None{}) }

// IsSet implements [machine.Autostart].
func (a autostart) IsSet() (set bool, err error) {
	err = a.r.client.Call("Machine.Autostart", None{}, &set)
	return set, err
}

// Restart implements [machine.Machine].
func (r *Remote) Restart(_ context.Context, kind machine.RestartKind) error {
	return r.client.Call("Machine.Restart", kind, &None{})
}

// Shutdowns implements [machine.Machine].
func (r *Remote) Shutdowns() <-chan machine.Shutdown { return r.shutdowns }

// NetworkChanges implements [machine.Machine]. This PC's network does not change.
func (r *Remote) NetworkChanges() <-chan struct{} { return r.network }

// Blockers implements [machine.Machine].
func (r *Remote) Blockers() []string { return nil }

// UI implements [machine.Machine].
func (r *Remote) UI() machine.UI { return r }

// Show implements [machine.UI].
func (r *Remote) Show(v machine.View) { r.client.Call("Machine.Show", v, &None{}) }

// Close implements [machine.UI].
func (r *Remote) Close() { r.client.Call("Machine.Close", None{}, &None{}) }

// Actions implements [machine.UI].
func (r *Remote) Actions() <-chan machine.Action { return r.actions }

// Ask implements [machine.UI].
func (r *Remote) Ask(ctx context.Context, p machine.Prompt) (machine.Answer, error) {
	var a machine.Answer
	err := r.window(ctx, "Machine.Ask", Window{Prompt: p}, &a)
	return a, err
}

// AskCode implements [machine.UI].
func (r *Remote) AskCode(ctx context.Context, f machine.CodeForm) (code, server string, ok bool) {
	var e Entered
	if r.window(ctx, "Machine.AskCode", Window{Form: f}, &e) != nil {
		return "", "", false
	}
	return e.Code, e.Server, e.OK
}

// Tell implements [machine.UI].
func (r *Remote) Tell(ctx context.Context, n machine.Notice) {
	r.window(ctx, "Machine.Tell", Window{Notice: n}, &None{}) // who can't be told is not told
}

// window shows something until it is answered or ctx ends.
func (r *Remote) window(ctx context.Context, method string, w Window, answer any) error {
	w.ID = r.asked.Add(1)
	call := r.client.Go(method, w, answer, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return call.Error
	case <-ctx.Done():
	}
	r.client.Call("Machine.TakeAway", w.ID, &None{})
	select {
	case <-call.Done:
		return call.Error
	case <-time.After(5 * time.Second):
		return errors.New("crash: the PC does not answer")
	}
}
