package sim

import (
	"context"
	"io/fs"
	"net"
	"slices"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
)

// Process is one process of the agent on a PC: its machine and its network.
type Process struct {
	pc       *PC
	ctx      context.Context
	cancel   context.CancelFunc
	boot     string
	screen   *screen
	display  *desktop.Screen // made when somebody first asks; under pc.mu
	shutdown chan machine.Shutdown
	network  chan struct{}

	// Under pc.mu:
	dead  bool
	alone bool
	conns map[*conn]struct{}
}

var _ machine.Machine = (*Process)(nil)

// StartAgent is the customer starting the program.
func (p *PC) StartAgent() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power != Desktop {
		return ErrNotNow
	}
	p.start()
	return nil
}

// start runs a process of the agent. p.mu is held.
func (p *PC) start() {
	proc := &Process{
		pc: p, boot: p.bootID(), shutdown: make(chan machine.Shutdown), network: make(chan struct{}, 1),
		conns: make(map[*conn]struct{}),
	}
	proc.ctx, proc.cancel = context.WithCancel(p.boot)
	proc.screen = newScreen(proc)
	p.procs = append(p.procs, proc)
	p.disk.state.Running = true
	p.remember()
	p.spawn(func() {
		p.opts.Agent(proc.ctx, proc)
		p.mu.Lock()
		defer p.mu.Unlock()
		if proc.dead {
			return
		}
		proc.die(true)
		p.procs = slices.DeleteFunc(p.procs, func(x *Process) bool { return x == proc })
		p.disk.state.Running = len(p.procs) > 0
		p.remember()
	})
}

// KillAgent ends every process of the agent without a word.
func (p *PC) KillAgent() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.procs) == 0 {
		return ErrNotNow
	}
	for _, proc := range p.procs {
		proc.die(true)
	}
	p.procs = nil
	p.disk.state.Running = false
	p.remember()
	return nil
}

// die makes the process dead. closed tells whether its PC lives on and closes its connections; else the server hears
// nothing. pc.mu is held.
func (x *Process) die(closed bool) {
	x.dead, x.alone = true, false
	x.cancel()
	for c := range x.conns {
		if closed && !x.pc.cut && !x.pc.hole {
			c.closeNow()
		} else {
			c.vanish()
		}
	}
	x.conns = nil
}

// Describe implements [machine.Machine].
func (x *Process) Describe() (machine.Description, error) {
	x.pc.mu.Lock()
	defer x.pc.mu.Unlock()
	o := x.pc.opts
	return machine.Description{
		Name: o.Name, OS: o.OS, Platform: "windows", User: o.User, Locale: o.Locale, MachineID: x.pc.disk.state.Machine,
		SignedIn: true,
		Reboot:   machine.Capability{Available: true},
		SafeMode: machine.Capability{Why: "needs_service"},
	}, nil
}

// BootID implements [machine.Machine].
func (x *Process) BootID() (string, error) { return x.boot, nil }

// Alone implements [machine.Machine].
func (x *Process) Alone() (func(), error) {
	x.pc.mu.Lock()
	defer x.pc.mu.Unlock()
	for _, other := range x.pc.procs {
		if other.alone {
			return nil, machine.ErrNotAlone
		}
	}
	x.alone = true
	return func() {
		x.pc.mu.Lock()
		defer x.pc.mu.Unlock()
		x.alone = false
	}, nil
}

// Restart implements [machine.Machine].
func (x *Process) Restart(ctx context.Context, kind machine.RestartKind) error {
	x.pc.mu.Lock()
	defer x.pc.mu.Unlock()
	if x.dead {
		return errDead
	}
	x.pc.restarts++
	switch {
	case kind != machine.RestartNormal:
		return machine.ErrNotSupported
	case x.pc.refusal != nil:
		return x.pc.refusal
	}
	return x.pc.endWindows(true)
}

// Shutdowns implements [machine.Machine].
func (x *Process) Shutdowns() <-chan machine.Shutdown { return x.shutdown }

// NetworkChanges implements [machine.Machine].
func (x *Process) NetworkChanges() <-chan struct{} { return x.network }

// Blockers implements [machine.Machine].
func (x *Process) Blockers() []string {
	x.pc.mu.Lock()
	defer x.pc.mu.Unlock()
	return slices.Clone(x.pc.apps)
}

// UI implements [machine.Machine].
func (x *Process) UI() machine.UI { return x.screen }

// Sealed implements [machine.Machine].
func (x *Process) Sealed() machine.Sealed { return sealed{x} }

// Autostart implements [machine.Machine].
func (x *Process) Autostart() machine.Autostart { return autostart{x} }

// asked, ending and aborted are what Windows tells the programs.
const (
	asked   = machine.ShutdownAsked
	ending  = machine.ShutdownEnding
	aborted = machine.ShutdownAborted
)

// tellAll tells every process and waits for its Done, but not for long.
func (p *PC) tellAll(boot context.Context, step machine.ShutdownStep) {
	p.mu.Lock()
	procs := slices.Clone(p.procs)
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(boot, waitForDone)
	defer cancel()
	for _, x := range procs {
		done, finished := context.WithCancel(ctx)
		select {
		case x.shutdown <- machine.Shutdown{Step: step, Done: finished}:
			<-done.Done()
		case <-ctx.Done():
		case <-x.ctx.Done():
		}
		finished()
	}
}

type sealed struct{ x *Process }

func (s sealed) Load(name string) ([]byte, error) {
	s.x.pc.mu.Lock()
	defer s.x.pc.mu.Unlock()
	data, ok, err := s.x.pc.disk.load(name)
	switch {
	case s.x.dead:
		return nil, errDead
	case err != nil:
		return nil, err
	case !ok:
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func (s sealed) Save(name string, data []byte) error {
	s.x.pc.mu.Lock()
	defer s.x.pc.mu.Unlock()
	if s.x.dead {
		return errDead
	}
	return s.x.pc.disk.store(name, data)
}

func (s sealed) Remove(name string) error {
	s.x.pc.mu.Lock()
	defer s.x.pc.mu.Unlock()
	if s.x.dead {
		return errDead
	}
	return s.x.pc.disk.remove(name)
}

type autostart struct{ x *Process }

func (a autostart) Set() error   { return a.put(true) }
func (a autostart) Clear() error { return a.put(false) }

func (a autostart) put(set bool) error {
	a.x.pc.mu.Lock()
	defer a.x.pc.mu.Unlock()
	if a.x.dead {
		return errDead
	}
	a.x.pc.disk.state.Autostart = set
	a.x.pc.remember()
	return nil
}

func (a autostart) IsSet() (bool, error) {
	a.x.pc.mu.Lock()
	defer a.x.pc.mu.Unlock()
	return a.x.pc.disk.state.Autostart, nil
}

// Dial opens a connection through the PC's cable.
func (x *Process) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := x.pc.reach(ctx); err != nil {
		return nil, err
	}
	inner, err := x.pc.opts.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := newConn(x, inner)
	x.pc.mu.Lock()
	defer x.pc.mu.Unlock()
	if x.dead {
		inner.Close()
		return nil, errDead
	}
	x.conns[c] = struct{}{}
	return c, nil
}
