package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
)

// Options are what a PC is made of.
type Options struct {
	// Dir keeps the disk; empty keeps it in memory.
	Dir string
	// Name, User, OS and Locale are what the PC says about itself; each has a default.
	Name, User, OS, Locale string
	// Agent is the program: it runs as long as its process lives, which is as long as ctx.
	Agent func(ctx context.Context, p *Process)
	// Dial is the network behind the cable; nil is the real one.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Timing is how long things take; zero values take no time.
	Timing Timing
	// SignsIn makes the customer sign in by themselves after each boot.
	SignsIn bool
}

// Timing is how long things take.
type Timing struct {
	Ask      time.Duration // from asking the programs to ending them
	Patience time.Duration // how long the screen "This app prevents a restart" stays before the customer cancels
	GoDown   time.Duration // from the end of the programs to off
	Off      time.Duration // from off to the boot, in a restart
	Boot     time.Duration // from there to the sign-in screen
	SignIn   time.Duration // from there to the desktop
}

// Power is how far a PC is up.
type Power string

const (
	Off          Power = "off"
	Booting      Power = "booting"
	SignInScreen Power = "sign_in_screen"
	SigningIn    Power = "signing_in"
	Desktop      Power = "desktop"
	Asking       Power = "asking"  // Windows asks the programs whether it may restart
	Blocked      Power = "blocked" // one of them said no: Windows shows which
	GoingDown    Power = "going_down"
)

// waitForDone is how long Windows waits for a program that was told of the end.
const waitForDone = 5 * time.Second

// Errors of what can't be done now.
var (
	ErrNotNow   = errors.New("sim: not possible in the PC's present state")
	ErrNoWindow = errors.New("sim: there is no such window on the screen")
	errDead     = errors.New("sim: the process is dead")
)

// PC is a simulated PC. All methods are safe for concurrent use.
type PC struct {
	opts   Options
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	disk     *disk
	power    Power
	since    time.Time
	boot     context.Context // ends with the boot; nil when off
	endBoot  context.CancelFunc
	procs    []*Process
	secure   bool // Windows asks for permission
	cut      bool // the cable is out
	hole     bool // packets vanish, and nobody notices
	apps     []string
	unblock  chan struct{} // closed when apps becomes empty
	refusal  error
	restarts int
	changed  chan struct{}
	desk     *desktop.Desktop // made when somebody first looks
}

// New makes a PC. With an empty disk it stands at the desktop of its first boot; else as its disk says that it was left,
// the agent running again if it ran.
func New(o Options) (*PC, error) {
	for _, d := range []struct {
		value    *string
		fallback string
	}{{&o.Name, "DEMO-PC"}, {&o.User, "Anna"}, {&o.OS, "Windows 11 Pro (simulated)"}, {&o.Locale, "en-GB"}} {
		if *d.value == "" {
			*d.value = d.fallback
		}
	}
	if o.Agent == nil {
		return nil, errors.New("sim: a PC without a program")
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	disk, err := openDisk(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	p := &PC{opts: o, disk: disk, changed: make(chan struct{}), since: time.Now(), power: Off}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.restore()
	return p, nil
}

// restore brings the PC into the state that its disk remembers.
func (p *PC) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apps = slices.Clone(p.disk.state.Blockers)
	if l := p.disk.state.Locale; l != "" {
		p.opts.Locale = l
	}
	p.unblock = make(chan struct{})
	switch p.disk.state.Power {
	case "":
		p.newBoot()
		p.become(Desktop)
	case Off, GoingDown:
		// Windows had ended: what comes next is another boot, if one was to come.
		p.power = Off
		if p.disk.state.Restarts {
			p.bootUp()
		}
	case Desktop, Asking, Blocked:
		p.boot, p.endBoot = context.WithCancel(p.ctx)
		p.become(Desktop)
		if p.disk.state.Running {
			p.start()
		}
	default:
		p.boot, p.endBoot = context.WithCancel(p.ctx)
		p.become(SignInScreen)
	}
}

// Close ends the simulation; what the disk has stays. The agent's processes are killed.
func (p *PC) Close() {
	p.mu.Lock()
	for _, proc := range p.procs {
		proc.die(true)
	}
	p.procs = nil
	p.remember()
	p.cancel()
	p.mu.Unlock()
	p.work.Wait()
}

// newBoot gives the PC another boot ID. p.mu is held.
func (p *PC) newBoot() {
	p.disk.state.Boots++
	p.boot, p.endBoot = context.WithCancel(p.ctx)
}

// become changes the power state and remembers it. p.mu is held.
func (p *PC) become(power Power) {
	p.power, p.since = power, time.Now()
	p.disk.state.Power = power
	p.remember() // before the editor is closed
	p.showPower()
}

// remember writes the state and tells the watchers. p.mu is held.
func (p *PC) remember() {
	p.disk.state.Blockers = slices.Clone(p.apps)
	if p.desk != nil {
		p.disk.state.Notes = p.desk.Text()
	}
	_ = p.disk.save() // a simulation: what can't be remembered is forgotten at the next start
	p.notify()
}

func (p *PC) notify() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *PC) bootID() string {
	return fmt.Sprintf("%s-boot-%d", p.disk.state.Machine, p.disk.state.Boots)
}

// wait lets time pass in a boot; false means that the boot has ended.
func wait(boot context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return boot.Err() == nil
	case <-boot.Done():
		return false
	}
}

// spawn runs f unless the simulation is over. p.mu is held.
func (p *PC) spawn(f func()) {
	if p.ctx.Err() == nil {
		p.work.Go(f)
	}
}
