package sim

import (
	"context"
	"slices"
	"time"
)

// PowerOn presses the button of a PC that is off.
func (p *PC) PowerOn() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power != Off || p.ctx.Err() != nil {
		return ErrNotNow
	}
	p.bootUp()
	return nil
}

// bootUp starts a boot. p.mu is held.
func (p *PC) bootUp() {
	p.disk.state.Restarts = false
	p.newBoot()
	p.become(Booting)
	boot := p.boot
	p.spawn(func() {
		if !wait(boot, p.opts.Timing.Boot) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if boot.Err() != nil {
			return
		}
		p.become(SignInScreen)
		if p.opts.SignsIn {
			p.signIn()
		}
	})
}

// SignIn is the customer typing their password.
func (p *PC) SignIn() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power != SignInScreen {
		return ErrNotNow
	}
	p.signIn()
	return nil
}

// signIn brings the desktop up, and runs what is registered (and takes it out first, as RunOnce does). p.mu is held.
func (p *PC) signIn() {
	p.become(SigningIn)
	boot := p.boot
	p.spawn(func() {
		if !wait(boot, p.opts.Timing.SignIn) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if boot.Err() != nil {
			return
		}
		run := p.disk.state.Autostart
		p.disk.state.Autostart = false
		p.become(Desktop)
		if run {
			p.start()
		}
	})
}

// PullThePlug cuts the power: no farewell to anybody.
func (p *PC) PullThePlug() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power == Off {
		return ErrNotNow
	}
	p.powerOff(true)
	return nil
}

// powerOff ends the boot. p.mu is held.
func (p *PC) powerOff(abrupt bool) {
	for _, proc := range p.procs {
		proc.die(!abrupt)
	}
	p.procs = nil
	p.endBoot()
	p.disk.state.Running = false
	p.disk.state.Restarts = p.disk.state.Restarts && !abrupt
	p.become(Off)
}

// SystemRestart is a restart that the agent did not ask for: Windows Update, an installer, the customer.
func (p *PC) SystemRestart() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endWindows(true)
}

// ShutDown is the customer shutting down.
func (p *PC) ShutDown() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endWindows(false)
}

// endWindows begins to end the Windows session. p.mu is held.
func (p *PC) endWindows(again bool) error {
	if p.power != Desktop {
		return ErrNotNow
	}
	p.become(Asking)
	boot := p.boot
	p.spawn(func() { p.goDown(boot, again) })
	return nil
}

// goDown asks the programs, waits for those that say no, ends them and switches off.
func (p *PC) goDown(boot context.Context, again bool) {
	p.tellAll(boot, asked)
	if !wait(boot, p.opts.Timing.Ask) {
		return
	}
	if !p.passBlockers(boot) {
		p.mu.Lock()
		if boot.Err() == nil {
			p.become(Desktop)
		}
		p.mu.Unlock()
		p.tellAll(boot, aborted)
		return
	}
	p.tellAll(boot, ending)
	p.mu.Lock()
	if boot.Err() != nil {
		p.mu.Unlock()
		return
	}
	for _, proc := range p.procs {
		proc.die(true)
	}
	p.procs = nil
	p.disk.state.Running, p.disk.state.Restarts = false, again
	p.become(GoingDown)
	p.mu.Unlock()
	if !wait(boot, p.opts.Timing.GoDown) {
		return
	}
	p.mu.Lock()
	if boot.Err() == nil {
		p.powerOff(false)
	}
	p.mu.Unlock()
	if !again || !wait(p.ctx, p.opts.Timing.Off) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power == Off {
		p.bootUp()
	}
}

// passBlockers waits while a program says no; false means that the customer cancelled the restart.
func (p *PC) passBlockers(boot context.Context) bool {
	p.mu.Lock()
	if len(p.apps) == 0 {
		p.mu.Unlock()
		return true
	}
	p.become(Blocked)
	unblock := p.unblock
	p.mu.Unlock()
	timer := time.NewTimer(p.opts.Timing.Patience)
	defer timer.Stop()
	select {
	case <-unblock:
		return true
	case <-timer.C:
	case <-boot.Done():
	}
	return false
}

// Block makes a program say no to restarts from now on.
func (p *PC) Block(app string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.apps, app) {
		p.apps = append(p.apps, app)
	}
	p.remember()
}

// Unblock closes all programs that say no; a restart that waits for them goes on.
func (p *PC) Unblock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apps = nil
	close(p.unblock)
	p.unblock = make(chan struct{})
	p.remember()
}

// RefuseRestarts makes Windows refuse the agent's restarts with an error; nil ends that.
func (p *PC) RefuseRestarts(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = err
}

// Restarts counts the restarts that the agent commanded, refused ones included.
func (p *PC) Restarts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.restarts
}
