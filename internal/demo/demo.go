package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent"
	"github.com/rejoin/rejoin/agent/machine/sim"
)

// Options are what the demo PC needs.
type Options struct {
	// Dir keeps the PC's disk; a later start finds everything as it was.
	Dir string
	// Server is the URL that the agent joins at, e.g. "http://127.0.0.1:8080".
	Server string
	// Version is the agent's.
	Version string
	// Log receives what the agent tells; nil discards it.
	Log *slog.Logger
}

// Timing makes the phases of a restart slow enough to be seen: about eight seconds from the end of the programs to the
// sign-in screen.
var Timing = sim.Timing{
	Ask: time.Second, Patience: 12 * time.Second, GoDown: 2 * time.Second, Off: 1500 * time.Millisecond,
	Boot: 4500 * time.Millisecond, SignIn: 1500 * time.Millisecond,
}

// PC is the demo PC: everything that a [sim.PC] can do, and the agent as its program. Watch it with Snapshot; each method
// that acts returns [sim.ErrNotNow] or [sim.ErrNoWindow] when it makes no sense at the moment.
type PC struct {
	*sim.PC
	opts Options

	mu   sync.Mutex
	code string // of the program that is started next, as in its file's name
}

// Open switches the demo PC on: as it was left, or fresh, with the customer signed in and the agent not yet there.
func Open(o Options) (*PC, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &PC{opts: o}
	pc, err := sim.New(sim.Options{
		Dir: o.Dir, Name: "ANNA-PC", User: "Anna Keller", OS: "Windows 11 Pro (simulated)", Locale: "en-GB",
		Agent: p.run, Timing: Timing,
	})
	if err != nil {
		return nil, fmt.Errorf("open the demo PC: %w", err)
	}
	p.PC = pc
	return p, nil
}

// Join is the customer downloading the program with a connect code and running it; if its code window is open, the code
// is typed there.
func (p *PC) Join(code string) error {
	snap, _ := p.Snapshot()
	switch {
	case snap.Form != nil:
		return p.EnterCode(code, p.opts.Server)
	case snap.Running:
		return sim.ErrNotNow
	}
	p.mu.Lock()
	p.code = code
	p.mu.Unlock()
	return p.StartAgent()
}

// run is the program.
func (p *PC) run(ctx context.Context, process *sim.Process) {
	p.mu.Lock()
	code := p.code
	p.code = ""
	p.mu.Unlock()
	err := agent.Run(ctx, agent.Config{
		Machine: process, Server: p.opts.Server, Code: code, Version: p.opts.Version, Log: p.opts.Log, Dial: process.Dial,
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, agent.ErrGoingDown) {
		p.opts.Log.Error("the demo PC's agent ended", "err", err)
	}
}
